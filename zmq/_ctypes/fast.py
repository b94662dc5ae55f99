# SPDX-License-Identifier: BSD-3-Clause
"""The few calls of the hot path, without the checks that make a call safe.

On CPython a function that declares its arguments converts each of them through
``from_param``; one that does not takes what it is given as it is, in a third of
the time. And a call that cannot wait need not give the GIL away and fight to get
it back. The functions here do both, under this contract:

- The caller hands over a socket as :func:`pointer` made it, a message as
  ``byref`` of its structure, data as exact ``bytes``, and integers that fit a C
  int: without declarations longer ones would be cut, silently. A length of
  :data:`LIMIT` or more takes the checked path.
- All that send or receive get DONTWAIT in their flags, always; but those whose name
  ends in ``_released`` give the GIL away, and may wait.
- None instead of a socket is a NULL pointer, which libzmq refuses (ENOTSOCK).
  So a socket that is closed, or that wants every call to take the checked path,
  has None there, and nothing needs to be asked beforehand.
- A result of -1 says only "not this way". The reason is not captured: the
  caller makes the call again in its checked form, which raises it. Only those in
  :data:`_TELLING` capture errno, for callers who expect EAGAIN.

Each name has a slow twin, the same function fully declared and with the GIL
released; :func:`use` chooses between the two sets. Where ctypes cannot make
untyped calls cheap (PyPy), or the GIL does not exist to be kept, only the slow
one is used. ``ZMQ_FAST=0`` in the environment chooses it too.

Functions whose result is an int belong to a class of their own, without a
``_restype_``: ctypes then makes an int of the result without looking up how, which
saves one tenth of a call.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import POINTER, c_char, c_int, c_long, c_size_t, c_void_p

from . import pypy
from .bind import C, library, typed
from .types import zmq_msg_t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LIMIT = 2**31 - 1
"""Lengths from here on do not travel as a C int."""

RELEASING = 32 * 1024
"""Sends of this many bytes or more release the GIL: copying them takes longer than the hand-over."""

_msg_p = POINTER(zmq_msg_t)

_gil_enabled: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)

AVAILABLE: bool = (
    sys.implementation.name == "cpython" and library.held is not library.released and _gil_enabled()
)
"""Whether untyped calls that keep the GIL exist here and are worth their contract."""

enabled: bool = False

if TYPE_CHECKING:
    send_now: Callable[..., int]
    recv_now: Callable[..., int]
    recv_try: Callable[..., int]
    send_try: Callable[..., int]
    msg_send_now: Callable[..., int]
    msg_send_try: Callable[..., int]
    send_released: Callable[..., int]
    recv_released: Callable[..., int]
    init_data_now: Callable[..., int]
    msg_data: Callable[[Any], Any]
    msg_more: Callable[[Any], int]
    msg_size: Callable[[Any], int]
    msg_copy: Callable[[Any, Any], int]
    getsockopt_now: Callable[..., int]
    setsockopt_now: Callable[..., int]
    poll_now: Callable[..., int]
    pointer: Callable[[int], Any]

# name here: C name, result, arguments of the slow twin
CALLS: dict[str, tuple[str, Any, tuple[Any, ...]]] = {
    "send_now": ("zmq_send", c_int, (c_void_p, c_void_p, c_size_t, c_int)),
    "recv_now": ("zmq_msg_recv", c_int, (_msg_p, c_void_p, c_int)),
    "send_try": ("zmq_send", c_int, (c_void_p, c_void_p, c_size_t, c_int)),
    "recv_try": ("zmq_msg_recv", c_int, (_msg_p, c_void_p, c_int)),
    "msg_send_now": ("zmq_msg_send", c_int, (_msg_p, c_void_p, c_int)),
    "msg_send_try": ("zmq_msg_send", c_int, (_msg_p, c_void_p, c_int)),
    "send_released": ("zmq_send", c_int, (c_void_p, c_void_p, c_size_t, c_int)),
    "recv_released": ("zmq_msg_recv", c_int, (_msg_p, c_void_p, c_int)),
    "init_data_now": ("zmq_msg_init_data", c_int, (_msg_p, c_void_p, c_size_t, c_void_p, c_void_p)),
    "msg_data": ("zmq_msg_data", POINTER(c_char), (_msg_p,)),
    "msg_size": ("zmq_msg_size", c_size_t, (_msg_p,)),
    "msg_more": ("zmq_msg_more", c_int, (_msg_p,)),
    "msg_copy": ("zmq_msg_copy", c_int, (_msg_p, _msg_p)),
    "getsockopt_now": ("zmq_getsockopt", c_int, (c_void_p, c_int, c_void_p, c_void_p)),
    "setsockopt_now": ("zmq_setsockopt", c_int, (c_void_p, c_int, c_void_p, c_size_t)),
    "poll_now": ("zmq_poll", c_int, (c_void_p, c_int, c_long)),
}

_TELLING = frozenset(("recv_try", "send_try", "msg_send_try", "send_released"))
_GIVING = frozenset(("send_released", "recv_released"))



if AVAILABLE:
    from _ctypes import FUNCFLAG_CDECL, FUNCFLAG_PYTHONAPI, FUNCFLAG_USE_ERRNO, CFuncPtr

    def _int_kind(flags: int) -> Any:
        return type("_Int", (CFuncPtr,), {"_flags_": flags})

    # (whether it gives the GIL, whether it tells errno) -> class of functions
    _INT_KINDS = {
        (giving, telling): _int_kind(
            FUNCFLAG_CDECL
            | (0 if giving else FUNCFLAG_PYTHONAPI)
            | (FUNCFLAG_USE_ERRNO if telling else 0)
        )
        for giving in (False, True)
        for telling in (False, True)
    }


def _int_function(name: str, symbol: str) -> Any:
    return _INT_KINDS[name in _GIVING, name in _TELLING]((symbol, library.held))


def _address(address: int) -> int:
    return address


def use(fast: bool) -> None:
    """Make the names of this module the fast calls, or their slow twins.

    Parameters
    ----------
    fast : bool
        True asks for untyped calls; where they are not available the slow twins
        stay.

    Notes
    -----
    For tests and debugging. Sockets and pollers keep pointers that were made for
    one set, so choose before creating any.
    """
    global enabled
    enabled = fast and AVAILABLE
    names = globals()
    for name, (symbol, result, arguments) in CALLS.items():
        if enabled and result is c_int:
            function = _int_function(name, symbol)
        elif enabled:
            function = _untyped[symbol]
            function.restype = result
        else:
            function = typed(symbol, result, arguments, released=True)
        names[name] = function
    if pypy.PYPY:
        names["msg_data"] = pypy.sliceable(C.zmq_msg_data)
    # An argument that ctypes has converted beforehand is passed on as it is.
    names["pointer"] = c_void_p.from_param if enabled else _address


# The errno that a failed fast call leaves is never looked at, so it is not captured either; but
# finding nothing to receive is no rare failure, and is told from others without a second call.
_untyped: Any = ctypes.PyDLL(library.path, handle=library.held._handle) if AVAILABLE else None

use(os.environ.get("ZMQ_FAST", "1") != "0")
