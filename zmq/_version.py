# SPDX-License-Identifier: BSD-3-Clause
"""The pyzmq API level that this package implements."""

from __future__ import annotations

VERSION_MAJOR = 27
VERSION_MINOR = 3
VERSION_PATCH = 0
VERSION_EXTRA = ""

__version__ = "27.3.0"
__revision__ = ""
version_info: tuple[int, int, int] | tuple[int, int, int, float] = (
    VERSION_MAJOR,
    VERSION_MINOR,
    VERSION_PATCH,
)


def pyzmq_version() -> str:
    """Return the implemented pyzmq API level as text.

    Returns
    -------
    str, such as "27.3.0"
    """
    return __version__


def pyzmq_version_info() -> tuple[int, int, int] | tuple[int, int, int, float]:
    """Return the implemented pyzmq API level as numbers.

    Returns
    -------
    tuple of int: major, minor, patch; a development version appends infinity, so that it
    compares as newer
    """
    return version_info
