# SPDX-License-Identifier: BSD-3-Clause
"""Nothing stays behind: killing, closing and ending in any order."""

from __future__ import annotations

import contextlib
import gc
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from effort import times

import zmq
import zmq.green
from zmq import _wakeup
from zmq.green import _hub

from .conftest import PATIENCE_S, settle


def _poller(socket: Any, timeout: float = -1) -> Any:
    poller = zmq.green.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll(timeout)


WAITS: dict[str, Callable[[Any], Any]] = {
    "recv": lambda socket: socket.recv(),
    "recv_frame": lambda socket: socket.recv(copy=False),
    "recv_multipart": lambda socket: socket.recv_multipart(),
    "recv_json": lambda socket: socket.recv_json(),
    "poll": lambda socket: socket.poll(),
    "poll_timed": lambda socket: socket.poll(100_000),
    "poller": _poller,
    "poller_timed": lambda socket: _poller(socket, 100_000),
    "send": lambda socket: socket.send(b"never"),
    "send_multipart": lambda socket: socket.send_multipart([b"never", b"never"]),
}

each_wait = pytest.mark.parametrize("wait", WAITS)


@each_wait
def test_killed_waits_leave_nothing(wait: str, socket: Any) -> None:
    """After waits that were killed and timed out there are no waiters, and no more objects."""
    lonely = socket(zmq.DEALER, rcvtimeo=100_000, sndtimeo=100_000)

    def kill_some(count: int) -> None:
        for _ in range(count):
            waiting = gevent.spawn(WAITS[wait], lonely)
            settle()
            waiting.kill()
            with gevent.Timeout(0, False):
                WAITS[wait](lonely)

    kill_some(10)
    gc.collect()
    before = len(gc.get_objects())
    kill_some(times(200, 50_000))
    gc.collect()
    assert len(gc.get_objects()) - before < 100
    (watcher,) = _wakeup.watched[lonely.underlying].watchers
    assert isinstance(watcher, _hub.HubWatcher)
    assert not watcher.waiting()
    assert not watcher._armed
    assert lonely._fast_p is not None


@each_wait
def test_closing_ends_the_wait(wait: str, socket: Any) -> None:
    """Closing a socket makes those who wait for it fail, as their calls on a closed one do."""
    one = socket(zmq.DEALER)
    waiting = [gevent.spawn(WAITS[wait], one) for _ in range(3)]
    gevent.sleep(0)
    one.close()
    for each in waiting:
        with pytest.raises(zmq.ZMQError) as caught:
            each.get(timeout=PATIENCE_S)
        assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("order", list(itertools.permutations(("close", "kill", "message"))))
def test_any_order(order: tuple[str, ...], pair: Any) -> None:
    """A close, a kill and a message that come together, in any order, leave nothing and hang nobody."""
    one, other = pair
    waiting = gevent.spawn(one.recv)
    settle()
    for what in order:
        if what == "close":
            one.close()
        elif what == "kill":
            waiting.kill(block=False)
        else:
            with contextlib.suppress(zmq.Again):
                other.send(b"x", zmq.DONTWAIT)  # its peer may be gone
    waiting.join(PATIENCE_S)
    assert waiting.dead
    assert one.underlying not in _wakeup.watched


def test_closed_by_who_was_woken(pair: Any) -> None:
    """A greenlet may close the socket when it gets its message, while others wait for it."""
    one, other = pair
    failed: list[int] = []

    def work() -> None:
        try:
            one.recv()
        except zmq.ZMQError as error:
            failed.append(error.errno)
        else:
            one.close()

    working = [gevent.spawn(work) for _ in range(3)]
    settle()
    other.send(b"1")
    other.send(b"2")
    gevent.joinall(working, timeout=PATIENCE_S, raise_error=True)
    assert failed == [zmq.ENOTSOCK] * 2


def test_address_that_is_used_again(socket: Any) -> None:
    """The next sockets, which may have the addresses and descriptors of closed ones, work."""
    for number in range(50):
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind(f"inproc://again-{number}")
        other.connect(f"inproc://again-{number}")
        waiting = gevent.spawn(one.recv)
        gevent.sleep(0)
        other.send(b"x")
        assert waiting.get(timeout=PATIENCE_S) == b"x"
        doomed = gevent.spawn(one.recv)
        gevent.sleep(0)
        one.close()
        other.close()
        with pytest.raises(zmq.ZMQError):
            doomed.get(timeout=PATIENCE_S)


def test_sockets_are_collected(context: Any, pair: Any) -> None:
    """A closed socket that was waited for is kept by nobody."""
    one = context.socket(zmq.PULL)
    with gevent.Timeout(0.001, False):
        one.recv()
    one.close()
    gone = weakref.ref(one)
    del one
    gevent.sleep(0)
    gc.collect()
    assert gone() is None


def test_hot_forms_are_kept_from_who_is_watched(pair: Any) -> None:
    """While somebody waits every view tells what it does, and afterwards none has to."""
    one, other = pair
    view = zmq.Socket.shadow(one)
    assert one._fast_p is not None
    waiting = gevent.spawn(one.recv)
    settle()
    late = zmq.Socket.shadow(one)
    assert [each._fast_p for each in (one, view, late)] == [None] * 3
    other.send(b"x")
    waiting.get(timeout=PATIENCE_S)
    assert None not in [each._fast_p for each in (one, view, late)]


def test_a_message_begun_by_hand_stays_in_the_checked_form(pair: Any) -> None:
    """A wait by another greenlet between two parts does not send the rest in the hot form."""
    one, other = pair
    one.send(b"a", zmq.SNDMORE)
    with gevent.Timeout(0.001, False):
        one.recv()
    assert one._fast_p is None
    one.send(b"b")
    assert one._fast_p is not None
    assert other.recv_multipart() == [b"a", b"b"]
