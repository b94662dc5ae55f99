# SPDX-License-Identifier: BSD-3-Clause
"""A receive that is killed, timed out or thrown out consumes nothing; a send is whole or nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import gevent
import gevent.pool
import greenlet
import pytest
from effort import times

import zmq
import zmq.green

from .conftest import PATIENCE_S, settle

pytestmark = pytest.mark.filterwarnings("ignore:libuv only supports millisecond")

_buffer = bytearray(16)

# name -> (how to send a number, how to receive, what number the result is)
FORMS: dict[str, tuple[Callable[[Any, int], Any], Callable[[Any], Any], Callable[[Any], int]]] = {
    "recv": (lambda s, n: s.send(b"%d" % n), lambda s: s.recv(), int),
    "recv_frame": (
        lambda s, n: s.send(b"%d" % n),
        lambda s: s.recv(copy=False),
        lambda frame: int(frame.bytes),
    ),
    "recv_long": (lambda s, n: s.send(b"%d" % n + b" " * 100), lambda s: s.recv(), int),
    "recv_multipart": (
        lambda s, n: s.send_multipart([b"%d" % n, b"x" * 50, b""]),
        lambda s: s.recv_multipart(),
        lambda parts: int(parts[0]) if parts[1:] == [b"x" * 50, b""] else -1,
    ),
    "recv_multipart_frames": (
        lambda s, n: s.send_multipart([b"%d" % n, b"x" * 50]),
        lambda s: s.recv_multipart(copy=False),
        lambda parts: int(parts[0].bytes) if parts[0].more and not parts[1].more else -1,
    ),
    "recv_string": (lambda s, n: s.send_string(str(n)), lambda s: s.recv_string(), int),
    "recv_json": (lambda s, n: s.send_json({"n": n}), lambda s: s.recv_json(), lambda v: v["n"]),
    "recv_pyobj": (lambda s, n: s.send_pyobj((n,)), lambda s: s.recv_pyobj(), lambda v: v[0]),
    "recv_serialized": (
        lambda s, n: s.send_serialized(n, lambda v: [b"%d" % v]),
        lambda s: s.recv_serialized(lambda parts: int(parts[0])),
        int,
    ),
    "recv_into": (
        lambda s, n: s.send(b"%d" % n),
        lambda s: bytes(_buffer[: s.recv_into(_buffer)]),
        int,
    ),
}

each_form = pytest.mark.parametrize("form", FORMS)

Interrupt = Callable[[Callable[[], Any], float], Any]


class Thrown(Exception):
    """What is thrown into a greenlet."""


def timeout(receive: Callable[[], Any], delay_s: float) -> Any:
    """Leave with gevent.Timeout."""
    with gevent.Timeout(delay_s):
        return receive()


def kill(receive: Callable[[], Any], delay_s: float) -> Any:
    """Receive in a greenlet that is killed."""
    got: list[Any] = []
    working = gevent.spawn(lambda: got.append(receive()))
    working.join(delay_s)
    working.kill()
    if not got:
        raise gevent.Timeout
    return got[0]


def throw(receive: Callable[[], Any], delay_s: float) -> Any:
    """Throw into the greenlet from the hub, whatever it waits for."""
    current = greenlet.getcurrent()
    timer = gevent.get_hub().loop.timer(delay_s)
    timer.start(lambda: current.throw(Thrown()))
    try:
        return receive()
    finally:
        timer.stop()
        timer.close()


INTERRUPTS: dict[str, Interrupt] = {"timeout": timeout, "kill": kill, "throw": throw}

each_interrupt = pytest.mark.parametrize("interrupt", INTERRUPTS)


@each_form
@each_interrupt
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_time_outs_race_arrivals(
    form: str, interrupt: str, transport: str, socket: Any, spawn: Any
) -> None:
    """Whenever the wait ends, every message is received once, and in order."""
    send, receive, number_of = FORMS[form]
    push, pull = socket(zmq.PUSH, sndhwm=0), socket(zmq.PULL, rcvhwm=0)
    push.bind("inproc://race" if transport == "inproc" else "tcp://127.0.0.1:*")
    pull.connect(push.last_endpoint)
    count = times(60, 100_000 // 6)
    choose = random.Random(7)

    def produce() -> None:
        for number in range(count):
            gevent.sleep(choose.choice((0, 0, 0.0002, 0.0005, 0.001)))
            send(push, number)

    spawn(produce)
    received: list[int] = []
    interrupted = 0
    while len(received) < count:
        try:
            delay_s = choose.choice((0.0, 0.0001, 0.0005, 0.001))
            got = INTERRUPTS[interrupt](lambda: receive(pull), delay_s)
        except (gevent.Timeout, Thrown):
            interrupted += 1
            assert interrupted < 1000 * count
        else:
            received.append(number_of(got))
    assert received == list(range(count))
    assert interrupted > 0


@each_form
def test_killed_at_the_moment_of_arrival(form: str, pair: Any) -> None:
    """A greenlet that is killed after its message has come, and before it runs, leaves it there."""
    send, receive, number_of = FORMS[form]
    for number in range(20):
        waiting = gevent.spawn(receive, pair[0])
        settle()
        send(pair[1], number)
        if number % 2:
            pair[0].getsockopt(zmq.EVENTS)  # so that it is woken already
        waiting.kill()
        killed = isinstance(waiting.value, gevent.GreenletExit)
        assert number_of(receive(pair[0]) if killed else waiting.value) == number


def test_killed_while_waiting_for_a_turn(pair: Any, turns: Any) -> None:
    """A receive that only lets others run first is killed without its message."""
    turns(0.0)
    for number in range(20):
        pair[1].send(b"%d" % number)
        waiting = gevent.spawn(pair[0].recv)
        gevent.get_hub().loop.run_callback(waiting.throw)
        gevent.sleep(0)
        waiting.kill()
        assert waiting.value.__class__ is gevent.GreenletExit
        assert pair[0].recv() == b"%d" % number


def test_several_receivers_of_one_socket(pair: Any, spawn: Any) -> None:
    """Whichever of many that wait for one socket are killed, each message reaches one of the others."""
    choose = random.Random(3)
    count = times(1000, 100_000)
    received: list[int] = []

    def work() -> None:
        while True:
            got = pair[0].recv()
            received.append(int(got))
            gevent.sleep(choose.choice((0, 0, 0.0003)))

    workers = [gevent.spawn(work) for _ in range(8)]
    for number in range(count):
        pair[1].send(b"%d" % number)
        if choose.random() < 0.3:
            position = choose.randrange(8)
            workers[position].kill(block=choose.random() < 0.5)
            workers[position] = gevent.spawn(work)
    with gevent.Timeout(PATIENCE_S + count / 1000):
        while len(received) < count:
            gevent.sleep(0.001)
    gevent.killall(workers)
    assert sorted(received) == list(range(count))


def test_a_killed_receiver_hands_its_place_on(pair: Any, spawn: Any) -> None:
    """If the one that was woken for a message is killed, the next one gets it."""
    first = gevent.spawn(pair[0].recv)
    second = spawn(pair[0].recv)
    settle()
    pair[1].send(b"x")
    gevent.get_hub().loop.run_callback(first.throw)
    assert second.get(timeout=PATIENCE_S) == b"x"


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("kind", [zmq.PUSH, zmq.DEALER, zmq.PAIR])
def test_killed_senders(parts: int, kind: int, socket: Any) -> None:
    """A send that is killed while it waits sends nothing, now or later; others are whole."""
    other = zmq.PULL if kind == zmq.PUSH else kind
    sender, receiver = socket(kind, sndhwm=2), socket(other, rcvhwm=2)
    sender.bind("inproc://killed")
    receiver.connect("inproc://killed")
    receiver.rcvtimeo = 100
    choose = random.Random(5)
    sent: list[int] = []
    received: list[int] = []

    def receive() -> None:
        while True:
            try:
                message = receiver.recv_multipart()
            except zmq.Again:
                return
            assert len(message) == parts
            received.append(int(message[0]))
            gevent.sleep(choose.choice((0, 0.001, 0.002)))

    receiving = gevent.spawn(receive)
    for number in range(times(200, 10_000)):
        message = [b"%d" % number] + [b"x"] * (parts - 1)
        try:
            with gevent.Timeout(choose.choice((0, 0.0005, 0.001, 0.01))):
                sender.send_multipart(message)
                sent.append(number)
        except gevent.Timeout:
            pass
    receiving.get(timeout=PATIENCE_S)
    assert received == sent


def test_pool_of_workers(socket: Any) -> None:
    """A gevent.pool of workers whose jobs time out answers every request that is sent again."""
    router, dealer = (socket(kind, sndhwm=0, rcvhwm=0) for kind in (zmq.ROUTER, zmq.DEALER))
    router.bind("inproc://pool")
    dealer.connect("inproc://pool")

    def answer(client: bytes, number: bytes) -> None:
        gevent.sleep(0.0005)
        router.send_multipart([client, number])

    def serve() -> None:
        pool = gevent.pool.Pool(5)
        while True:
            pool.spawn(answer, *router.recv_multipart())

    serving = gevent.spawn(serve)
    count = times(100, 5000)
    for number in range(count):
        dealer.send(b"%d" % number)
    waiting = set(range(count))
    while waiting:
        with gevent.Timeout(0.0007, False):
            waiting.remove(int(dealer.recv()))
    serving.kill()
