# SPDX-License-Identifier: BSD-3-Clause
"""Waiting until libzmq's own threads have done what they were told so far.

Each of them does one thing after the other: the reaper closes sockets, the I/O threads
work on their ends of connections. So the last errand is one more socket to be closed,
with a connection in each I/O thread that is asked: those have to end it before the
reaper tells the monitor of the socket that it is done.
"""

from __future__ import annotations

import itertools
import os
import sys
from errno import EINTR

from . import _monitors
from ._ctypes import bind, errors, memory
from ._ctypes.bind import C
from ._options import c_int_bytes
from .constants import Event, SocketOption, SocketType
from .error import ZMQError

PAIR = int(SocketType.PAIR)
DEALER = int(SocketType.DEALER)
STOPPED = int(Event.MONITOR_STOPPED)
AFFINITY = int(SocketOption.AFFINITY)
RCVTIMEO = int(SocketOption.RCVTIMEO)
RECONNECT_IVL = int(SocketOption.RECONNECT_IVL)

# Where nobody can be: a file in what is no folder. Windows has ipc in few builds of libzmq.
_NOWHERE = b"tcp://127.0.0.1:9" if sys.platform == "win32" else b"ipc:///dev/null/nowhere"

_numbers = itertools.count()


def fence(context: int, io_threads: int = 0, timeout_ms: int = -1) -> bool | None:
    """Wait for the reaper of a C context.

    Parameters
    ----------
    context : int
    io_threads : int, how many I/O threads are waited for as well, from the first one on
    timeout_ms : int, milliseconds; -1 for no limit

    Returns
    -------
    bool, whether all was done before the time was over; None where it cannot be asked, because
    no socket can be opened or the context ends
    """
    state = _State(context)
    try:
        try:
            state.begin(io_threads, timeout_ms)
        except ZMQError:
            pass
        finally:
            state.end()
    finally:
        state.end()  # goes on where a signal handler has raised
    return state.has_heard() if state.monitored else None


class _State:
    """What has been done; a list is added to in one step with what it tells of.

    Attributes
    ----------
    opened, closed : list, the errand and its listener
    monitored : list, not empty if the errand tells when it is closed
    connected : bool, whether the listener certainly listens
    received : list, results of receiving the parts in which it tells
    """

    def __init__(self, context: int) -> None:
        self.context = context
        self.address = b"inproc://zmq-fence-%x-%d" % (os.getpid(), next(_numbers))
        self.opened: list[int] = []
        self.closed: list[int | None] = []
        self.monitored: list[int] = []
        self.connected = False
        self.received: list[int] = []

    def begin(self, io_threads: int, timeout_ms: int) -> None:
        """Open both.

        Raises
        ------
        zmq.ZMQError : as zmq_socket
        """
        for kind in (DEALER, PAIR):
            bind.open_socket(self.context, kind, self.opened)
        errand, reader = self.opened
        C.zmq_setsockopt(reader, RCVTIMEO, c_int_bytes(timeout_ms), 4)
        for number in range(io_threads):
            C.zmq_setsockopt(errand, AFFINITY, memory.int64_bytes(1 << number), 8)
            C.zmq_connect(errand, _NOWHERE)
        bind.monitor(errand, self.address, STOPPED, self.monitored)
        C.zmq_connect(reader, self.address)
        self.connected = True

    def end(self) -> None:
        """Close both, the listener when it has heard all; what is done is not done again."""
        if self.opened and not self.closed:
            if self.monitored and not self.connected:
                C.zmq_connect(self.opened[1], self.address)  # a second time does no harm
                self.connected = True
            self.closed.extend(map(C.zmq_close, self.opened[:1]))
        interrupted = None
        if self.monitored and len(self.closed) < 2:
            interrupted = self._listen()
        if len(self.opened) == 2 and len(self.closed) == 1:
            reader = self.opened[1]
            if not self.monitored or self.has_heard():
                self.closed.extend(map(C.zmq_close, (reader,)))
            else:
                # Somebody has to be there to hear of it.
                self.closed.extend(map(_monitors.keep, ((self.context, reader),)))
        if interrupted:
            raise interrupted

    def has_heard(self) -> bool:
        """Tell whether the only event that comes, which has two parts, has come."""
        return len(self.received) - self.received.count(-1) == 2

    def _listen(self) -> BaseException | None:
        """Wait for the event.

        What a signal handler raises meanwhile is returned: the event has to be heard first.
        """
        interrupted = None
        msg_p = memory.take()
        while not self.has_heard():
            try:
                self.received.extend(map(C.zmq_msg_recv, (msg_p,), self.opened[1:], (0,)))
                if self.received[-1] == -1 and errors.last_errno() != EINTR:
                    break
            except BaseException as error:
                interrupted = error
        memory.release(msg_p)
        memory.give(msg_p)
        return interrupted
