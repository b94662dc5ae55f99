# SPDX-License-Identifier: BSD-3-Clause
"""Reading the events of a monitored socket."""

from __future__ import annotations

import struct
from typing import overload

from ..constants import Event
from ..error import _check_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Protocol, TypedDict

    class _MonitorMessage(TypedDict):
        event: Event
        value: int
        endpoint: bytes

    class _SyncSocket(Protocol):
        def recv_multipart(self, flags: int = ...) -> list[bytes]: ...

    class _AsyncSocket(Protocol):
        def recv_multipart(self, flags: int = ...) -> Awaitable[list[bytes]]: ...


__all__ = ["parse_monitor_message", "recv_monitor_message"]

_EVENT = struct.Struct("=Hi")


def parse_monitor_message(msg: list[bytes]) -> _MonitorMessage:
    """Take a monitor message apart.

    Parameters
    ----------
    msg : list of bytes, the two frames that a monitor socket received

    Returns
    -------
    dict: ``event`` is the zmq.Event; ``value`` an int: a descriptor, an errno, a time in ms or
        a ZAP status, depending on the event, and a zmq.Event where the event is
        HANDSHAKE_FAILED_PROTOCOL; ``endpoint`` bytes

    Raises
    ------
    RuntimeError : not such a message
    """
    if len(msg) != 2 or len(msg[0]) != _EVENT.size:
        raise RuntimeError(f"Invalid event message format: {msg}")
    number, value = _EVENT.unpack(msg[0])
    event = Event(number)
    if event == Event.HANDSHAKE_FAILED_PROTOCOL:
        value = Event(value)
    return {"event": event, "value": value, "endpoint": msg[1]}


@overload
def recv_monitor_message(socket: _SyncSocket, flags: int = 0) -> _MonitorMessage: ...


@overload
def recv_monitor_message(socket: _AsyncSocket, flags: int = 0) -> Awaitable[_MonitorMessage]: ...


def recv_monitor_message(
    socket: Any, flags: int = 0
) -> _MonitorMessage | Awaitable[_MonitorMessage]:
    """Receive one event of a monitored socket.

    Parameters
    ----------
    socket : zmq.Socket or zmq.asyncio.Socket, connected to the monitor's endpoint, such as
        Socket.get_monitor_socket returns it
    flags : int, bitmask of zmq.Flag

    Returns
    -------
    dict as of parse_monitor_message, or an awaitable of it for an async socket

    Raises
    ------
    zmq.Again : no event arrived in time (EAGAIN)
    RuntimeError : what arrived is no event

    Notes
    -----
    Reads what ``zmq_socket_monitor`` (libzmq 4.0) sends.
    """
    _check_version((4, 0), "libzmq event API")
    msg = socket.recv_multipart(flags)
    if hasattr(msg, "__await__"):
        return _parse_awaited(msg)
    return parse_monitor_message(msg)


async def _parse_awaited(msg: Awaitable[list[bytes]]) -> _MonitorMessage:
    return parse_monitor_message(await msg)
