# SPDX-License-Identifier: BSD-3-Clause
"""Cases that only the curves have; see `cases`."""

from __future__ import annotations

from time import perf_counter_ns as clock

import zmq

from . import partner
from .wiring import Samples


def create_beside(n: int, count: int) -> Samples:
    """A socket created and closed while others are open."""
    context = zmq.Context()
    # Those closed a moment ago still count.
    context.set(zmq.MAX_SOCKETS, count + 20 * n)
    others = []
    try:
        for _ in range(count):
            others.append(context.socket(zmq.PAIR))
        while True:
            begin = clock()
            for _ in range(n):
                context.socket(zmq.PAIR).close()
            yield (clock() - begin) / n
    finally:
        for socket in others:
            socket.close()
        context.term()


def memory(n: int, count: int) -> Samples:
    """The bytes by which a fresh process grows while it queues messages of 100 B."""
    while True:
        yield float(partner.answer("fill", count))
