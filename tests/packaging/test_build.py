# SPDX-License-Identifier: BSD-3-Clause
"""Wheels and editable installs, built as pip builds them, without an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from .conftest import LIBSODIUM_LICENCE, ROOT, pip

pytestmark = pytest.mark.packaging

LOAD = """
import json, sys
from zmq._ctypes import loader
library = loader.load()
print(json.dumps([library.tried[-1].source, library.path]))
"""


class Builder:
    """One source tree, built again and again."""

    def __init__(self, source, *links):
        self.source = source
        self.environ = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": " ".join(map(str, links))}

    def pip(self, *arguments, **environ):
        return pip(*arguments, **self.environ, **environ)

    def wheel(self, tmp_path, **environ):
        """Build the wheel and return its path."""
        self.pip("wheel", "--no-deps", "-q", "-w", tmp_path, self.source, **environ)
        (wheel,) = tmp_path.glob("zmq_ctypes-*.whl")
        return wheel


@pytest.fixture(scope="module")
def builder(make_source, setuptools_wheels, pyzmq_wheels):
    return Builder(make_source(), setuptools_wheels, pyzmq_wheels)


@pytest.fixture(scope="module")
def bundled(builder, tmp_path_factory):
    """A wheel with libzmq in it."""
    return builder.wheel(tmp_path_factory.mktemp("bundled"), ZMQ_BUNDLE="always")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an empty environment."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=sys.platform != "win32")
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    (found,) = folder.glob(f"{scripts}/python{'.exe' if sys.platform == 'win32' else ''}")
    return found


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def read(wheel, name):
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode()


def dist_info(wheel, name):
    version = wheel.name.split("-")[1]
    return read(wheel, f"zmq_ctypes-{version}.dist-info/{name}")


def load(python, folder):
    """Load libzmq in a fresh process of that environment: where it was found, and its path."""
    hidden = ("LIBZMQ_PATH", "PYTHONPATH")
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [python, "-c", LOAD],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_tag_of_a_bundled_wheel(bundled):
    """A wheel with libzmq in it fits any Python on this platform."""
    python, abi, platform = bundled.stem.split("-")[2:]
    assert (python, abi) == ("py3", "none")
    assert platform != "any"
    assert "Root-Is-Purelib: false" in dist_info(bundled, "WHEEL")


def test_content_of_a_bundled_wheel(bundled, library):
    """The wheel holds libzmq inside the package, its licence texts and where it came from."""
    inside = names(bundled)
    assert f"zmq/_libzmq/{os.path.basename(library.path)}" in inside
    assert read(bundled, "zmq/_libzmq/licenses/LICENSE.libsodium.txt") == LIBSODIUM_LICENCE
    assert "zmq/_libzmq/licenses/LICENSE.zeromq.txt" in inside
    origin = json.loads(read(bundled, "zmq/_libzmq/ORIGIN.json"))
    assert origin["wheel"] == "pyzmq-27.3.0-py3-none-any.whl"


def test_content_of_any_wheel(bundled):
    """The wheel holds every module of the package and the mark of a typed one, nothing else."""
    inside = {name for name in names(bundled) if not name.startswith("zmq/_libzmq/")}
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "zmq").rglob("*.py")
        if "_libzmq" not in path.parts
    }
    package = {name for name in inside if ".dist-info/" not in name}
    assert package == modules | {"zmq/py.typed"}
    assert any(name.endswith("/LICENSE") for name in inside)


def test_metadata(bundled):
    """The wheel has the version of the package and needs nothing at run time."""
    lines = dist_info(bundled, "METADATA").splitlines()
    text = (ROOT / "zmq" / "_version.py").read_text()
    (version,) = (line.split()[1] for line in lines if line.startswith("Version: "))
    assert f'__version__ = "{version}"' in text
    needed = [line for line in lines if line.startswith("Requires-Dist: ")]
    assert all("extra ==" in line for line in needed)
    extras = {line.split()[1] for line in lines if line.startswith("Provides-Extra: ")}
    assert extras == {"tornado", "gevent", "ssh", "test", "docs", "bench"}


def test_installed_wheel_loads(builder, bundled, python, tmp_path):
    """In a fresh environment the installed wheel loads the libzmq that it brought."""
    builder.pip("--python", python, "install", "--no-deps", "-q", "--force-reinstall", bundled)
    source, path = load(python, tmp_path)
    assert source == "bundled"
    assert Path(path).is_relative_to(Path(python).parent.parent.resolve())


def test_checkout_in_place_loads(builder, bundled):
    """After a build, the source tree used in place loads the libzmq that the build left there."""
    source, path = load(sys.executable, builder.source)
    assert source == "bundled"
    assert Path(path).parent == builder.source / "zmq" / "_libzmq"


def test_never_gives_a_pure_wheel(builder, bundled, tmp_path):
    """never gives a wheel for any platform, also where an earlier build left a library."""
    wheel = builder.wheel(tmp_path, ZMQ_BUNDLE="never")
    assert wheel.stem.endswith("-py3-none-any")
    assert not [name for name in names(wheel) if "_libzmq" in name]


def test_auto_with_libzmq_gives_a_pure_wheel(builder, library, tmp_path):
    """On a machine with libzmq the wheel is pure."""
    wheel = builder.wheel(tmp_path, LIBZMQ_PATH=library.path)
    assert wheel.stem.endswith("-py3-none-any")
    assert not [name for name in names(wheel) if "_libzmq" in name]


def test_editable_install_loads(make_source, setuptools_wheels, pyzmq_wheels, python, tmp_path):
    """An editable install loads the libzmq that its build put into the source tree."""
    builder = Builder(make_source(), setuptools_wheels, pyzmq_wheels)
    builder.pip(
        "--python",
        python,
        "install",
        "--no-deps",
        "-q",
        "--force-reinstall",
        "-e",
        builder.source,
        ZMQ_BUNDLE="always",
    )
    source, path = load(python, tmp_path)
    assert source == "bundled"
    assert Path(path).parent == builder.source / "zmq" / "_libzmq"
