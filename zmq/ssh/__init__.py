# SPDX-License-Identifier: BSD-3-Clause
"""Connections through ssh tunnels.

>>> from zmq import ssh
>>> tunnel = ssh.tunnel_connection(socket, "tcp://10.0.1.2:5555", "user@server")

``pip install pexpect`` has OpenSSH's own ``ssh`` make the tunnel, with all its
configuration; ``pip install paramiko`` does without it.
"""

from __future__ import annotations

from .tunnel import (
    openssh_tunnel,
    paramiko_tunnel,
    ssh_tunnel,
    try_passwordless_ssh,
    tunnel_connection,
)

__all__ = [
    "openssh_tunnel",
    "paramiko_tunnel",
    "ssh_tunnel",
    "try_passwordless_ssh",
    "tunnel_connection",
]
