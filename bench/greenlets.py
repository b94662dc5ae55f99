# SPDX-License-Identifier: BSD-3-Clause
"""The code that is timed in greenlets; as ``cases.py`` otherwise."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from time import perf_counter_ns as clock
from typing import Any

import zmq

from .wiring import PLENTY, Samples, Socket


@contextlib.contextmanager
def green() -> Iterator[tuple[Callable[..., None], Socket]]:
    """Give what runs functions in a greenlet each, and a connected inproc pair."""
    gevent: Any = importlib.import_module("gevent")
    module: Any = importlib.import_module(f"{zmq.__name__}.green")
    context = module.Context()
    made = [context.socket(zmq.PAIR) for _ in range(2)]

    def run(*functions: Callable[[], None]) -> None:
        greenlets = [gevent.spawn(function) for function in functions]
        gevent.joinall(greenlets, raise_error=True)

    try:
        for socket in made:
            socket.linger = 0
            socket.sndhwm = socket.rcvhwm = PLENTY
        made[0].bind("inproc://bench")
        made[1].connect("inproc://bench")
        yield run, made
    finally:
        for socket in made:
            socket.close()
        context.term()


def green_burst(n: int, size: int) -> Samples:
    message = bytes(size)
    with green() as (run, (a, b)):

        def send() -> None:
            for _ in range(n):
                a.send(message)

        def recv() -> None:
            for _ in range(n):
                b.recv()

        while True:
            begin = clock()
            run(recv, send)
            yield (clock() - begin) / n


def green_multipart(n: int, count: int) -> Samples:
    message = [bytes(16)] * count
    with green() as (run, (a, b)):

        def send() -> None:
            for _ in range(n):
                a.send_multipart(message)

        def recv() -> None:
            for _ in range(n):
                b.recv_multipart()

        while True:
            begin = clock()
            run(recv, send)
            yield (clock() - begin) / n


def green_ping_pong(n: int, size: int) -> Samples:
    message = bytes(size)
    with green() as (run, (a, b)):

        def pong() -> None:
            for _ in range(n):
                b.send(b.recv())

        def ping() -> None:
            for _ in range(n):
                a.send(message)
                a.recv()

        while True:
            begin = clock()
            run(ping, pong)
            yield (clock() - begin) / n
