# SPDX-License-Identifier: BSD-3-Clause
"""A stream that is always ready leaves the loop to others from time to time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import thread_time
from typing import Any

import pytest
from support import longest, not_collecting

import zmq
from zmq import _loop

from .conftest import Run, Streams

pytestmark = pytest.mark.any_libzmq

LONGEST_S = 0.02


def work_receiving(streams: Streams) -> Callable[[], int]:
    """Have messages go round for ever in one process: each that comes is sent again."""
    one, other = streams()
    count = 0

    def received(message: Any) -> None:
        nonlocal count
        count += 1
        other.socket.send_multipart(message)

    one.on_recv(received)
    for _ in range(100):
        other.socket.send(b"x")
    return lambda: count


def work_sending(streams: Streams) -> Callable[[], int]:
    """Have each message that was sent bring about another."""
    sender, _ = streams(zmq.PUB, zmq.SUB)
    count = 0

    def sent(message: Any, status: Any) -> None:
        nonlocal count
        count += 1
        sender.send_multipart(message)

    sender.on_send(sent)
    sender.send(b"x")
    return lambda: count


def work_of_many(streams: Streams) -> Callable[[], int]:
    """Keep ten streams of one loop busy."""
    counts = [work_receiving(streams) for _ in range(10)]
    return lambda: sum(count() for count in counts)


WORK = {"receiving": work_receiving, "sending": work_sending, "many": work_of_many}


@pytest.mark.parametrize("work", WORK)
def test_others_have_their_turn(work: str, streams: Streams, run: Run) -> None:
    """While a stream is always ready, something else is called at least every 20 ms."""

    async def main() -> None:
        count = WORK[work](streams)
        gaps = []
        with not_collecting():
            last = thread_time()
            while count() < 20_000:
                await asyncio.sleep(0)
                now = thread_time()
                gaps.append(now - last)
                last = now
        assert longest(gaps) < LONGEST_S

    run(main())


@pytest.mark.parametrize("turn_s", [0, float("inf")])
def test_length_of_a_turn(
    turn_s: float, streams: Streams, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long a stream goes on without a turn of the loop is what _loop.TURN_S says."""
    monkeypatch.setattr(_loop, "TURN_S", turn_s)

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []
        for number in range(100):
            sender.send(b"%d" % number)
        receiver.on_recv(got.append)
        turns = 0
        while len(got) < 100:
            turns += 1
            await asyncio.sleep(0)
        assert turns < 5 if turn_s else turns >= 100
        assert got == [[b"%d" % number] for number in range(100)]

    run(main())
