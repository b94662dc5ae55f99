# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding of connections through a transport of paramiko."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["forward_tunnel"]

logger = logging.getLogger("zmq.ssh")

_LOOK_S = 0.2
_OPEN_S = 30.0
_CHUNK = 64 * 1024


def forward_tunnel(
    local_port: int, remote_host: str, remote_port: int, transport: Any
) -> None:
    """Forward connections to a local port, until the transport ends.

    Parameters
    ----------
    local_port : int, on 127.0.0.1; 0 takes any
    remote_host, remote_port : str and int, to which the ssh server connects
    transport : paramiko.Transport that is authenticated

    Raises
    ------
    OSError : the port is taken
    """
    forwarder = Forwarder(local_port, (remote_host, remote_port), transport)
    try:
        forwarder.serve()
    finally:
        forwarder.close()


class Forwarder:
    """Listens on a local port and forwards what connects to it.

    Parameters
    ----------
    local_port : int, on 127.0.0.1; 0 takes any
    remote : (str, int), host and port that the ssh server connects to
    transport : paramiko.Transport that is authenticated

    Attributes
    ----------
    port : int, the local one
    connections : int, how many are open

    Raises
    ------
    OSError : the port is taken
    """

    def __init__(self, local_port: int, remote: tuple[str, int], transport: Any) -> None:
        self._remote = remote
        self._transport = transport
        self._closing = False
        self._lock = threading.Lock()
        self._local: set[socket.socket] = set()
        self._said = ""
        self._listener = socket.create_server(("127.0.0.1", local_port))
        self._listener.settimeout(_LOOK_S)
        self.port: int = self._listener.getsockname()[1]

    @property
    def connections(self) -> int:
        with self._lock:
            return len(self._local)

    def serve(self) -> None:
        """Forward until close() is called or the transport has ended."""
        while not self._closing and self._transport.is_active():
            try:
                local, peer = self._listener.accept()
            except TimeoutError:
                continue
            except socket.timeout:  # another class before Python 3.10
                continue
            except OSError:
                break
            local.settimeout(None)
            with self._lock:
                self._local.add(local)
            _start(self._forward, local, peer)

    def close(self) -> None:
        """Stop listening and cut off all connections."""
        self._closing = True
        self._listener.close()
        with self._lock:
            local = list(self._local)
        for one in local:
            _shut(one, socket.SHUT_RDWR)

    def abandon(self) -> None:
        """In a forked child: close the descriptors, which does nothing to the parent's."""
        self._listener.close()
        for one in self._local:
            one.close()

    def _refused(self, reason: str) -> None:
        # libzmq tries again and again; once told is enough.
        level = logging.DEBUG if reason == self._said else logging.WARNING
        logger.log(level, "cannot connect to %s:%d: %s", *self._remote, reason)
        self._said = reason

    def _forward(self, local: socket.socket, peer: tuple[str, int]) -> None:
        """Connect beyond the server, and carry bytes both ways until both sides are done."""
        try:
            try:
                channel = self._transport.open_channel(
                    "direct-tcpip", self._remote, peer, timeout=_OPEN_S
                )
            except Exception as error:
                # The peer just sees its connection end: libzmq connects again, later.
                self._refused(str(error))
                return
            back = _start(_carry, channel.recv, local.sendall, lambda: _shut(local))
            _carry(local.recv, channel.sendall, channel.shutdown_write)
            back.join()
            channel.close()
        finally:
            with self._lock:
                self._local.discard(local)
            local.close()


def _carry(
    receive: Callable[[int], bytes], send: Callable[[bytes], object], finish: Callable[[], object]
) -> None:
    """Carry bytes one way until they end, and pass on that they did."""
    with contextlib.suppress(OSError, EOFError):
        while True:
            data = receive(_CHUNK)
            if not data:
                break
            send(data)
    with contextlib.suppress(OSError, EOFError):
        finish()


def _shut(one: socket.socket, how: int = socket.SHUT_WR) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(how)


def _start(target: Callable[..., object], *args: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name="zmq.ssh.forward", daemon=True)
    thread.start()
    return thread
