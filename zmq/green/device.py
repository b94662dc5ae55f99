# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding between two sockets, while other greenlets run."""

from __future__ import annotations

from .. import _relay
from .._proxy import check_all, relay_between
from ..constants import DeviceType, PollEvent
from . import _hub
from .core import _Socket
from .poll import Poller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._poll import _Built
    from .._socket import Socket

__all__ = ["Poller", "device", "proxy", "proxy_steerable"]

POLLOUT = int(PollEvent.POLLOUT)


class _Lane(_relay.Lane):
    """A direction that makes only its greenlet wait."""

    __slots__ = ()

    def _repeat(
        self, doing: str, socket: Socket[Any], flags: int, call: Callable[[int], int]
    ) -> int:
        if doing == "send" and socket._socket_type not in _relay.GIVES_UP:
            return _Socket.shadow(socket)._wait_done(call, flags, doing)
        if doing == "send" and not socket.get(_relay.EVENTS) & POLLOUT:
            # The call itself must be one that may wait, see there; and then it does not.
            _hub.wait_for_events(
                [(socket, POLLOUT)], lambda: socket.get(_relay.EVENTS) & POLLOUT, -1
            )
        return super()._repeat(doing, socket, flags, call)


class _Relay(_relay.Relay):
    """Lanes that run in a greenlet."""

    def _ask(self, built: _Built, timeout_ms: int) -> int:
        found = super()._ask(built, 0)
        if found > 0 or timeout_ms == 0:
            _hub.current_turns().give()
            return found
        _hub.wait_for_events(built.items, lambda: True, -1)
        return 0  # and the next turn asks again, if the sockets are still open


def proxy(frontend: Any, backend: Any, capture: Any = None) -> int:
    """Forward messages between two sockets, both ways, while other greenlets run.

    Parameters
    ----------
    frontend, backend, capture : as in zmq.proxy()

    Raises
    ------
    as zmq.proxy()
    """
    return proxy_steerable(frontend, backend, capture)


def proxy_steerable(frontend: Any, backend: Any, capture: Any = None, control: Any = None) -> int:
    """Forward messages between two sockets, under control of a third, while other greenlets run.

    Parameters
    ----------
    frontend, backend, capture, control : as in zmq.proxy_steerable()

    Returns
    -------
    0, after TERMINATE

    Raises
    ------
    as zmq.proxy_steerable()
    """
    check_all(frontend, backend, capture, control)
    # Handlers of signals are not kept waiting: while this greenlet waits others run, for which
    # they are as well.
    signals = _relay.Signals()
    relay_between(frontend, backend, capture, control, signals, _Lane, _Relay).run()
    return 0


def device(device_type: int, isocket: Any, osocket: Any) -> int:
    """Forward messages between two sockets, both ways; an older name of proxy().

    Parameters
    ----------
    device_type : int, a zmq.DeviceType; it makes no difference
    isocket, osocket : zmq.Socket, as frontend and backend of zmq.proxy()

    Raises
    ------
    ValueError : ``device_type`` is none
    as zmq.proxy()
    """
    DeviceType(device_type)
    return proxy(isocket, osocket)
