# SPDX-License-Identifier: BSD-3-Clause
"""A descriptor for the sockets that libzmq gives none: those of thread-safe types.

Only draft builds have it. Their poller watches a thread-safe socket through a
descriptor of its own, which turns readable when something happens to the socket
and stays so until the poller looks. Having the poller look, and forgetting what
it sees, before ``ZMQ_EVENTS`` is read makes of it what ``ZMQ_FD`` is for other
sockets: quiet once one has looked, readable at the next news.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from ctypes import byref, c_void_p, create_string_buffer

from .bind import C
from .types import zmq_fd_t

_POLLIN_OR_POLLOUT = 3
_EVENT_SIZE = 32

known: dict[int, Signaler] = {}
"""C sockets whose descriptor was asked for."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=known.clear)


class Signaler:
    """Makes a descriptor readable when something happens to a thread-safe socket.

    Parameters
    ----------
    handle : int, address of the C socket

    Attributes
    ----------
    fd : int, the descriptor; only to be waited for

    Raises
    ------
    zmq.ZMQVersionError : needs a draft build of libzmq 4.3.2
    zmq.ZMQError : no more descriptors (EMFILE)
    """

    __slots__ = ("_event", "_lock", "_poller", "fd")

    def __init__(self, handle: int) -> None:
        self._lock = allocate_lock()
        self._event = create_string_buffer(_EVENT_SIZE)
        self._poller = c_void_p(C.zmq_poller_new())
        try:
            C.zmq_poller_add(self._poller, handle, None, _POLLIN_OR_POLLOUT)
            fd = zmq_fd_t()
            C.zmq_poller_fd(self._poller, fd)
        except BaseException:
            self.close()
            raise
        self.fd: int = fd.value

    def clear(self) -> None:
        """Make the descriptor quiet until the next news."""
        # Such a socket may be used by several threads, its poller may not; one of them is enough.
        if self._lock.acquire(False):
            try:
                if self._poller:
                    C.zmq_poller_wait(self._poller, self._event, 0)
            finally:
                self._lock.release()

    def close(self) -> None:
        """Close the descriptor; to be called before the socket is closed."""
        with self._lock:
            if self._poller:
                C.zmq_poller_destroy(byref(self._poller))
