# SPDX-License-Identifier: BSD-3-Clause
"""Sockets for cases, closed when their block ends."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import Any

import zmq

Samples = Generator[float, None, None]

Socket = Any
"""The classes of the sides have nothing in common but what they can do."""

PLENTY = 10_000_000
"""A high-water mark that no case reaches; 0 does not mean without end to every side."""


@contextlib.contextmanager
def sockets(*kinds: int, hwm: int | None = PLENTY) -> Iterator[list[Socket]]:
    """Make sockets in a context of their own; close them and end the context afterwards."""
    context = zmq.Context()
    made: list[Socket] = [context.socket(kind) for kind in kinds]
    try:
        for socket in made:
            socket.linger = 0
            if hwm is not None:
                socket.sndhwm = socket.rcvhwm = hwm
        yield made
    finally:
        for socket in made:
            socket.close()
        context.term()


@contextlib.contextmanager
def pairs(count: int = 1) -> Iterator[list[Socket]]:
    """Make connected inproc pairs that queue whatever they are sent: 0 and 1, 2 and 3, ..."""
    with sockets(*[zmq.PAIR] * (2 * count)) as made:
        for number in range(0, 2 * count, 2):
            made[number].bind(f"inproc://bench-{number}")
            made[number + 1].connect(f"inproc://bench-{number}")
        yield made
