# SPDX-License-Identifier: BSD-3-Clause
"""The public names under their old path: what is here is what zmq has."""

from __future__ import annotations

from .._context import Context, SyncContext
from .._frame import Frame, Message
from .._misc import Stopwatch, zmq_version, zmq_version_info
from .._poll import Poller, select
from .._proxy import device
from .._proxy import proxy as proxy
from .._socket import Socket, SyncSocket
from .._tracker import _FINISHED_TRACKER, MessageTracker
from .._version import __revision__, __version__, pyzmq_version, pyzmq_version_info
from ..error import (
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

__all__ = [
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
    "device",
    "pyzmq_version",
    "pyzmq_version_info",
    "select",
    "zmq_version",
    "zmq_version_info",
]
