# SPDX-License-Identifier: BSD-3-Clause
"""Names for connections (CONNECT_ROUTING_ID), because libzmq does not survive one that is taken.

With that option a program says what the peer of the next connect() is called. If
the socket has a peer of that name already, zmq_connect ends the process, in every
release; and a name stays taken for a while after disconnect(), as long as
messages are waiting or nobody at the other end has looked. No function of a stable
build tells whether a name is taken. So the option is kept here until connect(),
for there is no taking it back, and then:

- what this program itself has named is known;
- a ROUTER refuses to send to a name that nobody has (ROUTER_MANDATORY), which
  tells of every peer that can be reached. Only if there is one, where libzmq would
  have ended the process, something is sent: an empty message;
- a peer that is going away cannot be reached and still has its name. A ROUTER does
  not listen to a second peer of one name, so a DEALER that is called like that is
  connected for a moment: what is sent to the name reaches it, or nobody.

A STREAM says by itself whether it knows a name. A REP shows its peers' names to
nobody, so for it the option is accepted and does nothing.
"""

from __future__ import annotations

import itertools
import os

from ._ctypes import bind, errors, memory
from ._ctypes.bind import C
from ._options import KINDS, NOTED, c_int_bytes
from .constants import Errno, Flag, SocketOption, SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEALER = int(SocketType.DEALER)
REP = int(SocketType.REP)
ROUTER = int(SocketType.ROUTER)
STREAM = int(SocketType.STREAM)

CONNECT_ROUTING_ID = int(SocketOption.CONNECT_ROUTING_ID)
EVENTS = int(SocketOption.EVENTS)
IMMEDIATE = int(SocketOption.IMMEDIATE)
LINGER = int(SocketOption.LINGER)
RECONNECT_IVL = int(SocketOption.RECONNECT_IVL)
ROUTER_HANDOVER = int(SocketOption.ROUTER_HANDOVER)
PROBE_ROUTER = int(SocketOption.PROBE_ROUTER)
ROUTER_RAW = int(SocketOption.ROUTER_RAW)
ROUTER_MANDATORY = int(SocketOption.ROUTER_MANDATORY)
ROUTING_ID = int(SocketOption.ROUTING_ID)

DONTWAIT = int(Flag.DONTWAIT)
MORE_NOW = DONTWAIT | int(Flag.SNDMORE)
EADDRINUSE = int(Errno.EADDRINUSE)
EINVAL = int(Errno.EINVAL)
EHOSTUNREACH = int(Errno.EHOSTUNREACH)

LONGEST = 255
"""Bytes of the longest name that a peer can give itself."""

# Neither can be read back, and both are changed for a moment to find out about a name.
KINDS[ROUTER_MANDATORY] = KINDS[ROUTER_HANDOVER] = NOTED

_NOT_BOTH = {PROBE_ROUTER: ROUTER_RAW, ROUTER_RAW: PROBE_ROUTER}
KINDS.update(dict.fromkeys(_NOT_BOTH, NOTED))

_numbers = itertools.count()


class Names:
    """What is known of one C socket.

    Attributes
    ----------
    wanted : bytes, the name for the next connection, or None
    given : dict, name of a connection -> its endpoint, as the program and as libzmq call it
    past : set of names that were disconnected
    noted : dict, option -> value, for those that cannot be read back
    """

    __slots__ = ("given", "noted", "past", "wanted")

    def __init__(self) -> None:
        self.wanted: bytes | None = None
        self.given: dict[bytes, tuple[bytes, bytes]] = {}
        self.past: set[bytes] = set()
        self.noted: dict[int, int] = {}


known: dict[int, Names] = {}
"""C sockets for which one of the options was set, by handle."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=known.clear)


def keeps(kind: int) -> bool:
    """Tell whether the option of this type of socket is kept here."""
    return kind in (ROUTER, STREAM, REP) and bind.library.version >= (4, 1)


def want(handle: int, name: bytes) -> None:
    """Take note of the name for the next connection."""
    known.setdefault(handle, Names()).wanted = name


def check_noted(socket: Any, option: int, value: int) -> None:
    """Refuse options with which libzmq ends the process.

    A raw ROUTER has no empty message to send as a probe; a REP, which is a ROUTER inside, does
    not expect that its peer may be gone.

    Raises
    ------
    zmq.ZMQError : EINVAL
    """
    if value and option == ROUTER_MANDATORY and socket._socket_type == REP:
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (setting ROUTER_MANDATORY of {socket._describe()}: libzmq would "
            "end the process when a peer has left before its request is received)",
            EINVAL,
        )
    names = known.get(socket._handle)
    other = _NOT_BOTH.get(option)
    if value and names is not None and other is not None and names.noted.get(other):
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (setting {SocketOption(option).name} of {socket._describe()}: "
            f"with {SocketOption(other).name} libzmq would end the process when it connects)",
            EINVAL,
        )


def note(handle: int, option: int, value: int) -> None:
    """Take note of an option that cannot be read back."""
    known.setdefault(handle, Names()).noted[option] = value


def connect(socket: Any, names: Names, address: bytes) -> None:
    """Connect a socket for which a name is wanted.

    Raises
    ------
    zmq.ZMQError : the name is taken (EADDRINUSE); as zmq_connect
    """
    name = names.wanted
    if name is None or socket._socket_type == REP:
        names.wanted = None
        C.zmq_connect(socket._handle, address)
        return
    why = _taken(socket, names, name)
    if why:
        raise errors.failure(
            f"{bind.strerror(EADDRINUSE)} (connect_routing_id={name!r}: {why}, and libzmq would end "
            f"the process; {socket._describe()})",
            EADDRINUSE,
        )
    C.zmq_setsockopt(socket._handle, CONNECT_ROUTING_ID, name, len(name))
    try:
        C.zmq_connect(socket._handle, address)
    except BaseException:
        _use_up(socket)
        raise
    names.given[name] = (address, socket.last_endpoint)
    names.wanted = None


def disconnected(handle: int, address: bytes) -> None:
    """Take note that the connections to an endpoint are being ended."""
    names = known.get(handle)
    if names is None:
        return
    for name in [name for name, endpoints in names.given.items() if address in endpoints]:
        del names.given[name]
        names.past.add(name)


def _taken(socket: Any, names: Names, name: bytes) -> str:
    """Return why a name cannot be used, or nothing."""
    if name in names.given and not _may_have_ended(socket, names.given[name][0]):
        return "a connection of that name is there"
    # Only now does the socket know who came and who has gone.
    socket._read_int(EVENTS)
    if socket._socket_type == STREAM:
        return _taken_in_stream(socket, names, name)
    if bind.exports("zmq_socket_get_peer_state"):
        if C.zmq_socket_get_peer_state(socket._handle, name, len(name)) != -1:
            return "a peer of that name is there"
        return ""
    if bind.library.version >= (4, 2) and len(name) > LONGEST:
        return "it was used before and is too long to be looked up" if name in names.past else ""
    return _Probe(socket, names).taken(name)


def _may_have_ended(socket: Any, address: bytes) -> bool:
    """Tell whether libzmq gives up this connection by itself when the peer goes."""
    return (
        address.startswith(b"inproc:")
        or socket._read_int(IMMEDIATE) == 1
        or socket._read_int(RECONNECT_IVL) == -1
    )


def _taken_in_stream(socket: Any, names: Names, name: bytes) -> str:
    if len(name) == 5 and name.startswith(b"\0"):
        return "libzmq names peers like that itself"
    used = name in names.past or name in names.given
    if not used or _send(socket._handle, name, MORE_NOW) == EHOSTUNREACH:
        return ""
    return "a connection of that name is still being ended"


def _send(handle: int, data: bytes, flags: int) -> int:
    """Send, and return 0 or the error number."""
    while C.zmq_send(handle, data, len(data), flags) == -1:
        errnum = errors.last_errno()
        if errnum != errors.EINTR:
            return errnum
    return 0


class _Probe:
    """Finds out whether a ROUTER knows a name."""

    def __init__(self, socket: Any, names: Names) -> None:
        self.socket = socket
        self.names = names

    def taken(self, name: bytes) -> str:
        """Return why a name cannot be used, or nothing."""
        handle = self.socket._handle
        self._option(ROUTER_MANDATORY, 1)
        self._option(ROUTER_HANDOVER, 0)
        try:
            errnum = _send(handle, name, MORE_NOW)
            if not errnum:
                _send(handle, b"", DONTWAIT)
            if errnum != EHOSTUNREACH:
                return "a peer of that name is there"
            if bind.library.version < (4, 2):
                return ""  # until then a peer that is going away is called busy, not unreachable
            if not self._free(name):
                return "a peer of that name is still being disconnected"
            return ""
        finally:
            for option in (ROUTER_MANDATORY, ROUTER_HANDOVER):
                self._option(option, self.names.noted.get(option, 0))

    def _option(self, option: int, value: int) -> None:
        C.zmq_setsockopt(self.socket._handle, option, c_int_bytes(value), 4)

    def _free(self, name: bytes) -> bool:
        """Tell whether a peer that calls itself ``name`` is accepted."""
        handle = self.socket._handle
        with _Peer(self.socket, name) as peer:
            if _send(handle, name, MORE_NOW):
                return False
            _send(handle, b"", DONTWAIT)
            peer.receive()
            return True


def _use_up(socket: Any) -> None:
    """Have libzmq forget the name that it keeps for the next connection."""
    with _Peer(socket, None) as peer:
        peer.receive()


class _Peer:
    """A socket that the one in question is connected to for a moment.

    Connecting over inproc and disconnecting again is complete at the end of the with
    block: each side handles what the other has sent, in the thread of the caller.
    """

    def __init__(self, socket: Any, name: bytes | None) -> None:
        self.other = socket._handle
        self.address = b"inproc://zmq-name-%x-%d" % (os.getpid(), next(_numbers))
        context = socket._context
        if context is None:
            raise errors.failure(
                f"{bind.strerror(EADDRINUSE)} ({socket._describe()} has no context here: its names "
                "cannot be looked up)",
                EADDRINUSE,
            )
        self.handle = bind.open_socket(context._checked_handle(), DEALER)
        try:
            self._open(name)
        except BaseException:
            C.zmq_close(self.handle)
            raise

    def _open(self, name: bytes | None) -> None:
        C.zmq_setsockopt(self.handle, LINGER, c_int_bytes(0), 4)
        if name is not None:
            C.zmq_setsockopt(self.handle, ROUTING_ID, name, len(name))
        C.zmq_bind(self.handle, self.address)
        C.zmq_connect(self.other, self.address)

    def receive(self) -> None:
        """Take what has come out of the way of what is to come."""
        msg_p = memory.take()
        while C.zmq_msg_recv(msg_p, self.handle, DONTWAIT) >= 0:
            pass
        memory.release(msg_p)
        memory.give(msg_p)

    def __enter__(self) -> _Peer:
        return self

    def __exit__(self, *args: object) -> None:
        try:
            C.zmq_disconnect(self.other, self.address)
            for _ in range(3):
                memory.read_option(self.handle, EVENTS, 4)
                memory.read_option(self.other, EVENTS, 4)
        finally:
            C.zmq_close(self.handle)
