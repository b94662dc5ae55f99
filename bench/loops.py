# SPDX-License-Identifier: BSD-3-Clause
"""The code that is timed in event loops; as ``cases.py`` otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Callable, Coroutine, Iterator
from time import perf_counter_ns as clock
from typing import Any

import zmq

from .wiring import PLENTY, Samples, Socket, pairs


@contextlib.contextmanager
def asynchronous() -> Iterator[tuple[Any, Callable[[Coroutine[Any, Any, float]], float], Socket]]:
    """Give zmq.asyncio, what runs a coroutine in one loop, and a connected inproc pair."""
    module: Any = importlib.import_module(f"{zmq.__name__}.asyncio")
    loop = asyncio.new_event_loop()
    context = module.Context()
    made = [context.socket(zmq.PAIR) for _ in range(2)]
    try:
        for socket in made:
            socket.linger = 0
            socket.sndhwm = socket.rcvhwm = PLENTY
        made[0].bind("inproc://bench")
        made[1].connect("inproc://bench")
        yield module, loop.run_until_complete, made
    finally:
        for socket in made:
            socket.close()
        context.term()
        loop.close()


def asyncio_burst(n: int, size: int) -> Samples:
    message = bytes(size)
    with asynchronous() as (_, run, (a, b)):

        async def sample() -> float:
            begin = clock()
            for _ in range(n):
                await a.send(message)
            for _ in range(n):
                await b.recv()
            return (clock() - begin) / n

        while True:
            yield run(sample())


def asyncio_tasks(n: int, size: int) -> Samples:
    message = bytes(size)
    with asynchronous() as (_, run, (a, b)):

        async def send() -> None:
            for _ in range(n):
                await a.send(message)

        async def recv() -> None:
            for _ in range(n):
                await b.recv()

        async def sample() -> float:
            begin = clock()
            await asyncio.gather(recv(), send())
            return (clock() - begin) / n

        while True:
            yield run(sample())


def asyncio_multipart(n: int, count: int) -> Samples:
    message = [bytes(16)] * count
    with asynchronous() as (_, run, (a, b)):

        async def sample() -> float:
            begin = clock()
            for _ in range(n):
                await a.send_multipart(message)
                await b.recv_multipart()
            return (clock() - begin) / n

        while True:
            yield run(sample())


def asyncio_ping_pong(n: int, size: int) -> Samples:
    message = bytes(size)
    with asynchronous() as (_, run, (a, b)):

        async def pong() -> None:
            for _ in range(n):
                await b.send(await b.recv())

        async def ping() -> None:
            for _ in range(n):
                await a.send(message)
                await a.recv()

        async def sample() -> float:
            begin = clock()
            await asyncio.gather(ping(), pong())
            return (clock() - begin) / n

        while True:
            yield run(sample())


def asyncio_poller(n: int, size: int) -> Samples:
    message = bytes(size)
    with asynchronous() as (module, run, (a, b)):
        poller = module.Poller()
        poller.register(b, zmq.POLLIN)

        async def sample() -> float:
            begin = clock()
            for _ in range(n):
                await a.send(message)
                await poller.poll()
                await b.recv()
            return (clock() - begin) / n

        while True:
            yield run(sample())


@contextlib.contextmanager
def streams() -> Iterator[tuple[Any, list[Any]]]:
    """Give a tornado loop, and streams on a connected inproc pair."""
    from tornado.ioloop import IOLoop

    module: Any = importlib.import_module(f"{zmq.__name__}.eventloop.zmqstream")
    loop = IOLoop(make_current=False)
    with pairs() as made:
        both = [module.ZMQStream(socket, loop) for socket in made]
        try:
            yield loop, both
        finally:
            for stream in both:
                stream.close()
            loop.close()


def stream_burst(n: int, size: int) -> Samples:
    """Messages of one callback, each of which calls another."""
    message = bytes(size)
    left = 0

    def send() -> None:
        for _ in range(n):
            sender.send(message)

    def received(parts: list[Any]) -> None:
        nonlocal left
        left -= 1
        if not left:
            loop.stop()

    with streams() as (loop, (sender, receiver)):
        receiver.on_recv(received)
        while True:
            left = n
            begin = clock()
            loop.add_callback(send)
            loop.start()
            yield (clock() - begin) / n


def stream_ping_pong(n: int, size: int) -> Samples:
    message = bytes(size)
    left = 0

    def ponged(parts: list[Any]) -> None:
        nonlocal left
        left -= 1
        if left:
            one.send(message)
        else:
            loop.stop()

    with streams() as (loop, (one, other)):
        one.on_recv(ponged)
        other.on_recv(other.send_multipart)
        while True:
            left = n
            begin = clock()
            loop.add_callback(one.send, message)
            loop.start()
            yield (clock() - begin) / n
