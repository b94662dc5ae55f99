# SPDX-License-Identifier: BSD-3-Clause
"""Measure what wheels take to install, and what they take on the disk.

    python packaging/measure.py one.whl other.whl

Each wheel is installed into fresh environments, in turns, without looking anything up. Printed are
the sizes of the wheel and of what it installs, with and without the caches that pip compiles, and
the least and the median of the times.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from time import perf_counter

import bundle

ROUNDS = 7


def install(wheel: Path, folder: Path) -> float:
    """Install a wheel into a fresh environment; return the seconds that pip took."""
    venv.create(folder)
    (python,) = (*folder.glob("bin/python"), *folder.glob("Scripts/python.exe"))
    command = [*bundle.find_pip(), "--python", str(python), "install", "--quiet", "--no-index"]
    command += ["--no-deps", "--disable-pip-version-check", str(wheel)]
    began = perf_counter()
    subprocess.run(command, check=True)
    return perf_counter() - began


def sizes(folder: Path) -> tuple[int, int]:
    """Return the bytes in an environment, without caches and of caches."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    caches = sum(path.stat().st_size for path in files if path.suffix == ".pyc")
    return sum(path.stat().st_size for path in files) - caches, caches


def main() -> int:
    wheels = [Path(argument).absolute() for argument in sys.argv[1:]]
    if not wheels:
        print(__doc__, file=sys.stderr)
        return 2
    times: dict[Path, list[float]] = {wheel: [] for wheel in wheels}
    took: dict[Path, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(Path(scratch, "empty"))
        empty, _ = sizes(Path(scratch, "empty"))
        for number in range(ROUNDS):
            for position, wheel in enumerate(wheels):
                folder = Path(scratch, f"{number}-{position}")
                times[wheel].append(install(wheel, folder))
                files, caches = sizes(folder)
                took[wheel] = files - empty, caches
    print("wheel KiB  installed KiB  caches KiB  least s  median s")
    for wheel in wheels:
        files, caches = took[wheel]
        least, median = min(times[wheel]), statistics.median(times[wheel])
        size = wheel.stat().st_size
        print(
            f"{size / 1024:9.0f}  {files / 1024:13.0f}  {caches / 1024:10.0f}  {least:7.2f}  "
            f"{median:8.2f}  {wheel.name}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
