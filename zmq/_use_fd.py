# SPDX-License-Identifier: BSD-3-Clause
"""Descriptors to listen at (USE_FD), which libzmq takes as they are.

It listens at whatever has the number, and ends the process when that is no
listening socket, or when it listens there already.
"""

from __future__ import annotations

import os
import sys

from ._ctypes import bind, errors
from .constants import Errno, SocketOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

EINVAL = int(Errno.EINVAL)
USE_FD = int(SocketOption.USE_FD)

_FAMILIES = {b"tcp": ("AF_INET", "AF_INET6"), b"ipc": ("AF_UNIX",)}

_given: set[tuple[int, int]] = set()
"""(descriptor, inode) of what libzmq listens at."""


def check(socket: Any, address: bytes, bound: Callable[[], list[str]]) -> None:
    """Refuse a descriptor that libzmq cannot listen at.

    Parameters
    ----------
    socket : Socket
    address : bytes, the endpoint that it is about to bind
    bound : callable, returns the endpoints that all sockets are bound to

    Raises
    ------
    zmq.ZMQError : it is no listening socket for that transport, or in use (EINVAL)
    """
    transport = address.partition(b"://")[0]
    if transport not in _FAMILIES or bind.library.version < (4, 2) or not socket._handle:
        return
    fd = socket._read_int(USE_FD)
    if fd == -1:
        return
    why = _why_not(fd, _FAMILIES[transport], bound)
    if why:
        raise errors.failure(
            f"{bind.strerror(EINVAL)} (use_fd={fd}: {why}; {socket._describe()} cannot listen there)",
            EINVAL,
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
