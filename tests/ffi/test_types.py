# SPDX-License-Identifier: BSD-3-Clause
"""The C structures have the sizes and places that libzmq's header gives them."""

from __future__ import annotations

import ctypes
import sys

import pytest

import zmq
from zmq._ctypes import memory
from zmq._ctypes.types import POINTER_SIZE, Py_buffer, zmq_msg_t, zmq_pollitem_t


def test_a_message_is_64_bytes_aligned_like_a_pointer() -> None:
    """zmq_msg_t has the size that zmq.h fixed, and the alignment that libzmq needs."""
    assert ctypes.sizeof(zmq_msg_t) == 64
    assert ctypes.alignment(zmq_msg_t) == POINTER_SIZE


@pytest.mark.libzmq("4.2.1")
def test_libzmq_agrees_about_messages(context: zmq.Context) -> None:
    """The loaded libzmq uses as many bytes for a message as there are."""
    assert context.get(zmq.MSG_T_SIZE) == ctypes.sizeof(zmq_msg_t)


def test_poll_items_have_the_platforms_layout() -> None:
    """zmq_pollitem_t has a descriptor as wide as a pointer on Windows, an int elsewhere."""
    windows = sys.platform == "win32"
    wide = POINTER_SIZE == 8
    assert (
        ctypes.sizeof(zmq_pollitem_t)
        == {
            (False, True): 16,
            (False, False): 12,
            (True, True): 24,
            (True, False): 12,
        }[windows, wide]
    )
    fields = [name for name, _ in zmq_pollitem_t._fields_]
    assert fields == ["socket", "fd", "events", "revents"]
    assert zmq_pollitem_t.revents.offset == zmq_pollitem_t.events.offset + 2


@pytest.mark.skipif(not memory.CPYTHON, reason="CPython's structure")
@pytest.mark.parametrize("data", [b"bytes", bytearray(b"array"), memoryview(b"view")[1:]])
def test_buffers_are_read_as_cpython_fills_them(data: bytes) -> None:
    """Py_buffer tells where an object's bytes are, how many, and whether they may be changed."""
    view = Py_buffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(data), ctypes.byref(view), 0)
    try:
        assert view.len == len(data)
        assert view.readonly == memoryview(data).readonly
        assert (view.ndim, view.itemsize) == (1, 1)
        assert ctypes.string_at(view.buf, view.len) == bytes(data)
    finally:
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))


def test_what_is_kept_was_not_lent() -> None:
    """A structure that is kept for the next message never keeps memory that somebody lent."""
    assert memory.KEPT <= memory.KEPT_IN_ASKS < memory.SMALLEST_LOAN
    kept, lent = memory.take_empty(), memory.take_empty()
    assert memory.lend(kept, bytearray(memory.KEPT_IN_ASKS)) is None
    loan = memory.lend(lent, bytearray(memory.SMALLEST_LOAN))
    assert (loan is not None) == memory.ZERO_COPY
    for message in (kept, lent):
        memory.release(message)
        memory.give(message)
    assert loan is None or loan.is_set()
