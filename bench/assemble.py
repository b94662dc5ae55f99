# SPDX-License-Identifier: BSD-3-Clause
"""Which sides there are here: this checkout, genuine pyzmq, C, pyomq."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from .places import ROOT, Unavailable, clean_environment, environment
from .sides import Limit, Side, Worker

PEER = "pyzmq==27.3.0"
BESIDE = ("tornado", "gevent") if sys.implementation.name == "cpython" else ("tornado",)
"""Whose loops cases use; both sides run on the Python that has pyzmq."""
OURS, THEIRS, C, OMQ = "zmq-ctypes", "pyzmq", "C", "pyomq"
OPTIONAL = (C, OMQ)
OMQ_SINCE = (3, 12)
OMQ_PATIENCE_S = 20.0


class Sides(NamedTuple):
    all: list[Side]
    absent: dict[str, str]
    """Sides that are not here, with the reason."""
    remarks: list[str]

    def close(self) -> None:
        for side in self.all:
            side.close()


def assemble(peer_python: str | None, without: Collection[str]) -> Sides:
    """Start what can be started; raise `Unavailable` where ours or a wanted peer cannot."""
    sides = Sides([], {}, [])
    try:
        if THEIRS in without:
            python, libzmq = sys.executable, os.environ.get("LIBZMQ_PATH") or _installed()
            sides.absent[THEIRS] = "not wanted"
        else:
            peer = _pyzmq(peer_python)
            sides.all.append(peer)
            python, libzmq = peer.facts["executable"], peer.facts["libzmq_file"]
        sides.all.insert(0, _ours(python, libzmq))
        _compare(sides)
        for name, start in ((C, _limit), (OMQ, _pyomq)):
            try:
                if name in without:
                    raise Unavailable("not wanted")
                sides.all.append(start(sides.all[0].facts))
            except Unavailable as exc:
                sides.absent[name] = str(exc)
    except BaseException:
        sides.close()
        raise
    return sides


def _ours(python: str, libzmq: str) -> Worker:
    environ = clean_environment(PYTHONPATH=str(ROOT))
    if libzmq:
        environ["LIBZMQ_PATH"] = libzmq
    ours = Worker(OURS, python, environ)
    if ROOT not in Path(ours.facts["file"]).parents:
        ours.close()
        raise Unavailable(f"{python} imports {ours.facts['file']}, not this checkout")
    return ours


def _installed() -> str:
    """Return the libzmq of the zmq-ctypes that is installed, if one is."""
    ran = subprocess.run(
        [sys.executable, "-c", "import zmq; print(zmq.libzmq_path())"],
        env=clean_environment(),
        cwd=tempfile.gettempdir(),
        capture_output=True,
        encoding="utf-8",
    )
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _pyzmq(python: str | None) -> Worker:
    if python is None:
        label = f"{platform.python_implementation()}-{platform.python_version()}"
        python = str(environment(PEER, sys.executable, label, *BESIDE))
    # Not resolved: a virtual environment is known by the link it is started through.
    python = os.path.abspath(shutil.which(python) or python)
    peer = Worker(THEIRS, python, clean_environment())
    if not peer.facts["distribution"] or ROOT in Path(peer.facts["file"]).parents:
        peer.close()
        raise Unavailable(f"the zmq of {python} is no genuine pyzmq: {peer.facts['file']}")
    return peer


def _limit(facts: Mapping[str, str]) -> Side:
    return Limit(facts["libzmq_file"])


def _pyomq(facts: Mapping[str, str]) -> Side:
    if facts["implementation"] != "CPython" or version_of(facts["python"]) < OMQ_SINCE:
        raise Unavailable("pyomq is for CPython 3.12 and later")
    label = f"{facts['implementation']}-{facts['python']}"
    python = environment(OMQ, facts["executable"], label)
    return Worker(OMQ, str(python), clean_environment(), OMQ, OMQ_PATIENCE_S)


def version_of(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", text)[:2])


def _compare(sides: Sides) -> None:
    """Note whatever makes the comparison of the first two unfair."""
    if sides.all[1:]:
        ours, theirs = (side.facts for side in sides.all)
        if f"{THEIRS}=={theirs['distribution']}" != PEER:
            sides.remarks.append(f"pyzmq is {theirs['distribution']}, the targets are for {PEER}")
        if ours["libzmq_file"] != theirs["libzmq_file"]:
            sides.remarks.append(
                "not on the same libzmq: that of pyzmq is built into it or cannot be found"
            )
