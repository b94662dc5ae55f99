# SPDX-License-Identifier: BSD-3-Clause
"""What may stand between Python and libzmq when it is switched on.

Every call reaches libzmq through an attribute of ``C`` or of
:mod:`zmq._ctypes.fast` that is looked up at call time. Tracing, guards and fault
injection therefore need one mechanism, which is here: put something else there,
and put the original back. While nothing observes, nothing is paid.
"""

from __future__ import annotations

from . import fast
from .bind import C
from .signatures import FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Wrapper = Callable[[str, Callable[..., Any]], Callable[..., Any]]

_originals: list[tuple[Any, str, Any]] = []


def install(wrap: Wrapper) -> None:
    """Let ``wrap`` stand before every function of libzmq.

    Parameters
    ----------
    wrap : callable ``(c_name, function) -> function``
        Called once for each function, with its C name; what it returns is called
        from now on in place of ``function``. Returning ``function`` leaves it be.

    Raises
    ------
    RuntimeError : something observes already
    """
    if _originals:
        raise RuntimeError("the calls are observed already; call observe.remove() first")
    try:
        for row in FUNCTIONS:
            _replace(C, row.name, row.name, wrap)
        for name, (symbol, *_) in fast.CALLS.items():
            _replace(fast, name, symbol, wrap)
    except BaseException:
        remove()
        raise


def _replace(owner: Any, name: str, symbol: str, wrap: Wrapper) -> None:
    original = getattr(owner, name)
    replacement = wrap(symbol, original)
    _originals.append((owner, name, original))
    setattr(owner, name, replacement)


def remove() -> None:
    """Put every function back; does nothing when nothing observes."""
    while _originals:
        setattr(*_originals.pop())
