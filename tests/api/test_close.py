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


# What is done again and again, what has to be done after an interruption, and before the context ends.
INTERRUPTED = {
    "opening": ("", "last = context.socket(zmq.PUSH)", "pass", "last.close()"),
    "closing": ("one = context.socket(zmq.PUSH); one.bind('inproc://%d' % done)", "one.close()", "one.close()", ""),
    "closing views": (
        "one = context.socket(zmq.PUSH); other = zmq.Socket.shadow(one.underlying)",
        "other.close()",
        "other.close()",
        "assert one.closed",
    ),
    "terminating": (
        "one = zmq.Context()",
        "one.term()",
        "one.term(); assert zmq.Context().socket(zmq.PULL).closed is False",
        "",
    ),
    "setting high water marks": (
        "one = context.socket(zmq.PULL); one.bind('inproc://%d' % done)",
        "one.rcvhwm = done",
        "one.rcvhwm = 7; one.close()",
        "one.close()",
    ),
}


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="traces what only CPython executes")
@pytest.mark.parametrize(
    "doing",
    [
        pytest.param(doing, marks=pytest.mark.libzmq("4.2") if "marks" in doing else ())
        for doing in INTERRUPTED
    ],
)
def test_interruptions(doing: str) -> None:
    """An exception of a signal handler, wherever it comes, leaves no socket and ends no context twice."""
    before, call, after, finally_ = INTERRUPTED[doing]
    programs.run(
        f"""
        import gc, threading, warnings
        warnings.simplefilter("ignore")
        gc.disable()  # what is raised in a collection is swallowed
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

        sys._getframe().f_trace_opcodes = True  # 3.12 asks for one in advance
        done = 0
        while True:
            done += 1
            {before}
            sys.settrace(tracing(done))
            try:
                {call}
            except Came:
                sys.settrace(None)
                {after}
                continue
            finally:
                sys.settrace(None)
            break
        assert done > 100
        {finally_}
        thread = threading.Thread(target=context.term, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive(), "a socket was left open"
        """,
        stderr=None,
    )
