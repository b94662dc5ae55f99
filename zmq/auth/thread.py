# SPDX-License-Identifier: BSD-3-Clause
"""Authentication by a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading

import zmq

from ._serve import serve
from .base import Authenticator, _bound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ThreadAuthenticator"]


class ThreadAuthenticator(Authenticator):
    """Decides who may connect to the sockets of a context, in a thread of its own.

    May be configured from any thread, before and after start(). The thread ends with
    stop(), or when the context ends.

    Parameters
    ----------
    context, encoding, log : as of Authenticator

    Attributes
    ----------
    thread : threading.Thread, or None while stopped
    pipe_endpoint : str; not used

    Notes
    -----
    The thread runs an asyncio event loop, in which credentials providers are called.
    """

    pipe_endpoint: str = ""
    thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop
    _task: asyncio.Task[None]

    def __init__(
        self, context: zmq.Context[Any] | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        super().__init__(context, encoding, log)

    def start(self) -> None:
        """Answer requests from now on.

        Raises
        ------
        zmq.ZMQError : the context has a handler already (EADDRINUSE)
        """
        # A shadow: Context.destroy() closes the sockets of its own thread only.
        self.zap_socket = _bound(zmq.Context.shadow(self.context))
        self._loop = asyncio.SelectorEventLoop()
        self.thread = threading.Thread(target=self._run, name="zmq.auth", daemon=True)
        try:
            self.thread.start()
        except BaseException:
            self.thread = None
            self._loop.close()
            super().stop()
            raise

    def _run(self) -> None:
        loop = self._loop
        self._task = loop.create_task(serve(self))
        try:
            loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            super().stop()
            loop.run_until_complete(_end_tasks())
            loop.close()

    def _cancel(self) -> None:
        self._task.cancel()

    def stop(self) -> None:
        """Answer no more requests, and wait for the thread to end."""
        thread = self.thread
        if thread is None:
            return
        if thread.is_alive():
            # The loop may be closed meanwhile: the context has ended.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._cancel)
        if thread is not threading.current_thread():
            thread.join()
        self.thread = None

    def is_alive(self) -> bool:
        """Return whether the thread runs."""
        return self.thread is not None and self.thread.is_alive()

    def __del__(self, is_finalizing: Any = sys.is_finalizing) -> None:
        # The thread refers to this object, so that it has ended, unless the interpreter does.
        if not is_finalizing():
            self.stop()


async def _end_tasks() -> None:
    """Cancel what credentials providers have left running in a loop that ends."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
