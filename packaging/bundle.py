# SPDX-License-Identifier: BSD-3-Clause
"""Put a prebuilt libzmq into the package, for machines that have none.

The library comes out of the wheels that pyzmq publishes: they hold libzmq, the libraries it needs
and the licence texts. pip downloads the wheel, so its configured indexes, proxies, certificates and
folders of wheels are used. A library does not mind which Python loads it, so a wheel for any Python
serves. Nothing is compiled, and nothing is bundled that was not loaded on this machine first and
asked for its version and for CURVE.

``ZMQ_BUNDLE`` decides: ``never``, ``always``, or ``auto`` (the default), which bundles when the
loader finds no libzmq on this machine. ``ZMQ_BUNDLE_FROM`` names what to bundle instead of what
pyzmq publishes: a libzmq, its folder, or a wheel.
"""

from __future__ import annotations

import functools
import glob
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOADER = ROOT / "zmq" / "_ctypes" / "loader.py"

FOLDER = "_libzmq"
ORIGIN = "ORIGIN.json"
LICENCES = "licenses"
TEXTS = Path(__file__).resolve().parent / "licenses"
DEADLINE_S = 120.0

# What is meant for the packages that are being installed, and would keep pip from a wheel of pyzmq
NOT_FOR_PIP = ("PIP_CONSTRAINT", "PIP_NO_BINARY", "PIP_REQUIRE_HASHES", "PIP_REQUIREMENT")

# The Python whose wheels are taken, whichever runs
PYTHON = ("3.12", ("cp312", "abi3"))


class Pin(NamedTuple):
    """A wheel that libzmq is taken from: what pip calls its platform, and what it has to be."""

    platform: str
    wheel: str
    sha256: str
    libzmq: str


# Later wheels for Windows have libzmq linked into a Python extension, which exports nothing of it;
# those for Windows on ARM always had: windows_arm64.py builds a library for that.
PINS = (
    Pin(
        "manylinux_2_28_x86_64",
        "pyzmq-27.3.0-cp312-abi3-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl",
        "858fe25231e0fd8612da142efde019faa5ef63fa150a821a27870e791b38c798",
        "4.3.5",
    ),
    Pin(
        "manylinux_2_28_aarch64",
        "pyzmq-27.3.0-cp312-abi3-manylinux_2_26_aarch64.manylinux_2_28_aarch64.whl",
        "ad8b828407caee77ff3ab0bdb2984ee8d48922328b226e8fda7c84a71a55dbb4",
        "4.3.5",
    ),
    Pin(
        "musllinux_1_2_x86_64",
        "pyzmq-27.3.0-cp312-abi3-musllinux_1_2_x86_64.whl",
        "d317685b83663fbd03ca8b5c34add7463e9bed094e3e1a69d2a895130b64ffaf",
        "4.3.5",
    ),
    Pin(
        "musllinux_1_2_aarch64",
        "pyzmq-27.3.0-cp312-abi3-musllinux_1_2_aarch64.whl",
        "220095b4c11b0542ae5c0d67411331d3819753ee9ec0468e63a4ca6fd4ccf50f",
        "4.3.5",
    ),
    Pin(
        "macosx_10_15_universal2",
        "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl",
        "15155fd8f308d3bd47f67a8f6cc809f9db90abbf63c514c384a17622e2cf080f",
        "4.3.5",
    ),
    Pin(
        "win_amd64",
        "pyzmq-25.1.2-cp312-cp312-win_amd64.whl",
        "ced111c2e81506abd1dc142e6cd7b68dd53747b3b7ae5edbea4578c5eeff96b7",
        "4.3.4",
    ),
    Pin(
        "win32",
        "pyzmq-25.1.2-cp312-cp312-win32.whl",
        "02bbc1a87b76e04fd780b45e7f695471ae6de747769e540da909173d50ff8e2d",
        "4.3.4",
    ),
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
    has = getattr(library.released, "zmq_has", None)
    curve = bool(has and has(b"curve"))
    print(json.dumps({"path": library.path, "version": library.version, "curve": curve}))
"""


class BundleError(Exception):
    """No library could be bundled."""


class UnreachableError(BundleError):
    """pip could not reach its index: asking again for something else is no use."""


def log(text: str) -> None:
    print(f"zmq-ctypes: {text}", flush=True)


# --- what is there --------------------------------------------------------------------------------


def load_loader() -> ModuleType:
    """Import the loader by its path, without the package; it opens nothing by being imported."""
    spec = importlib.util.spec_from_file_location("loader", LOADER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def probe(environ: dict[str, str]) -> dict[str, object]:
    """Run the loader in a process of its own, without a bundled library.

    Opening a library cannot be undone, and a broken one can end the process.

    Parameters
    ----------
    environ : dict, what the loader sees as environment variables

    Returns
    -------
    dict with ``path``, ``version`` and ``curve`` (whether it has that) of the libzmq that was
    loaded, or with ``error``
    """
    nowhere = str(LOADER / "nowhere")
    command = [sys.executable, "-IB", "-c", _PROBE, str(LOADER), json.dumps(environ), nowhere]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        return {"error": f"the process ended with {done.returncode}: {done.stderr.strip()}"}
    result: dict[str, object] = json.loads(done.stdout)
    return result


def reason(probed: dict[str, object]) -> str:
    """Say what a probe failed of: of the loader's text only what it says of the files that it tried.

    Its advice is for who imports the package, not for who named a file to bundle.
    """
    text = str(probed["error"])
    tried = [line.partition("] ")[2] for line in text.splitlines() if line.startswith("  [")]
    return "; ".join(tried) or text


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


@functools.cache
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
    environ = {name: value for name, value in os.environ.items() if name not in NOT_FOR_PIP}
    limit_s = max(timeout_s, 1.0)
    try:
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, timeout=limit_s
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


def choices(platform: str) -> list[tuple[str, list[str]]]:
    """List what to ask pip for, requirement and options: the pinned wheel, then any that serves.

    Somebody's folder of wheels may hold one for the running Python only.
    """
    pinned, serving = "pyzmq==27.3.0", "pyzmq"
    if platform == "win32":
        pinned, serving = "pyzmq==25.1.2", "pyzmq<26"
    options = python_options(*PYTHON)
    return [(pinned, options), (serving, []), (serving, options)]


def download(folder: Path) -> Path:
    """Download a pyzmq wheel whose libzmq serves on this platform."""
    pip = find_pip()
    ends = time.monotonic() + DEADLINE_S
    failures = []
    for requirement, options in choices(sys.platform):
        try:
            return pip_download(pip, requirement, folder, options, ends - time.monotonic())
        except UnreachableError:
            raise
        except BundleError as exc:
            failures.append(str(exc))
    raise BundleError(f"no pyzmq wheel for this platform: {failures[0]}")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(wheel: Path) -> bool:
    """Compare a wheel with what is recorded of it; return whether anything is.

    pip has compared it already with what its index says. An index of one's own may say anything.

    Raises
    ------
    BundleError : it is another file than the one that is recorded under this name
    """
    recorded = {pin.wheel: pin.sha256 for pin in PINS}.get(wheel.name)
    if recorded not in (None, sha256(wheel)):
        raise BundleError(f"{wheel.name}: its sha256 is {sha256(wheel)}, not {recorded}")
    return recorded is not None


# --- unpacking ------------------------------------------------------------------------------------


def library_names(names: list[str]) -> list[str]:
    """Pick, from the names in a wheel, the files of the folder that holds libzmq."""
    found = [PurePosixPath(name) for name in names if _is_libzmq(PurePosixPath(name).name)]
    if not found:
        raise BundleError("no libzmq in this wheel")
    folder = found[0].parent
    beside = [name for name in names if PurePosixPath(name).parent == folder and name[-1] != "/"]
    other = (".", ORIGIN)
    beside = [name for name in beside if not PurePosixPath(name).name.startswith(other)]
    # Early wheels keep libzmq among the Python modules.
    shared = folder.name in (".dylibs", FOLDER) or folder.name.endswith(".libs")
    return beside if shared else [str(path) for path in found if path.parent == folder]


def _is_libzmq(name: str) -> bool:
    lowered = name.lower()
    suffixes = (".dylib", ".dll")
    shared = lowered.endswith(suffixes) or ".so" in lowered
    return shared and lowered.startswith("libzmq") and ".cpython" not in lowered


def licence_names(names: list[str]) -> list[str]:
    """Pick the licence texts of libzmq and its neighbours; all there are if none is named so.

    A wheel of this package has none but those, some of what is linked into the library.
    """
    words = ("license", "licence", "copying", "notice")
    folders = (".dist-info/", f"{FOLDER}/{LICENCES}/")
    inside = [name for name in names if name[-1] != "/" and any(text in name for text in folders)]
    texts = _with_words(inside, words)
    if own := [name for name in texts if folders[1] in name]:
        return own
    return _with_words(texts, ("zeromq", "libzmq", "sodium", "lesser")) or texts


def _with_words(names: list[str], words: tuple[str, ...]) -> list[str]:
    lowered = {name: PurePosixPath(name).name.lower() for name in names}
    return [name for name in names if any(word in lowered[name] for word in words)]


def unpack(wheel: Path, folder: Path) -> None:
    """Copy libzmq, its neighbours and their licences out of a wheel; note where they are from."""
    (folder / LICENCES).mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            for name in library_names(names):
                _write(folder / PurePosixPath(name).name, archive.read(name))
            for name in licence_names(names):
                _write(folder / LICENCES / PurePosixPath(name).name, archive.read(name))
    except zipfile.BadZipFile as exc:
        raise BundleError(f"{wheel}: {exc}") from None
    note_origin(folder, wheel=wheel.name, sha256=sha256(wheel), pinned=check(wheel))


def copy_library(given: Path, folder: Path) -> None:
    """Copy a libzmq, and those libraries beside it that it does not load without.

    Parameters
    ----------
    given : Path of a libzmq, or of a folder that holds one
    folder : Path to copy to
    """
    found = probe({"LIBZMQ_PATH": str(given)})
    if "error" in found:
        raise BundleError(reason(found))
    library = Path(str(found["path"]))
    (folder / LICENCES).mkdir(parents=True, exist_ok=True)
    _write(folder / library.name, library.read_bytes())
    for text in sorted(library.parent.glob(f"{LICENCES}/*.txt")):
        _write(folder / LICENCES / text.name, text.read_bytes())
    loader = load_loader()
    here = loader.this_system({})
    while "error" in (copied := probe_folder(folder)):
        missed = loader.missed_neighbour(here, str(library), str(copied["error"]))
        if missed is None or (folder / os.path.basename(missed)).exists():
            raise BundleError(reason(copied))
        _write(folder / os.path.basename(missed), Path(missed).read_bytes())
    note_origin(folder, library=str(library), sha256=sha256(library))


def _write(target: Path, content: bytes) -> None:
    target.write_bytes(content)
    target.chmod(0o644 if target.parent.name == LICENCES else 0o755)


def add_texts(folder: Path, version: str) -> None:
    """Add the licence texts that did not come with the libraries.

    Parameters
    ----------
    folder : Path, as `unpack` fills it
    version : str, that of libzmq, whose licence was another one before 4.3.5
    """
    # how a library's name begins, its text, and a word in the name of another copy of that text
    rows = [
        ("libsodium", "LICENSE.libsodium.txt", "sodium"),
        ("libstdc++", "LICENSE.GCC-exception.txt", "gcc"),
        ("libstdc++", "LICENSE.GPL-3.txt", "gpl"),
        ("libgcc", "LICENSE.GCC-exception.txt", "gcc"),
        ("libgcc", "LICENSE.GPL-3.txt", "gpl"),
        ("msvcp", "LICENSE.vcruntime.txt", "vcruntime"),
        ("vcruntime", "LICENSE.vcruntime.txt", "vcruntime"),
        ("libzmq", "LICENSE.MPL-2.0.txt", "zeromq"),
    ]
    if tuple(map(int, version.split("."))) < (4, 3, 5):
        rows[-1:] = [
            ("libzmq", "LICENSE.LESSER.txt", "lesser"),
            ("libzmq", "LICENSE.GPL-3.txt", "gpl"),
        ]
    libraries = [path.name.lower() for path in folder.iterdir()]
    for start, text, word in rows:
        there = [path.name for path in (folder / LICENCES).iterdir()]
        if any(name.startswith(start) for name in libraries) and not _with_words(there, (word,)):
            _write(folder / LICENCES / text, (TEXTS / text).read_bytes())


def note_origin(folder: Path, **facts: object) -> None:
    """Write down where a folder's libraries came from, beside them; add to what is written."""
    path = folder / ORIGIN
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    files = {
        file.name: sha256(file)
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name != ORIGIN
    }
    text = json.dumps({**known, **facts, "files": files}, indent=2, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def describe(folder: Path) -> str:
    """Say in a line what a folder holds."""
    origin = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
    version = f" {origin['libzmq']}" if "libzmq" in origin else ""
    return f"libzmq{version} from {origin.get('wheel') or origin.get('library')}"


def is_pinned(folder: Path) -> bool:
    """Tell whether a folder holds what is recorded now, and not before, or what was named once."""
    try:
        origin = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return origin.get("sha256") in [pin.sha256 for pin in PINS]


def fill(folder: Path, scratch: Path, given: str) -> None:
    """Put a libzmq, its neighbours, licences and origin into a folder, from what was named."""
    if not given:
        unpack(download(scratch), folder)
    elif given.endswith(".whl") and Path(given).is_file():
        unpack(Path(given), folder)
    elif Path(given).exists():
        copy_library(Path(given).absolute(), folder)
    else:
        raise BundleError("no such file")


def accept(folder: Path, given: str) -> None:
    """Load what is to be bundled, ask it for its version and for CURVE, and note the answers."""
    loaded = probe_folder(folder)
    if "error" in loaded:
        raise BundleError(f"{describe(folder)} does not load: {reason(loaded)}")
    version = ".".join(map(str, loaded["version"]))  # type: ignore[call-overload]
    origin = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
    pinned = {pin.wheel: pin.libzmq for pin in PINS}.get(origin.get("wheel"), version)
    if version != pinned:
        raise BundleError(f"{origin['wheel']} holds libzmq {version}, not {pinned}")
    if not loaded["curve"]:
        if not given:
            raise BundleError(f"the libzmq {version} of {origin['wheel']} has no CURVE")
        log(f"WARNING: the libzmq {version} of {given} has no CURVE")
    note_origin(folder, libzmq=version, curve=loaded["curve"])
    add_texts(folder, version)


def fetch(folder: Path, given: str = "") -> None:
    """Fill a folder with a libzmq that loads here, or leave it absent.

    Parameters
    ----------
    folder : Path, made anew when something that serves was found
    given : str, a libzmq, its folder or a wheel; empty for a wheel of pyzmq, by pip

    Raises
    ------
    BundleError : nothing could be downloaded, or what was downloaded does not serve
    """
    # Beside its destination, so that the rename at the end is atomic.
    with tempfile.TemporaryDirectory(prefix=f"{FOLDER}.", dir=folder.parent) as scratch:
        download_to, fresh = Path(scratch, "wheel"), Path(scratch, FOLDER)
        download_to.mkdir()
        try:
            fill(fresh, download_to, given)
            accept(fresh, given)
        except BundleError as exc:
            raise BundleError(f"ZMQ_BUNDLE_FROM={given}: {exc}") if given else exc from None
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            if "error" in probe_folder(folder):  # no other build has just put one there
                raise


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
    BundleError : only when ``ZMQ_BUNDLE`` is ``always`` or not one of the three words, or when
        ``ZMQ_BUNDLE_FROM`` is set and does not serve
    """
    wanted, given = mode(), os.environ.get("ZMQ_BUNDLE_FROM", "").strip()
    if wanted == "never":
        return None
    if wanted == "auto" and not given:
        here = probe(dict(os.environ))
        if "error" not in here:
            log(f"libzmq is on this machine, at {here['path']}: not bundling one")
            return None
    folder = source / FOLDER
    loads = "error" not in probe_folder(folder)
    if given or not loads or not is_pinned(folder):
        if not os.access(source, os.W_OK):
            scratch.mkdir(parents=True, exist_ok=True)
            folder = scratch / FOLDER
        try:
            fetch(folder, given)
        except (BundleError, OSError) as exc:
            if given or (wanted == "always" and not loads):
                raise BundleError(str(exc)) from exc
            if not loads:
                log(f"WARNING: no libzmq here, and none could be bundled: {exc}")
                return None
            log(f"keeping what an earlier build left: {exc}")
            folder = source / FOLDER
    log(f"bundling {describe(folder)}")
    return folder
