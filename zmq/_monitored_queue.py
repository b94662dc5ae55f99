# SPDX-License-Identifier: BSD-3-Clause
"""A queue whose traffic can be watched."""

from __future__ import annotations

from ._relay import Lane, Relay, Signals, check
from .constants import SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._socket import Socket

_ROUTER = int(SocketType.ROUTER)


def monitored_queue(
    in_socket: Socket[Any],
    out_socket: Socket[Any],
    mon_socket: Socket[Any],
    in_prefix: bytes = b"in",
    out_prefix: bytes = b"out",
) -> int:
    """Forward messages between two sockets, and copies of them to a third.

    Returns only when something ends it.

    Parameters
    ----------
    in_socket, out_socket : zmq.Socket
        What one receives the other sends. Between two ROUTERs the first two parts
        change places: a client sends ``[addressee, ...]`` and the addressee receives
        ``[sender, ...]``.
    mon_socket : zmq.Socket, such as a PUB
        Is sent every message, with a prefix as an additional first part.
    in_prefix, out_prefix : bytes
        First part of the copies of what ``in_socket`` and ``out_socket`` received.

    Raises
    ------
    zmq.ContextTerminated : the context was terminated (ETERM)
    zmq.ZMQError : a socket is closed (ENOTSOCK); one that cannot send or receive would
        have to (ENOTSUP); it failed for another reason
    TypeError : an argument is no socket, or a prefix is not bytes

    Notes
    -----
    Uses ``zmq_msg_recv``, ``zmq_msg_copy`` and ``zmq_msg_send``; bodies are not copied.
    A message stays with its sender until the other side and ``mon_socket`` have room
    for it; a PUB always has.
    """
    check("in_socket", in_socket)
    check("out_socket", out_socket)
    check("mon_socket", mon_socket)
    for name, prefix in (("in_prefix", in_prefix), ("out_prefix", out_prefix)):
        if not isinstance(prefix, bytes):
            raise TypeError(
                f"Argument {name!r} has incorrect type "
                f"(expected bytes, got {type(prefix).__name__})"
            )
    swap = in_socket._socket_type == _ROUTER == out_socket._socket_type
    with Signals() as signals:
        lanes = [Lane(in_socket, out_socket, signals, mon_socket, bytes(in_prefix), swap)]
        if out_socket is not in_socket:
            lanes.append(Lane(out_socket, in_socket, signals, mon_socket, bytes(out_prefix), swap))
        Relay(lanes, signals).run()
    return 0
