# SPDX-License-Identifier: BSD-3-Clause
"""Where a bundled libzmq came from, and whether pyzmq and this package lie over each other.

Imports nothing of the package: it has to tell what is wrong where the rest is not ours.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from base64 import urlsafe_b64encode
from importlib import metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "zmq-ctypes"
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def origin(library: str) -> str:
    """Read where a libzmq came from, if that is written down beside it.

    Parameters
    ----------
    library : str, path of a libzmq

    Returns
    -------
    str, such as "pyzmq-27.3.0-cp312-abi3-win_amd64.whl, sha256 858f...", empty when unknown
    """
    try:
        with open(os.path.join(os.path.dirname(library), "ORIGIN.json"), encoding="utf-8") as file:
            facts = json.load(file)
    except (OSError, ValueError):
        return ""
    return f"{facts.get('wheel') or facts.get('library')}, sha256 {facts.get('sha256')}"


def distributions(folder: str | None = None) -> dict[str, metadata.Distribution]:
    """Find what is installed as pyzmq or zmq-ctypes and has files in ``zmq/``.

    Parameters
    ----------
    folder : str, where to look; None for everywhere that Python looks

    Returns
    -------
    dict, lower-case name: distribution; the distribution that stands in for pyzmq is left out
    """
    found: dict[str, metadata.Distribution] = {}
    places = metadata.distributions() if folder is None else metadata.distributions(path=[folder])
    for each in places:
        name = str(each.metadata["Name"]).lower().replace("_", "-")
        if name in ("pyzmq", OURS) and any(str(file).startswith("zmq/") for file in each.files or ()):
            found.setdefault(name, each)
    return found


def spoiled(distribution: metadata.Distribution) -> list[str]:
    """Name the files of a distribution that are missing or are not what was installed."""
    found = []
    # Not distribution.files, which leaves out what is missing, from Python 3.12 on.
    for name, recorded, _ in csv.reader((distribution.read_text("RECORD") or "").splitlines()):
        if not recorded or not name.startswith("zmq/"):
            continue
        mode, _, wanted = recorded.partition("=")
        try:
            with open(str(distribution.locate_file(name)), "rb") as opened:
                digest = hashlib.new(mode, opened.read()).digest()
        except OSError:
            digest = b""
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != wanted:
            found.append(name)
    return found


def problems() -> Iterator[str]:
    """Yield lines about what is wrong with the installation of this package."""
    here = distributions(FOLDER)
    pyzmq, ours = here.get("pyzmq"), here.get(OURS)
    bad = spoiled(ours) if ours is not None else []
    again = f"python -m pip uninstall --yes pyzmq {OURS}, then install the one that is wanted"
    if pyzmq is not None:
        yield f"PROBLEM: pyzmq {pyzmq.version} and {OURS} are both installed, in {FOLDER}/zmq."
        if bad:
            yield f"  pyzmq lies over {OURS}: {_some(bad)}. `import zmq` is pyzmq or a mixture."
        else:
            yield f"  {OURS} lies over pyzmq, and is what `import zmq` gives. Removing pyzmq alone"
            yield f"  would take files of {OURS} with it."
        yield f"  Keep one: {again}."
        return
    if bad:
        yield f"PROBLEM: the installation of {OURS} is damaged: {_some(bad)}."
        yield "  That happens when pyzmq was installed too and has been removed."
        yield f"  To mend it: {again}."
    elsewhere = distributions().get("pyzmq")
    if elsewhere is not None:
        where = os.path.dirname(str(elsewhere.locate_file("zmq")))
        yield f"NOTE: pyzmq {elsewhere.version} is installed too, in {where}."
        yield f"  This is {OURS}, in {FOLDER}; which of them is imported depends on sys.path."


def _some(files: list[str]) -> str:
    first = "zmq/__init__.py" if "zmq/__init__.py" in files else files[0]
    return f"{len(files)} of its files are not its own or are missing, such as {first}"
