# SPDX-License-Identifier: BSD-3-Clause
"""An older name of zmq.auth.asyncio, from when tornado had an event loop of its own."""

from __future__ import annotations

from .asyncio import AsyncioAuthenticator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import zmq

__all__ = ["IOLoopAuthenticator"]


class IOLoopAuthenticator(AsyncioAuthenticator):
    """AsyncioAuthenticator for a tornado IOLoop; deprecated.

    Parameters
    ----------
    context, encoding, log : as of Authenticator
    io_loop : tornado.ioloop.IOLoop; the current one by default
    """

    def __init__(
        self,
        context: zmq.Context[Any] | None = None,
        encoding: str = "utf-8",
        log: Any = None,
        io_loop: Any = None,
    ) -> None:
        import warnings

        warnings.warn(
            "IOLoopAuthenticator is deprecated, use zmq.auth.asyncio.AsyncioAuthenticator",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(context, None, encoding, log)
        self._io_loop = io_loop

    def start(self) -> None:
        """Answer requests from now on, whenever the loop runs."""
        if self._loop is None:
            from tornado.ioloop import IOLoop

            io_loop: Any = self._io_loop or IOLoop.current()
            self._loop = io_loop.asyncio_loop
        super().start()
