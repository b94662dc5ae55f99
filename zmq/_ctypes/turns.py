# SPDX-License-Identifier: BSD-3-Clause
"""One at a time: what thread-safe sockets of one process do with each other over inproc.

libzmq holds the lock of a thread-safe socket while it works on it, and has to have
that of its peer for a moment, to tell it something. So two threads, each at work on one of
the two, wait for each other for ever. It happens within seconds when a CLIENT and a
SERVER in two threads are both busy.

Here such calls take turns, and none of them waits inside libzmq: a thread that has to
wait does so in :func:`pause`, where the others' calls wake it. libzmq's own thread, which
closes sockets, takes no turns; see :mod:`zmq._links` for that one.
"""

from __future__ import annotations

import os
from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

shared: set[int] = set()
"""C sockets that take turns."""


class _Turn:
    """The lock, and whoever waits for something to happen.

    Attributes
    ----------
    lock : reentrant, because a signal handler or the garbage collector may come between
    done : int, how many calls have had an effect
    condition : threading.Condition, made for the first who waits
    """

    def __init__(self) -> None:
        self.lock: Any = RLock()
        self.done = 0
        self.condition: Any = None


class _Free:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *args: object) -> None:
        pass


_turn = _Turn()
_free = _Free()


def of(handle: int) -> Any:
    """Return what is to be held, in a with statement, while libzmq works on a C socket."""
    return _turn.lock if handle in shared else _free


def call(handle: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call what has an effect on others, in turn if the C socket takes turns."""
    if handle not in shared:
        return function(*arguments)
    with _turn.lock:
        result = function(*arguments)
        happened()
        return result


def taking(operation: Callable[[int], int]) -> Callable[[int], int]:
    """Return an operation, of which -1 is a failure, in a form that takes turns."""

    def in_turn(flags: int) -> int:
        with _turn.lock:
            rc = operation(flags)
            if rc != -1:
                happened()
            return rc

    return in_turn


def happened() -> None:
    """Wake who waits; to be called in one's turn."""
    _turn.done += 1
    if _turn.condition is not None:
        _turn.condition.notify_all()


def done() -> int:
    """Return a number that is another one when something has happened."""
    return _turn.done


def pause(seconds: float, seen: int) -> None:
    """Wait until something happens, or has since :func:`done` returned ``seen``.

    Sockets of other types do not take turns: what they send is seen after ``seconds``.
    """
    with _turn.lock:
        if _turn.done == seen:
            if _turn.condition is None:
                from threading import Condition

                _turn.condition = Condition(_turn.lock)
            _turn.condition.wait(seconds)


def _begin_anew() -> None:
    """In a forked child: nobody is left who could give the turn back."""
    global _turn
    _turn = _Turn()
    shared.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
