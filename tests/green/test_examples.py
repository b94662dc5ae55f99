# SPDX-License-Identifier: BSD-3-Clause
"""The example for gevent runs, and does what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import programs
import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")
def test_workers_answer_every_client() -> None:
    """Every request of every client is answered."""
    said = subprocess.run(
        [sys.executable, str(EXAMPLES / "gevent_workers.py"), "--clients", "3", "--count", "10"],
        capture_output=True,
        text=True,
        env=programs.environment(PYTHONPATH=str(programs.LIBRARY)),
        check=True,
        timeout=50,
    )
    assert said.stdout == "answers: 30\n"
