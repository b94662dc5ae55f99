# SPDX-License-Identifier: BSD-3-Clause
"""Which thread-safe sockets are connected to each other over inproc, and how one is closed.

A closed socket is worked on by a thread of libzmq's, which takes no turns
(:mod:`zmq._ctypes.turns`). It waits for a peer that is being worked on, and the peer
for it, where one call tells the closed socket two things of which it answers the
first: that a connection ends, or that its end is agreed to. Two rules leave each
call only one of them:

- before anything else is done with a peer, it knows that the socket has ended the
  connection, and has but to agree: who closes a socket waits until libzmq's thread
  has said so;
- two sockets have one connection with each other.
"""

from __future__ import annotations

import os

from . import _inproc
from ._ctypes import bind, errors, memory, turns
from ._ctypes.bind import C
from ._fence import fence
from ._socket_errors import THREAD_SAFE
from .constants import Errno, SocketOption
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._monitors import Key

EINVAL = int(Errno.EINVAL)
EVENTS = int(SocketOption.EVENTS)

_links: dict[tuple[int, int], Key] = {}
"""(connected, bound) -> where they met."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_links.clear)


def check(socket: Any, key: Key, *, binds: bool) -> None:
    """Refuse a second connection between two sockets.

    Parameters
    ----------
    socket : Socket, of a thread-safe type
    key : inproc endpoint that it is about to bind, or to connect to
    binds : bool

    Raises
    ------
    zmq.ZMQError : EINVAL
    """
    handle = socket._handle
    waiting = _waiting(key)
    if binds:
        again = len(set(waiting)) < len(waiting) or any(_linked(handle, other) for other in waiting)
    else:
        binder = _inproc.bound.get(key)
        again = handle in waiting if binder is None else _linked(handle, binder)
    if again:
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (addr={key[1].decode('utf-8', 'replace')!r}: it would be a second "
            f"connection between {socket._describe()} and one thread-safe socket over inproc, and "
            "libzmq might wait for ever when one of them is closed)",
            EINVAL,
        )


def _waiting(key: Key) -> list[int]:
    return [other for other, kind in _inproc.waiting.get(key, ()) if kind in THREAD_SAFE]


def _linked(handle: int, other: int) -> bool:
    return (handle, other) in _links or (other, handle) in _links


def meets(handle: int, key: Key, *, binds: bool) -> None:
    """Take note that a thread-safe socket has bound, or connected to, an inproc endpoint."""
    if binds:
        for other in _waiting(key):
            _links[other, handle] = key
    elif _inproc.bound.get(key) in turns.shared:
        _links[handle, _inproc.bound[key]] = key


def parts(handle: int, key: Key) -> None:
    """Take note that a thread-safe socket has left an inproc endpoint that it was connected to."""
    for pair in [pair for pair, where in list(_links.items()) if pair[0] == handle and where == key]:
        _links.pop(pair, None)


def close(handle: int, context: int, closed: list[int]) -> None:
    """Close a C socket that takes turns.

    Parameters
    ----------
    handle : int
    context : int, its C context; 0 if that is not known
    closed : list, to which the result is added in one step with the call
    """
    with turns.of(handle):
        turns.shared.discard(handle)
        pairs = [pair for pair in list(_links) if handle in pair]
        for pair in pairs:
            _links.pop(pair, None)
        try:
            memory.read_option(handle, EVENTS, 4)
        except ZMQError:
            pass  # the context ends
        closed.extend(map(C.zmq_close, (handle,)))
        if pairs and context:
            fence(context)
        turns.happened()
