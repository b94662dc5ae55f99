# SPDX-License-Identifier: BSD-3-Clause
"""Every Python object that stands for a C socket.

So closing one closes all of them, what one binds all have bound, and a forked child
lets go of what belongs to its parent.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any
    from weakref import ref

pid: int = os.getpid()
"""This process."""

views: dict[int, list[ref[Any]]] = {}
"""C socket -> what stands for it."""

contexts: dict[int, int] = {}
"""C socket that was opened here -> its C context."""


def living(handle: int) -> list[Any]:
    """Return the objects that stand for a C socket."""
    found = [reference() for reference in views.get(handle, ())]
    return [view for view in found if view is not None]


def all_living() -> Iterator[Any]:
    """Yield the objects that stand for any C socket."""
    for handle in list(views):
        yield from living(handle)


def bound_endpoints() -> list[str]:
    """Return what all sockets are bound to."""
    return [endpoint for view in all_living() for endpoint in view._bound]


def _abandon_all() -> None:
    """In a forked child: no socket of the parent may be touched any more."""
    global pid
    pid = os.getpid()
    for view in all_living():
        view._detach(
            f"it was made in process {view._pid} and this is its child {pid}; "
            "make contexts and sockets after the fork"
        )
    views.clear()
    contexts.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
