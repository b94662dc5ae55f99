# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for descriptors on behalf of event loops that cannot, such as Windows' proactor.

A thread selects, and tells the loop. It starts when the loop first waits for a
descriptor and ends when the loop is closed. A descriptor that was found ready is
left out until the loop has dealt with it: the thread would find it again at once.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from typing import Any

    Key = tuple[str, int]


class Selecting:
    """The thread that selects for one loop; its methods are those of the loop.

    Parameters
    ----------
    loop : event loop
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._callbacks: dict[Key, Callable[[], object]] = {}
        self._wanted: set[Key] = set()
        self._lock = threading.Lock()
        self._ended = False
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._end_with(loop)
        self._thread = threading.Thread(target=self._run, name="zmq-selecting", daemon=True)
        self._thread.start()

    def _end_with(self, loop: Any) -> None:
        """End the thread when the loop is closed."""
        close = loop.close
        weakly = weakref.ref(self)

        def close_both() -> None:
            if not loop.is_running():
                selecting = weakly()
                if selecting is not None:
                    selecting.close()
            close()

        loop.close = close_both

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            self._wanted.clear()
            self._callbacks.clear()
        self._wake()
        self._thread.join()
        self._waker.close()
        self._woken.close()

    def add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Have the loop call ``callback`` while a descriptor is readable."""
        self._add(("r", fd), callback, args)

    def add_writer(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Have the loop call ``callback`` while a descriptor is writable."""
        self._add(("w", fd), callback, args)

    def remove_reader(self, fd: int) -> bool:
        """Undo add_reader()."""
        return self._remove(("r", fd))

    def remove_writer(self, fd: int) -> bool:
        """Undo add_writer()."""
        return self._remove(("w", fd))

    def _add(self, key: Key, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        with self._lock:
            if self._ended:
                return
            self._callbacks[key] = lambda: callback(*args)
            self._wanted.add(key)
        self._wake()

    def _remove(self, key: Key) -> bool:
        with self._lock:
            known = self._callbacks.pop(key, None) is not None
            self._wanted.discard(key)
        if known:
            self._wake()
        return known

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # it is full, which wakes as well, or closed
            self._waker.send(b"\0")

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._ended:
                    return
                readers = [fd for kind, fd in self._wanted if kind == "r"]
                writers = [fd for kind, fd in self._wanted if kind == "w"]
            try:
                found = select.select([self._woken.fileno(), *readers], writers, [])
            except (OSError, ValueError):
                self._forget_closed()
                continue
            self._silence()
            ready: list[Key] = [("r", fd) for fd in found[0] if fd != self._woken.fileno()]
            ready += [("w", fd) for fd in found[1]]
            if ready and not self._tell(ready):
                return

    def _silence(self) -> None:
        try:
            while self._woken.recv(1024):
                pass
        except OSError:
            pass

    def _forget_closed(self) -> None:
        """Stop waiting for descriptors that were closed without being removed."""
        with self._lock:
            wanted = list(self._wanted)
        for key in wanted:
            try:
                select.select([key[1]], [], [], 0)
            except (OSError, ValueError):
                with self._lock:
                    self._wanted.discard(key)

    def _tell(self, ready: list[Key]) -> bool:
        """Have the loop deal with what is ready; False when there is no loop any more."""
        loop = self._loop()
        if loop is None:
            return False
        with self._lock:
            self._wanted.difference_update(ready)
        try:
            loop.call_soon_threadsafe(self._deal, ready)
        except RuntimeError:
            return False
        return True

    def _deal(self, ready: list[Key]) -> None:
        for key in ready:
            callback = self._callbacks.get(key)
            if callback is not None:
                callback()
        with self._lock:
            self._wanted.update(key for key in ready if key in self._callbacks)
        self._wake()


_all: weakref.WeakKeyDictionary[AbstractEventLoop, Selecting] = weakref.WeakKeyDictionary()


def selecting_for(loop: AbstractEventLoop) -> Selecting:
    """Return what selects for a loop, started at the first call."""
    found = _all.get(loop)
    if found is None:
        found = _all[loop] = Selecting(loop)
    return found
