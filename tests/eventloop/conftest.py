# SPDX-License-Identifier: BSD-3-Clause
"""What tests of tornado share: a loop, streams, and what is logged, which is to be nothing."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import pytest
from support import until
from tornado.ioloop import IOLoop

import zmq
from zmq.eventloop.zmqstream import ZMQStream

PATIENCE_S = 10

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Streams = Callable[..., "tuple[ZMQStream, ZMQStream]"]


async def eventually(condition: Callable[[], Any]) -> Any:
    """Return the first true value of ``condition()`` while the loop runs."""
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        assert asyncio.get_running_loop().time() < end, f"not within {PATIENCE_S} s: {condition}"
        await asyncio.sleep(0.001)


async def rounds(number: int = 5) -> None:
    """Let the loop have some rounds."""
    for _ in range(number):
        await asyncio.sleep(0)


class Said(list):  # type: ignore[type-arg]
    """What loops and streams have logged; the test takes what has to be there out of it."""

    def take(self) -> list[str]:
        """Return what was logged so far, and forget it."""
        taken = list(self)
        self.clear()
        return taken


class _Keep(logging.Handler):
    def __init__(self, said: Said) -> None:
        super().__init__(logging.WARNING)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture(autouse=True)
def said() -> Iterator[Said]:
    """What tornado and asyncio log; nothing may be left in it at the end."""
    said = Said()
    handler = _Keep(said)
    loggers = [logging.getLogger(name) for name in ("tornado", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    yield said
    for logger in loggers:
        logger.removeHandler(handler)
    assert said == []


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """A loop of tornado's, which is not the current one."""
    loop = IOLoop(make_current=False)
    yield loop
    loop.close()


@pytest.fixture
def run(io_loop: IOLoop) -> Run:
    """Run a coroutine in the loop."""

    def in_loop(coroutine: Awaitable[Any]) -> Any:
        async def bounded() -> Any:
            return await asyncio.wait_for(coroutine, 5 * PATIENCE_S)

        return io_loop.run_sync(bounded)

    return in_loop


@pytest.fixture
def streams(connected: Any, io_loop: IOLoop) -> Iterator[Streams]:
    """Make streams on connected sockets: ``streams(first_type, second_type, transport)``."""
    made: list[ZMQStream] = []

    def make(first: int = zmq.PAIR, second: int = zmq.PAIR, *args: Any, **options: Any) -> Any:
        both = [ZMQStream(one, io_loop) for one in connected(first, second, *args, **options)]
        made.extend(both)
        return tuple(both)

    yield make
    for stream in made:
        stream.close(0)


def uvloop_new() -> Any:
    if sys.implementation.name != "cpython":
        pytest.skip("uvloop is for CPython")
    import uvloop

    return uvloop.new_event_loop()


__all__ = ["until"]
