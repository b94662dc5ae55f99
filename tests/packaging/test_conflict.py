# SPDX-License-Identifier: BSD-3-Clause
"""pyzmq and this package installed into one environment, one over the other."""

from __future__ import annotations

import pytest

from .conftest import Home, pip

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def pyzmq(tmp_path_factory):
    """The wheel that pyzmq publishes for this Python."""
    folder = tmp_path_factory.mktemp("genuine")
    pip("download", "-q", "--no-deps", "--only-binary", ":all:", "-d", folder, "pyzmq==27.3.0")
    (wheel,) = folder.glob("*.whl")
    return wheel


def doctor(home):
    done = home.run("-I", "-m", "zmq", check=False)
    return done.returncode, done.stdout


def test_one_over_the_other(wheel, pyzmq, tmp_path):
    """Which lies over which, and what a removal has left, is told, with the way out of it."""
    home = Home(tmp_path / "home")
    home.pip("install", "-q", "--no-index", wheel)
    assert doctor(home)[1].startswith("libzmq ")

    home.pip("install", "-q", "--no-index", pyzmq)
    status, said = doctor(home)
    assert status == 1
    assert "PROBLEM: pyzmq 27.3.0 and zmq-ctypes are both installed" in said
    assert "pyzmq lies over zmq-ctypes" in said
    assert "such as zmq/__init__.py" in said
    assert "`import zmq` is not zmq-ctypes: nothing was tried" in said

    home.pip("install", "-q", "--no-index", "--force-reinstall", wheel)
    status, said = doctor(home)
    assert "zmq-ctypes lies over pyzmq, and is what `import zmq` gives" in said
    assert (status, said.splitlines()[-1]) == (0, "everything came back")

    home.pip("uninstall", "-q", "--yes", "pyzmq")
    status, said = doctor(home)
    assert status == 1
    assert "PROBLEM: the installation of zmq-ctypes is damaged" in said
    advice = "python -m pip uninstall --yes pyzmq zmq-ctypes"
    assert f"{advice}, then install the one that is wanted" in said

    home.pip(*advice.split()[3:])
    home.pip("install", "-q", "--no-index", wheel)
    status, said = doctor(home)
    assert status == 0
    assert said.startswith("libzmq ")


def test_one_beside_the_other(wheel, pyzmq, tmp_path):
    """A pyzmq in another folder of sys.path is told, and that it depends on the order."""
    home = Home(tmp_path / "home")
    home.pip("install", "-q", "--no-index", wheel)
    pip("install", "-q", "--no-index", "--target", tmp_path / "other", pyzmq)
    (home.site_packages() / "other.pth").write_text(f"{tmp_path / 'other'}\n")
    status, said = doctor(home)
    assert f"NOTE: pyzmq 27.3.0 is installed too, in {tmp_path / 'other'}" in said
    assert (status, said.splitlines()[-1]) == (0, "everything came back")
