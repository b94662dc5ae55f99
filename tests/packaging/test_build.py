# SPDX-License-Identifier: BSD-3-Clause
"""Wheels and editable installs, built as pip builds them, without an index."""

from __future__ import annotations

import json
import os
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .conftest import LIBSODIUM_LICENCE, ROOT, Home, pip, run

pytestmark = pytest.mark.packaging

LOAD = """
import json, sys
from zmq._ctypes import loader
library = loader.load()
print(json.dumps([library.tried[-1].source, library.path]))
"""


BUILD = """
import sys
from setuptools import build_meta
getattr(build_meta, sys.argv[1])(sys.argv[2])
"""


class Builder:
    """One source tree, built again and again."""

    def __init__(self, source, backend, *links):
        self.source = source
        self.backend = backend
        self.environ = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": " ".join(map(str, links))}

    def build(self, what, folder, *prefix, **environ):
        """Let the build backend make something, as pip would but without its preparations."""
        command = (*prefix, sys.executable, "-c", BUILD, what, folder)
        environ = {**self.environ, **environ, "PYTHONPATH": self.backend}
        return run(*command, cwd=self.source, **environ).stdout

    def wheel(self, folder, **environ):
        """Build the wheel and return its path."""
        self.build("build_wheel", folder, **environ)
        (wheel,) = folder.glob("zmq_ctypes-*.whl")
        return wheel


@pytest.fixture(scope="session")
def backend(setuptools_wheels, tmp_path_factory):
    """A folder in which setuptools is installed."""
    folder = tmp_path_factory.mktemp("backend")
    pip("install", "-q", "--no-index", "--target", folder, *setuptools_wheels.glob("*.whl"))
    return folder


@pytest.fixture(scope="module")
def builder(make_source, backend, setuptools_wheels, pyzmq_wheels):
    return Builder(make_source(), backend, setuptools_wheels, pyzmq_wheels)


@pytest.fixture(scope="module")
def bundled(builder, tmp_path_factory):
    """A wheel with libzmq in it, built by pip."""
    folder = tmp_path_factory.mktemp("bundled")
    always = {"ZMQ_BUNDLE": "always", **builder.environ}
    pip("wheel", "--no-deps", "-q", "-w", folder, builder.source, **always)
    (wheel,) = folder.glob("zmq_ctypes-*.whl")
    return wheel


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An environment into which one after the other is installed."""
    return Home(tmp_path_factory.mktemp("bare"))


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
    return json.loads(run(python, "-c", LOAD, cwd=folder).stdout)


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
    """The wheel has the package's version, needs nothing at run time, and has the extras told."""
    lines = dist_info(bundled, "METADATA").splitlines()
    text = (ROOT / "zmq" / "_version.py").read_text()
    (version,) = (line.split()[1] for line in lines if line.startswith("Version: "))
    assert f'__version__ = "{version}"' in text
    needed = [line for line in lines if line.startswith("Requires-Dist: ")]
    assert all("extra ==" in line for line in needed)
    extras = {line.split()[1] for line in lines if line.startswith("Provides-Extra: ")}
    table = (ROOT / "docs" / "install.rst").read_text(encoding="utf-8").split("============\n")
    told = {line.split("``")[1] for line in table[1].splitlines() if line.startswith("``")}
    assert extras == told
    assert "hook-dirs = zmq.__pyinstaller:get_hook_dirs" in dist_info(bundled, "entry_points.txt")


def test_installed_wheel_loads(builder, bundled, bare, tmp_path):
    """In a fresh environment the installed wheel loads the libzmq that it brought."""
    bare.pip("install", "--no-deps", "-q", "--force-reinstall", bundled, **builder.environ)
    source, path = load(bare.python, tmp_path)
    assert source == "bundled"
    assert Path(path).is_relative_to(bare.folder.resolve())


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


def test_editable_install_loads(builder, bundled, bare, tmp_path):
    """An editable install loads the libzmq that its build put into the source tree."""
    always = {"ZMQ_BUNDLE": "always", **builder.environ}
    bare.pip("install", "--no-deps", "-q", "--force-reinstall", "-e", builder.source, **always)
    source, path = load(bare.python, tmp_path)
    assert source == "bundled"
    assert Path(path).parent == builder.source / "zmq" / "_libzmq"


def test_several_at_once(builder, bundled, tmp_path):
    """Builds of one source tree at the same time do not disturb each other, and leave no folder."""
    folders = [tmp_path / str(number) for number in range(3)]
    with ThreadPoolExecutor() as pool:
        wheels = list(pool.map(lambda folder: builder.wheel(folder, ZMQ_BUNDLE="always"), folders))
    assert len({tuple(sorted(names(wheel))) for wheel in wheels}) == 1
    assert not (builder.source / "build").exists()


def test_nothing_is_shared(make_source, builder, tmp_path):
    """A build of a wheel writes nothing into the source tree, where another may be reading it."""
    source = make_source()
    before = sorted(source.rglob("*"))
    Builder(source, builder.backend).wheel(tmp_path, ZMQ_BUNDLE="never")
    assert sorted(source.rglob("*")) == before


def test_early_setuptools(make_source, tmp_path):
    """A setuptools that cannot build this is told with its version, and which one can."""
    early = tmp_path / "setuptools"
    (early / "command").mkdir(parents=True)
    early.joinpath("__init__.py").write_text(
        "__version__ = '65.5.0'\nfind_packages = setup = None\n"
    )
    for name in ("__init__", "build_py", "install"):
        (early / "command" / f"{name}.py").write_text(f"{name} = object\n")
    done = run(sys.executable, "setup.py", cwd=make_source(), check=False, PYTHONPATH=tmp_path)
    assert done.returncode == 1
    said = "zmq-ctypes: a build needs setuptools 70.1 or later, and here is 65.5.0\n"
    assert done.stdout == said


# --- source distribution --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sdist(builder, bundled, tmp_path_factory):
    """The source distribution, made where an earlier build left its library."""
    folder = tmp_path_factory.mktemp("sdist")
    builder.build("build_sdist", folder)
    (path,) = folder.glob("*.tar.gz")
    return path


def test_content_of_the_sdist(sdist):
    """It holds the package and what builds it, no library, and nothing that a build left."""
    with tarfile.open(sdist) as archive:
        files = {each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()}
    for folder in ("zmq", "packaging"):
        left = {"_libzmq", "__pycache__", "build", "pyzmq.egg-info"}
        source = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and not left & set(path.parts)
        }
        assert {name for name in files if name.startswith(f"{folder}/")} == source
    assert {"setup.py", "pyproject.toml", "LICENSE", "README.rst"} <= files


# --- without libzmq, without network --------------------------------------------------------------


def test_bundles_where_there_is_none(builder, sdist, hiding, tmp_path):
    """Installed where no libzmq can be loaded, by pip and from the sdist, the package brings one."""
    home = Home(tmp_path / "home")
    command = (sys.executable, "-m", "pip", "--python", home.python, "install", "-q", sdist)
    run(*hiding, *command, **builder.environ)
    done = run(*hiding, home.python, "-I", "-m", "zmq", cwd=tmp_path)
    assert f" at {home.site_packages()}" in done.stdout
    assert "everything came back" in done.stdout


def test_source_that_cannot_be_written(builder, make_source, read_only, tmp_path):
    """A source tree that cannot be written is built elsewhere, with a library, and left as it is."""
    source = make_source()
    before = sorted(source.rglob("*"))
    command = (sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", tmp_path, source)
    run(*read_only(source), *command, **builder.environ, ZMQ_BUNDLE="always")
    (wheel,) = tmp_path.glob("zmq_ctypes-*.whl")
    assert [name for name in names(wheel) if name.startswith("zmq/_libzmq/libzmq")]
    assert sorted(source.rglob("*")) == before


@pytest.fixture(scope="module")
def lonely(make_source, backend, tmp_path_factory):
    """A source tree that can be built, and nothing to bundle."""
    return Builder(make_source(), backend, tmp_path_factory.mktemp("nothing"))


def test_nothing_to_bundle(lonely, hiding, tmp_path):
    """Where there is nothing to bundle either, the build goes on, and the import says what to do."""
    said = lonely.build("build_wheel", tmp_path, *hiding)
    assert "WARNING: no libzmq here, and none could be bundled" in said
    (wheel,) = tmp_path.glob("zmq_ctypes-*-py3-none-any.whl")
    home = Home(tmp_path / "home")
    home.pip("install", "-q", "--no-index", wheel)
    done = run(*hiding, home.python, "-I", "-c", "import zmq", cwd=tmp_path, check=False)
    assert done.returncode == 1
    for text in ("ImportError: no usable libzmq", "To install libzmq here: ", "ZMQ_BUNDLE=always"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ZMQ_BUNDLE": "always"}, "no pyzmq wheel for this platform"),
        ({"ZMQ_BUNDLE_FROM": "absent.so"}, "ZMQ_BUNDLE_FROM=absent.so: no such file"),
        ({"ZMQ_BUNDLE": "yes"}, "ZMQ_BUNDLE=yes: must be auto, always or never"),
    ],
)
def test_what_cannot_be_bundled(lonely, tmp_path, environ, said):
    """A library that was asked for and cannot be had ends the build with a line that says why."""
    with pytest.raises(AssertionError, match=f"zmq-ctypes: cannot bundle libzmq: {said}"):
        lonely.build("build_wheel", tmp_path, **environ)
