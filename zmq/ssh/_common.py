# SPDX-License-Identifier: BSD-3-Clause
"""What both kinds of tunnels are: their errors, servers, passwords, and when they end."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLLOW_S = 0.1
"""Seconds between two looks at whether a socket was closed."""

NOWHERE = ("127.0.0.1", 1)
"""Where a server is first asked to connect to, to see whether it forwards.

Not the target itself: older libzmq, 4.3.2 for one, takes any connection for a peer, and would
send it messages, or accept no other one if it is a PAIR.
"""

# Tunnels live on their own: who made one may drop what the call returned.
open_tunnels: set[Tunnel] = set()


class TunnelError(RuntimeError):
    """A tunnel could not be built; the text has ssh's own reason."""


class Secret(str):
    """A password that tracebacks with local variables do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def hidden(password: str | None) -> Secret | None:
    """Return a password as what does not show it."""
    return None if password is None else Secret(password)


class Server(NamedTuple):
    """One ssh server, as parse_server() makes it."""

    host: str
    port: int | None
    user: str | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{self.user}@" if self.user else ""
        return f"{user}{host}" + (f":{self.port}" if self.port else "")


def parse_servers(server: str) -> list[Server]:
    """Return the servers on the way, the last one being that which connects to the target.

    Parameters
    ----------
    server : str, ``[user@]host[:port]``, with commas between several; IPv6 addresses that
        have a port behind them stand in brackets

    Raises
    ------
    ValueError : not such a text
    """
    return [_parse(one.strip(), server) for one in server.split(",")]


def _parse(text: str, whole: str) -> Server:
    rest = text[6:] if text.startswith("ssh://") else text
    user, _, address = rest.rpartition("@")
    host, port = split_port(address)
    # OpenSSH would take the first for an option.
    if not host or host.startswith("-") or user.startswith("-") or not host.isprintable():
        raise ValueError(f"expected an ssh server as [user@]host[:port], got {whole!r}")
    if any(char.isspace() for char in host + user):
        raise ValueError(f"expected an ssh server as [user@]host[:port], got {whole!r}")
    return Server(host, port, user or None)


def split_port(address: str) -> tuple[str, int | None]:
    """Return host and port of ``host[:port]``, ``[IPv6][:port]`` or ``IPv6``.

    Raises
    ------
    ValueError : the port is none
    """
    port: str | None
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        if rest and not rest.startswith(":"):
            raise ValueError(f"{rest!r} in {address!r} is no port")
        port = rest[1:] if rest else None
    elif address.count(":") == 1:
        host, port = address.split(":")
    else:
        host, port = address, None
    if port is None:
        return host, None
    if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} in {address!r} is no port")
    return host, int(port)


def bracketed(host: str) -> str:
    """Return a host as it stands in front of a port."""
    return f"[{host}]" if ":" in host else host


def ask_password(server: Server) -> str | None:
    """Ask the user for a password, if there is one to ask.

    Returns
    -------
    str, or None without a terminal
    """
    if not _has_terminal():
        return None
    from getpass import getpass

    return Secret(getpass(f"{server}'s password: "))


def _has_terminal() -> bool:
    if sys.platform == "win32":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


class Tunnel:
    """A tunnel that stands, from a local port to one beyond an ssh server.

    It ends with this process, when ``close()`` is called, at the end of a with block, when
    the server goes away, and with a socket where tunnel_connection() was told so.

    Attributes
    ----------
    server : str, through which it leads
    local_port : int, on 127.0.0.1
    remote : (str, int), host and port that the server connects to
    """

    def __init__(self, server: str, local_port: int, remote: tuple[str, int]) -> None:
        self.server = server
        self.local_port = local_port
        self.remote = remote
        self._ended = threading.Event()
        self._owner = os.getpid()
        open_tunnels.add(self)

    def __repr__(self) -> str:
        host, port = self.remote
        state = "" if self.is_alive() else " ended"
        return (
            f"<{type(self).__name__} 127.0.0.1:{self.local_port} to {bracketed(host)}:{port} "
            f"through {self.server}{state}>"
        )

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def is_alive(self) -> bool:
        """Tell whether the tunnel stands; it is the tunnel of the process that made it."""
        return self._owner == os.getpid() and not self._ended.is_set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the tunnel has ended.

        Parameters
        ----------
        timeout : float, seconds to wait at most; None waits for ever
        """
        self._ended.wait(timeout)

    def close(self) -> None:
        """End the tunnel; connections through it are cut off."""
        raise NotImplementedError

    terminate = close

    def connections(self) -> int | None:
        """Return how many connections go through the tunnel, or None where nobody knows."""
        raise NotImplementedError

    def _has_ended(self) -> None:
        open_tunnels.discard(self)
        self._ended.set()

    def _forked(self) -> None:
        """In a forked child: let go of what is the parent's."""

    def end_with(self, socket: Any) -> None:
        """End the tunnel when a socket was closed, or dropped, and has sent what it had.

        Parameters
        ----------
        socket : zmq.Socket
        """
        threading.Thread(
            target=self._follow,
            args=(weakref.ref(socket),),
            name="zmq.ssh.Tunnel.end_with",
            daemon=True,
        ).start()

    def _follow(self, reference: weakref.ref[Any]) -> None:
        while not self._ended.wait(FOLLOW_S):
            socket = reference()
            if socket is None or socket.closed:
                break
            del socket
        # libzmq keeps the connection until the messages of LINGER are sent.
        grace = 10
        while not self._ended.wait(FOLLOW_S):
            count = self.connections()
            grace -= 1
            if count == 0 or (count is None and grace == 0):
                break
        self.close()


def _forget_in_child() -> None:
    for tunnel in list(open_tunnels):
        tunnel._forked()
    open_tunnels.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
