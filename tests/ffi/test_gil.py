# SPDX-License-Identifier: BSD-3-Clause
"""Other Python threads run while a call waits.

In each test the call can only end because another Python thread does something: with the GIL
held, that thread would not run, and the call would wait for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Connected, SocketFactory
from support import until

import zmq
from zmq._ctypes import fast

BIG = 4 * 1024 * 1024


@pytest.fixture(params=[True, False], ids=["fast", "slow"], autouse=True)
def form(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run each test with the untyped calls, and with their slow twins."""
    fast.use(request.param)
    yield
    fast.use(True)


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Start a thread that runs Python code for a while, then does what ends the waiting."""
    threads: list[threading.Thread] = []

    def start(end: Callable[[], object]) -> None:
        counted = [0]

        def work() -> None:
            while counted[0] < 200_000:
                counted[0] += 1
            end()

        thread = threading.Thread(target=work)
        threads.append(thread)
        thread.start()

    yield start
    for thread in threads:
        thread.join()


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.mark.parametrize("copy", [True, False])
def test_recv(copy: bool, connected: Connected, meanwhile: Meanwhile) -> None:
    """recv lets the thread run that sends what is waited for."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    meanwhile(lambda: push.send(b"there"))
    assert bytes(pull.recv(copy=copy)) == b"there"


def test_recv_into(connected: Connected, meanwhile: Meanwhile) -> None:
    """recv_into lets the thread run that sends what is waited for."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    meanwhile(lambda: push.send(b"there"))
    buffer = bytearray(10)
    assert pull.recv_into(buffer) == 5


def test_recv_multipart(connected: Connected, meanwhile: Meanwhile) -> None:
    """recv_multipart lets the thread run that sends what is waited for."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    meanwhile(lambda: push.send_multipart([b"all", b"there"]))
    assert pull.recv_multipart() == [b"all", b"there"]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("size", [1, BIG])
def test_send(copy: bool, size: int, connected: Connected, meanwhile: Meanwhile) -> None:
    """send lets the thread run that makes room."""
    push, pull = connected(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1)
    while push.poll(0, zmq.POLLOUT):
        push.send(b"fill")

    def make_room() -> None:
        while pull.recv() == b"fill":
            pass

    meanwhile(make_room)
    push.send(bytes(size), copy=copy)
    until(lambda: push.poll(0, zmq.POLLOUT))


def test_socket_poll(connected: Connected, meanwhile: Meanwhile) -> None:
    """Socket.poll lets the thread run that sends what is waited for."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    meanwhile(lambda: push.send(b"there"))
    assert pull.poll() == zmq.POLLIN


def test_poller(connected: Connected, meanwhile: Meanwhile) -> None:
    """Poller.poll lets the thread run that sends what is waited for."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    meanwhile(lambda: push.send(b"there"))
    assert poller.poll() == [(pull, zmq.POLLIN)]


def test_poller_that_never_waits(connected: Connected, meanwhile: Meanwhile) -> None:
    """A loop that only polls with a time-out of 0 does not keep other threads from running."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    meanwhile(lambda: push.send(b"there"))
    until(lambda: poller.poll(0))


def test_proxy(connected: Connected, socket: SocketFactory, meanwhile: Meanwhile) -> None:
    """proxy lets the thread run whose messages it forwards, and that ends it."""
    context = zmq.Context()
    feed, frontend, backend, drain = (
        context.socket(kind) for kind in (zmq.PUSH, zmq.PULL, zmq.PUSH, zmq.PULL)
    )
    for bound, connecting, name in ((frontend, feed, "in"), (drain, backend, "out")):
        bound.bind(f"inproc://{name}")
        connecting.connect(f"inproc://{name}")

    def forward_and_end() -> None:
        feed.send(b"through")
        drain.rcvtimeo = 5000
        received.append(drain.recv())
        feed.close(0)
        drain.close(0)
        context.term()

    received: list[bytes] = []
    meanwhile(forward_and_end)
    with pytest.raises(zmq.ContextTerminated):
        zmq.proxy(frontend, backend)
    frontend.close(0)
    backend.close(0)
    assert received == [b"through"]


def test_term(meanwhile: Meanwhile) -> None:
    """term lets the thread run that closes the last socket."""
    context = zmq.Context()
    late = context.socket(zmq.PUSH)
    meanwhile(lambda: late.close(0))
    context.term()
    assert context.closed


def test_tracker(connected: Connected, meanwhile: Meanwhile) -> None:
    """MessageTracker.wait lets the thread run that receives what is tracked."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    tracker = push.send(bytes(BIG), copy=False, track=True)
    assert tracker is not None
    meanwhile(pull.recv)
    tracker.wait(5)
    assert tracker.done
