# SPDX-License-Identifier: BSD-3-Clause
"""Versions under their old path."""

from __future__ import annotations

from .. import _version
from .._misc import zmq_version, zmq_version_info
from .._version import __revision__, __version__, pyzmq_version, pyzmq_version_info

__all__ = [
    "__revision__",
    "__version__",
    "pyzmq_version",
    "pyzmq_version_info",
    "zmq_version",
    "zmq_version_info",
]

VERSION_MAJOR = _version.VERSION_MAJOR
VERSION_MINOR = _version.VERSION_MINOR
VERSION_PATCH = _version.VERSION_PATCH
VERSION_EXTRA = _version.VERSION_EXTRA
version_info = _version.version_info
