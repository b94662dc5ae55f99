# SPDX-License-Identifier: BSD-3-Clause
"""zmq.trio: operations are awaited, other tasks run, and cancelling loses nothing."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import socket as sockets
import threading
import time
from collections.abc import Callable
from typing import Any

import programs
import pytest
import trio
import trio.testing
from effort import times
from leaving import KINDS, Peers, watch_parts

import zmq
import zmq.asyncio
import zmq.trio
from zmq import _wakeup

run = trio.run


@pytest.fixture
def pair(socket: Any) -> tuple[Any, Any]:
    one, other = socket(zmq.PAIR, sndhwm=0), socket(zmq.PAIR, rcvhwm=0)
    one.bind("inproc://pair")
    other.connect("inproc://pair")
    return one, other


_buffer = bytearray(16)

# name -> (how to send a number, how to receive, what number the result is)
FORMS: dict[str, tuple[Any, Any, Any]] = {
    "recv": (lambda s, n: s.send(b"%d" % n), lambda s: s.recv(), int),
    "recv_frame": (
        lambda s, n: s.send(b"%d" % n),
        lambda s: s.recv(copy=False),
        lambda frame: int(frame.bytes),
    ),
    "recv_multipart": (
        lambda s, n: s.send_multipart([b"%d" % n, b"x" * 50]),
        lambda s: s.recv_multipart(),
        lambda parts: int(parts[0]) if parts[1:] == [b"x" * 50] else -1,
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
        lambda s: s.recv_into(_buffer),
        lambda size: int(_buffer[:size]),
    ),
}

each_form = pytest.mark.parametrize("form", FORMS)


@each_form
@pytest.mark.parametrize("waiting", [False, True])
def test_every_form(form: str, waiting: bool, pair: Any) -> None:
    """Every receive gives what the send of its kind was given, whether it has to wait or not."""
    send, receive, number = FORMS[form]

    async def main() -> None:
        got = []

        async def consume() -> None:
            got.append(number(await receive(pair[1])))

        for n in range(3):
            async with trio.open_nursery() as nursery:
                if waiting:
                    nursery.start_soon(consume)
                    await trio.testing.wait_all_tasks_blocked()
                await send(pair[0], n)
                if not waiting:
                    await consume()
        assert got == [0, 1, 2]

    run(main)


class Reversing(zmq.trio.Socket):
    """Receives every part backwards."""

    async def recv(self, *args: Any, **kwargs: Any) -> Any:
        return (await super().recv(*args, **kwargs))[::-1]

    async def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
        return [part[::-1] for part in await super().recv_multipart(*args, **kwargs)]


def test_subclass_that_receives_in_its_own_way(context: Any, socket: Any) -> None:
    """Text, JSON, pickles and what is deserialized come by way of a subclass's receives."""

    async def main() -> None:
        plain = socket(zmq.PAIR)
        with context.socket(zmq.PAIR, socket_class=Reversing) as made:
            plain.bind("inproc://reversing")
            made.connect("inproc://reversing")
            for data in (b"cba", b"cba", b"]2,1[", pickle.dumps((1, 2))[::-1], b"cba"):
                await plain.send(data)
            assert await made.recv_string() == "abc"
            assert await made.recv_unicode(encoding="ascii") == "abc"
            assert await made.recv_json() == [1, 2]
            assert await made.recv_pyobj() == (1, 2)
            assert await made.recv_serialized(lambda parts: parts) == [b"abc"]

    run(main)


@each_form
def test_time_outs_that_race_arrivals(form: str, pair: Any) -> None:
    """A scope that ends just when a message arrives loses, repeats and reorders none."""
    send, receive, number = FORMS[form]
    count = times(200, 100_000)
    choose = random.Random(7)

    async def main() -> None:
        got: list[int] = []
        late = 0

        async def arrive() -> None:
            for n in range(count):
                await trio.sleep(0.0003 * choose.random())
                await send(pair[0], n)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(arrive)
            while len(got) < count:
                with trio.move_on_after(0.0003 * choose.random()) as scope:
                    got.append(number(await receive(pair[1])))
                late += scope.cancelled_caught
        assert got == list(range(count))
        assert late

    run(main)


@each_form
def test_cancelled_when_the_message_has_just_arrived(form: str, pair: Any) -> None:
    """A message that came before the scope was cancelled is had, or stays for the next receive."""
    send, receive, number = FORMS[form]

    async def main() -> None:
        for n in range(times(50, 3000)):
            got: list[int] = []
            scope = trio.CancelScope()

            async def consume(got: Any = got, scope: Any = scope) -> None:
                with scope:
                    got.append(number(await receive(pair[1])))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(consume)
                await trio.testing.wait_all_tasks_blocked()
                await send(pair[0], n)
                scope.cancel()
            if not got:
                got.append(number(await receive(pair[1])))
            assert got == [n]
            assert await pair[1].poll(0) == 0

    run(main)


def test_receivers_are_served_in_their_order(pair: Any) -> None:
    """Of several tasks that receive, the one that has waited longest has the next message."""

    async def main() -> None:
        got: list[tuple[int, bytes]] = []

        async def consume(which: int) -> None:
            got.append((which, await pair[1].recv()))

        async with trio.open_nursery() as nursery:
            for which in range(5):
                nursery.start_soon(consume, which)
                await trio.testing.wait_all_tasks_blocked()
            for n in range(5):
                await pair[0].send(b"%d" % n)
        assert sorted(got) == [(n, b"%d" % n) for n in range(5)]

    run(main)


def test_cancelled_waits_leave_nothing(pair: Any) -> None:
    """However many waits were cancelled, nothing remembers them."""

    async def main() -> None:
        poller = zmq.trio.Poller()
        poller.register(pair[1], zmq.POLLIN)
        for _ in range(times(100, 30_000)):
            for wait in (pair[1].recv, pair[1].poll, pair[1].recv_json, poller.poll):
                with trio.move_on_after(0):
                    await wait()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(wait)
                    await trio.testing.wait_all_tasks_blocked()
                    nursery.cancel_scope.cancel()
        for watcher in _wakeup.watched[pair[1].underlying].watchers:
            assert not watcher.waiting()

    run(main)


def test_cancelled_sends_are_not_sent(socket: Any) -> None:
    """A send that is cancelled while there is no room is not sent, and others come whole."""

    async def main() -> None:
        push, pull = socket(zmq.PUSH), socket(zmq.PULL)
        with trio.move_on_after(0.01) as scope:
            await push.send_multipart([b"never", b"x"])
        assert scope.cancelled_caught
        async with trio.open_nursery() as nursery:
            nursery.start_soon(push.send_multipart, [b"later", b"x"])
            await trio.testing.wait_all_tasks_blocked()
            pull.bind("inproc://room")
            push.connect("inproc://room")
            assert await pull.recv_multipart() == [b"later", b"x"]
        assert await pull.poll(5) == 0

    run(main)


@pytest.mark.libzmq("4.3")
@pytest.mark.parametrize("kind", KINDS, ids=["push", "dealer"])
@pytest.mark.parametrize("copy", [True, False], ids=["copy", "no copy"])
@pytest.mark.parametrize("refused", [1, 2])
def test_it_is_sent_again_without_further_news(
    kind: int, copy: bool, refused: int, socket: Any, monkeypatch: pytest.MonkeyPatch
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

        messages = [[b"%d" % n, b"second", b"third"] for n in range(2)]
        watch_parts(monkeypatch)(refused, leave)
        with trio.fail_after(30):
            for message in messages:
                await peers.sender.send_multipart(message, copy=copy)
            received = await staying[0].recv_multipart()
            if received == messages[0]:
                received = await staying[0].recv_multipart()
        assert received == messages[1]

    run(main)


def test_time_outs_of_the_socket(socket: Any) -> None:
    """RCVTIMEO and SNDTIMEO end a wait with Again, and so does DONTWAIT at once."""

    async def main() -> None:
        pull, push = socket(zmq.PULL, rcvtimeo=20), socket(zmq.PUSH, sndtimeo=20)
        poll = zmq.trio.Poller()
        poll.register(pull)
        for call in (pull.recv, pull.recv_multipart, pull.recv_json, lambda: push.send(b"never")):
            begin = time.monotonic()
            with pytest.raises(zmq.Again):
                await call()
            assert time.monotonic() - begin >= 0.019
        for call in (lambda: pull.recv(zmq.DONTWAIT), lambda: push.send(b"", zmq.DONTWAIT)):
            with pytest.raises(zmq.Again):
                await call()
        assert await pull.poll(20) == 0
        assert await poll.poll(20) == []

    run(main)


DISTURBANCES: dict[str, Callable[[Any], Any]] = {
    "getsockopt": lambda view: view.getsockopt(zmq.EVENTS),
    "attribute": lambda view: view.EVENTS,
    "send": lambda view: view.send(b"out", zmq.DONTWAIT),
    "poll": lambda view: view.poll(0),
    "select": lambda view: zmq.select([view], [], [], 0),
}


@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("wait", ["recv", "poll", "poller"])
def test_no_signal_is_eaten(disturbance: str, wait: str, pair: Any) -> None:
    """A wait wakes although the descriptor's signal went to another view of the socket."""
    view, sender = zmq.Socket.shadow(pair[1]), zmq.Socket.shadow(pair[0])
    poller = zmq.trio.Poller()
    poller.register(pair[1], zmq.POLLIN)
    waits = {"recv": pair[1].recv, "poll": pair[1].poll, "poller": poller.poll}

    async def main() -> None:
        for _ in range(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(waits[wait])
                await trio.testing.wait_all_tasks_blocked()
                sender.send(b"message")
                DISTURBANCES[disturbance](view)
            if wait != "recv":
                await pair[1].recv()

    run(main)


def test_others_have_their_turn(pair: Any) -> None:
    """Operations that could all be done at once let other tasks run."""

    async def main() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick)
            for _ in range(100):
                await pair[0].send(b"x")
            for _ in range(100):
                await pair[1].recv()
            nursery.cancel_scope.cancel()
        assert ticks > 100

    run(main)


def test_closing_ends_waits(socket: Any) -> None:
    """Closing a socket, by any view and in any thread, fails those who wait with ENOTSOCK."""

    async def main() -> None:
        for elsewhere in (False, True):
            one = socket(zmq.PAIR)
            poller = zmq.trio.Poller()
            poller.register(one, zmq.POLLIN)
            failures = []

            async def wait(call: Any, failures: Any = failures) -> None:
                with pytest.raises(zmq.ZMQError) as caught:
                    await call()
                failures.append(caught.value.errno)

            async with trio.open_nursery() as nursery:
                for call in (one.recv, one.poll, poller.poll, one.recv_multipart):
                    nursery.start_soon(wait, call)
                await trio.testing.wait_all_tasks_blocked()
                if elsewhere:
                    await trio.to_thread.run_sync(zmq.Socket.shadow(one).close)
                else:
                    one.close()
            assert failures == [zmq.ENOTSOCK] * 4
            with pytest.raises(zmq.ZMQError):
                await one.recv()

    run(main)


def test_terminated_context_fails_waits() -> None:
    """Terminating the context from another thread fails those who wait."""

    async def main() -> None:
        context = zmq.trio.Context()
        one = context.socket(zmq.PAIR)
        thread = threading.Thread(target=context.term)
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                with pytest.raises(zmq.ContextTerminated):
                    await one.recv()

            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            thread.start()
        one.close()
        await trio.to_thread.run_sync(thread.join)

    run(main)


def test_one_socket_in_several_runs(pair: Any) -> None:
    """A socket can be used in one run after the other, in asyncio in between, and in threads."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pair[0].send, b"x")
            assert await pair[1].recv() == b"x"

    async def in_asyncio() -> None:
        view, sender = zmq.asyncio.Socket(pair[1]), zmq.asyncio.Socket(pair[0])
        waiting = view.recv()
        await sender.send(b"y")
        assert await waiting == b"y"

    for _ in range(3):
        run(main)
        asyncio.run(in_asyncio())
        thread = threading.Thread(target=run, args=(main,))
        thread.start()
        thread.join()


def test_poller_of_all_kinds(pair: Any) -> None:
    """A poller takes sockets of all kinds, descriptors and what has a fileno()."""

    async def main() -> None:
        plain = zmq.Socket.shadow(pair[1])
        here, there = sockets.socketpair()
        read, write = os.pipe()
        try:
            poller = zmq.trio.Poller()
            poller.register(plain, zmq.POLLIN)
            poller.register(here, zmq.POLLIN)
            poller.register(read, zmq.POLLIN)
            assert await poller.poll(5) == []
            for act, what in (
                (lambda: there.send(b"x"), here.fileno()),
                (lambda: os.write(write, b"x"), read),
                (lambda: zmq.Socket.shadow(pair[0]).send(b"x"), plain),
            ):
                async with trio.open_nursery() as nursery:
                    found: list[Any] = []

                    async def poll(found: Any = found) -> None:
                        found += await poller.poll()

                    nursery.start_soon(poll)
                    await trio.testing.wait_all_tasks_blocked()
                    act()
                assert found == [(what, zmq.POLLIN)]
                if what is plain:
                    plain.recv()
                else:
                    os.read(what, 1)
        finally:
            here.close()
            there.close()
            os.close(read)
            os.close(write)

    run(main)


def test_iteration(pair: Any) -> None:
    """``async for`` gives every message with all its parts until the socket is closed."""

    async def main() -> None:
        for n in range(3):
            await pair[0].send_multipart([b"%d" % n, b"x"])
        seen = []

        async def close() -> None:
            await trio.testing.wait_all_tasks_blocked()
            pair[1].close()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(close)
            async for message in pair[1]:
                seen.append(message)
        assert seen == [[b"%d" % n, b"x"] for n in range(3)]

    run(main)


def test_parts_sent_one_by_one(pair: Any) -> None:
    """Parts sent with SNDMORE, and the last one without, make up one message."""

    async def main() -> None:
        await pair[0].send(b"1", zmq.SNDMORE)
        await pair[0].send_multipart([b"2", b"3"], zmq.SNDMORE)
        await pair[0].send(b"4", copy=False)
        assert await pair[1].recv_multipart() == [b"1", b"2", b"3", b"4"]

    run(main)


def test_req_waits_for_its_request(socket: Any) -> None:
    """A REQ may wait for the reply before another task has sent the request."""

    async def main() -> None:
        req, rep = socket(zmq.REQ), socket(zmq.REP)
        rep.bind("tcp://127.0.0.1:*")
        req.connect(rep.last_endpoint)
        got = []

        async def wait() -> None:
            got.append(await req.recv())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            await req.send(b"question")
            await rep.send(b"answer to " + await rep.recv())
        assert got == [b"answer to question"]

    run(main)


def test_idle_costs_nothing(pair: Any) -> None:
    """While sockets wait and nothing happens, trio sleeps."""

    async def main() -> None:
        zmq.Socket.shadow(pair[0]).send(b"unread")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pair[0].recv)
            await trio.testing.wait_all_tasks_blocked()
            rounds = 0

            class Count(trio.abc.Instrument):
                def before_io_wait(self, timeout: float) -> None:
                    nonlocal rounds
                    rounds += 1

            trio.lowlevel.add_instrument(Count())
            await trio.sleep(0.3)
            assert rounds < 20
            nursery.cancel_scope.cancel()

    run(main)


def test_without_trio() -> None:
    """Where trio is not installed, the import says what to install."""
    programs.run(
        """
        sys.modules["trio"] = None
        try:
            import zmq.trio
        except ImportError as error:
            assert "pip install trio" in str(error)
        else:
            raise AssertionError
        """
    )
