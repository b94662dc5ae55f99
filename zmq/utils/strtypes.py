# SPDX-License-Identifier: BSD-3-Clause
"""Conversions between str and bytes, from the days of Python 2; deprecated."""

from __future__ import annotations

import builtins
import warnings

__all__ = [
    "asbytes",
    "b",
    "basestring",
    "bytes",
    "cast_bytes",
    "cast_unicode",
    "u",
    "unicode",
]

bytes = builtins.bytes  # noqa: A001 - one of the names that programs import from here
unicode = builtins.str
basestring = (str,)


def cast_bytes(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> bytes:
    """Return text as bytes.

    Parameters
    ----------
    s : str, or bytes, which are returned as they are
    encoding, errors : str, as of str.encode

    Returns
    -------
    bytes

    Raises
    ------
    TypeError : neither str nor bytes
    """
    _warn()
    if isinstance(s, bytes):
        return s
    if isinstance(s, str):
        return s.encode(encoding, errors)
    raise TypeError(f"Expected unicode or bytes, got {s!r}")


def cast_unicode(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Return text as str.

    Parameters
    ----------
    s : bytes, or str, which is returned as it is
    encoding, errors : str, as of bytes.decode

    Returns
    -------
    str

    Raises
    ------
    TypeError : neither str nor bytes
    """
    _warn()
    if isinstance(s, bytes):
        return s.decode(encoding, errors)
    if isinstance(s, str):
        return s
    raise TypeError(f"Expected unicode or bytes, got {s!r}")


def _warn() -> None:
    warnings.warn(
        "zmq.utils.strtypes is deprecated: use str.encode and bytes.decode",
        DeprecationWarning,
        stacklevel=3,
    )


asbytes = b = cast_bytes
u = cast_unicode
