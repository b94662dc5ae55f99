# SPDX-License-Identifier: BSD-3-Clause
"""The array that ``zmq_poll`` reads and writes, kept from one call to the next.

Building the array costs far more than polling it, so a :class:`PollSet` is built
once and used until what is polled changes. The danger is a socket that is closed
in between: libzmq follows the pointers in the array without a check. Whoever
closes a C socket therefore calls :func:`invalidate`, and a set that was built
before that refuses nothing but is not used again: compare its ``mark`` with
``current[0]`` directly before each call.
"""

from __future__ import annotations

import os
import time
from ctypes import addressof, sizeof

from . import errors, fast, turns
from .bind import C
from .types import zmq_pollitem_t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

EINTR = errors.EINTR

LONGEST_MS = 2**31 - 1
"""The longest time-out that one call takes: C's long has 32 bits on Windows."""

_ASKED = 3
_STEP = 0.005

_ITEM_SIZE = sizeof(zmq_pollitem_t)
_FIRST_REVENTS = zmq_pollitem_t.revents.offset // 2
_SHORTS_PER_ITEM = _ITEM_SIZE // 2

# An object rather than a number: storing it is atomic, counting up is not.
current: list[object] = [object()]
"""Holds the mark of sets that are built now; any other mark is out of date."""


def invalidate() -> None:
    """Put all sets out of use; to be called before a C socket is closed or abandoned."""
    current[0] = object()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=invalidate)


class PollSet:
    """A built array of poll items.

    Parameters
    ----------
    entries : sequence of (handle, fd, events)
        ``handle`` is the address of a C socket; where it is 0, ``fd`` is the
        descriptor to poll. There is at least one entry.
    held : bool
        Whether the sockets may be entered with the GIL held.
    mark : object
        ``current[0]`` as it was before the first handle was looked up.

    Attributes
    ----------
    entries : as given
    revents : memoryview of shorts, what happened to each entry in the last poll
    array_p, count : the first two arguments of ``fast.poll_now``; the pointer is
        None when it must not be used
    mark : as given, see :func:`invalidate`
    """

    __slots__ = ("_address", "_memory", "array_p", "count", "entries", "mark", "revents")

    def __init__(self, entries: Sequence[tuple[int, int, int]], held: bool, mark: object) -> None:
        self.mark = mark
        self.entries = entries
        self.count = len(entries)
        memory = bytearray(_ITEM_SIZE * self.count)
        array = (zmq_pollitem_t * self.count).from_buffer(memory)
        for item, (handle, fd, events) in zip(array, entries):
            item.socket = handle or None
            item.fd = fd
            item.events = events
        self._memory = array
        self._address = addressof(array)
        self.array_p: Any = fast.pointer(self._address) if held else None
        self.revents = memoryview(memory).cast("h")[_FIRST_REVENTS::_SHORTS_PER_ITEM]

    def watch_descriptor(self, place: int, fd: int) -> None:
        """Poll a descriptor for news, instead of the C socket that the entry is for."""
        item = self._memory[place]
        item.socket = None
        item.fd = fd
        item.events = 1  # ZMQ_POLLIN

    def watch_socket(self, place: int) -> None:
        """Undo :meth:`watch_descriptor`."""
        handle, fd, events = self.entries[place]
        item = self._memory[place]
        item.socket = handle
        item.fd = fd
        item.events = events

    def poll(self, timeout_ms: int) -> int:
        """Poll once, with the GIL released.

        Parameters
        ----------
        timeout_ms : int, milliseconds up to LONGEST_MS; -1 for ever

        Returns
        -------
        int, how many entries have events; -1, or 0 before the time is over, if a signal
        arrived

        Raises
        ------
        zmq.ContextTerminated : the context of a socket was terminated (ETERM)
        zmq.ZMQError : a thread-safe socket cannot be polled by this libzmq (EINVAL);
            an entry is no socket (ENOTSOCK)
        """
        if turns.shared and any(handle in turns.shared for handle, _, _ in self.entries):
            return self._poll_in_turns(timeout_ms)
        rc: int = C.zmq_poll(self._address, self.count, timeout_ms)
        if rc == -1:
            # A signal handler may have closed one of the sockets since, or failed calls of its own.
            # So ask again, without waiting; errno is zmq_poll's if it stays the same.
            seen = set()
            for _ in range(_ASKED):
                if self.mark is not current[0]:
                    return -1
                rc = C.zmq_poll(self._address, self.count, 0)
                if rc != -1:
                    return rc
                seen.add(errors.last_errno())
            if len(seen) == 1 and EINTR not in seen:
                raise errors.failure(errnum=seen.pop())
        return rc

    def _poll_in_turns(self, timeout_ms: int) -> int:
        """Poll sockets that take turns; the others are looked at every few milliseconds."""
        deadline = time.monotonic() + timeout_ms / 1000
        ask = turns.taking(lambda _: C.zmq_poll(self._address, self.count, 0))
        while True:
            seen = turns.done()
            rc = ask(0)
            if rc == -1 and errors.last_errno() != EINTR:
                raise errors.failure()
            left = deadline - time.monotonic()
            if rc or self.mark is not current[0] or (timeout_ms >= 0 and left <= 0):
                return rc
            turns.pause(_STEP if timeout_ms < 0 else min(_STEP, left), seen)
