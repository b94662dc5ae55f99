# SPDX-License-Identifier: BSD-3-Clause
"""Running a program of its own: for what ends processes, signals them, forks, or counts memory."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import zmq

TESTS = Path(__file__).parent
LIBRARY = Path(zmq.__file__).parent.parent

# What every program may use besides zmq.
_HEAD = """
import faulthandler, os, sys
faulthandler.dump_traceback_later({limit}, exit=True)
sys.path[:0] = {path}
import zmq
"""


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a program that is to load the same libzmq as this one."""
    return {**os.environ, "LIBZMQ_PATH": zmq.libzmq_path(), **changes}


def command(source: str, limit_s: float = 30) -> list[str]:
    """Return the command that runs a program with zmq imported; it ends itself when stuck."""
    head = _HEAD.format(limit=limit_s, path=[str(LIBRARY), str(TESTS)])
    return [sys.executable, "-W", "error", "-c", head + textwrap.dedent(source)]


def run(
    source: str, *arguments: str, limit_s: float = 30, stderr: str | None = "", **changes: str
) -> str:
    """Run a program and return what it printed.

    Parameters
    ----------
    source : str
    *arguments : str, its ``sys.argv[1:]``
    limit_s : float, seconds after which it is stuck
    stderr : str, what it has to write there, or None for anything
    **changes : str, environment variables

    Raises
    ------
    AssertionError : it ended with an error, or said something unexpected
    """
    done = subprocess.run(
        [*command(source, limit_s), *arguments],
        capture_output=True,
        text=True,
        env=environment(**changes),
        cwd=str(TESTS),
        timeout=limit_s + 10,
        check=False,
    )
    said = f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said
    assert stderr is None or done.stderr == stderr, said
    return done.stdout


def start(source: str, *arguments: str, limit_s: float = 30, **options: Any) -> Any:
    """Start a program with pipes to it and return the Popen; use it in a with statement."""
    return subprocess.Popen(
        [*command(source, limit_s), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=str(TESTS),
        **options,
    )
