# SPDX-License-Identifier: BSD-3-Clause
"""Build the libzmq for Windows on ARM that ``wheels.py`` puts into the wheel for it.

    python packaging/windows_arm64.py some/folder

leaves libzmq.dll in the folder, with its licences and where it came from. Nobody publishes one that
exports its functions. This is a maintainer's step, on any machine that zig runs on: an installation
compiles nothing. Takes one to three minutes, 100 MB of download and 500 MB of disk for that time.
Nothing is built when the folder holds one already.

All of it comes by pip, and is compared with the hashes below: libzmq's source out of pyzmq's, that of
libsodium out of PyNaCl's, and zig, which brings clang, libc++ and mingw-w64. They are linked into one
file, which needs nothing but what Windows 10 has: its sockets, and the C runtime (UCRT).

    python packaging/windows_arm64.py --try some/folder x86_64

builds the same for another processor, and try_libzmq.exe, which exchanges messages by it::

    cd some/folder && wine try_libzmq.exe libzmq.dll
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import bundle

LIBZMQ = "4.3.4"
DLL = "libzmq.dll"
ARM = "aarch64"
PROCESSORS = (ARM, "x86_64")

SOURCES = {
    "pyzmq-25.1.2.tar.gz": "93f1aa311e8bb912e34f004cf186407a4e90eec4f0ecc0efd26056bf7eda0226",
    "pynacl-1.6.2.tar.gz": "018494d6d696ae03c7e656e5e74cdfd8ea1326962cc401bcf018f1ed8436811c",
}
SOURCES_WANTED = ["pyzmq==25.1.2", "pynacl==1.6.2"]

# A wheel for each machine to build on: Linux (x86_64, aarch64), macOS (arm64, x86_64), Windows
ZIG = "0.17.1"
ZIG_SHA256 = (
    "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
    "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
    "09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23",
    "4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97",
    "69c3dfc3aff6a297ec4017aa904782c0e450eb988982d7f675d83edce27526fb",
)

# As libzmq's own build would find it: polling by select and no ipc, like the library for amd64
PLATFORM = """\
#define ZMQ_HAVE_WINDOWS
#define ZMQ_HAVE_MINGW32
#define ZMQ_HAVE_CURVE
#define ZMQ_USE_LIBSODIUM
#define ZMQ_USE_CV_IMPL_WIN32API
#define ZMQ_IOTHREAD_POLLER_USE_SELECT
#define ZMQ_POLL_BASED_ON_SELECT
#define ZMQ_HAVE_NOEXCEPT
#define HAVE_STRNLEN
#define ZMQ_CACHELINE_SIZE 64
"""
DEFINED = {
    "zmq": ["DLL_EXPORT", "FD_SETSIZE=16384", "_WIN32_WINNT=0x0A00"],
    "sodium": [
        "CONFIGURED=1",
        "SODIUM_STATIC",
        "NATIVE_LITTLE_ENDIAN",
        "HAVE_ATOMIC_OPS",
        "HAVE_C11_MEMORY_FENCES",
        "HAVE_GCC_MEMORY_FENCES",
        "HAVE_INLINE_ASM",
        "HAVE_INTTYPES_H",
        "HAVE_RAISE",
        "HAVE_STDINT_H",
        "HAVE_SYS_PARAM_H",
        "HAVE_TI_MODE",
    ],
}
# zig would trap on undefined behaviour, and strict rules are more than libsodium is written for.
OPTIONS = ["-O2", "-s", "-w", "-fno-sanitize=all", "-fno-stack-protector"]
OPTIONS += ["-fwrapv", "-fno-strict-aliasing"]
SYSTEM = ["-lws2_32", "-liphlpapi", "-ladvapi32"]

TEXTS = {
    "zmq/COPYING.LESSER": "LICENSE.LESSER.txt",
    "sodium/LICENSE": "LICENSE.libsodium.txt",
    "tools/ziglang/LICENSE": "LICENSE.zig.txt",
    "tools/ziglang/lib/libcxx/LICENSE.TXT": "LICENSE.libcxx.txt",
    "tools/ziglang/lib/libcxxabi/LICENSE.TXT": "LICENSE.libcxxabi.txt",
    "tools/ziglang/lib/libunwind/LICENSE.TXT": "LICENSE.libunwind.txt",
    "tools/ziglang/lib/libc/mingw/COPYING": "LICENSE.mingw-w64.txt",
}


def _run(command: list[str], work: Path, **environ: str) -> None:
    inherited = {name: text for name, text in os.environ.items() if name not in bundle.NOT_FOR_PIP}
    done = subprocess.run(
        command,
        cwd=work,
        env={**inherited, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join(done.stdout.splitlines()[-40:])
        raise bundle.BundleError(
            f"{' '.join(command[:6])} ... ended with {done.returncode}:\n{said}"
        )


def _pip(work: Path, arguments: list[str], requirements: list[str]) -> None:
    """Run pip on requirements with hashes, which it compares before it opens anything."""
    wanted = work / "requirements.txt"
    wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    options += ["--require-hashes", "--requirement", str(wanted)]
    _run([*bundle.find_pip(), *arguments, *options], work)


def fetch(work: Path) -> None:
    """Put the sources into ``zmq`` and ``sodium`` of a folder, and zig into ``tools``."""
    hashes = [f"--hash=sha256:{digest}" for digest in ZIG_SHA256]
    install = ["install", "--target", str(work / "tools"), "--only-binary", ":all:"]
    _pip(work, install, [" ".join([f"ziglang=={ZIG}", *hashes])])
    pairs = zip(SOURCES_WANTED, SOURCES.values())
    download = ["download", "--no-binary", "pyzmq,pynacl", "--dest", str(work / "sources")]
    _pip(work, download, [f"{name} --hash=sha256:{digest}" for name, digest in pairs])
    for name, digest in SOURCES.items():
        archive = work / "sources" / name
        if bundle.sha256(archive) != digest:
            raise bundle.BundleError(f"{name}: its sha256 is {bundle.sha256(archive)}")
        with tarfile.open(archive) as opened:
            # The hash says what is in it; the filter is for Pythons that warn without one.
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            opened.extractall(work, **safe)  # type: ignore[arg-type]
    (work / "pyzmq-25.1.2" / "bundled" / "zeromq").rename(work / "zmq")
    (work / "pynacl-1.6.2" / "src" / "libsodium").rename(work / "sodium")


def compile_library(work: Path, processor: str) -> Path:
    """Compile what `fetch` left; return the path of the library."""
    sodium = Path("sodium", "src", "libsodium")
    version = work / "sodium" / "builds" / "msvc" / "version.h"
    shutil.copy(version, work / sodium / "include" / "sodium")
    (work / "platform.hpp").write_text(PLATFORM, encoding="utf-8")
    # As one file it takes a sixth of the time. WebSockets are of the draft API.
    names = sorted(path.name for path in (work / "zmq" / "src").glob("*.cpp"))
    text = "".join(f'#include "{name}"\n' for name in names if not name.startswith(("ws_", "wss_")))
    (work / "whole.cpp").write_text(text, encoding="utf-8")
    # Relative, as libzmq has the names of its files in its text: the same bytes wherever it is built.
    parts = [path.relative_to(work).as_posix() for path in (work / sodium).rglob("*.c")]
    folders = [".", "zmq/src", "zmq/include", f"{sodium.as_posix()}/include"]
    folders += [f"{sodium.as_posix()}/include/sodium"]
    arguments = [*OPTIONS, *(f"-D{name}" for name in DEFINED["zmq"] + DEFINED["sodium"])]
    arguments += [f"-I{folder}" for folder in folders]
    zig(work, processor, "c++", ["-shared", *arguments, "whole.cpp", *sorted(parts), *SYSTEM], DLL)
    return work / DLL


def zig(work: Path, processor: str, tool: str, arguments: list[str], target: str) -> None:
    """Run zig's compiler for Windows on a processor, its caches in the folder too."""
    command = [sys.executable, "-m", "ziglang", tool, "-target", f"{processor}-windows-gnu"]
    cache = str(work / "cache")
    environ = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    _run([*command, *arguments, "-o", target], work, PYTHONPATH=str(work / "tools"), **environ)


def build(folder: Path, processor: str = ARM, trying: bool = False) -> None:
    """Fill a folder with the library, its licences and its origin."""
    with tempfile.TemporaryDirectory(prefix="windows-arm64.") as scratch:
        work = Path(scratch)
        fetch(work)
        library = compile_library(work, processor)
        (folder / bundle.LICENCES).mkdir(parents=True, exist_ok=True)
        for source, name in TEXTS.items():
            shutil.copyfile(work / source, folder / bundle.LICENCES / name)
        if trying:
            text = str(bundle.ROOT / "packaging" / "try_libzmq.c")
            zig(work, processor, "cc", ["-O1", "-w", text], str(folder / "try_libzmq.exe"))
        shutil.copyfile(library, folder / DLL)
    told = f"{' and '.join(SOURCES)}, compiled by zig {ZIG} for {processor}"
    bundle.note_origin(
        folder,
        library=told,
        sha256=bundle.sha256(folder / DLL),
        processor=processor,
        sources=SOURCES,
        pinned=True,
        libzmq=LIBZMQ,
        curve=True,
    )
    bundle.add_texts(folder, LIBZMQ)


def check(folder: Path) -> None:
    """Have a folder hold what `build` leaves for Windows on ARM, and nothing else.

    Raises
    ------
    BundleError : it does not
    """
    try:
        origin = json.loads((folder / bundle.ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise bundle.BundleError(f"{folder}: windows_arm64.py has not filled it: {exc}") from None
    files = {path.name for path in folder.iterdir() if path.is_file()} - {bundle.ORIGIN}
    wanted = (ARM, SOURCES, LIBZMQ, {DLL: origin.get("sha256")})
    found = tuple(origin.get(name) for name in ("processor", "sources", "libzmq", "files"))
    if found != wanted or files != {DLL} or bundle.sha256(folder / DLL) != origin["sha256"]:
        raise bundle.BundleError(f"{folder}: not what windows_arm64.py leaves; remove it")


def main() -> int:
    arguments = sys.argv[1:]
    trying = arguments[:1] == ["--try"]
    if (trying and (len(arguments) != 3 or arguments[2] not in PROCESSORS)) or (
        not trying and len(arguments) != 1
    ):
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[trying]).absolute()
    try:
        if trying:
            build(folder, arguments[2], trying)
        else:
            if not (folder / bundle.ORIGIN).exists():
                build(folder)
            check(folder)
    except bundle.BundleError as exc:
        print(f"windows_arm64: {exc}", file=sys.stderr)
        return 1
    print(folder / DLL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
