# SPDX-License-Identifier: BSD-3-Clause
"""Monitors: which C socket tells of its connections, and which C socket listens.

libzmq sends each event to an inproc endpoint with a send that waits: from
zmq_bind, from its I/O thread, and, for the last event, from the thread that clears
up closed sockets. While nobody is connected to that endpoint, bind does not return
and the I/O thread serves nobody. So

- as long as nobody listens, calls that cause an event are refused;
- before a listener closes, its monitor is stopped;
- before a monitor that nobody listens to is stopped, somebody is connected to it;
- a listener that closes after the socket it listens to is kept, here, until that
  one has told its last event, or the context ends.

A listener that listens can still tell libzmq to wait, when it does not read. So its
high water mark is lifted.
"""

from __future__ import annotations

import os
import sys

from ._ctypes import bind, errors, memory
from ._ctypes.bind import C
from ._options import c_int_bytes
from .constants import Errno, PollEvent, SocketOption, SocketType
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Key = tuple[int, bytes]

PAIR = int(SocketType.PAIR)
EVENTS = int(SocketOption.EVENTS)
RCVHWM = int(SocketOption.RCVHWM)
POLLOUT = int(PollEvent.POLLOUT)
EFSM = int(Errno.EFSM)

# A key is a C context's address, or 0 if that is not known, and an inproc endpoint in it.
_telling: dict[int, Key] = {}
"""Monitored C socket -> where it tells its events."""

_listening: dict[int, set[Key]] = {}
"""PAIR, or another C socket that reads a monitor -> what it is connected to."""

_closed: set[Key] = set()
"""Where sockets told their events that are closed and may have one left to tell."""

_kept: list[tuple[int, int]] = []
"""(C context, C socket) of listeners that are closed as far as the program knows."""

if hasattr(os, "register_at_fork"):
    for _records in (_telling, _listening, _closed, _kept):
        os.register_at_fork(after_in_child=_records.clear)


def is_heard(key: Key, besides: int = 0) -> bool:
    """Tell whether somebody, besides one C socket, is connected to where events are told."""
    return any(
        _same(key, other)
        for handle, keys in list(_listening.items())
        for other in keys
        if handle != besides
    )


def tells(key: Key) -> bool:
    """Tell whether a monitor is bound to an inproc endpoint."""
    return any(_same(key, told) for told in list(_telling.values()))


def _same(key: Key, other: Key) -> bool:
    return key[1] == other[1] and (key[0] == other[0] or not (key[0] and other[0]))


def check(socket: Any) -> None:
    """Refuse a call that would not return because nobody listens to the socket's monitor.

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    key = _telling.get(socket._handle)
    if key is None or is_heard(key):
        return
    raise errors.failure(
        f"{bind.strerror(EFSM)} ({socket._describe()}: nobody is connected to its monitor at "
        f"{key[1].decode('utf-8', 'replace')}, and libzmq would wait for ever; connect a PAIR socket "
        "of the same context to it first, or use get_monitor_socket())",
        EFSM,
    )


def check_listener(socket: Any, key: Key) -> None:
    """Refuse to connect a PAIR that has a peer to a monitor, which then would have its one listener.

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    if tells(key):
        raise errors.failure(
            f"{bind.strerror(EFSM)} ({socket._describe()} has its one peer already; connect another PAIR "
            f"to the monitor at {key[1].decode('utf-8', 'replace')})",
            EFSM,
        )


def start(handle: int, key: Key, events: int) -> None:
    """Have a C socket tell its events.

    Raises
    ------
    zmq.ZMQError : as zmq_socket_monitor
    """
    if handle in _telling and bind.library.version < (4, 2):
        stop(handle)  # later releases do so by themselves
    _provide_listener(handle)
    bind.monitor(handle, key[1], events)
    _telling[handle] = key


def stop(handle: int) -> None:
    """Have a C socket tell nothing more."""
    _provide_listener(handle)
    _telling.pop(handle, None)
    bind.monitor(handle, None, 0)


def _provide_listener(handle: int) -> None:
    """Stop a monitor that nobody listens to; it waits until somebody hears that it stops."""
    key = _telling.get(handle)
    if key is None or is_heard(key):
        return
    listener = bind.open_socket(key[0], PAIR)
    try:
        C.zmq_connect(listener, key[1])
        del _telling[handle]
        bind.monitor(handle, None, 0)
    finally:
        C.zmq_close(listener)


def connects(handle: int, key: Key) -> None:
    """Take note that a PAIR, or who is to read a monitor, is about to connect to an inproc endpoint."""
    if tells(key):
        C.zmq_setsockopt(handle, RCVHWM, c_int_bytes(0), 4)
    hears(handle, key)


def hears(handle: int, key: Key) -> None:
    """Take note that a C socket is who hears what is told at an inproc endpoint."""
    _listening.setdefault(handle, set()).add(key)


def begins(key: Key, listeners: set[int]) -> None:
    """Take note that a monitor has begun, which is heard by who waited for it, and by nobody else yet.

    Who heard an earlier one at the same endpoint has lost its connection with that.
    """
    for handle, keys in list(_listening.items()):
        if handle not in listeners:
            keys.discard(key)
    for handle in listeners:
        hears(handle, key)
    _closed.discard(key)


def disconnects(handle: int, key: Key) -> None:
    """Stop the monitor that a C socket is about to disconnect from, if it is one."""
    keys = _listening.get(handle)
    if keys is None or key not in keys:
        return
    _stop_telling(key)
    keys.discard(key)
    _closed.discard(key)


def _stop_telling(key: Key) -> None:
    for handle, told in list(_telling.items()):
        if _same(told, key) and _telling.pop(handle, False):
            bind.monitor(handle, None, 0)


def keeps(handle: int) -> bool:
    """Tell whether a C socket is closed here, later."""
    return bool(_kept) and any(kept[1] == handle for kept in list(_kept))


keep = _kept.append
"""Close a listener later, when what it listens to has told its last event; in one step."""


def closes(handle: int) -> bool:
    """Prepare for the end of a C socket, which is not used by the program any more.

    Returns
    -------
    bool, whether to close it now; otherwise that will be done here
    """
    key = _telling.get(handle)
    if key is not None:
        if is_heard(key):
            _closed.add(key)
        else:
            try:
                _provide_listener(handle)
            except ZMQError:
                pass  # the context is ending, and libzmq waits for nobody
        _telling.pop(handle, None)
    for key in _listening.pop(handle, ()):
        try:
            _stop_telling(key)
        except ZMQError:
            pass
        if key in _closed:
            _closed.discard(key)
            if _is_connected(handle):
                keep((key[0], handle))
                return False
    if _kept:
        _sweep()
    return True


def _is_connected(handle: int) -> bool:
    """Tell whether a PAIR has a peer, which is there until it has told everything."""
    try:
        events = memory.read_option(handle, EVENTS, 4)
    except ZMQError:
        return False
    return bool(int.from_bytes(events, sys.byteorder) & POLLOUT)


def _sweep() -> None:
    for _ in range(len(_kept)):
        try:
            context, handle = _kept.pop(0)
        except IndexError:
            return
        if _is_connected(handle):
            _kept.append((context, handle))
        else:
            C.zmq_close(handle)


def context_ends(context: int) -> None:
    """Close what is kept of a C context."""
    for _ in range(len(_kept)):
        try:
            kept = _kept.pop(0)
        except IndexError:
            return
        if kept[0] == context:
            C.zmq_close(kept[1])
        else:
            _kept.append(kept)
    for key in [key for key in list(_closed) if key[0] == context]:
        _closed.discard(key)
