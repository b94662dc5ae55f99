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

from zmq._ctypes import loader

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ("setup.py", "pyproject.toml", "README.rst", "LICENSE", "MANIFEST.in", "packaging", "zmq")
LIBSODIUM_LICENCE = "licence text of libsodium\n"


def pip(*arguments, check=True, **environ):
    """Run this environment's pip and return what it printed."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LIBZMQ_PATH", "ZMQ_BUNDLE", "ZMQ_BUNDLE_FROM", "PYTHONPATH")
    }
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments)],
        env={**clean, **{name: str(value) for name, value in environ.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout
    return done.stdout


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
    if not list(folder.glob("setuptools-*.whl")):
        pytest.skip(f"no setuptools to build with: {said.strip()[-200:]}")
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
