# SPDX-License-Identifier: BSD-3-Clause
"""Tunnels through ssh, for sockets that connect to where only an ssh server gets."""

from __future__ import annotations

import operator
import socket as _socket
import sys

from ._common import Tunnel, TunnelError, hidden, split_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import zmq

__all__ = [
    "Tunnel",
    "TunnelError",
    "open_tunnel",
    "openssh_tunnel",
    "paramiko_tunnel",
    "select_random_ports",
    "ssh_tunnel",
    "try_passwordless_ssh",
    "tunnel_connection",
]

_PORTS_TRIED = 3
_LOG_IN_S = 60.0


def select_random_ports(n: int) -> list[int]:
    """Return ports that nothing on this machine listens at.

    Parameters
    ----------
    n : int, how many

    Returns
    -------
    list of int, different ones. Others may take them in the meantime.
    """
    sockets = []
    try:
        for _ in range(n):
            sockets.append(_socket.create_server(("127.0.0.1", 0)))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def try_passwordless_ssh(
    server: str, keyfile: str | None = None, paramiko: bool | None = None
) -> bool:
    """Tell whether a server lets the user in with keys alone.

    Parameters
    ----------
    server : str, as of openssh_tunnel()
    keyfile : str, path of a private key; by default those that ssh finds
    paramiko : bool, whether to use paramiko; by default only on Windows

    Raises
    ------
    TunnelError : the server cannot be reached, or is not known
    ImportError : pexpect, or paramiko, is not installed
    """
    if _uses_paramiko(paramiko):
        from . import _paramiko

        return _paramiko.can_log_in(server, keyfile, _LOG_IN_S)
    from . import _openssh

    return _openssh.can_log_in(server, keyfile, _LOG_IN_S)


def tunnel_connection(
    socket: zmq.Socket[Any],
    addr: str,
    server: str,
    keyfile: str | None = None,
    password: str | None = None,
    paramiko: bool | None = None,
    timeout: float = 60,
    *,
    end_with_socket: bool = False,
) -> Tunnel:
    """Connect a socket through a tunnel.

    Parameters
    ----------
    socket : zmq.Socket
    addr : str, the endpoint to connect to as the server sees it, such as
        ``tcp://10.0.1.2:5555``, or ``tcp://127.0.0.1:5555`` for one on the server itself
    server, keyfile, password, timeout : as of openssh_tunnel()
    paramiko : bool, whether to use paramiko; by default only on Windows
    end_with_socket : bool
        Whether the tunnel ends when the socket was closed and has sent what it had.
        Otherwise it ends with the process, or when it is closed.

    Returns
    -------
    Tunnel, which need not be kept

    Raises
    ------
    TunnelError : there is no tunnel; the text has ssh's reason
    ValueError : addr or server is malformed
    ImportError : pexpect, or paramiko, is not installed
    zmq.ZMQError : as of Socket.connect
    """
    password = hidden(password)
    url, tunnel = open_tunnel(addr, server, keyfile, password, paramiko, timeout)
    try:
        socket.connect(url)
    except BaseException:
        tunnel.close()
        raise
    if end_with_socket:
        tunnel.end_with(socket)
    return tunnel


def open_tunnel(
    addr: str,
    server: str,
    keyfile: str | None = None,
    password: str | None = None,
    paramiko: bool | None = None,
    timeout: float = 60,
) -> tuple[str, Tunnel]:
    """Open a tunnel from any local port.

    Parameters
    ----------
    addr, server, keyfile, password, paramiko, timeout : as of tunnel_connection()

    Returns
    -------
    (url, tunnel) : str, the endpoint to connect to instead of ``addr``; and the Tunnel

    Raises
    ------
    TunnelError, ValueError, ImportError : as of tunnel_connection()
    """
    password = hidden(password)
    host, port = _target(addr)
    make = paramiko_tunnel if _uses_paramiko(paramiko) else openssh_tunnel
    for left in reversed(range(_PORTS_TRIED)):
        lport = select_random_ports(1)[0]
        try:
            tunnel = make(lport, port, server, host, keyfile, password, timeout)
        except TunnelError:
            if left and _is_taken(lport):
                continue
            raise
        break
    return f"tcp://127.0.0.1:{lport}", tunnel


def openssh_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str = "127.0.0.1",
    keyfile: str | None = None,
    password: str | None = None,
    timeout: float = 60,
) -> Tunnel:
    """Open a tunnel with OpenSSH's ``ssh``.

    All of the user's configuration applies: aliases, agents, known hosts.

    Parameters
    ----------
    lport : int, port on 127.0.0.1 that the tunnel begins at
    rport : int, port that it leads to
    server : str
        ``[user@]host[:port]`` of the ssh server; brackets around an IPv6 address, as in
        ``user@[::1]:2222``. To jump over others first, write them in front, with commas.
    remoteip : str, the host that it leads to, as the server sees it
    keyfile : str, path of a private key; by default those that ssh finds
    password : str
        Of the user at the last server, or of the key: it unlocks the key, and is told to
        a last server that refuses the key. If one is wanted that is not given, the user is
        asked on the terminal, if there is one. Never part of a command line.
    timeout : float, seconds in which the tunnel has to stand

    Returns
    -------
    Tunnel, which stands until it is closed or this process ends; ``int(tunnel)`` is the id of
    the ssh process

    Raises
    ------
    TunnelError
        It does not stand in time: the server cannot be reached, is not among the known
        hosts, refuses the user, or does not forward; or the port is taken. The text has
        what ssh says.
    ValueError : server is malformed, or a number is no port
    TypeError : a port is not an int
    ImportError : pexpect is not installed

    Notes
    -----
    Needs ``ssh`` and pexpect, and an operating system with ptys, so not Windows. That
    nothing listens at the target is no error: it may begin to later.
    """
    password = hidden(password)
    remote = (remoteip, _checked_port("rport", rport))
    from . import _openssh

    return _openssh.open_tunnel(server, _checked_port("lport", lport), remote, keyfile, password, timeout)


def paramiko_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str = "127.0.0.1",
    keyfile: str | None = None,
    password: str | None = None,
    timeout: float = 60,
) -> Tunnel:
    """Open a tunnel with paramiko, in threads of this process.

    Host keys have to be in the user's or the system's ``known_hosts``; the rest of
    OpenSSH's configuration does not apply.

    Parameters
    ----------
    lport, rport, server, remoteip, keyfile, password, timeout : as of openssh_tunnel()

    Returns
    -------
    Tunnel, which stands until it is closed or this process ends

    Raises
    ------
    TunnelError, ValueError, TypeError : as of openssh_tunnel()
    ImportError : paramiko is not installed
    """
    password = hidden(password)
    remote = (remoteip, _checked_port("rport", rport))
    from . import _paramiko

    return _paramiko.open_tunnel(server, _checked_port("lport", lport), remote, keyfile, password, timeout)


if sys.platform == "win32":
    ssh_tunnel = paramiko_tunnel
else:
    ssh_tunnel = openssh_tunnel


def _checked_port(name: str, port: Any) -> int:
    number = operator.index(port)
    if not 0 < number < 65536:
        raise ValueError(f"{name} must be 1 to 65535, got {number}")
    return number


def _uses_paramiko(paramiko: bool | None) -> bool:
    return sys.platform == "win32" if paramiko is None else paramiko


def _target(addr: str) -> tuple[str, int]:
    """Return host and port of an endpoint."""
    transport, _, address = addr.partition("://")
    host, port = split_port(address)
    is_host = host.isprintable() and not any(char.isspace() for char in host)
    if transport != "tcp" or not host or not is_host or port is None:
        raise ValueError(f"expected an endpoint as tcp://host:port, got {addr!r}")
    return host, port


def _is_taken(port: int) -> bool:
    try:
        _socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False
