# SPDX-License-Identifier: BSD-3-Clause
"""A message whose peer leaves while it is sent is sent whole, or dropped whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from support import PATIENCE_MS

import zmq
import zmq.asyncio
from zmq._ctypes import fast
from zmq._ctypes.bind import C
from zmq.utils.monitor import recv_monitor_message

from .conftest import Run

KINDS = {zmq.PUSH: zmq.PULL, zmq.DEALER: zmq.DEALER}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=["push", "dealer"])
pytestmark = pytest.mark.libzmq("4.3")


class Peers:
    """Lets peers of a socket come and go; each time what libzmq does in the background is done."""

    def __init__(self, sender: Any, kind: int, socket: Callable[..., Any]) -> None:
        self.sender = sender
        self._kind = kind
        self._socket = socket
        sender.bind("tcp://127.0.0.1:*")
        monitor = sender.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._events = zmq.Socket(monitor)
        self._events.rcvtimeo = PATIENCE_MS

    def come(self) -> Any:
        one = self._socket(KINDS[self._kind])
        one.connect(self.sender.last_endpoint)
        assert recv_monitor_message(self._events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
        assert self.sender._shadow_sock.poll(PATIENCE_MS, zmq.POLLOUT)
        return one

    def go(self, one: Any) -> None:
        one.close(0)
        assert recv_monitor_message(self._events)["event"] == zmq.EVENT_DISCONNECTED


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
def after_parts(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """Have something done once, before the part after so many that libzmq took."""
    taken = 0
    due: list[tuple[int, Callable[[], object]]] = []

    def watch(module: Any, name: str) -> None:
        send = getattr(module, name)

        def watching(*args: Any) -> Any:
            nonlocal taken
            if due and taken == due[0][0]:
                due.pop()[1]()
            rc = send(*args)
            taken += rc >= 0
            return rc

        monkeypatch.setattr(module, name, watching)

    for name in ("send_now", "send_try", "msg_send_now", "msg_send_try", "send_released"):
        watch(fast, name)
    for name in ("zmq_send", "zmq_msg_send"):
        watch(C, name)

    def after(count: int, action: Callable[[], object]) -> None:
        nonlocal taken
        taken = 0
        due[:] = [(count, action)]

    return after


@each_kind
@pytest.mark.parametrize("copy", [True, False], ids=["copy", "no copy"])
@pytest.mark.parametrize("size", [10, fast.RELEASING], ids=["short", "long"])
@pytest.mark.parametrize("refused", [1, 2])
def test_a_message_of_several_parts_is_sent_again(
    kind: int, copy: bool, size: int, refused: int, socket: Any, run: Run, after_parts: Any
) -> None:
    """When the peer leaves while a message is sent, it goes whole to another, or to none.

    Later ones arrive. Which it is depends on when libzmq noticed.
    """

    async def main() -> None:
        peers = Peers(socket(kind), kind, socket)
        leaving = peers.come()
        staying = []

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
@pytest.mark.parametrize("refused", [1, 2])
def test_that_cannot_wait(
    kind: int, refused: int, socket: Any, run: Run, after_parts: Any
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
