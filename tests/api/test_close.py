# SPDX-License-Identifier: BSD-3-Clause
"""Closing sockets of a context that is being terminated."""

from __future__ import annotations

import sys
import threading
from typing import Any

import programs
import pytest
from support import terminate

import zmq


@pytest.mark.parametrize("linger", [None, 0, 10])
def test_close_when_the_context_is_terminated(socket: Any, linger: int | None) -> None:
    """A socket closes, with or without a linger, after the context has begun to terminate."""
    one = socket(zmq.PULL, rcvtimeo=-1)
    one.bind("inproc://x")
    ended: list[BaseException] = []

    def receive() -> None:
        try:
            one.recv()
        except zmq.ContextTerminated as error:
            one.close(linger)
            ended.append(error)

    thread = threading.Thread(target=receive)
    thread.start()
    terminate(one.context)
    thread.join()
    assert one.closed
    assert len(ended) == 1


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="traces what only CPython executes")
def test_interruptions_while_opening() -> None:
    """An exception of a signal handler, wherever it comes while a socket is opened, leaves no socket."""
    programs.run(
        """
        import threading, warnings
        warnings.simplefilter("ignore")
        context = zmq.Context()
        context.socket(zmq.PUSH).close()  # what is done the first time only is done

        class Came(Exception):
            pass

        def tracing(steps):
            def trace(frame, event, _):
                nonlocal steps
                if "zmq" not in frame.f_globals["__name__"]:
                    return None
                frame.f_trace_opcodes = True
                if event == "opcode":
                    steps -= 1
                    if not steps:
                        raise Came
                return trace

            return trace

        done = 0
        while True:
            done += 1
            sys.settrace(tracing(done))
            try:
                last = context.socket(zmq.PUSH)
            except Came:
                continue
            finally:
                sys.settrace(None)
            break
        assert done > 100
        last.close()
        thread = threading.Thread(target=context.term, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive(), "a socket was left open"
        """,
        stderr=None,
    )
