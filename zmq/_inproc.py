# SPDX-License-Identifier: BSD-3-Clause
"""Who is bound to which inproc endpoint, whose connections wait there, and who has left one.

Over inproc both ends of a connection belong to sockets of the program, and libzmq
works on them in the calls of either. It ends the process, waits for ever, or goes on
with memory that it has freed, where

- a ROUTER or REP that waited introduces itself to who binds, and has been disconnected
  meanwhile, or who binds is a PAIR or CHANNEL, a monitor too, that has a peer already;
- somebody who waited and has left is welcomed (XPUB_WELCOME_MSG, HELLO_MSG);
- who waited with CONFLATE has left, when somebody binds or the context ends: there is
  room for one message, and the last one says that it has left, where a first is expected;
- a thread-safe socket binds where another waited and has left, which a thread of
  libzmq is still to close;
- a context ends that has no slot left for a socket which libzmq binds where somebody
  waits, or has waited;
- a high water mark is set of one end while the other, which has disconnected, or turned
  the connection away because it has a peer already, has not been used since. Either end
  may have turned it away.

So it is written down here, where sockets bind, connect and leave, and asked before.
"""

from __future__ import annotations

import os
import time
from errno import EMFILE

from . import _socket_views
from ._ctypes import bind, errors, memory
from ._ctypes.bind import C
from ._socket_errors import THREAD_SAFE
from .constants import Errno, PollEvent, SocketOption, SocketType
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._monitors import Key

EFSM = int(Errno.EFSM)
CONFLATE = int(SocketOption.CONFLATE)
EVENTS = int(SocketOption.EVENTS)
POLLOUT = int(PollEvent.POLLOUT)

ONE_PEER = frozenset(map(int, (SocketType.PAIR, SocketType.CHANNEL)))
"""Types that have one peer, and end any other connection."""

_DEALER = int(SocketType.DEALER)
_INTRODUCED = frozenset(map(int, (SocketType.ROUTER, SocketType.REP)))
WELCOMES = frozenset(map(int, (SocketOption.XPUB_WELCOME_MSG, SocketOption.HELLO_MSG)))
_CONFLATING = frozenset(
    map(int, (SocketType.DEALER, SocketType.PULL, SocketType.PUSH, SocketType.PUB, SocketType.SUB))
)
_READY_WITH_PEERS = frozenset(
    map(int, (SocketType.PAIR, SocketType.CHANNEL, SocketType.DEALER, SocketType.PUSH, SocketType.REQ))
)
"""Types that can send when they have a peer; others always can, or never."""

_PATIENCE_S = 0.5

bound: dict[Key, int] = {}
"""Endpoint -> the C socket that is bound to it."""

waiting: dict[Key, list[tuple[int, int]]] = {}
"""Endpoint that nobody is bound to -> (C socket, its type) of each connection to it."""

_gone: dict[Key, list[int]] = {}
"""Endpoint that nobody was bound to since -> the types of those that waited and left; each once, after two."""

_parted: dict[int, set[Key]] = {}
"""C socket -> endpoints that it has disconnected from, while those who served there are open."""

_served: dict[int, set[Key]] = {}
"""C socket -> endpoints that it is bound to, or was."""

_used: dict[int, set[Key]] = {}
"""C socket -> endpoints that it is connected to."""

_met: dict[Key, int] = {}
"""Endpoint that one is, or was, bound to that takes one peer -> how many it may have had there or elsewhere."""

_conflating: dict[int, set[Key]] = {}
"""C socket -> endpoints where it waits, or has waited, with CONFLATE."""

_parked: dict[int, set[Key]] = {}
"""C socket that is closed as far as the program knows -> endpoints where it waits."""

welcoming: set[tuple[int, int]] = set()
"""C sockets that have a message for each who connects, with the option that is."""

if hasattr(os, "register_at_fork"):
    for _records in (
        *(bound, waiting, _gone, _parted, _served, _used, _met, _conflating, _parked, welcoming),
    ):
        os.register_at_fork(after_in_child=_records.clear)


# ----------------------------------------------------------------------
# what happens


def binds(handle: int, kind: int, key: Key, *, crowded: bool) -> None:
    """Take note that a C socket of some type has bound; nobody waits there any more.

    Parameters
    ----------
    handle, kind : int
    key : inproc endpoint with its context
    crowded : bool, whether it is of a type that takes one peer, and may have had one
    """
    bound[key] = handle
    _served.setdefault(handle, set()).add(key)
    there, gone = waiting.pop(key, ()), _gone.pop(key, ())
    if kind in ONE_PEER:
        _met[key] = len(there) + len(gone) + crowded
    else:
        _met.pop(key, None)
    _close_parked(key)


def introduced(key: Key) -> None:
    """Take note that nobody waits any more, because somebody was bound for a moment."""
    waiting.pop(key, None)
    _gone.pop(key, None)
    _close_parked(key)


def _close_parked(key: Key) -> None:
    for handle, keys in list(_parked.items()):
        if key not in keys:
            continue
        keys.discard(key)
        if keys:
            C.zmq_disconnect(handle, key[1])
        elif _parked.pop(handle, None) is not None:
            C.zmq_close(handle)


def monitors(key: Key) -> None:
    """Take note that a monitor is bound, which takes one peer."""
    count = len(waiting.get(key, ()))
    introduced(key)
    if count > 1:
        _met[key] = count


def connects(handle: int, kind: int, key: Key, *, crowded: bool) -> None:
    """Take note that a C socket of some type has connected.

    Parameters
    ----------
    handle, kind : int
    key : inproc endpoint with its context
    crowded : bool, whether it is of a type that takes one peer, and may have had one
    """
    _used.setdefault(handle, set()).add(key)
    if crowded:
        _parted.setdefault(handle, set()).add(key)
    if key not in bound:
        waiting.setdefault(key, []).append((handle, kind))
        if kind in _CONFLATING and bind.library.version >= (4, 0):
            cell = memory.read_option(handle, CONFLATE, 4)
            if any(cell):
                _conflating.setdefault(handle, set()).add(key)
    elif key in _met:
        _met[key] += 1


def connects_in_vain(handle: int, key: Key) -> None:
    """Take note that a C socket has connected to a monitor that somebody else listens to."""
    _used.setdefault(handle, set()).add(key)
    _met[key] = 2


def leaves(handle: int, key: Key) -> None:
    """Take note that a C socket has left: what it is bound to, or else connected to."""
    if bound.get(key) == handle:
        bound.pop(key, None)
        return
    _waits_no_more(handle, key)
    _used.get(handle, set()).discard(key)
    _parted.setdefault(handle, set()).add(key)


def closes(handle: int) -> bool:
    """Take note that a C socket is about to be closed.

    Returns
    -------
    bool, whether to close it now; otherwise that will be done here, when somebody binds where it waits
    """
    for key in list(_conflating.get(handle, ())):
        _park(handle, key)
    _conflating.pop(handle, None)
    for option in WELCOMES:
        welcoming.discard((handle, option))
    _parted.pop(handle, None)
    for key in _served.pop(handle, ()):
        if bound.get(key) == handle:
            bound.pop(key, None)
            _met.pop(key, None)
        for keys in list(_parted.values()):
            keys.discard(key)
    parked = _parked.get(handle, ())
    for key in _used.pop(handle, ()):
        if key in parked:
            continue
        if _waits_no_more(handle, key) & _INTRODUCED and key[0] and bind.library.version < (4, 2):
            # They do not survive it later, when somebody binds or the context ends.
            try:
                _introduce(key)
            except ZMQError:
                pass
    return not parked


def _park(handle: int, key: Key) -> None:
    """See to it that a C socket that waits with CONFLATE can be closed, now or when somebody binds."""
    there = [other for other, _ in waiting.get(key, ())]
    if handle not in there or not key[0]:
        return
    if there.count(handle) == len(there):
        try:
            _introduce(key)
        except ZMQError as error:
            if error.errno != EMFILE:
                return  # the context ends
        else:
            introduced(key)
            return
    # Others wait there too, and are to meet who binds.
    _parked.setdefault(handle, set()).add(key)


def _waits_no_more(handle: int, key: Key) -> set[int]:
    """Take note that a C socket does not wait any more; return its type, if it did."""
    there = waiting.get(key, [])
    left = [kind for other, kind in there if other == handle]
    if left:
        rest = [other for other in there if other[0] != handle]
        if rest:
            waiting[key] = rest
        else:
            waiting.pop(key, None)
        gone = _gone.setdefault(key, [])
        gone.extend(kind for kind in left if len(gone) < 2 or kind not in gone)
    return set(left)


def context_ends(context: int) -> None:
    """Forget the endpoints of a C context."""
    records: dict[Key, Any]
    for records in (bound, waiting, _gone, _met):
        for key in [key for key in list(records) if key[0] == context]:
            records.pop(key, None)
    for handle, keys in list(_parked.items()):
        if any(key[0] == context for key in keys):
            _parked.pop(handle, None)


# ----------------------------------------------------------------------
# what is refused


def check_bind(socket: Any, address: bytes, key: Key) -> None:
    """Refuse to bind what would end the process because of those that wait, or have waited.

    Parameters
    ----------
    socket : Socket, that is about to bind
    address : bytes
    key : the same with its context

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    kind = socket._socket_type
    there, gone = waiting.get(key, ()), _gone.get(key, ())
    if kind in ONE_PEER and there:
        _check_introductions(socket, address, key, bool(socket.last_endpoint))
    if not gone:
        return
    if any((socket._handle, option) in welcoming for option in WELCOMES):
        why = "end the process when it welcomes it"
    elif kind in THREAD_SAFE and not THREAD_SAFE.isdisjoint(gone):
        why = "perhaps wait for ever"
    else:
        return
    if there or not key[0]:
        raise _refusal(
            socket,
            address,
            f"a socket waited there and has left, and libzmq would {why}; bind before others connect, or "
            "take another name",
        )
    # What those that left wanted to send is lost.
    _introduce(key)
    introduced(key)


def check_monitor(socket: Any, address: bytes, key: Key) -> None:
    """Refuse a monitor that would end the process, or that nobody could listen to.

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    _check_introductions(socket, address, key, False)
    there, gone = waiting.get(key, ()), _gone.get(key, ())
    # The first that waited would be its one peer.
    first = _socket_views.living(there[0][0]) if there else []
    elsewhere = there and (
        there[0][0] in _parked or any(len(view._bound) + len(view._connected) > 1 for view in first)
    )
    if elsewhere or (gone and (there or not key[0])):
        raise _refusal(
            socket,
            address,
            "a socket waits there that has a peer elsewhere, or waited and has left, and nobody else "
            "could listen; take another name",
        )
    if gone:
        _introduce(key)
        introduced(key)


def _check_introductions(socket: Any, address: bytes, key: Key, has_peer: bool) -> None:
    there = waiting.get(key, ())
    alone = not has_peer and len(there) + len(_gone.get(key, ())) < 2
    if not alone and _INTRODUCED.intersection(kind for _, kind in there):
        raise _refusal(
            socket,
            address,
            "a ROUTER or REP is connected already, and is not the only peer of one that takes one",
        )


def check_connect(socket: Any, address: bytes, key: Key) -> None:
    """Refuse a second connection of a PAIR where libzmq before 4.2 introduces it, to end the process.

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    if bind.library.version >= (4, 2) or socket._socket_type not in ONE_PEER or not socket._handle:
        return
    binder = _socket_views.living(bound.get(key, 0))
    if binder and binder[0]._socket_type not in _INTRODUCED:
        return
    if _used.get(socket._handle) or socket._connected or socket._read_int(EVENTS) & POLLOUT:
        raise _refusal(socket, address, "it has its one peer already; disconnect from that one first")
    if _parted.get(socket._handle):
        raise _refusal(socket, address, "the one peer that it left may be there still; take another socket")


def check_leave(socket: Any, address: bytes, key: Key) -> None:
    """Refuse to disconnect a ROUTER or REP that waits, or who waits with CONFLATE.

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    handle, kind = socket._handle, socket._socket_type
    harmful = kind in _INTRODUCED or key in _conflating.get(handle, ())
    if harmful and (handle, kind) in waiting.get(key, ()):
        raise _refusal(
            socket,
            address,
            "nobody has bound there yet, and libzmq would end the process then; close it instead",
        )


def check_marks(socket: Any) -> None:
    """Refuse to set a high water mark while a connection to the socket is left half ended.

    Raises
    ------
    zmq.ZMQError : EFSM
    """
    for key in _served.get(socket._handle, ()):
        if any(key in keys for keys in list(_parted.values())):
            raise _refusal(
                socket,
                key[1],
                "a socket has disconnected from there, or may have turned this one away because it "
                "takes one peer, and libzmq might use freed memory; close that one, or set high water "
                "marks before",
            )
    for key in _used.get(socket._handle, set()) | _parted.get(socket._handle, set()):
        binder = _socket_views.living(bound.get(key, 0)) if key in _met else ()
        crowded = any(len(view._bound) + len(view._connected) > 1 for view in binder)
        if (crowded or _met.get(key, 0) > 1) and not _has_its_peer(socket):
            raise _refusal(
                socket,
                key[1],
                "who is bound there takes one peer and may have turned this one away, and libzmq might "
                "use freed memory; set high water marks before",
            )


def _has_its_peer(socket: Any) -> bool:
    """Tell whether a socket certainly has the one peer that it is to have."""
    return (
        socket._socket_type in _READY_WITH_PEERS
        and len(socket._bound) + len(socket._connected) == 1
        and bool(socket._read_int(EVENTS) & POLLOUT)
    )


def _refusal(socket: Any, address: bytes, why: str) -> ZMQError:
    return errors.failure(
        f"{bind.strerror(EFSM)} (addr={address.decode('utf-8', 'replace')!r}: {why}; "
        f"{socket._describe()})",
        EFSM,
    )


# ----------------------------------------------------------------------
# seeing to those that wait


def _introduce(key: Key) -> None:
    """Have connections that wait introduced to somebody.

    Raises
    ------
    zmq.ZMQError : there is no slot for one more socket (EMFILE)
    """
    listener = bind.open_socket(key[0], _DEALER)  # which takes any number of them
    try:
        C.zmq_bind(listener, key[1])
        if bind.library.version >= (4, 1):
            C.zmq_unbind(listener, key[1])  # at once, while the socket is closed in the background
    finally:
        C.zmq_close(listener)


def check_end(context: int, count: Callable[[], int]) -> None:
    """See to those that wait in a C context that is about to end.

    Parameters
    ----------
    context : int
    count : callable, returns how many sockets are open in it

    Raises
    ------
    zmq.ZMQError : there is no slot for one more socket (EMFILE)
    """
    if not waiting and not _gone:
        return
    ends = time.monotonic() + _PATIENCE_S
    for key in {key for key in (*waiting, *_gone) if key[0] == context}:
        while True:
            try:
                _introduce(key)
            except ZMQError as error:
                if error.errno != EMFILE:
                    break
                # libzmq closes sockets in the background, and counts them until it is done.
                if time.monotonic() > ends:
                    raise errors.failure(
                        f"{bind.strerror(EMFILE)} (the context cannot end: it has {count()} open sockets "
                        "and others that wait in the background, max_sockets together, and libzmq would "
                        f"end the process; bind {key[1].decode('utf-8', 'replace')}, where somebody waits, "
                        "or close sockets that do not wait)",
                        EMFILE,
                    ) from None
                time.sleep(0.001)
            else:
                break
        introduced(key)
