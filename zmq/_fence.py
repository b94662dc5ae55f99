# SPDX-License-Identifier: BSD-3-Clause
"""Waiting until libzmq's own threads have done what they were told so far.

Each of these threads does one thing after the other. So the last errand is a
listener that is closed again, and a socket: libzmq tells monitors when it has done so.
"""

from __future__ import annotations

import itertools
import os
import sys

from ._ctypes import bind, memory
from ._ctypes.bind import C
from ._options import c_int_bytes
from .constants import ContextOption, Event, SocketOption, SocketType
from .error import ZMQError

PAIR = int(SocketType.PAIR)
AFFINITY = int(SocketOption.AFFINITY)
LAST_ENDPOINT = int(SocketOption.LAST_ENDPOINT)
LINGER = int(SocketOption.LINGER)
RCVTIMEO = int(SocketOption.RCVTIMEO)
IO_THREADS = int(ContextOption.IO_THREADS)
CLOSED = int(Event.CLOSED)
STOPPED = int(Event.MONITOR_STOPPED)

_PATIENCE_MS = 1000
_numbers = itertools.count()


def fence(context: int) -> None:
    """Wait for the threads of a C context: those of its connections, then that of closed sockets.

    Nothing is waited for where no socket can be opened.
    """
    try:
        for thread in range(C.zmq_ctx_get(context, IO_THREADS)):
            _wait_for(context, 1 << thread)
    except ZMQError:
        pass


def _wait_for(context: int, affinity: int) -> None:
    address = b"inproc://zmq-fence-%x-%d" % (os.getpid(), next(_numbers))
    errand = bind.open_socket(context, PAIR)
    try:
        reader = bind.open_socket(context, PAIR)
    except ZMQError:
        C.zmq_close(errand)
        raise
    try:
        try:
            C.zmq_socket_monitor(errand, address, CLOSED | STOPPED)
            C.zmq_setsockopt(reader, RCVTIMEO, c_int_bytes(_PATIENCE_MS), 4)
            C.zmq_connect(reader, address)
            C.zmq_setsockopt(errand, AFFINITY, memory.int64_bytes(affinity), 8)
            C.zmq_bind(errand, b"tcp://127.0.0.1:*")
            C.zmq_unbind(errand, memory.read_option(errand, LAST_ENDPOINT, 64))
            _read_until(reader, CLOSED)
        finally:
            C.zmq_close(errand)
        _read_until(reader, STOPPED)
    finally:
        C.zmq_close(reader)


def _read_until(reader: int, event: int) -> None:
    """Read events up to one; each is of two parts, of which the first begins with its number."""
    msg_p = memory.take()
    try:
        while C.zmq_msg_recv(msg_p, reader, 0) != -1:
            number = int.from_bytes(memory.content(msg_p)[:2], sys.byteorder)
            C.zmq_msg_recv(msg_p, reader, 0)
            if number == event:
                break
    finally:
        memory.release(msg_p)
        memory.give(msg_p)
