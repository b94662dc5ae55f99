# SPDX-License-Identifier: BSD-3-Clause
"""Authentication by a task of an asyncio event loop."""

from __future__ import annotations

import asyncio

import zmq
import zmq.asyncio

from ._serve import serve
from .base import Authenticator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["AsyncioAuthenticator"]


class AsyncioAuthenticator(Authenticator):
    """Decides who may connect to the sockets of a context, in an asyncio event loop.

    Parameters
    ----------
    context : zmq.Context, of zmq or zmq.asyncio; zmq.asyncio.Context.instance() by default
    loop : asyncio event loop; the running one by default
    encoding, log : as of Authenticator

    Notes
    -----
    Requests are answered one after the other; an awaitable of a credentials provider does
    not hold up the loop, but the handshakes that come after it.
    """

    _task: asyncio.Task[None] | None = None

    def __init__(
        self,
        context: zmq.Context[Any] | None = None,
        loop: Any = None,
        encoding: str = "utf-8",
        log: Any = None,
    ) -> None:
        super().__init__(context, encoding, log)
        self._loop: asyncio.AbstractEventLoop | None = loop

    @staticmethod
    def _default_context() -> zmq.Context[Any]:
        return zmq.asyncio.Context.instance()

    def start(self) -> None:
        """Answer requests from now on, whenever the loop runs.

        Raises
        ------
        RuntimeError : no loop was given and there is none
        zmq.ZMQError : the context has a handler already (EADDRINUSE)
        """
        loop = self._loop or asyncio.get_event_loop()
        super().start()
        self._task = loop.create_task(serve(self))

    def stop(self) -> None:
        """Answer no more requests. To be called where the loop runs."""
        task, self._task = self._task, None
        if task is not None and not task.get_loop().is_closed():
            task.cancel()
        super().stop()
