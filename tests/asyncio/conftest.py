# SPDX-License-Identifier: BSD-3-Clause
"""What tests of asyncio share: a loop to run in, async sockets, and how often things are done."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from support import terminate

import zmq
import zmq.asyncio
from zmq import _loop


class ReaderlessLoop(asyncio.SelectorEventLoop):
    """A loop that cannot wait for descriptors, as Windows' proactor."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> Any:
        raise NotImplementedError

    def remove_reader(self, fd: Any) -> bool:
        raise NotImplementedError

    def add_writer(self, fd: Any, callback: Any, *args: Any) -> Any:
        raise NotImplementedError

    def remove_writer(self, fd: Any) -> bool:
        raise NotImplementedError

    def _make_self_pipe(self) -> None:
        self._ssock, self._csock = __import__("socket").socketpair()
        self._ssock.setblocking(False)
        self._csock.setblocking(False)
        self._internal_fds = 1
        self._add_reader(self._ssock.fileno(), self._read_from_self)


def _uvloop() -> asyncio.AbstractEventLoop:
    if sys.implementation.name != "cpython":
        pytest.skip("uvloop is for CPython")
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "selector": asyncio.SelectorEventLoop,
    "readerless": ReaderlessLoop,
    "uvloop": _uvloop,
}

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def finish(loop: asyncio.AbstractEventLoop) -> None:
    """End a loop as asyncio.run does."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture(autouse=True)
def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let operations succeed at once for as long as they can: this machine may be slow."""
    monkeypatch.setattr(_loop, "TURN_S", float("inf"))


@pytest.fixture
def complaints(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What asyncio logs; nothing may be in it at the end."""
    said: list[str] = []
    with caplog.at_level(logging.WARNING, "asyncio"):
        yield said
    said += [record.getMessage() for record in caplog.records]
    assert said == []


@pytest.fixture(params=LOOPS)
def any_loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop of each kind."""
    loop = LOOPS[request.param]()
    yield loop
    if not loop.is_closed():
        finish(loop)


@pytest.fixture
def run(complaints: list[str]) -> Iterator[Run]:
    """Run a coroutine in a loop that is closed after the test."""
    loop = asyncio.new_event_loop()

    def in_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return loop.run_until_complete(coroutine)

    yield in_loop
    if not loop.is_closed():
        finish(loop)


@pytest.fixture
def run_anywhere(any_loop: asyncio.AbstractEventLoop, complaints: list[str]) -> Run:
    """Run a coroutine in a loop of each kind."""
    return any_loop.run_until_complete


@pytest.fixture
def context() -> Iterator[zmq.asyncio.Context]:
    """A context for asyncio; at the end its sockets are closed and it has to terminate."""
    context = zmq.asyncio.Context()
    yield context
    for socket in list(context._sockets):
        socket.close(0)
    if not context.closed:
        terminate(context)


@pytest.fixture
def socket(context: zmq.asyncio.Context) -> Iterator[Callable[..., zmq.asyncio.Socket]]:
    """Make asynchronous sockets that are closed at the end; these wait as long as it takes."""

    made: list[zmq.asyncio.Socket] = []

    def make(kind: int, **options: Any) -> zmq.asyncio.Socket:
        one = context.socket(kind)
        made.append(one)
        one.linger = 0
        for name, value in options.items():
            setattr(one, name, value)
        return one

    yield make
    for one in made:
        one.close(0)
