# SPDX-License-Identifier: BSD-3-Clause
"""Running a proxy or queue in a thread, with peers around it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from support import PATIENCE_MS

import zmq

_numbers = itertools.count()


class Running:
    """A function that forwards, in a thread, on sockets of a context of its own.

    Parameters
    ----------
    function : called with one socket for each of ``kinds``
    *kinds : socket types, or None for no socket
    hwm : int, high-water mark of all sockets, on each side

    Attributes
    ----------
    outcome : what ``function`` returned or raised, None while it runs
    """

    def __init__(self, function: Callable[..., Any], *kinds: int | None, hwm: int = 1000) -> None:
        self.context = zmq.Context()
        self.outcome: Any = None
        self._function = function
        self._hwm = hwm
        self._peers: list[zmq.Socket] = []
        number = next(_numbers)
        self._names = [f"inproc://forwarding-{number}-{place}" for place in range(len(kinds))]
        self._sockets = [
            None if kind is None else self._make(kind, name)
            for kind, name in zip(kinds, self._names)
        ]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _make(self, kind: int, name: str) -> zmq.Socket:
        socket = self._open(kind)
        socket.bind(name)
        return socket

    def _open(self, kind: int) -> zmq.Socket:
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = self._hwm
        return socket

    def _run(self) -> None:
        try:
            self.outcome = self._function(*self._sockets)
        except Exception as error:
            self.outcome = error
        finally:
            for socket in self._sockets:
                if socket is not None:
                    socket.close()

    def peer(self, kind: int, place: int, **options: Any) -> zmq.Socket:
        """Return a socket that is connected to the socket at that place."""
        socket = self._open(kind)
        self._peers.append(socket)
        socket.rcvtimeo = socket.sndtimeo = PATIENCE_MS
        for name, value in options.items():
            setattr(socket, name, value)
        if kind == zmq.SUB:
            socket.subscribe(b"")
        socket.connect(self._names[place])
        return socket

    def start(self) -> None:
        """Let the function run; what peers have sent before is waiting for it."""
        self._thread.start()

    def ended(self) -> Any:
        """Wait until the function has ended by itself and return its outcome."""
        self._thread.join(timeout=PATIENCE_MS / 1000)
        assert not self._thread.is_alive(), "it does not end"
        return self.outcome

    def end(self) -> Any:
        """End it by terminating its context and return its outcome."""
        for socket in self._peers:
            socket.close()
        term = threading.Thread(target=self.context.term, daemon=True)
        term.start()
        outcome = self.ended() if self._thread.ident else self._close_unused()
        term.join(timeout=PATIENCE_MS / 1000)
        assert not term.is_alive(), "the context does not end"
        return outcome

    def _close_unused(self) -> None:
        for socket in self._sockets:
            if socket is not None:
                socket.close()

    def __enter__(self) -> Running:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.end()
