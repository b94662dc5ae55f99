# SPDX-License-Identifier: BSD-3-Clause
"""What tests import that have a peer leave while a message is sent."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any

import pytest
from support import PATIENCE_MS

import zmq
from zmq._ctypes import fast
from zmq._ctypes.bind import C
from zmq.utils.monitor import recv_monitor_message

KINDS = {zmq.PUSH: zmq.PULL, zmq.DEALER: zmq.DEALER}
"""Types that send to one peer after the other, and what they send to."""


class Peers:
    """Lets peers of a socket come and go; each time what libzmq does in the background is done."""

    def __init__(self, sender: Any, kind: int, socket: Callable[..., Any]) -> None:
        self.sender = sender
        self._kind = kind
        self._socket = socket
        self._plain = zmq.Socket.shadow(sender.underlying)
        sender.bind("tcp://127.0.0.1:*")
        monitor = sender.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._events = zmq.Socket(monitor)
        self._events.rcvtimeo = PATIENCE_MS

    def come(self) -> Any:
        one = self.come_unasked()
        assert self._plain.poll(PATIENCE_MS, zmq.POLLOUT)
        return one

    def come_unasked(self) -> Any:
        """Return a peer that the socket has not been asked about."""
        one = self._socket(KINDS[self._kind])
        one.connect(self.sender.last_endpoint)
        assert recv_monitor_message(self._events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
        return one

    def go(self, one: Any) -> None:
        one.close(0)
        assert recv_monitor_message(self._events)["event"] == zmq.EVENT_DISCONNECTED

    def be_told_everything(self) -> None:
        """Let libzmq handle what it hears of peers; binding does, and does not ask for events."""
        number = 0
        while select.select([self.sender.fd], [], [], 0.1)[0]:
            self._plain.bind(f"inproc://{number}")
            number += 1


AfterParts = Callable[[int, Callable[[], object]], None]


def watch_parts(monkeypatch: pytest.MonkeyPatch) -> AfterParts:
    """Return what has something done once, before the part after so many that libzmq took."""
    taken = 0
    due: list[tuple[int, Callable[[], object]]] = []

    def watch(module: Any, name: str) -> None:
        send = getattr(module, name)

        def watching(*args: Any) -> Any:
            nonlocal taken
            if due and taken == due[0][0]:
                due.pop()[1]()
            rc = send(*args)
            taken += rc >= 0
            return rc

        monkeypatch.setattr(module, name, watching)

    for name in ("send_now", "send_try", "msg_send_now", "msg_send_try", "send_released"):
        watch(fast, name)
    for name in ("zmq_send", "zmq_msg_send"):
        watch(C, name)

    def after(count: int, action: Callable[[], object]) -> None:
        nonlocal taken
        taken = 0
        due[:] = [(count, action)]

    return after
