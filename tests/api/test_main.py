# SPDX-License-Identifier: BSD-3-Clause
"""python -m zmq."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import programs
import pytest

import zmq
from zmq import __main__ as command


def lines_of(text: str) -> dict[str, str]:
    """Return what was said about each exchange, by its name."""
    return dict(re.findall(r"^  (\S+(?: with CURVE)?) +(ok|skipped|FAILED)", text, re.MULTILINE))


def test_as_a_command() -> None:
    """`python -m zmq` names the libzmq, exchanges messages every way it can and ends with 0."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "zmq"],
        capture_output=True,
        text=True,
        env=programs.environment(PYTHONPATH=str(programs.LIBRARY)),
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"libzmq {zmq.zmq_version()} at {zmq.libzmq_path()}" in done.stdout
    assert zmq.__version__ in done.stdout
    said = lines_of(done.stdout)
    assert list(said) == ["tcp", "tcp with CURVE", "ipc", "ipc with CURVE", "inproc"]
    can = "ok" if zmq.has("curve") else "skipped"
    assert (said["tcp"], said["tcp with CURVE"], said["inproc"]) == ("ok", can, "ok")


@pytest.mark.parametrize("lines", [0, 1, 5])
def test_a_reader_that_has_seen_enough(lines: int) -> None:
    """When nobody reads on it ends, without a traceback."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "zmq"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=programs.environment(PYTHONPATH=str(programs.LIBRARY)),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(50) in (0, 1)  # it may have said everything before that


LEFT = """
import os, sys
from zmq import __main__ as command

reading, writing = os.pipe()
os.dup2(writing, sys.stdout.fileno())
ends = [reading]
between_processes = command.between_processes

def left(*args):
    while ends:
        os.close(ends.pop())
    return between_processes(*args)

command.between_processes = left
sys.exit(command.run())
"""


def test_a_reader_that_leaves_meanwhile() -> None:
    """When nobody reads on after the first lines it ends with 1, and leaves nothing to finalizers."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LEFT],
        capture_output=True,
        text=True,
        env=programs.environment(PYTHONPATH=str(programs.LIBRARY)),
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_two_processes(capsys: pytest.CaptureFixture[str]) -> None:
    """tcp and ipc lead to another process, inproc to a thread of this one, and that is said."""
    assert command.main() == 0
    said = capsys.readouterr().out
    processes = re.findall(r"ok, with process (\d+) at (tcp|ipc)://", said)
    assert processes
    assert str(os.getpid()) not in [number for number, _ in processes]
    assert re.search(r"inproc +ok, with a second thread", said)


def test_what_libzmq_lacks_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without ipc and CURVE the rest is tried, and what was skipped is said, with the reason."""
    monkeypatch.setattr(zmq, "has", lambda name: False)
    monkeypatch.setattr(zmq, "zmq_version_info", lambda: (4, 3, 5))
    assert command.main() == 0
    said = capsys.readouterr().out
    assert lines_of(said) == {
        "tcp": "ok",
        "tcp with CURVE": "skipped",
        "ipc": "skipped",
        "ipc with CURVE": "skipped",
        "inproc": "ok",
    }
    assert "this libzmq has no ipc" in said
    assert "this libzmq has no CURVE" in said


def test_a_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When an exchange fails the others are still tried, and the exit status is 1."""
    ask = command.ask

    def fail_on_tcp(context: zmq.Context, endpoint: str, server_key: Any) -> float:
        if endpoint.startswith("tcp"):
            raise ValueError("a wrong answer")
        return ask(context, endpoint, server_key)

    monkeypatch.setattr(command, "ask", fail_on_tcp)
    assert command.main() == 1
    said = capsys.readouterr().out
    assert lines_of(said)["tcp"] == "FAILED"
    assert lines_of(said)["inproc"] == "ok"
    assert "a wrong answer" in said
    assert "failed" in said.splitlines()[-1]


def test_a_second_process_that_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When no second process can be started that is said, and the exit status is 1."""
    monkeypatch.setattr(sys, "executable", os.path.join(os.sep, "no", "such", "python"))
    assert command.main() == 1
    said = capsys.readouterr().out
    assert lines_of(said)["tcp"] == "FAILED"
    assert lines_of(said)["inproc"] == "ok"
