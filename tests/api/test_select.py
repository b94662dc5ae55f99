# SPDX-License-Identifier: BSD-3-Clause
"""zmq.select."""

from __future__ import annotations

import socket as sockets
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import zmq

Connected = Callable[..., Any]
SocketFactory = Callable[..., Any]


def test_each_list_is_answered(connected: Connected) -> None:
    """Readable, writable and failed sockets come back in three lists."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    both = [receiver, sender]
    assert zmq.select(both, both, both, 0) == ([], [sender], [])
    sender.send(b"x")
    assert zmq.select(both, both, both, 5) == ([receiver], [sender], [])
    assert zmq.select(both, [], [], 5) == ([receiver], [], [])


def test_one_socket_in_several_lists(connected: Connected) -> None:
    """A socket may be in several lists, and several times in one; it comes back once in each."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    other.send(b"x")
    assert zmq.select([one, one], [one], [one], 5) == ([one], [one], [])


def test_order_is_kept(connected: Connected) -> None:
    """The lists come back in the order in which they were given."""
    members = [connected(zmq.PAIR, zmq.PAIR)[0] for _ in range(20)]
    assert zmq.select([], members, [], 0) == ([], members, [])


def test_descriptors() -> None:
    """Descriptors and objects with fileno() may be mixed in, and come back as numbers."""
    here, there = sockets.socketpair()
    with here, there:
        there.send(b"x")
        found = zmq.select([here], [there.fileno()], [], 5)
    assert [len(group) for group in found] == [1, 1, 0]
    assert all(isinstance(number, int) for group in found for number in group)


def test_any_iterable(connected: Connected) -> None:
    """Tuples, sets and generators do as well as lists."""
    one, _ = connected(zmq.PAIR, zmq.PAIR)
    assert zmq.select((), {one}, iter([one]), 0) == ([], [one], [])


@pytest.mark.parametrize("timeout", [0.05, 0.0509])
def test_timeout_is_in_seconds(socket: SocketFactory, timeout: float) -> None:
    """Nothing comes back, and not before the time is over, when nothing happens."""
    started = time.monotonic()
    assert zmq.select([socket(zmq.PULL)], [], [], timeout) == ([], [], [])
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize("timeout", [None, -1, float("inf"), 10.0**9])
def test_waiting_for_ever(connected: Connected, timeout: Any) -> None:
    """None, a negative number and very long times wait until something happens."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    later = threading.Timer(0.02, sender.send, [b"x"])
    later.start()
    assert zmq.select([receiver], [], [], timeout) == ([receiver], [], [])
    later.join()


def test_hair_below_zero_is_zero(socket: SocketFactory) -> None:
    """A hair less than 0, such as what is left of a time that is over, does not wait for ever."""
    assert zmq.select([socket(zmq.PULL)], [], [], -0.0005) == ([], [], [])


@pytest.mark.parametrize("timeout", [None, 0, 1000])
def test_nothing_to_wait_for(timeout: Any) -> None:
    """Without sockets the lists come back empty, at once."""
    assert zmq.select([], [], [], timeout) == ([], [], [])


def test_wrong_arguments(socket: SocketFactory) -> None:
    """What is no list, no socket or no time raises TypeError."""
    one = socket(zmq.PULL)
    with pytest.raises(TypeError):
        zmq.select(None, [], [], 0)
    with pytest.raises(TypeError, match="0MQ socket"):
        zmq.select(["x"], [], [], 0)
    with pytest.raises(TypeError, match="seconds"):
        zmq.select([one], [], [], "1")


def test_closed_socket(socket: SocketFactory) -> None:
    """A closed socket raises ENOTSOCK with a text that tells which socket it is."""
    one = socket(zmq.DEALER)
    one.close()
    with pytest.raises(zmq.ZMQError, match=r"zmq\.DEALER") as caught:
        zmq.select([], [one], [], 0)
    assert caught.value.errno == zmq.ENOTSOCK
