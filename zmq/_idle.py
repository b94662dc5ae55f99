# SPDX-License-Identifier: BSD-3-Clause
"""C sockets that are known to have nothing, and need not be asked again.

Asking a C socket what it is ready for costs a system call: libzmq looks whether
commands are waiting. But nothing changes about a socket unless a command arrives, and
then its descriptor speaks, or unless somebody uses the socket. So a poller that has
found nothing may leave it at that, and look at the descriptors of a hundred sockets
with one system call instead of asking each, as long as it hears of every use.

Hearing of it must cost the hot forms of sending and receiving nothing. So a socket is
put to rest: all its views lose their ``_fast_p``, and every call takes its checked
form. What lets libzmq handle commands, or changes an option, calls :func:`rouse`
there, before and after: before, so that the call itself cannot go by what is no
longer true, and the views have their hot forms back; after, because a signal handler
may have polled in between.

Rousing puts right every array that a poller keeps, at once and in the thread that uses
the socket. There is no time in which a poller could wait for a descriptor whose news
have been taken by somebody else.

What is out of sight stays out of this: a C socket whose address was handed out
(``Socket.underlying``), or came from outside, may be used by other code and never
rests. Neither does one that an event loop watches, or that has no hot forms.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol
    from weakref import ref

    class Waiting(Protocol):
        """What keeps an array with entries for sockets at rest."""

        def stir(self, place: int) -> None:
            """Ask the socket of an entry again, from now on."""


_set = object.__setattr__

resting: dict[int, Resting] = {}
"""Address of a C socket that is at rest -> what there is to undo."""

lent: set[int] = set()
"""Addresses of C sockets that others may use."""


class Resting:
    """A C socket at rest.

    Parameters
    ----------
    handle : int, its address
    socket_p : pointer for its hot forms
    views : list of weak references to all its views, that is kept up to date

    Attributes
    ----------
    roused : bool, whether it has been used since
    events : int, ZMQ_EVENTS as long as it is not roused; -1 before that is known
    """

    __slots__ = ("_handle", "_places", "_socket_p", "_views", "events", "roused")

    def __init__(self, handle: int, socket_p: Any, views: list[ref[Any]]) -> None:
        self._handle = handle
        self._socket_p = socket_p
        self._views = views
        self._places: list[tuple[ref[Any], int]] = []
        self.roused = False
        self.events = -1

    def known_to(self, reference: ref[Waiting], place: int) -> None:
        """Have an array told when the socket is roused."""
        places = [known for known in self._places if known[0]() is not None]
        self._places = [*places, (reference, place)]

    def silence(self) -> bool:
        """Have every view tell what it does; False, and nothing done, if one has no hot forms."""
        views = self._live()
        if any(view._fast_p is None for view in views):
            return False
        for view in views:
            _set(view, "_fast_p", None)
        return True

    def end(self) -> None:
        """Undo everything."""
        self.roused = True
        for reference, place in self._places:
            waiting = reference()
            if waiting is not None:
                waiting.stir(place)
        for view in self._live():
            # A signal handler may have put it to rest again.
            if view._parked_p is None and self._handle not in resting:
                _set(view, "_fast_p", self._socket_p)

    def _live(self) -> list[Any]:
        views = [reference() for reference in list(self._views)]
        return [view for view in views if view is not None and view._handle == self._handle]


def rest(handle: int, socket_p: Any, views: list[ref[Any]]) -> Resting | None:
    """Put a C socket to rest.

    What it is ready for has to be asked after that, not before, and counts only if
    nobody has roused it meanwhile.

    Returns
    -------
    Resting, or None if it has to stay as it is
    """
    if handle in lent:
        return None
    # A signal handler may rouse it, or put it to rest itself, between any two lines.
    made = Resting(handle, socket_p, views)
    if resting.setdefault(handle, made) is not made:
        return None
    if not made.silence():
        other = resting.pop(handle, made)
        if other is not made:
            other.end()
        return None
    if made.roused:
        made.end()
        return None
    return made


def rouse(handle: int) -> None:
    """Take note that a C socket is used, has another view or another watcher."""
    made = resting.pop(handle, None)
    if made is not None:
        made.end()


def lend(handle: int) -> None:
    """Take note that others may use a C socket."""
    lent.add(handle)
    rouse(handle)


def closed(handle: int) -> None:
    """Forget a C socket; before it is closed. Pollers do not use their arrays again."""
    made = resting.pop(handle, None)
    if made is not None:
        made.roused = True
    lent.discard(handle)


def _abandon_all() -> None:
    """In a forked child: it has none of the parent's sockets."""
    resting.clear()
    lent.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
