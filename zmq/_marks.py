# SPDX-License-Identifier: BSD-3-Clause
"""Setting high water marks of sockets that have connections.

libzmq 4.2 and later pass them on to the other end of every connection. That end is
freed soon after this one has agreed that the connection ends, which it does when the
socket takes up its news, and this one holds on to it until it hears so, in later
news. A high water mark that is set in between ends the process, then or later.

So before it is set, all news are taken up, libzmq's threads have the time to end what
was agreed to (:mod:`zmq._fence`), and there must not be news again: setting takes up
none, so whatever comes then waits. Otherwise all of it is done again.
"""

from __future__ import annotations

import time

from . import _inproc, _socket_views
from ._ctypes import bind, errors, pollset
from ._ctypes.bind import C
from ._fence import fence
from ._socket_errors import THREAD_SAFE
from .constants import ContextOption, Errno, PollEvent, SocketOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EAGAIN = int(Errno.EAGAIN)
EVENTS = int(SocketOption.EVENTS)
FD = int(SocketOption.FD)
IO_THREADS = int(ContextOption.IO_THREADS)
POLLIN = int(PollEvent.POLLIN)

MARKS = frozenset(map(int, (SocketOption.SNDHWM, SocketOption.RCVHWM)))

_PATIENCE_S = 0.5
_FENCE_MS = 500

# Where the threads cannot be asked, so many pauses without news have to do.
_PAUSE_S, _PAUSES = 0.005, 20


def settle(socket: Any) -> None:
    """Wait until connections of a socket that are ending have ended.

    Raises
    ------
    zmq.Again : there are news all the time, or libzmq's threads are busy
    zmq.ZMQError : a peer over inproc does not end its connection soon (EFSM)
    """
    if bind.library.version < (4, 2) or not socket.last_endpoint:
        return
    _inproc.check_marks(socket)
    context = _socket_views.contexts.get(socket._handle)
    if context is None:
        return
    io_threads = C.zmq_ctx_get(context, IO_THREADS)
    if socket._socket_type in THREAD_SAFE:
        # They do not tell of news: what is agreed to in the second round is not waited for.
        for _ in range(2):
            socket._read_int(EVENTS)
            socket._processed()
            fence(context, io_threads, _FENCE_MS)
        socket._read_int(EVENTS)
        return
    fd = socket._read_int(FD)
    quiet = 0
    gives_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < gives_up:
        socket._read_int(EVENTS)
        socket._processed()
        done = fence(context, io_threads, _FENCE_MS)
        if done is None:
            time.sleep(_PAUSE_S)
        news = pollset.PollSet([(0, fd, POLLIN)], False, pollset.current[0]).poll(0)
        quiet = 0 if done is False or news else quiet + 1
        if quiet and (done or quiet == _PAUSES):
            return
    raise errors.failure(
        f"{bind.strerror(EAGAIN)} ({socket._describe()}: connections begin and end all the time, and "
        "libzmq may use freed memory when a high water mark is set meanwhile; set it before bind and "
        "connect, or later)",
        EAGAIN,
    )
