# SPDX-License-Identifier: BSD-3-Clause
"""Fetch a certain version of libzmq, to try the package on.

    python packaging/fetch_libzmq.py 4.2.5 some/folder

leaves libzmq 4.2.5 and what it needs in the folder, for ``LIBZMQ_PATH``. The libraries come out of
the pyzmq wheels of their time. Nothing is fetched when the folder holds that version already.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import bundle

# libzmq version: pyzmq version, a Python it has wheels for on every platform, ABI tags
WHEELS = {
    "4.1.5": ("15.4.0", "3.5", ("cp35m",)),
    "4.2.5": ("17.1.3", "3.7", ("cp37m",)),
    "4.3.2": ("18.1.1", "3.8", ("cp38",)),
    "4.3.4": ("22.3.0", "3.10", ("cp310",)),
    "4.3.5": ("27.3.0", "3.12", ("cp312", "abi3")),
}


def fetch(version: str, folder: Path) -> None:
    """Fill a folder with a version of libzmq.

    Raises
    ------
    BundleError : this version is not known, cannot be had or does not load
    """
    if version not in WHEELS:
        raise bundle.BundleError(f"libzmq {version}: known are {', '.join(WHEELS)}")
    if has(version, folder):
        return
    pyzmq, python, abis = WHEELS[version]
    with tempfile.TemporaryDirectory() as scratch:
        options = bundle.python_options(python, abis)
        wheel = bundle.pip_download(
            bundle.find_pip(), f"pyzmq=={pyzmq}", Path(scratch), options, bundle.DEADLINE_S
        )
        bundle.unpack(wheel, folder)
    if not has(version, folder):
        raise bundle.BundleError(f"{folder}: {bundle.probe_folder(folder)}")


def has(version: str, folder: Path) -> bool:
    """Tell whether a folder holds that version of libzmq and it loads."""
    loaded = bundle.probe_folder(folder)
    return loaded.get("version") == [int(number) for number in version.split(".")]


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[2]).absolute()
    try:
        fetch(sys.argv[1], folder)
    except bundle.BundleError as exc:
        print(f"fetch_libzmq: {exc}", file=sys.stderr)
        return 1
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
