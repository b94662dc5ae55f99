# SPDX-License-Identifier: BSD-3-Clause
"""A socket that is always ready leaves the hub to others from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from support import longest, not_collecting

import zmq
import zmq.green

pytestmark = pytest.mark.any_libzmq


def ticks_during(work: Callable[[], None]) -> int:
    """Return how often another greenlet ran while ``work`` did."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            gevent.sleep(0)

    other = gevent.spawn(tick)
    gevent.sleep(0)
    before = ticks
    work()
    found = ticks - before
    other.kill()
    return found


def receive_all(pair: Any, count: int) -> None:
    for number in range(count):
        assert int(pair[1].recv()) == number


def receive_parts(pair: Any, count: int) -> None:
    for number in range(count):
        assert pair[1].recv_multipart() == [b"%d" % number]


def receive_into(pair: Any, count: int) -> None:
    buffer = bytearray(20)
    for _ in range(count):
        assert pair[1].recv_into(buffer) > 0


def send_all(pair: Any, count: int) -> None:
    for number in range(count):
        pair[0].send(b"%d" % number)


def send_parts(pair: Any, count: int) -> None:
    for _ in range(count):
        pair[0].send_multipart([b"a", b"b"])


def send_by_hand(pair: Any, count: int) -> None:
    for _ in range(count):
        pair[0].send(b"a", zmq.SNDMORE)
        pair[0].send(b"b")


def poll_all(pair: Any, count: int) -> None:
    poller = zmq.green.Poller()
    poller.register(pair[0], zmq.POLLOUT)
    for _ in range(count):
        assert poller.poll()


def poll_one(pair: Any, count: int) -> None:
    for _ in range(count):
        assert pair[0].poll(flags=zmq.POLLOUT)


WORK: dict[str, Callable[[Any, int], None]] = {
    "receive": receive_all,
    "receive parts": receive_parts,
    "receive into": receive_into,
    "send": send_all,
    "send parts": send_parts,
    "send by hand": send_by_hand,
    "poller": poll_all,
    "poll": poll_one,
}

each_work = pytest.mark.parametrize("work", WORK)


@each_work
def test_others_have_their_turn(work: str, pair: Any, turns: Any) -> None:
    """Operations that could all succeed at once let other greenlets run when their time is over."""
    if work.startswith("receive"):
        send_all(pair, 100)
    turns(0.0)
    assert ticks_during(lambda: WORK[work](pair, 100)) >= 99


@each_work
def test_turns_can_be_switched_off(work: str, pair: Any) -> None:
    """With time without end, operations that can succeed at once never leave the greenlet."""
    if work.startswith("receive"):
        send_all(pair, 500)
    assert ticks_during(lambda: WORK[work](pair, 500)) == 0


def test_no_gap_is_long(pair: Any, turns: Any) -> None:
    """While a socket is always ready, others get a turn before 20 ms of processor time are over."""
    for _ in range(30_000):
        pair[0].send(b"x")
    turns(0.001)
    gaps: list[float] = []

    def tick() -> None:
        last = time.thread_time()
        while True:
            gevent.sleep(0.001)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    with not_collecting():
        other = gevent.spawn(tick)
        gevent.sleep(0)
        for _ in range(30_000):
            pair[1].recv()
        other.kill()
    assert len(gaps) >= 3
    assert longest(gaps) < 0.02


def test_two_busy_greenlets_share(socket: Any, turns: Any) -> None:
    """Of two greenlets that are always busy neither starves."""
    turns(0.001)
    counts = [0, 0]
    end = time.monotonic() + 0.3

    def work(which: int) -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind(f"inproc://share-{which}")
        other.connect(f"inproc://share-{which}")
        while time.monotonic() < end:
            one.send(b"x")
            other.recv()
            counts[which] += 1

    gevent.joinall([gevent.spawn(work, which) for which in range(2)], raise_error=True)
    assert min(counts) * 10 > max(counts)


def test_no_turn_within_a_message(pair: Any, turns: Any) -> None:
    """Between the parts of a message nobody else runs."""
    turns(0.0)

    def send() -> None:
        pair[0].send(b"a", zmq.SNDMORE)
        before = ran[0]
        pair[0].send(b"b", zmq.SNDMORE)
        pair[0].send(b"c")
        assert ran[0] == before

    def receive() -> None:
        assert pair[1].recv() == b"a"
        before = ran[0]
        assert [pair[1].recv(), pair[1].recv()] == [b"b", b"c"]
        assert ran[0] == before

    ran = [0]

    def other() -> None:
        while True:
            ran[0] += 1
            gevent.sleep(0)

    running = gevent.spawn(other)
    gevent.sleep(0)
    for _ in range(20):
        send()
        receive()
    running.kill()
    assert ran[0] >= 20
