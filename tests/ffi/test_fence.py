# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for libzmq's own threads, to set high water marks and to close thread-safe sockets."""

from __future__ import annotations

import pytest

import zmq
from zmq import _fence, _monitors

pytestmark = pytest.mark.libzmq("4.0")


@pytest.mark.parametrize("io_threads", [1, 3])
def test_all_threads_are_waited_for(io_threads: int) -> None:
    """It ends, and leaves no socket behind that its context would wait for."""
    with zmq.Context(io_threads) as context:
        for _ in range(50):
            assert _fence.fence(context.underlying, io_threads) is True
        assert _monitors._kept == []


def test_no_time() -> None:
    """When the time is over the event that is still to come has a listener, until the context ends."""
    with zmq.Context() as context:
        results = [_fence.fence(context.underlying, 1, 0) for _ in range(50)]
        assert False in results
        assert _fence.fence(context.underlying, 1) is True
    assert _monitors._kept == []


def test_no_sockets() -> None:
    """Where no socket can be opened, or the context ends, nothing is waited for."""
    context = zmq.Context()
    context.max_sockets = 2
    with context.socket(zmq.PAIR):
        assert _fence.fence(context.underlying, 1) is None
    context.term()


@pytest.mark.libzmq("4.2")
def test_high_water_marks_in_a_full_context() -> None:
    """Without a socket to ask with, high water marks are set when nothing has happened for a while."""
    context = zmq.Context()
    context.max_sockets = 2
    with context, context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        pull.bind("tcp://127.0.0.1:*")
        push.connect(pull.last_endpoint)
        push.send(b"x")
        assert pull.recv() == b"x"
        pull.hwm = 3
        assert pull.hwm == 3
