# SPDX-License-Identifier: BSD-3-Clause
"""Virtual environments with what is compared, made once and kept."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY = "ready"


class Unavailable(Exception):
    """Something cannot be had on this machine; the text says why."""


def check_file(name: str) -> None:
    """Raise `Unavailable` if a file of this name could not be written."""
    path = Path(name)
    if not path.parent.is_dir():
        raise Unavailable(f"{name}: there is no folder {path.parent}")
    if path.is_dir():
        raise Unavailable(f"{name} is a folder")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Unavailable(f"{name} cannot be written")


def cache() -> Path:
    """Return the folder for what is kept between runs: the user's, or a temporary one."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    for folder in (Path(base).expanduser(), Path(tempfile.gettempdir())):
        place = folder / "zmq-ctypes-bench"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            return place
    raise Unavailable("no folder to keep a virtual environment in")


def python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(package: str, base: str, label: str, *beside: str) -> Path:
    """Return the Python of a virtual environment that holds a package, such as pyzmq==27.3.0.

    It is made by the Python ``base``; ``label`` tells such Pythons apart. ``beside`` is installed too.
    """
    name = "-".join([package.replace("==", "-"), *beside, label, platform.machine()])
    folder = cache() / name
    python = python_in(folder)
    if (folder / READY).exists() and _runs([str(python), "-c", ""]):
        return python
    print(f"making a virtual environment with {package}", file=sys.stderr)
    _do([base, "-m", "venv", "--clear", str(folder)], "no virtual environment can be made")
    _do(
        [str(python), "-m", "pip", "install", "--quiet", package, *beside],
        f"{package} cannot be installed",
    )
    (folder / READY).touch()
    return python


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, env=clean_environment(), check=False).returncode == 0
    except OSError:
        return False


def _do(command: list[str], otherwise: str) -> None:
    try:
        subprocess.run(
            command,
            env=clean_environment(),
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.CalledProcessError as exc:
        said = exc.stdout.strip().splitlines() or ["it said nothing"]
        raise Unavailable(f"{otherwise}: {said[-1]}") from exc
    except OSError as exc:
        raise Unavailable(f"{otherwise}: {exc}") from exc


def clean_environment(**extra: str) -> dict[str, str]:
    """Return the environment without what would change which zmq or libzmq is loaded, or how."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "ZMQ_", "PYZMQ_")) and name != "LIBZMQ_PATH"
    }
    return {**kept, **extra}
