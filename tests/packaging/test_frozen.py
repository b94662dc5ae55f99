# SPDX-License-Identifier: BSD-3-Clause
"""Programs that carry the package with them: PyInstaller's, and zip archives."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

import zmq

from .conftest import ROOT, Home, run

pytestmark = pytest.mark.packaging

PROGRAM = """
import zmq
import zmq.asyncio

public, secret = zmq.curve_keypair()
with zmq.Context() as context, context.socket(zmq.REP) as rep, context.socket(zmq.REQ) as req:
    rep.rcvtimeo = req.rcvtimeo = 10000
    port = rep.bind_to_random_port("tcp://127.0.0.1")
    req.connect(f"tcp://127.0.0.1:{port}")
    req.send_json({"question": 1})
    rep.send_json({"answer": rep.recv_json()["question"] + 1})
    print(req.recv_json(), zmq.libzmq_path())
"""
# As --onefile and --onedir do it, with what they have in common done once
SPEC = """
analysis = Analysis(["program.py"])
modules = PYZ(analysis.pure)
EXE(modules, analysis.scripts, analysis.binaries, analysis.datas, name="one-file")
program = EXE(modules, analysis.scripts, exclude_binaries=True, name="program")
COLLECT(program, analysis.binaries, analysis.datas, name="one-folder")
"""


@pytest.fixture(scope="module")
def frozen(wheel, tmp_path_factory):
    """A folder with the one-file and the one-folder program that PyInstaller made."""
    if sys.platform.startswith("linux") and not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        pytest.skip("this Python has no shared libpython, which PyInstaller needs")
    home = Home(tmp_path_factory.mktemp("pyinstaller"))
    home.pip("install", "-q", "pyinstaller", wheel)
    (home.folder / "program.py").write_text(PROGRAM)
    (home.folder / "both.spec").write_text(SPEC)
    home.run("-m", "PyInstaller", "--log-level", "WARN", "both.spec")
    target = tmp_path_factory.mktemp("frozen")
    shutil.move(home.folder / "dist", target)
    shutil.rmtree(home.folder)  # the programs have to do without it
    return target / "dist"


@pytest.mark.parametrize("kind", ["one-file", "one-folder/program"])
def test_pyinstaller(frozen, hiding, tmp_path, kind):
    """A frozen program exchanges messages by the libzmq that it carries, on a machine without any."""
    said = run(*hiding, frozen / kind, cwd=tmp_path).stdout
    assert said.startswith("{'answer': 2} ")
    path = Path(said.split(maxsplit=2)[2].strip())
    assert path.parent.parts[-2:] == ("zmq", "_libzmq")
    assert kind == "one-file" or path.is_relative_to(frozen / "one-folder")


@pytest.mark.parametrize("bundled", [True, False])
def test_what_the_hook_says(bundled, tmp_path, monkeypatch):
    """PyInstaller is given a bundled library with its folder, any other one as a library."""
    library = tmp_path / ("_libzmq" if bundled else "lib") / "libzmq.so.5"
    monkeypatch.setattr(zmq, "libzmq_path", lambda: str(library))
    said = runpy.run_path(str(ROOT / "zmq" / "__pyinstaller" / "hook-zmq.py"))
    assert said["datas"] == ([(str(library.parent), "zmq/_libzmq")] if bundled else [])
    assert said["binaries"] == ([] if bundled else [(str(library), ".")])


# --- zip archives ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(home, tmp_path_factory):
    """An archive that is a program, made by zipapp, and the libzmq that it is to use."""
    folder = tmp_path_factory.mktemp("zipapp")
    shutil.copytree(home.site_packages() / "zmq", folder / "app" / "zmq")
    (folder / "app" / "__main__.py").write_text(PROGRAM)
    run(sys.executable, "-m", "zipapp", folder / "app", "-o", folder / "app.pyz")
    (library,) = (folder / "app" / "zmq" / "_libzmq").glob("libzmq*")
    return folder / "app.pyz", library


def test_archive(archive, home, tmp_path):
    """From a zip archive the package works with a libzmq outside it."""
    path, library = archive
    said = run(home.python, "-I", path, cwd=tmp_path, LIBZMQ_PATH=library, check=False).stdout
    # -I hides the variables that begin with PYTHON, and no other
    assert said == f"{{'answer': 2}} {library}\n"


def test_archive_alone(archive, hiding, tmp_path):
    """With no libzmq outside it, the import says that none can be opened in an archive."""
    path, _ = archive
    done = run(*hiding, sys.executable, "-I", "-S", path, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert f"inside {os.fspath(path)}, and no library can be opened there" in done.stdout
