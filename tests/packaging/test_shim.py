# SPDX-License-Identifier: BSD-3-Clause
"""packaging/pyzmq: the distribution that stands in for pyzmq."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import zmq

from .conftest import Home

pytestmark = pytest.mark.packaging

IMPORTED = """
import importlib.metadata, json, zmq
print(json.dumps([zmq.__file__, zmq.libzmq_path(), importlib.metadata.version("pyzmq")]))
"""


def test_holds_metadata_only(shim):
    """Nothing but metadata is in it, which requires zmq-ctypes and says the level of the API."""
    with zipfile.ZipFile(shim) as archive:
        info = f"pyzmq-{zmq.__version__}+ctypes.dist-info/"
        assert [name for name in archive.namelist() if not name.startswith(info)] == []
        lines = archive.read(f"{info}METADATA").decode().splitlines()
    assert "Name: pyzmq" in lines
    assert f"Version: {zmq.__version__}+ctypes" in lines
    needed = [line for line in lines if line.startswith("Requires-Dist: ")]
    assert needed == [f"Requires-Dist: zmq-ctypes>={'.'.join(zmq.__version__.split('.')[:2])}"]


def test_satisfies_what_requires_pyzmq(shim, wheel, tmp_path):
    """With it installed, jupyter_client is satisfied: pip fetches no pyzmq and finds no conflict."""
    home = Home(tmp_path / "home")
    home.pip("install", "-q", wheel, shim)
    # What is the newest pyzmq must not matter, as the pages say how.
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"pyzmq=={zmq.__version__}+ctypes\n")
    command = (
        "install",
        "-q",
        "--upgrade",
        "--upgrade-strategy",
        "eager",
        "jupyter_client",
        "pyzmq",
    )
    home.pip(*command, PIP_CONSTRAINT=constraints)
    assert "No broken requirements found." in home.pip("check")
    package, library, version = json.loads(home.run("-I", "-c", IMPORTED).stdout)
    assert version == f"{zmq.__version__}+ctypes"
    assert Path(library).parent == Path(package).parent / "_libzmq"
    compiled = [path for path in Path(package).parent.rglob("*.so") if "_libzmq" not in path.parts]
    assert compiled == []
