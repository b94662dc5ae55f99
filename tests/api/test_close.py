# SPDX-License-Identifier: BSD-3-Clause
"""Closing sockets of a context that is being terminated."""

from __future__ import annotations

import threading
from typing import Any

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
