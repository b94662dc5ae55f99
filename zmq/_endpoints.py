# SPDX-License-Identifier: BSD-3-Clause
"""What has to be seen to before libzmq binds or connects, because libzmq does not.

It listens at whatever descriptor has the number in USE_FD, and ends the process when
that is no listening socket, or when it listens there already. Older releases do so
too when there is no such device as in BINDTODEVICE, or divide by a RECONNECT_IVL of
0; newer ones when a SOCKS proxy is not there. What answers a handshake's question for
authentication has to be of one of three types. A DGRAM can do nothing but udp, and a
STREAM gets parts over inproc that it cannot have.
"""

from __future__ import annotations

import errno
import os
import sys

from ._ctypes import bind, errors
from ._options import BYTES
from .constants import Errno, SocketOption, SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ECONNREFUSED = int(Errno.ECONNREFUSED)
EINVAL = int(Errno.EINVAL)
ENOCOMPATPROTO = int(Errno.ENOCOMPATPROTO)
BINDTODEVICE = int(SocketOption.BINDTODEVICE)
RECONNECT_IVL = int(SocketOption.RECONNECT_IVL)
SOCKS_PROXY = int(SocketOption.SOCKS_PROXY)
USE_FD = int(SocketOption.USE_FD)

_PROXY_S = 3.0

_FAMILIES = {b"tcp": ("AF_INET", "AF_INET6"), b"ipc": ("AF_UNIX",)}

_ZAP_TYPES = frozenset(map(int, (SocketType.REP, SocketType.ROUTER, SocketType.SERVER)))

_DGRAM = int(SocketType.DGRAM)
_STREAM = int(SocketType.STREAM)

_given: set[tuple[int, int]] = set()
"""(descriptor, inode) of what libzmq listens at."""


def check_bind(socket: Any, address: bytes, bound: Callable[[], list[str]]) -> None:
    """Refuse to bind what libzmq would not survive.

    Parameters
    ----------
    socket : Socket
    address : bytes, the endpoint that it is about to bind
    bound : callable, returns the endpoints that all sockets are bound to

    Raises
    ------
    zmq.ZMQError : USE_FD is no listening socket for that transport, or is in use (EINVAL);
        there is no such device as in BINDTODEVICE (ENODEV)
    """
    transport = address.partition(b"://")[0]
    if transport not in _FAMILIES or bind.library.version < (4, 2) or not socket._handle:
        return
    _check_device(socket)
    fd = socket._read_int(USE_FD)
    if fd == -1:
        return
    why = _why_not(fd, _FAMILIES[transport], bound)
    if why:
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (use_fd={fd}: {why}; {socket._describe()} cannot listen there)",
            EINVAL,
        )


def check_transport(kind: int, address: bytes) -> None:
    """Refuse a transport that a type of socket does not survive.

    Raises
    ------
    zmq.ZMQError : ENOCOMPATPROTO
    """
    transport, found, _ = address.partition(b"://")
    if not found:
        return
    if (kind == _DGRAM and transport != b"udp") or (kind == _STREAM and transport == b"inproc"):
        raise errors.failure(errnum=ENOCOMPATPROTO)


def check_connect(socket: Any, address: bytes) -> None:
    """Refuse to connect what libzmq would not survive.

    Parameters
    ----------
    socket : Socket
    address : bytes, the endpoint that it is about to connect to

    Raises
    ------
    zmq.ZMQError : RECONNECT_IVL is 0 (EINVAL, before 4.3.4); there is no such device as in
        BINDTODEVICE (ENODEV); nobody listens at SOCKS_PROXY (ECONNREFUSED, from 4.3 on)
    """
    version = bind.library.version
    if not socket._handle or address.startswith(b"inproc:"):
        return
    if version >= (4, 3) and address.startswith(b"tcp:"):
        _check_proxy(socket)
    if version >= (4, 3, 4):
        return
    _check_device(socket)
    if socket._read_int(RECONNECT_IVL) == 0:
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (reconnect_ivl=0: libzmq {bind.dotted(version)} divides by it; "
            f"give {socket._describe()} one of 1 ms or more)",
            EINVAL,
        )


def _check_proxy(socket: Any) -> None:
    """Refuse a proxy that is not there: libzmq ends the process when it is not let in."""
    proxy = os.fsdecode(socket._read(SOCKS_PROXY, BYTES))
    if not proxy:
        return
    import socket as plain

    host, _, port = proxy.rpartition(":")
    try:
        plain.create_connection((host.strip("[]"), int(port)), _PROXY_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise errors.failure(
            f"{bind.strerror(ECONNREFUSED)} (socks_proxy={proxy!r}: {error}; libzmq "
            f"{bind.dotted(bind.library.version)} would end the process; {socket._describe()})",
            ECONNREFUSED,
        ) from None


def check_zap_handler(socket: Any, address: bytes, kind: int) -> None:
    """Refuse a socket for authentication that libzmq would not survive.

    Parameters
    ----------
    socket : Socket
    address : bytes, the endpoint that it is about to bind
    kind : int, the type of the socket that would be there

    Raises
    ------
    zmq.ZMQError : it cannot be an authentication handler (EINVAL)
    """
    if address == b"inproc://zeromq.zap.01" and kind not in _ZAP_TYPES:
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (addr={address.decode()!r}: an authentication handler is a REP, "
            f"ROUTER or SERVER; anything else there, for {socket._describe()}, would end the process "
            "at the next handshake)",
            EINVAL,
        )


def _check_device(socket: Any) -> None:
    if not (4, 2, 3) <= bind.library.version < (4, 3):
        return
    device = socket._read(BINDTODEVICE, BYTES)
    if not device:
        return
    from socket import if_nameindex

    if os.fsdecode(device) not in {name for _, name in if_nameindex()}:
        raise errors.failure(
            f"{bind.strerror(errno.ENODEV)} (bindtodevice={device!r}; {socket._describe()})",
            errno.ENODEV,
        )


def _why_not(fd: int, families: tuple[str, ...], bound: Callable[[], list[str]]) -> str:
    import socket as plain

    if fd < 0:
        return "descriptors are not negative"
    try:
        looked_at = plain.socket(fileno=fd)
    except OSError as error:
        return f"it is no socket: {error.strerror}"
    try:
        if looked_at.family not in {getattr(plain, name, None) for name in families}:
            return f"the socket is of family {looked_at.family!r}"
        if not looked_at.getsockopt(plain.SOL_SOCKET, plain.SO_ACCEPTCONN):
            return "the socket does not listen"
        if _is_bound(looked_at.getsockname(), bound()):
            return "libzmq listens there"
    except OSError as error:
        return f"it cannot be listened at: {error.strerror}"
    finally:
        looked_at.detach()
    if sys.platform != "win32":
        known = (fd, os.fstat(fd).st_ino)
        if known in _given:
            return "it is listened at already"
        _given.add(known)
    return ""


def _is_bound(name: Any, bound: list[str]) -> bool:
    """Tell whether the address of a listening socket is that of an endpoint."""
    if isinstance(name, tuple):
        return any(one.startswith("tcp://") and one.endswith(f":{name[1]}") for one in bound)
    path = os.fsdecode(name)
    return f"ipc://{'@' + path[1:] if path[:1] == chr(0) else path}" in bound
