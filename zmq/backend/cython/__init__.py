# SPDX-License-Identifier: BSD-3-Clause
"""The Cython backend's old path; leads to the ctypes one."""

from __future__ import annotations

from ... import IPC_PATH_MAX_LEN, PYZMQ_DRAFT_API
from ..._context import Context
from ..._frame import Frame, Message
from ..._misc import curve_keypair, curve_public, has, strerror, zmq_errno, zmq_version_info
from ..._monitored_queue import monitored_queue as monitored_queue
from ..._poll import zmq_poll
from ..._proxy import proxy, proxy_steerable
from ..._socket import Socket

__all__ = [
    "IPC_PATH_MAX_LEN",
    "PYZMQ_DRAFT_API",
    "Context",
    "Frame",
    "Message",
    "Socket",
    "curve_keypair",
    "curve_public",
    "has",
    "proxy",
    "proxy_steerable",
    "strerror",
    "zmq_errno",
    "zmq_poll",
    "zmq_version_info",
]
