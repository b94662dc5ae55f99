# SPDX-License-Identifier: BSD-3-Clause
"""What ctypes of PyPy does byte by byte, done at once.

There, bytes given to a C function are copied by a loop, and so is a slice of a
pointer: a thousand times slower than a copy. Objects move in memory, too, so bytes
have no address to be told. A bytearray of which ctypes made an array stays where
it is; one copy into that, and its address is what C gets.

And a view of a ctypes array keeps the memory, but neither the array object nor what
is tied to it. The module below PyPy's cffi, which is always there, has views that do.
"""

from __future__ import annotations

import sys
from ctypes import addressof, c_char, string_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PYPY = sys.implementation.name == "pypy"

_start = c_char * 1


class Memory(int):
    """An address, of which a slice is the bytes there."""

    __slots__ = ()

    def __getitem__(self, part: slice) -> bytes:
        return string_at(self, part.stop)


def sliceable(function: Callable[[Any], Any]) -> Callable[[Any], Memory]:
    """Return ``function``, whose result is an address, with one that can be sliced."""
    return lambda argument: Memory(function(argument) or 0)


if PYPY:
    from _cffi_backend import FFI  # type: ignore[import-untyped,unused-ignore]

    _ffi = FFI()

    def window(address: int, size: int, owner: object) -> memoryview:
        """Return a writable view of ``size`` bytes of C memory that keeps ``owner`` alive."""

        def keep(pointer: object, owner: object = owner) -> None:
            """Do nothing but have ``owner`` as long as the pointer is there."""

        pointer = _ffi.gc(_ffi.cast("char *", address), keep)
        return memoryview(_ffi.buffer(pointer, size))

else:

    def window(address: int, size: int, owner: object) -> memoryview:
        """Not needed: a view of a ctypes array keeps what is tied to it."""
        raise NotImplementedError


def pinned(data: bytes) -> Any:
    """Return an array whose address is that of a copy of ``data``; keep it during the call."""
    return _start.from_buffer(bytearray(data))


def by_address(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of (anything, bytes or address, ...) that passes bytes by address."""

    def call(first: Any, data: Any, *others: Any) -> Any:
        if not isinstance(data, bytes) or not data:
            return function(first, data, *others)
        array = pinned(data)
        result = function(first, addressof(array), *others)
        # Named again, so that it is not taken for unused before the call is over.
        del array
        return result

    return call
