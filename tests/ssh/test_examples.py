# SPDX-License-Identifier: BSD-3-Clause
"""The example of zmq.ssh, as a process of its own."""

from __future__ import annotations

from typing import Any

import pytest
from programs import example

pytestmark = pytest.mark.any_libzmq


def test_client_asks_through_a_tunnel(sshd: Any) -> None:
    """The client gets its answers from a server that it reaches by ssh."""
    with example("hello_server.py", "tcp://127.0.0.1:*", "3") as server:
        assert server.stdout is not None
        endpoint = server.stdout.readline().split()[-1]
        with example("tunnelled_client.py", sshd.at(), endpoint, "3", sshd.key) as client:
            said, _ = client.communicate(timeout=50)
        server.communicate(timeout=50)
    assert client.returncode == 0
    tunnel, *answers = said.splitlines()
    assert tunnel.endswith(f" to {endpoint.partition('://')[2]} through {sshd.at()}>")
    assert answers == [f"answered: World, to Hello {number}" for number in range(3)]
