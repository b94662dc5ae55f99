# SPDX-License-Identifier: BSD-3-Clause
"""A socket that is always ready leaves the loop to others from time to time."""

from __future__ import annotations

import asyncio
from time import thread_time
from typing import Any

import pytest
from support import longest, not_collecting

import zmq
import zmq.asyncio
from zmq import _loop

from .conftest import Run

pytestmark = pytest.mark.any_libzmq

TURN_S = _loop.TURN_S


async def ticks_during(work: Any) -> int:
    """Return how often another task ran while ``work`` did."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(tick())
    await asyncio.sleep(0)
    before = ticks
    await work
    other.cancel()
    return ticks - before


async def receive_all(pair: Any, count: int) -> None:
    for n in range(count):
        assert int(await pair[1].recv()) == n


async def send_all(pair: Any, count: int) -> None:
    for n in range(count):
        await pair[0].send(b"%d" % n)


async def send_parts(pair: Any, count: int) -> None:
    for _ in range(count):
        await pair[0].send_multipart([b"a", b"b"])


async def receive_many(pair: Any, count: int) -> None:
    while count:
        count -= len(await pair[1].recv_many(count))


async def receive_what_is_there(pair: Any, _: int) -> None:
    while await pair[1].poll(0):
        await pair[1].recv(zmq.DONTWAIT)


async def poll_all(pair: Any, count: int) -> None:
    poller = zmq.asyncio.Poller()
    poller.register(pair[0], zmq.POLLOUT)
    for _ in range(count):
        assert await poller.poll()


async def poll_one(pair: Any, count: int) -> None:
    for _ in range(count):
        assert await pair[0].poll(flags=zmq.POLLOUT)


@pytest.fixture
def pair(socket: Any) -> Any:
    sender, receiver = socket(zmq.PUSH, sndhwm=0), socket(zmq.PULL, rcvhwm=0)
    sender.bind("inproc://fair")
    receiver.connect("inproc://fair")
    return sender, receiver


WORK = {
    "receive": receive_all,
    "send": send_all,
    "send parts": send_parts,
    "poller": poll_all,
    "poll": poll_one,
}

each_work = pytest.mark.parametrize("work", WORK)


@each_work
def test_others_have_their_turn(
    work: str, pair: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operations that could all succeed at once let other tasks run when their time is over."""
    monkeypatch.setattr(_loop, "TURN_S", 0.0)
    if work == "receive":
        run(send_all(pair, 100))
    ticks = run(ticks_during(WORK[work](pair, 100)))
    assert ticks >= 99


@each_work
def test_turns_can_be_switched_off(work: str, pair: Any, run: Run) -> None:
    """With time without end, operations that can succeed at once never leave the task."""
    if work == "receive":
        run(send_all(pair, 2000))
    assert run(ticks_during(WORK[work](pair, 2000))) == 0


@pytest.mark.parametrize(
    "work",
    [receive_all, receive_many, receive_what_is_there, send_all, send_parts, poll_all, poll_one],
)
def test_no_gap_is_long(
    work: Any, pair: Any, run_anywhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a socket is always ready, a task that sleeps runs before 20 ms of processor time are over."""
    monkeypatch.setattr(_loop, "TURN_S", TURN_S)
    count = 40_000
    gaps: list[float] = []
    worked: list[float] = []

    async def tick() -> None:
        last = thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = thread_time()
            gaps.append(now - last)
            last = now

    async def main() -> None:
        for n in range(count):
            pair[0].send(b"%d" % n)
        with not_collecting():
            ticking = asyncio.ensure_future(tick())
            await asyncio.sleep(0)
            began = thread_time()
            await work(pair, count)
            worked.append(thread_time() - began)
            ticking.cancel()

    run_anywhere(main())
    assert len(gaps) >= max(2, worked[0] / 0.02 - 1)
    assert longest(gaps) < 0.02


def test_slow_handlers_count(pair: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that a task spends between operations is part of its turn."""
    monkeypatch.setattr(_loop, "TURN_S", 0.01)

    async def work() -> None:
        loop = asyncio.get_running_loop()
        for n in range(50):
            assert int(await pair[1].recv()) == n
            end = loop.time() + 0.005
            while loop.time() < end:
                pass

    run(send_all(pair, 50))
    ticks = run(ticks_during(work()))
    assert ticks >= 5
    assert ticks < 50 * 5


def test_waiting_for_a_turn_loses_nothing(
    pair: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receive that only waits for its turn can be cancelled; with DONTWAIT none does."""
    monkeypatch.setattr(_loop, "TURN_S", 0.0)

    async def main() -> None:
        sender, receiver = pair
        for n in range(4):
            await sender.send(b"%d" % n)
        first = receiver.recv()
        assert not first.done()
        assert first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        later, other = receiver.recv(), receiver.recv()
        assert [await later, await other] == [b"0", b"1"]
        assert receiver.recv(zmq.DONTWAIT).result() == b"2"
        assert await receiver.recv() == b"3"

    run(main())


@pytest.mark.parametrize("form", ["send", "send_multipart", "send_string", "frame"])
def test_what_nobody_awaits_is_sent(
    form: str, socket: Any, run_anywhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A send for which there is room is done by the call, whoever is to have a turn before it completes."""
    monkeypatch.setattr(_loop, "TURN_S", 0)
    push, pull = socket(zmq.PUSH), zmq.Socket(socket(zmq.PULL))
    push.bind("inproc://unawaited")
    pull.connect("inproc://unawaited")

    async def main() -> None:
        await push.send(b"first")
        for n in range(5):
            text = f"{n}"
            if form == "send":
                push.send(text.encode())
            elif form == "send_multipart":
                push.send_multipart([text.encode()])
            elif form == "send_string":
                push.send_string(text, copy=False)
            else:
                push.send(zmq.Frame(text.encode()))
        push.close()

    run_anywhere(main())
    assert [pull.recv(zmq.DONTWAIT) for _ in range(6)] == [b"first", *(b"%d" % n for n in range(5))]


@pytest.mark.parametrize("form", ["recv", "recv_multipart", "poll", "poller", "send"])
def test_what_does_not_wait_leaves_a_turn_as_well(
    form: str, socket: Any, run_anywhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With DONTWAIT and a time-out of 0 an operation is over at once, and who awaits it lets others run."""
    monkeypatch.setattr(_loop, "TURN_S", 0)
    push, pull = socket(zmq.PUSH), socket(zmq.PULL)
    push.sndhwm = pull.rcvhwm = 0
    push.bind("inproc://drained")
    pull.connect("inproc://drained")
    poller = zmq.asyncio.Poller()
    poller.register(pull, zmq.POLLIN)
    operations = {
        "recv": lambda: pull.recv(zmq.DONTWAIT),
        "recv_multipart": lambda: pull.recv_multipart(zmq.DONTWAIT),
        "poll": lambda: pull.poll(0),
        "poller": lambda: poller.poll(0),
        "send": lambda: push.send(b"", zmq.DONTWAIT),
    }

    async def work() -> None:
        for _ in range(200):
            future = operations[form]()
            assert future.done()
            await future

    async def main() -> None:
        for _ in range(200):
            push.send(b"x")
        assert await ticks_during(work()) >= 100

    run_anywhere(main())


def test_no_time_to_wait_is_time_for_a_turn(
    socket: Any, run_anywhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time-outs of 0 do not end what could be done at once, and only lets others go first."""
    monkeypatch.setattr(_loop, "TURN_S", 0)
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    a.sndhwm = b.rcvhwm = 0
    a.sndtimeo = b.rcvtimeo = 0
    a.bind("inproc://at-once")
    b.connect("inproc://at-once")

    async def main() -> None:
        for n in range(500):
            await a.send(b"%d" % n)
        for n in range(500):
            assert await b.recv() == b"%d" % n
        with pytest.raises(zmq.Again):
            await b.recv()

    run_anywhere(main())
