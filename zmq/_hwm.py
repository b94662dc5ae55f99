# SPDX-License-Identifier: BSD-3-Clause
"""What has to be seen to before a high water mark changes, because libzmq does not.

From 4.2 on libzmq tells the other end of each connection of a socket when a mark of
that socket changes, also where the other end is gone: it uses memory that was freed.
A connection is in that state when this socket has agreed to its end, the other one
has heard so, and this one has not heard that it did. So both take up what there is
to hear before a mark changes.

libzmq's own threads do that by themselves, within a moment. A socket of the program
does it when it is used. That matters for those that end a connection over inproc and
stay open: by disconnect(), and a PAIR or CHANNEL that has a peer already. One that
was last seen in another thread must not be touched from here: then the mark stays as
it is.
"""

from __future__ import annotations

import os
import time
from _thread import get_ident

from . import _socket_views
from ._ctypes import bind, errors, pollset
from ._endpoints import ONE_PEER
from ._fence import fence
from ._options import BYTES, KINDS, NOTED
from ._socket_errors import THREAD_SAFE
from .constants import Errno, PollEvent, SocketOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._monitors import Key

EAGAIN = int(Errno.EAGAIN)
EFSM = int(Errno.EFSM)
LAST_ENDPOINT = int(SocketOption.LAST_ENDPOINT)
FD = int(SocketOption.FD)
EVENTS = int(SocketOption.EVENTS)
POLLIN = int(PollEvent.POLLIN)
MARKS = frozenset(map(int, (SocketOption.SNDHWM, SocketOption.RCVHWM)))

KINDS.update(dict.fromkeys(MARKS, NOTED))

_PATIENCE = 5.0


class _End:
    """What is known of a C socket that was bound or connected over inproc.

    Attributes
    ----------
    keys : set of the endpoints
    thread : int, in which thread that was done the last time
    leaves : bool, whether it may have ended a connection, or may still
    """

    __slots__ = ("keys", "leaves", "thread")

    def __init__(self) -> None:
        self.keys: set[Key] = set()
        self.thread = 0
        self.leaves = False


_ends: dict[int, _End] = {}
"""By handle, as long as it is open."""

_at: dict[Key, list[int]] = {}
"""Inproc endpoint -> handles, once for each time that one was bound or connected there."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ends.clear)
    os.register_at_fork(after_in_child=_at.clear)


def meets(socket: Any, key: Key) -> None:
    """Take note that a socket is about to bind, or to connect to, an inproc endpoint."""
    end = _ends.setdefault(socket._handle, _End())
    end.keys.add(key)
    end.thread = get_ident()
    at = _at.setdefault(key, [])
    at.append(socket._handle)
    for handle in set(at):
        if _refuses(handle, len(at), handle == socket._handle):
            _ends[handle].leaves = True


def _refuses(handle: int, here: int, is_new: bool) -> bool:
    """Tell whether a socket ends connections because it takes but one."""
    for view in _socket_views.living(handle):
        if view._socket_type in ONE_PEER:
            return here > 2 or len(view._bound) + len(view._connected) + is_new > 1
    return False


def count(key: Key) -> int:
    """Return how many connections there may be at an inproc endpoint."""
    return len(_at.get(key, ()))


def leaves(handle: int) -> None:
    """Take note that a socket is about to disconnect from an inproc endpoint."""
    end = _ends.get(handle)
    if end is not None:
        end.leaves = True
        end.thread = get_ident()


def forget(handle: int) -> None:
    """Take note that a socket is about to be closed."""
    end = _ends.pop(handle, None)
    for key in () if end is None else end.keys:
        left = [other for other in _at[key] if other != handle]
        if left:
            _at[key] = left
        else:
            del _at[key]


def settle(socket: Any) -> None:
    """Wait until a high water mark of a socket may change.

    Raises
    ------
    zmq.ZMQError : a peer may have left over inproc without having heard the last of it, and
        belongs to another thread (EFSM); connections never stop ending (EAGAIN)
    """
    if bind.library.version < (4, 2) or not socket._read(LAST_ENDPOINT, BYTES):
        return
    end = _ends.get(socket._handle)
    others = set() if end is None else {other for key in end.keys for other in _at[key]}
    others = {other for other in others if _ends[other].leaves}
    for other in others:
        if _ends[other].thread != get_ident():
            raise errors.failure(
                f"{bind.strerror(EFSM)} ({socket._describe()}: a socket of another thread has ended a "
                "connection with it, and libzmq might end the process; set the mark before bind and "
                "connect)",
                EFSM,
            )
    _hear(socket)
    for other in others:
        for view in _socket_views.living(other):
            _hear(view)
    _wait_quiet(socket)


def _wait_quiet(socket: Any) -> None:
    """Hear what there is until nothing more comes while libzmq's threads answer."""
    context = socket._known_context()
    if context is None:
        return
    fence(context.underlying)
    if socket._socket_type in THREAD_SAFE:
        _hear(socket)
        return
    news = pollset.PollSet([(0, socket._read_int(FD), POLLIN)], False, pollset.current[0])
    deadline = time.monotonic() + _PATIENCE
    while news.poll(0):
        if time.monotonic() > deadline:
            raise errors.failure(
                f"{bind.strerror(EAGAIN)} ({socket._describe()}: too many connections come and go to "
                "set a high water mark)",
                EAGAIN,
            )
        _hear(socket)
        fence(context.underlying)


def _hear(socket: Any) -> None:
    socket._read_int(EVENTS)
    socket._processed()
