# SPDX-License-Identifier: BSD-3-Clause
"""The code that is timed, the same for each side.

A case is a generator function: it is called with the number of operations in a sample and its
arguments from the table, prepares, yields one sample after the other, and cleans up when it is
closed. A sample is the time of one operation in nanoseconds, with the loop around it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from time import perf_counter_ns as clock
from typing import Any

import zmq

from . import partner
from .wiring import PLENTY, Samples, Socket, pairs, sockets

# --- messages -------------------------------------------------------------------------------------


def send(n: int, size: int) -> Samples:
    message = bytes(size)
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send(message)
            yield (clock() - begin) / n
            for _ in range(n):
                b.recv()


def recv(n: int, size: int) -> Samples:
    message = bytes(size)
    with pairs() as (a, b):
        while True:
            for _ in range(n):
                a.send(message)
            begin = clock()
            for _ in range(n):
                b.recv()
            yield (clock() - begin) / n


def send_recv(n: int, size: int) -> Samples:
    message = bytes(size)
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send(message)
                b.recv()
            yield (clock() - begin) / n


def multipart(n: int, count: int) -> Samples:
    message = [bytes(16)] * count
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send_multipart(message)
                b.recv_multipart()
            yield (clock() - begin) / n


def frame_bytes(n: int, size: int) -> Samples:
    message = bytes(size)
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send(message)
                _ = b.recv(copy=False).bytes
            yield (clock() - begin) / n


def no_copy(n: int, size: int) -> Samples:
    message = bytes(size)
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send(message, copy=False)
                b.recv(copy=False)
            yield (clock() - begin) / n


def no_copy_busy(n: int, size: int) -> Samples:
    """The same beside a thread of Python code that never waits."""
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            pass

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        yield from no_copy(n, size)
    finally:
        stop.set()
        thread.join()


def json(n: int) -> Samples:
    value = {"a": 1, "b": [1, 2, 3], "c": "text"}
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send_json(value)
                b.recv_json()
            yield (clock() - begin) / n


def string(n: int) -> Samples:
    with pairs() as (a, b):
        while True:
            begin = clock()
            for _ in range(n):
                a.send_string("hello world")
                b.recv_string()
            yield (clock() - begin) / n


def threads(n: int, count: int, size: int) -> Samples:
    """Several threads at once, each on sockets of its own; the time of one message of them all."""
    message = bytes(size)
    start = threading.Barrier(count + 1)

    def work(a: Socket, b: Socket) -> None:
        start.wait()
        for _ in range(n):
            a.send(message)
            b.recv()

    with pairs(count) as made:
        while True:
            workers = [
                threading.Thread(target=work, args=made[number : number + 2])
                for number in range(0, 2 * count, 2)
            ]
            for worker in workers:
                worker.start()
            start.wait()
            begin = clock()
            for worker in workers:
                worker.join()
            yield (clock() - begin) / (n * count)


# --- sockets --------------------------------------------------------------------------------------


def getsockopt(n: int) -> Samples:
    with sockets(zmq.PAIR) as (socket,):
        while True:
            begin = clock()
            for _ in range(n):
                socket.getsockopt(zmq.LINGER)
            yield (clock() - begin) / n


def attribute(n: int) -> Samples:
    with sockets(zmq.PAIR) as (socket,):
        while True:
            begin = clock()
            for _ in range(n):
                socket.linger = 0
                _ = socket.linger
            yield (clock() - begin) / n


def again(n: int) -> Samples:
    with pairs() as (a, _):
        while True:
            begin = clock()
            for _ in range(n):
                try:
                    a.recv(zmq.NOBLOCK)
                except zmq.Again:
                    continue
            yield (clock() - begin) / n


def poller(n: int, count: int) -> Samples:
    with sockets(*[zmq.PULL] * count) as made:
        poller = zmq.Poller()
        for socket in made:
            poller.register(socket, zmq.POLLIN)
        while True:
            begin = clock()
            for _ in range(n):
                poller.poll(0)
            yield (clock() - begin) / n


def socket_poll(n: int) -> Samples:
    with pairs() as (a, _):
        while True:
            begin = clock()
            for _ in range(n):
                a.poll(0)
            yield (clock() - begin) / n


def create(n: int) -> Samples:
    while True:
        # A context of its own: libzmq takes back closed sockets later, and their number is limited.
        context = zmq.Context()
        context.socket(zmq.PAIR).close()
        begin = clock()
        for _ in range(n):
            context.socket(zmq.PAIR).close()
        yield (clock() - begin) / n
        context.term()


# --- two processes --------------------------------------------------------------------------------


def round_trip(n: int, size: int) -> Samples:
    message = bytes(size)
    with sockets(zmq.REQ) as (socket,):
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        with partner.running("echo", port):
            while True:
                begin = clock()
                for _ in range(n):
                    socket.send(message)
                    socket.recv()
                yield (clock() - begin) / n


def push_pull(n: int, size: int) -> Samples:
    """The time between messages that arrive, from the first to the last."""
    with sockets(zmq.PULL, zmq.PAIR, hwm=None) as (pull, control):
        ports = [one.bind_to_random_port("tcp://127.0.0.1") for one in (pull, control)]
        with partner.running("push", *ports):
            while True:
                control.send_string(f"{n + 1} {size}")
                pull.recv()
                begin = clock()
                for _ in range(n):
                    pull.recv()
                yield (clock() - begin) / n


# --- devices --------------------------------------------------------------------------------------


@contextlib.contextmanager
def relay(name: str) -> Iterator[list[Socket]]:
    """Run a device of this name in a thread; give what sends to it, gets from it and watches it."""
    import zmq.devices

    with sockets(zmq.PUSH, zmq.PULL, zmq.SUB) as made:
        context = made[0].context
        device: Any = getattr(zmq.devices, name)(zmq.PULL, zmq.PUSH)
        device.context_factory = lambda *_, **__: context
        for side in ("in", "out", "mon"):
            for option in (zmq.SNDHWM, zmq.RCVHWM):
                getattr(device, f"setsockopt_{side}")(option, PLENTY)
            getattr(device, f"bind_{side}")(f"inproc://{side}")
        device.start()
        made[2].subscribe(b"")
        for socket, side in zip(made, ("in", "out", "mon")):
            socket.connect(f"inproc://{side}")
        while not made[2].poll(5):
            made[0].send(b"")
            made[1].recv()
        yield made


def forwarded(n: int, size: int, name: str) -> Samples:
    message = bytes(size)
    with relay(name) as (push, pull, watch):
        while True:
            begin = clock()
            for _ in range(n):
                push.send(message)
            for _ in range(n):
                pull.recv()
            yield (clock() - begin) / n
            while watch.poll(0):
                watch.recv_multipart()


def thread_proxy(n: int, size: int) -> Samples:
    return forwarded(n, size, "ThreadProxy")


def thread_monitored_queue(n: int, size: int) -> Samples:
    return forwarded(n, size, "ThreadMonitoredQueue")


# --- import ---------------------------------------------------------------------------------------


def log_record(n: int) -> Samples:
    import logging

    from zmq.log.handlers import PUBHandler

    with sockets(zmq.PUB, zmq.SUB) as (pub, sub):
        pub.bind("inproc://bench-log")
        sub.subscribe(b"")
        sub.connect("inproc://bench-log")
        handler = PUBHandler(pub)
        logger = logging.Logger("bench", logging.DEBUG)
        logger.addHandler(handler)
        while not sub.poll(10):
            logger.info("subscribed?")
        sub.recv_multipart()
        while True:
            begin = clock()
            for number in range(n):
                logger.info("record %d", number)
                sub.recv_multipart()
            yield (clock() - begin) / n


def import_zmq(n: int, module: str = "") -> Samples:
    """The least time of n processes that import zmq, less that of n which do nothing."""

    def run(code: str) -> int:
        begin = clock()
        subprocess.run([sys.executable, "-c", code], check=True, stdin=subprocess.DEVNULL)
        return clock() - begin

    while True:
        times = [(run(f"import {zmq.__name__}{module}"), run("")) for _ in range(n)]
        yield float(min(one for one, _ in times) - min(bare for _, bare in times))
