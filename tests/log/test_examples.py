# SPDX-License-Identifier: BSD-3-Clause
"""The examples of zmq.log, as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from programs import LIBRARY, environment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(PYTHONPATH=str(LIBRARY)),
    )


def test_records_of_one_program_are_handled_by_another() -> None:
    """The listener's logging shows what the publisher logged, up to the error."""
    with start(str(EXAMPLES / "log_publisher.py"), "tcp://127.0.0.1:*", "2") as publisher:
        assert publisher.stdout is not None
        endpoint = publisher.stdout.readline().split()[-1]
        with start(str(EXAMPLES / "log_listener.py"), endpoint) as listener:
            said, _ = listener.communicate(timeout=30)
        assert (publisher.wait(30), listener.returncode) == (0, 0)
    lines = said.splitlines()
    assert lines[:4] == [
        "INFO from mill.INFO.wheel.left, log_publisher.py: turned 0 times",
        "INFO from mill.INFO.wheel.left, log_publisher.py: turned 1 times",
        "ERROR from mill.ERROR.wheel, log_publisher.py: stopped",
        "Traceback (most recent call last):",
    ]
    assert lines[-1] == "RuntimeError: out of grain"
