# SPDX-License-Identifier: BSD-3-Clause
"""Sockets for asyncio: those of zmq, whose sends, receives and polls are awaited.

>>> import asyncio
>>> import zmq.asyncio
>>> async def answer():
...     socket = zmq.asyncio.Context.instance().socket(zmq.REP)
...     socket.bind("tcp://127.0.0.1:5555")
...     async for request in socket:
...         await socket.send_multipart(request)

They work on every event loop. An operation that can be done at once is: its future is
complete when it is returned. Others wait, for as long as RCVTIMEO and SNDTIMEO say. A
receive that is cancelled, by a time-out or in any other way, loses no message.
"""

from __future__ import annotations

import zmq

from . import _future

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import SelectorEventLoop
    from typing import Any

    ZMQEventLoop: type[SelectorEventLoop]

__all__ = ["Context", "Poller", "Socket", "ZMQEventLoop", "install"]


class Poller(_future._AsyncPoller):
    """Waits for events on several sockets and descriptors; ``await poller.poll()``.

    What is registered may be a zmq.Socket of any kind, a descriptor or anything
    with a ``fileno()``.
    """


class Socket(_future._AsyncSocket):
    """A zmq.Socket whose sends, receives and polls return asyncio futures.

    Parameters
    ----------
    context : zmq.Context, or a zmq.Socket that this one is to be a view of
    socket_type : int, a zmq.SocketType
    io_loop : ignored; the loop that runs is used
    **kwargs
        As zmq.Socket.

    Notes
    -----
    ``async for message in socket`` gives every message as recv_multipart() does.
    """

    _poller_class = Poller


class Context(zmq.Context[Socket]):
    """A zmq.Context that makes asynchronous sockets.

    Parameters
    ----------
    io_threads, shadow : as zmq.Context

    Notes
    -----
    ``Context.instance()`` is another one than that of zmq.Context; to share one, give
    it: ``zmq.asyncio.Context(zmq.Context.instance())``.
    """

    _socket_class = Socket
    _instance = None


def _make_event_loop() -> type[SelectorEventLoop]:
    from asyncio import SelectorEventLoop

    class ZMQEventLoop(SelectorEventLoop):
        """DEPRECATED: a SelectorEventLoop, as sockets work with every loop."""

        def __init__(self, selector: Any = None) -> None:
            _deprecated()
            super().__init__(selector)

    ZMQEventLoop.__qualname__ = "ZMQEventLoop"
    return ZMQEventLoop


def _deprecated() -> None:
    import warnings

    warnings.warn(
        "ZMQEventLoop and zmq.asyncio.install are deprecated: sockets work with every event loop.",
        DeprecationWarning,
        stacklevel=3,
    )


def install() -> None:
    """DEPRECATED: do nothing, as sockets work with every event loop."""
    _deprecated()


def __getattr__(name: str) -> Any:
    """Make the class of the old event loop when it is asked for."""
    if name == "ZMQEventLoop":
        globals()[name] = _make_event_loop()
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
