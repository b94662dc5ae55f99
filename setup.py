# SPDX-License-Identifier: BSD-3-Clause
"""Build zmq-ctypes: a pure Python package, with a libzmq inside where the machine has none."""

from __future__ import annotations

import atexit
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import setuptools
from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.install import install

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:
    raise SystemExit(
        f"zmq-ctypes: a build needs setuptools 70.1 or later, and here is {setuptools.__version__}"
    ) from None

ROOT = Path(__file__).resolve().parent


def load_bundle():
    """Import packaging/bundle.py by its path: the name packaging belongs to another project."""
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "packaging" / "bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def version() -> str:
    text = (ROOT / "zmq" / "_version.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE).group(1)


def places() -> dict[str, dict[str, str]]:
    """Say where to build: outside the source tree, in which several may build at once."""
    scratch = tempfile.mkdtemp(prefix="zmq-ctypes-build")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    build = {"build": {"build_base": scratch}}
    # What setuptools writes down of the package is shared too, unless a wheel is all that is made.
    if "bdist_wheel" not in sys.argv and os.access(ROOT, os.W_OK):
        return build
    return {**build, "egg_info": {"egg_base": scratch}}


class BuildPy(build_py):
    """Copy the package, and libzmq with it where it is to be bundled."""

    _prepared = False
    _folder: Path | None = None

    def libzmq(self) -> Path | None:
        """Return the folder with the library to bundle; decided once a build."""
        if not BuildPy._prepared:
            bundle = load_bundle()
            scratch = Path(self.get_finalized_command("build").build_temp).resolve()
            try:
                BuildPy._folder = bundle.prepare(ROOT / "zmq", scratch)
            except bundle.BundleError as exc:
                raise SystemExit(f"zmq-ctypes: cannot bundle libzmq: {exc}") from exc
            BuildPy._prepared = True
        return BuildPy._folder

    def run(self) -> None:
        # A folder that was named may hold what an earlier build put there.
        shutil.rmtree(Path(self.build_lib, "zmq"), ignore_errors=True)
        super().run()
        folder = self.libzmq()
        if self.editable_mode:
            return  # the package is used in place, and its library lies there
        if folder is not None:
            shutil.copytree(folder, Path(self.build_lib, "zmq", "_libzmq"))


class BdistWheel(bdist_wheel):
    """Tag the wheel: for any Python, and for this platform when it holds a library."""

    def run(self) -> None:
        self.root_is_pure = self.get_finalized_command("build_py").libzmq() is None
        super().run()

    def get_tag(self) -> tuple[str, str, str]:
        platform = "any" if self.root_is_pure else super().get_tag()[2]
        return "py3", "none", platform


class Install(install):
    """Put a package that holds a library where packages for one platform belong."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.get_finalized_command("build_py").libzmq() is not None:
            self.install_lib = self.install_platlib


TEST = [
    "pytest>=7.0",
    "pytest-randomly",
    "uvloop; implementation_name == 'cpython' and sys_platform != 'win32'",
    "hypothesis",
    "tornado",
    "trio",
    "gevent; platform_python_implementation == 'CPython'",
    "pexpect; sys_platform != 'win32'",
    "cffi; platform_python_implementation == 'CPython'",
    "paramiko; platform_python_implementation == 'CPython'",
]

setup(
    name="zmq-ctypes",
    version=version(),
    description="ZeroMQ for Python over ctypes: the API of pyzmq, nothing to compile",
    long_description=(ROOT / "README.rst").read_text(encoding="utf-8"),
    long_description_content_type="text/x-rst",
    author="zmq-ctypes developers",
    license="BSD-3-Clause",
    license_files=["LICENSE"],
    packages=find_packages(include=["zmq", "zmq.*"]),
    package_data={"zmq": ["py.typed"]},
    include_package_data=False,
    zip_safe=False,
    python_requires=">=3.9",
    extras_require={
        "tornado": ["tornado"],
        "gevent": ["gevent"],
        "trio": ["trio"],
        "ssh": ["pexpect", "paramiko"],
        "test": TEST,
        "docs": ["sphinx", "furo", "tornado", "trio", "gevent"],
        "bench": ["gevent", "matplotlib"],
    },
    entry_points={"pyinstaller40": ["hook-dirs = zmq.__pyinstaller:get_hook_dirs"]},
    keywords=["zeromq", "zmq", "messaging", "ctypes"],
    classifiers=[
        "Intended Audience :: Developers",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.9",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: Implementation :: CPython",
        "Programming Language :: Python :: Implementation :: PyPy",
        "Topic :: System :: Networking",
        "Typing :: Typed",
    ],
    options=places(),
    cmdclass={"build_py": BuildPy, "bdist_wheel": BdistWheel, "install": Install},
)
