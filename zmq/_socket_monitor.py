# SPDX-License-Identifier: BSD-3-Clause
"""Monitoring of sockets: what happens to their connections, as messages."""

from __future__ import annotations

import itertools

from . import _endpoints, _inproc, _monitors
from ._ctypes import bind as _bind
from ._ctypes import errors
from ._options import c_int
from ._socket_base import SocketBase
from ._socket_errors import endpoint_failure
from .constants import Errno, Event, SocketType
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T", bound="Monitored")

_set = object.__setattr__

EADDRINUSE = int(Errno.EADDRINUSE)

_PAIR = int(SocketType.PAIR)
_monitor_numbers = itertools.count()


class Monitored(SocketBase):
    """Telling what happens to a socket."""

    __slots__ = ()

    def monitor(self, addr: str | bytes | None, events: int = Event.ALL) -> None:
        """Publish what happens to this socket's connections, as messages.

        Connect a PAIR socket of the same context to ``addr`` at once: libzmq waits for
        it with every event, and while it waits nothing else happens in the context.
        get_monitor_socket() does all of it.

        Parameters
        ----------
        addr : str, an inproc endpoint of its own; None stops
        events : int, bitmask of zmq.Event

        Raises
        ------
        zmq.ZMQError : not inproc (EPROTONOSUPPORT); in use (EADDRINUSE); somebody waits, or has
            waited, there who would take the reader's place (EFSM)

        Notes
        -----
        Wraps ``zmq_socket_monitor``, of libzmq 4.0. The reading PAIR's RCVHWM is lifted when
        it connects, and when it closes first the monitor is stopped, because an event that
        nobody takes would stop libzmq's I/O thread.
        """
        events = c_int(events, "the events")
        if not self._handle:
            raise self._closed_error()
        if addr is None:
            _monitors.stop(self._handle)
            return
        address = self._endpoint(addr)
        _endpoints.check_zap_handler(self, address, _PAIR)
        key = self._inproc_key(address)
        _inproc.check_monitor(self, address, key)
        try:
            if _bind.library.version < (4, 1, 5) and key in _inproc.bound:
                # These wait for ever for somebody to hear that the monitor did not start.
                raise errors.failure(errnum=EADDRINUSE)
            _monitors.start(self._handle, key, events)
        except ZMQError as error:
            raise endpoint_failure(error, address, addr, self) from None
        _monitors.begins(key, {handle for handle, _ in _inproc.waiting.get(key, ())[:1]})
        _inproc.monitors(key)

    def get_monitor_socket(self: T, events: int | None = None, addr: str | None = None) -> T:
        """Return a PAIR socket that receives what happens to this socket's connections.

        Parameters
        ----------
        events : int, bitmask of zmq.Event; all by default
        addr : str, an inproc endpoint; made up by default

        Returns
        -------
        Socket, the same one until it or the monitor is closed; read it with
        zmq.utils.monitor.recv_monitor_message

        Raises
        ------
        zmq.ZMQVersionError : needs libzmq 4.0

        Notes
        -----
        Wraps ``zmq_socket_monitor``. It may be left unread: events then use memory.
        """
        if not self._handle:
            raise self._closed_error()
        if _bind.library.version < (4, 0):
            raise _bind.missing("get_monitor_socket", (4, 0), draft=False)
        if self._known_context() is None:
            raise TypeError(
                f"context must be specified: the context of {self._describe()} is not known; make "
                "the shadow as Socket(context, shadow=address)"
            )
        known: T | None = self._monitor_socket
        if known is not None:
            if not known.closed:
                return known
            _set(self, "_monitor_socket", None)
        if addr is None:
            addr = f"inproc://monitor.s-{self._handle:x}-{next(_monitor_numbers)}"
        reader: T = self._known_context().socket(_PAIR)
        try:
            self.monitor(addr, Event.ALL if events is None else events)
            reader.connect(addr)
        except BaseException:
            reader.close()
            raise
        _set(self, "_monitor_socket", reader)
        return reader

    def disable_monitor(self) -> None:
        """Stop the monitor.

        Its reader gets MONITOR_STOPPED, and nothing after that.

        Notes
        -----
        Wraps ``zmq_socket_monitor(NULL)``.
        """
        _set(self, "_monitor_socket", None)
        self.monitor(None, 0)
