# SPDX-License-Identifier: BSD-3-Clause
"""What a failed operation of a socket says, and what to do about it."""

from __future__ import annotations

import errno
import os
import sys

from ._ctypes import bind as _bind
from ._ctypes import errors
from .constants import TYPE_SINCE, Errno, SocketOption, SocketType
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EFSM = int(Errno.EFSM)
EINVAL = int(Errno.EINVAL)
ENOTSUP = int(Errno.ENOTSUP)

IPC_PATH_MAX_LEN: int = 107 if sys.platform.startswith(("linux", "android")) else 103

THREAD_SAFE = frozenset(
    map(
        int,
        (
            SocketType.CLIENT,
            SocketType.SERVER,
            SocketType.RADIO,
            SocketType.DISH,
            SocketType.GATHER,
            SocketType.SCATTER,
            SocketType.PEER,
            SocketType.CHANNEL,
        ),
    )
)
"""Types that lock a mutex in every call and cannot be polled in stable builds."""

_DGRAM = int(SocketType.DGRAM)
_SENDS_NOT = frozenset(
    map(int, (SocketType.PULL, SocketType.SUB, SocketType.DISH, SocketType.GATHER))
)
_RECEIVES_NOT = frozenset(
    map(int, (SocketType.PUSH, SocketType.PUB, SocketType.RADIO, SocketType.SCATTER))
)


def names(endpoints: list[str]) -> str:
    shown = ", ".join(endpoints[:3]).encode("utf-8", "backslashreplace").decode("utf-8")
    return f"{shown} and {len(endpoints) - 3} more" if len(endpoints) > 3 else shown


def option_name(option: int) -> str:
    try:
        return SocketOption(option).name
    except ValueError:
        return f"unknown option {option}"


def hint(errnum: int, doing: str, socket_type: int) -> str:
    """Return what to do about a failed send or recv, or nothing."""
    if errnum == ENOTSUP:
        if doing == "send" and socket_type in _SENDS_NOT:
            return "this type only receives"
        if doing == "recv" and socket_type in _RECEIVES_NOT:
            return "this type only sends"
    if errnum == EFSM:
        if socket_type == SocketType.REQ:
            return (
                "a REQ must recv the reply before the next send; set req_relaxed to give it up"
                if doing == "send"
                else "a REQ must send a request before it can recv"
            )
        if socket_type == SocketType.REP:
            return (
                "a REP must recv a request before it can send"
                if doing == "send"
                else "a REP must send its reply before the next recv"
            )
    if errnum == int(Errno.EHOSTUNREACH):
        if socket_type in THREAD_SAFE:
            return "no peer has this routing_id; take that of a message received"
        return "no peer has the routing id of the first part"
    if errnum == EINVAL and doing == "send":
        if socket_type in THREAD_SAFE:
            return "messages of this type have one part"
        if socket_type == _DGRAM:
            return "a message has two parts: the peer's address, and what is sent to it"
    return ""


def socket_failure(error: ZMQError, context: Any, kind: int) -> Exception:
    if error.errno == EINVAL:
        since = TYPE_SINCE.get(kind)
        if since and _bind.library.version < since:
            return _bind.missing(f"socket type {SocketType(kind).name}", since, draft=False)
        text = f"{error} (no socket type {kind} in libzmq {_bind.dotted(_bind.library.version)})"
        return errors.failure(text, EINVAL)
    if error.errno == errno.EMFILE:
        text = (
            f"{error} ({context!r}: close sockets, raise zmq.MAX_SOCKETS of the context, or the "
            "process's limit of open files)"
        )
        return errors.failure(text, error.errno)
    return error


def endpoint_failure(error: ZMQError, address: bytes, addr: Any, socket: Any) -> ZMQError:
    errnum = error.errno
    text = f"{error} (addr={addr!r}"
    if isinstance(addr, bytes):
        text = f"{error} (addr={address.decode('utf-8', 'replace')!r}"
    transport = address.partition(b"://")[0].decode("utf-8", "replace")
    if errnum == int(Errno.EPROTONOSUPPORT):
        text += f": this libzmq has no transport {transport!r}"
    elif errnum == int(Errno.ENOCOMPATPROTO) and transport == "udp":
        text += f": over udp a RADIO connects, a DISH and a DGRAM bind, not {socket._describe()}"
    elif errnum == int(Errno.ENOCOMPATPROTO):
        text += f": {socket._describe()} cannot use transport {transport!r}"
    elif errnum == errno.ENAMETOOLONG:
        path = address.partition(b"://")[2]
        text = (
            f"{error}: ipc path {os.fsdecode(path)!r} is {len(path)} bytes long, at most "
            f"{IPC_PATH_MAX_LEN} are possible (sizeof(sockaddr_un.sun_path)) (addr={addr!r}"
        )
    elif errnum == errno.ENOENT and transport == "udp":
        text += ": libzmq takes no udp endpoint back; close the socket"
    elif errnum == errno.ENOENT:
        text += f": {socket._describe()} has no such endpoint"
    elif errnum == EINVAL:
        text += ": expected transport://address"
    return errors.failure(text + ")", errnum)
