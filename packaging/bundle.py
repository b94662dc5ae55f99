# SPDX-License-Identifier: BSD-3-Clause
"""Put a prebuilt libzmq into the package, for machines that have none.

The library comes out of the wheels that pyzmq publishes: they hold libzmq, the libraries it needs
and the licence texts. pip downloads the wheel, so its configured indexes, proxies, certificates and
folders of wheels are used. A library does not mind which Python loads it, so a wheel for any Python
serves. Nothing is compiled, and nothing is bundled that was not loaded on this machine first.

``ZMQ_BUNDLE`` decides: ``never``, ``always``, or ``auto`` (the default), which bundles when the
loader finds no libzmq on this machine.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LOADER = ROOT / "zmq" / "_ctypes" / "loader.py"

FOLDER = "_libzmq"
ORIGIN = "ORIGIN.json"
LICENCES = "licenses"
PINNED = "pyzmq==27.3.0"
DEADLINE_S = 120.0

# Pythons whose wheels are asked for when there is none for the running one: version and ABI tags
OTHER_PYTHONS = (
    ("3.12", ("cp312", "abi3")),
    ("3.11", ("cp311",)),
    ("3.9", ("cp39",)),
    ("3.8", ("cp38",)),
    ("3.7", ("cp37m",)),
)

_PROBE = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("loader", sys.argv[1])
loader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(loader)
system = loader.this_system(json.loads(sys.argv[2]))
system.package = sys.argv[3]
system.path = ()
try:
    library = loader.search(system)
except ImportError as exc:
    print(json.dumps({"error": str(exc)}))
else:
    print(json.dumps({"path": library.path, "version": library.version}))
"""


class BundleError(Exception):
    """No library could be bundled."""


class UnreachableError(BundleError):
    """pip could not reach its index: asking again for something else is no use."""


def log(text: str) -> None:
    print(f"zmq-ctypes: {text}", flush=True)


# --- what is there --------------------------------------------------------------------------------


def probe(environ: dict[str, str]) -> dict[str, object]:
    """Run the loader in a process of its own, without a bundled library.

    Opening a library cannot be undone, and a broken one can end the process.

    Parameters
    ----------
    environ : dict, what the loader sees as environment variables

    Returns
    -------
    dict with ``path`` and ``version`` of the libzmq that was loaded, or with ``error``
    """
    nowhere = str(LOADER / "nowhere")
    command = [sys.executable, "-I", "-c", _PROBE, str(LOADER), json.dumps(environ), nowhere]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        return {"error": f"the process ended with {done.returncode}: {done.stderr.strip()}"}
    result: dict[str, object] = json.loads(done.stdout)
    return result


def probe_folder(folder: Path) -> dict[str, object]:
    """Load the libzmq of a folder in a process of its own; result as `probe`."""
    return probe({"LIBZMQ_PATH": str(folder)})


def mode() -> str:
    """Read ``ZMQ_BUNDLE``."""
    wanted = os.environ.get("ZMQ_BUNDLE", "").strip().lower() or "auto"
    if wanted not in ("auto", "always", "never"):
        raise BundleError(f"ZMQ_BUNDLE={wanted}: must be auto, always or never")
    return wanted


# --- fetching -------------------------------------------------------------------------------------


def pip_commands() -> list[list[str]]:
    """List the ways to run a pip here, the best first.

    An isolated build has no pip of its own, but its Python is that of the environment in which the
    build was started, and ``-I`` makes it see that environment again.
    """
    pythons = dict.fromkeys((sys.executable, getattr(sys, "_base_executable", sys.executable)))
    commands = [[python, "-I", "-m", "pip"] for python in pythons]
    folders = [os.path.dirname(os.__file__) + "/ensurepip/_bundled", "/usr/share/python-wheels"]
    for folder in folders:
        commands += [[sys.executable, f"{wheel}/pip"] for wheel in glob.glob(f"{folder}/pip-*.whl")]
    return commands


def find_pip() -> list[str]:
    """Return the first command that runs a pip."""
    for command in pip_commands():
        done = subprocess.run([*command, "--version"], capture_output=True, check=False)
        if done.returncode == 0:
            return command
    raise BundleError("no pip found to download with")


def pip_download(
    pip: list[str], requirement: str, folder: Path, options: list[str], timeout_s: float
) -> Path:
    """Download one wheel.

    Returns
    -------
    Path of the wheel

    Raises
    ------
    BundleError : there is no such wheel, in pip's own words
    UnreachableError : the network did not answer
    """
    command = [*pip, "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), *options, requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=max(timeout_s, 1.0)
        )
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"{requirement}: no answer in {timeout_s:.0f} s") from None
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode == 0 and wheels:
        return wheels[-1]
    retries = [line for line in done.stderr.splitlines() if "Retrying (" in line]
    if retries:
        raise UnreachableError(retries[-1])
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    raise BundleError(" ".join(errors[-1:]) or f"pip ended with {done.returncode}")


def python_options(version: str, abis: tuple[str, ...]) -> list[str]:
    """Return the options that make pip take a wheel for another Python on this platform."""
    options = ["--python-version", version, "--implementation", "cp"]
    return [*options, *(f"--abi={abi}" for abi in abis)]


def download(folder: Path) -> Path:
    """Download a pyzmq wheel whose libzmq serves on this platform.

    The pinned version is asked for before any other, the running Python before others.
    """
    pip = find_pip()
    ends = time.monotonic() + DEADLINE_S
    choices = [[], *(python_options(version, abis) for version, abis in OTHER_PYTHONS)]
    failures = []
    for requirement in (PINNED, "pyzmq"):
        for options in choices:
            try:
                return pip_download(pip, requirement, folder, options, ends - time.monotonic())
            except UnreachableError:
                raise
            except BundleError as exc:
                failures.append(str(exc))
    raise BundleError(f"no pyzmq wheel for this platform: {failures[0]}")


# --- unpacking ------------------------------------------------------------------------------------


def library_names(names: list[str]) -> list[str]:
    """Pick, from the names in a pyzmq wheel, the files of the folder that holds libzmq."""
    found = [PurePosixPath(name) for name in names if _is_libzmq(PurePosixPath(name).name)]
    if not found:
        raise BundleError("no libzmq in this wheel")
    folder = found[0].parent
    beside = [name for name in names if PurePosixPath(name).parent == folder and name[-1] != "/"]
    # Early wheels keep libzmq among the Python modules.
    shared = folder.name in (".libs", ".dylibs") or folder.name.endswith(".libs")
    return beside if shared else [str(path) for path in found if path.parent == folder]


def _is_libzmq(name: str) -> bool:
    lowered = name.lower()
    suffixes = (".dylib", ".dll")
    shared = lowered.endswith(suffixes) or ".so" in lowered
    return shared and lowered.startswith("libzmq") and ".cpython" not in lowered


def licence_names(names: list[str]) -> list[str]:
    """Pick the licence texts of libzmq and its neighbours; all there are if none is named so."""
    words = ("license", "licence", "copying", "notice")
    inside = [name for name in names if ".dist-info/" in name and name[-1] != "/"]
    texts = _with_words(inside, words)
    return _with_words(texts, ("zeromq", "libzmq", "sodium", "lesser")) or texts


def _with_words(names: list[str], words: tuple[str, ...]) -> list[str]:
    lowered = {name: PurePosixPath(name).name.lower() for name in names}
    return [name for name in names if any(word in lowered[name] for word in words)]


def unpack(wheel: Path, folder: Path) -> None:
    """Copy libzmq, its neighbours and their licences out of a wheel; note where they are from."""
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name in library_names(names):
            target = folder / PurePosixPath(name).name
            target.write_bytes(archive.read(name))
            target.chmod(0o755)
            digests[target.name] = hashlib.sha256(target.read_bytes()).hexdigest()
        (folder / LICENCES).mkdir(exist_ok=True)
        for name in licence_names(names):
            target = folder / LICENCES / PurePosixPath(name).name
            target.write_bytes(archive.read(name))
    origin = {
        "wheel": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "files": digests,
    }
    write_origin(folder, origin)


def write_origin(folder: Path, origin: dict[str, object]) -> None:
    text = json.dumps(origin, indent=2, sort_keys=True)
    (folder / ORIGIN).write_text(text + "\n", encoding="utf-8")


def fetch(folder: Path) -> None:
    """Fill a folder with a libzmq that loads here, or leave it absent.

    Raises
    ------
    BundleError : nothing could be downloaded, or what was downloaded does not load
    """
    # Beside its destination, so that the rename at the end is atomic.
    with tempfile.TemporaryDirectory(prefix=f"{FOLDER}.", dir=folder.parent) as scratch:
        download_to, fresh = Path(scratch, "wheel"), Path(scratch, FOLDER)
        download_to.mkdir()
        wheel = download(download_to)
        unpack(wheel, fresh)
        loaded = probe_folder(fresh)
        if "error" in loaded:
            raise BundleError(f"the libzmq of {wheel.name} does not load: {loaded['error']}")
        origin = json.loads((fresh / ORIGIN).read_text(encoding="utf-8"))
        version = ".".join(map(str, loaded["version"]))  # type: ignore[call-overload]
        write_origin(fresh, {**origin, "libzmq": version})
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            if "error" in probe_folder(folder):  # no other build has just put one there
                raise
        log(f"bundling libzmq {version} from {wheel.name}")


def prepare(source: Path, scratch: Path) -> Path | None:
    """Decide whether to bundle, and have the library ready.

    Parameters
    ----------
    source : Path, the zmq folder of the source tree; the library stays there for use in place
    scratch : Path, a folder of the build, used when `source` cannot be written

    Returns
    -------
    Path of the folder with the library, or None when nothing is to be bundled

    Raises
    ------
    BundleError : only when ``ZMQ_BUNDLE`` is ``always``, or is not one of the three words
    """
    wanted = mode()
    if wanted == "never":
        return None
    if wanted == "auto":
        here = probe(dict(os.environ))
        if "error" not in here:
            log(f"libzmq is on this machine, at {here['path']}: not bundling one")
            return None
    folder = source / FOLDER
    if "error" not in probe_folder(folder):
        return folder
    if not os.access(source, os.W_OK):
        scratch.mkdir(parents=True, exist_ok=True)
        folder = scratch / FOLDER
    try:
        fetch(folder)
    except (BundleError, OSError) as exc:
        if wanted == "always":
            raise BundleError(str(exc)) from exc
        log(f"WARNING: no libzmq here, and none could be bundled: {exc}")
        return None
    return folder
