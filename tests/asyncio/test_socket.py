# SPDX-License-Identifier: BSD-3-Clause
"""zmq.asyncio's sockets and contexts: each operation, on loops of each kind."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import threading
from typing import Any

import programs
import pytest

import zmq
import zmq.asyncio

from .conftest import Run


async def echo(context: zmq.asyncio.Context, count: int) -> list[bytes]:
    """Have a REP answer a REQ ``count`` times, over tcp, and return the answers."""
    with context.socket(zmq.REP) as rep, context.socket(zmq.REQ) as req:
        rep.bind("tcp://127.0.0.1:*")
        req.connect(rep.last_endpoint)

        async def serve() -> None:
            async for request in rep:
                await rep.send_multipart([b"re", *request])

        task = asyncio.ensure_future(serve())
        answers = []
        for number in range(count):
            await req.send(b"%d" % number)
            answers.append((await req.recv_multipart())[1])
        task.cancel()
        await asyncio.wait({task})
        return answers


def test_every_loop(any_loop: Any, context: Any, complaints: list[str]) -> None:
    """Sockets wait in loops with and without add_reader, and in uvloop's."""
    answers = any_loop.run_until_complete(asyncio.wait_for(echo(context, 50), 20))
    assert answers == [b"%d" % number for number in range(50)]


def test_poller_in_every_loop(any_loop: Any, context: Any, complaints: list[str]) -> None:
    """A poller waits for sockets and descriptors in each kind of loop."""
    import socket as plain

    async def main() -> None:
        one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        left, right = plain.socketpair()
        with one, other, left, right:
            one.bind("inproc://poller")
            other.connect("inproc://poller")
            poller = zmq.asyncio.Poller()
            poller.register(one, zmq.POLLIN)
            poller.register(left, zmq.POLLIN)
            for _ in range(3):
                waiting = poller.poll()
                await asyncio.sleep(0)
                right.send(b"x")
                assert await waiting == [(left.fileno(), zmq.POLLIN)]
                left.recv(1)
                waiting = poller.poll()
                await asyncio.sleep(0)
                await other.send(b"x")
                assert await waiting == [(one, zmq.POLLIN)]
                await one.recv()

    any_loop.run_until_complete(asyncio.wait_for(main(), 20))


def test_helper_thread_ends_with_its_loop(context: Any) -> None:
    """The thread that selects for a loop without add_reader is gone when the loop is closed."""
    from .conftest import ReaderlessLoop

    before = threading.active_count()
    loop = ReaderlessLoop()
    loop.run_until_complete(echo(context, 2))
    assert threading.active_count() == before + 1
    loop.close()
    assert threading.active_count() == before


def test_loops_one_after_the_other(socket: Any, complaints: list[str]) -> None:
    """A socket serves each of several loops in turn."""
    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    one.bind("inproc://loops")
    other.connect("inproc://loops")

    async def main(number: int) -> Any:
        waiting = other.recv()
        await asyncio.sleep(0)
        await one.send(b"%d" % number)
        return await waiting

    for number in range(5):
        assert asyncio.run(main(number)) == b"%d" % number


def test_futures(socket: Any, run: Run) -> None:
    """Every form returns a future of the loop, complete if it can be done at once."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://futures")
        other.connect("inproc://futures")
        buffer = bytearray(8)
        forms = [
            (one.send(b"a"), None, other.recv, b"a"),
            (one.send_multipart([b"a", b"b"]), None, other.recv_multipart, [b"a", b"b"]),
            (one.send_string("ä"), None, other.recv_string, "ä"),
            (one.send_json([1]), None, other.recv_json, [1]),
            (one.send_pyobj((1,)), None, other.recv_pyobj, (1,)),
            (
                one.send_serialized(7, lambda n: [b"%d" % n]),
                None,
                lambda: other.recv_serialized(lambda parts: int(parts[0])),
                7,
            ),
            (one.send(bytearray(b"abc")), None, lambda: other.recv_into(buffer), 3),
            (one.send(b"x"), None, lambda: other.recv_many(5), [[b"x"]]),
        ]
        for sent, result, receive, value in forms:
            assert isinstance(sent, asyncio.Future)
            assert sent.done()
            assert await sent == result
            received = receive()
            assert isinstance(received, asyncio.Future)
            assert received.get_loop() is asyncio.get_running_loop()
            assert received.done()
            assert await received == value
        assert buffer[:3] == b"abc"

    run(main())


class Reversing(zmq.asyncio.Socket):
    """Sends and receives every part backwards."""

    def recv(self, *args: Any, **kwargs: Any) -> Any:
        async def receive() -> bytes:
            return (await zmq.asyncio.Socket.recv(self, *args, **kwargs))[::-1]

        return asyncio.ensure_future(receive())

    async def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
        return [part[::-1] for part in await super().recv_multipart(*args, **kwargs)]

    def send(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return super().send(data[::-1], *args, **kwargs)

    def send_multipart(self, parts: Any, *args: Any, **kwargs: Any) -> Any:
        return super().send_multipart([part[::-1] for part in parts], *args, **kwargs)


@pytest.mark.parametrize("waiting", [False, True])
def test_subclass_that_receives_in_its_own_way(
    waiting: bool, context: Any, socket: Any, run: Run
) -> None:
    """Text, JSON, pickles and what is deserialized come by way of a subclass's receives."""

    async def main() -> None:
        plain, made = socket(zmq.PAIR), context.socket(zmq.PAIR, socket_class=Reversing)
        plain.bind("inproc://reversing")
        made.connect("inproc://reversing")
        pickled = pickle.dumps((1, 2), 4)
        forms = [
            (b"cba", made.recv_string, "abc"),
            (b"cba", made.recv_unicode, "abc"),
            (b"]2,1[", made.recv_json, [1, 2]),
            (pickled[::-1], made.recv_pyobj, (1, 2)),
            (b"cba", lambda: made.recv_serialized(lambda parts: parts), [b"abc"]),
        ]
        for sent, receive, expected in forms:
            if not waiting:
                await plain.send(sent)
            future = receive()
            assert isinstance(future, asyncio.Future)
            await asyncio.sleep(0)
            if waiting:
                await plain.send(sent)
            assert await asyncio.wait_for(future, 10) == expected
        with pytest.raises(zmq.Again):
            await made.recv_string(zmq.DONTWAIT)
        made.close()

    run(main())


def test_receive_replaced_in_the_class(socket: Any, run: Run, monkeypatch: Any) -> None:
    """What replaces recv() in the class sees messages that come as text as well."""
    seen = []
    original = zmq.asyncio.Socket.recv

    def recv(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(self)
        return original(self, *args, **kwargs)

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://replaced")
        other.connect("inproc://replaced")
        await one.send_string("abc")
        assert await other.recv_string() == "abc"
        assert seen == [other]

    monkeypatch.setattr(zmq.asyncio.Socket, "recv", recv)
    run(main())


def test_copies_and_trackers(socket: Any, run: Run) -> None:
    """copy=False gives Frames, and track tells when a message has arrived."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://frames")
        other.connect("inproc://frames")
        data = b"x" * 1_000_000
        tracker = await one.send(data, copy=False, track=True)
        assert isinstance(tracker, zmq.MessageTracker)
        frame = await other.recv(copy=False)
        assert frame.bytes == data
        tracker = await one.send_multipart([data, data], copy=False, track=True)
        frames = await other.recv_multipart(copy=False)
        assert [frame.bytes for frame in frames] == [data, data]
        assert frames[0].more
        del frame, frames
        tracker.wait(5)

    run(main())


def test_what_is_sent_while_waiting_is_what_was_given(socket: Any, run: Run) -> None:
    """Data changed after the call, while the send waits, is sent as it was."""

    async def main() -> None:
        push, pull = socket(zmq.PUSH), socket(zmq.PULL)
        data, parts = bytearray(b"before"), [b"before"]
        futures = [push.send(data), push.send(memoryview(data)), push.send_multipart(parts)]
        data[:] = b"after!"
        parts.append(b"after")
        pull.bind("inproc://snapshot")
        push.connect("inproc://snapshot")
        received = [await pull.recv_multipart() for _ in range(3)]
        assert received == [[b"before"]] * 3
        await asyncio.gather(*futures)

    run(main())


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda s: s.send("text"), TypeError),
        (lambda s: s.send_multipart([b"a", 3]), TypeError),
        (lambda s: s.send_multipart([]), IndexError),
        (lambda s: s.recv(zmq.DONTWAIT), zmq.Again),
        (lambda s: s.recv_json(zmq.DONTWAIT), zmq.Again),
        (lambda s: s.recv_multipart(zmq.DONTWAIT), zmq.Again),
        (lambda s: s.send(b"", zmq.DONTWAIT), zmq.Again),
        (lambda s: s.recv_into(b"read-only"), BufferError),
        (lambda s: s.recv_into(bytearray(3), nbytes=4), ValueError),
    ],
)
def test_failures_are_in_the_future(call: Any, error: Any, socket: Any, run: Run) -> None:
    """An operation that cannot be done returns a future that has failed."""

    async def main() -> None:
        future = call(socket(zmq.PAIR))
        assert future.done()
        with pytest.raises(error):
            await future

    run(main())


@pytest.mark.parametrize(
    ("kind", "call"),
    [(zmq.PULL, lambda s: s.send(b"")), (zmq.PUSH, lambda s: s.recv())],
)
def test_what_a_type_never_does(kind: int, call: Any, socket: Any, run: Run) -> None:
    """A type that does not send, or receive, says so and does not wait."""

    async def main() -> None:
        with pytest.raises(zmq.ZMQError) as caught:
            await call(socket(kind))
        assert caught.value.errno == zmq.ENOTSUP

    run(main())


@pytest.mark.parametrize("form", ["recv_json", "recv_string", "recv_pyobj", "recv_serialized"])
@pytest.mark.parametrize("waiting", [False, True])
def test_what_cannot_be_decoded_is_gone(form: str, waiting: bool, socket: Any, run: Run) -> None:
    """A message that cannot be decoded fails its receive; the next one gets the next message."""

    def refuse(parts: list[bytes]) -> None:
        raise StopIteration("no more")

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://decode")
        other.connect("inproc://decode")
        if not waiting:
            await one.send(b"\xff{")
        args = (refuse,) if form == "recv_serialized" else ()
        future = getattr(other, form)(*args)
        if waiting:
            assert not future.done()
            await one.send(b"\xff{")
        wrong = ValueError, TypeError, RuntimeError, KeyError, pickle.UnpicklingError
        with pytest.raises(wrong):
            await asyncio.wait_for(future, 5)
        await one.send(b"next")
        assert await other.recv() == b"next"

    run(main())


def test_time_outs_of_the_socket(socket: Any, run: Run) -> None:
    """RCVTIMEO and SNDTIMEO end a wait with Again, and only that wait."""

    async def main() -> None:
        pull, push = socket(zmq.PULL, rcvtimeo=20), socket(zmq.PUSH, sndtimeo=20)
        calls = pull.recv, pull.recv_multipart, pull.recv_json, lambda: push.send(b"never")
        for call in calls:
            future = call()
            assert not future.done()
            with pytest.raises(zmq.Again):
                await future
        pull.bind("inproc://timeo")
        push.connect("inproc://timeo")
        waiting = pull.recv()
        await push.send(b"in time")
        assert await waiting == b"in time"
        pull.rcvtimeo = -1
        waiting = pull.recv()
        await asyncio.sleep(0.03)
        assert not waiting.done()
        waiting.cancel()

    run(main())


def test_poll(socket: Any, run: Run) -> None:
    """Socket.poll gives what the socket is ready for, or 0 when the time is over."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        assert await one.poll(0, zmq.POLLOUT) == 0
        assert await one.poll(1, zmq.POLLIN | zmq.POLLOUT) == 0
        one.bind("inproc://poll")
        writable = one.poll(flags=zmq.POLLOUT)
        assert not writable.done()
        other.connect("inproc://poll")
        assert await asyncio.wait_for(writable, 5) == zmq.POLLOUT
        assert await other.poll(10) == 0
        assert await other.poll(10, zmq.POLLIN | zmq.POLLOUT) == zmq.POLLOUT
        waiting = [other.poll(), other.poll(-1), other.poll(60_000.5)]
        await one.send(b"x")
        assert await asyncio.gather(*waiting) == [zmq.POLLIN] * 3
        assert await other.poll() == zmq.POLLIN

    run(main())


def test_poller(socket: Any, run: Run) -> None:
    """Poller.poll takes sockets of all kinds and gives what zmq.Poller gives."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://poller")
        other.connect("inproc://poller")
        plain = other._shadow_sock
        poller = zmq.asyncio.Poller()
        assert await poller.poll(0) == []
        assert await poller.poll(5) == []
        poller.register(one, zmq.POLLIN)
        poller.register(plain, zmq.POLLIN)
        assert await poller.poll(5) == []
        waiting = poller.poll(None)
        await one.send(b"x")
        assert await waiting == [(plain, zmq.POLLIN)]
        poller.modify(one, zmq.POLLIN | zmq.POLLOUT)
        assert dict(await poller.poll()) == {one: zmq.POLLOUT, plain: zmq.POLLIN}
        with pytest.raises(TypeError):
            poller.poll("soon")  # type: ignore[arg-type]

    run(main())


def test_recv_many(socket: Any, run: Run) -> None:
    """recv_many gives what is there up to a number, waits for one, and splits no message."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://many")
        other.connect("inproc://many")
        messages = [[b"%d" % n, b"x"] for n in range(7)]
        for message in messages:
            await one.send_multipart(message)
        assert await other.recv_many(3) == messages[:3]
        assert other.recv_many(3).cancel()
        assert await other.recv_many(100) == messages[3:]
        waiting = other.recv_many(2)
        assert not waiting.done()
        await one.send_multipart(messages[0])
        assert await waiting == messages[:1]
        with pytest.raises(zmq.Again):
            await other.recv_many(2, zmq.DONTWAIT)
        with pytest.raises(ValueError, match="max"):
            other.recv_many(0)

    run(main())


def test_iteration(socket: Any, run: Run) -> None:
    """``async for`` gives every message with all its parts until the socket is closed."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://iteration")
        other.connect("inproc://iteration")
        for n in range(3):
            await one.send_multipart([b"%d" % n, b"x"])
        seen = []
        async for message in other:
            seen.append(message)
            if len(seen) == 3:
                other.close()
        assert seen == [[b"%d" % n, b"x"] for n in range(3)]

    run(main())


def test_iteration_ends_when_the_socket_is_closed(socket: Any, run: Run) -> None:
    """Closing a socket ends ``async for`` that waits for a message, as if there were no more."""

    async def main() -> None:
        one = socket(zmq.PULL)

        async def consume() -> str:
            async for _ in one:
                pass
            return "ended"

        task = asyncio.ensure_future(consume())
        await asyncio.sleep(0)
        one.close()
        assert await asyncio.wait_for(task, 5) == "ended"
        forgotten = socket(zmq.PULL)
        step = forgotten.__anext__()
        forgotten.close()
        assert step.done()

    run(main())


def test_instance(context: Any) -> None:
    """zmq.asyncio.Context.instance() is one, and not that of zmq.Context."""
    mine = zmq.asyncio.Context.instance()
    try:
        assert mine is zmq.asyncio.Context.instance()
        assert mine is not zmq.Context.instance()
        assert type(mine) is zmq.asyncio.Context
    finally:
        mine.term()
        zmq.Context.instance().term()


def test_views(run: Run) -> None:
    """An asynchronous socket can be made of a plain one in each way, and leaves it its owner."""

    async def main() -> None:
        with zmq.Context() as plain_context, plain_context.socket(zmq.PAIR) as plain:
            ways = [
                zmq.asyncio.Socket.from_socket(plain),
                zmq.asyncio.Socket(plain),
                zmq.asyncio.Socket(_from_socket=plain),
                zmq.asyncio.Socket.shadow(plain),
                zmq.asyncio.Socket.shadow(plain.underlying),
            ]
            for view in ways:
                assert view.underlying == plain.underlying
            assert ways[0]._shadow_sock is plain
            assert type(ways[4]._shadow_sock) is zmq.Socket
            del view, ways
            assert not plain.closed
            shared = zmq.asyncio.Context(plain_context)
            with shared.socket(zmq.PAIR) as one:
                assert type(one) is zmq.asyncio.Socket
                plain.bind("inproc://views")
                one.connect("inproc://views")
                await one.send(b"x")
                assert plain.recv() == b"x"
            with plain_context.socket(zmq.PAIR, socket_class=zmq.asyncio.Socket) as one:
                assert one.context is plain_context

    run(main())


def test_io_loop_is_deprecated(context: Any) -> None:
    """Naming a loop warns, because the one that runs is used."""
    with pytest.warns(DeprecationWarning, match="io_loop"):
        context.socket(zmq.PAIR, io_loop=object()).close()


def test_old_loop_is_deprecated() -> None:
    """ZMQEventLoop and install() are there, warn, and change nothing."""
    with pytest.warns(DeprecationWarning, match="ZMQEventLoop"):
        loop = zmq.asyncio.ZMQEventLoop()
    assert isinstance(loop, asyncio.SelectorEventLoop)
    loop.close()
    policy = asyncio.get_event_loop_policy()
    with pytest.warns(DeprecationWarning, match="install"):
        zmq.asyncio.install()
    assert asyncio.get_event_loop_policy() is policy


def test_use_outside_of_a_loop(socket: Any) -> None:
    """Outside of a running loop a socket warns, and uses the loop that is run next."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://outside")
        other.connect("inproc://outside")
        with pytest.warns(RuntimeWarning, match="No running event loop"):
            waiting = other.recv()
        with pytest.warns(RuntimeWarning, match="No running event loop"):
            one.send(b"x")
        assert loop.run_until_complete(waiting) == b"x"
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_closed_socket(context: Any, run: Run) -> None:
    """Operations on a closed socket fail with ENOTSOCK, polling with ENOTSUP."""
    socket = context.socket(zmq.PAIR)
    socket.close()

    async def main() -> None:
        for call in (socket.recv, socket.recv_json, socket.recv_multipart):
            with pytest.raises(zmq.ZMQError) as caught:
                await call()
            assert caught.value.errno == zmq.ENOTSOCK
        for call in (lambda: socket.send(b""), lambda: socket.send_multipart([b""])):
            with pytest.raises(zmq.ZMQError) as caught:
                await call()
            assert caught.value.errno == zmq.ENOTSOCK
        with pytest.raises(zmq.ZMQError) as caught:
            await socket.poll(10)
        assert caught.value.errno == zmq.ENOTSUP

    run(main())


def test_monitor_of_an_asynchronous_socket(socket: Any, run: Run) -> None:
    """The monitor socket of an asynchronous socket is one as well."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        monitor = one.get_monitor_socket()
        assert type(monitor) is zmq.asyncio.Socket
        one.bind("tcp://127.0.0.1:*")
        other.connect(one.last_endpoint)
        assert len(await asyncio.wait_for(monitor.recv_multipart(), 5)) == 2
        one.disable_monitor()
        monitor.close()

    run(main())


def test_import_is_light() -> None:
    """Importing zmq.asyncio imports no asyncio, which is imported when a socket is used."""
    code = "import zmq.asyncio, sys; sys.exit('asyncio' in sys.modules or 'typing' in sys.modules)"
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=programs.environment(PYTHONPATH=str(programs.LIBRARY)),
    )


@pytest.mark.draft
def test_thread_safe_types(context: Any, run: Run) -> None:
    """Draft types work as they do in the usual way."""

    async def main() -> None:
        with context.socket(zmq.SERVER) as server, context.socket(zmq.CLIENT) as client:
            server.bind("inproc://draft")
            client.connect("inproc://draft")
            with pytest.warns(zmq.DraftFDWarning):
                waiting = server.recv(copy=False)
            with pytest.warns(zmq.DraftFDWarning):
                await client.send(b"question")
            frame = await asyncio.wait_for(waiting, 5)
            await server.send(b"answer", routing_id=frame.routing_id)
            assert await asyncio.wait_for(client.recv(), 5) == b"answer"

    run(main())
