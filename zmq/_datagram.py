# SPDX-License-Identifier: BSD-3-Clause
"""What has to be seen to before libzmq sends or binds over udp, because libzmq does not.

Three things go wrong there, in every release: what is longer than its buffer is
written past the end of it; a long group makes the receiver end its process; and a
port that cannot be had is tried again for ever, by an I/O thread that does nothing
else from then on and cannot be stopped.
"""

from __future__ import annotations

from ._ctypes import errors
from ._ctypes.bind import strerror
from .constants import Errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EINVAL = int(Errno.EINVAL)
EMSGSIZE = int(Errno.EMSGSIZE)

LONGEST = 8192
"""Bytes of a datagram: all that libzmq has room for, of which a group takes one and its name."""

LONGEST_GROUP = 127
"""Bytes of a group's name in a datagram: receivers take its length for a signed char."""


def check_send(socket: Any, size: int, group: bytes | None) -> None:
    """Refuse a message that does not fit into a datagram.

    Parameters
    ----------
    socket : Socket, for the text
    size : int, bytes of the message's body
    group : bytes, the group of a RADIO's message; None where there are no groups

    Raises
    ------
    zmq.ZMQError : the body is too long (EMSGSIZE), or the group (EINVAL)
    """
    if group is not None:
        if len(group) > LONGEST_GROUP:
            raise errors.failure(
                f"{strerror(EINVAL)} ({socket._describe()}: over udp a group has at most "
                f"{LONGEST_GROUP} bytes, got {len(group)})",
                EINVAL,
            )
        size += len(group) + 1
    if size > LONGEST:
        raise errors.failure(
            f"{strerror(EMSGSIZE)} ({socket._describe()}: libzmq sends at most {LONGEST} bytes "
            f"over udp, got {size})",
            EMSGSIZE,
        )


def check_bind(address: bytes) -> None:
    """Refuse a port that cannot be had.

    Parameters
    ----------
    address : bytes, beginning with ``udp://``

    Raises
    ------
    zmq.ZMQError : the port is in use (EADDRINUSE), or this machine has no such address
        (EADDRNOTAVAIL)
    """
    import socket

    host, _, port = address[len(b"udp://") :].decode("utf-8", "replace").rpartition(":")
    host = "0.0.0.0" if host == "*" else host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        first = socket.inet_pton(family, host)[0]
        number = int(port)
    except (OSError, ValueError):
        return  # the name of an interface, a wildcard, nonsense: libzmq looks at those itself
    if first >= 0xE0 and (family == socket.AF_INET or first == 0xFF):
        return  # multicast: its port is shared
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except (OSError, OverflowError) as error:
            errnum = getattr(error, "errno", None) or EINVAL
            raise errors.failure(
                f"{strerror(errnum)} (addr={address.decode('utf-8', 'replace')!r})", errnum
            ) from None
