# SPDX-License-Identifier: BSD-3-Clause
"""Keeping Python objects alive until a message says that they are no longer needed.

Kept for programs that use it. Zero-copy sending does not: see zmq._ctypes.memory.
"""

from __future__ import annotations

import atexit
import struct
import warnings
from collections import namedtuple
from os import getpid
from threading import Event, Lock, Thread

import zmq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

gcref = namedtuple("gcref", ["obj", "event"])

_STOP = b"DIE"


class GarbageCollectorThread(Thread):
    """Thread that drops the objects whose numbers arrive.

    Parameters
    ----------
    gc : GarbageCollector, whose objects
    """

    def __init__(self, gc: GarbageCollector) -> None:
        super().__init__(daemon=True)
        self.gc = gc
        self.pid = getpid()
        self.ready = Event()

    def run(self) -> None:
        """Receive numbers and drop objects until told to stop."""
        # After a fork there is no thread to serve, and none of the parent's sockets to touch.
        if getpid() != self.pid:
            self.ready.set()
            return
        with self.gc.context.socket(zmq.PULL) as socket:
            socket.linger = 0
            socket.bind(self.gc.url)
            self.ready.set()
            while True:
                try:
                    msg = socket.recv()
                except zmq.ContextTerminated:
                    return
                if msg == _STOP:
                    return
                self._drop(msg)

    def _drop(self, msg: bytes) -> None:
        ref = self.gc.refs.pop(struct.unpack("=I" if len(msg) == 4 else "=Q", msg)[0], None)
        if ref is not None and ref.event is not None:
            ref.event.set()


class GarbageCollector:
    """Holder of objects, which drops each when its number is sent to ``url``.

    Parameters
    ----------
    context : zmq.Context to use, or None for one of its own

    Attributes
    ----------
    refs : dict of int to gcref, what is held
    url : str, endpoint that takes numbers, as native 32 or 64-bit ints
    """

    url = "inproc://pyzmq.gc.01"

    def __init__(self, context: zmq.Context[Any] | None = None) -> None:
        self.refs: dict[int, gcref] = {}
        self.pid = getpid()
        self.thread: GarbageCollectorThread | None = None
        self._context = context
        self._owns_context = False
        self._lock = Lock()

    @property
    def context(self) -> zmq.Context[Any]:
        """Context of the collector's sockets."""
        if self._context is None:
            self._context = zmq.Context()
            self._owns_context = True
        return self._context

    @context.setter
    def context(self, context: zmq.Context[Any]) -> None:
        if self.is_alive():
            if self.refs:
                warnings.warn(
                    "Replacing gc context while gc is running", RuntimeWarning, stacklevel=2
                )
            self.stop()
        self._term_own_context()
        self._context = context

    def is_alive(self) -> bool:
        """Tell whether the thread runs, in this process."""
        return self.thread is not None and self.thread.is_alive()

    def start(self) -> None:
        """Start the thread, and wait until it takes numbers."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        if self.is_alive():
            return
        if getpid() != self.pid:
            self._forget_parent()
        self.thread = GarbageCollectorThread(self)
        self.thread.start()
        self.thread.ready.wait()

    def stop(self) -> None:
        """Stop the thread and drop everything held."""
        with self._lock:
            if getpid() != self.pid:
                self._forget_parent()
            elif self.thread is not None:
                self._stop(self.thread)

    def _stop(self, thread: GarbageCollectorThread) -> None:
        if thread.is_alive():
            with self.context.socket(zmq.PUSH) as push:
                push.connect(self.url)
                push.send(_STOP)
            thread.join()
        self.thread = None
        self.refs.clear()
        self._term_own_context()

    def _term_own_context(self) -> None:
        if self._owns_context and self._context is not None:
            self._context.term()
            self._context = None
        self._owns_context = False

    def _forget_parent(self) -> None:
        # The context, and the thread, are those of the process this one was forked from.
        self.pid = getpid()
        self.thread = None
        self._context = None
        self._owns_context = False
        self.refs.clear()

    def store(self, obj: Any, event: Any = None) -> int:
        """Hold an object.

        Parameters
        ----------
        obj : any object
        event : threading.Event to set when the object is dropped, or None

        Returns
        -------
        int, number to send to ``url`` when the object is to be dropped
        """
        self.start()
        ref = gcref(obj, event)
        number = id(ref)
        self.refs[number] = ref
        return number

    def __del__(self) -> None:
        if self.is_alive():
            self.stop()


gc = GarbageCollector()
atexit.register(gc.stop)
