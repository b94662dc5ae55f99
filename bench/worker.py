# SPDX-License-Identifier: BSD-3-Clause
"""A process of one side, run by its path: ``python bench/worker.py MODULE [ROLE ARGUMENT ...]``.

MODULE is what ``import zmq`` gives to the cases. With a role it plays that part of a case of two
processes. Otherwise it says who it is and then times cases: a line of JSON in, a line of JSON out,
until its standard input ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import json
import os
import platform
import sys
import traceback
from typing import Any, TextIO

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NO_FILES = "open files are limited"


def load(module: str) -> tuple[Any, list[Any], Any]:
    """Import this side's zmq, then the cases on top of it."""
    zmq = importlib.import_module(module)
    # From here on the name is taken: the checkout's folder holds a zmq as well.
    sys.modules["zmq"] = zmq
    sys.path.insert(0, ROOT)
    from bench import cases, greenlets, growth, loops, partner

    sys.path.remove(ROOT)
    return zmq, [cases, greenlets, growth, loops], partner


# --- who this is ----------------------------------------------------------------------------------


def introduction(zmq: Any) -> dict[str, str]:
    return {
        "module": zmq.__name__,
        "file": os.path.realpath(zmq.__file__),
        "version": zmq.__version__,
        "distribution": distribution("pyzmq" if zmq.__name__ == "zmq" else zmq.__name__, zmq),
        "libzmq": zmq.zmq_version(),
        "libzmq_file": libzmq_file(zmq),
        "executable": sys.executable,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
    }


def distribution(name: str, zmq: Any) -> str:
    """Return the version of the installed package that a module is of, or nothing."""
    from importlib import metadata

    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return ""
    place = os.path.realpath(str(found.locate_file(zmq.__name__)))
    return found.version if place == os.path.realpath(os.path.dirname(zmq.__file__)) else ""


def libzmq_file(zmq: Any) -> str:
    """Return the file of the libzmq in use, or nothing where it cannot be told."""
    if hasattr(zmq, "libzmq_path"):
        return os.path.realpath(str(zmq.libzmq_path()))
    return next(itertools.chain(_mapped(), _beside(os.path.dirname(zmq.__file__))), "")


def _mapped() -> list[str]:
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            paths = [line.split(None, 5)[-1].rstrip("\n") for line in maps]
    except OSError:
        return []
    return [path for path in paths if os.path.basename(path).startswith("libzmq")]


def _beside(package: str) -> list[str]:
    """Return what wheels bring along, on systems that do not tell what is mapped."""
    folders = [os.path.join(os.path.dirname(package), "pyzmq.libs")]
    folders += [os.path.join(package, name) for name in (".dylibs", ".libs")]
    return [
        os.path.realpath(os.path.join(folder, name))
        for folder in folders
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
        if name.startswith("libzmq")
    ]


# --- timing ---------------------------------------------------------------------------------------


def measure(modules: list[Any], order: dict[str, Any]) -> dict[str, Any]:
    """Time one case; the answer holds samples, or why there are none."""
    try:
        functions = [getattr(module, order["function"], None) for module in modules]
        function = next(filter(None, functions))
        gc.collect()
        samples = function(order["n"], *order["arguments"])
        try:
            for _ in range(order["warm_up"]):
                next(samples)
            return {"samples": [next(samples) for _ in range(order["samples"])]}
        finally:
            samples.close()
    except Exception as exc:
        if getattr(exc, "errno", None) in (23, 24):
            return {"lacks": f"{NO_FILES}: {exc}"}
        if isinstance(exc, (ImportError, AttributeError, NotImplementedError)):
            return {"lacks": f"{type(exc).__name__}: {exc}", "error": traceback.format_exc()}
        return {"error": traceback.format_exc()}


def serve(module: str, answers: TextIO) -> None:
    def say(what: dict[str, Any]) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    try:
        zmq, modules, _ = load(module)
        say(introduction(zmq))
    except Exception as exc:
        say({"error": f"{type(exc).__name__}: {exc}"})
        return
    for line in sys.stdin:
        say(measure(modules, json.loads(line)))


def allow_files() -> None:
    """Raise the number of open files to what this process may have."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    module, *rest = sys.argv[1:]
    if rest:
        role, *arguments = rest
        load(module)[2].ROLES[role](*map(int, arguments))
        return
    # Answers keep the standard output for themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    allow_files()
    serve(module, answers)


if __name__ == "__main__":
    main()
