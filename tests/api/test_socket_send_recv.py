# SPDX-License-Identifier: BSD-3-Clause
"""Sending and receiving, in every form."""

from __future__ import annotations

import array
import pickle
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from support import PATIENCE_MS, until

import zmq
from zmq._ctypes import fast, memory
from zmq.utils.monitor import recv_monitor_message

LIMITS = sorted(
    {
        size + step
        for size in (0, 29, 33, 64, 255, fast.RELEASING, zmq.COPY_THRESHOLD)
        for step in (-1, 0, 1)
        if size + step >= 0
    }
)
"""Sizes around which the way of a message changes, here or in libzmq."""

Pair = tuple[zmq.Socket, zmq.Socket]


@pytest.fixture
def pair(connected: Any) -> Pair:
    made: Pair = connected(zmq.PAIR, zmq.PAIR)
    return made


def content(size: int) -> bytes:
    return bytes(range(256)) * (size // 256) + bytes(range(size % 256))


# --- one part -------------------------------------------------------------------------------------

SENDERS: dict[str, Callable[[zmq.Socket, bytes], Any]] = {
    "bytes": lambda socket, data: socket.send(data),
    "keywords": lambda socket, data: socket.send(data=data, flags=0, copy=True, track=False),
    "nowait": lambda socket, data: socket.send(data, zmq.DONTWAIT),
    "shared": lambda socket, data: socket.send(data, copy=False),
    "shared and tracked": lambda socket, data: socket.send(data, copy=False, track=True),
    "bytearray": lambda socket, data: socket.send(bytearray(data)),
    "memoryview": lambda socket, data: socket.send(memoryview(data)),
    "shared bytearray": lambda socket, data: socket.send(bytearray(data), copy=False),
    "array": lambda socket, data: socket.send(array.array("B", data)),
    "frame": lambda socket, data: socket.send(zmq.Frame(data)),
    "shared frame": lambda socket, data: socket.send(zmq.Frame(data, copy=False), copy=False),
    "multipart": lambda socket, data: socket.send_multipart([data]),
    "multipart shared": lambda socket, data: socket.send_multipart([data], copy=False),
    "multipart frame": lambda socket, data: socket.send_multipart([zmq.Frame(data)]),
    "serialized": lambda socket, data: socket.send_serialized(data, lambda data: [data]),
}

RECEIVERS: dict[str, Callable[[zmq.Socket], bytes]] = {
    "bytes": lambda socket: socket.recv(),
    "keywords": lambda socket: socket.recv(flags=0, copy=True, track=False),
    "frame": lambda socket: socket.recv(copy=False).bytes,
    "tracked frame": lambda socket: socket.recv(copy=False, track=True).bytes,
    "buffer of a frame": lambda socket: bytes(socket.recv(copy=False).buffer),
    "multipart": lambda socket: socket.recv_multipart()[0],
    "multipart frames": lambda socket: socket.recv_multipart(copy=False)[0].bytes,
    "serialized": lambda socket: socket.recv_serialized(lambda parts: parts[0]),
}


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
def test_every_form_sends_the_same(
    send: Callable[[zmq.Socket, bytes], Any], pair: Pair
) -> None:
    """Whatever the form and the size, the same bytes arrive, as one part."""
    a, b = pair
    for size in LIMITS:
        send(a, content(size))
        assert b.recv() == content(size)
        assert not b.rcvmore


@pytest.mark.parametrize("receive", RECEIVERS.values(), ids=RECEIVERS)
def test_every_form_receives_the_same(
    receive: Callable[[zmq.Socket], bytes], pair: Pair
) -> None:
    """Whatever the form and the size, what is received is what was sent."""
    a, b = pair
    for size in LIMITS:
        a.send(content(size))
        assert receive(b) == content(size)


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_over_a_wire(transport: str, connected: Any) -> None:
    """Every form arrives whole through a network connection."""
    if transport == "ipc" and not zmq.has("ipc") and zmq.zmq_version_info() >= (4, 1):
        pytest.skip("this libzmq has no ipc")
    a, b = connected(zmq.PAIR, zmq.PAIR, transport)
    for send in SENDERS.values():
        for size in LIMITS:
            send(a, content(size))
            assert b.recv() == content(size)


def test_results_of_send(pair: Pair) -> None:
    """A copy gives None; sharing gives a tracker where one was asked for or is there anyway."""
    a, _ = pair
    large = b"x" * 100_000
    assert a.send(b"x") is None
    assert a.send(large, track=True) is None
    assert a.send(large, copy=False) is None
    assert isinstance(a.send(large, copy=False, track=True), zmq.MessageTracker)
    assert a.send(b"x", copy=False, track=True).done
    frame = zmq.Frame(large, track=True)
    assert a.send(frame, copy=False, track=True) is frame.tracker
    assert a.send_multipart([b"x", large]) is None
    tracker = a.send_multipart([large, b"x"], copy=False, track=True)
    assert isinstance(tracker, zmq.MessageTracker)


def test_tracker_of_a_multipart_message_knows_every_part(pair: Pair) -> None:
    """As long as one part is in use, the tracker of the message is not done."""
    a, b = pair
    data = bytearray(100_000)
    tracker = a.send_multipart([data, b"small"], copy=False, track=True)
    if memory.ZERO_COPY:
        with pytest.raises(zmq.NotDone):
            tracker.wait(0)
    assert b.recv_multipart() == [data, b"small"]
    tracker.wait(5)
    assert tracker.done


def test_threshold_of_sharing(pair: Pair) -> None:
    """Below the socket's copy_threshold data is copied: the tracker is done at once."""
    a, b = pair
    assert a.copy_threshold == zmq.COPY_THRESHOLD
    a.copy_threshold = 33000
    assert a.send(bytes(32999), copy=False, track=True).done
    tracker = a.send(bytes(33000), copy=False, track=True)
    assert tracker.done is not memory.ZERO_COPY
    assert [len(b.recv()) for _ in range(2)] == [32999, 33000]
    tracker.wait(5)


def test_a_frame_is_sent_any_number_of_times(pair: Pair) -> None:
    """Sending a Frame leaves it as it was."""
    a, b = pair
    for size in (0, 10, 100, 100_000):
        frame = zmq.Frame(content(size))
        for copy in (True, False, True):
            a.send(frame, copy=copy)
            assert b.recv() == content(size)
        assert frame.bytes == content(size)


def test_a_received_frame_is_sent_on(pair: Pair) -> None:
    """A Frame that was received can be sent, and is still there."""
    a, b = pair
    a.send(b"first" * 20)
    frame = b.recv(copy=False)
    b.send(frame)
    assert a.recv() == frame.bytes == b"first" * 20


def test_received_frame(pair: Pair) -> None:
    """A received Frame says whether more follows; it is tracked if that was asked for."""
    a, b = pair
    a.send_multipart([b"1", b"2"])
    first, second = b.recv(copy=False), b.recv(copy=False, track=True)
    assert (first.more, second.more) == (True, False)
    assert first.tracker is None
    assert second.tracker.done


def test_buffer_may_change_after_a_copy(pair: Pair) -> None:
    """What is sent as a copy does not change with the buffer, which can be resized at once."""
    a, b = pair
    for size in (10, 1000, 100_000):
        data = bytearray(b"x" * size)
        a.send(data)
        data[:] = b""
        assert b.recv() == b"x" * size


def test_order_is_kept(pair: Pair) -> None:
    """Messages of all forms arrive in the order in which they were sent."""
    a, b = pair
    for number, send in enumerate(SENDERS.values()):
        send(a, b"%d" % number)
    assert [b.recv() for _ in SENDERS] == [b"%d" % number for number in range(len(SENDERS))]


def test_more_flag(pair: Pair) -> None:
    """Parts sent one by one with SNDMORE make one message, which arrives whole."""
    a, b = pair
    a.send(b"1", zmq.SNDMORE)
    a.send(bytearray(b"2"), flags=zmq.SNDMORE)
    a.send(zmq.Frame(b"3"), zmq.SNDMORE | zmq.DONTWAIT)
    assert b.poll(0) == 0
    a.send(b"4", copy=False)
    received = []
    for more in (1, 1, 1, 0):
        received.append(b.recv())
        assert b.rcvmore == b.getsockopt(zmq.RCVMORE) == more
    assert received == [b"1", b"2", b"3", b"4"]


# --- multipart ------------------------------------------------------------------------------------


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_multipart(count: int, copy: bool, pair: Pair) -> None:
    """A message of any number of parts arrives with the same parts."""
    a, b = pair
    parts = [content(LIMITS[number % len(LIMITS)]) for number in range(count)]
    a.send_multipart(parts, copy=copy)
    assert b.recv_multipart() == parts
    a.send_multipart(parts, copy=copy)
    frames = b.recv_multipart(copy=False)
    assert [frame.bytes for frame in frames] == parts
    assert [frame.more for frame in frames] == [True] * (count - 1) + [False]


@pytest.mark.parametrize(
    "make", [list, tuple, deque, iter, lambda parts: (part for part in parts)]
)
def test_any_iterable_of_parts(make: Callable[[Any], Any], pair: Pair) -> None:
    """The parts may come from any iterable."""
    a, b = pair
    a.send_multipart(make([b"1", b"2", b"3"]))
    assert b.recv_multipart() == [b"1", b"2", b"3"]


def test_parts_of_every_kind(pair: Pair) -> None:
    """Parts of different kinds go into one message."""
    a, b = pair
    parts: list[Any] = [b"1", bytearray(b"2"), memoryview(b"3"), zmq.Frame(b"4"), b""]
    for copy in (True, False):
        a.send_multipart(parts, copy=copy)
        assert b.recv_multipart() == [b"1", b"2", b"3", b"4", b""]


def test_multipart_in_pieces(pair: Pair) -> None:
    """send_multipart with SNDMORE leaves the message open, and recv takes single parts of one."""
    a, b = pair
    a.send_multipart([b"1", b"2"], zmq.SNDMORE)
    assert b.poll(0) == 0
    a.send(b"3")
    assert b.recv() == b"1"
    assert b.recv_multipart() == [b"2", b"3"]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize(
    "part", ["text", None, 5, 1.5, ["b"], object(), {}], ids=lambda part: type(part).__name__
)
def test_failed_check_sends_nothing(part: Any, copy: bool, pair: Pair) -> None:
    """A part that cannot be sent is found before any is sent, and its position is told."""
    a, b = pair
    with pytest.raises(TypeError, match=r"Frame 2 \(.*\) does not support the buffer interface"):
        a.send_multipart([b"1", b"2", part], copy=copy)
    assert b.poll(0) == 0
    a.send(b"next")
    assert b.recv_multipart() == [b"next"]


@pytest.mark.parametrize("copy", [True, False])
def test_failed_check_of_a_buffer_sends_nothing(copy: bool, pair: Pair) -> None:
    """A part that is not contiguous, or an untracked Frame, keeps the whole message back."""
    a, b = pair
    with pytest.raises(BufferError, match="Frame 1"):
        a.send_multipart([b"1", memoryview(b"abcd")[::2]], copy=copy)
    with pytest.raises(ValueError, match="Not a tracked message"):
        a.send_multipart([b"1", zmq.Frame(b"2")], copy=False, track=True)
    with pytest.raises(TypeError):
        a.send_multipart([b"1", b"2"], flags="x", copy=copy)  # type: ignore[arg-type]
    a.send(b"next")
    assert b.recv_multipart() == [b"next"]


@pytest.mark.parametrize("parts", [[], (), iter([]), ""], ids=repr)
def test_no_parts(parts: Any, pair: Pair) -> None:
    """A message without parts is an error and sends nothing."""
    a, b = pair
    with pytest.raises(IndexError):
        a.send_multipart(parts)
    a.send(b"next")
    assert b.recv_multipart() == [b"next"]


def test_a_string_is_not_a_list_of_parts(pair: Pair) -> None:
    """bytes and str instead of a list are refused, not sent letter by letter."""
    for parts in (b"bytes", "text", 5, None):
        with pytest.raises(TypeError):
            pair[0].send_multipart(parts)  # type: ignore[arg-type]
    assert pair[1].poll(0) == 0


@pytest.mark.parametrize("copy", [True, False])
def test_send_that_cannot_be_done_sends_no_part(copy: bool, socket: Any) -> None:
    """A multipart message that nobody takes is Again, and the next one starts from its front."""
    a = socket(zmq.PUSH, sndtimeo=0)
    with pytest.raises(zmq.Again):
        a.send_multipart([b"1", b"2"], copy=copy)
    b = socket(zmq.PULL)
    b.bind("inproc://late")
    a.connect("inproc://late")
    a.send_multipart([b"3", b"4"], copy=copy)
    assert b.recv_multipart() == [b"3", b"4"]


# --- into memory that is there --------------------------------------------------------------------


def test_recv_into(pair: Pair) -> None:
    """recv_into fills the front of a buffer and returns the size of the part."""
    a, b = pair
    buffer = bytearray(b"." * 8)
    a.send(b"12345")
    assert b.recv_into(buffer) == 5
    assert buffer == b"12345..."
    a.send(b"")
    assert b.recv_into(buffer) == 0
    assert buffer == b"12345..."


def test_recv_into_cuts(pair: Pair) -> None:
    """A part that is larger than what is to be stored is cut, and its true size returned."""
    a, b = pair
    for options, stored in (({}, b"0123"), ({"nbytes": 2}, b"01.."), ({"nbytes": 4}, b"0123")):
        buffer = bytearray(b"....")
        a.send(b"0123456789")
        assert b.recv_into(buffer, **options) == 10
        assert buffer == stored
    a.send(b"x")
    assert b.recv_into(bytearray()) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: memoryview(bytearray(100))[10:],
        lambda: array.array("i", [0] * 25),
        lambda: memoryview(bytearray(100)).cast("B", (10, 10)),
        lambda: memoryview(array.array("d", [0.0] * 12)),
    ],
    ids=["slice", "array", "two dimensions", "doubles"],
)
def test_recv_into_any_writable_buffer(make: Callable[[], Any], pair: Pair) -> None:
    """Any contiguous writable buffer will do, whatever its items and dimensions."""
    a, b = pair
    buffer = make()
    a.send(b"0123456789" * 8)
    assert b.recv_into(buffer) == 80
    assert memoryview(buffer).tobytes()[:80] == b"0123456789" * 8


def test_recv_into_frees_the_buffer(pair: Pair) -> None:
    """After recv_into, whether or not it failed, the buffer can be resized."""
    a, b = pair
    buffer = bytearray(4)
    a.send(b"1234")
    b.recv_into(buffer)
    buffer.append(5)
    with pytest.raises(zmq.Again):
        b.recv_into(buffer, flags=zmq.DONTWAIT)
    with pytest.raises(ValueError, match="nbytes=9"):
        b.recv_into(buffer, nbytes=9)
    buffer.append(6)


@pytest.mark.parametrize(
    ("buffer", "options", "error"),
    [
        (b"readonly", {}, BufferError),
        (memoryview(b"readonly"), {}, BufferError),
        (memoryview(bytearray(8))[::2], {}, BufferError),
        ("text", {}, TypeError),
        (None, {}, TypeError),
        (5, {}, TypeError),
        (bytearray(4), {"nbytes": 5}, ValueError),
        (bytearray(4), {"nbytes": -1}, ValueError),
        (bytearray(4), {"nbytes": 2**70}, ValueError),
        (bytearray(4), {"nbytes": 1.0}, TypeError),
        (bytearray(4), {"nbytes": "1"}, TypeError),
        (bytearray(4), {"nbytes": None}, TypeError),
        (bytearray(4), {"flags": "x"}, TypeError),
        (bytearray(4), {"flags": 2**40}, OverflowError),
    ],
)
def test_recv_into_refuses_before_it_receives(
    buffer: Any, options: Any, error: type[Exception], pair: Pair
) -> None:
    """A buffer that will not do is refused, and the message is still there."""
    a, b = pair
    a.send(b"still there")
    with pytest.raises(error):
        b.recv_into(buffer, **options)
    assert b.recv() == b"still there"


# --- waiting, and not -----------------------------------------------------------------------------

RECEIVING: list[Callable[..., Any]] = [
    zmq.Socket.recv,
    zmq.Socket.recv_multipart,
    zmq.Socket.recv_string,
    zmq.Socket.recv_json,
    zmq.Socket.recv_pyobj,
    lambda socket, flags=0: socket.recv(flags, copy=False),
    lambda socket, flags=0: socket.recv_multipart(flags, copy=False),
    lambda socket, flags=0: socket.recv_into(bytearray(5), flags=flags),
    lambda socket, flags=0: socket.recv_serialized(list, flags),
]
SENDING: list[Callable[..., Any]] = [
    lambda socket, flags=0: socket.send(b"x", flags),
    lambda socket, flags=0: socket.send(b"x" * 100_000, flags),
    lambda socket, flags=0: socket.send(bytearray(b"x"), flags),
    lambda socket, flags=0: socket.send(b"x" * 100_000, flags, copy=False),
    lambda socket, flags=0: socket.send(b"x", flags, copy=False),
    lambda socket, flags=0: socket.send(zmq.Frame(b"x"), flags),
    lambda socket, flags=0: socket.send_multipart([b"x", b"y"], flags),
    lambda socket, flags=0: socket.send_multipart([b"x", b"y"], flags, copy=False),
    lambda socket, flags=0: socket.send_string("x", flags),
    lambda socket, flags=0: socket.send_json("x", flags),
    lambda socket, flags=0: socket.send_pyobj("x", flags),
    lambda socket, flags=0: socket.send_serialized("x", lambda text: [text.encode()], flags),
]


@pytest.mark.parametrize("operation", RECEIVING + SENDING)
def test_again(operation: Callable[..., Any], socket: Any) -> None:
    """What cannot be done is Again: at once with DONTWAIT, after the time-out without."""
    one = socket(zmq.DEALER)
    with pytest.raises(zmq.Again) as raised:
        operation(one, zmq.DONTWAIT)
    assert raised.value.errno == zmq.EAGAIN
    for timeout in (0, 5):
        one.rcvtimeo = one.sndtimeo = timeout
        with pytest.raises(zmq.Again):
            operation(one)


@pytest.mark.parametrize("operation", RECEIVING)
def test_receiving_waits(operation: Callable[..., Any], pair: Pair) -> None:
    """Receiving waits until a message comes."""
    a, b = pair
    waits = threading.Event()
    received: list[Any] = []

    def receive() -> None:
        waits.set()
        received.append(operation(b))

    thread = threading.Thread(target=receive)
    thread.start()
    waits.wait()
    # A pickle of the oldest protocol is also text, but not JSON.
    a.send(b"1" if operation is zmq.Socket.recv_json else pickle.dumps(1, 0))
    thread.join()
    assert len(received) == 1


def test_sending_waits_for_room(socket: Any) -> None:
    """Sending waits while the high water mark is reached, and goes on when there is room."""
    a, b = socket(zmq.PUSH, sndhwm=1), socket(zmq.PULL, rcvhwm=1)
    b.bind("inproc://narrow")
    a.connect("inproc://narrow")
    with pytest.raises(zmq.Again):
        for _ in range(100):
            a.send(b"x", zmq.DONTWAIT)
    sent = threading.Event()

    def send() -> None:
        a.send(b"last")
        sent.set()

    thread = threading.Thread(target=send)
    thread.start()
    while b.recv() != b"last":
        pass
    thread.join()
    assert sent.is_set()


@pytest.mark.parametrize("operation", RECEIVING)
def test_types_that_do_not_receive(operation: Callable[..., Any], socket: Any) -> None:
    """Receiving from a type that only sends is ENOTSUP, and the text says so."""
    with pytest.raises(zmq.ZMQError, match="this type only sends") as raised:
        operation(socket(zmq.PUSH))
    assert raised.value.errno == zmq.ENOTSUP


@pytest.mark.parametrize("operation", SENDING)
def test_types_that_do_not_send(operation: Callable[..., Any], socket: Any) -> None:
    """Sending with a type that only receives is ENOTSUP, and the text says so."""
    with pytest.raises(zmq.ZMQError, match="this type only receives") as raised:
        operation(socket(zmq.PULL))
    assert raised.value.errno == zmq.ENOTSUP


def test_request_and_reply_alternate(connected: Any) -> None:
    """Out of turn REQ and REP raise EFSM, say whose turn it is, and go on unharmed."""
    rep, req = connected(zmq.REP, zmq.REQ)
    cases = [
        (req.recv, "a REQ must send a request before it can recv"),
        (lambda: rep.send(b"x"), "a REP must recv a request before it can send"),
    ]
    for operation, text in cases:
        with pytest.raises(zmq.ZMQError, match=text) as raised:
            operation()
        assert raised.value.errno == zmq.EFSM
    req.send(b"question")
    with pytest.raises(zmq.ZMQError, match="a REQ must recv the reply before the next send"):
        req.send(b"another")
    assert rep.recv() == b"question"
    with pytest.raises(zmq.ZMQError, match="a REP must send its reply before the next recv"):
        rep.recv()
    rep.send(b"answer")
    assert req.recv() == b"answer"


def test_unroutable(socket: Any) -> None:
    """A ROUTER drops what nobody is called; with ROUTER_MANDATORY it raises EHOSTUNREACH."""
    router = socket(zmq.ROUTER)
    router.send_multipart([b"nobody", b"x"])
    router.router_mandatory = 1
    for send in (router.send_multipart, lambda parts: router.send_multipart(parts, copy=False)):
        with pytest.raises(zmq.ZMQError, match="no peer has the routing id") as raised:
            send([b"nobody", b"x"])
        assert raised.value.errno == zmq.EHOSTUNREACH
    dealer = socket(zmq.DEALER, routing_id=b"somebody")
    router.bind("inproc://router")
    dealer.connect("inproc://router")
    router.poll(0)  # only now it knows who has come
    router.send_multipart([b"somebody", b"x"])
    assert dealer.recv() == b"x"


def test_published_to_nobody(socket: Any) -> None:
    """A PUB without subscribers drops what it is given, without waiting."""
    one = socket(zmq.PUB)
    for send in SENDERS.values():
        send(one, b"x" * 100_000)


@pytest.mark.parametrize("copy", [True, False])
def test_what_fails_to_be_sent_is_let_go(copy: bool, socket: Any) -> None:
    """After a failed send the buffer is free again."""
    one = socket(zmq.PUSH, sndtimeo=0)
    data = bytearray(100_000)
    with pytest.raises(zmq.Again):
        one.send(data, copy=copy)
    with pytest.raises(zmq.Again):
        one.send_multipart([data, data], copy=copy)

    def resized() -> bool:
        try:
            data.append(1)
        except BufferError:
            return False
        return True

    # The buffer is let go when somebody looks.
    until(lambda: memory.sweep(100) or resized())


def test_receiving_through_a_signal_handler(pair: Pair) -> None:
    """Receiving is reentrant: a function called between two parts may receive itself."""
    a, b = pair
    for number in range(6):
        a.send(b"%d" % number * 50)
    frames = [b.recv(copy=False)]
    received = [b.recv(), b.recv_multipart()[0]]
    frames.append(b.recv(copy=False))
    received += [b.recv(), b.recv()]
    assert [frame.bytes[:1] for frame in frames] == [b"0", b"3"]
    assert [data[:1] for data in received] == [b"1", b"2", b"4", b"5"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (zmq.PAIR, zmq.PAIR),
        (zmq.PUSH, zmq.PULL),
        (zmq.PUB, zmq.SUB),
        (zmq.XPUB, zmq.SUB),
        (zmq.DEALER, zmq.DEALER),
        (zmq.DEALER, zmq.REP),
        (zmq.REQ, zmq.REP),
        (zmq.DEALER, zmq.ROUTER),
    ],
    ids=lambda kind: zmq.SocketType(kind).name,
)
def test_every_pattern(first: int, second: int, connected: Any) -> None:
    """Each pattern of socket types takes a message of several parts from one to the other."""
    a, b = connected(first, second)
    parts = [b"", b"1", b"x" * 1000] if second == zmq.REP and first == zmq.DEALER else [b"1", b"2"]
    if first == zmq.XPUB:
        assert a.recv() == b"\x01"
    elif first == zmq.PUB:
        until(lambda: (a.send(b"are you there"), b.poll(1))[1])
        while b.poll(0):
            b.recv()
    a.send_multipart(parts)
    received = b.recv_multipart()
    assert received[-len(parts) + (first == zmq.DEALER and second == zmq.REP) :] == (
        parts[1:] if first == zmq.DEALER and second == zmq.REP else parts
    )


@pytest.mark.libzmq("4.1")
def test_stream_talks_to_a_plain_socket(socket: Any) -> None:
    """A STREAM exchanges bytes with what is no ZeroMQ socket at all."""
    import socket as plain

    one = socket(zmq.STREAM)
    one.bind("tcp://127.0.0.1:*")
    port = int(one.last_endpoint.rpartition(b":")[2])
    with plain.create_connection(("127.0.0.1", port), timeout=5) as peer:
        name, hello = one.recv_multipart()
        assert hello == b""
        peer.sendall(b"ping")
        assert one.recv_multipart() == [name, b"ping"]
        one.send_multipart([name, b"pong"])
        assert peer.recv(4) == b"pong"


@pytest.mark.libzmq("4.3")
@pytest.mark.parametrize("kind", [zmq.PUSH, zmq.DEALER])
@pytest.mark.parametrize(
    "finish",
    [
        lambda socket: socket.send(b"rest"),
        lambda socket: socket.send(zmq.Frame(b"rest")),
        lambda socket: socket.send_multipart([b"more", b"rest"]),
        lambda socket: socket.send_multipart([zmq.Frame(b"more"), b"rest"]),
        lambda socket: socket.send(bytes(70000), copy=False),
    ],
    ids=["bytes", "frame", "parts", "frames", "shared"],
)
def test_the_rest_of_a_message_is_no_message(
    kind: int, finish: Callable[[zmq.Socket], object], socket: Callable[..., zmq.Socket]
) -> None:
    """When the peer goes away between two parts, no other peer gets the parts that are left."""
    sender = socket(kind)
    sender.bind("tcp://127.0.0.1:*")
    events = sender.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
    events.rcvtimeo = PATIENCE_MS

    def happened() -> int:
        return recv_monitor_message(events)["event"]

    def peer() -> zmq.Socket:
        one = socket(zmq.PULL if kind == zmq.PUSH else zmq.DEALER)
        one.connect(sender.last_endpoint)
        assert happened() == zmq.EVENT_HANDSHAKE_SUCCEEDED
        return one

    leaving = peer()
    sender.send(b"first", zmq.SNDMORE)
    leaving.close(0)
    assert happened() == zmq.EVENT_DISCONNECTED
    staying = peer()
    assert sender.poll(PATIENCE_MS, zmq.POLLOUT)
    finish(sender)
    sender.send(b"next")
    assert staying.recv_multipart() == [b"next"]


class Shouting(zmq.Socket):
    """A program's own socket, which changes each part on its way."""

    def send(self, data: Any, flags: int = 0, **kwargs: Any) -> Any:
        return super().send(bytes(data).upper(), flags, **kwargs)

    def recv(self, flags: int = 0, **kwargs: Any) -> Any:
        part = super().recv(flags, **kwargs)
        return part + b"!" if isinstance(part, bytes) else part


@pytest.mark.parametrize("kinds", [(zmq.PAIR, zmq.PAIR), (zmq.PUSH, zmq.PULL)])
@pytest.mark.parametrize("copy", [True, False])
def test_own_send_and_recv_serve_every_form(
    kinds: tuple[int, int], copy: bool, context: zmq.Context
) -> None:
    """A subclass's own send() and recv() have their part in all that is sent and received."""
    with Shouting(context, kinds[0]) as a, Shouting(context, kinds[1]) as b:
        a.bind("inproc://own")
        b.connect("inproc://own")
        a.send_multipart([b"one", b"two"], copy=copy)
        assert b.recv_multipart() == [b"ONE!", b"TWO!"]
        a.send_serialized("three", lambda text: [text.encode()], copy=copy)
        assert b.recv_serialized(lambda parts: parts) == [b"THREE!"]
        a.send_string("four")
        assert b.recv_string() == "FOUR!"
        with pytest.raises(TypeError):
            a.send_multipart([b"five", "six"])
        a.send(b"seven")
        assert b.recv_multipart(copy=False)[0].bytes == b"SEVEN"
