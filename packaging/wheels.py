# SPDX-License-Identifier: BSD-3-Clause
"""Make the set of wheels: one that is pure, and one for each platform with a libzmq in it.

    python packaging/wheels.py some/folder

Every wheel serves every Python. Nothing is compiled, so one machine makes them all: the libraries
come out of the wheels that ``PINS`` in ``bundle.py`` names, by their hashes. They cannot be loaded
on a machine of another kind; what they are is known by the hash.

For Windows on ARM there is no library to take. One is built before, by zig on any machine::

    python packaging/windows_arm64.py another/folder
    python packaging/wheels.py some/folder another/folder

Without the second folder the set has no wheel for it, and pip takes the pure one there; that is
printed too.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import bundle
import windows_arm64

# The earliest that a zip file can tell: the same source gives the same wheels, byte for byte.
WHEN = (1980, 1, 1, 0, 0, 0)
EPOCH = "315532800"

# What pip takes the pure wheel for, and why
PURE_ONLY = """\
no wheel for win_arm64: libzmq is published there only inside a Python extension, which exports
nothing of it. packaging/windows_arm64.py builds one, and its folder is named after that of the set.
Without it pip takes the pure wheel, which needs a libzmq (vcpkg install zeromq:arm64-windows).
With Python for amd64, which Windows on ARM runs, pip takes the wheel for win_amd64."""


def build_pure(folder: Path) -> Path:
    """Build the wheel without a library; return its path."""
    command = [*bundle.find_pip(), "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    environ = {**os.environ, "ZMQ_BUNDLE": "never", "SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run([*command, str(bundle.ROOT)], env=environ, check=True)
    (wheel,) = folder.glob("zmq_ctypes-*-py3-none-any.whl")
    return wheel


def fetch(pin: bundle.Pin, folder: Path) -> None:
    """Fill a folder with the libraries, licences and origin of a pinned wheel."""
    _, version, python, abi, _ = pin.wheel[:-4].split("-")
    options = bundle.python_options(f"{python[2]}.{python[3:]}", (python, abi))
    options += ["--platform", pin.platform]
    with tempfile.TemporaryDirectory() as scratch:
        wheel = bundle.pip_download(
            bundle.find_pip(), f"pyzmq=={version}", Path(scratch), options, bundle.DEADLINE_S
        )
        if wheel.name != pin.wheel:
            raise bundle.BundleError(f"wanted {pin.wheel}, got {wheel.name}")
        bundle.unpack(wheel, folder)
    bundle.note_origin(folder, libzmq=pin.libzmq, curve=True)
    bundle.add_texts(folder, pin.libzmq)


def add_library(pure: Path, platforms: str, library: Path, folder: Path) -> Path:
    """Write the pure wheel again, with a library and the tags of its platforms; return its path."""
    with zipfile.ZipFile(pure) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    del files[record]
    files[record.replace("RECORD", "WHEEL")] = _wheel_text(platforms.split("."))
    for path in sorted(library.rglob("*")):
        if path.is_file():
            files[f"zmq/{bundle.FOLDER}/{path.relative_to(library).as_posix()}"] = path.read_bytes()
    files[record] = _record_text(files, record)
    wheel = folder / pure.name.replace("-any.whl", f"-{platforms}.whl")
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, WHEN)
            # As a file, writable for its owner; a library as one that may be executed.
            mode = 0o755 if Path(library, PurePosixPath(name).name).is_file() else 0o644
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return wheel


def _wheel_text(platforms: list[str]) -> bytes:
    tags = [f"Tag: py3-none-{platform}" for platform in platforms]
    head = ["Wheel-Version: 1.0", "Generator: zmq-ctypes", "Root-Is-Purelib: false"]
    return "\n".join([*head, *tags, ""]).encode()


def _record_text(files: dict[str, bytes], record: str) -> bytes:
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{record},,", ""]).encode()


def make(folder: Path, for_arm: Path | None = None) -> dict[Path, str]:
    """Fill a folder with the set.

    Parameters
    ----------
    folder : Path, where the wheels go
    for_arm : Path, what windows_arm64.py has filled; None leaves out the wheel for Windows on ARM

    Returns
    -------
    dict, wheel: version of the libzmq in it, or "none"
    """
    if for_arm is not None:
        windows_arm64.check(for_arm)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        built = build_pure(Path(scratch))
        wheels = {folder / built.name: "none"}
        (folder / built.name).write_bytes(built.read_bytes())
        for pin in bundle.PINS:
            library = Path(scratch, pin.platform)
            fetch(pin, library)
            platforms = pin.wheel[:-4].split("-")[-1]
            wheels[add_library(built, platforms, library, folder)] = pin.libzmq
        if for_arm is not None:
            wheels[add_library(built, "win_arm64", for_arm, folder)] = windows_arm64.LIBZMQ
    return wheels


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    folder, *for_arm = (Path(argument).absolute() for argument in sys.argv[1:])
    try:
        wheels = make(folder, *for_arm)
    except (bundle.BundleError, subprocess.CalledProcessError) as exc:
        print(f"wheels: {exc}", file=sys.stderr)
        return 1
    for wheel, version in wheels.items():
        size = wheel.stat().st_size / 1024
        print(f"{size:6.0f} KiB  libzmq {version:5}  {wheel.name}")
    if not for_arm:
        print(PURE_ONLY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
