# SPDX-License-Identifier: BSD-3-Clause
"""ZeroMQ for Python: the API of PyZMQ, in pure Python over ctypes.

>>> import zmq
>>> context = zmq.Context()
>>> socket = context.socket(zmq.REQ)

What is here is collected from private modules; ``zmq._ctypes`` holds all that
talks to libzmq.
"""

from __future__ import annotations

import gc as _gc

_collects = _gc.isenabled()
# All that is made here stays. Looking for garbage meanwhile would find none, and take a tenth of
# the time.
_gc.disable()
try:
    # Before anything else: it says what to do where Python has no ctypes.
    from ._ctypes import loader as _loader  # noqa: F401

    # isort: split
    from . import constants, error
    from ._context import Context, SyncContext
    from ._ctypes.bind import DRAFT_API
    from ._frame import COPY_THRESHOLD, Frame, Message
    from ._pickle import initial_policy as _initial_policy
    from ._socket import Socket, SyncSocket
    from ._socket_errors import IPC_PATH_MAX_LEN
    from ._tracker import _FINISHED_TRACKER, MessageTracker
    from ._version import __revision__, __version__, pyzmq_version, pyzmq_version_info
    from .constants import *  # noqa: F403
    from .error import (
        Again,
        ContextTerminated,
        DraftFDWarning,
        InterruptedSystemCall,
        NotDone,
        ZMQBaseError,
        ZMQBindError,
        ZMQError,
        ZMQVersionError,
    )
finally:
    if _collects:
        if hasattr(_gc, "freeze") and not _gc.get_freeze_count():
            # Moves everything to the oldest generation, where it would get after two more looks.
            _gc.freeze()
            _gc.unfreeze()
        _gc.enable()

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._misc import (
        Stopwatch,
        curve_keypair,
        curve_public,
        get_includes,
        get_library_dirs,
        has,
        libzmq_path,
        strerror,
        zmq_errno,
        zmq_version,
        zmq_version_info,
    )
    from ._poll import Poller, select, zmq_poll
    from ._proxy import device, proxy, proxy_steerable

PYZMQ_DRAFT_API: bool = DRAFT_API

pickle_policy: str = _initial_policy()

_SUBPACKAGES = ("backend", "sugar", "utils")

# Name -> the module that is imported when the name is first asked for.
_LATER: dict[str, str] = {
    **dict.fromkeys(("Poller", "select", "zmq_poll"), "_poll"),
    **dict.fromkeys(("device", "proxy", "proxy_steerable"), "_proxy"),
    **dict.fromkeys(
        (
            "Stopwatch",
            "curve_keypair",
            "curve_public",
            "get_includes",
            "get_library_dirs",
            "has",
            "libzmq_path",
            "strerror",
            "zmq_errno",
            "zmq_version",
            "zmq_version_info",
        ),
        "_misc",
    ),
}


def __getattr__(name: str) -> Any:
    """Import what not all programs need, and what pyzmq programs reach without importing it."""
    if name in _LATER:
        module = __import__(_LATER[name], globals(), None, (name,), 1)
        value = globals()[name] = getattr(module, name)
        return value
    if name in _SUBPACKAGES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_SUBPACKAGES})


__all__ = [
    "COPY_THRESHOLD",
    "DRAFT_API",
    "IPC_PATH_MAX_LEN",
    "PYZMQ_DRAFT_API",
    "_FINISHED_TRACKER",
    "Again",
    "Context",
    "ContextTerminated",
    "DraftFDWarning",
    "Frame",
    "InterruptedSystemCall",
    "Message",
    "MessageTracker",
    "NotDone",
    "Poller",
    "Socket",
    "Stopwatch",
    "SyncContext",
    "SyncSocket",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
    "__revision__",
    "__version__",
    "curve_keypair",
    "curve_public",
    "device",
    "error",
    "get_includes",
    "get_library_dirs",
    "has",
    "libzmq_path",
    "pickle_policy",
    "proxy",
    "proxy_steerable",
    "pyzmq_version",
    "pyzmq_version_info",
    "select",
    "strerror",
    "zmq_errno",
    "zmq_poll",
    "zmq_version",
    "zmq_version_info",
    *constants.__all__,
]
