# SPDX-License-Identifier: BSD-3-Clause
"""Addresses that come from other bindings of libzmq."""

from __future__ import annotations

import operator
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def cast_int_addr(n: Any) -> int:
    """Return a pointer as an int.

    Parameters
    ----------
    n : int or what works as an index, a pointer of cffi, or one of ctypes (c_void_p, or
        what ctypes.pointer and ctypes.byref's relatives make)

    Returns
    -------
    int, the address

    Raises
    ------
    ValueError : none of these
    """
    if isinstance(n, int):
        return n
    if _is_ctypes_pointer(n):
        # A pointer object's own memory holds the address; that saves importing ctypes here.
        return int.from_bytes(memoryview(n).tobytes(), sys.byteorder)
    # Who has an object of cffi has imported it; the others do not pay for it.
    cffi: Any = sys.modules.get("_cffi_backend")
    if cffi is not None and isinstance(n, cffi.FFI.CData):
        return int(cffi.FFI().cast("uintptr_t", n))
    try:
        return operator.index(n)
    except TypeError:
        raise ValueError(f"Cannot cast {n!r} to int") from None


def _is_ctypes_pointer(n: object) -> bool:
    return any(
        base.__name__ in ("_Pointer", "c_void_p")
        and base.__module__.partition(".")[0] in ("ctypes", "_ctypes")
        for base in type(n).__mro__
    )
