# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding between two sockets: libzmq's proxy, and one that can be steered."""

from __future__ import annotations

import sys

from . import _poll, _socket
from ._ctypes import errors
from ._ctypes.bind import C
from ._relay import Lane, Relay, Signals, check
from ._socket_checked import DATAGRAM_SENDERS
from .constants import DeviceType, Flag, SocketType
from .error import Again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._socket import Socket

_CANNOT_SEND = frozenset(int(kind) for kind in (SocketType.SUB, SocketType.PULL))
_REP = int(SocketType.REP)


def proxy(frontend: Socket[Any], backend: Socket[Any], capture: Socket[Any] | None = None) -> int:
    """Forward messages between two sockets, both ways.

    Returns only when something ends it.

    Parameters
    ----------
    frontend, backend : zmq.Socket
        What one receives the other sends. May be the same socket, which then answers
        with what it receives.
    capture : zmq.Socket, optional
        Is sent a copy of every message.

    Raises
    ------
    zmq.ContextTerminated : the context was terminated (ETERM)
    zmq.ZMQError : a socket is closed (ENOTSOCK); one that cannot send would have to
        (ENOTSUP); it failed for another reason
    TypeError : an argument is no socket

    Notes
    -----
    Wraps ``zmq_proxy``. Restarts after signals, unless their handler raises.
    """
    check_all(frontend, backend, capture)
    if _must_be_ours(frontend, backend, capture):
        with Signals() as signals:
            relay_between(frontend, backend, capture, None, signals).run()
        return 0
    return _c_proxy(frontend, backend, capture)


def check_all(frontend: Any, backend: Any, capture: Any = None, control: Any = None) -> None:
    """Refuse what is no open socket; see check()."""
    check("frontend", frontend)
    check("backend", backend)
    if control is not None:
        check("control", control)
    if capture is not None:
        check("capture", capture)


def _must_be_ours(*sockets: Socket[Any] | None) -> bool:
    """Tell whether libzmq's own proxy is not to be used."""
    if _poll._SLICE_MS and _poll._in_main_thread():
        return True  # nothing would interrupt it
    # It would send what libzmq does not survive being sent over udp.
    return any(socket is not None and socket._socket_type in DATAGRAM_SENDERS for socket in sockets)


def _c_proxy(frontend: Socket[Any], backend: Socket[Any], capture: Socket[Any] | None) -> int:
    sockets = [frontend, backend] if capture is None else [frontend, backend, capture]
    with Signals() as signals:
        signals.allow()
        while True:
            # A signal handler may have closed one of them since the last round.
            for socket in sockets:
                if not socket._handle:
                    raise socket._closed_error()
                socket._rouse()
            copies = 0 if capture is None else capture._handle
            rc: int = C.zmq_proxy(frontend._handle, backend._handle, copies)
            errnum = errors.last_errno()
            if rc != -1:
                return rc
            if errnum != errors.EINTR:
                items = [(socket, 0) for socket in sockets]
                raise _poll._explained(errors.failure(errnum=errnum), items)


def relay_between(
    frontend: Socket[Any],
    backend: Socket[Any],
    capture: Socket[Any] | None,
    control: Socket[Any] | None,
    signals: Signals,
    lane: type[Lane] = Lane,
    relay: type[Relay] = Relay,
) -> Relay:
    """Return what forwards messages between two sockets, both ways.

    Parameters
    ----------
    frontend, backend, capture, control : as in proxy_steerable()
    signals : Signals
    lane, relay : the classes to make it of
    """
    lanes = [lane(frontend, backend, signals, capture)]
    if backend is not frontend:
        lanes.append(lane(backend, frontend, signals, capture))
    if control is None:
        return relay(lanes, signals)
    steering = _Steering(control, lanes)
    return relay(lanes, signals, steering._control, steering.obey)


class _Steering:
    """Obeys the commands that arrive at the control socket of a proxy."""

    def __init__(self, control: Socket[Any], lanes: list[Lane]) -> None:
        # A plain view: the socket may be one whose methods are coroutines.
        self._control: Socket[bytes] = _socket.Socket(shadow=control)
        self._lanes = lanes

    def obey(self, relay: Relay) -> None:
        """Read one command and do what it says."""
        try:
            *envelope, command = self._control.recv_multipart(Flag.DONTWAIT)
        except Again:
            return
        reply: list[bytes] = []
        if command == b"PAUSE":
            relay.active = False
        elif command == b"RESUME":
            relay.active = True
        elif command == b"TERMINATE":
            relay.finished = True
        elif command == b"STATISTICS":
            reply = self._statistics()
        if not reply and self._control._socket_type == _REP:
            reply = [b""]
        if reply and self._control._socket_type not in _CANNOT_SEND:
            self._answer(envelope + reply)

    def _statistics(self) -> list[bytes]:
        there, back = self._lanes[0], self._lanes[-1]
        numbers = (
            *(there.messages, there.size, back.messages, back.size),
            *(back.messages, back.size, there.messages, there.size),
        )
        return [number.to_bytes(8, sys.byteorder) for number in numbers]

    def _answer(self, parts: list[bytes]) -> None:
        try:
            self._control.send_multipart(parts, Flag.DONTWAIT)
        except Again:
            return  # whoever asked does not read; the proxy goes on


def proxy_steerable(
    frontend: Socket[Any],
    backend: Socket[Any],
    capture: Socket[Any] | None = None,
    control: Socket[Any] | None = None,
) -> int:
    """Forward messages between two sockets, both ways, under control of a third party.

    Parameters
    ----------
    frontend, backend, capture : as in proxy()
    control : zmq.Socket, optional
        Receives commands, each a message of one part: ``PAUSE`` stops forwarding
        (messages stay where they are), ``RESUME`` goes on, ``TERMINATE`` makes this
        function return, ``STATISTICS`` asks for a reply of eight parts. Others are
        ignored. Without it this is proxy().

    Returns
    -------
    0, after TERMINATE

    Raises
    ------
    as proxy()

    Notes
    -----
    The eight numbers are uint64 in native byte order: messages received by the
    frontend, their bytes, messages sent by the frontend, their bytes, and the same of
    the backend. A message counts once, however many parts it has.

    PAUSE, RESUME, TERMINATE and unknown commands are answered, with an empty message,
    only if ``control`` is a REP, which has to answer. What comes before the command in
    a message of several parts, such as the identity that a ROUTER puts there, comes
    before the reply.

    Does not use ``zmq_proxy_steerable``: some releases abort on an unknown command,
    pause on RESUME, stop when ``control`` is a SUB, or leave a REP without an answer.
    This one behaves as described here with every libzmq.
    """
    if control is None:
        return proxy(frontend, backend, capture)
    check_all(frontend, backend, capture, control)
    with Signals() as signals:
        relay_between(frontend, backend, capture, control, signals).run()
    return 0


def device(device_type: int, frontend: Socket[Any], backend: Socket[Any]) -> int:
    """Forward messages between two sockets, both ways; an older name of proxy().

    Parameters
    ----------
    device_type : int, a zmq.DeviceType; it makes no difference
    frontend, backend : as in proxy()

    Raises
    ------
    ValueError : ``device_type`` is none
    as proxy()

    Notes
    -----
    Wraps ``zmq_proxy``.
    """
    DeviceType(device_type)
    return proxy(frontend, backend)
