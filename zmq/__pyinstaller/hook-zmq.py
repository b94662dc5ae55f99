# SPDX-License-Identifier: BSD-3-Clause
"""Tell PyInstaller to put libzmq into a program: a library that ctypes opens is no import."""

from __future__ import annotations

import os

import zmq

_library = zmq.libzmq_path()
_folder = os.path.dirname(_library)

datas: list[tuple[str, str]] = []
binaries: list[tuple[str, str]] = []

if os.path.basename(_folder) == "_libzmq":
    # With its neighbours and licences; the loader looks there in the program too.
    datas.append((_folder, "zmq/_libzmq"))
else:
    # What it needs PyInstaller finds by itself and puts beside it.
    binaries.append((_library, "."))
