# SPDX-License-Identifier: BSD-3-Clause
"""One behaviour, whether calls are untyped and keep the GIL, or are the checked slow twins.

Each test runs three times: with the untyped calls, with their typed twins (all there is on
PyPy), and on a socket that sends every call to its checked form.
"""

from __future__ import annotations

import array
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Connected, SocketFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import run

import zmq
from zmq._ctypes import fast, memory
from zmq._socket import Socket

SIZES = [
    0,
    1,
    29,
    30,
    32,
    33,
    34,
    63,
    64,
    255,
    256,
    257,
    8191,
    8192,
    8193,
    32 * 1024 - 1,
    32 * 1024,
]
SIZES += [65535, 65536, 1_000_003]


class CheckedSocket(Socket):
    """Takes the checked form of every call, as sockets do that an event loop watches."""

    __slots__ = ()

    def _attach(self, handle: int) -> None:
        super()._attach(handle)
        object.__setattr__(self, "_fast_p", None)


class CheckedContext(zmq.Context):
    """Makes sockets that take the checked form."""

    __slots__ = ()
    _socket_class = CheckedSocket


@pytest.fixture(params=["untyped", "typed", "checked"], autouse=True)
def form(request: pytest.FixtureRequest) -> Iterator[str]:
    """Choose the calls before anything is made with them."""
    if request.param == "untyped" and not fast.AVAILABLE:
        pytest.skip("there are no untyped calls here")
    fast.use(request.param != "typed")
    yield request.param
    fast.use(True)


@pytest.fixture
def context(form: str) -> Iterator[zmq.Context]:
    """A context whose sockets have the form."""
    context = CheckedContext() if form == "checked" else zmq.Context()
    yield context
    context.destroy(0)


@pytest.fixture
def pair(connected: Connected) -> tuple[zmq.Socket, zmq.Socket]:
    return connected(zmq.PAIR, zmq.PAIR)


def body(size: int) -> bytes:
    """Return bytes of all values, NUL among them."""
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def test_the_form_is_what_it_says(form: str, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """The three forms are three: untyped or not, and with or without a hot path."""
    assert fast.enabled == (form != "typed" and fast.AVAILABLE)
    assert bool(getattr(fast.send_now, "argtypes", True)) != fast.enabled
    assert (pair[0]._fast_p is None) == (form == "checked")


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("size", SIZES)
def test_sizes(size: int, transport: str, connected: Connected) -> None:
    """A message of any size arrives as it was sent, in every form of sending and receiving."""
    a, b = connected(zmq.PAIR, zmq.PAIR, transport)
    data = body(size)
    for send in (
        lambda: a.send(data),
        lambda: a.send(data, copy=False),
        lambda: a.send(bytearray(data)),
        lambda: a.send(memoryview(data), copy=False),
        lambda: a.send(zmq.Frame(data)),
        lambda: a.send_multipart([data]),
    ):
        send()
        assert b.recv() == data
        send()
        assert b.recv(copy=False).bytes == data
        send()
        assert b.recv_multipart() == [data]
        send()
        buffer = bytearray(size + 1)
        assert b.recv_into(buffer) == size
        assert buffer[:size] == data


def test_kinds_of_data(pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """Whatever has contiguous bytes is sent as these bytes."""
    a, b = pair

    class Bytes(bytes):
        """A subclass."""

    for data in (
        b"bytes",
        Bytes(b"subclass"),
        bytearray(b"array"),
        memoryview(b"view"),
        memoryview(b"a part")[2:4],
        array.array("d", [1.5, -2.5]),
        memoryview(bytes(24)).cast("B", (2, 3, 4)),
    ):
        for copy in (True, False):
            a.send(data, copy=copy)
            assert b.recv() == bytes(data)


@pytest.mark.parametrize("data", ["text", None, 5, 1.5, [b"list"], memoryview(b"abcdef")[::2]])
def test_what_is_no_data(data: Any, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """Anything else is refused, alone and as a part, and nothing of it is sent."""
    a, b = pair
    for refused in (
        lambda: a.send(data),
        lambda: a.send(data, copy=False),
        lambda: a.send_multipart([b"before", data]),
    ):
        with pytest.raises((TypeError, BufferError)):
            refused()
    a.send(b"next")
    assert b.recv_multipart() == [b"next"]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize(
    "parts",
    [[b""], [b"", b""], [b"one", b"two"], [b"x" * 34] * 3, [body(70_000), b"", body(100)]],
    ids=["empty", "empties", "two", "three", "big"],
)
def test_multipart(parts: list[bytes], copy: bool, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """The parts of a message arrive in their order, with MORE set on all but the last."""
    a, b = pair
    a.send_multipart(parts, copy=copy)
    assert b.recv_multipart() == parts
    a.send_multipart(parts, copy=copy)
    frames = b.recv_multipart(copy=False)
    assert [frame.bytes for frame in frames] == parts
    assert [frame.more for frame in frames] == [True] * (len(parts) - 1) + [False]
    for part in parts[:-1]:
        a.send(part, zmq.SNDMORE, copy=copy)
    a.send(parts[-1], copy=copy)
    for part in parts[:-1]:
        assert b.recv() == part
        assert b.get(zmq.RCVMORE)
    assert b.recv() == parts[-1]
    assert not b.get(zmq.RCVMORE)


@settings(max_examples=30, deadline=None)
@given(messages=st.lists(st.lists(st.binary(max_size=100), min_size=1, max_size=4), max_size=20))
def test_any_messages(messages: list[list[bytes]]) -> None:
    """Any sequence of messages arrives whole and in order."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as a, context.socket(zmq.PULL) as b:
        b.bind("inproc://any")
        a.connect("inproc://any")
        b.rcvtimeo = 5000
        for parts in messages:
            a.send_multipart(parts)
        assert [b.recv_multipart() for _ in messages] == messages
        with pytest.raises(zmq.Again):
            b.recv(zmq.DONTWAIT)


def errno_of(operation: Callable[[], object]) -> int | None:
    with pytest.raises(zmq.ZMQError) as caught:
        operation()
    return caught.value.errno


def test_errors(socket: SocketFactory, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """Each failure has its own class and number."""
    a, _ = pair
    req, pull, push = socket(zmq.REQ), socket(zmq.PULL), socket(zmq.PUSH, sndtimeo=0)
    router = socket(zmq.ROUTER, router_mandatory=1)
    assert errno_of(lambda: a.recv(zmq.DONTWAIT)) == zmq.EAGAIN
    assert errno_of(lambda: a.recv(zmq.DONTWAIT, copy=False)) == zmq.EAGAIN
    assert errno_of(lambda: a.recv_multipart(zmq.DONTWAIT)) == zmq.EAGAIN
    assert errno_of(lambda: a.recv_into(bytearray(1), flags=zmq.DONTWAIT)) == zmq.EAGAIN
    assert errno_of(lambda: push.send(b"")) == zmq.EAGAIN
    assert errno_of(lambda: push.send(b"", zmq.DONTWAIT)) == zmq.EAGAIN
    assert errno_of(lambda: push.send(b"", copy=False)) == zmq.EAGAIN
    assert errno_of(lambda: push.send(zmq.Frame(b""))) == zmq.EAGAIN
    assert errno_of(lambda: req.recv()) == zmq.EFSM
    assert errno_of(lambda: pull.send(b"")) == zmq.ENOTSUP
    assert errno_of(lambda: push.recv()) == zmq.ENOTSUP
    assert errno_of(lambda: router.send_multipart([b"nobody", b""])) == zmq.EHOSTUNREACH
    push.close()
    assert errno_of(lambda: push.send(b"")) == zmq.ENOTSOCK
    assert errno_of(lambda: push.send(b"", copy=False)) == zmq.ENOTSOCK
    assert errno_of(lambda: push.send_multipart([b"", b""])) == zmq.ENOTSOCK
    assert errno_of(lambda: push.recv()) == zmq.ENOTSOCK
    assert errno_of(lambda: push.get(zmq.LINGER)) == zmq.ENOTSOCK
    assert errno_of(lambda: push.set(zmq.LINGER, 0)) == zmq.ENOTSOCK
    assert errno_of(lambda: push.poll(0)) == zmq.ENOTSUP


def test_terminated_context(context: zmq.Context, socket: SocketFactory) -> None:
    """Calls on a socket whose context is being terminated raise ContextTerminated."""
    import threading

    from support import until

    pull = socket(zmq.PULL)
    thread = threading.Thread(target=context.term)
    thread.start()
    with pytest.raises(zmq.ContextTerminated):
        pull.recv()
    for operation in (
        lambda: pull.recv(zmq.DONTWAIT),
        lambda: pull.recv(copy=False),
        lambda: pull.get(zmq.LINGER),
        lambda: pull.poll(0),
    ):
        with pytest.raises(zmq.ContextTerminated):
            operation()
    pull.close(0)
    thread.join()
    until(lambda: context.closed)


def test_options(socket: SocketFactory) -> None:
    """Options of each type are read and written, and refused, alike."""
    one = socket(zmq.DEALER)
    one.linger = 7
    one.set(zmq.AFFINITY, 2**62)
    one.set(zmq.ROUTING_ID, b"\x01me\x00")
    one.rcvtimeo = -1
    assert one.get(zmq.LINGER) == one.linger == 7
    assert one.get(zmq.AFFINITY) == 2**62
    assert one.get(zmq.ROUTING_ID) == b"\x01me\x00"
    assert one.get(zmq.TYPE) == zmq.DEALER
    assert one.rcvtimeo == -1
    assert errno_of(lambda: one.set(zmq.SNDHWM, -5)) == zmq.EINVAL
    assert errno_of(lambda: one.set(zmq.TYPE, 1)) == zmq.EINVAL
    assert errno_of(lambda: one.get(zmq.SUBSCRIBE)) == zmq.EINVAL
    for value in (2**31, -(2**31) - 1, 2**100):
        with pytest.raises(OverflowError):
            one.set(zmq.LINGER, value)
    for value in ("text", b"bytes", None, 1.5):
        with pytest.raises(TypeError):
            one.set(zmq.LINGER, value)


def test_polling(pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """Socket.poll and Poller.poll agree about what is ready."""
    a, b = pair
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN | zmq.POLLOUT)
    assert b.poll(0) == 0
    assert poller.poll(0) == [(b, zmq.POLLOUT)]
    a.send(b"x")
    assert b.poll(1000) == b.poll(0) == zmq.POLLIN
    assert b.poll(0, zmq.POLLIN | zmq.POLLOUT) == zmq.POLLIN | zmq.POLLOUT
    assert poller.poll(0) == poller.poll(1000) == [(b, zmq.POLLIN | zmq.POLLOUT)]
    assert b.recv() == b"x"
    assert b.poll(1) == 0
    assert dict(poller.poll(0)) == {b: zmq.POLLOUT}


@pytest.mark.parametrize("flags", [2**31, 2**64, -(2**40)])
def test_flags_that_do_not_fit(flags: int, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """Flags that C's int cannot hold are refused, and never cut to others."""
    a, b = pair
    for operation in (
        lambda: a.send(b"x", flags),
        lambda: a.send(b"x", flags, copy=False),
        lambda: a.send_multipart([b"x"], flags),
        lambda: b.recv(flags),
        lambda: b.recv(flags, copy=False),
        lambda: b.recv_multipart(flags),
        lambda: b.recv_into(bytearray(1), flags=flags),
    ):
        with pytest.raises(OverflowError):
            operation()
    assert b.poll(0) == 0


def test_tracking(pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """A tracked message is done when the receiver let it go."""
    a, b = pair
    tracker = a.send(body(100_000), copy=False, track=True)
    assert isinstance(tracker, zmq.MessageTracker)
    assert tracker.done == (not memory.ZERO_COPY)
    assert b.recv() == body(100_000)
    tracker.wait(5)


@pytest.mark.skipif(not memory.CPYTHON, reason="Frames of other tests come back at any time")
def test_structures_come_back(socket: SocketFactory) -> None:
    """When an operation fails, the message structure it took is there for the next one."""
    b = socket(zmq.PAIR)
    del memory.spare[:], memory.asks[:]
    gc.collect()
    gc.freeze()  # what others left is not gone through each time
    for _ in range(10):
        for operation in (
            lambda: b.recv(zmq.DONTWAIT),
            lambda: b.recv(zmq.DONTWAIT, copy=False),
            lambda: b.recv_multipart(zmq.DONTWAIT),
            lambda: b.send(zmq.Frame(b"x"), zmq.DONTWAIT),
            lambda: b.send(bytes(70_000), zmq.DONTWAIT, copy=False),
        ):
            assert errno_of(operation) == zmq.EAGAIN
            gc.collect()  # the exception's frames hold the Frame that was not sent
    gc.unfreeze()
    assert 1 <= len(memory.spare) <= 5
    assert len(memory.asks) == 1


def test_environment_chooses(form: str) -> None:
    """ZMQ_FAST=0 chooses the slow twins for a whole program."""
    program = "from zmq._ctypes import fast; print(fast.enabled, fast.AVAILABLE)"
    assert run(program, ZMQ_FAST="0").split() == ["False", str(fast.AVAILABLE)]
    assert run(program, ZMQ_FAST="1").split() == [str(fast.AVAILABLE)] * 2
