# SPDX-License-Identifier: BSD-3-Clause
"""Whatever else is done with a stream's socket, messages reach the callback in the next round."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from effort import times
from tornado.ioloop import IOLoop

import zmq
import zmq.asyncio
from zmq.eventloop.zmqstream import ZMQStream

from .conftest import Run, Streams, eventually, rounds


def _poller(socket: Any) -> None:
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll(0)


def _async_poller(socket: Any) -> None:
    poller = zmq.asyncio.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll(0).result()


# What eats the signal of the descriptor: name -> what is done, given the stream and another view.
DISTURBANCES: dict[str, Callable[[ZMQStream, Any], Any]] = {
    "raw send": lambda stream, view: stream.socket.send(b"out"),
    "raw send_multipart": lambda stream, view: stream.socket.send_multipart([b"out", b"x"]),
    "raw getsockopt": lambda stream, view: stream.getsockopt(zmq.EVENTS),
    "raw attribute": lambda stream, view: stream.socket.EVENTS,
    "raw poll": lambda stream, view: stream.socket.poll(0),
    "raw poller": lambda stream, view: _poller(stream.socket),
    "async poller": lambda stream, view: _async_poller(stream.socket),
    "stream send": lambda stream, view: stream.send(b"out"),
    "stream send, told": lambda stream, view: stream.send(b"out", callback=lambda *args: None),
    "stream flush of sends": lambda stream, view: stream.flush(zmq.POLLOUT),
    "view send": lambda stream, view: view.send(b"out"),
    "view send frame": lambda stream, view: view.send(zmq.Frame(b"out")),
    "view getsockopt": lambda stream, view: view.getsockopt(zmq.EVENTS),
    "view poller": lambda stream, view: _poller(view),
    "async view send": lambda stream, view: zmq.asyncio.Socket(view).send(b"out"),
    "async view poll": lambda stream, view: zmq.asyncio.Socket(view).poll(0),
    "bind": lambda stream, view: view.unbind(view.bind("inproc://*").addr),
    "another stream": lambda stream, view: ZMQStream(view, stream.io_loop).flush(),
}


@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("kind", ["shadow", "address"])
def test_no_signal_is_eaten(disturbance: str, kind: str, streams: Streams, run: Run) -> None:
    """A message comes in the loop's next round although its signal went to somebody else."""

    async def main() -> None:
        stream, other = streams(zmq.DEALER, zmq.DEALER)
        owner = stream.socket
        view = zmq.Socket.shadow(owner if kind == "shadow" else owner.underlying)
        got: list[Any] = []
        stream.on_recv(got.append)
        await rounds()
        for number in range(3):
            other.send(b"%d" % number)
            DISTURBANCES[disturbance](stream, view)
            await asyncio.sleep(0)
            assert got == [[b"%d" % one] for one in range(number + 1)]
            await rounds()

    run(main())


def test_message_kept_for_another_view(streams: Streams, run: Run) -> None:
    """A message that an asynchronous view gave back reaches the callback, before later ones."""

    async def main() -> None:
        stream, other = streams()
        view = zmq.asyncio.Socket(stream.socket)
        receiving = [view.recv() for _ in range(2)]
        await rounds()
        for number in range(3):
            other.send(b"%d" % number)
        await rounds()
        got: list[Any] = []
        stream.on_recv(got.append)
        for future in receiving:
            future.cancel()
        await eventually(lambda: len(got) == 3)
        assert got == [[b"0"], [b"1"], [b"2"]]

    run(main())


def test_beside_receives_of_another_view(streams: Streams, run: Run) -> None:
    """A stream and an asynchronous view share the messages; each comes to one of them."""

    async def main() -> None:
        stream, other = streams()
        view = zmq.asyncio.Socket(stream.socket)
        got: list[Any] = []
        stream.on_recv(lambda message: got.extend(message))
        for number in range(100):
            receiving = view.recv() if number % 3 == 0 else None
            other.send(b"%d" % number)
            await rounds(2)
            if receiving is not None and not receiving.done():
                receiving.cancel()
            elif receiving is not None:
                got.append(await receiving)
        await eventually(lambda: len(got) == 100)
        assert sorted(map(int, got)) == list(range(100))

    run(main())


def test_two_streams_of_one_socket(streams: Streams, run: Run, io_loop: IOLoop) -> None:
    """Two streams may share a socket: one receives, the other sends, and neither stalls."""

    async def main() -> None:
        one, other = streams()
        second = ZMQStream(zmq.Socket.shadow(one.socket), io_loop)
        got: list[Any] = []
        sent: list[Any] = []
        one.on_recv(got.append)
        second.on_send(lambda message, status: sent.append(message))
        other.on_recv(other.send_multipart)
        for number in range(100):
            second.send(b"%d" % number)
            if number % 10 == 0:
                await rounds(2)
        await eventually(lambda: len(got) == 100)
        assert got == sent == [[b"%d" % number] for number in range(100)]
        second.close()
        await rounds()
        assert one.closed()

    run(main())


def test_streams_against_all_views(streams: Streams, io_loop: IOLoop) -> None:
    """However views of both ends are mixed at random, each message comes within two rounds."""

    async def main() -> None:
        choose = random.Random(23)
        ends = streams(zmq.DEALER, zmq.DEALER, sndhwm=0, rcvhwm=0)
        got: list[list[Any]] = [[], []]
        sent = [0, 0]
        views = []
        for stream, received in zip(ends, got):
            stream.on_recv(received.extend)
            shadow = zmq.Socket.shadow(stream.socket)
            views.append((stream.socket, shadow, zmq.asyncio.Socket(stream.socket)))
        for step in range(times(3000, 1_000_000)):
            side = choose.randrange(2)
            plain = choose.choice(views[side][:2])
            action = choose.randrange(8)
            if action < 4:
                message = b"%d" % sent[side]
                sent[side] += 1
                if action == 0:
                    await views[side][2].send(message)
                else:
                    choose.choice((ends[side].send, plain.send))(message)
            elif action == 4:
                plain.getsockopt(zmq.EVENTS)
            elif action == 5:
                choose.choice((_poller, _async_poller))(plain)
            elif action == 6:
                ends[side].flush(choose.choice((zmq.POLLIN, zmq.POLLOUT)), 1)
            else:
                received = got[side]
                ends[side].stop_on_recv()
                await rounds(choose.randrange(3))
                ends[side].on_recv(received.extend)
            if choose.random() < 0.3:
                await eventually_in(2, lambda: list(map(len, got)) == sent[::-1])
            assert all(len(one) <= count for one, count in zip(got, sent[::-1])), step
        await eventually_in(2, lambda: list(map(len, got)) == sent[::-1])
        for received, count in zip(got, sent[::-1]):
            assert received == [b"%d" % number for number in range(count)]

    io_loop.run_sync(main)


async def eventually_in(number: int, condition: Callable[[], bool]) -> None:
    """Give the loop so many rounds; then the condition has to hold."""
    await rounds(number)
    assert condition() or await _when_slow(condition)


async def _when_slow(condition: Callable[[], bool]) -> bool:
    # A callback that took its time is followed by a round for others.
    await rounds(3)
    return condition()
