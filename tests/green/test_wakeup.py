# SPDX-License-Identifier: BSD-3-Clause
"""Whatever else is done with a C socket, greenlets that wait for it wake when there is a message."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
import pytest
from effort import times

import zmq
import zmq.green

from .conftest import PATIENCE_S, settle

STALL_S = 5.0
"""Seconds after which a message that is there and is not received has been missed."""

ROUNDS = 3
"""Rounds of the hub in which a message that is there is received."""


def _poller(socket: Any) -> None:
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll(0)


def _green_poller(socket: Any) -> None:
    poller = zmq.green.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll(0)


# What eats the signal of the descriptor: name -> what is done, given another view of the socket.
DISTURBANCES: dict[str, Callable[[Any, Any], Any]] = {
    "getsockopt": lambda own, view: own.getsockopt(zmq.EVENTS),
    "get": lambda own, view: own.get(zmq.EVENTS),
    "attribute": lambda own, view: own.EVENTS,
    "view getsockopt": lambda own, view: view.getsockopt(zmq.EVENTS),
    "view attribute": lambda own, view: view.EVENTS,
    "view send": lambda own, view: view.send(b"out", zmq.DONTWAIT),
    "view send_multipart": lambda own, view: view.send_multipart([b"out", b"x"], zmq.DONTWAIT),
    "view send frame": lambda own, view: view.send(zmq.Frame(b"out"), zmq.DONTWAIT),
    "view poll": lambda own, view: view.poll(0),
    "view poller": lambda own, view: _poller(view),
    "own send": lambda own, view: own.send(b"out"),
    "own send_multipart": lambda own, view: own.send_multipart([b"out", b"x"]),
    "own poll": lambda own, view: own.poll(0),
    "own poller": lambda own, view: _poller(own),
    "own green poller": lambda own, view: _green_poller(own),
    "bind": lambda own, view: view.unbind(view.bind("inproc://*").addr),
}


def wait_poller(socket: Any) -> Any:
    poller = zmq.green.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll()


WAITS: dict[str, Callable[[Any], Any]] = {
    "recv": lambda socket: socket.recv(),
    "recv_multipart": lambda socket: socket.recv_multipart(),
    "poll": lambda socket: socket.poll(),
    "poller": wait_poller,
}

VIEWS: dict[str, Callable[[Any], Any]] = {
    "shadow": zmq.Socket.shadow,
    "address": lambda socket: zmq.Socket.shadow(socket.underlying),
    "green": zmq.green.Socket.shadow,
}


@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("early", [True, False], ids=["view before", "view after"])
def test_no_signal_is_eaten(
    disturbance: str, wait: str, kind: str, early: bool, pair: Any, spawn: Any
) -> None:
    """A wait that was begun wakes although the descriptor's signal went to somebody else."""
    one, other = pair
    view = VIEWS[kind](one) if early else None
    waiting = spawn(WAITS[wait], one)
    settle()
    assert not waiting.dead
    view = view or VIEWS[kind](one)
    zmq.Socket.shadow(other).send(b"message")
    DISTURBANCES[disturbance](one, view)
    waiting.get(timeout=STALL_S)


def one_round() -> None:
    """Have the hub look at its descriptors, which sleep(0) may put off."""
    hub = gevent.get_hub()
    timer = hub.loop.timer(0.0)
    try:
        hub.wait(timer)
    finally:
        timer.close()


def test_all_views_against_each_other(pair: Any, spawn: Any) -> None:
    """However views of both ends are mixed, every message sent wakes the one who waits for it."""
    choose = random.Random(17)
    views = [
        [end, zmq.green.Socket.shadow(end), zmq.Socket.shadow(end), zmq.Socket.shadow(end)]
        for end in pair
    ]
    got: list[Any] = []
    arrived = gevent.event.Event()

    def receive(waiter: Any) -> None:
        got.append(waiter.recv_multipart())
        arrived.set()

    for number in range(times(2000, 1_000_000)):
        side = choose.randrange(2)
        waiter = views[1 - side][choose.randrange(2)]
        arrived.clear()
        waiting = gevent.spawn(receive, waiter)
        if choose.random() < 0.5:
            gevent.sleep(0)
        message = [b"%d" % number, b"x"]
        views[side][choose.randrange(4)].send_multipart(message)
        for _ in range(choose.randrange(3)):
            disturber = choose.choice(views[1 - side])
            choose.choice(
                [
                    lambda v: v.getsockopt(zmq.EVENTS),
                    lambda v: v.poll(0),
                    lambda v: v.EVENTS,
                    _poller,
                ]
            )(disturber)
        # What is there comes in the hub's next rounds, and no timer has to pass.
        for _ in range(ROUNDS):
            if arrived.is_set():
                break
            one_round()
        assert arrived.is_set()
        waiting.join()
        assert got.pop() == message


def test_senders_wake_when_another_view_receives(socket: Any, spawn: Any) -> None:
    """A send that waits for room goes on, also if others have looked at the socket meanwhile."""
    one, other = socket(zmq.PAIR, sndhwm=1), socket(zmq.PAIR, rcvhwm=1)
    one.bind("inproc://room")
    other.connect("inproc://room")
    view = zmq.Socket.shadow(one)

    def send() -> None:
        for number in range(200):
            one.send(b"%d" % number)

    sending = spawn(send)
    settle()
    assert not sending.dead
    plain = zmq.Socket.shadow(other)
    for number in range(200):
        plain.rcvtimeo = int(STALL_S * 1000)
        with gevent.Timeout(STALL_S):
            while not plain.poll(0):
                gevent.sleep(0)
        assert plain.recv() == b"%d" % number
        view.getsockopt(zmq.EVENTS)
        _poller(view)


def test_one_greenlet_receives_while_another_sends(pair: Any, spawn: Any) -> None:
    """The reader of a socket wakes for each answer, whatever the writer does on the same socket."""

    def echo() -> None:
        for _ in range(500):
            pair[1].send(pair[1].recv())

    def read() -> None:
        for number in range(500):
            assert pair[0].recv() == b"%d" % number

    spawn(echo)
    reading = spawn(read)
    settle()
    for number in range(500):
        pair[0].send(b"%d" % number)
        if number % 3 == 0:
            gevent.sleep(0)
    reading.get(timeout=PATIENCE_S)


def test_a_poller_that_went_by_what_was(pair: Any, spawn: Any) -> None:
    """A plain Poller that has found nothing often hears of what green uses leave for it."""
    one, other = pair
    poller = zmq.Poller()
    poller.register(one, zmq.POLLIN)
    for _ in range(20):
        for _ in range(100):
            assert poller.poll(0) == []
        other.send_multipart([b"a", b"b"])
        assert one.recv() == b"a"
        assert poller.poll(0) == [(one, zmq.POLLIN)]
        assert one.recv() == b"b"
    for _ in range(100):
        assert poller.poll(0) == []
    waiting = spawn(one.recv)
    settle()
    other.send(b"x")
    assert waiting.get(timeout=STALL_S) == b"x"
    for _ in range(100):
        assert poller.poll(0) == []
    other.send(b"y")
    assert poller.poll(0) == [(one, zmq.POLLIN)]


def test_hubs_of_several_threads(pair: Any) -> None:
    """Threads with hubs of their own that hand a socket on wait for it and wake."""
    one, other = pair
    count = times(60, 5000)
    failures: list[BaseException] = []
    turns = [threading.Semaphore(1), threading.Semaphore(0), threading.Semaphore(0)]

    def consume(which: int) -> None:
        try:
            view = one if which == 0 else zmq.green.Socket.shadow(one)
            for number in range(which, count, 3):
                assert turns[which].acquire(timeout=PATIENCE_S)
                waiting = gevent.spawn(view.recv)
                gevent.sleep(0)
                other.send(b"%d" % number)
                assert waiting.get(timeout=STALL_S) == b"%d" % number
                turns[(which + 1) % 3].release()
        except BaseException as error:
            failures.append(error)
        finally:
            gevent.get_hub().destroy(destroy_loop=True)

    threads = [threading.Thread(target=consume, args=(which,)) for which in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S * 3)
    assert failures == []


def test_many_short_threads_leave_no_hubs(pair: Any) -> None:
    """A socket that is handed through many threads keeps nothing of those that have ended."""
    from zmq import _wakeup

    one, other = pair

    def wait() -> None:
        waiting = gevent.spawn(one.recv)
        gevent.sleep(0)
        other.send(b"x")
        assert waiting.get(timeout=STALL_S) == b"x"
        gevent.get_hub().destroy(destroy_loop=True)

    for _ in range(20):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(PATIENCE_S)
    assert len(_wakeup.watched[one.underlying].watchers) <= 1


def test_closed_from_another_thread(socket: Any, spawn: Any) -> None:
    """A socket that another thread closes ends the wait for it."""
    one = socket(zmq.PULL)

    def receive() -> None:
        with pytest.raises(zmq.ZMQError) as caught:
            one.recv()
        assert caught.value.errno == zmq.ENOTSOCK

    waiting = spawn(receive)
    settle()
    thread = threading.Thread(target=one.close)
    thread.start()
    waiting.join(STALL_S)
    thread.join()
    assert waiting.dead
