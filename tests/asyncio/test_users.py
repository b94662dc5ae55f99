# SPDX-License-Identifier: BSD-3-Clause
"""What programs do with asyncio that has little to do with sockets, and nothing may be lost by."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import sys
import threading
from typing import Any

import programs
import pytest
from effort import times

import zmq
import zmq.asyncio

from .conftest import Run


@pytest.fixture
def pair(socket: Any) -> tuple[Any, Any]:
    sender, receiver = socket(zmq.PUSH, sndhwm=0), socket(zmq.PULL, rcvhwm=0)
    sender.bind("inproc://users")
    receiver.connect("inproc://users")
    return sender, receiver


def test_storm_of_cancelled_tasks(pair: Any, run_anywhere: Run) -> None:
    """Of twenty tasks that receive, cancelled and replaced at random, each message has one."""

    async def main() -> None:
        sender, receiver = pair
        choose = random.Random(1)
        count = times(1000, 100_000)
        got: list[int] = []

        async def consume() -> None:
            while True:
                got.append(int(await receiver.recv()))

        tasks = [asyncio.ensure_future(consume()) for _ in range(20)]
        for number in range(count):
            await sender.send(b"%d" % number)
            victim = choose.randrange(20)
            tasks[victim].cancel()
            tasks[victim] = asyncio.ensure_future(consume())
            if choose.random() < 0.3:
                await asyncio.sleep(0)
        while len(got) < count:
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert sorted(got) == list(range(count))
        assert await receiver.poll(0) == 0

    run_anywhere(main())


def test_gather_that_fails_or_is_cancelled(pair: Any, run: Run) -> None:
    """What receives in a gather had, when another part of it failed or it was cancelled, is kept."""

    async def main() -> None:
        sender, receiver = pair

        async def fail() -> None:
            await asyncio.sleep(0)
            raise KeyError

        async def send_two() -> None:
            await sender.send(b"1")
            await sender.send(b"2")
            await asyncio.sleep(0.01)

        parts = [receiver.recv(), receiver.recv()]
        failed = asyncio.gather(*parts, fail())
        with pytest.raises(KeyError):
            await failed
        await send_two()
        if sys.implementation.name != "cpython":
            for part in parts:  # what is forgotten is collected late
                part.cancel()
        del parts, failed
        gc.collect()
        assert [await receiver.recv() for _ in range(2)] == [b"1", b"2"]

        async def wait() -> None:
            await asyncio.gather(*[receiver.recv() for _ in range(3)])

        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        await send_two()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [await receiver.recv() for _ in range(2)] == [b"1", b"2"]

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks(pair: Any, run: Run) -> None:
    """Tasks that begin at once receive, and are cancelled, as others."""

    async def main() -> None:
        sender, receiver = pair
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        got: list[int] = []

        async def consume() -> None:
            got.append(int(await receiver.recv()))

        tasks = []
        for number in range(300):
            tasks.append(loop.create_task(consume()))
            if number % 3 == 0:
                tasks[-1].cancel()
            await sender.send(b"%d" % number)
        while await receiver.poll(5):
            got.append(int(await receiver.recv()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert sorted(got) == list(range(300))

    run(main())


def test_loop_closed_while_something_waits(pair: Any) -> None:
    """A socket whose loop was closed under waiting receives serves the next loop."""
    sender, receiver = pair

    async def wait() -> Any:
        return receiver.recv(), receiver.poll(), receiver.recv_json()

    async def exchange() -> None:
        sender.send(b"1")
        sender.send(b"2")
        assert await asyncio.wait_for(receiver.recv(), 5) == b"1"
        assert await asyncio.wait_for(receiver.recv(), 5) == b"2"

    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(wait())
        loop.close()
        asyncio.run(exchange())


def test_loops_in_threads_share_a_socket(pair: Any) -> None:
    """Running loops that use a socket in turn, under a lock, do not disturb each other."""
    sender, receiver = pair
    lock = threading.Lock()
    got: list[bytes] = []

    def work() -> None:
        async def main() -> None:
            for _ in range(times(100, 3000)):
                with lock:
                    await sender.send(b"x")
                    got.append(await asyncio.wait_for(receiver.recv(), 20))
                await asyncio.sleep(0)

        asyncio.run(main())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 3 * times(100, 3000)


def test_abandoned_asynchronous_generators(pair: Any, run: Run) -> None:
    """A generator that was left, or cancelled while it waited, has taken what it gave and no more."""

    async def main() -> None:
        sender, receiver = pair

        async def messages() -> Any:
            while True:
                yield await receiver.recv()

        for number in range(4):
            await sender.send(b"%d" % number)
        async for message in messages():
            assert message == b"0"
            break
        left = messages()
        assert await left.__anext__() == b"1"
        waiting = asyncio.ensure_future(left.__anext__())
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        del left, waiting
        gc.collect()
        assert [await receiver.recv() for _ in range(2)] == [b"2", b"3"]

    run(main())


def test_debug_mode() -> None:
    """With asyncio's debugging on and warnings as errors, nothing is said."""
    programs.run(
        """
        import asyncio, gc, logging, threading, zmq.asyncio
        logging.basicConfig(level=logging.WARNING, filename=os.devnull)
        said = []
        logging.getLogger("asyncio").addFilter(lambda record: said.append(record.getMessage()))

        async def main():
            asyncio.get_running_loop().slow_callback_duration = 60
            with zmq.asyncio.Context() as context:
                with context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as other:
                    one.bind("inproc://debug")
                    other.connect("inproc://debug")
                    for _ in range(50):
                        waiting = other.recv_multipart()
                        view = zmq.Socket.shadow(one)
                        thread = threading.Thread(target=view.send_multipart, args=([b"x"],))
                        thread.start()
                        thread.join()
                        assert await asyncio.wait_for(waiting, 5) == [b"x"]
                    waiting = other.recv()
                    try:
                        await asyncio.wait_for(waiting, 0.001)
                    except asyncio.TimeoutError:
                        pass
            gc.collect()

        asyncio.run(main(), debug=True)
        assert said == [], said
        """
    )


def test_subprocess_in_a_loop(pair: Any, run: Run) -> None:
    """A loop that starts processes while a receive waits goes on to wait."""

    async def main() -> None:
        sender, receiver = pair
        waiting = receiver.recv()
        await asyncio.sleep(0)
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
        assert await process.wait() == 0
        await sender.send(b"x")
        assert await asyncio.wait_for(waiting, 5) == b"x"

    run(main())
