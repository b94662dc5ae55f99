# SPDX-License-Identifier: BSD-3-Clause
"""Sockets for tornado's coroutines: those of zmq, whose sends, receives and polls are awaited.

tornado's futures are asyncio's, so these are the sockets of zmq.asyncio. They differ in one
thing: tornado's generator coroutines do not survive asyncio's CancelledError, so there is one
that is an ordinary exception as well.

>>> import zmq
>>> from tornado import gen
>>> from zmq.eventloop.future import Context
>>> @gen.coroutine
... def answer():
...     socket = Context.instance().socket(zmq.REP)
...     socket.bind("tcp://127.0.0.1:5555")
...     while True:
...         request = yield socket.recv_multipart()
...         yield socket.send_multipart(request)
"""

from __future__ import annotations

import asyncio

import zmq
from zmq import _future, _loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

__all__ = ["CancelledError", "Context", "Poller", "Socket"]


class CancelledError(asyncio.CancelledError, Exception):
    """What an operation raises that was cancelled, or whose socket was closed.

    An operation whose task is cancelled while it awaits it raises asyncio's own error: the
    time-outs of asyncio know no other.
    """


class _Outcome:
    """Makes the error of a cancelled future one that tornado's coroutines survive."""

    _closed = False

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the result."""
        over: bool = self.done()  # type: ignore[attr-defined]
        try:
            return (yield from super().__await__())  # type: ignore[misc]
        except asyncio.CancelledError as error:
            plain = not (over or self._closed) and _task_is_cancelled()
            raise (asyncio.CancelledError if plain else CancelledError)(*error.args) from None

    __iter__ = __await__

    def drop(self) -> None:
        """End because the socket is closed."""
        self._closed = True
        super().drop()  # type: ignore[misc]

    def result(self) -> Any:
        """Return the result."""
        try:
            return super().result()  # type: ignore[misc]
        except asyncio.CancelledError as error:
            raise CancelledError(*error.args) from None

    def exception(self) -> Any:
        """Return what was raised, if so."""
        try:
            return super().exception()  # type: ignore[misc]
        except asyncio.CancelledError as error:
            raise CancelledError(*error.args) from None


def _task_is_cancelled() -> bool:
    """Tell whether the current task may have been cancelled: before CPython 3.11 nobody knows."""
    return bool(getattr(asyncio.current_task(), "cancelling", lambda: 1)())


class _Waiter(_Outcome, _loop.Waiter):
    """A Waiter, with that error."""


class _Poll(_Outcome, _loop.Poll):
    """A Poll, with that error."""


class Poller(_future._AsyncPoller):
    """Waits for events on several sockets and descriptors; ``yield poller.poll()``.

    As zmq.asyncio.Poller, but for CancelledError.
    """

    _poll_type = _Poll


class Socket(_future._AsyncSocket):
    """A zmq.Socket whose sends, receives and polls return futures.

    As zmq.asyncio.Socket, but for CancelledError.

    Parameters
    ----------
    context : zmq.Context, or a zmq.Socket that this one is to be a view of
    socket_type : int, a zmq.SocketType
    io_loop : ignored; the loop that runs is used
    **kwargs
        As zmq.Socket.
    """

    _poller_class = Poller
    _poll_type = _Poll
    _waiter_type = _Waiter


class Context(zmq.Context[Socket]):
    """A zmq.Context that makes such sockets.

    Parameters
    ----------
    io_threads, shadow : as zmq.Context

    Notes
    -----
    ``Context.instance()`` is another one than that of zmq.Context; to share one, give
    it: ``zmq.eventloop.future.Context(zmq.Context.instance())``.
    """

    io_loop = None

    _socket_class = Socket
    _instance = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[misc]
