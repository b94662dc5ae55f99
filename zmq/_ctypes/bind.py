# SPDX-License-Identifier: BSD-3-Clause
"""The table made callable: ``C``, one attribute for each libzmq function.

``C.zmq_bind(handle, address)`` calls libzmq and raises what its row in
:mod:`zmq._ctypes.signatures` calls a failure. A function that the loaded libzmq
does not export is there too: calling it raises
:exc:`zmq.error.ZMQVersionError`, which names the function, the release that has
it and the release that is loaded.

Look functions up when you call them (``C.name(...)``) and keep none: what
:mod:`zmq._ctypes.observe` puts in their place would be passed by.
"""

from __future__ import annotations

import ctypes
import sys

from .. import error
from . import errors, loader, pypy
from .signatures import FUNCTIONS, MINUS_ONE, NULL, RELEASE, RETRY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

library = loader.load()

_CHECKS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    MINUS_ONE: errors.minus_one,
    NULL: errors.null,
    RETRY: errors.retry,
}


def dotted(version: tuple[int, ...]) -> str:
    """Return ``(4, 3)`` as ``"4.3"``."""
    return ".".join(map(str, version))


def missing(feature: str, since: tuple[int, ...], draft: bool) -> error.ZMQVersionError:
    """Return the exception for a ``feature`` that the loaded libzmq lacks.

    Parameters
    ----------
    feature : str
        A C function, an option, a socket type.
    since : tuple of int
        The first release of libzmq that has it.
    draft : bool
        Whether it is there only if libzmq was built with its draft API.
    """
    if draft and library.version >= since:
        raised = error.ZMQVersionError(f"{dotted(since)} built with its draft API", feature)
        raised.version += " built without"
        return raised
    return error.ZMQVersionError(dotted(since), feature)


class Namespace:
    """libzmq's functions, each under its C name; bound when first asked for."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        row = _ROWS.get(name)
        if row is None:
            raise AttributeError(f"the table has no C function {name!r}")
        function = _bind(row)
        setattr(self, name, function)
        return function


_ROWS: dict[str, Any] = {row.name: row for row in FUNCTIONS}


def typed(name: str, result: Any, arguments: tuple[Any, ...], released: bool) -> Any:
    """Return a fresh, fully declared function object for a C function.

    Raises
    ------
    AttributeError : the loaded libzmq does not export ``name``
    """
    function = (library.released if released else library.held)[name]
    function.restype = result
    function.argtypes = arguments
    if pypy.PYPY and name == "zmq_send":
        return pypy.by_address(function)
    return function


def _stub(row: Any) -> Callable[..., Any]:
    def unavailable(*args: object) -> Any:
        raise missing(row.name, row.since, row.draft)

    return unavailable


def _bind(row: Any) -> Callable[..., Any]:
    try:
        function = typed(row.name, row.result, row.arguments, row.gil == RELEASE)
    except AttributeError:
        return _stub(row)
    check = _CHECKS.get(row.on_failure)
    bound: Callable[..., Any] = check(function) if check else function
    return bound


def exports(name: str) -> bool:
    """Tell whether the loaded libzmq exports the C function ``name``."""
    return hasattr(library.released, name)


C = Namespace()


def end_without_python(handle: int) -> None:
    """Terminate a context in a thread that Python knows nothing of, and that may outlive it.

    Does nothing where libzmq starts no threads, before 4.0.
    """
    if exports("zmq_threadstart"):
        function = ctypes.cast(library.released["zmq_ctx_destroy"], ctypes.c_void_p)
        C.zmq_threadstart(function, handle)


if sys.platform == "win32":
    errors.use_library_errno(C.zmq_errno)


def open_socket(context: int, kind: int, opened: list[Any] | None = None) -> int:
    """Open a C socket.

    Parameters
    ----------
    context : int, address of the C context
    kind : int, a zmq.SocketType
    opened : list, to which the address is added in one step with the call: no signal handler that
        raises comes between

    Raises
    ------
    zmq.ZMQError : as zmq_socket
    """
    if opened is None:
        opened = []
    opened.extend(map(C.zmq_socket, (context,), (kind,)))
    if opened[-1] is None:
        opened.pop()
        raise errors.failure()
    handle: int = opened[-1]
    return handle


def monitor(
    handle: int, address: bytes | None, events: int, results: list[int] | None = None
) -> None:
    """Have a C socket tell what happens to its connections.

    Parameters
    ----------
    handle : int, address of the C socket
    address : bytes, an inproc endpoint; None stops it
    events : int, bitmask of zmq.Event
    results : list, to which the result is added in one step with the call: no signal handler that
        raises comes between

    Raises
    ------
    zmq.ZMQError : as zmq_socket_monitor
    """
    if results is None:
        results = []
    results.extend(map(C.zmq_socket_monitor, (handle,), (address,), (events,)))
    if results[-1] == -1:
        results.pop()
        raise errors.failure()


def strerror(errnum: int) -> str:
    text: bytes = C.zmq_strerror(errnum)
    return text.decode("utf-8", "replace")


error._strerror = strerror
error._current_errno = lambda: errors.last_errno()
error._libzmq_version = lambda: library.version

# Only draft builds export these two; that is how libzmq itself tells them apart.
DRAFT_API: bool = exports("zmq_join") and exports("zmq_msg_set_routing_id")
