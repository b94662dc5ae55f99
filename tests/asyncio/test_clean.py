# SPDX-License-Identifier: BSD-3-Clause
"""Nothing stays behind, and nothing is said late: cancelling, closing, ending in any order."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import programs
import pytest
from effort import times
from support import terminate

import zmq
import zmq.asyncio
from zmq import _wakeup

from .conftest import Run


def wait_recv(socket: Any) -> Any:
    return socket.recv()


def wait_recv_json(socket: Any) -> Any:
    return socket.recv_json()


def wait_recv_multipart(socket: Any) -> Any:
    return socket.recv_multipart()


def wait_poll(socket: Any) -> Any:
    return socket.poll()


def wait_poller(socket: Any) -> Any:
    poller = zmq.asyncio.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll()


def wait_poller_timed(socket: Any) -> Any:
    poller = zmq.asyncio.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll(100_000)


def wait_send(socket: Any) -> Any:
    return socket.send(b"never")


WAITS: dict[str, Callable[[Any], Any]] = {
    name[len("wait_") :]: function
    for name, function in list(globals().items())
    if name.startswith("wait_")
}

each_wait = pytest.mark.parametrize("wait", WAITS)


def behind(socket: Any) -> int:
    """Return how many waiters are registered for a socket."""
    ledger = _wakeup.watched.get(socket.underlying)
    if ledger is None:
        return 0
    return sum(
        len(watcher.receivers) + len(watcher.senders) + len(watcher.polls)
        for watcher in ledger.watchers
    )


@each_wait
def test_cancelled_waits_leave_nothing(wait: str, socket: Any, run: Run) -> None:
    """However many waits were cancelled, nothing remembers them."""

    async def main() -> None:
        one = socket(zmq.PAIR, rcvtimeo=100_000, sndtimeo=100_000)
        last = None
        for number in range(times(500, 100_000)):
            future = WAITS[wait](one)
            if number % 100 == 0:
                await asyncio.sleep(0)
            assert future.cancel()
            last = weakref.ref(future)
            del future
        await asyncio.sleep(0)
        assert behind(one) == 0
        gc.collect()
        assert last is None or last() is None

    run(main())


@each_wait
def test_timed_out_waits_leave_nothing(wait: str, socket: Any, run: Run) -> None:
    """Waits that end by a time-out of asyncio's are forgotten as well."""

    async def main() -> None:
        one = socket(zmq.PAIR)
        for _ in range(20):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(WAITS[wait](one), 0.0005)
        assert behind(one) == 0

    run(main())


def test_cancelled_waits_do_not_grow() -> None:
    """100,000 cancelled receives and polls take no memory with them."""
    programs.run(
        """
        import asyncio, gc, zmq.asyncio

        def pages():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1])

        async def main(count):
            with zmq.asyncio.Context() as context, context.socket(zmq.PULL) as socket:
                poller = zmq.asyncio.Poller()
                poller.register(socket, zmq.POLLIN)
                used = []
                for _ in range(2):
                    for number in range(count):
                        for future in (socket.recv(), poller.poll(60000), socket.poll(60000)):
                            future.cancel()
                        if number % 500 == 0:
                            await asyncio.sleep(0)
                    gc.collect()
                    used.append(pages())
                assert used[1] - used[0] < 500, used

        if os.path.exists("/proc/self/statm"):
            asyncio.run(main(int(sys.argv[1])))
        """,
        str(times(5000, 100_000)),
    )


@each_wait
def test_closing_cancels(wait: str, socket: Any, run: Run) -> None:
    """Closing a socket cancels at once those who wait for it."""

    async def main() -> None:
        one = socket(zmq.PAIR)
        future = WAITS[wait](one)
        await asyncio.sleep(0)
        one.close()
        assert future.done()
        with pytest.raises(asyncio.CancelledError):
            await future

    run(main())


@each_wait
def test_closing_any_view_cancels(wait: str, socket: Any, run: Run) -> None:
    """Closing another view of the C socket, in this thread or another, cancels as well."""

    async def main() -> None:
        for elsewhere in (False, True):
            one = socket(zmq.PAIR)
            future = WAITS[wait](one)
            await asyncio.sleep(0)
            if elsewhere:
                thread = threading.Thread(target=one._shadow_sock.close)
                thread.start()
                while thread.is_alive():
                    await asyncio.sleep(0)
            else:
                one._shadow_sock.close()
            with pytest.raises(asyncio.CancelledError):
                await future
            assert one.closed

    run(main())


@each_wait
def test_terminated_context_fails_waits(wait: str, run: Run) -> None:
    """Terminating the context from another thread fails those who wait, and does not spin."""

    async def main() -> None:
        context = zmq.asyncio.Context()
        one = context.socket(zmq.PAIR)
        future = WAITS[wait](one)
        await asyncio.sleep(0)
        thread = threading.Thread(target=context.term)
        thread.start()
        with pytest.raises(zmq.ContextTerminated):
            await asyncio.wait_for(future, 5)
        with pytest.raises(zmq.ContextTerminated):
            await one.recv()
        one.close()
        await asyncio.get_running_loop().run_in_executor(None, thread.join)

    run(main())


ORDERS = list(itertools.permutations(["loop", "socket", "context"]))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@each_wait
@pytest.mark.parametrize("taken", [False, True])
def test_ending_in_any_order(
    order: tuple[str, ...], wait: str, taken: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Loop, socket and context may be closed in any order while something waits or has arrived."""
    loop = asyncio.SelectorEventLoop()
    context = zmq.asyncio.Context()
    one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    if wait != "send":
        one.bind("inproc://order")
        other.connect("inproc://order")

    async def begin() -> Any:
        future = WAITS[wait](one)
        await asyncio.sleep(0)
        if taken and wait != "send":
            await other.send(b"1")
        return future

    future = loop.run_until_complete(begin())
    actions = {
        "loop": loop.close,
        "socket": lambda: (one.close(0), other.close(0)),
        "context": lambda: context.destroy(0),
    }
    with caplog.at_level(logging.DEBUG, "asyncio"):
        for name in order:
            actions[name]()
        del future
        gc.collect()
    assert [record.getMessage() for record in caplog.records] == []


@each_wait
def test_closing_inside_a_callback(wait: str, socket: Any, run: Run) -> None:
    """A socket may be closed by the callback of one of several waits that complete together."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        if wait != "send":
            one.bind("inproc://callback")
            other.connect("inproc://callback")
        futures = [WAITS[wait](one) for _ in range(4)]
        futures[0].add_done_callback(lambda _: one.close())
        await asyncio.sleep(0)
        if wait == "send":
            futures[0].cancel()
        for _ in range(3):
            other.send(b"1")
        results = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 5)
        assert len(results) == 4

    run(main())


def test_descriptor_used_again(socket: Any, run: Run) -> None:
    """Sockets opened after others were closed, with the same descriptors, are waited for."""

    async def main() -> None:
        for number in range(30):
            one, other = socket(zmq.PAIR), socket(zmq.PAIR)
            one.bind(f"inproc://again-{number}")
            other.connect(f"inproc://again-{number}")
            waiting = one.recv()
            await asyncio.sleep(0)
            await other.send(b"x")
            assert await asyncio.wait_for(waiting, 5) == b"x"
            waiting = one.recv()
            await asyncio.sleep(0)
            other.close()
            one.close()

    run(main())


def test_collected_socket(complaints: list[str]) -> None:
    """A socket that is collected without close() leaves its loop, and warns as any other."""

    async def main() -> None:
        with zmq.asyncio.Context() as context:
            one = context.socket(zmq.PAIR)
            handle = one.underlying
            await one.poll(1)
            known = [one]
            del one

            def forget() -> None:
                known.clear()
                gc.collect()

            with pytest.warns(ResourceWarning, match="Unclosed socket"):
                forget()
            assert handle not in _wakeup.watched
            await asyncio.sleep(0)

    asyncio.run(main())


def test_a_wait_keeps_its_socket(context: Any, run: Run) -> None:
    """A socket is not collected while a receive waits for it."""

    async def main() -> None:
        with context.socket(zmq.PAIR) as other:
            one = context.socket(zmq.PAIR)
            one.bind("inproc://kept")
            other.connect("inproc://kept")
            waiting = one.recv()
            known = weakref.ref(one)
            del one
            gc.collect()
            one = known()
            assert one is not None
            await other.send(b"x")
            assert await asyncio.wait_for(waiting, 5) == b"x"
            one.close()

    run(main())


def test_idle_costs_nothing(socket: Any, run: Run) -> None:
    """While sockets wait and nothing happens, the loop sleeps."""

    async def main() -> None:
        one, other = socket(zmq.PAIR), socket(zmq.PAIR)
        one.bind("inproc://idle")
        other.connect("inproc://idle")
        await other.send(b"unread")
        waiting = [other.recv(), other.poll(), wait_poller(other), socket(zmq.PUSH).send(b"")]
        loop: Any = asyncio.get_running_loop()
        rounds = 0
        once = loop._run_once

        def counting() -> None:
            nonlocal rounds
            rounds += 1
            once()

        loop._run_once = counting
        await asyncio.sleep(0.3)
        del loop._run_once
        assert rounds < 20
        for future in waiting:
            future.cancel()

    run(main())


def test_exceptions_nobody_asks_for_are_told(socket: Any, caplog: Any) -> None:
    """A receive that failed, and whose failure nobody sees, is reported as any future's."""

    async def main() -> None:
        one = socket(zmq.PAIR, rcvtimeo=1)
        future = one.recv()
        await asyncio.wait({future})
        del future

    with caplog.at_level(logging.ERROR, "asyncio"):
        asyncio.run(main())
        gc.collect()
    assert ["never retrieved" in record.getMessage() for record in caplog.records] == [True]


def test_forked_child(context: Any) -> None:
    """A child that was forked while something waited can use its own sockets and loop."""
    programs.run(
        """
        import asyncio, warnings, zmq.asyncio
        warnings.simplefilter("ignore")

        async def echo():
            with zmq.asyncio.Context() as context:
                with context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as other:
                    one.bind("inproc://x")
                    other.connect("inproc://x")
                    waiting = other.recv()
                    await one.send(b"x")
                    return await waiting

        async def main():
            context = zmq.asyncio.Context()
            one = context.socket(zmq.PAIR)
            waiting = one.recv()
            await asyncio.sleep(0)
            pid = os.fork()
            if not pid:
                return waiting
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
            one.close()
            context.term()

        if hasattr(os, "fork"):
            waiting = asyncio.run(main())
            if waiting is not None:
                assert asyncio.run(echo()) == b"x"
                os._exit(0)
        """
    )


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the system does not list descriptors")
def test_forgotten_receives_end_with_their_loop() -> None:
    """Who forgets a receive, and then closes the loop, keeps no socket open by that."""
    program = """
import asyncio, gc, os, time, warnings
import zmq, zmq.asyncio

warnings.simplefilter("ignore", ResourceWarning)
context = zmq.asyncio.Context()

async def main():
    context.socket(zmq.PULL).recv()

def descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))

asyncio.run(main())
asyncio.run(main())
before = descriptors()
for _ in range(20):
    asyncio.run(main())
deadline = time.monotonic() + 20  # libzmq closes sockets in a thread of its own
while descriptors() - before >= 20 and time.monotonic() < deadline:
    time.sleep(0.01)
print(descriptors() - before, flush=True)
os._exit(0)
"""
    assert int(programs.run(program)) < 20


async def abandon_receive(one: Any) -> None:
    one.recv()


async def abandon_iteration(one: Any) -> None:
    one.__aiter__().__anext__()


async def abandon_poll(one: Any) -> None:
    one.poll()


async def abandon_poller(one: Any) -> None:
    wait_poller(one)


async def abandon_send(one: Any) -> None:
    one.send(b"nobody is there")


async def abandon_one_of_two(one: Any) -> None:
    stop = asyncio.ensure_future(asyncio.sleep(0))
    await asyncio.wait([one.recv(), stop], return_when=asyncio.FIRST_COMPLETED)


@pytest.mark.parametrize(
    "abandon",
    [
        abandon_receive,
        abandon_iteration,
        abandon_poll,
        abandon_poller,
        abandon_send,
        abandon_one_of_two,
    ],
)
@pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="what is abandoned is not collected at once"
)
def test_context_ends_after_a_loop_with_abandoned_waits(abandon: Any) -> None:
    """term() returns though a socket was not closed, when only a wait of a closed loop has kept it."""
    context = zmq.asyncio.Context()

    async def main() -> None:
        await abandon(context.socket(zmq.PAIR))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(main())
        gc.collect()
        terminate(context)
