# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.interop: addresses in every form that other bindings hold them."""

from __future__ import annotations

import ctypes

import cffi
import pytest

import zmq
from zmq.utils.interop import cast_int_addr

ADDRESS = 0x1234567890 if ctypes.sizeof(ctypes.c_void_p) == 8 else 0x12345678


class Index:
    def __index__(self) -> int:
        return ADDRESS


@pytest.mark.parametrize(
    "pointer",
    [
        ADDRESS,
        Index(),
        ctypes.c_void_p(ADDRESS),
        ctypes.cast(ADDRESS, ctypes.POINTER(ctypes.c_int)),
    ],
    ids=lambda pointer: type(pointer).__name__,
)
def test_pointer_is_its_address(pointer: object) -> None:
    """An int, an index and ctypes pointers give the address that they hold."""
    assert cast_int_addr(pointer) == ADDRESS


def test_null_is_zero() -> None:
    """NULL pointers give 0."""
    assert cast_int_addr(ctypes.c_void_p()) == 0
    assert cast_int_addr(ctypes.POINTER(ctypes.c_int)()) == 0


def test_pointer_to_an_object() -> None:
    """A ctypes pointer gives the address of what it points to, not of itself."""
    value = ctypes.c_int(3)
    assert cast_int_addr(ctypes.pointer(value)) == ctypes.addressof(value)


def test_cffi_pointer() -> None:
    """A pointer of cffi gives its address, and NULL gives 0."""
    ffi = cffi.FFI()
    assert cast_int_addr(ffi.cast("void *", ADDRESS)) == ADDRESS
    assert cast_int_addr(ffi.cast("char *", ADDRESS)) == ADDRESS
    assert cast_int_addr(ffi.NULL) == 0


@pytest.mark.parametrize("value", [None, "5", b"5", 5.0, object(), ctypes.c_int(3)])
def test_other_things_are_value_errors(value: object) -> None:
    """What holds no address raises ValueError."""
    with pytest.raises(ValueError, match="Cannot cast"):
        cast_int_addr(value)


def test_socket_of_another_binding() -> None:
    """A socket shadowed by the pointer that another binding would hand over works."""
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        handle = ctypes.c_void_p(socket.underlying)
        shadow = zmq.Socket.shadow(cast_int_addr(handle))
        assert shadow.type == zmq.PAIR
