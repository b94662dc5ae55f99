# SPDX-License-Identifier: BSD-3-Clause
"""Authenticators that run, in each of the ways there are."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zmq
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.thread import ThreadAuthenticator


class LoopThread:
    """An event loop that runs in a thread, as a program's own would."""

    def __init__(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function in the loop's thread and return what it returns."""

        async def called() -> Any:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(called(), self.loop).result(10)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def loop_thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


def _tornado_authenticator(context: zmq.Context[Any], thread: LoopThread) -> Any:
    from tornado import ioloop

    from zmq.auth.ioloop import IOLoopAuthenticator

    io_loop = thread.call(ioloop.IOLoop.current)
    with pytest.warns(DeprecationWarning, match="AsyncioAuthenticator"):
        return IOLoopAuthenticator(context, io_loop=io_loop)


@pytest.fixture(params=["thread", "asyncio", "ioloop"])
def auth(
    request: pytest.FixtureRequest,
    context: zmq.Context[Any],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Any]:
    """A started authenticator of the context, whose log is captured at level DEBUG."""
    caplog.set_level(logging.DEBUG, "zmq.auth")
    if request.param == "thread":
        authenticator: Any = ThreadAuthenticator(context)
        authenticator.start()
        yield authenticator
        authenticator.stop()
        return
    thread: LoopThread = request.getfixturevalue("loop_thread")
    if request.param == "ioloop":
        authenticator = _tornado_authenticator(context, thread)
    else:
        authenticator = AsyncioAuthenticator(context)
    thread.call(authenticator.start)
    yield authenticator
    thread.call(authenticator.stop)
