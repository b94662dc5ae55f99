# SPDX-License-Identifier: BSD-3-Clause
"""A message whose peer leaves while it is sent is sent whole, or dropped whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from leaving import KINDS, AfterParts, Peers, watch_parts

import zmq
import zmq.asyncio
from zmq._ctypes import fast

from .conftest import Run

each_kind = pytest.mark.parametrize("kind", KINDS, ids=["push", "dealer"])
pytestmark = pytest.mark.libzmq("4.3")


FINISHES: dict[str, Callable[[Any], Any]] = {
    "bytes": lambda socket: socket.send(b"rest"),
    "frame": lambda socket: socket.send(zmq.Frame(b"rest")),
    "shared": lambda socket: socket.send(bytes(70_000), copy=False),
    "parts": lambda socket: socket.send_multipart([b"more", b"rest"]),
    "frames": lambda socket: socket.send_multipart([zmq.Frame(b"more"), b"rest"], copy=False),
    "more and last": lambda socket: asyncio.gather(
        socket.send(b"more", zmq.SNDMORE),
        socket.send_multipart([b"more", b"more"], zmq.SNDMORE),
        socket.send(b"rest"),
    ),
}


@each_kind
@pytest.mark.parametrize("finish", FINISHES)
def test_the_rest_of_a_message_is_no_message(
    kind: int, finish: str, socket: Any, run: Run
) -> None:
    """When the peer leaves between two sends of one message, no other peer gets the rest of it."""

    async def main() -> None:
        peers = Peers(socket(kind), kind, socket)
        leaving = peers.come()
        await peers.sender.send(b"first", zmq.SNDMORE)
        peers.go(leaving)
        staying = peers.come()
        await asyncio.wait_for(FINISHES[finish](peers.sender), 10)
        await peers.sender.send(b"next")
        await peers.sender.send_multipart([b"next", b"one"])
        assert await asyncio.wait_for(staying.recv_multipart(), 10) == [b"next"]
        assert await asyncio.wait_for(staying.recv_multipart(), 10) == [b"next", b"one"]

    run(main())


@pytest.fixture
def after_parts(monkeypatch: pytest.MonkeyPatch) -> AfterParts:
    """Have something done once, before the part after so many that libzmq took."""
    return watch_parts(monkeypatch)


@each_kind
@pytest.mark.parametrize("copy", [True, False], ids=["copy", "no copy"])
@pytest.mark.parametrize("size", [10, fast.RELEASING], ids=["short", "long"])
@pytest.mark.parametrize("refused", [1, 2])
def test_a_message_of_several_parts_is_sent_again(
    kind: int, copy: bool, size: int, refused: int, socket: Any, run: Run, after_parts: AfterParts
) -> None:
    """When the peer leaves while a message is sent, it goes whole to another, or to none.

    Later ones arrive. Which it is depends on when libzmq noticed.
    """

    async def main() -> None:
        peers = Peers(socket(kind), kind, socket)
        leaving = peers.come()
        staying: list[Any] = []

        def leave() -> None:
            peers.go(leaving)
            staying.append(peers.come())

        messages = [[b"%d" % n, b"second" + bytes(size), b"third" + bytes(size)] for n in range(3)]
        after_parts(refused, leave)
        for message in messages:
            await asyncio.wait_for(peers.sender.send_multipart(message, copy=copy), 10)
        received = await asyncio.wait_for(staying[0].recv_multipart(), 10)
        if received == messages[0]:
            received = await asyncio.wait_for(staying[0].recv_multipart(), 10)
        assert received == messages[1]
        assert await asyncio.wait_for(staying[0].recv_multipart(), 10) == messages[2]

    run(main())


@each_kind
@pytest.mark.parametrize("copy", [True, False], ids=["copy", "no copy"])
@pytest.mark.parametrize("refused", [1, 2])
def test_it_is_sent_again_without_further_news(
    kind: int, copy: bool, refused: int, socket: Any, run: Run, after_parts: AfterParts
) -> None:
    """When the peer leaves while a message is sent, and another is there, nothing has to happen."""

    async def main() -> None:
        peers = Peers(socket(kind), kind, socket)
        leaving = peers.come()
        staying: list[Any] = []

        def leave() -> None:
            peers.go(leaving)
            staying.append(peers.come_unasked())
            peers.be_told_everything()

        messages = [[b"%d" % n, bytes(fast.RELEASING), b"third"] for n in range(2)]
        after_parts(refused, leave)
        for message in messages:
            await asyncio.wait_for(peers.sender.send_multipart(message, copy=copy), 10)
        received = await asyncio.wait_for(staying[0].recv_multipart(), 10)
        if received == messages[0]:
            received = await asyncio.wait_for(staying[0].recv_multipart(), 10)
        assert received == messages[1]

    run(main())


@each_kind
@pytest.mark.parametrize("refused", [1, 2])
def test_that_cannot_wait(
    kind: int, refused: int, socket: Any, run: Run, after_parts: AfterParts
) -> None:
    """With DONTWAIT such a message is refused, or dropped, and the next one is sent."""

    async def main() -> None:
        peers = Peers(socket(kind), kind, socket)
        for sender in (peers.sender, peers.sender._shadow_sock):
            leaving = peers.come()
            staying: list[Any] = []

            def leave(leaving: Any = leaving, staying: list[Any] = staying) -> None:
                peers.go(leaving)
                staying.append(peers.come())

            after_parts(refused, leave)
            with contextlib.suppress(zmq.Again):
                sent = sender.send_multipart([b"1", b"2", b"3"], zmq.DONTWAIT)
                assert sent is None or await sent is None
            peers.sender._shadow_sock.send_multipart([b"next", b"one"])
            assert await asyncio.wait_for(staying[0].recv_multipart(), 10) == [b"next", b"one"]
            peers.go(staying[0])

    run(main())
