# SPDX-License-Identifier: BSD-3-Clause
"""Running a program of its own: for what ends processes, signals them, forks, or counts memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import zmq

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"
LIBRARY = Path(zmq.__file__).parent.parent

# What every program may use besides zmq. An alarm survives nothing but waits for no thread, so that
# a forked child can end; it sets its own.
_HEAD = """
import faulthandler, os, signal, sys
if hasattr(signal, "alarm"):
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm({limit})
else:
    faulthandler.dump_traceback_later({limit}, exit=True)
sys.path[:0] = {path}
import zmq
"""


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a program that is to load the same libzmq as this one."""
    return {**os.environ, "LIBZMQ_PATH": zmq.libzmq_path(), **changes}


def command(source: str, limit_s: int = 30) -> list[str]:
    """Return the command that runs a program with zmq imported; it ends itself when stuck."""
    head = _HEAD.format(limit=limit_s, path=[str(LIBRARY), str(TESTS)])
    return [sys.executable, "-W", "error", "-c", head + textwrap.dedent(source)]


def run(
    source: str, *arguments: str, limit_s: int = 30, stderr: str | None = "", **changes: str
) -> str:
    """Run a program and return what it printed.

    Parameters
    ----------
    source : str
    *arguments : str, its ``sys.argv[1:]``
    limit_s : int, seconds after which it is stuck
    stderr : str, what it has to write there, or None for anything
    **changes : str, environment variables

    Raises
    ------
    AssertionError : it ended with an error, or said something unexpected
    """
    with start(source, *arguments, limit_s=limit_s, **changes) as program:
        try:
            out, err = program.communicate(timeout=limit_s + 10)
        except BaseException:
            stop(program)
            raise
    said = f"exit status {program.returncode}\n{out}\n{err}"
    assert program.returncode == 0, said
    assert stderr is None or err == stderr, said
    return out


def stop(program: subprocess.Popen[str]) -> None:
    """End a program that was not waited for yet, and what it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
    else:
        program.kill()


def start(source: str, *arguments: str, limit_s: int = 30, **changes: str) -> subprocess.Popen[str]:
    """Start a program with pipes to it; use what is returned in a with statement."""
    return subprocess.Popen(
        [*command(source, limit_s), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**changes),
        cwd=str(TESTS),
        start_new_session=True,
    )


@contextlib.contextmanager
def example(name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run an example during a with statement; wait for its end in there.

    Where that raises, the example is ended: nobody waits for a program that a failure left alone.
    """
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(PYTHONPATH=str(LIBRARY)),
        start_new_session=True,
    ) as program:
        try:
            yield program
        except BaseException:
            stop(program)
            raise
