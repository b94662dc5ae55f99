# SPDX-License-Identifier: BSD-3-Clause
"""What can be asked to time a case: a worker with some zmq, and the C program."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .places import Unavailable
from .table import Case

HERE = Path(__file__).resolve().parent
PATIENCE_S = 120.0
"""A case that takes longer is stuck."""


class Failure(Exception):
    """A case broke on a side; the text is the traceback."""


class Side(Protocol):
    """One column of the table."""

    name: str
    facts: Mapping[str, str]

    def measure(self, case: Case, n: int, samples: int, warm_up: int) -> list[float]:
        """Time a case; raise `Unavailable` where this side lacks it, `Failure` where it broke."""

    def close(self) -> None:
        """End the processes of this side."""


class Worker:
    """A process that runs ``worker.py``."""

    def __init__(
        self,
        name: str,
        python: str,
        environ: Mapping[str, str],
        module: str = "zmq",
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.name = name
        self._patience_s = patience_s
        self._command = [python, str(HERE / "worker.py"), module]
        self._environ = dict(environ)
        # Not the checkout, whose zmq every Python started there would find first.
        self._folder = tempfile.TemporaryDirectory(prefix="zmq-bench-")
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        try:
            self.facts: Mapping[str, str] = self._start()
        except (OSError, Failure) as exc:
            self.close()
            raise Unavailable(f"{name} cannot be started: {exc}") from exc

    def _start(self) -> dict[str, str]:
        answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        process = subprocess.Popen(
            self._command,
            env=self._environ,
            cwd=self._folder.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,  # an interrupt is for the driver, which ends its workers
        )

        def read() -> None:
            assert process.stdout is not None
            with process.stdout as lines:
                for line in lines:
                    answers.put(line)
            answers.put("")

        threading.Thread(target=read, daemon=True).start()
        self._process, self._answers = process, answers
        facts = self._answer()
        if "error" in facts:
            raise Failure(facts["error"])
        return facts

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=self._patience_s)
        except queue.Empty:
            self._stop()
            raise Failure(f"no answer in {self._patience_s:.0f} s") from None
        if not line:
            self._stop()
            raise Failure("its process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def measure(self, case: Case, n: int, samples: int, warm_up: int) -> list[float]:
        if self._process is None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        order = {
            "function": case.function,
            "arguments": case.arguments,
            "n": n,
            "samples": samples,
            "warm_up": warm_up,
        }
        with contextlib.suppress(OSError):  # that the process has ended is seen below
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        answer = self._answer()
        if "lacks" in answer:
            raise Unavailable(answer["lacks"])
        if "error" in answer:
            raise Failure(answer["error"])
        return [float(sample) for sample in answer["samples"]]

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        self._stop()
        self._folder.cleanup()


class Limit:
    """libzmq used from C."""

    def __init__(self, libzmq: str) -> None:
        self.name = "C"
        self.facts: Mapping[str, str] = {"libzmq_file": libzmq}
        if os.name != "posix":
            raise Unavailable("the C program is for POSIX systems")
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if compiler is None:
            raise Unavailable("no C compiler")
        self._folder = tempfile.TemporaryDirectory(prefix="zmq-bench-")
        self._program = os.path.join(self._folder.name, "limit")
        command = [compiler, "-O2", "-o", self._program, str(HERE / "limit.c"), "-ldl"]
        try:
            _said(command)
        except Failure as exc:
            self.close()
            raise Unavailable(f"the C program cannot be compiled: {exc}") from exc

    def measure(self, case: Case, n: int, samples: int, warm_up: int) -> list[float]:
        if case.limit is None:
            raise Unavailable("not written in C")
        mode, size = map(str, case.limit)
        libzmq = self.facts["libzmq_file"]
        lines = _said([self._program, libzmq, mode, size, str(n), str(samples)]).split()
        return [float(line) for line in lines]

    def close(self) -> None:
        self._folder.cleanup()


def _said(command: list[str]) -> str:
    """Run a command and return what it printed."""
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise Failure(str(exc)) from exc
    if ran.returncode:
        raise Failure(f"{command[0]} ended with {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout
