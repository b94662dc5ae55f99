# SPDX-License-Identifier: BSD-3-Clause
"""Tunnels made by paramiko, in threads of this process."""

from __future__ import annotations

import getpass
import logging
import os
import threading
import time

from ._common import NOWHERE, Server, Tunnel, TunnelError, ask_password, parse_servers
from .forward import Forwarder, logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PORT = 22
_KEEPALIVE_S = 30
_PROBE_S = 5.0
_SYSTEM_HOSTS = "/etc/ssh/ssh_known_hosts"
_PROHIBITED = 1  # RFC 4254: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED

# What keeps a tunnel from standing is raised, and which connections it refuses is logged under
# zmq.ssh; paramiko's own records are for programs that have configured logging.
_logger = logging.getLogger("zmq.ssh.paramiko")
_logger.addHandler(logging.NullHandler())
_logger.addFilter(lambda record: not record.getMessage().startswith("Secsh channel"))


class ParamikoTunnel(Tunnel):
    """A tunnel made by paramiko."""

    def __init__(
        self, server: str, remote: tuple[str, int], clients: list[Any], forwarder: Forwarder
    ) -> None:
        super().__init__(server, forwarder.port, remote)
        self._clients = clients
        self._forwarder = forwarder
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="zmq.ssh.tunnel", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the tunnel; connections through it are cut off."""
        if not self.is_alive():
            return
        self._closing = True
        self._forwarder.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    terminate = close

    def connections(self) -> int | None:
        """Return how many connections go through the tunnel."""
        return self._forwarder.connections

    def _forked(self) -> None:
        self._forwarder.abandon()
        for client in self._clients:
            client.get_transport().sock.close()

    def _serve(self) -> None:
        try:
            self._forwarder.serve()
            if not self._closing:
                logger.warning("%s: the server ended the connection", self.server)
        finally:
            self._forwarder.close()
            _close(self._clients)
            self._has_ended()


def open_tunnel(
    server: str,
    local_port: int,
    remote: tuple[str, int],
    keyfile: str | None,
    password: str | None,
    timeout_s: float,
) -> ParamikoTunnel:
    """Return a tunnel that stands; parameters are those of tunnel.paramiko_tunnel()."""
    servers = parse_servers(server)
    paramiko = _paramiko()
    try:
        clients = _log_in(servers, keyfile, password, timeout_s)
    except Exception as error:
        if password is not None or not _wants_password(error):
            raise _failure(servers, error) from error
        password = ask_password(servers[-1])
        if password is None:
            raise _failure(servers, error) from error
        try:
            clients = _log_in(servers, keyfile, password, timeout_s)
        except Exception as again:
            raise _failure(servers, again) from again
    transport = clients[-1].get_transport()
    try:
        _check_forwarding(transport, remote)
        forwarder = Forwarder(local_port, remote, transport)
    except (OSError, paramiko.SSHException) as error:
        _close(clients)
        raise _failure(servers, error) from error
    except BaseException:
        _close(clients)
        raise
    return ParamikoTunnel(",".join(map(str, servers)), remote, clients, forwarder)


def can_log_in(server: str, keyfile: str | None, timeout_s: float) -> bool:
    """Tell whether a server lets the user in without a password."""
    _paramiko()
    servers = parse_servers(server)
    try:
        _close(_log_in(servers, keyfile, None, timeout_s))
    except Exception as error:
        if _wants_password(error):
            return False
        raise _failure(servers, error) from error
    return True


def _paramiko() -> Any:
    try:
        import paramiko
    except ImportError:
        raise ImportError("tunnels by paramiko need it: pip install paramiko") from None
    return paramiko


def _failure(servers: list[Server], error: Exception) -> TunnelError:
    reason = str(error) or type(error).__name__
    # One of each address that was tried; the text of the whole has none.
    each = getattr(error, "errors", None)
    if isinstance(each, dict):
        reason += "".join(f"; {one.strerror or one}" for one in each.values())
    return TunnelError(f"no tunnel through {','.join(map(str, servers))}: {reason}")


def _wants_password(error: Exception) -> bool:
    """Tell whether logging in failed for want of a password."""
    paramiko = _paramiko()
    return isinstance(error, paramiko.AuthenticationException) or (
        isinstance(error, paramiko.SSHException) and "No authentication methods" in str(error)
    )


def _log_in(
    servers: list[Server], keyfile: str | None, password: str | None, timeout_s: float
) -> list[Any]:
    """Return clients that are logged in, one behind the other."""
    deadline = time.monotonic() + timeout_s
    clients: list[Any] = []
    through: Any = None
    try:
        for index, server in enumerate(servers):
            client = _client()
            clients.append(client)
            left_s = max(0.1, deadline - time.monotonic())
            client.connect(
                server.host,
                server.port or _PORT,
                username=server.user or getpass.getuser(),
                # It is that of the last server, and must not be told to one on the way.
                password=password if index + 1 == len(servers) else None,
                passphrase=password,
                key_filename=os.fspath(keyfile) if keyfile else None,
                timeout=left_s,
                banner_timeout=left_s,
                auth_timeout=left_s,
                sock=through,
            )
            transport = client.get_transport()
            transport.set_keepalive(_KEEPALIVE_S)
            if index + 1 < len(servers):
                further = servers[index + 1]
                target = (further.host, further.port or _PORT)
                left_s = max(0.1, deadline - time.monotonic())
                through = transport.open_channel(
                    "direct-tcpip", target, ("127.0.0.1", 0), timeout=left_s
                )
    except BaseException as error:
        transport = clients[-1].get_transport() if clients else None
        _close(clients)
        if "No existing session" in str(error) and transport is not None:
            # What ended the connection is known to its thread, unless it still waits.
            silent = TimeoutError(f"the server did not answer within {timeout_s} s")
            raise transport.get_exception() or silent from None
        raise
    return clients


def _client() -> Any:
    paramiko = _paramiko()
    client = paramiko.SSHClient()
    client.set_log_channel(_logger.name)
    client.load_system_host_keys()
    if os.path.exists(_SYSTEM_HOSTS):
        client.load_system_host_keys(_SYSTEM_HOSTS)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    return client


def _close(clients: list[Any]) -> None:
    for client in reversed(clients):
        client.close()


def _check_forwarding(transport: Any, remote: tuple[str, int]) -> None:
    """Find out whether the server forwards: some let users log in, but prohibit that.

    Raises
    ------
    paramiko.ChannelException : the server prohibits it
    """
    try:
        _connect_once(transport, NOWHERE)
    except _paramiko().ChannelException:
        # It may still be allowed for some targets, and whether for this one is to be tried.
        _connect_once(transport, remote)


def _connect_once(transport: Any, remote: tuple[str, int]) -> None:
    paramiko = _paramiko()
    try:
        transport.open_channel("direct-tcpip", remote, ("127.0.0.1", 0), timeout=_PROBE_S).close()
    except paramiko.ChannelException as error:
        if error.code == _PROHIBITED:
            raise
    except paramiko.SSHException:
        pass  # no answer so far: the server is still connecting
