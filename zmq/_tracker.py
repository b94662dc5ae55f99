# SPDX-License-Identifier: BSD-3-Clause
"""MessageTracker: when libzmq is done with buffers that were sent without a copy."""

from __future__ import annotations

import time

from .error import NotDone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class EventLike(Protocol):
        """What a tracker asks of the things it watches."""

        def is_set(self) -> bool: ...


class MessageTracker:
    """Tells when libzmq no longer uses the memory of messages sent without a copy.

    Parameters
    ----------
    *towatch : MessageTracker, Frame, or event with ``is_set()``
        What has to be done before this tracker is.

    Attributes
    ----------
    events : set of events
    peers : set of MessageTracker

    Raises
    ------
    ValueError : a Frame that is not tracked
    TypeError : anything else that cannot be tracked

    Notes
    -----
    A message is done when every reference that libzmq and Frame objects hold to
    its memory is gone: for a sent message, after the bytes went to the network
    or to the receiver.
    """

    events: set[EventLike]
    peers: set[MessageTracker]

    def __init__(self, *towatch: Any) -> None:
        self.events = set()
        self.peers = set()
        for watched in towatch:
            if isinstance(watched, MessageTracker):
                self.peers.add(watched)
            elif hasattr(watched, "is_set"):
                self.events.add(watched)
            elif hasattr(watched, "tracker"):
                if watched.tracker is None:
                    raise ValueError("Not a tracked message: create it with track=True")
                self.peers.add(watched.tracker)
            else:
                raise TypeError(f"expected a MessageTracker, Frame or event, got {watched!r}")

    @property
    def done(self) -> bool:
        """Whether libzmq is done with all the memory, and it may be changed again."""
        return all(event.is_set() for event in self.events) and all(
            peer.done for peer in self.peers
        )

    def wait(self, timeout: float | None = -1) -> None:
        """Wait until libzmq is done with the memory.

        Blocks; other threads run meanwhile.

        Parameters
        ----------
        timeout : float, seconds; None or negative waits for ever

        Raises
        ------
        zmq.NotDone : the time is over and libzmq is not done
        """
        deadline = None
        if timeout is not None and timeout >= 0:
            deadline = time.monotonic() + timeout
        # libzmq's mark is a plain int in memory: there is nothing to sleep on, so look often at
        # first and ever more seldom then.
        pause = 0.00002
        while not self.done:
            if deadline is not None:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise NotDone(f"libzmq still uses the message's memory after {timeout} s")
                pause = min(pause, remaining)
            time.sleep(pause)
            pause = min(pause * 2, 0.005)


_FINISHED_TRACKER = MessageTracker()
