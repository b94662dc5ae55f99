# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for several sockets and descriptors, while other greenlets run."""

from __future__ import annotations

from functools import partial
from time import monotonic as _clock

from .. import _poll
from . import _hub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Poller", "_Poller", "select", "zmq_poll"]


class _Poller(_poll.Poller):
    """A zmq.Poller that makes only the current greenlet wait.

    What is registered may be a zmq.Socket of any kind, a descriptor or anything with a
    ``fileno()``.
    """

    _turns: Any = _hub.NoTurns

    def poll(self, timeout: float | None = -1) -> list[tuple[Any, int]]:
        """Wait until something is ready, while other greenlets run.

        Parameters
        ----------
        timeout : float, milliseconds; None or negative waits for ever

        Returns
        -------
        list of (socket or descriptor, events), as zmq.Poller.poll()

        Raises
        ------
        as zmq.Poller.poll()
        """
        timeout_ms = -1 if timeout is None or timeout == -1 else _poll._milliseconds(timeout)
        if timeout_ms != 0 and _clock() > self._turns.ends:
            self._turns = _hub.current_turns()
            self._turns.give()
        found = _poll.Poller.poll(self, 0)
        if found or timeout_ms == 0 or not self.sockets:
            return found
        look = partial(_poll.Poller.poll, self, 0)
        return _hub.wait_for_events(list(self.sockets), look, timeout_ms)


Poller = _Poller


def zmq_poll(sockets: Iterable[tuple[Any, int]], timeout: float = -1) -> list[tuple[Any, int]]:
    """Poll a list of sockets and descriptors, while other greenlets run.

    Parameters
    ----------
    sockets : iterable of (socket, flags), as zmq.zmq_poll()
    timeout : float, milliseconds; a negative number waits for ever

    Returns
    -------
    list of (socket or descriptor, events), as zmq.Poller.poll()
    """
    poller = _Poller()
    poller.sockets = list(sockets)
    return poller.poll(timeout)


def select(
    rlist: Iterable[Any],
    wlist: Iterable[Any],
    xlist: Iterable[Any],
    timeout: float | None = None,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait like ``select.select``, for sockets as well, while other greenlets run.

    Parameters
    ----------
    rlist, wlist, xlist : iterables of zmq.Socket, int or objects with fileno(), as zmq.select()
    timeout : float, seconds, counted in whole milliseconds; None or -1 waits for ever

    Returns
    -------
    (readable, writable, in error), three lists of sockets and descriptors
    """
    return _poll.select_with(zmq_poll, rlist, wlist, xlist, timeout)
