# SPDX-License-Identifier: BSD-3-Clause
"""Messages that are sent part by part, without waiting, by sockets whose waiting is elsewhere.

Where libzmq may wait and the peer leaves between two parts, it drops the rest of the message. Where
it may not, as below an event loop, it takes back what it had and refuses the part: sent again when
there is room, the part would be a message of its own. So a part that is refused when others of its
message were taken is dropped here, with all that follow it in that message.
"""

from __future__ import annotations

from ._socket import Socket
from ._socket_checked import TAKES_BACK
from .constants import Flag
from .error import Again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)

_BEGUN = 1
_DROPPED = 2

_set = object.__setattr__


class SendsInParts(Socket["Any"]):
    """A socket that can send parts of a message without waiting.

    Attributes
    ----------
    _midway : int
        What it has done with the message whose parts it is being sent; 0 if that is complete.
    """

    __slots__ = ("_midway",)

    _midway: int

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A send() that returns before it has sent cannot send one part after the other.
        cls._calls_send = cls._calls_recv = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _set(self, "_midway", 0)
        super().__init__(*args, **kwargs)

    def _has_to_ask(self, parts: Sequence[Any]) -> bool:
        """Tell whether who could not send parts has to look for room before waiting for news of it.

        If a later part was refused, its peer is gone; another one may have room, and had it before.
        """
        return len(parts) > 1 and self._socket_type in TAKES_BACK

    def _send_now(
        self,
        begin: Callable[..., Any],
        parts: Sequence[Any],
        flags: int,
        copy: bool,
        track: bool,
        kwargs: dict[str, Any],
    ) -> Any:
        """Send parts of a message without waiting.

        Parameters
        ----------
        begin : callable, sends them, given ``flags``, where they are the first ones
        parts, flags, copy, track, kwargs : as send_multipart()

        Returns
        -------
        what send() and send_multipart() return

        Raises
        ------
        zmq.Again : there is no room for the first ones
        """
        going_on = self._midway
        rest = parts, flags, copy, track, kwargs
        tracker = self._send_rest(*rest) if going_on else begin(flags=flags | DONTWAIT)
        if not flags & SNDMORE:
            _set(self, "_midway", 0)
        elif not going_on:
            _set(self, "_midway", _BEGUN)
        return tracker

    def _send_rest(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> Any:
        # Each is tried once: what the hot form is refused, the checked form would try again.
        _set(self, "_fast_p", None)
        _set(self, "_parked_p", None)
        tracker = None
        last = len(parts) - 1
        for index, part in enumerate(parts):
            now = flags | DONTWAIT if index == last else flags | DONTWAIT | SNDMORE
            if self._midway != _DROPPED:
                try:
                    tracker = Socket.send(self, part, now, copy, track, **kwargs)
                except Again:
                    if self._taken_back(now):
                        _set(self, "_midway", _DROPPED)
        return tracker
