# SPDX-License-Identifier: BSD-3-Clause
"""The examples for asyncio run, and do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import programs
import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")
def test_server_answers_client() -> None:
    """The client gets every answer from the server."""
    environ = programs.environment(PYTHONPATH=str(programs.LIBRARY))
    server = [sys.executable, str(EXAMPLES / "asyncio_server.py"), "--count", "2"]
    with subprocess.Popen(
        [*server, "--bind", "tcp://127.0.0.1:*"], stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            client = [sys.executable, str(EXAMPLES / "asyncio_client.py"), "--connect", address]
            said = subprocess.run(
                [*client, "hello", "world"],
                capture_output=True,
                text=True,
                env=environ,
                check=True,
                timeout=30,
            )
            assert sorted(said.stdout.split()) == ["HELLO", "WORLD"]
            assert process.wait(30) == 0
        finally:
            process.kill()
