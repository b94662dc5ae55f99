# SPDX-License-Identifier: BSD-3-Clause
"""Whether a socket may unpickle what it receives.

A pickle can run any code when it is loaded. On a socket that was bound where other
machines reach it, and without CURVE, whoever can connect is such a sender. What
happens then is decided by ``zmq.pickle_policy``:

- ``"warn"``, the default: the first unpickling of such a socket warns.
- ``"allow"``: it is done silently.
- ``"deny"``: it raises, and the message is lost.

The environment variable ``ZMQ_PICKLE`` sets what ``zmq.pickle_policy`` begins as.

libzmq takes a socket's security from its options at the moment of bind(), so this
is where :func:`bound` looks at them.
"""

from __future__ import annotations

import os
import sys

from .constants import SecurityMechanism, SocketOption
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

# Who calls where nobody of the program does: an event loop, by a module of Python's on PyPy.
_LOOPS = ("asyncio", "_contextvars")

POLICIES = ("allow", "warn", "deny")

_MECHANISM = int(SocketOption.MECHANISM)
_CURVE = int(SecurityMechanism.CURVE)

# Address of a C socket -> where it was bound within reach of others, without CURVE. It is the C
# socket that counts: the object that bound it may be gone.
_exposed: dict[int, set[str]] = {}

# Addresses of C sockets that were warned of.
_warned: set[int] = set()


def initial_policy() -> str:
    """Return the policy that the environment asks for."""
    return os.environ.get("ZMQ_PICKLE") or "warn"


def is_local(endpoint: str) -> bool:
    """Tell whether only this machine's processes can connect to an endpoint.

    Parameters
    ----------
    endpoint : str, the real one, with a numeric address
    """
    transport, _, address = endpoint.partition("://")
    if transport in ("inproc", "ipc"):
        return True
    if transport not in ("tcp", "udp", "ws", "wss"):
        return False
    if address.startswith("["):
        host = address[1:].partition("]")[0].partition("%")[0].lower()
        if host.startswith("::ffff:"):
            host = host[7:]
    else:
        host = address.partition("/")[0].rpartition(":")[0]
    return host == "::1" or (host.startswith("127.") and not host.strip("0123456789."))


def bound(socket: Any, endpoint: str) -> None:
    """Take note of where a socket was bound, and how.

    Parameters
    ----------
    socket : Socket
    endpoint : str, the real one
    """
    handle = socket._handle
    if not is_local(endpoint) and not _has_curve(socket):
        _exposed.setdefault(handle, set()).add(endpoint)
    elif handle in _exposed:
        _exposed[handle].discard(endpoint)


def closed(handle: int) -> None:
    """Forget a C socket; before it is closed."""
    _exposed.pop(handle, None)
    _warned.discard(handle)


def _has_curve(socket: Any) -> bool:
    try:
        return bool(socket.get(_MECHANISM) == _CURVE)
    except ZMQError:
        return False  # libzmq 3 has no such option, and no CURVE


def loads(data: bytes, socket: Any) -> Any:
    """Load a pickle that a socket received, if the policy lets it.

    Parameters
    ----------
    data : bytes
    socket : Socket

    Raises
    ------
    pickle.UnpicklingError : the policy is "deny" and the socket is exposed
    ValueError : zmq.pickle_policy is no policy
    """
    import pickle

    if socket._handle in _exposed:
        _check(socket)
    return pickle.loads(data)


def _check(socket: Any) -> None:
    import zmq

    policy = zmq.pickle_policy
    if policy not in POLICIES:
        raise ValueError(f"zmq.pickle_policy is one of {', '.join(POLICIES)}, not {policy!r}")
    handle = socket._handle
    # Who is connected stays so when the endpoint is left, and what has arrived is there.
    endpoints = sorted(_exposed[handle])
    if not endpoints or policy == "allow":
        return
    text = (
        f"unpickling what arrives at {', '.join(endpoints)}, where anybody may connect who "
        "reaches it: the socket is bound there without CURVE, and a pickle can run any code"
    )
    if policy == "deny":
        import pickle

        raise pickle.UnpicklingError(f"zmq.pickle_policy is 'deny': refused {text}")
    if handle not in _warned:
        _warned.add(handle)
        _warn(text, socket._place())


def _warn(text: str, created: tuple[str, int]) -> None:
    """Warn, and name the line that receives; in an event loop, the one that made the socket."""
    import warnings

    frame = sys._getframe(1)
    while frame.f_back and _package(frame) == "zmq":
        frame = frame.f_back
    here = (frame.f_code.co_filename, frame.f_lineno)
    warnings.warn_explicit(
        f"{text}. Bind to 127.0.0.1 or ipc, use CURVE, or send another format; "
        "zmq.pickle_policy = 'allow' silences this, 'deny' refuses",
        RuntimeWarning,
        *(created if _package(frame) in _LOOPS else here),
    )


def _abandon_all() -> None:
    """In a forked child: it has none of the parent's sockets."""
    _exposed.clear()
    _warned.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)


def _package(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]
