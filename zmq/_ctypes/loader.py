# SPDX-License-Identifier: BSD-3-Clause
"""Find libzmq, open it, and keep account of what was tried.

The search goes from what the user said to what the machine happens to have:

1. ``LIBZMQ_PATH``: a file, or a folder that holds one. When it is set nothing else is tried.
2. the library bundled in the package (``zmq/_libzmq/``, filled when the wheel is built),
3. the running environment: a frozen program's folders, lib folders of a conda or venv prefix,
4. the system: what the dynamic linker finds, then the usual folders of the platform.

The build runs this file too, by its path and without the package around it: it imports nothing of
the package, and importing it has no effect.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Literal

try:
    import ctypes
except ImportError as _exc:
    _advice = (
        "This Python was built without libffi: install the headers of libffi (package libffi-dev, "
        "libffi-devel or libffi) and build Python again, or take another Python."
    )
    if "subinterpreters" in str(_exc):
        _advice = "Isolated subinterpreters can load it from Python 3.13 on."
    raise ImportError(
        f"zmq needs the standard module ctypes, which {sys.executable} lacks ({_exc}). {_advice}",
        name="ctypes",
    ) from _exc

OLDEST = (3, 2, 2)

UNTRIED = "untried"
LOADED = "loaded"
MISSING = "missing"
WRONG_ARCHITECTURE = "wrong architecture"
NOT_LIBZMQ = "not libzmq"
TOO_OLD = "too old"
MISSING_NEIGHBOUR = "a library that it needs is missing"
UNUSABLE = "unusable"


class Attempt:
    """One place that was looked at, and what came of it.

    Attributes
    ----------
    source : str, the step of the search: LIBZMQ_PATH, bundled, environment or system
    path : str, a file, a folder, or a name that the dynamic linker resolves
    outcome : str, one of the outcomes that are constants of this module, such as `MISSING`
    reason : str, the dynamic linker's own words where it was asked
    """

    __slots__ = ("outcome", "path", "reason", "source")

    def __init__(self, source: str, path: str, outcome: str = UNTRIED, reason: str = "") -> None:
        self.source = source
        self.path = path
        self.outcome = outcome
        self.reason = reason

    def __repr__(self) -> str:
        return f"Attempt({self.source!r}, {self.path!r}, {self.outcome!r}, {self.reason!r})"

    def __str__(self) -> str:
        reason = f": {self.reason}" if self.reason else ""
        return f"[{self.source}] {self.path}: {self.outcome}{reason}"


class Library:
    """A libzmq that has been opened.

    Attributes
    ----------
    path : str, the file that was really loaded
    version : tuple of three ints
    released : ctypes.CDLL, calls through it release the GIL
    held : ctypes.PyDLL, calls through it keep the GIL; `released` where ctypes has no PyDLL
    tried : tuple of Attempt, in order, the last one is this library
    """

    __slots__ = ("held", "path", "released", "tried", "version")

    def __init__(
        self,
        path: str,
        version: tuple[int, int, int],
        released: ctypes.CDLL,
        tried: tuple[Attempt, ...],
    ) -> None:
        self.path = path
        self.version = version
        self.released = released
        self.held = _gil_kept(released)
        self.tried = tried

    def __repr__(self) -> str:
        return f"<libzmq {'.'.join(map(str, self.version))} at {self.path}>"


class System:
    """What the search asks about a machine; an object, so that another machine can be described.

    Attributes
    ----------
    platform : str, as `sys.platform`, but ``android`` on every Android
    environ : mapping of environment variables
    prefixes : sequence of str, roots of the running environment, most specific first
    frozen : sequence of str, folders of a frozen program; empty when this is none
    package : str, the folder of the zmq package
    path : sequence of str, as `sys.path`; empty entries do not count
    multiarch : str, the architecture's library folder such as ``x86_64-linux-gnu``, or empty; on
        Windows what vcpkg calls it, such as ``arm64-windows``
    isfile : callable(path), whether that file exists
    listdir : callable(path), names in a folder, OSError when it cannot be read
    find_library : callable(name), as `ctypes.util.find_library`
    """

    __slots__ = (
        "environ",
        "find_library",
        "frozen",
        "isfile",
        "listdir",
        "multiarch",
        "package",
        "path",
        "platform",
        "prefixes",
    )

    def __init__(
        self,
        platform: str,
        environ: Mapping[str, str],
        prefixes: Sequence[str],
        frozen: Sequence[str],
        package: str,
        path: Sequence[str],
        multiarch: str,
        isfile: Callable[[str], bool],
        listdir: Callable[[str], Iterable[str]],
        find_library: Callable[[str], str | None],
    ) -> None:
        self.platform = platform
        self.environ = environ
        self.prefixes = prefixes
        self.frozen = frozen
        self.package = package
        self.path = path
        self.multiarch = multiarch
        self.isfile = isfile
        self.listdir = listdir
        self.find_library = find_library

    def join(self, folder: str, *parts: str) -> str:
        """Join a path the way the described platform does."""
        separator = "\\" if self.platform == "win32" else "/"
        return separator.join((folder.rstrip("/\\"), *parts))


def this_system(environ: Mapping[str, str]) -> System:
    """Describe the machine and the Python that this runs on."""
    return System(
        platform="android" if hasattr(sys, "getandroidapilevel") else sys.platform,
        environ=environ,
        prefixes=tuple(dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix))),
        frozen=_frozen_folders(),
        package=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        path=sys.path,
        multiarch=_multiarch(),
        isfile=os.path.isfile,
        listdir=os.listdir,
        find_library=_find_library,
    )


def _frozen_folders() -> tuple[str, ...]:
    folders = []
    unpacked = getattr(sys, "_MEIPASS", None)
    if unpacked:
        folders.append(unpacked)
    if getattr(sys, "frozen", False) or "__compiled__" in globals():
        folder = os.path.dirname(os.path.abspath(sys.executable))
        folders += [folder, os.path.join(folder, "lib")]
        if sys.platform == "darwin":
            folders.append(os.path.join(os.path.dirname(folder), "Frameworks"))
    return tuple(dict.fromkeys(folders))


def _multiarch() -> str:
    if sys.platform == "win32":
        # Python tells what it was built for. The machine may be another: ARM runs programs for amd64.
        built = sys.version.lower()
        kinds = (("arm64", "arm64"), ("amd64", "x64"), ("32 bit", "x86"))
        return next((f"{vcpkg}-windows" for word, vcpkg in kinds if word in built), "")
    name: str = getattr(sys.implementation, "_multiarch", "")
    if not name and sys.platform == "linux":
        name = f"{os.uname().machine}-linux-gnu"
    return name


def _find_library(name: str) -> str | None:
    # Imported late: slow to import, and it starts processes on most platforms.
    import ctypes.util

    return ctypes.util.find_library(name)


# --- where libzmq may be --------------------------------------------------------------------------


def candidates(system: System) -> Iterator[Attempt]:
    """Name the places where libzmq may be, in the order in which they are to be tried.

    Parameters
    ----------
    system : System, the machine to search

    Yields
    ------
    Attempt : `UNTRIED` for what is to be opened, `MISSING` for a folder that holds no libzmq
    """
    wanted = system.environ.get("LIBZMQ_PATH")
    if wanted:
        yield from _wanted(system, wanted)
        return
    yield from _bundled(system)
    environment = tuple(dict.fromkeys(_environment_folders(system)))
    for folder in environment:
        yield from _in_folder(system, "environment", folder)
    yield from _by_name(system)
    for folder in dict.fromkeys(_system_folders(system)):
        if folder not in environment:
            yield from _in_folder(system, "system", folder)


def _wanted(system: System, wanted: str) -> Iterator[Attempt]:
    path = os.path.abspath(os.path.expanduser(wanted))
    if system.isfile(path):
        yield Attempt("LIBZMQ_PATH", path)
    else:
        yield from _in_folder(system, "LIBZMQ_PATH", path)


def _bundled(system: System) -> Iterator[Attempt]:
    own = system.join(system.package, "_libzmq")
    yield from _in_folder(system, "bundled", own)
    # A source checkout in use, whose library is in the installed copy of this package.
    for entry in system.path:
        if not isinstance(entry, str) or not entry:
            continue
        folder = system.join(entry, "zmq", "_libzmq")
        found = () if folder == own else _in_folder(system, "bundled", folder)
        yield from (attempt for attempt in found if attempt.outcome == UNTRIED)


def _in_folder(system: System, source: str, folder: str) -> Iterator[Attempt]:
    """Name the libzmq files of a folder, the newest version first; or say why there is none."""
    try:
        names = list(system.listdir(folder))
    except OSError as exc:
        archive = _archive(system, folder)
        reason = f"inside {archive}, and no library can be opened there" if archive else ""
        yield Attempt(source, folder, MISSING, reason or exc.strerror or str(exc))
        return
    ranked = sorted((rank, name) for name in names if (rank := _rank(system.platform, name)))
    if not ranked:
        yield Attempt(source, folder, MISSING, "no libzmq in this folder")
    for _, name in ranked:
        yield Attempt(source, system.join(folder, name))


def _archive(system: System, folder: str) -> str:
    """Name the file, such as a zip archive with this package in it, that a folder is inside of."""
    while not system.isfile(folder):
        above = folder.rstrip("/\\").rpartition("\\" if system.platform == "win32" else "/")[0]
        if not above:
            return ""
        folder = above
    return folder


def _rank(platform: str, name: str) -> tuple[int, ...] | None:
    """Order file names: None is no libzmq, otherwise the smaller the better."""
    if platform in ("win32", "cygwin", "msys"):
        lowered = name.lower()
        starts = lowered.startswith(("libzmq", "zmq", "cygzmq", "msys-zmq"))
        if not starts or not lowered.endswith(".dll"):
            return None
        # Debug builds (-gd-) need the debug C runtime, which few machines have.
        return (1 if "-gd-" in lowered else 0, *_descending(_digits(lowered[:-4])))
    if platform == "darwin":
        stem, suffix = os.path.splitext(name)
        if suffix != ".dylib":
            return None
        stem, _, version = stem.partition(".")
    else:
        stem, suffix, version = name.partition(".so")
        if not suffix or (version and not version.startswith(".")):
            return None
    numbers = version.strip(".").split(".") if version else []
    if not (stem == "libzmq" or stem.startswith("libzmq-")) or not all(map(str.isdigit, numbers)):
        return None
    return _descending([int(number) for number in numbers])


def _digits(name: str) -> list[int]:
    parts = name.replace("_", "-").split("-")
    return [int(part) for part in parts if part.isdigit() and len(part) < 4]


def _descending(numbers: list[int]) -> tuple[int, ...]:
    return (*(-number for number in numbers), 1)


def _environment_folders(system: System) -> Iterator[str]:
    yield from system.frozen
    for prefix in system.prefixes:
        if prefix.rstrip("/") in ("", "/usr", "/usr/local"):
            continue  # belongs to the system, where the dynamic linker is asked first
        if system.platform == "win32":
            yield system.join(prefix, "Library", "bin")
            yield system.join(prefix, "bin")
            yield system.join(prefix, "DLLs")
            yield prefix
        else:
            yield system.join(prefix, "lib")
            yield system.join(prefix, "lib64")


# What the dynamic linker knows libzmq as. The number is the ABI version, 5 since libzmq 4.1.
_SONAMES = ("libzmq.so.5", "libzmq.so.4", "libzmq.so.3", "libzmq.so")
_NAMES = {
    "darwin": ("libzmq.5.dylib", "libzmq.4.dylib", "libzmq.3.dylib", "libzmq.dylib"),
    "win32": ("libzmq.dll", "libzmq-5.dll", "zmq.dll"),
    "cygwin": ("cygzmq-5.dll",),
    "android": ("libzmq.so", "libzmq.so.5"),
}


def _by_name(system: System) -> Iterator[Attempt]:
    """Name what the dynamic linker may find by itself."""
    names = _NAMES.get(system.platform, _SONAMES)
    asked = []
    if names is _SONAMES:
        # This name is what find_library answers here, after starting ldconfig and, failing that, a
        # C compiler. The linker gives the same library within microseconds, also on musl.
        asked.append(names[0])
        yield Attempt("system", names[0])
    for name in ("libzmq", "zmq") if system.platform == "win32" else ("zmq",):
        found = system.find_library(name)
        if found is None:
            yield Attempt("system", f"find_library({name!r})", MISSING, "found nothing")
        elif found not in asked:
            asked.append(found)
            yield Attempt("system", found)
    for name in names:
        if name not in asked:
            yield Attempt("system", name)


def _system_folders(system: System) -> Iterator[str]:
    environ = system.environ
    platform = system.platform
    if platform == "darwin":
        homebrew = environ.get("HOMEBREW_PREFIX")
        yield from ((f"{homebrew}/lib",) if homebrew else ())
        yield from ("/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib")
        yield from ("/opt/homebrew/opt/zeromq/lib", "/usr/local/opt/zeromq/lib", "/usr/lib")
    elif platform == "win32":
        yield from _windows_folders(system)
    elif platform == "android":
        yield environ.get("PREFIX", "/data/data/com.termux/files/usr") + "/lib"
        yield from ("/system/lib64", "/system/lib")
    elif platform.startswith("linux"):
        roots = ("/usr/local/lib", "/usr/lib", "/lib")
        if system.multiarch:
            yield from (f"{root}/{system.multiarch}" for root in roots)
        yield from ("/usr/local/lib64", "/usr/lib64", "/lib64", *roots)
        yield from ("/home/linuxbrew/.linuxbrew/lib", "/run/current-system/sw/lib")
    else:
        yield from ("/usr/local/lib", "/usr/pkg/lib", "/opt/local/lib", "/usr/lib")


def _windows_folders(system: System) -> Iterator[str]:
    for variable in ("ProgramFiles", "ProgramFiles(x86)"):
        programs = system.environ.get(variable)
        if not programs:
            continue
        try:
            names = sorted(system.listdir(programs), reverse=True)
        except OSError:
            continue
        found = [name for name in names if name.lower().startswith("zeromq")]
        yield from (system.join(programs, name, "bin") for name in found)
    vcpkg = system.environ.get("VCPKG_ROOT") or system.environ.get("VCPKG_INSTALLATION_ROOT")
    if vcpkg:
        triplets = ("x64-windows", "arm64-windows", "x86-windows")
        for triplet in (system.multiarch,) if system.multiarch else triplets:
            yield system.join(vcpkg, "installed", triplet, "bin")
    for environment in ("ucrt64", "mingw64", "clangarm64", "mingw32"):
        yield f"C:\\msys64\\{environment}\\bin"


# --- opening --------------------------------------------------------------------------------------

_library: Library | None = None


def load(environ: Mapping[str, str] = os.environ) -> Library:
    """Find libzmq and open it; from the second call on, return the one that is open.

    Parameters
    ----------
    environ : mapping, environment variables; ``LIBZMQ_PATH`` names the library or its folder

    Returns
    -------
    Library

    Raises
    ------
    ImportError : no usable libzmq; the text lists every place tried, why it did not serve, and
        how to install libzmq on this platform
    """
    global _library
    if _library is None:
        _library = search(this_system(environ))
    return _library


def search(system: System) -> Library:
    """Open the first usable libzmq of a system; `load` without its memory."""
    tried = []
    for attempt in candidates(system):
        tried.append(attempt)
        if attempt.outcome == UNTRIED:
            opened = _try(system, attempt)
            if opened is not None:
                released, version = opened
                return Library(_real_path(released, attempt.path), version, released, tuple(tried))
    raise ImportError(_failure(system, tried), name="zmq")


def _try(system: System, attempt: Attempt) -> tuple[ctypes.CDLL, tuple[int, int, int]] | None:
    """Open one candidate and write the outcome into it."""
    if _is_truncated(attempt.path) and not _is_foreign(attempt.path):
        attempt.outcome = UNUSABLE
        attempt.reason = "file too short: the end of this ELF file is cut off"
        return None
    try:
        released = _open(system, attempt.path, set())
    except OSError as exc:
        attempt.outcome, attempt.reason = _classify(system, attempt.path, str(exc))
        return None
    try:
        version = _version(released)
    except AttributeError as exc:
        attempt.outcome, attempt.reason = NOT_LIBZMQ, f"it is a library, but {exc}"
        return None
    if version < OLDEST:
        attempt.outcome = TOO_OLD
        attempt.reason = f"libzmq {_dotted(version)}, the oldest supported is {_dotted(OLDEST)}"
        return None
    attempt.outcome, attempt.reason = LOADED, f"libzmq {_dotted(version)}"
    return released, version


def _open(system: System, path: str, asked: set[str]) -> ctypes.CDLL:
    """Open a library; where the linker misses a neighbour from the same folder, open that first."""
    asked.add(path)
    while True:
        try:
            return _dlopen(path)
        except OSError as exc:
            neighbour = missed_neighbour(system, path, str(exc))
            if neighbour is None or neighbour in asked:
                raise
        # ctypes never closes a library, so the neighbour stays for the next try.
        _open(system, neighbour, asked)


def _dlopen(path: str) -> ctypes.CDLL:
    folder = os.path.dirname(path)
    if sys.platform == "win32" and folder:
        with os.add_dll_directory(os.path.abspath(folder)):
            return ctypes.CDLL(path, use_errno=True)
    return ctypes.CDLL(path, use_errno=True)


def missed_neighbour(system: System, path: str, message: str) -> str | None:
    """Find the file beside `path` that the linker's message names as the one it missed."""
    folder, own_name = os.path.split(path)
    if not folder:
        return None
    try:
        names = sorted(system.listdir(folder))
    except OSError:
        return None
    for word in _words(message):
        if word == own_name or not _is_library(word):
            continue
        # A folder that lost its symbolic links holds libx.so.1.2 where libx.so.1 is asked for.
        for name in names:
            if name == word or name.startswith(f"{word}."):
                return os.path.join(folder, name)
    return None


def _words(message: str) -> list[str]:
    return "".join(" " if char in "\"',:()/\\" else char for char in message).split()


def _is_library(name: str) -> bool:
    return name.endswith((".so", ".dylib", ".dll")) or ".so." in name


def _version(released: ctypes.CDLL) -> tuple[int, int, int]:
    zmq_version = released.zmq_version
    zmq_version.restype = None
    major, minor, patch = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    zmq_version(ctypes.byref(major), ctypes.byref(minor), ctypes.byref(patch))
    return major.value, minor.value, patch.value


def _gil_kept(released: ctypes.CDLL) -> ctypes.CDLL:
    if not hasattr(ctypes, "PyDLL"):
        return released
    return ctypes.PyDLL(released._name, use_errno=True, handle=released._handle)


def _real_path(released: ctypes.CDLL, path: str) -> str:
    """Ask the dynamic linker which file a library came from."""
    if sys.platform == "win32":
        buffer = ctypes.create_unicode_buffer(32768)
        handle = ctypes.c_void_p(released._handle)
        length = ctypes.windll.kernel32.GetModuleFileNameW(handle, buffer, len(buffer))
        return buffer.value if length else path
    # Dl_info: dli_fname, dli_fbase, dli_sname, dli_saddr
    info = (ctypes.c_void_p * 4)()
    try:
        dladdr = ctypes.CDLL(None).dladdr
    except (OSError, AttributeError):
        return path
    address = ctypes.cast(released.zmq_version, ctypes.c_void_p)
    if not dladdr(address, ctypes.byref(info)) or not info[0]:
        return path
    return os.path.abspath(os.fsdecode(ctypes.string_at(info[0])))


# --- saying what is wrong -------------------------------------------------------------------------


def _elf_header(path: str) -> bytes:
    """Read the start of an ELF file; empty for anything else."""
    if not os.path.dirname(path):
        return b""
    try:
        with open(path, "rb") as file:
            header = file.read(64)
    except OSError:
        return b""
    return header if header.startswith(b"\x7fELF") else b""


def _is_truncated(path: str) -> bool:
    """Tell whether an ELF file is shorter than it says: opening it would end us with SIGBUS."""
    header = _elf_header(path)
    if len(header) < 64:
        return bool(header)
    order: Literal["little", "big"] = "little" if header[5] == 1 else "big"

    def number(data: bytes, start: int, size: int) -> int:
        return int.from_bytes(data[start : start + size], order)

    # e_phoff, e_phentsize, p_offset, p_filesz and the size of a word, in 64-bit and in 32-bit files
    wide = header[4] == 2
    phoff, phentsize, offset, filesz, word = (32, 54, 8, 32, 8) if wide else (28, 42, 4, 16, 4)
    entry, count = number(header, phentsize, 2), number(header, phentsize + 2, 2)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(number(header, phoff, word))
            table = file.read(entry * count)
    except OSError:
        return True
    rows = [table[at : at + entry] for at in range(0, len(table), entry or 1)]
    ends = [number(row, offset, word) + number(row, filesz, word) for row in rows if row[0] == 1]
    return len(table) < entry * count or any(end > size for end in ends)


def _is_foreign(path: str) -> bool:
    """Tell whether an ELF file is of another architecture than this Python."""
    theirs, ours = _elf_header(path), _elf_header(os.path.realpath(sys.executable))
    # EI_CLASS, EI_DATA and e_machine
    return bool(theirs and ours) and (theirs[4:6], theirs[18:20]) != (ours[4:6], ours[18:20])


_FOREIGN = ("wrong elf class", "architecture", "winerror 193", "exec format")
_NO_LIBRARY = ("invalid elf", "file too short", "not a mach-o", "not a valid win32")
_ABSENT = ("no such file", "not found", "not loaded", "could not find", "error loading shared")


def _classify(system: System, path: str, message: str) -> tuple[str, str]:
    """Turn the dynamic linker's refusal into an outcome and a reason."""
    # A path may hold any word.
    lowered = message.replace(path, "").lower()
    if _is_foreign(path):
        return WRONG_ARCHITECTURE, f"file for another processor or word size; {message}"
    if any(text in lowered for text in _FOREIGN):
        return WRONG_ARCHITECTURE, message
    if any(text in lowered for text in _NO_LIBRARY):
        return NOT_LIBZMQ, message
    absent = any(text in lowered for text in _ABSENT)
    if os.path.dirname(path):
        is_there = system.isfile(path)
    else:
        # The linker may have found this name and missed something that it needs.
        is_there = any(_is_library(word) and word != path for word in _words(message))
    if is_there:
        return (MISSING_NEIGHBOUR if absent else UNUSABLE), message
    return (MISSING if absent else UNUSABLE), message


def _failure(system: System, tried: list[Attempt]) -> str:
    lines = ["no usable libzmq. Tried:", *(f"  {attempt}" for attempt in tried)]
    if system.environ.get("LIBZMQ_PATH"):
        lines.append("Nothing else was tried because LIBZMQ_PATH is set: correct it or unset it.")
    lines.append(f"To install libzmq here: {install_hint(system)}.")
    advice = "Or set LIBZMQ_PATH to a libzmq or to its folder."
    if _has_prebuilt(system):
        advice += (
            " Or install zmq-ctypes again with ZMQ_BUNDLE=always in the environment, which puts a "
            "prebuilt libzmq into the package."
        )
    lines.append(advice)
    return "\n".join(lines)


def _has_prebuilt(system: System) -> bool:
    """Tell whether somebody publishes a libzmq that the build can put into the package."""
    if system.platform == "linux":
        return system.multiarch.startswith(("x86_64", "aarch64", "i386", "i686", "riscv64"))
    if system.platform == "win32":
        return system.multiarch != _WINDOWS_ON_ARM
    return system.platform == "darwin"


_PACKAGE_MANAGERS = (
    ("/usr/bin/apt-get", "apt-get install libzmq5"),
    ("/usr/bin/dnf", "dnf install zeromq"),
    ("/usr/bin/yum", "yum install zeromq"),
    ("/usr/bin/zypper", "zypper install libzmq5"),
    ("/usr/bin/pacman", "pacman -S zeromq"),
    ("/sbin/apk", "apk add libzmq"),
    ("/usr/bin/xbps-install", "xbps-install zeromq"),
    ("/usr/bin/emerge", "emerge net-libs/zeromq"),
)
_WINDOWS_ON_ARM = "arm64-windows"
_INSTALL = {
    "android": "pkg install libzmq (Termux)",
    "darwin": "brew install zeromq, or port install zmq",
    "win32": "conda install -c conda-forge zeromq, or vcpkg install zeromq",
    "cygwin": "the package libzmq5, by Cygwin's setup",
    "freebsd": "pkg install libzmq4",
    "netbsd": "pkgin install zeromq",
    "openbsd": "pkg_add zeromq",
}


def install_hint(system: System) -> str:
    """Name the command that installs libzmq on a system."""
    if system.platform == "win32" and system.multiarch == _WINDOWS_ON_ARM:
        return "vcpkg install zeromq:arm64-windows, or take Python for amd64, which runs here too"
    if _is_conda(system):
        return "conda install -c conda-forge zeromq"
    # freebsd14, and win32
    for platform in (system.platform, system.platform.rstrip("0123456789")):
        if platform in _INSTALL:
            return _INSTALL[platform]
    for program, command in _PACKAGE_MANAGERS:
        if system.isfile(program):
            return command
    return "the package called libzmq5, libzmq or zeromq"


def _is_conda(system: System) -> bool:
    for prefix in system.prefixes:
        try:
            system.listdir(system.join(prefix, "conda-meta"))
        except OSError:
            continue
        return True
    return False


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
