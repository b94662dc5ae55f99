# SPDX-License-Identifier: BSD-3-Clause
"""The C structures of ``zmq.h``, laid out as this platform has them."""

from __future__ import annotations

import ctypes
import sys

POINTER_SIZE = ctypes.sizeof(ctypes.c_void_p)

# A Windows SOCKET is as wide as a pointer, a POSIX descriptor is an int.
zmq_fd_t = (
    (ctypes.c_uint64 if POINTER_SIZE == 8 else ctypes.c_uint32)
    if sys.platform == "win32"
    else ctypes.c_int
)


class zmq_msg_t(ctypes.Structure):
    """An opaque message: 64 bytes, aligned like a pointer.

    Releases before 4.1.1 use 32 or 48 of them. Never copy one by value: two
    owners without a reference between them free the body twice.
    """

    _fields_ = [("_opaque", ctypes.c_void_p * (64 // POINTER_SIZE))]


class zmq_pollitem_t(ctypes.Structure):
    """One entry of the array that ``zmq_poll`` reads and writes."""

    _fields_ = [
        ("socket", ctypes.c_void_p),
        ("fd", zmq_fd_t),
        ("events", ctypes.c_short),
        ("revents", ctypes.c_short),
    ]


class Py_buffer(ctypes.Structure):
    """CPython's view of an object's memory; its layout is part of the stable ABI."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]
