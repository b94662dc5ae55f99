# SPDX-License-Identifier: BSD-3-Clause
"""What tests of gevent share: green sockets, greenlets that end, and how often things are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

import zmq
import zmq.green
from zmq.green import _hub

PATIENCE_S = 20.0
"""Seconds after which what should have happened has not."""


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set how many seconds operations may succeed at once, from now on."""

    def set_turns(seconds: float) -> None:
        gevent.sleep(0)
        monkeypatch.setattr(_hub, "TURN_S", seconds)
        for one in _hub._turns.values():
            one.ends = 0.0

    return set_turns


@pytest.fixture(autouse=True)
def no_turns(turns: Callable[[float], None]) -> None:
    """Let operations succeed at once for as long as they can: this machine may be slow."""
    turns(float("inf"))


@pytest.fixture
def context() -> Iterator[zmq.green.Context]:
    """A green context; at the end its sockets are closed and it has to terminate."""
    context = zmq.green.Context()
    yield context
    for socket in list(context._sockets):
        socket.close(0)
    with gevent.Timeout(PATIENCE_S):
        context.term()


@pytest.fixture
def socket(context: zmq.green.Context) -> Iterator[Callable[..., Any]]:
    """Make green sockets that are closed at the end; these wait as long as it takes."""
    made: list[Any] = []

    def make(kind: int, **options: Any) -> Any:
        one = context.socket(kind)
        made.append(one)
        one.linger = 0
        for name, value in options.items():
            setattr(one, name, value)
        return one

    yield make
    for one in made:
        one.close(0)


@pytest.fixture
def pair(socket: Callable[..., Any]) -> tuple[Any, Any]:
    """Two connected green DEALERs without a limit."""
    one, other = (socket(zmq.DEALER, sndhwm=0, rcvhwm=0) for _ in range(2))
    one.bind("inproc://pair")
    other.connect("inproc://pair")
    return one, other


@pytest.fixture
def spawn() -> Iterator[Callable[..., gevent.Greenlet]]:
    """Start greenlets; what they raise is raised at the end, and none may be left then."""
    started: list[gevent.Greenlet] = []

    def start(function: Callable[..., Any], *args: Any, **kwargs: Any) -> gevent.Greenlet:
        started.append(gevent.spawn(function, *args, **kwargs))
        return started[-1]

    yield start
    gevent.joinall(started, timeout=PATIENCE_S, raise_error=True)
    left = [one for one in started if not one.dead]
    gevent.killall(left)
    assert left == []


def settle() -> None:
    """Let every greenlet run that can."""
    for _ in range(3):
        gevent.sleep(0)
