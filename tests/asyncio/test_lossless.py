# SPDX-License-Identifier: BSD-3-Clause
"""A receive that is cancelled, timed out or forgotten consumes nothing."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from effort import times

import zmq
import zmq.asyncio
from zmq import _loop

from .conftest import Run

Sockets = Callable[..., "tuple[Any, Any]"]
Receive = Callable[[Any], Awaitable[Any]]


_buffer = bytearray(16)

# name -> (how to send a number, how to receive, what number the result is)
FORMS: dict[str, tuple[Callable[[Any, int], Any], Receive, Callable[[Any], int]]] = {
    "recv": (lambda s, n: s.send(b"%d" % n), lambda s: s.recv(), int),
    "recv_frame": (
        lambda s, n: s.send(b"%d" % n),
        lambda s: s.recv(copy=False),
        lambda frame: int(frame.bytes),
    ),
    "recv_long": (
        lambda s, n: s.send(b"%d" % n + b" " * 100),
        lambda s: s.recv(),
        int,
    ),
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
        lambda s: s.recv_into(_buffer),
        lambda size: int(_buffer[:size]),
    ),
}

each_form = pytest.mark.parametrize("form", FORMS)


async def wait_for(receive: Callable[[], Any], timeout_s: float) -> Any:
    """Time out as asyncio.wait_for does in this Python."""
    return await asyncio.wait_for(receive(), timeout_s)


async def timeout(receive: Callable[[], Any], timeout_s: float) -> Any:
    """Time out as asyncio.timeout does: cancel the task from a timer."""
    if sys.version_info >= (3, 11):
        async with asyncio.timeout(timeout_s):
            return await receive()
    return await wait_for(receive, timeout_s)


async def wait_and_cancel(receive: Callable[[], Any], timeout_s: float) -> Any:
    """Wait for the first of two, and cancel whatever is left, be it complete or not."""
    loop = asyncio.get_running_loop()
    future = receive()
    timer = loop.create_future()
    loop.call_later(timeout_s, lambda: timer.done() or timer.set_result(None))
    await asyncio.wait({future, timer}, return_when=asyncio.FIRST_COMPLETED)
    if timer.done():
        await asyncio.sleep(0)  # whatever arrives now arrives too late
        if future.cancel():
            raise asyncio.TimeoutError
    timer.cancel()
    return future.result()


async def task_cancel(receive: Callable[[], Any], timeout_s: float) -> Any:
    """Cancel the task that receives."""
    result: list[Any] = []

    async def consume() -> None:
        result.append(await receive())

    task = asyncio.ensure_future(consume())
    asyncio.get_running_loop().call_later(timeout_s, task.cancel)
    await asyncio.wait({task})
    if result:
        return result[0]
    raise asyncio.TimeoutError


WAYS = {
    "wait_for": wait_for,
    "timeout": timeout,
    "wait_and_cancel": wait_and_cancel,
    "task_cancel": task_cancel,
}


async def race(
    pair: tuple[Any, Any],
    form: tuple[Callable[[Any, int], Any], Receive, Callable[[Any], int]],
    way: Any,
    count: int,
) -> tuple[list[int], int]:
    """Receive while each time-out races the arrival; return what came, and the time-outs."""
    sender, receiver = pair
    send, receive, number = form
    choose = random.Random(7)
    loop = asyncio.get_running_loop()
    # uvloop's timers count whole milliseconds.
    longest_s = 0.0005 if isinstance(loop, asyncio.SelectorEventLoop) else 0.002
    got: list[int] = []
    timeouts = 0
    numbers = iter(range(count))

    def arrive(end: float) -> None:
        """Send, and come back about when the time is over."""
        for n in numbers:
            send(sender, n)
            break
        while loop.time() < end and choose.random() < 0.9:
            pass

    while len(got) < count:
        due = longest_s * choose.random()
        loop.call_later(due * choose.choice((0.5, 0.9, 1.0, 1.1)), arrive, loop.time() + due)
        try:
            got.append(number(await way(lambda: receive(receiver), due)))
        except asyncio.TimeoutError:
            timeouts += 1
    return got, timeouts


@pytest.fixture
def pair(socket: Any) -> tuple[Any, Any]:
    sender, receiver = socket(zmq.PUSH, sndhwm=0), socket(zmq.PULL, rcvhwm=0)
    sender.bind("inproc://lossless")
    receiver.connect("inproc://lossless")
    return sender, receiver


@each_form
@pytest.mark.parametrize("way", WAYS)
def test_time_outs_that_race_arrivals(
    form: str, way: str, pair: Any, run_anywhere: Run, any_loop: asyncio.AbstractEventLoop
) -> None:
    """Whatever ends a wait just when a message arrives, every message comes, once and in order."""
    count = times(100, 100_000 if type(any_loop) is asyncio.SelectorEventLoop else 10_000)
    got, timeouts = run_anywhere(race(pair, FORMS[form], WAYS[way], count))
    assert got == list(range(count))
    assert timeouts > 0


@each_form
def test_cancelled_when_the_message_has_just_arrived(
    form: str, pair: Any, run_anywhere: Run
) -> None:
    """A task that is cancelled after its future completed and before it ran leaves the message."""
    send, receive, number = FORMS[form]

    async def main() -> None:
        sender, receiver = pair
        for n in range(times(50, 3000)):
            future = receive(receiver)

            async def consume(future: Any = future) -> Any:
                return await future

            task = asyncio.ensure_future(consume())
            # Called before the task, which only then begins to wait.
            future.add_done_callback(lambda _, task=task: task.cancel())
            await asyncio.sleep(0)
            await send(sender, n)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert future.cancelled()
            assert await receiver.poll(0) == zmq.POLLIN
            assert number(await receive(receiver)) == n
            assert await receiver.poll(0) == 0

    run_anywhere(main())


@each_form
def test_forgotten_futures(form: str, pair: Any, run: Run) -> None:
    """A message whose complete future is dropped without being awaited is received again."""
    send, receive, number = FORMS[form]

    async def main() -> None:
        sender, receiver = pair
        for n in range(times(50, 3000, collects=True)):
            await send(sender, n)
            future = receive(receiver)
            assert future.done()
            del future
            gc.collect(0)
            assert number(await receive(receiver)) == n

    run(main())


@each_form
@pytest.mark.parametrize("before", ["dropped", "wait", "shield"])
def test_receives_that_nobody_waits_for_any_more(
    form: str, before: str, pair: Any, run_anywhere: Run
) -> None:
    """A message that comes when its receive was abandoned, and not cancelled, goes to the next one."""
    send, receive, number = FORMS[form]

    async def main() -> None:
        sender, receiver = pair
        for n in range(times(5, 300, collects=True)):
            abandoned = receive(receiver)
            if before == "wait":
                await asyncio.wait({abandoned}, timeout=0.0001)
            elif before == "shield":
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(asyncio.shield(abandoned), 0.0001)
            del abandoned
            later = [receive(receiver) for _ in range(2)]
            await send(sender, 2 * n)
            await send(sender, 2 * n + 1)
            late = sys.implementation.name != "cpython"  # what is abandoned is collected late
            if late:
                await asyncio.sleep(0.01)
                gc.collect()
            got = [number(await one) for one in later]
            assert (sorted(got) if late else got) == [2 * n, 2 * n + 1]
            assert await receiver.poll(0) == 0

    run_anywhere(main())


@pytest.mark.parametrize(
    "receive", [lambda s: s.recv(zmq.DONTWAIT), lambda s: s.recv_string(zmq.DONTWAIT)]
)
def test_cancelled_while_others_have_their_turn(
    receive: Receive, pair: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receive with DONTWAIT that is cancelled in its round gives the message back at once.

    That holds though somebody keeps what was raised.
    """
    monkeypatch.setattr(_loop, "TURN_S", 0)

    async def main() -> None:
        sender, receiver = pair
        for n in range(3):
            await sender.send(b"%d" % n)

        async def work() -> Any:
            return await receive(receiver)

        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as kept:
            await task
        assert [int(await receiver.recv(zmq.DONTWAIT)) for _ in range(3)] == [0, 1, 2]
        del kept

    run(main())


def test_order_when_several_are_given_back(pair: Any, run: Run) -> None:
    """Messages given back in any order are received in the order in which they were sent."""

    async def main() -> None:
        sender, receiver = pair
        shuffle = random.Random(3).shuffle
        for _ in range(times(20, 1000)):
            for n in range(10):
                await sender.send(b"%d" % n)
            futures = [receiver.recv() for _ in range(7)]
            shuffle(futures)
            for future in futures:
                assert future.cancel()
            assert [int(await receiver.recv()) for _ in range(10)] == list(range(10))

    run(main())


def test_parts_given_back_go_on_in_their_message(pair: Any, run: Run) -> None:
    """A part given back in mid-message is the next one received, and RCVMORE tells its place."""

    async def main() -> None:
        sender, receiver = pair
        for _ in range(3):
            await sender.send_multipart([b"1", b"2" * 40, b"3"])
            assert await receiver.recv() == b"1"
            assert receiver.rcvmore == 1
            assert receiver.recv().cancel()
            assert await receiver.recv() == b"2" * 40
            assert receiver.rcvmore == 1
            assert receiver.recv().cancel()
            assert await receiver.recv_multipart() == [b"3"]
            assert receiver.rcvmore == 0

    run(main())


@pytest.mark.parametrize("view", ["_shadow_sock", "shadow"])
def test_every_view_receives_what_was_given_back(view: str, pair: Any, run: Run) -> None:
    """A message given back is received and polled by any other view of the C socket."""
    other = pair[1]._shadow_sock if view == "_shadow_sock" else zmq.Socket.shadow(pair[1])

    async def main() -> None:
        sender, receiver = pair

        async def given_back(*parts: bytes) -> None:
            await sender.send_multipart(parts)
            assert receiver.recv_multipart().cancel()
            assert receiver.getsockopt(zmq.EVENTS) & zmq.POLLIN
            assert other.EVENTS & zmq.POLLIN
            assert other.poll(0) == zmq.POLLIN
            assert other.poll(1000) == zmq.POLLIN
            poller = zmq.Poller()
            poller.register(other, zmq.POLLIN)
            assert poller.poll(1000) == [(other, zmq.POLLIN)]
            assert zmq.select([receiver], [], [], 1) == ([receiver], [], [])

        await given_back(b"bytes")
        assert other.recv() == b"bytes"
        await given_back(b"again")
        assert other.recv(zmq.DONTWAIT) == b"again"
        await given_back(b"frame", b"x" * 40)
        frame = other.recv(copy=False)
        assert frame.bytes == b"frame"
        assert frame.more
        assert other.rcvmore
        assert other.recv_multipart() == [b"x" * 40]
        await given_back(b"1", b"2" * 40, b"3")
        assert other.recv_multipart() == [b"1", b"2" * 40, b"3"]
        await given_back(b"buffer")
        buffer = bytearray(3)
        assert other.recv_into(buffer) == 6
        assert buffer == b"buf"
        await given_back(b"text")
        assert other.recv_string() == "text"
        with pytest.raises(zmq.Again):
            other.recv(zmq.DONTWAIT)
        assert other.poll(0) == 0

    run(main())


def test_properties_survive_being_given_back(socket: Any, run: Run) -> None:
    """A message that was given back still knows where it came from."""

    async def main() -> None:
        router, dealer = socket(zmq.ROUTER), socket(zmq.DEALER)
        router.bind("tcp://127.0.0.1:*")
        dealer.connect(router.last_endpoint)
        await dealer.send(b"hello")
        await router.poll()
        assert router.recv_multipart().cancel()
        frames = await router.recv_multipart(copy=False)
        assert frames[-1].get("Socket-Type") == "DEALER"

    run(main())


def test_recv_into_writes_when_it_is_taken(pair: Any, run: Run) -> None:
    """A cancelled recv_into leaves its buffer as it was; the one that is awaited fills it."""

    async def main() -> None:
        sender, receiver = pair
        await sender.send(b"message")
        cancelled, taken = bytearray(7), bytearray(4)
        future = receiver.recv_into(cancelled)
        assert future.done()
        assert future.cancel()
        cancelled += b"!"  # it is not held any more
        assert await receiver.recv_into(taken) == 7
        assert cancelled == bytes(7) + b"!"
        assert taken == b"mess"
        pending = receiver.recv_into(taken, nbytes=2)
        await sender.send(b"xyz")
        assert await pending == 3
        assert taken == b"xyss"

    run(main())


def test_result_is_final(pair: Any, run: Run) -> None:
    """Once its result was read a future cannot be cancelled, and its message stays taken."""

    async def main() -> None:
        sender, receiver = pair
        await sender.send(b"a")
        future = receiver.recv()
        assert future.result() == b"a"
        assert not future.cancel()
        assert future.result() == b"a"
        assert await future == b"a"
        assert not future.cancelled()
        del future
        assert await receiver.poll(0) == 0

    run(main())


def test_future_that_gave_back_is_cancelled(pair: Any, run: Run) -> None:
    """A future that gave its message back is a cancelled one in every respect."""

    async def main() -> None:
        sender, receiver = pair
        await sender.send(b"a")
        future = receiver.recv()
        assert future.cancel("why")
        assert not future.cancel()
        assert future.cancelled()
        assert future.done()
        for ask in (future.result, future.exception):
            with pytest.raises(asyncio.CancelledError):
                ask()
        with pytest.raises(asyncio.CancelledError):
            await future
        assert await receiver.recv() == b"a"

    run(main())


def test_waiters_are_served_with_what_is_given_back(pair: Any, run: Run) -> None:
    """A message given back goes to a receive that is waiting already."""

    async def main() -> None:
        sender, receiver = pair
        first, second = receiver.recv(), receiver.recv()
        await sender.send(b"a")
        await asyncio.wait({first})
        assert first.cancel()
        assert await asyncio.wait_for(second, 5) == b"a"

    run(main())


def test_cancelled_receive_does_not_consume(pair: Any, run: Run) -> None:
    """A receive cancelled while it waits has no part in what comes later."""

    async def main() -> None:
        sender, receiver = pair
        futures = [receiver.recv() for _ in range(5)]
        for future in futures[:4]:
            assert future.cancel()
        await sender.send(b"a")
        assert await futures[4] == b"a"

    run(main())


def test_cancelled_send_is_not_sent(socket: Any, run: Run) -> None:
    """A send of several parts that is cancelled while it waits sends nothing; others are whole."""

    async def main() -> None:
        push, pull = socket(zmq.PUSH, sndhwm=1), socket(zmq.PULL, rcvhwm=1)
        pull.bind("inproc://full")
        push.connect("inproc://full")
        choose = random.Random(5)
        sent = []
        futures = {}
        received = []
        for n in range(times(300, 20_000)):
            futures[n] = push.send_multipart([b"%d" % n, b"x" * 50, b"end"])
            if choose.random() < 0.5:
                message = pull.recv_multipart()
                await asyncio.sleep(0)
                if not message.cancel():
                    received.append(message.result())
            victim = choose.choice(list(futures))
            if not futures[victim].done() and choose.random() < 0.7:
                futures[victim].cancel()
            for known in [known for known in futures if futures[known].done()]:
                if not futures.pop(known).cancelled():
                    sent.append(known)
        for future in futures.values():
            future.cancel()
        while await pull.poll(50):
            received.append(await pull.recv_multipart())
        assert [parts[1:] for parts in received] == [[b"x" * 50, b"end"]] * len(received)
        assert [int(parts[0]) for parts in received] == sorted(sent)

    run(main())


def test_random_mix_of_receives(pair: Any, run: Run) -> None:
    """Receives of all forms, cancelled, forgotten and taken at random, deliver each part once."""

    async def main() -> None:
        sender, receiver = pair
        choose = random.Random(11)
        count = times(3000, 200_000, collects=True)
        sent = turn = 0
        late = sys.implementation.name != "cpython"  # what is forgotten is collected late
        got: list[int] = []
        while len(got) < count:
            for _ in range(choose.randrange(4)):
                if sent < count:
                    sender.send(b"%d" % sent + b" " * choose.choice((0, 60)))
                    sent += 1
            kind = choose.randrange(5)
            if kind == 0:
                future = receiver.recv_many(choose.randrange(1, 4))
            elif kind == 1:
                future = receiver.recv(copy=False)
            elif kind == 2:
                future = receiver.recv_string()
            else:
                future = receiver.recv()
            if choose.random() < 0.3:
                await asyncio.sleep(0)
            fate = choose.random()
            if fate < 0.3 or (late and not future.done()):
                future.cancel()
            elif fate < 0.5 or not future.done():
                del future
            else:
                value = await future
                if kind == 0:
                    got += [int(message[0]) for message in value]
                else:
                    got.append(int(value.bytes if kind == 1 else value))
            # A forgotten receive that waits takes part until it is collected.
            turn += 1
            if late and turn % 100 == 0:
                gc.collect()
        assert (sorted(got) if late else got) == list(range(count))

    run(main())
