# SPDX-License-Identifier: BSD-3-Clause
"""Waiting until libzmq's reaper, the thread that closes sockets, has done what it was told so far.

It does one thing after the other. So the last errand is one more socket to be closed:
libzmq tells its monitor when that is done.
"""

from __future__ import annotations

import itertools
import os
from errno import EINTR

from ._ctypes import bind, errors, memory
from ._ctypes.bind import C
from .constants import Event, SocketType
from .error import ZMQError

PAIR = int(SocketType.PAIR)
STOPPED = int(Event.MONITOR_STOPPED)

_numbers = itertools.count()


def fence(context: int) -> None:
    """Wait for the reaper of a C context.

    Nothing is waited for where no socket can be opened, or the context ends. No time-out:
    a monitor that nobody reads would stop the reaper for good.
    """
    try:
        errand = bind.open_socket(context, PAIR)
    except ZMQError:
        return
    try:
        reader = bind.open_socket(context, PAIR)
    except ZMQError:
        C.zmq_close(errand)
        return
    monitored = False
    try:
        address = b"inproc://zmq-fence-%x-%d" % (os.getpid(), next(_numbers))
        C.zmq_connect(reader, address)
        C.zmq_socket_monitor(errand, address, STOPPED)
        monitored = True
    except ZMQError:
        pass
    finally:
        C.zmq_close(errand)
        interrupted = _read_event(reader) if monitored else None
        C.zmq_close(reader)
        if interrupted:
            raise interrupted


def _read_event(reader: int) -> BaseException | None:
    """Wait for the only event that comes, which has two parts.

    What a signal handler raises meanwhile is returned: the socket has to be read first.
    """
    interrupted = None
    msg_p = memory.take()
    read: list[int] = []
    while len(read) - read.count(-1) < 2:
        try:
            # In one step, so that no part is missing in the count.
            read.extend(map(C.zmq_msg_recv, (msg_p,), (reader,), (0,)))
            if read[-1] == -1 and errors.last_errno() != EINTR:
                break
        except BaseException as error:
            interrupted = error
    memory.release(msg_p)
    memory.give(msg_p)
    return interrupted
