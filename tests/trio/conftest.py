# SPDX-License-Identifier: BSD-3-Clause
"""What tests of trio share: sockets for it, and how often things are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import terminate

import zmq
import zmq.trio


@pytest.fixture
def context() -> Iterator[zmq.trio.Context]:
    """A context for trio; at the end its sockets are closed and it has to terminate."""
    context = zmq.trio.Context()
    yield context
    for socket in list(context._sockets):
        socket.close(0)
    if not context.closed:
        terminate(context)


@pytest.fixture
def socket(context: zmq.trio.Context) -> Iterator[Callable[..., zmq.trio.Socket]]:
    """Make sockets for trio that are closed at the end."""
    made: list[zmq.trio.Socket] = []

    def make(kind: int, **options: Any) -> zmq.trio.Socket:
        one = context.socket(kind)
        made.append(one)
        one.linger = 0
        for name, value in options.items():
            setattr(one, name, value)
        return one

    yield make
    for one in made:
        one.close(0)
