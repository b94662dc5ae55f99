# SPDX-License-Identifier: BSD-3-Clause
"""The search for libzmq: where it looks, what it accepts, what it says when it fails."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from zmq._ctypes import loader

LOADER = loader.__file__
on_elf = pytest.mark.skipif(
    sys.platform in ("win32", "darwin", "cygwin"), reason="makes broken ELF files"
)


def machine(platform, files=(), *, found=None, **changes):
    """Describe a machine that has these files and whose find_library gives `found`."""
    separator = "\\" if platform == "win32" else "/"
    folders = {}
    for file in files:
        parts = file.split(separator)
        for depth in range(1, len(parts)):
            folder = separator.join(parts[:depth])
            folders.setdefault(folder, set()).add(parts[depth])

    def listdir(folder):
        if folder not in folders:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", folder)
        return sorted(folders[folder])

    facts = {
        "environ": {},
        "prefixes": ("/venv", "/usr"),
        "frozen": (),
        "package": "/site/zmq",
        "path": ("/site",),
        "multiarch": "",
        "isfile": lambda path: path in files,
        "listdir": listdir,
        "find_library": lambda name: found,
        **changes,
    }
    return loader.System(platform, **facts)


def to_open(system):
    """Name what would be opened on that machine, in order."""
    attempts = loader.candidates(system)
    return [attempt.path for attempt in attempts if attempt.outcome == loader.UNTRIED]


def use(path):
    """Search with LIBZMQ_PATH set to `path`; the text of the refusal."""
    system = loader.this_system({"LIBZMQ_PATH": str(path)})
    with pytest.raises(ImportError) as caught:
        loader.search(system)
    return str(caught.value)


def run(code, *arguments, **environ):
    """Run code in a fresh Python with `loader` loaded by its path, as the build does."""
    head = """
        import importlib.util, os, sys
        spec = importlib.util.spec_from_file_location("loader", sys.argv[1])
        loader = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loader)
    """
    text = textwrap.dedent(head) + textwrap.dedent(code)
    clean = {name: value for name, value in os.environ.items() if name != "LIBZMQ_PATH"}
    return subprocess.run(
        [sys.executable, "-c", text, LOADER, *map(str, arguments)],
        env={**clean, **{name: str(value) for name, value in environ.items()}},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def library():
    return loader.load()


# --- where it looks -------------------------------------------------------------------------------


def test_order_on_linux():
    """Bundled comes before the environment, that before the linker, that before usual folders."""
    system = machine(
        "linux",
        [
            "/lib/libzmq.so.5",
            "/usr/lib/x86_64-linux-gnu/libzmq.so.5",
            "/venv/lib/libzmq.so.5",
            "/site/zmq/_libzmq/libzmq-2f02442c.so.5.2.5",
        ],
        found="libzmq.so.3",
        multiarch="x86_64-linux-gnu",
    )
    assert to_open(system) == [
        "/site/zmq/_libzmq/libzmq-2f02442c.so.5.2.5",
        "/venv/lib/libzmq.so.5",
        "libzmq.so.5",
        "libzmq.so.3",
        "libzmq.so.4",
        "libzmq.so",
        "/usr/lib/x86_64-linux-gnu/libzmq.so.5",
        "/lib/libzmq.so.5",
    ]


def test_prefixes_of_the_system_are_not_the_environment():
    """The lib folder of a Python in /usr comes after what the linker finds, not before."""
    system = machine("linux", ["/usr/lib/libzmq.so.5"], prefixes=("/usr",))
    opened = to_open(system)
    assert opened.index("/usr/lib/libzmq.so.5") > opened.index("libzmq.so.5")


@pytest.mark.parametrize("prefix", ["/opt/homebrew", "/usr/local", "/opt/local"])
def test_order_on_macos(prefix):
    """find_library is asked first, then both Homebrew prefixes and MacPorts are looked into."""
    path = f"{prefix}/lib/libzmq.5.dylib"
    system = machine("darwin", [path], found="/found/libzmq.dylib")
    opened = to_open(system)
    assert opened[0] == "/found/libzmq.dylib"
    assert opened[-1] == path


def test_homebrew_elsewhere():
    """A Homebrew in a folder of its own is found through HOMEBREW_PREFIX."""
    path = "/home/me/brew/lib/libzmq.5.dylib"
    system = machine("darwin", [path], environ={"HOMEBREW_PREFIX": "/home/me/brew"})
    assert path in to_open(system)


def test_order_on_freebsd():
    """The ports' folder is looked into after the linker was asked."""
    system = machine("freebsd14", ["/usr/local/lib/libzmq.so.5"])
    assert to_open(system)[0] == "libzmq.so.5"
    assert to_open(system)[-1] == "/usr/local/lib/libzmq.so.5"


def test_order_on_windows():
    """conda's folder comes before PATH, that before an installed ZeroMQ; debug builds come last."""
    files = [
        "C:\\conda\\Library\\bin\\libzmq-mt-gd-4_3_5.dll",
        "C:\\conda\\Library\\bin\\libzmq-mt-4_3_4.dll",
        "C:\\conda\\Library\\bin\\libzmq-mt-4_3_5.dll",
        "C:\\conda\\Library\\bin\\libsodium.dll",
        "C:\\Programs\\ZeroMQ 4.0.4\\bin\\libzmq-v120-mt-4_0_4.dll",
        "C:\\vcpkg\\installed\\x64-windows\\bin\\libzmq-mt-4_3_5.dll",
    ]
    system = machine(
        "win32",
        files,
        found="C:\\tools\\libzmq.dll",
        prefixes=("C:\\conda",),
        package="C:\\site\\zmq",
        path=(),
        environ={"ProgramFiles": "C:\\Programs", "VCPKG_ROOT": "C:\\vcpkg"},
    )
    assert to_open(system) == [
        "C:\\conda\\Library\\bin\\libzmq-mt-4_3_5.dll",
        "C:\\conda\\Library\\bin\\libzmq-mt-4_3_4.dll",
        "C:\\conda\\Library\\bin\\libzmq-mt-gd-4_3_5.dll",
        "C:\\tools\\libzmq.dll",
        "libzmq.dll",
        "libzmq-5.dll",
        "zmq.dll",
        "C:\\Programs\\ZeroMQ 4.0.4\\bin\\libzmq-v120-mt-4_0_4.dll",
        "C:\\vcpkg\\installed\\x64-windows\\bin\\libzmq-mt-4_3_5.dll",
    ]


@pytest.mark.parametrize("built", ["x64", "arm64", "x86"])
def test_vcpkg_of_the_processor(built):
    """Of the libraries that vcpkg has, that for the processor of this Python is the one to open."""
    folder = "C:\\vcpkg\\installed\\{}-windows\\bin\\libzmq-mt-4_3_5.dll".format
    system = machine(
        "win32",
        [folder(each) for each in ("x64", "arm64", "x86")],
        prefixes=(),
        package="C:\\site\\zmq",
        environ={"VCPKG_ROOT": "C:\\vcpkg"},
        multiarch=f"{built}-windows",
    )
    assert [path for path in to_open(system) if "vcpkg" in path] == [folder(built)]


@pytest.mark.parametrize(
    ("version", "triplet"),
    [
        ("3.13.0 (main, Oct 7 2024) [MSC v.1941 64 bit (AMD64)]", "x64-windows"),
        ("3.13.0 (main, Oct 7 2024) [MSC v.1941 64 bit (ARM64)]", "arm64-windows"),
        ("3.13.0 (main, Oct 7 2024) [MSC v.1941 32 bit (Intel)]", "x86-windows"),
        ("3.13.0 (main, Oct 7 2024) [GCC 14.2.0 64 bit]", ""),
    ],
)
def test_processor_of_a_python_for_windows(version, triplet, monkeypatch):
    """What a Python for Windows was built for is read out of its version."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "version", version)
    assert loader._multiarch() == triplet


def test_order_on_android():
    """Termux' folder is found through PREFIX, whether or not Python lies in it."""
    path = "/data/data/com.termux/files/usr/lib/libzmq.so"
    environ = {"PREFIX": "/data/data/com.termux/files/usr"}
    assert to_open(machine("android", [path], environ=environ))[-1] == path
    inside = machine("android", [path], prefixes=("/data/data/com.termux/files/usr",))
    assert to_open(inside)[0] == path


@pytest.mark.parametrize("folder", ["/usr/lib", "/usr/local/lib", "/lib"])
def test_order_on_musl(folder):
    """On musl, where find_library finds nothing, the linker is asked, then the folders it knows."""
    path = f"{folder}/libzmq.so.5.2.5"
    system = machine("linux", [path], multiarch="x86_64-linux-musl")
    opened = to_open(system)
    assert opened[0] == "libzmq.so.5"
    assert opened.index("libzmq.so.5") < opened.index(path)


def test_neighbour_missed_on_musl():
    """musl's linker names first what it missed, then who needs it; the former is to be opened."""
    folder = "/site/zmq/_libzmq"
    ours, theirs = f"{folder}/libzmq-1a.so.5.2.5", f"{folder}/libsodium-2b.so.26.4.0"
    said = (
        f"Error loading shared library {os.path.basename(theirs)}: No such file or directory "
        f"(needed by {ours})"
    )
    system = machine("linux", [ours, theirs])
    assert loader.missed_neighbour(system, ours, said) == theirs
    assert loader._classify(system, ours, said)[0] == loader.MISSING_NEIGHBOUR


def test_android_without_termux():
    """On an Android that is not Termux the app's own library and the system's folders are tried."""
    path = "/system/lib64/libzmq.so"
    opened = to_open(machine("android", [path]))
    assert opened[0] == "libzmq.so"
    assert path in opened


@pytest.mark.parametrize(
    ("platform", "package", "archive", "inside"),
    [
        ("linux", "/app/my.pyz/zmq", "/app/my.pyz", "/app/my.pyz/zmq/_libzmq"),
        ("win32", "C:\\app\\my.pyz\\zmq", "C:\\app\\my.pyz", "C:\\app\\my.pyz\\zmq\\_libzmq"),
    ],
)
def test_inside_an_archive(platform, package, archive, inside):
    """A library in a zip archive cannot be opened, and that is the reason told."""
    system = machine(platform, [archive], package=package)
    first = next(loader.candidates(system))
    assert (first.path, first.outcome) == (inside, loader.MISSING)
    assert f"inside {archive}, and no library can be opened there" in first.reason


def test_frozen_program():
    """The folders of a frozen program come before the prefix that it may have inherited."""
    files = ["/unpacked/app/libzmq.so.5", "/venv/lib/libzmq.so.5"]
    system = machine("linux", files, frozen=("/unpacked/app",))
    assert to_open(system)[:2] == files


def test_frozen_folders(monkeypatch):
    """A frozen program's folders are where it was unpacked and where its executable lies."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", os.path.join(os.sep, "unpacked"), raising=False)
    monkeypatch.setattr(sys, "executable", os.path.join(os.path.abspath(os.sep), "app", "program"))
    folders = loader.this_system({}).frozen
    assert folders[0] == os.path.join(os.sep, "unpacked")
    assert os.path.join(os.path.abspath(os.sep), "app") in folders


def test_installed_copy_serves_a_checkout():
    """A source checkout without a library uses the one of the installed package."""
    path = "/venv/site-packages/zmq/_libzmq/libzmq.so.5"
    system = machine("linux", [path], package="/src/zmq", path=("", "/src", "/venv/site-packages"))
    assert to_open(system)[0] == path


def test_newest_of_a_folder_first():
    """Of several libzmq in a folder the highest version is tried first, other files never."""
    names = [
        "libzmq.so",
        "libzmq.so.3",
        "libzmq.so.5",
        "libzmq.so.5.2.5",
        "libzmq.so.5.2.12",
        "libzmq.so.5.debug",
        "libzmq.a",
        "libzmqpp.so.4",
        "libczmq.so.4",
        "libzmq.solo",
    ]
    system = machine("linux", [f"/site/zmq/_libzmq/{name}" for name in names])
    folder = "/site/zmq/_libzmq"
    assert [path for path in to_open(system) if path.startswith(folder)] == [
        f"{folder}/libzmq.so.5.2.12",
        f"{folder}/libzmq.so.5.2.5",
        f"{folder}/libzmq.so.5",
        f"{folder}/libzmq.so.3",
        f"{folder}/libzmq.so",
    ]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14", "android", "sunos5"])
def test_nothing_anywhere(platform, monkeypatch):
    """On any platform an empty machine gives an error with every folder and an install command."""
    # The linker of the machine that runs this test may know a libzmq by the usual names.
    monkeypatch.setattr(loader, "_SONAMES", ("libno-zmq-at-all.so",))
    monkeypatch.setattr(loader, "_NAMES", {})
    system = machine(platform)
    tried = [attempt.path for attempt in loader.candidates(system)]
    with pytest.raises(ImportError) as caught:
        loader.search(system)
    text = str(caught.value)
    assert all(path in text for path in tried)
    assert "To install libzmq here: " in text
    assert loader.install_hint(system) in text


def test_no_place_twice():
    """A folder of the environment that is also a usual folder is looked into once."""
    path = "/opt/homebrew/lib/libzmq.5.dylib"
    system = machine("darwin", [path], prefixes=("/opt/homebrew",))
    assert to_open(system).count(path) == 1


def test_words_in_a_path_do_not_classify(tmp_path):
    """The reason comes from what the linker says, not from words in the name of the file."""
    file = tmp_path / "wrong architecture" / "libzmq.so"
    file.parent.mkdir()
    file.write_text("This is no library.\n" * 10)
    assert f"{file}: {loader.WRONG_ARCHITECTURE}" not in use(file)


def test_search_is_lazy():
    """find_library, which starts processes, is not asked when a library was found before it."""

    def find_library(name):
        raise AssertionError("was asked")

    path = "/site/zmq/_libzmq/libzmq.so.5"
    attempts = loader.candidates(machine("linux", [path], find_library=find_library))
    assert next(attempts).path == path


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/usr/bin/apt-get", "apt-get install libzmq5"),
        ("/usr/bin/dnf", "dnf install zeromq"),
        ("/usr/bin/pacman", "pacman -S zeromq"),
        ("/sbin/apk", "apk add libzmq"),
    ],
)
def test_hint_names_the_package_manager(program, command):
    """The install command is the one of the package manager that this Linux has."""
    assert loader.install_hint(machine("linux", [program])) == command


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("win32", "vcpkg install zeromq"),
        ("darwin", "brew install zeromq"),
        ("freebsd14", "pkg install libzmq4"),
        ("netbsd10", "pkgin install zeromq"),
        ("android", "pkg install libzmq "),
    ],
)
def test_hint_names_what_the_platform_has(platform, words):
    """Elsewhere the install command is one of that platform, whatever version of it."""
    assert words in loader.install_hint(machine(platform, prefixes=()))


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_hint_in_conda(platform):
    """In a conda environment the hint is conda's, whatever else the machine has."""
    files = ["/usr/bin/apt-get", "/home/me/forge/envs/a/conda-meta/history"]
    system = machine(platform, files, prefixes=("/home/me/forge/envs/a",))
    assert loader.install_hint(system).startswith("conda install")


def test_hint_for_windows_on_arm():
    """There vcpkg has a library, and a Python for the other processor serves."""
    hint = loader.install_hint(machine("win32", multiarch="arm64-windows"))
    assert hint.startswith("vcpkg install zeromq:arm64-windows, or take Python for amd64")


@pytest.mark.parametrize(
    ("platform", "multiarch", "is_there"),
    [
        ("linux", "x86_64-linux-gnu", True),
        ("linux", "s390x-linux-gnu", False),
        ("darwin", "", True),
        ("win32", "x64-windows", True),
        ("win32", "arm64-windows", False),
        ("android", "aarch64-linux-android", False),
        ("freebsd14", "", False),
    ],
)
def test_bundling_is_advised_where_it_can_be_done(platform, multiarch, is_there):
    """ZMQ_BUNDLE is named only where there is something prebuilt to bundle."""
    text = loader._failure(machine(platform, multiarch=multiarch), [])
    assert ("ZMQ_BUNDLE=always" in text) is is_there
    assert "LIBZMQ_PATH" in text


# --- LIBZMQ_PATH ----------------------------------------------------------------------------------


def test_path_names_a_file(library):
    """LIBZMQ_PATH with a file loads that file."""
    system = loader.this_system({"LIBZMQ_PATH": library.path})
    found = loader.search(system)
    assert found.path == library.path
    assert [attempt.source for attempt in found.tried] == ["LIBZMQ_PATH"]


def test_path_names_a_folder(library):
    """LIBZMQ_PATH with a folder loads the libzmq in it."""
    system = loader.this_system({"LIBZMQ_PATH": os.path.dirname(library.path)})
    found = loader.search(system)
    assert os.path.dirname(found.path) == os.path.dirname(library.path)


def test_path_is_relative(library, monkeypatch):
    """LIBZMQ_PATH may be relative to the current folder."""
    monkeypatch.chdir(os.path.dirname(library.path))
    system = loader.this_system({"LIBZMQ_PATH": os.path.basename(library.path)})
    assert loader.search(system).path == library.path


def test_empty_path_is_unset():
    """An empty LIBZMQ_PATH searches as if it were not there."""
    path = "/site/zmq/_libzmq/libzmq.so.5"
    assert to_open(machine("linux", [path], environ={"LIBZMQ_PATH": ""}))[0] == path


def test_path_is_missing(tmp_path):
    """LIBZMQ_PATH without a file there is an error that names it and nothing else."""
    text = use(tmp_path / "libzmq.so")
    assert f"[LIBZMQ_PATH] {tmp_path / 'libzmq.so'}: missing: No such file or directory" in text
    assert "[system]" not in text
    assert "[bundled]" not in text


def test_path_is_an_empty_folder(tmp_path):
    """LIBZMQ_PATH with a folder without libzmq is an error that says so."""
    assert f"{tmp_path}: missing: no libzmq in this folder" in use(tmp_path)


def test_import_fails_with_unusable_path(tmp_path):
    """The import of zmq fails on an unusable LIBZMQ_PATH although another libzmq is there."""
    done = subprocess.run(
        [sys.executable, "-c", "import zmq._ctypes.loader as loader; loader.load()"],
        env={**os.environ, "LIBZMQ_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "ImportError: no usable libzmq" in done.stderr
    assert "LIBZMQ_PATH is set" in done.stderr


# --- what it accepts ------------------------------------------------------------------------------


def test_text_file(tmp_path):
    """A text file called libzmq is refused with the linker's reason."""
    file = tmp_path / "libzmq.so"
    file.write_text("This is no library.\n" * 10)
    text = use(file)
    assert str(file) in text
    assert loader.NOT_LIBZMQ in text or loader.UNUSABLE in text


@on_elf
@pytest.mark.parametrize("share", [0.001, 0.3, 0.7])
def test_truncated_library(tmp_path, library, share):
    """A library whose end is cut off is refused; opening it would end the process."""
    whole = Path(library.path).read_bytes()
    file = tmp_path / "libzmq.so"
    file.write_bytes(whole[: int(len(whole) * share)])
    done = run("loader.load()", LIBZMQ_PATH=file)
    assert done.returncode == 1, done.stderr
    assert f"{file}: unusable: file too short" in done.stderr


@on_elf
@pytest.mark.parametrize("size", [4, 20, 63])
def test_truncated_header(tmp_path, library, size):
    """A file that ends within the ELF header is refused."""
    file = tmp_path / "libzmq.so"
    file.write_bytes(Path(library.path).read_bytes()[:size])
    done = run("loader.load()", LIBZMQ_PATH=file)
    assert done.returncode == 1, done.stderr
    assert str(file) in done.stderr


@on_elf
@pytest.mark.parametrize("position", [4, 18], ids=["word size", "processor"])
def test_other_architecture(tmp_path, library, position):
    """A library for another word size or processor is refused as such."""
    image = bytearray(Path(library.path).read_bytes())
    # EI_CLASS is 1 or 2; 8 is e_machine of MIPS
    image[position] = 3 - image[4] if position == 4 else 8
    file = tmp_path / "libzmq.so"
    file.write_bytes(image)
    assert f"{file}: {loader.WRONG_ARCHITECTURE}: " in use(file)


@on_elf
def test_bare_header_of_the_other_word_size(tmp_path, library):
    """A 32-bit header alone (64-bit on a 32-bit Python) is the wrong architecture, not a crash."""
    header = bytearray(Path(library.path).read_bytes()[:64])
    header[4] = 3 - header[4]
    file = tmp_path / "libzmq.so"
    file.write_bytes(header)
    done = run("loader.load()", LIBZMQ_PATH=file)
    assert done.returncode == 1, done.stderr
    assert loader.WRONG_ARCHITECTURE in done.stderr


@on_elf
def test_other_library():
    """A sound library that is not libzmq is refused as such."""
    import ctypes.util

    name = ctypes.util.find_library("m") or "libm.so.6"
    math = ctypes.CDLL(name)
    math.zmq_version = math.cos  # where the linker is asked for the file it came from
    path = loader._real_path(math, name)
    assert os.path.isfile(path)
    assert f"{path}: {loader.NOT_LIBZMQ}: it is a library, but " in use(path)


def test_too_old_by_name(tmp_path, compile_library):
    """A library that says it is libzmq 2.2.0 is refused, with both versions."""
    file = tmp_path / "libzmq.so.1"
    compile_library(file, "void zmq_version(int *a, int *b, int *c) { *a = 2; *b = 2; *c = 0; }")
    text = use(file)
    assert f"{file}: too old: libzmq 2.2.0, the oldest supported is 3.2.2" in text


def test_oldest_is_accepted(tmp_path, compile_library):
    """3.2.2 itself is accepted."""
    file = tmp_path / "libzmq.so.3"
    compile_library(file, "void zmq_version(int *a, int *b, int *c) { *a = 3; *b = 2; *c = 2; }")
    system = loader.this_system({"LIBZMQ_PATH": str(file)})
    assert loader.search(system).version == (3, 2, 2)


def test_too_old_for_a_later_limit(library, monkeypatch):
    """The version of the library is held against OLDEST, and the real libzmq can lose."""
    monkeypatch.setattr(loader, "OLDEST", (99, 0, 0))
    text = use(library.path)
    assert f"too old: libzmq {'.'.join(map(str, library.version))}" in text
    assert "99.0.0" in text


def test_broken_one_is_passed_over(tmp_path, library):
    """Without LIBZMQ_PATH a broken library is noted and the search goes on."""
    package = tmp_path / "zmq"
    broken = package / "_libzmq" / "libzmq.so.5"
    broken.parent.mkdir(parents=True)
    broken.write_text("no library")
    system = loader.this_system({})
    system.package = str(package)
    system.platform = "linux"
    system.path = ()
    system.prefixes = ()
    system.find_library = lambda name: library.path
    found = loader.search(system)
    assert found.tried[0].path == str(broken)
    assert found.tried[0].outcome != loader.LOADED
    assert found.tried[-1].outcome == loader.LOADED


# --- neighbours -----------------------------------------------------------------------------------


@on_elf
def test_neighbour_is_opened_first(tmp_path, library):
    """A libzmq whose own path to its neighbours is broken loads with those of its folder."""
    image = Path(library.path).read_bytes()
    if b"$ORIGIN" not in image:
        pytest.skip("this libzmq has no neighbours")
    folder = tmp_path / "lib"
    shutil.copytree(os.path.dirname(library.path), folder)
    file = folder / os.path.basename(library.path)
    file.write_bytes(image.replace(b"$ORIGIN", b"/nowher"))
    alone = tmp_path / file.name
    shutil.copy(file, alone)
    # In a process of its own: the neighbour may be open in this one.
    done = run("loader.load()", LIBZMQ_PATH=alone)
    assert f"{alone}: {loader.MISSING_NEIGHBOUR}: " in done.stderr
    done = run("print(loader.load().path)", LIBZMQ_PATH=file)
    assert done.stdout.strip() == str(file), done.stderr


@on_elf
def test_neighbour_of_a_neighbour(tmp_path, compile_library):
    """Neighbours that need neighbours are opened too, and lost symbolic links are made up for."""
    compile_library(
        tmp_path / "libdeep.so.2.1", "int deep(void) { return 4; }", "-Wl,-soname,libdeep.so.2"
    )
    compile_library(
        tmp_path / "libnear.so",
        "int deep(void); int near(void) { return deep(); }",
        str(tmp_path / "libdeep.so.2.1"),
        "-Wl,-soname,libnear.so",
    )
    source = """
        int near(void);
        void zmq_version(int *a, int *b, int *c) { *a = near(); *b = *c = 0; }
    """
    file = tmp_path / "libzmq.so.5"
    compile_library(file, source, str(tmp_path / "libnear.so"), "-Wl,--allow-shlib-undefined")
    done = run("print(loader.load().version)", LIBZMQ_PATH=file)
    assert done.stdout.strip() == "(4, 0, 0)", done.stderr


# --- what it gives --------------------------------------------------------------------------------


def test_library_is_remembered(library):
    """load gives the same library again, whatever the environment says by then."""
    assert loader.load({"LIBZMQ_PATH": "/nonexistent"}) is library


def test_library_knows_its_file(library):
    """The path is that of the file that was mapped into this process."""
    assert os.path.isfile(library.path)
    if sys.platform == "linux":
        mapped = Path("/proc/self/maps").read_text()
        assert os.path.realpath(library.path) in mapped


def test_soname_becomes_a_file(library):
    """A library that the linker found by name alone still has the path of its file."""
    if sys.platform != "linux":
        pytest.skip("changes the search of the Linux linker")
    folder = os.path.dirname(library.path)
    code = """
        system = loader.this_system({})
        system.package, system.path, system.prefixes = "/nowhere", (), ()
        system.platform = "android"
        system.find_library = lambda name: sys.argv[2]
        print(loader.search(system).path)
    """
    done = run(code, os.path.basename(library.path), LD_LIBRARY_PATH=folder)
    assert done.stdout.strip() == library.path, done.stderr


def test_version_is_the_librarys_own(library):
    """The version is what zmq_version of that library answers."""
    numbers = [ctypes.c_int() for _ in range(3)]
    library.released.zmq_version(*map(ctypes.byref, numbers))
    assert library.version == tuple(number.value for number in numbers)
    assert library.version >= loader.OLDEST


@pytest.mark.parametrize("handle", ["released", "held"])
def test_handles_keep_errno(library, handle):
    """Both handles reach libzmq, and errno of a failed call can be read afterwards."""
    ctypes.set_errno(0)
    assert getattr(library, handle).zmq_ctx_destroy(None) == -1
    assert ctypes.get_errno() == errno.EFAULT


def test_one_keeps_the_gil(library):
    """The two handles are one library, opened with and without release of the GIL."""
    assert library.held._handle == library.released._handle
    if hasattr(ctypes, "PyDLL"):
        assert isinstance(library.held, ctypes.PyDLL)
        assert not isinstance(library.released, ctypes.PyDLL)
    else:
        assert library.held is library.released


def test_attempts_tell(library):
    """The attempts end with the library that was loaded, and read as lines of a report."""
    last = library.tried[-1]
    assert last.outcome == loader.LOADED
    assert str(last).startswith(f"[{last.source}] {last.path}: loaded: libzmq ")


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["LIBZMQ_PATH", "bundled"])
def test_nothing_is_started(tmp_path, library, how):
    """Neither with LIBZMQ_PATH nor with a bundled library does the search start a process."""
    package = tmp_path / "zmq"
    if how == "bundled":
        shutil.copytree(os.path.dirname(library.path), package / "_libzmq")
    code = """
        events = []
        starts = ("subprocess.Popen", "os.system", "os.fork", "os.posix_spawn", "os.exec")
        sys.addaudithook(lambda event, args: events.append(event) if event in starts else None)
        before = set(sys.modules)
        system = loader.this_system(os.environ)
        system.package, system.path = sys.argv[2], ()
        library = loader.search(system)
        assert events == [], events
        assert set(sys.modules) == before, set(sys.modules) - before
        print(library.tried[0].source)
    """
    done = run(code, package, **({} if how == "bundled" else {"LIBZMQ_PATH": library.path}))
    assert done.stdout.strip() == how, done.stderr


def test_import_has_no_effect():
    """Importing the loader opens no library and imports no more than ctypes does."""
    code = """
        import ctypes
        before = set(sys.modules)
        spec.loader.exec_module(loader)
        assert set(sys.modules) == before, set(sys.modules) - before
        assert loader._library is None
    """
    done = run(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", ["the loader", "zmq"])
def test_python_without_ctypes(what):
    """A Python that was built without ctypes gets an ImportError that says what to do."""
    code = """
        sys.modules.update(dict.fromkeys(("ctypes", "_ctypes")))
        for name in [name for name in sys.modules if name.startswith("ctypes.")]:
            del sys.modules[name]
        try:
            if sys.argv[2] == "zmq":
                import zmq
            else:
                spec.loader.exec_module(loader)
        except ImportError as exc:
            print(exc)
    """
    done = run(code, what)
    assert "needs the standard module ctypes" in done.stdout, done.stderr
    assert "libffi" in done.stdout
