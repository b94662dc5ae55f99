# SPDX-License-Identifier: BSD-3-Clause
"""Ports that are known before the device that will listen at them runs.

A device opens its sockets where it runs, which may be another process. So a port is
found with a socket that is closed again. On Linux it is then held by a socket of the
operating system that is bound and does not listen: nobody else is given the port, and
libzmq, which sets SO_REUSEADDR as this socket does, can bind to it all the same. Other
systems do not allow that; there somebody else may get the port meanwhile, and start()
says so.
"""

from __future__ import annotations

import socket
import sys

import zmq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_CAN_HOLD = sys.platform.startswith("linux")
_TRIES = 20


class HeldPort:
    """A TCP port that nobody else is given until it is closed.

    Parameters
    ----------
    endpoint : str, such as ``"tcp://127.0.0.1:5555"`` or ``"tcp://[::]:5555"``

    Raises
    ------
    OSError : somebody else has it
    """

    _socket: socket.socket | None = None

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.partition("://")[2].rpartition(":")
        family, kind, _, _, address = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )[0]
        self._socket = socket.socket(family, kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(address)

    def close(self) -> None:
        """Let others have the port."""
        if self._socket is not None:
            self._socket.close()

    __del__ = close


def reserve(
    addr: str, options: Iterable[tuple[int, Any]], *args: Any, **kwargs: Any
) -> tuple[int, HeldPort | None]:
    """Find a free port.

    Parameters
    ----------
    addr : str, an endpoint without a port, such as ``"tcp://127.0.0.1"``
    options : socket options of the socket that will listen there; IPV6 matters
    *args, **kwargs : further arguments of zmq.Socket.bind_to_random_port

    Returns
    -------
    (port, what holds it until it is closed, or None)

    Raises
    ------
    as zmq.Socket.bind_to_random_port
    """
    for _ in range(_TRIES):
        port, endpoint = _find(addr, options, *args, **kwargs)
        if not _CAN_HOLD:
            return port, None
        try:
            return port, HeldPort(endpoint)
        except OSError:
            continue  # somebody was quicker
    raise zmq.ZMQBindError(f"{addr}: each of {_TRIES} free ports was taken by somebody else")


def _find(
    addr: str, options: Iterable[tuple[int, Any]], *args: Any, **kwargs: Any
) -> tuple[int, str]:
    # The end of the context is the end of the socket: the port is free again after that.
    with zmq.Context() as context, context.socket(zmq.PUSH) as probe:
        for option, value in options:
            if option == zmq.IPV6:
                probe.setsockopt(option, value)
        port = probe.bind_to_random_port(addr, *args, **kwargs)
        return port, probe.get_string(zmq.LAST_ENDPOINT)
