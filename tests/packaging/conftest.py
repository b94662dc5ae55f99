# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the build share: a copy of the source, and folders of wheels to build from."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.tags import platform_tags

from zmq._ctypes import loader

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ("setup.py", "pyproject.toml", "README.rst", "LICENSE", "MANIFEST.in", "packaging", "zmq")
# What packaging/windows_arm64.py has filled: to compile it takes too long for a test.
FOR_ARM = os.environ.get("ZMQ_TEST_WIN_ARM64")
LIBSODIUM_LICENCE = "licence text of libsodium\n"


def run(*command, check=True, cwd=None, **environ):
    """Run a program that knows nothing of this environment; return how it ended."""
    hidden = ("LIBZMQ_PATH", "ZMQ_BUNDLE", "ZMQ_BUNDLE_FROM", "PYTHONPATH", "PYTHONHOME")
    hidden += ("PYTHONIOENCODING",)
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**clean, **{name: str(value) for name, value in environ.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout
    return done


def pip(*arguments, python=sys.executable, check=True, **environ):
    """Run pip, this environment's unless told otherwise, and return what it printed."""
    limits = {"PIP_DEFAULT_TIMEOUT": "30", "PIP_RETRIES": "2", "PIP_NO_INPUT": "1"}
    command = (python, "-m", "pip", *arguments)
    done = run(*command, check=False, **{**limits, **environ})
    if done.returncode != 0 and "Retrying (" in done.stdout:
        pytest.fail(f"pip reaches no index, which this test needs: {done.stdout[-500:]}")
    assert not check or done.returncode == 0, done.stdout
    return done.stdout


class Home:
    """A virtual environment with nothing in it, made by some Python."""

    def __init__(self, folder, python=sys.executable):
        self.folder = Path(folder)
        # The pip of this environment may not know another Python any more.
        self.has_pip = python != sys.executable
        options = [] if self.has_pip else ["--without-pip"]
        run(python, "-I", "-m", "venv", *options, self.folder)
        windows = sys.platform == "win32"
        self.python = self.folder / ("Scripts/python.exe" if windows else "bin/python")

    def pip(self, *arguments, **environ):
        if self.has_pip:
            return pip(*arguments, python=self.python, **environ)
        return pip("--python", self.python, *arguments, **environ)

    def run(self, *arguments, **options):
        """Run its Python, in its own folder unless told otherwise."""
        return run(self.python, *arguments, **{"cwd": self.folder, **options})

    def site_packages(self):
        program = "import sysconfig; print(sysconfig.get_path('platlib'))"
        return Path(self.run("-I", "-c", program).stdout.strip())


def find_python(name):
    """Find a Python such as 3.12 or pypy3, or skip where there is none."""
    folders = sorted(Path.home().glob(f".pyenv/versions/{name}.*/bin/python"))
    candidates = [*map(str, reversed(folders)), shutil.which(name), shutil.which(f"python{name}")]
    if name == "{}.{}".format(*sys.version_info) and sys.implementation.name == "cpython":
        candidates.insert(0, sys.executable)
    for python in filter(None, candidates):
        if run(python, "-c", "import ctypes, ensurepip, venv", check=False).returncode == 0:
            return python
    return pytest.skip(f"there is no Python {name} here")


def make_pyzmq_wheel(folder, library, *, version="27.3.0", tag="py3-none-any"):
    """Make a wheel of the shape that pyzmq publishes, around the libzmq of these tests."""
    files = [Path(library.path)]
    if library.tried[-1].source in ("bundled", "LIBZMQ_PATH"):
        files = [path for path in Path(library.path).parent.glob("lib*") if path.is_file()]
    info = f"pyzmq-{version}.dist-info"
    wheel = Path(folder, f"pyzmq-{version}-{tag}.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in files:
            archive.write(path, f"pyzmq.libs/{path.name}")
        archive.writestr("zmq/__init__.py", "raise AssertionError('not to be used')\n")
        archive.writestr(f"{info}/licenses/licenses/LICENSE.zeromq.txt", "licence of libzmq\n")
        archive.writestr(f"{info}/licenses/licenses/LICENSE.libsodium.txt", LIBSODIUM_LICENCE)
        archive.writestr(f"{info}/licenses/licenses/LICENSE.tornado.txt", "not about a library\n")
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: pyzmq\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture(scope="session")
def library():
    return loader.load()


@pytest.fixture
def bundle():
    """packaging/bundle.py, imported by its path as setup.py does."""
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "packaging" / "bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def setuptools_wheels(tmp_path_factory):
    """A folder with what builds need, so that they run without an index."""
    folder = tmp_path_factory.mktemp("setuptools")
    said = pip("download", "--no-deps", "-q", "-d", folder, "setuptools>=70.1", check=False)
    assert list(folder.glob("setuptools-*.whl")), f"no setuptools to build with: {said[-500:]}"
    return folder


@pytest.fixture(scope="session")
def pyzmq_wheels(tmp_path_factory, library):
    """A folder of wheels, as an offline machine has one."""
    folder = tmp_path_factory.mktemp("pyzmq")
    make_pyzmq_wheel(folder, library)
    return folder


@pytest.fixture(scope="session")
def make_source(tmp_path_factory):
    """Copy what a build needs of the source tree, without anything that a build left in it."""

    def make():
        folder = tmp_path_factory.mktemp("source")
        for name in SOURCE:
            path = ROOT / name
            if path.is_dir():
                leave = shutil.ignore_patterns("__pycache__", "_libzmq*")
                shutil.copytree(path, folder / name, ignore=leave)
            else:
                shutil.copy(path, folder)
        return folder

    return make


@pytest.fixture(scope="session")
def wheel_set(make_source, tmp_path_factory):
    """The folder that packaging/wheels.py fills, and what it printed."""
    folder = tmp_path_factory.mktemp("wheels")
    program = make_source() / "packaging" / "wheels.py"
    printed = run(sys.executable, program, folder, *filter(None, [FOR_ARM])).stdout
    return folder, printed


@pytest.fixture(scope="session")
def wheel(wheel_set):
    """Of the set, the wheel for this machine."""
    tags = list(platform_tags())
    for path in sorted(wheel_set[0].glob("*.whl")):
        if set(path.stem.split("-")[-1].split(".")) & set(tags):
            return path
    pytest.skip("no library is published for this platform")


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The wheel of packaging/pyzmq."""
    source = tmp_path_factory.mktemp("shim") / "source"
    shutil.copytree(ROOT / "packaging" / "pyzmq", source)
    pip("wheel", "--no-deps", "-q", "-w", source.parent, source)
    (wheel,) = source.parent.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def home(wheel, tmp_path_factory):
    """An environment in which that wheel is installed, and nothing else; not to be changed."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.pip("install", "-q", "--no-index", wheel)
    return home


PROBE = """
import ctypes, importlib.util, sys
spec = importlib.util.spec_from_file_location("loader", sys.argv[1])
loader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(loader)
system = loader.this_system({})
system.package, system.path = "/nowhere", ()
try:
    print(loader.search(system).path)
except ImportError:
    pass
"""
HIDE = """
target=$1; shift
mount --bind /dev/null "$target" && exec "$@"
"""
READ_ONLY = """
folder=$1; shift
mount --bind "$folder" "$folder" && mount -o remount,bind,ro "$folder" || exit 1
if touch "$folder/probe" 2>/dev/null; then echo "$folder can be written"; exit 1; fi
exec "$@"
"""
UNSHARE = ["unshare", "--map-root-user", "--mount"]


def can_mount():
    """Tell whether a process may have its own view of the file system here."""
    return shutil.which("unshare") and run(*UNSHARE, "true", check=False).returncode == 0


@pytest.fixture(scope="session")
def hiding():
    """What to put before a command so that no libzmq of this machine can be loaded in it."""
    prefix = []
    while True:
        probe = run(*prefix, sys.executable, "-I", "-c", PROBE, loader.__file__)
        found = probe.stdout.strip()
        if not found:
            return prefix
        if not can_mount():
            pytest.skip(f"{found} cannot be hidden: no mount namespaces here")
        # In its place is an empty file.
        prefix = [*(prefix or UNSHARE), "sh", "-c", HIDE, "hide", os.path.realpath(found)]


@pytest.fixture(scope="session")
def read_only():
    """What to put before a command so that a folder cannot be written in it, not even by root."""
    if not can_mount():
        pytest.skip("nothing can be mounted read-only here")
    return lambda folder: [*UNSHARE, "sh", "-c", READ_ONLY, "read-only", folder]
