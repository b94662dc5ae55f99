# SPDX-License-Identifier: BSD-3-Clause
"""The example of zmq.ssh, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from programs import LIBRARY, environment

pytestmark = pytest.mark.any_libzmq

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_client_asks_through_a_tunnel(sshd: Any) -> None:
    """The client gets its answers from a server that it reaches by ssh."""
    pytest.importorskip("pexpect")
    words = [sys.executable, "-W", "error"]
    variables = environment(PYTHONPATH=str(LIBRARY))
    with subprocess.Popen(
        [*words, str(EXAMPLES / "hello_server.py"), "tcp://127.0.0.1:*", "3"],
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    ) as server:
        assert server.stdout is not None
        endpoint = server.stdout.readline().split()[-1]
        arguments = [sshd.at(), endpoint, "3", sshd.key]
        done = subprocess.run(
            [*words, str(EXAMPLES / "tunnelled_client.py"), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=variables,
            timeout=40,
            check=True,
        )
        server.communicate(timeout=30)
    tunnel, *answers = done.stdout.splitlines()
    assert tunnel.endswith(f" to {endpoint.partition('://')[2]} through {sshd.at()}>")
    assert answers == [f"answered: World, to Hello {number}" for number in range(3)]
