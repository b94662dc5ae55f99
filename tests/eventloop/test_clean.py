# SPDX-License-Identifier: BSD-3-Clause
"""Whatever ends in whichever order, nothing is raised late, logged, left behind or kept busy."""

from __future__ import annotations

import asyncio
import gc
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from effort import times
from support import terminate
from tornado.ioloop import IOLoop

import zmq
from zmq import _wakeup
from zmq.eventloop.zmqstream import ZMQStream

from .conftest import Run, Streams, eventually, rounds

CLOSINGS: dict[str, Callable[[ZMQStream], None]] = {
    "stream": lambda stream: stream.close(),
    "socket": lambda stream: None if stream.socket is None else stream.socket.close(),
    "shadow": lambda stream: zmq.Socket.shadow(stream.socket).close(),
}

each_closing = pytest.mark.parametrize("closing", CLOSINGS)


@each_closing
@pytest.mark.parametrize("where", ["receive", "send", "receive of the other", "task"])
def test_closed_inside_a_callback(where: str, closing: str, streams: Streams, run: Run) -> None:
    """A stream may be closed by any callback while messages wait to be received and to be sent."""

    async def main() -> None:
        one, other = streams()
        calls: list[Any] = []
        closed: list[int] = []
        one.set_close_callback(lambda: closed.append(1))

        def close(*args: Any) -> None:
            calls.append(args)
            if not one.closed():
                CLOSINGS[closing](one)

        async def close_later(*args: Any) -> None:
            await asyncio.sleep(0)
            close()

        one.on_recv(close if where == "receive" else close_later if where == "task" else calls.append)
        one.on_send(close if where == "send" else lambda *args: calls.append(args))
        other.on_recv(close if where == "receive of the other" else calls.append)
        for number in range(10):
            other.send(b"%d" % number)
            one.send(b"%d" % number)
        await eventually(lambda: closed)
        before = len(calls)
        await rounds(10)
        if where in ("receive", "send"):
            assert len(calls) == before
        assert one.closed()
        assert closed == [1]

    run(main())


@each_closing
def test_both_closed_with_much_in_flight(closing: str, streams: Streams, run: Run) -> None:
    """Streams whose messages go to and fro may be closed one after the other at any moment."""

    async def main() -> None:
        for moment in range(20):
            one, other = streams()
            count = 0

            def bounce(stream: ZMQStream, message: Any, moment: int = moment) -> None:
                nonlocal count
                count += 1
                if count >= 5 * moment:
                    CLOSINGS[closing](one)  # noqa: B023
                    CLOSINGS[closing](other)  # noqa: B023
                else:
                    stream.send_multipart(message)

            one.on_recv_stream(bounce)
            other.on_recv_stream(bounce)
            for number in range(10):
                one.send(b"%d" % number)
            await eventually(lambda: one.closed() and other.closed())  # noqa: B023
            await rounds()

    run(main())


@pytest.mark.parametrize("order", list(itertools.permutations(["stream", "context", "loop"])))
@pytest.mark.parametrize("waits", ["receive", "send", "close callback"])
def test_order_of_the_end(order: tuple[str, ...], waits: str) -> None:
    """Stream, context and loop may end in any order, whatever the stream waits for."""
    loop = IOLoop(make_current=False)
    context = zmq.Context()
    stream = ZMQStream(context.socket(zmq.PUSH if waits == "send" else zmq.PULL), loop)
    if waits == "receive":
        stream.on_recv(lambda message: None)
    elif waits == "send":
        stream.send(b"never")
    else:
        stream.set_close_callback(lambda: None)
    loop.add_callback(loop.stop)
    loop.start()
    actions: dict[str, Callable[[], Any]] = {
        "stream": lambda: stream.close(0),
        "context": lambda: context.destroy(0),
        "loop": loop.close,
    }
    for name in order:
        actions[name]()
    assert stream.closed()
    gc.collect()


def test_context_terminated(io_loop: IOLoop, run: Run, said: Any) -> None:
    """A stream whose context is being terminated says so once, and lets it end when closed."""

    async def main() -> None:
        context = zmq.Context()
        stream = ZMQStream(context.socket(zmq.PULL), io_loop)
        stream.on_recv(lambda message: None)
        await rounds()
        ending = asyncio.get_running_loop().run_in_executor(None, context.term)
        await eventually(lambda: said)
        await rounds()
        assert ["terminated" in text for text in said.take()] == [True]
        assert not stream.closed()
        stream.close()
        await ending

    run(main())


@pytest.mark.parametrize("receives", [True, False])
def test_loop_closes_all_descriptors(receives: bool, connected: Any) -> None:
    """IOLoop.close(all_fds=True) closes the sockets of its streams, and close() leaves them open."""
    for all_fds in (True, False):
        loop = IOLoop(make_current=False)
        sockets = connected(zmq.PAIR, zmq.PAIR)
        streams = [ZMQStream(socket, loop) for socket in sockets]
        if receives:
            for stream in streams:
                stream.on_recv(lambda message: None)
        loop.add_callback(loop.stop)
        loop.start()
        loop.close(all_fds)
        assert [socket.closed for socket in sockets] == [all_fds] * 2
        assert [stream.closed() for stream in streams] == [all_fds] * 2
        for stream in streams:
            stream.close()


@pytest.mark.parametrize("waits", ["receive", "send", "close callback"])
def test_collected_with_its_loop(waits: str) -> None:
    """A stream nobody has closed is kept by its loop, and goes with it, and its socket as well."""
    loop: Any = IOLoop(make_current=False)
    context = zmq.Context()
    stream: Any = ZMQStream(context.socket(zmq.PUSH if waits == "send" else zmq.PULL), loop)
    if waits == "receive":
        stream.on_recv(lambda message, stream=stream: None)
    elif waits == "send":
        stream.send(b"never")
    else:
        stream.set_close_callback(stream.closed)
    known = weakref.ref(stream)
    loop.add_callback(loop.stop)
    loop.start()
    del stream
    gc.collect()
    assert known() is not None
    loops = [loop]
    del loop

    def end() -> None:
        loops.pop().close()
        gc.collect()

    with pytest.warns(ResourceWarning, match="Unclosed socket"):
        end()
    assert known() is None
    terminate(context)


def test_descriptor_used_again(streams: Streams, run: Run) -> None:
    """Streams made after others were closed, with the same descriptors, are served."""

    async def main() -> None:
        for _ in range(30):
            one, other = streams()
            got: list[Any] = []
            one.on_recv(got.append)
            await rounds(1)
            other.send(b"x")
            await eventually(lambda: got)  # noqa: B023
            other.close()
            one.socket.close()

    run(main())


def test_stream_made_in_the_callback_that_closed_another(
    streams: Streams, run: Run, connected: Any, io_loop: IOLoop
) -> None:
    """A callback may close its stream and make another, which may have the same C socket."""

    async def main() -> None:
        current: list[Any] = list(streams())
        count = 0

        def received(message: Any) -> None:
            nonlocal count
            count += 1
            for stream in current:
                stream.close(0)
            current[:] = [ZMQStream(one, io_loop) for one in connected(zmq.PAIR, zmq.PAIR)]
            current[1].on_recv(received)
            for number in range(3):
                current[0].send(b"%d" % number)

        current[1].on_recv(received)
        current[0].send(b"x")
        await eventually(lambda: count >= 20)
        for stream in current:
            stream.close(0)

    run(main())


def test_nothing_is_left_behind(streams: Streams, run: Run) -> None:
    """A closed stream and its socket are collected, and nobody waits for them any more."""

    async def main() -> None:
        one, other = streams()
        one.on_recv(lambda message, stream=one: None)
        other.on_send(lambda message, status: None)
        other.send(b"x")
        await rounds()
        handles = [one.socket.underlying, other.socket.underlying]
        references = [weakref.ref(one.socket), weakref.ref(one._watcher)]
        one.close()
        other.close()
        await rounds()
        assert not any(handle in _wakeup.watched for handle in handles)
        del one._watcher
        gc.collect()
        assert references[1]() is None

    run(main())


def test_much_use_leaves_no_growth(streams: Streams, run: Run) -> None:
    """Callbacks that come and go, and messages that wait, leave nothing at the socket's watcher."""

    async def main() -> None:
        one, other = streams()
        for number in range(times(2000, 100_000)):
            one.on_recv(lambda message: None)
            one.send(b"x", callback=lambda message, status: None)
            one.stop_on_recv()
            one.stop_on_send()
            if number % 100 == 0:
                other.on_recv(lambda message: None)
                await rounds(2)
        await rounds()
        assert len(one._watcher.polls) <= 1
        assert not one._watcher.receivers
        assert len(one._watcher.ledger.callbacks) == 1

    run(main())


def test_idle_costs_nothing(streams: Streams, run: Run) -> None:
    """While streams wait and nothing happens, the loop sleeps."""

    async def main() -> None:
        one, other = streams()
        one.on_recv(lambda message: None)
        other.set_close_callback(lambda: None)
        one.send(b"unread")
        stuck = streams(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1)[0]
        for _ in range(10):
            stuck.send(b"x")
        assert stuck.sending()
        loop: Any = asyncio.get_running_loop()
        count = 0
        once = loop._run_once

        def counting() -> None:
            nonlocal count
            count += 1
            once()

        loop._run_once = counting
        await asyncio.sleep(0.3)
        del loop._run_once
        assert count < 20

    run(main())
