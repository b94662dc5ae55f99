# SPDX-License-Identifier: BSD-3-Clause
"""Whatever is wrong is a Python exception that says what, and never the end of the process."""

from __future__ import annotations

import copy
import errno
import gc
import os
import socket as plain
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

import programs
import pytest

import zmq

Pair = tuple[zmq.Socket, zmq.Socket]


@pytest.fixture
def pair(connected: Any) -> Pair:
    made: Pair = connected(zmq.PAIR, zmq.PAIR)
    return made


# --- data -----------------------------------------------------------------------------------------


class Liar(bytes):
    """Says of itself whatever a subclass of bytes can say."""

    def __len__(self) -> int:
        return 10**9

    def __bytes__(self) -> bytes:
        return b"something else"

    def __iter__(self) -> Any:
        return iter(())

    def __getitem__(self, item: Any) -> Any:
        return b"?"

    def __eq__(self, other: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return False

    __hash__ = bytes.__hash__


NO_DATA = ["text", "", None, 0, 5, 1.5, True, [b"x"], (b"x",), {}, object(), bytes, iter([b"x"])]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("data", NO_DATA, ids=lambda data: type(data).__name__)
def test_what_is_no_data(data: Any, copy: bool, pair: Pair) -> None:
    """What has no bytes is a TypeError, with any flags, and nothing is sent."""
    a, b = pair
    for options in ({}, {"flags": zmq.SNDMORE}, {"flags": zmq.DONTWAIT}, {"track": True}):
        with pytest.raises(TypeError):
            a.send(data, copy=copy, **options)
    with pytest.raises(TypeError):
        a.send_multipart([data], copy=copy)
    with pytest.raises(TypeError):
        zmq.Frame(data) if data is not None else a.send(None)
    assert b.poll(0) == 0
    a.send(b"next")
    assert b.recv_multipart() == [b"next"]


@pytest.mark.parametrize("copy", [True, False])
def test_str_says_what_to_do(copy: bool, pair: Pair) -> None:
    """Sending a str says that there is send_string."""
    with pytest.raises(TypeError, match="use send_string"):
        pair[0].send("text", copy=copy)  # type: ignore[arg-type]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("size", [0, 1, 33, 34, 4096, 100_000])
def test_subclasses_of_bytes(size: int, copy: bool, pair: Pair) -> None:
    """A subclass of bytes is the bytes that it has, whatever its methods say."""
    a, b = pair
    real = b"x" * size
    a.send(Liar(real), copy=copy)
    a.send(bytearray(real), copy=copy)
    a.send_multipart([Liar(real), b"y"], copy=copy)
    a.send(zmq.Frame(Liar(real)), copy=copy)
    assert [b.recv(), b.recv(), b.recv_multipart(), b.recv()] == [real, real, [real, b"y"], real]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("scale", [1, 10_000])
def test_shapes_of_buffers(scale: int, copy: bool, pair: Pair) -> None:
    """A contiguous buffer is sent whole, whatever its dimensions; any other is refused."""
    a, b = pair
    data = bytes(range(24)) * scale
    view = memoryview(data)
    for good in (
        view,
        view.cast("B", (2, 12 * scale)),
        view.cast("B", (2, 3, 4 * scale)),
        view.cast("I"),
        memoryview(bytearray(data)).toreadonly(),
        view[::1],
    ):
        a.send(good, copy=copy)
        assert b.recv() == data
    assert view[:0].nbytes == 0
    a.send(view[:0], copy=copy)
    a.send(memoryview(bytearray()), copy=copy)
    assert [b.recv(), b.recv()] == [b"", b""]
    for bad in (view[::2], view[::-1], memoryview(view[::3])):
        with pytest.raises(BufferError):
            a.send(bad, copy=copy)
    assert b.poll(0) == 0


@pytest.mark.parametrize("copy", [True, False])
def test_released_buffers(copy: bool, pair: Pair) -> None:
    """A memoryview that was released is Python's own ValueError."""
    view = memoryview(b"x" * 100)
    view.release()
    with pytest.raises(ValueError, match="released"):
        pair[0].send(view, copy=copy)
    assert pair[1].poll(0) == 0


FLAGS: list[tuple[Any, type[Exception]]] = [
    ("x", TypeError),
    ("1", TypeError),
    (b"1", TypeError),
    (None, TypeError),
    (1.0, TypeError),
    (1.5, TypeError),
    ([], TypeError),
    ({}, TypeError),
    (object(), TypeError),
    (2**31, OverflowError),
    (-(2**31) - 1, OverflowError),
    (2**64, OverflowError),
    (10**30, OverflowError),
]


@pytest.mark.parametrize(("flags", "error"), FLAGS, ids=lambda value: repr(value)[:20])
def test_wrong_flags(flags: Any, error: type[Exception], pair: Pair) -> None:
    """Flags that are no int, or do not fit one of C, are refused in every form."""
    a, b = pair
    b.send(b"still there")
    assert a.poll(1000)
    calls: list[Callable[[], Any]] = [
        lambda: a.send(b"x", flags),
        lambda: a.send(b"x" * 100_000, flags),
        lambda: a.send(b"x", flags, copy=False),
        lambda: a.send(bytearray(b"x"), flags),
        lambda: a.send(zmq.Frame(b"x"), flags),
        lambda: a.send_multipart([b"x", b"y"], flags),
        lambda: a.send_multipart([b"x", b"y"], flags, copy=False),
        lambda: a.send_string("x", flags),
        lambda: a.send_json(1, flags),
        lambda: a.send_pyobj(1, flags),
        lambda: a.recv(flags),
        lambda: a.recv(flags, copy=False),
        lambda: a.recv_multipart(flags),
        lambda: a.recv_multipart(flags, copy=False),
        lambda: a.recv_string(flags),
        lambda: a.recv_json(flags),
        lambda: a.recv_pyobj(flags),
        lambda: a.recv_into(bytearray(20), flags=flags),
    ]
    for call in calls:
        with pytest.raises(error, match="flags"):
            call()
    assert b.poll(0) == 0
    assert a.recv() == b"still there"


@pytest.mark.parametrize("flags", [-1, 4, 8, 2**31 - 1, -(2**31)])
def test_unknown_flags(flags: int, pair: Pair) -> None:
    """Flags that libzmq does not know are libzmq's to judge, and harm nothing."""
    a, b = pair
    for call in (
        lambda: a.send(b"x", flags),
        lambda: a.send(b"x", flags, copy=False),
        lambda: a.send(zmq.Frame(b"x"), flags),
        lambda: b.recv(flags | zmq.DONTWAIT),
        lambda: b.recv_multipart(flags | zmq.DONTWAIT),
    ):
        try:
            call()
        except zmq.ZMQError as error:
            assert error.errno in (zmq.EINVAL, zmq.EAGAIN)


# --- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("x",), TypeError),
        (([],), TypeError),
        ((0, "x"), TypeError),
        ((0, 1.5), TypeError),
        ((0, [1]), TypeError),
        ((1, "x"), TypeError),
        ((1, 1.5), TypeError),
    ],
)
def test_wrong_poll(arguments: Any, error: type[Exception], pair: Pair) -> None:
    """A time-out that is no number, and flags that are no int, are TypeErrors."""
    with pytest.raises(error):
        pair[0].poll(*arguments)


def test_poll_takes_what_is_a_time(pair: Pair) -> None:
    """Fractions, very long times and endless ones are times to wait."""
    a, b = pair
    a.send(b"x")
    for timeout in (None, -1, -5, 1.5, 0.9, 10**30, float("inf"), 5000, True):
        assert b.poll(timeout) == zmq.POLLIN
    assert b.poll(None, 0) == b.poll(None, None) == b.poll(0, None) == 0
    b.recv()
    for timeout in (0, 0.0, False, 1, 1.5):
        assert b.poll(timeout) == 0


# --- closed sockets -------------------------------------------------------------------------------

CLOSED: dict[str, Callable[[zmq.Socket], Any]] = {
    "send": lambda s: s.send(b"x"),
    "send large": lambda s: s.send(b"x" * 100_000),
    "send nowait": lambda s: s.send(b"x", zmq.DONTWAIT),
    "send shared": lambda s: s.send(b"x" * 100_000, copy=False),
    "send bytearray": lambda s: s.send(bytearray(b"x")),
    "send frame": lambda s: s.send(zmq.Frame(b"x")),
    "send_multipart": lambda s: s.send_multipart([b"x", b"y"]),
    "send_multipart one": lambda s: s.send_multipart([b"x"]),
    "send_multipart shared": lambda s: s.send_multipart([b"x", b"y"], copy=False),
    "send_multipart frame": lambda s: s.send_multipart([zmq.Frame(b"x")]),
    "send_string": lambda s: s.send_string("x"),
    "send_unicode": lambda s: s.send_unicode("x"),
    "send_json": lambda s: s.send_json(1),
    "send_pyobj": lambda s: s.send_pyobj(1),
    "send_serialized": lambda s: s.send_serialized(b"x", lambda data: [data]),
    "recv": lambda s: s.recv(),
    "recv nowait": lambda s: s.recv(zmq.DONTWAIT),
    "recv frame": lambda s: s.recv(copy=False),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_multipart frames": lambda s: s.recv_multipart(copy=False),
    "recv_into": lambda s: s.recv_into(bytearray(5)),
    "recv_string": lambda s: s.recv_string(),
    "recv_unicode": lambda s: s.recv_unicode(),
    "recv_json": lambda s: s.recv_json(),
    "recv_pyobj": lambda s: s.recv_pyobj(),
    "recv_serialized": lambda s: s.recv_serialized(list),
    "bind": lambda s: s.bind("inproc://closed"),
    "connect": lambda s: s.connect("inproc://closed"),
    "unbind": lambda s: s.unbind("inproc://closed"),
    "disconnect": lambda s: s.disconnect("inproc://closed"),
    "bind_to_random_port": lambda s: s.bind_to_random_port("tcp://127.0.0.1"),
    "bind_to_random_port range": lambda s: s.bind_to_random_port("tcp://127.0.0.1", 40000, 41000),
    "get": lambda s: s.get(zmq.LINGER),
    "get int64": lambda s: s.get(zmq.AFFINITY),
    "get bytes": lambda s: s.get(zmq.ROUTING_ID),
    "get events": lambda s: s.get(zmq.EVENTS),
    "get unknown": lambda s: s.get(9999),
    "getsockopt": lambda s: s.getsockopt(zmq.LINGER),
    "get_string": lambda s: s.get_string(zmq.ROUTING_ID),
    "set": lambda s: s.set(zmq.LINGER, 0),
    "set int64": lambda s: s.set(zmq.AFFINITY, 0),
    "set bytes": lambda s: s.set(zmq.ROUTING_ID, b"x"),
    "set name": lambda s: s.set(zmq.CONNECT_ROUTING_ID, b"x"),
    "set mandatory": lambda s: s.set(zmq.ROUTER_MANDATORY, 1),
    "setsockopt": lambda s: s.setsockopt(zmq.LINGER, 0),
    "set_string": lambda s: s.set_string(zmq.ROUTING_ID, "x"),
    "attribute": lambda s: s.linger,
    "ATTRIBUTE": lambda s: s.LINGER,
    "Attribute": lambda s: s.Linger,
    "assign": lambda s: setattr(s, "linger", 0),
    "hwm": lambda s: s.hwm,
    "set hwm": lambda s: setattr(s, "hwm", 1),
    "get_hwm": lambda s: s.get_hwm(),
    "set_hwm": lambda s: s.set_hwm(1),
    "fileno": lambda s: s.fileno(),
    "subscribe": lambda s: s.subscribe(b""),
    "unsubscribe": lambda s: s.unsubscribe(b""),
    "poll": lambda s: s.poll(0),
    "poll for ever": lambda s: s.poll(),
    "Poller": lambda s: polled(s),
    "monitor": lambda s: s.monitor("inproc://closed"),
    "monitor(None)": lambda s: s.monitor(None),
    "get_monitor_socket": lambda s: s.get_monitor_socket(),
    "disable_monitor": lambda s: s.disable_monitor(),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "shadow": zmq.Socket.shadow,
    "Socket": zmq.Socket,
}
if zmq.DRAFT_API:
    CLOSED["join"] = lambda s: s.join("x")
    CLOSED["leave"] = lambda s: s.leave("x")


def polled(socket: zmq.Socket) -> Any:
    poller = zmq.Poller()
    poller.register(socket)
    return poller.poll(0)


@pytest.mark.parametrize("kind", [zmq.PAIR, zmq.ROUTER, zmq.SUB])
@pytest.mark.parametrize("call", CLOSED.values(), ids=CLOSED)
def test_closed_socket(call: Callable[[zmq.Socket], Any], kind: int, socket: Any) -> None:
    """Everything on a closed socket is ENOTSOCK or ENOTSUP, and tells where the socket was made."""
    one = socket(kind)
    one.close()
    with pytest.raises(zmq.ZMQError, match="is closed") as raised:
        call(one)
    assert raised.value.errno in (zmq.ENOTSOCK, zmq.ENOTSUP)
    assert "zmq.Socket(zmq." in str(raised.value)
    if raised.value.errno == zmq.ENOTSOCK:
        assert "conftest.py:" in str(raised.value)


@pytest.mark.parametrize("call", CLOSED.values(), ids=CLOSED)
def test_socket_closed_through_another_view(call: Any, socket: Any) -> None:
    """A socket whose C socket was closed through a shadow is as closed as can be."""
    one = socket(zmq.PAIR)
    shadow = zmq.Socket.shadow(one.underlying)
    zmq.Socket.shadow(one).close()
    for view in (one, shadow):
        with pytest.raises(zmq.ZMQError) as raised:
            call(view)
        assert raised.value.errno in (zmq.ENOTSOCK, zmq.ENOTSUP)


def test_what_a_closed_socket_still_says(socket: Any) -> None:
    """A closed socket has a type, a context, a repr, and closes again."""
    one = socket(zmq.PUSH)
    context = one.context
    one.close()
    assert one.closed
    assert one.underlying == 0
    assert (one.type, one.socket_type, one.context) == (zmq.PUSH, zmq.PUSH, context)
    assert repr(one) == f"<zmq.Socket(zmq.PUSH) at {id(one):#x} closed>"
    assert not hasattr(one, "nonsense")
    one.close()
    one.close(0)
    with one as same:
        assert same is one


@pytest.mark.parametrize("linger", ["x", 1.5, b"x", [], 2**31])
def test_wrong_linger(linger: Any, socket: Any) -> None:
    """close() with what is no linger is refused, and the socket is still open."""
    one = socket(zmq.PUSH)
    with pytest.raises((TypeError, OverflowError), match="LINGER"):
        one.close(linger)
    assert not one.closed
    one.close(linger=True)
    assert one.closed


@pytest.mark.libzmq("4.0")
def test_impossible_linger(socket: Any) -> None:
    """close() with a linger that libzmq does not take is EINVAL, and the socket is still open."""
    one = socket(zmq.PUSH)
    with pytest.raises(zmq.ZMQError) as raised:
        one.close(-5)
    assert raised.value.errno == zmq.EINVAL
    assert not one.closed


# --- shadows --------------------------------------------------------------------------------------

SHADOWS: dict[str, Callable[[zmq.Socket], zmq.Socket]] = {
    "Socket(socket)": lambda socket: zmq.Socket(socket),
    "Socket(shadow=socket)": lambda socket: zmq.Socket(shadow=socket),
    "Socket(shadow=address)": lambda socket: zmq.Socket(shadow=socket.underlying),
    "shadow(socket)": lambda socket: zmq.Socket.shadow(socket),
    "shadow(address)": lambda socket: zmq.Socket.shadow(socket.underlying),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "shadow of a shadow": lambda socket: zmq.Socket.shadow(zmq.Socket.shadow(socket)),
}
shadows = pytest.mark.parametrize("shadow", SHADOWS.values(), ids=SHADOWS)


@shadows
def test_shadow(shadow: Any, pair: Pair) -> None:
    """A shadow is the same C socket: type, options and messages are the same."""
    a, b = pair
    other = shadow(a)
    assert other is not a
    assert (other.underlying, other.type) == (a.underlying, a.type)
    other.linger = 77
    assert a.linger == 77
    other.send(b"1")
    a.send(b"2")
    assert [b.recv(), b.recv()] == [b"1", b"2"]
    b.send(b"3")
    assert other.recv() == b"3"


@shadows
@pytest.mark.parametrize("by_shadow", [False, True])
def test_closing_either(by_shadow: bool, shadow: Any, socket: Any) -> None:
    """Closing either closes both; closing the other then does nothing."""
    one = socket(zmq.PAIR)
    other = shadow(one)
    (other if by_shadow else one).close()
    assert one.closed
    assert other.closed
    one.close()
    other.close(0)


@shadows
def test_collecting_a_shadow(shadow: Any, pair: Pair) -> None:
    """A shadow that is collected leaves the socket open, and nobody is warned."""
    a, b = pair
    for _ in range(3):
        other = shadow(a)
        del other
    a.send(b"x")
    assert b.recv() == b"x"


def collect() -> None:
    """Collect garbage, and what that made garbage; some Pythons need several goes."""
    for _ in range(3):
        gc.collect()


def test_collecting_the_original(context: zmq.Context) -> None:
    """A shadow made of the object keeps it open; one made of the address is closed with it."""
    one = context.socket(zmq.PAIR)
    by_object, by_address = zmq.Socket.shadow(one), zmq.Socket.shadow(one.underlying)
    del one
    collect()
    assert not by_object.closed
    assert not by_address.closed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del by_object
        collect()
    assert by_address.closed
    with pytest.raises(zmq.ZMQError, match="its C socket was closed"):
        by_address.send(b"x")


def test_class_of_a_shadow(socket: Any, context: zmq.Context) -> None:
    """A shadow is of the class that it is made by; a copy of that of the original."""

    class Special(zmq.Socket):
        pass

    one = socket(zmq.PAIR)
    assert type(Special.shadow(one)) is Special
    with Special(context, zmq.PAIR) as special:
        assert type(copy.copy(special)) is Special
        assert type(zmq.Socket.shadow(special)) is zmq.Socket
        assert copy.copy(special).context is context
    assert zmq.Socket.shadow(one.underlying).context is None


def test_many_shadows_leave_nothing(socket: Any) -> None:
    """Shadows that come and go are not remembered."""
    from zmq import _socket_views

    one = socket(zmq.PAIR)
    for _ in range(1000):
        copy.copy(one)
    collect()
    copy.copy(one)
    assert len(_socket_views.views[one.underlying]) < 5


# --- what libzmq does not survive -----------------------------------------------------------------


def survives(source: str) -> None:
    """Run a program, which has to end well: without a signal, and without a word."""
    programs.run("import pytest\n" + source)


def test_keys_of_any_length() -> None:
    """curve_public takes 40 characters of Z85, and no more, whatever says how many there are."""
    survives(
        """
class Liar(bytes):
    def __len__(self):
        return 40

if zmq.zmq_version_info() >= (4, 2) and zmq.has("curve"):
    for length in [0, 1, 39, 41, 45, 80, 100, 1000, 100_000, 10_000_000]:
        for key in (b"0" * length, "0" * length, bytearray(length), Liar(b"0" * length)):
            with pytest.raises(ValueError, match=f"got {length} bytes"):
                zmq.curve_public(key)
    for key in (b"\\0" * 40, b"0" * 39 + b"\\0"):
        with pytest.raises(ValueError):
            zmq.curve_public(key)
    for key in (None, 5, 1.5, object(), [b"0" * 40]):
        with pytest.raises(TypeError):
            zmq.curve_public(key)
    for character in range(1, 256):
        try:
            zmq.curve_public(bytes([character]) * 40)
        except (zmq.ZMQError, ValueError):
            pass
    for public, secret in [zmq.curve_keypair() for _ in range(5)]:
        for key in (secret, secret.decode(), bytearray(secret), memoryview(secret)):
            assert zmq.curve_public(key) == public
"""
    )


NAMING = """
context = zmq.Context()
router = context.socket(zmq.ROUTER)
dealer = context.socket(zmq.DEALER)
for one in (router, dealer):
    one.linger = 0
    one.rcvtimeo = one.sndtimeo = 5000
dealer.bind("tcp://127.0.0.1:*")
there = dealer.last_endpoint

def taken(router, where=there, name=b"x"):
    router.connect_routing_id = name
    with pytest.raises(zmq.ZMQError, match="connect_routing_id") as raised:
        router.connect(where)
    assert raised.value.errno == zmq.EADDRINUSE, raised.value

def named(router, where=there, name=b"x"):
    router.connect_routing_id = name
    router.connect(where)

def reached(router, dealer, name=b"x"):
    router.send_multipart([name, b"hello"])
    assert dealer.recv() == b"hello"
"""
NAMES = {
    "twice": "named(router); taken(router); reached(router, dealer)",
    "twice elsewhere": "named(router); taken(router, 'tcp://127.0.0.1:9')",
    "twice by a shadow": "named(router); taken(zmq.Socket.shadow(router.underlying))",
    "set by a shadow": """
named(router)
zmq.Socket.shadow(router).connect_routing_id = b"x"
with pytest.raises(zmq.ZMQError):
    router.connect(there)
""",
    "another name": "named(router); named(router, name=b'y'); reached(router, dealer)",
    "a name with NUL": "named(router, name=b'a\\0b'); taken(router, name=b'a\\0b')",
    "a long name": "named(router, name=b'x' * 255); taken(router, name=b'x' * 255)",
    "a longer name": "named(router, name=b'x' * 300); taken(router, name=b'x' * 300)",
    "only for the next": """
named(router)
router.connect(there)
router.connect(there)
reached(router, dealer)
""",
    "after disconnect": """
named(router)
router.disconnect(there)
router.connect_routing_id = b"x"
for _ in range(1000):
    try:
        router.connect(there)
        break
    except zmq.ZMQError as error:
        assert error.errno == zmq.EADDRINUSE
        dealer.poll(1)
else:
    raise AssertionError("the name does not come free")
reached(router, dealer)
taken(router)
""",
    "after disconnect, again and again": """
for number in range(100):
    router.connect_routing_id = b"x"
    try:
        router.connect(there)
    except zmq.ZMQError as error:
        assert error.errno == zmq.EADDRINUSE
        dealer.poll(1)
        continue
    if number % 3:
        reached(router, dealer)
    router.disconnect(there)
""",
    "something waits for who is gone": """
nowhere = "tcp://127.0.0.1:1"
router.linger = 300
named(router, nowhere)
router.send_multipart([b"x", b"waits"])
router.disconnect(nowhere)
taken(router)
router.linger = 0
""",
    "somebody comes": """
router.bind("tcp://127.0.0.1:*")
dealer.routing_id = b"x"
dealer.connect(router.last_endpoint)
dealer.send(b"hello")
assert router.recv_multipart() == [b"x", b"hello"]
taken(router)
named(router, name=b"y")
""",
    "somebody comes and says nothing": """
router.bind("inproc://router")
dealer.routing_id = b"x"
dealer.connect("inproc://router")
taken(router)
assert zmq.DRAFT_API or dealer.recv() == b""  # stable builds have to try
reached(router, dealer)
""",
    "somebody who goes": """
router.bind("inproc://router")
other = context.socket(zmq.DEALER)
other.routing_id = b"x"
other.connect("inproc://router")
taken(router)
other.close(0)
for _ in range(1000):
    router.connect_routing_id = b"x"
    try:
        router.connect(there)
        break
    except zmq.ZMQError as error:
        assert error.errno == zmq.EADDRINUSE
        router.poll(1)
else:
    raise AssertionError("the name does not come free")
reached(router, dealer)
""",
    "over inproc": """
dealer.bind("inproc://dealer")
named(router, "inproc://dealer")
taken(router, "inproc://dealer")
assert zmq.DRAFT_API or dealer.recv() == b""  # stable builds have to try
reached(router, dealer)
router.disconnect("inproc://dealer")
for _ in range(1000):
    router.connect_routing_id = b"x"
    try:
        router.connect("inproc://dealer")
        break
    except zmq.ZMQError as error:
        assert error.errno == zmq.EADDRINUSE
        dealer.poll(1)
else:
    raise AssertionError("the name does not come free")
reached(router, dealer)
""",
    "a peer over inproc that closes": """
for number in range(20):
    name = f"inproc://comes-and-goes-{number}"
    with context.socket(zmq.DEALER) as other:
        other.linger = 0
        other.rcvtimeo = 5000
        other.bind(name)
        for _ in range(1000):
            router.connect_routing_id = b"x"
            try:
                router.connect(name)
                break
            except zmq.ZMQError as error:
                assert error.errno == zmq.EADDRINUSE
                router.poll(1)
        reached(router, other)
""",
    "a name that libzmq gave": """
router.bind("tcp://127.0.0.1:*")
other = context.socket(zmq.DEALER)
other.connect(router.last_endpoint)
other.send(b"hello")
name, _ = router.recv_multipart()
taken(router, name=name)
other.close(0)
""",
    "an address that fails": """
router.connect_routing_id = b"x"
for address in ("nonsense", "tcp://", "nonsense://x", "ipc:///" + "x" * 500):
    with pytest.raises(zmq.ZMQError):
        router.connect(address)
with pytest.raises(TypeError):
    router.connect(None)
router.connect(there)
reached(router, dealer)
taken(router)
""",
    "options of the ROUTER stay": """
other = context.socket(zmq.ROUTER)
other.connect_routing_id = b"x"
other.connect(there)
other.send_multipart([b"nobody", b"dropped"])
router.router_mandatory = 1
named(router)
with pytest.raises(zmq.ZMQError) as raised:
    router.send_multipart([b"nobody", b"refused"])
assert raised.value.errno == zmq.EHOSTUNREACH
reached(router, dealer)
other.close(0)
""",
    "with messages unread": """
router.bind("inproc://router")
other = context.socket(zmq.DEALER)
other.connect("inproc://router")
for number in range(10):
    other.send(b"%d" % number)
assert router.poll(1000)
named(router)
assert [router.recv_multipart()[1] for _ in range(10)] == [b"%d" % number for number in range(10)]
reached(router, dealer)
other.close(0)
""",
    "REP": """
rep = context.socket(zmq.REP)
for _ in range(3):
    rep.connect_routing_id = b"x"
    rep.connect(there)
dealer.send_multipart([b"", b"question"])
assert rep.recv() == b"question"
rep.close(0)
""",
    "STREAM": """
stream = context.socket(zmq.STREAM)
named(stream)
taken(stream)
taken(stream, name=b"\\0\\1\\2\\3\\4")
named(stream, name=b"y")
stream.disconnect(there)
for _ in range(1000):
    stream.connect_routing_id = b"y"
    try:
        stream.connect(there)
        break
    except zmq.ZMQError as error:
        assert error.errno == zmq.EADDRINUSE
stream.close(0)
""",
    "other types": """
for kind in (zmq.DEALER, zmq.PUB, zmq.PAIR, zmq.REQ, zmq.XSUB):
    with context.socket(kind) as one, pytest.raises(zmq.ZMQError) as raised:
        one.connect_routing_id = b"x"
    assert raised.value.errno == zmq.EINVAL
with pytest.raises(zmq.ZMQError) as raised:
    router.connect_routing_id = b""
assert raised.value.errno == zmq.EINVAL
""",
    "a closed socket": """
named(router)
handle = router.underlying
router.close(0)
others = [context.socket(zmq.ROUTER) for _ in range(50)]
for other in others:
    named(other)
    other.close(0)
""",
}


@pytest.mark.libzmq("4.1")
@pytest.mark.parametrize("source", NAMES.values(), ids=NAMES)
def test_names_of_connections(source: str) -> None:
    """A connection can be named while the name is free, and is EADDRINUSE while it is not."""
    lines = source.strip().replace("; ", "\n") if "\n" not in source else source
    survives(NAMING + lines + "\nrouter.close(0)\ndealer.close(0)\ncontext.term()\n")


@pytest.mark.libzmq("4.0")
def test_handlers_of_authentication() -> None:
    """Where libzmq asks for authentication, only types that can answer may bind."""
    survives(
        """
address = "inproc://zeromq.zap.01"
with zmq.Context() as context:
    for kind in (zmq.PAIR, zmq.DEALER, zmq.REQ, zmq.PUB, zmq.PULL, zmq.XPUB, zmq.SUB):
        with context.socket(kind) as one:
            for form in (address, address.encode()):
                with pytest.raises(zmq.ZMQError, match="authentication handler") as raised:
                    one.bind(form)
                assert raised.value.errno == zmq.EINVAL
    with context.socket(zmq.PULL) as one, pytest.raises(zmq.ZMQError):
        one.monitor(address)
    if zmq.zmq_version_info() >= (4, 0):
        with context.socket(zmq.PULL) as one, pytest.raises(zmq.ZMQError):
            one.get_monitor_socket(addr=address)
    for kind in (zmq.REP, zmq.ROUTER):
        with context.socket(kind) as one:
            one.linger = 0
            with context.socket(zmq.PULL) as server, context.socket(zmq.PUSH) as client:
                client.linger = 0
                one.bind(address)
                server.zap_domain = b"domain"
                server.bind("tcp://127.0.0.1:*")
                client.connect(server.last_endpoint)
                assert one.poll(5000)
            if zmq.zmq_version_info() >= (4, 1):
                one.unbind(address)
            else:
                break
"""
    )


@pytest.mark.libzmq("4.3")
def test_plain_server_without_a_domain() -> None:
    """A PLAIN server that enforces a domain and has none is refused where it would be used."""
    survives(
        """
with zmq.Context() as context:
    with context.socket(zmq.PULL) as server, context.socket(zmq.PUSH) as client:
        client.linger = 0
        server.rcvtimeo = 100
        server.plain_server = 1
        server.zap_enforce_domain = 1
        for call in (server.bind, zmq.Socket.shadow(server).bind, server.connect):
            with pytest.raises(zmq.ZMQError, match="set zap_domain first") as raised:
                call("tcp://127.0.0.1:9")
            assert raised.value.errno == zmq.EINVAL
        server.zap_domain = b"domain"
        server.bind("tcp://127.0.0.1:*")
        client.plain_username = b"user"
        client.plain_password = b"password"
        client.connect(server.last_endpoint)
        client.send(b"x")
        with pytest.raises(zmq.Again):
            server.recv()
"""
    )


@pytest.mark.libzmq("4.2")
def test_descriptors_to_listen_at() -> None:
    """A descriptor that libzmq cannot listen at is refused when the socket is bound."""
    survives(
        """
import os, socket
reader, writer = os.pipe()
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fresh = socket.socket()
bound = socket.socket()
bound.bind(("127.0.0.1", 0))
one, other = socket.socketpair()
with zmq.Context() as context:
    context.linger = 0
    owner = context.socket(zmq.PULL)
    owner.bind("tcp://127.0.0.1:*")
    numbers = [reader, datagram.fileno(), fresh.fileno(), bound.fileno(), one.fileno(), 9999]
    numbers += [2**31 - 1, -2, -(2**31), *range(40)]
    for number in numbers:
        for address in ("tcp://127.0.0.1:*", "ipc://*"):
            with context.socket(zmq.PULL) as tried:
                with pytest.raises(zmq.ZMQError) as raised:
                    tried.use_fd = number
                    tried.bind(address)
                assert raised.value.errno == zmq.EINVAL, raised.value
    bound.listen()
    a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    a.use_fd = bound.fileno()
    a.bind("tcp://127.0.0.1:*")
    port = bound.getsockname()[1]
    b.rcvtimeo = 5000
    b.connect(f"tcp://127.0.0.1:{port}")
    a.send(b"x")
    assert b.recv() == b"x"
    for again in (a, owner):
        again.use_fd = bound.fileno()
        with pytest.raises(zmq.ZMQError, match="listen"):
            again.bind("tcp://127.0.0.1:*")
    bound.detach()
for one in (datagram, fresh, one, other):
    one.close()
os.close(reader)
os.close(writer)
"""
    )


def test_intervals_of_nothing() -> None:
    """A RECONNECT_IVL of 0 is used, or refused where libzmq would divide by it."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.PUSH) as one:
    one.linger = 0
    one.reconnect_ivl = 0
    try:
        one.connect("tcp://127.0.0.1:1")
    except zmq.ZMQError as error:
        assert error.errno == zmq.EINVAL
        assert zmq.zmq_version_info() < (4, 3, 4)
        one.reconnect_ivl = 1
        one.connect("tcp://127.0.0.1:1")
    one.poll(20)
"""
    )


@pytest.mark.libzmq("4.2.3")
def test_devices_that_are_not_there() -> None:
    """A device that this machine has not is an error of bind and connect, if of anything."""
    survives(
        """
with zmq.Context() as context:
    for call in ("bind", "connect"):
        with context.socket(zmq.PUSH) as one:
            one.linger = 0
            try:
                one.bindtodevice = b"nonsense"
            except zmq.ZMQError:
                continue  # this system has no such option
            try:
                getattr(one, call)("tcp://127.0.0.1:1")
            except zmq.ZMQError:
                pass
            one.poll(20)
"""
    )


def test_messages_that_are_none() -> None:
    """A Frame that was never made is an AttributeError, not a message."""
    survives(
        """
class Lazy(zmq.Frame):
    def __init__(self):
        pass

with zmq.Context() as context:
    a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    a.bind("inproc://x")
    b.connect("inproc://x")
    for frame in (zmq.Frame.__new__(zmq.Frame), Lazy()):
        for call in (
            lambda: a.send(frame),
            lambda: a.send(frame, copy=False),
            lambda: a.send_multipart([frame]),
            lambda: a.send_multipart([b"x", frame], copy=False),
            lambda: frame.bytes,
            lambda: len(frame),
        ):
            with pytest.raises((AttributeError, TypeError)):
                call()
    assert b.poll(0) == 0
"""
    )


def test_polling_nothing() -> None:
    """Waiting for nothing returns at once: libzmq would sleep for an hour, or for ever."""
    survives(
        """
for timeout in (None, -1, 0, 10**30):
    assert zmq.Poller().poll(timeout) == []
for timeout in (-1, 0, 10**30):
    assert zmq.zmq_poll([], timeout) == []
for timeout in (None, -1, 0):
    assert zmq.select([], [], [], timeout) == ([], [], [])
"""
    )


def test_addresses_of_nothing() -> None:
    """Addresses where nothing can be are refused before C looks there."""
    survives(
        """
for number in [*range(-5, 0), *range(1, 100), 4095, 4097, 2**40 + 2, 2**64, 2**100, -(2**63)]:
    for kind in (zmq.Context, zmq.Socket):
        with pytest.raises((zmq.ZMQError, OverflowError)):
            kind.shadow(number)
"""
    )


def test_ended_contexts() -> None:
    """After a context has ended no view of it, and no socket of it, leads into its memory."""
    survives(
        """
import gc, warnings
warnings.simplefilter("ignore", ResourceWarning)
for _ in range(20):
    context = zmq.Context()
    views = [context, zmq.Context.shadow(context.underlying), zmq.Context.shadow(context)]
    sockets = [view.socket(zmq.PULL) for view in views]
    if zmq.zmq_version_info() >= (4, 0):
        sockets.append(sockets[0].get_monitor_socket())
    sockets += [zmq.Socket.shadow(one.underlying) for one in sockets]
    for one in sockets:
        one.close()
    views[_ % 3].term()
    for view in views:
        assert view.closed
        view.term()
        view.destroy()
        with pytest.raises(RuntimeError):
            view.get(zmq.IO_THREADS)
        with pytest.raises(zmq.ZMQError):
            view.socket(zmq.PULL)
    for one in sockets:
        with pytest.raises(zmq.ZMQError):
            one.recv()
    del views, view, context, sockets, one
    gc.collect()
"""
    )


@pytest.mark.skipif(not hasattr(zmq.SocketType, "DGRAM"), reason="no such type")
@pytest.mark.libzmq("4.2")
def test_datagrams_of_an_unbound_socket() -> None:
    """A DGRAM that is not bound does not send: ENOTCONN, in every form."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.DGRAM) as one:
    for call in (
        lambda: one.send(b"x"),
        lambda: one.send(b"x", zmq.SNDMORE),
        lambda: one.send(b"x", zmq.DONTWAIT),
        lambda: one.send(b"x" * 100_000, copy=False),
        lambda: one.send(zmq.Frame(b"x")),
        lambda: one.send_multipart([b"127.0.0.1:5", b"x"]),
        lambda: one.send_multipart([b"127.0.0.1:5", b"x"], copy=False),
        lambda: zmq.Socket.shadow(one.underlying).send(b"x"),
    ):
        with pytest.raises(zmq.ZMQError) as raised:
            call()
        assert raised.value.errno in (zmq.ENOTCONN, zmq.EINVAL), raised.value
"""
    )


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize(
    "endpoint", ["inproc://a", "tcp://127.0.0.1:*", f"ipc://@zt-{os.getpid()}"]
)
def test_datagrams_of_another_transport(endpoint: str) -> None:
    """A DGRAM takes no transport but udp, and does not send after it tried another."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.DGRAM) as one:
    for call in (one.bind, one.connect):
        with pytest.raises(zmq.ZMQError) as raised:
            call({endpoint!r}.replace("*", "5"))
        assert raised.value.errno == zmq.Errno.ENOCOMPATPROTO
    with pytest.raises(zmq.ZMQError):
        one.send_multipart([b"a", b"x"])
"""
    )


def test_stream_over_inproc() -> None:
    """A STREAM does not bind or connect inproc, where parts come that it cannot take."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.STREAM) as one:
    for call in (one.bind, one.connect):
        with pytest.raises(zmq.ZMQError) as raised:
            call("inproc://s")
        assert raised.value.errno == zmq.Errno.ENOCOMPATPROTO
"""
    )


def test_rep_that_insists_on_its_peers() -> None:
    """A REP cannot be told to fail for peers that are gone: libzmq ends the process then."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.REP) as rep:
    rep.linger = 0
    with pytest.raises(zmq.ZMQError, match="ROUTER_MANDATORY of .*REP") as raised:
        rep.router_mandatory = 1
    assert raised.value.errno == zmq.EINVAL
    rep.set(zmq.ROUTER_MANDATORY, 0)
    rep.bind("inproc://rep")
    with context.socket(zmq.REQ) as req:
        req.connect("inproc://rep")
        req.send(b"")
    rep.rcvtimeo = 200
    try:
        rep.recv()
        rep.send(b"")
    except zmq.Again:
        pass
"""
    )


@pytest.mark.parametrize("first", ["router_raw", "probe_router"])
def test_raw_router_that_probes(first: str) -> None:
    """ROUTER_RAW and PROBE_ROUTER exclude each other, and each can be had once the other is off."""
    survives(
        f"""
import socket
second = "probe_router" if {first!r} == "router_raw" else "router_raw"
with zmq.Context() as context, context.socket(zmq.ROUTER) as one, socket.socket() as listener:
    one.linger = 0
    setattr(one, {first!r}, 1)
    with pytest.raises(zmq.ZMQError, match="would end the process") as raised:
        setattr(one, second, 1)
    assert raised.value.errno == zmq.EINVAL
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    one.connect("tcp://127.0.0.1:%d" % listener.getsockname()[1])
    listener.accept()[0].close()
    one.poll(50)
with zmq.Context() as context, context.socket(zmq.ROUTER) as one:
    setattr(one, {first!r}, 1)
    setattr(one, {first!r}, 0)
    setattr(one, second, 1)
"""
    )


@pytest.mark.libzmq("4.1")
@pytest.mark.parametrize("kind", ["ROUTER", "REP"])
def test_leaving_inproc_before_anybody_binds(kind: str) -> None:
    """A ROUTER or REP cannot leave an inproc endpoint before somebody binds there; then it can."""
    survives(
        f"""
with zmq.Context() as context:
    with context.socket(zmq.{kind}) as one, context.socket(zmq.DEALER) as other:
        one.connect("inproc://b")
        with pytest.raises(zmq.ZMQError, match="nobody has bound") as raised:
            one.disconnect("inproc://b")
        assert raised.value.errno == zmq.EFSM
        one.poll(0)
        other.bind("inproc://b")
        other.poll(0)
        one.disconnect("inproc://b")
        one.poll(0)
        one.connect("inproc://b")
        one.disconnect("inproc://b")
for count in range(50):
    with zmq.Context() as context:
        one = context.socket(zmq.{kind})
        one.connect("inproc://c")
        one.close()
        if count % 2:
            with context.socket(zmq.DEALER) as other:
                other.bind("inproc://c")
                other.poll(0)
"""
    )


@pytest.mark.parametrize(
    "kind", ["PAIR", pytest.param("CHANNEL", marks=pytest.mark.libzmq("4.3.3"))]
)
@pytest.mark.parametrize("waiting", ["ROUTER, ROUTER", "DEALER, REP", "ROUTER"])
def test_one_peer_for_several_that_wait(kind: str, waiting: str) -> None:
    """A PAIR or CHANNEL that would have two peers does not bind where a ROUTER or REP waits."""
    survives(
        f"""
waiting = [getattr(zmq, name) for name in {waiting!r}.split(", ")]
with zmq.Context() as context, context.socket(zmq.{kind}) as one, context.socket(zmq.PAIR) as two:
    if len(waiting) == 1:
        two.bind("inproc://a")
        one.connect("inproc://a")
    others = [context.socket(which) for which in waiting]
    for other in others:
        other.connect("inproc://b")
    with pytest.raises(zmq.ZMQError, match="takes one") as raised:
        one.bind("inproc://b")
    assert raised.value.errno == zmq.EFSM
    for other in others:
        other.close()
    one.bind("inproc://b")
"""
    )


@pytest.mark.libzmq("4.3")
def test_proxies_that_are_not_there() -> None:
    """Who cannot reach its SOCKS proxy does not connect: libzmq would not survive it."""
    survives(
        """
import errno, socket
with socket.socket() as unused, zmq.Context() as context, context.socket(zmq.PUSH) as push:
    unused.bind(("127.0.0.1", 0))
    push.linger = 0
    for proxy in (b"127.0.0.1:%d" % unused.getsockname()[1], b"127.0.0.1:99999", b":"):
        push.socks_proxy = proxy
        with pytest.raises(zmq.ZMQError, match="socks_proxy=") as raised:
            push.connect("tcp://127.0.0.1:1")
        assert raised.value.errno == errno.ECONNREFUSED
        push.connect("inproc://a")
"""
    )


@pytest.mark.libzmq("4.1")
def test_proxies_that_are_there() -> None:
    """Messages pass through a SOCKS proxy."""
    survives(
        r"""
import socket, threading, warnings
warnings.simplefilter("ignore", ResourceWarning)
def pump(source, sink):
    try:
        while sink.send(source.recv(4096)):
            pass
    except OSError:
        pass

def serve(client):
    if not client.recv(100):
        return  # who asks only whether the proxy is there
    client.sendall(b"\5\0")
    server = socket.create_connection(("127.0.0.1", int.from_bytes(client.recv(300)[-2:], "big")))
    client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)

def listen():
    while True:
        threading.Thread(target=serve, args=(proxy.accept()[0],), daemon=True).start()

proxy = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=listen, daemon=True).start()
with zmq.Context() as context, context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
    push.linger, pull.rcvtimeo = 0, 5000
    pull.bind("tcp://127.0.0.1:*")
    push.socks_proxy = b"127.0.0.1:%d" % proxy.getsockname()[1]
    push.connect(pull.last_endpoint)
    push.send(b"x")
    assert pull.recv() == b"x"
"""
    )


@pytest.mark.libzmq("4.0")
@pytest.mark.parametrize("waiting", ["ROUTER, ROUTER", "DEALER, REP", "PAIR, ROUTER, closed"])
def test_monitoring_where_several_wait(waiting: str) -> None:
    """A monitor has one peer: it does not start where a ROUTER or REP waits with others."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.PUB) as one:
    others = [context.socket(getattr(zmq, name)) for name in {waiting!r}.replace(", closed", "").split(", ")]
    for other in others:
        other.connect("inproc://a")
    if "closed" in {waiting!r}:
        others.pop(0).close()
    with pytest.raises(zmq.ZMQError, match="takes one") as raised:
        one.monitor("inproc://a")
    assert raised.value.errno == zmq.EFSM
    for other in others:
        other.close()
    one.monitor("inproc://a")
    with context.socket(zmq.PAIR) as reader:
        reader.connect("inproc://a")
        one.monitor(None)
        assert reader.poll(5000)
"""
    )


@pytest.mark.libzmq("4.0")
def test_monitoring_where_somebody_waited() -> None:
    """Who waited and has left is not who listens to the monitor."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.PUB) as one, context.socket(zmq.PAIR) as reader:
    for kind in (zmq.PAIR, zmq.PULL):
        context.socket(kind).connect("inproc://a").socket.close()
    reader.connect("inproc://a")
    if zmq.zmq_version_info() >= (4, 2):
        reader.connect("inproc://c")
    for name in ("inproc://a", "inproc://c")[: len(reader._connected)]:
        with pytest.raises(zmq.ZMQError, match="nobody else could listen") as raised:
            one.monitor(name)
        assert raised.value.errno == zmq.EFSM
    with one.get_monitor_socket() as other:
        if zmq.zmq_version_info() >= (4, 2):
            other.connect("inproc://d")
            with pytest.raises(zmq.ZMQError, match="nobody else could listen"):
                one.monitor("inproc://d")
    with context.socket(zmq.PAIR) as other:
        other.connect("inproc://b")
    one.monitor("inproc://b")
    with pytest.raises(zmq.ZMQError, match="has its one peer already") as raised:
        reader.connect("inproc://b")
    assert raised.value.errno == zmq.EFSM
    with context.socket(zmq.PAIR) as other:
        other.connect("inproc://b")
        one.bind("tcp://127.0.0.1:*")
        assert other.poll(5000)
"""
    )


WELCOME: dict[str, str] = {
    "closed": """
sub.close()
publisher.bind("inproc://a")
""",
    "disconnected": """
sub.disconnect("inproc://a")
sub.connect("inproc://b")
publisher.bind("inproc://a")
sub.close()
""",
    "one is left": """
other = context.socket(zmq.SUB)
other.subscribe(b"")
other.connect("inproc://a")
sub.close()
with pytest.raises(zmq.ZMQError, match="would end the process") as raised:
    publisher.bind("inproc://a")
assert raised.value.errno == zmq.EFSM
publisher.set(zmq.XPUB_WELCOME_MSG, b"")
publisher.bind("inproc://a")
publisher.set(zmq.XPUB_WELCOME_MSG, b"hello")
publisher.poll(0)
publisher.send(b"hello")
assert other.recv() == b"hello"
other.close()
""",
    "no subscriber": """
sub.close()
for kind in (zmq.DEALER, zmq.PULL, zmq.PUSH):
    with context.socket(kind) as other:
        other.connect("inproc://b")
    publisher.bind("inproc://b")
    publisher.unbind("inproc://b")
publisher.bind("inproc://a")
""",
    "not of publishers": """
sub.close()
with context.socket(zmq.XSUB) as other, context.socket(zmq.PAIR) as pair:
    other.connect("inproc://a")
    pair.bind("inproc://a")
publisher.bind("inproc://b")
""",
}


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("kind", ["XPUB", "PUB"])
@pytest.mark.parametrize("what", WELCOME)
def test_welcoming_who_has_left(what: str, kind: str) -> None:
    """Those that waited and have left get no welcome, and all others do."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.{kind}) as publisher:
    publisher.set(zmq.XPUB_WELCOME_MSG, b"hello")
    sub = context.socket(zmq.SUB)
    sub.connect("inproc://a")
{textwrap.indent(WELCOME[what], "    ")}
    with context.socket(zmq.SUB) as late:
        late.subscribe(b"")
        late.rcvtimeo = 5000
        late.connect(publisher.last_endpoint)
        publisher.poll(0)
        assert late.recv() == b"hello"
"""
    )


@pytest.mark.draft
@pytest.mark.libzmq("4.3.4")
@pytest.mark.parametrize("kind", ["ROUTER", "DEALER"])
def test_greeting_who_has_left(kind: str) -> None:
    """Those that waited and have left get no HELLO_MSG, and all others do."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.{kind}) as one:
    one.set(zmq.HELLO_MSG, b"hello")
    with context.socket(zmq.ROUTER) as other:
        other.connect("inproc://a")
    one.bind("inproc://a")
    with context.socket(zmq.DEALER) as other:
        other.rcvtimeo = 5000
        other.connect("inproc://a")
        one.poll(0)
        assert other.recv() == b"hello"
"""
    )


@pytest.mark.libzmq("4.0")
@pytest.mark.parametrize("first", ["bind", "connect"])
@pytest.mark.parametrize("kind", ["ROUTER", "DEALER"])
@pytest.mark.parametrize("waits", [True, False])
def test_a_second_peer_of_a_pair(kind: str, waits: bool, first: str) -> None:
    """A PAIR that has a peer connects to another in vain, or is refused where that would end the process."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.{kind}) as two:
    with context.socket(zmq.DEALER) as peer:
        one.linger = two.linger = peer.linger = 0
        if {first!r} == "connect":
            peer.bind("inproc://a")
            one.connect("inproc://a")
        else:
            one.bind("inproc://a")
            peer.connect("inproc://a")
        if not {waits}:
            two.bind("inproc://b")
        try:
            one.connect("inproc://b")
        except zmq.ZMQError as error:
            assert error.errno == zmq.EFSM
            assert zmq.zmq_version_info() < (4, 2)
        else:
            assert zmq.zmq_version_info() >= (4, 2) or (not {waits} and {kind!r} == "DEALER")
        if {waits}:
            two.bind("inproc://b")
        for each in (one, two, peer):
            each.poll(0)
        peer.send(b"x")
        assert one.recv_multipart()[-1] == b"x"
"""
    )


@pytest.mark.libzmq("4.0")
def test_a_pair_that_comes_back() -> None:
    """A PAIR that left before anybody has bound connects again, or is refused where it keeps its peer."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.PAIR) as one:
    one.connect("inproc://a")
    one.disconnect("inproc://a")
    try:
        one.connect("inproc://a")
    except zmq.ZMQError as error:
        assert error.errno == zmq.EFSM
        assert zmq.zmq_version_info() < (4, 2)
"""
    )


CONFLATING: dict[str, str] = {
    "the context ends": "",
    "somebody binds": """
with context.socket(zmq.DEALER) as other:
    other.bind("inproc://a")
""",
    "a monitor starts": """
with context.socket(zmq.DEALER) as other:
    other.monitor("inproc://a")
""",
}


@pytest.mark.libzmq("4.0")
@pytest.mark.parametrize("kind", ["DEALER", "PULL", "PUSH", "PUB", "SUB"])
@pytest.mark.parametrize("what", CONFLATING)
def test_leaving_with_conflate(what: str, kind: str) -> None:
    """Who waits for somebody to bind, with CONFLATE, may be closed, and may not disconnect."""
    survives(
        f"""
for _ in range(10):
    context = zmq.Context()
    with context.socket(zmq.{kind}) as socket:
        socket.linger = 0
        socket.conflate = True
        socket.connect("inproc://a")
        with pytest.raises(zmq.ZMQError, match="close it instead") as raised:
            socket.disconnect("inproc://a")
        assert raised.value.errno == zmq.EFSM
    for _ in range(10):
        context.socket(zmq.PUSH).close()
{textwrap.indent(CONFLATING[what], "    ")}
    context.term()
"""
    )


@pytest.mark.libzmq("4.0")
def test_leaving_others_with_conflate() -> None:
    """Those that waited at the same place as who has left, with CONFLATE, meet who binds there."""
    survives(
        """
from zmq import _inproc

with zmq.Context() as context, context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as other:
    other.rcvtimeo = push.sndtimeo = 5000
    for _ in range(3):
        with context.socket(zmq.PULL) as socket:
            socket.conflate = True
            if not other._connected:
                other.connect("inproc://a")
                other.connect("inproc://b")
            socket.connect("inproc://a")
            socket.connect("inproc://b")
    push.bind("inproc://a")
    push.poll(0)
    for number in range(10):
        push.send(b"%d" % number)
        assert other.recv() == b"%d" % number
    push.bind("inproc://b")
    assert not _inproc._parked
"""
    )


@pytest.mark.libzmq("4.0")
def test_ending_a_full_context_where_somebody_waits() -> None:
    """Without a slot for those that wait over inproc a context does not end; with one it does."""
    survives(
        """
import errno
context = zmq.Context()
context.max_sockets = 4
sockets = [context.socket(zmq.PUSH) for _ in range(4)]
for socket, name in zip(sockets, "aab"):
    socket.connect("inproc://" + name)
with pytest.raises(zmq.ZMQError, match="cannot end: it has 4 open sockets") as raised:
    context.term()
assert raised.value.errno == errno.EMFILE
assert not context.closed
sockets.pop().close()
for socket in sockets:
    socket.close()
context.term()
assert context.closed

import gc
for binds in (True, False):
    context = zmq.Context()
    context.max_sockets = 2
    for name in "ab":
        with context.socket(zmq.PUSH) as socket:
            socket.connect("inproc://" + name)
            if binds and name == "b":
                socket.bind("inproc://a")
                socket.unbind("inproc://a")
    if binds:
        context.term()
context = None
gc.collect()
"""
    )


MARKS: dict[str, str] = {
    "disconnected": """
one.bind("inproc://a")
other.connect("inproc://a")
other.disconnect("inproc://a")
one.poll(0)
other.poll(0)
""",
    "disconnected while it waited": """
other.connect("inproc://a")
other.disconnect("inproc://a")
one.bind("inproc://a")
other.poll(0)
one.poll(0)
other.poll(0)
""",
    "turned away by who connects": """
one.bind("inproc://a")
other.connect("tcp://127.0.0.1:9")
other.connect("inproc://a")
other.poll(0)
""",
    "turned away by who waits": """
other.connect("inproc://b")
other.connect("inproc://a")
one.bind("inproc://a")
one.poll(0)
other.poll(0)
""",
    "turned away by who has a peer elsewhere": """
with_peer = context.socket(zmq.PAIR)
other.bind("inproc://a")
other.bind("inproc://b")
with_peer.connect("inproc://b")
one.connect("inproc://a")
other.poll(0)
one.poll(0)
""",
    "turned away": """
with_peer = context.socket(zmq.PAIR)
with_peer.connect("inproc://a")
one.connect("inproc://a")
other.bind("inproc://a")
other.poll(0)
one.poll(0)
""",
}


TURNED_AWAY: dict[str, str] = {
    "by a monitor": """
pair = context.socket(zmq.PAIR)
pair.connect("inproc://a")
one.connect("inproc://a")
pair.monitor("inproc://a")
""",
    "by one that listens to a monitor": """
one.connect("inproc://a")
push.get_monitor_socket().bind("inproc://a")
""",
    "by one that is bound no more": """
monitor = push.get_monitor_socket()
monitor.bind("inproc://a")
one.connect("inproc://a")
monitor.disconnect(monitor.last_endpoint)
""",
    "and disconnected": """
monitor = push.get_monitor_socket()
monitor.bind("inproc://a")
one.connect("inproc://a")
monitor.poll(0)
one.disconnect("inproc://a")
""",
}


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("what", TURNED_AWAY)
def test_high_water_marks_of_who_may_be_turned_away(what: str) -> None:
    """Where a connection may be ended at once by who takes one peer, no mark is set."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.DEALER) as one:
    push = context.socket(zmq.PUSH)
{textwrap.indent(TURNED_AWAY[what], "    ")}
    with pytest.raises(zmq.ZMQError, match="might use freed memory") as raised:
        one.hwm = 5
    assert raised.value.errno == zmq.EFSM
"""
    )


@pytest.mark.libzmq("4.2")
def test_high_water_marks_of_who_is_left() -> None:
    """A thread-safe socket has a mark set when its peer has closed."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.RADIO) as one:
    one.connect("inproc://a")
    with context.socket(zmq.RADIO) as two:
        two.bind("inproc://a")
    try:
        one.disconnect("inproc://a")
    except zmq.ZMQError:
        pass  # older releases know at once that it has ended
    one.rcvhwm = 7
    assert one.rcvhwm == 7
"""
    )


@pytest.mark.libzmq("4.1")
def test_leaving_by_the_other_name() -> None:
    """disconnect() unbinds, unbind() disconnects: what is left is known afterwards."""
    survives(
        """
with zmq.Context() as context, context.socket(zmq.ROUTER) as one:
    one.bind("inproc://a")
    one.disconnect("inproc://a")
    one.connect("inproc://a")
    with pytest.raises(zmq.ZMQError, match="nobody has bound") as raised:
        one.unbind("inproc://a")
    assert raised.value.errno == zmq.EFSM
    assert "bound to" not in repr(one)
    one.bind("inproc://a")
"""
    )


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("what", MARKS)
def test_high_water_marks_of_half_ended_connections(what: str) -> None:
    """While the other end of a connection over inproc has not ended it, no mark is set; later it is."""
    survives(
        f"""
with zmq.Context() as context:
    one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
{textwrap.indent(MARKS[what], "    ")}
    for option in (zmq.SNDHWM, zmq.RCVHWM):
        with pytest.raises(zmq.ZMQError, match="might use freed memory") as raised:
            one.set(option, 5)
        assert raised.value.errno == zmq.EFSM
    for _ in range(20):
        context.socket(zmq.PUSH).close()
    one.poll(0)
    other.poll(0)
    other.close()
    one.set_hwm(7)
    assert one.sndhwm == one.rcvhwm == 7
"""
    )


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("kind", ["ROUTER", "PUB", "SUB", "DEALER"])
def test_high_water_marks_of_who_is_turned_away(kind: str) -> None:
    """That a socket can send does not say that it has not been turned away."""
    survives(
        f"""
with zmq.Context() as context, context.socket(zmq.{kind}) as one, context.socket(zmq.PAIR) as pair:
    with context.socket(zmq.DEALER) as peer:
        pair.bind("inproc://a")
        peer.connect("inproc://a")
        if one.type == zmq.DEALER:
            one.bind("inproc://b")
            peer.connect("inproc://b")
        one.connect("inproc://a")
        for socket in (pair, peer, one):
            socket.poll(0)
        with pytest.raises(zmq.ZMQError, match="may have turned this one away") as raised:
            one.set_hwm(5)
        assert raised.value.errno == zmq.EFSM
"""
    )


@pytest.mark.parametrize("transport", ["tcp", "inproc"])
def test_high_water_marks_while_peers_come_and_go(transport: str) -> None:
    """Marks are set, or refused with EAGAIN, while connections begin and end all the time."""
    survives(
        f"""
import threading
with zmq.Context() as context, context.socket(zmq.PULL) as pull:
    pull.bind("inproc://a" if {transport!r} == "inproc" else "tcp://127.0.0.1:*")
    pull.rcvtimeo = 5000
    there = pull.last_endpoint
    done = threading.Event()

    def peers():
        for _ in range(1000):
            with context.socket(zmq.PUSH) as push:
                push.linger = 0
                push.connect(there)
                assert push.poll(5000, zmq.POLLOUT)
        done.set()

    thread = threading.Thread(target=peers)
    thread.start()
    count = 0
    while not done.is_set():
        pull.poll(1)
        count += 1
        try:
            pull.rcvhwm = 1 + count % 7
        except zmq.Again:
            pass
    thread.join()
    pull.rcvhwm = 2
    assert pull.rcvhwm == 2
    with context.socket(zmq.PUSH) as push:
        push.connect(there)
        push.send(b"x")
        assert pull.recv() == b"x"
"""
    )


@pytest.mark.parametrize("kind", ["ROUTER", "REP"])
def test_unbinding_from_what_was_connected_to(kind: str) -> None:
    """unbind() of what a socket is connected to is a disconnect, and is refused where that is."""
    survives(
        f"""
if zmq.zmq_version_info() >= (4, 1):
    with zmq.Context() as context, context.socket(zmq.{kind}) as one:
        one.connect("inproc://a")
        with pytest.raises(zmq.ZMQError, match="nobody has bound") as raised:
            one.unbind("inproc://a")
        assert raised.value.errno == zmq.EFSM
        with context.socket(zmq.DEALER) as other:
            other.bind("inproc://a")
            one.unbind("inproc://a")
            one.poll(0)
"""
    )


@pytest.mark.libzmq("4.0")
@pytest.mark.parametrize("endpoint", ["inproc://a", "tcp://127.0.0.1:*"])
@pytest.mark.parametrize("types", ["PUSH, PULL", "DEALER, DEALER", "ROUTER, DEALER", "REP, REQ"])
def test_disconnecting_in_the_midst_of_a_message(types: str, endpoint: str) -> None:
    """Who has received a part of a message does not disconnect before the rest is received."""
    survives(
        f"""
kinds = [getattr(zmq, name) for name in {types!r}.split(", ")]
with zmq.Context() as context, context.socket(kinds[0]) as one, context.socket(kinds[1]) as other:
    for each in (one, other):
        each.rcvtimeo, each.linger = 5000, 0
    one.bind({endpoint!r})
    other.connect(one.last_endpoint)
    address = []
    if one.type in (zmq.ROUTER, zmq.REP):
        other.send(b"ask")
        address = one.recv_multipart()[:-1]
    one.send_multipart([*address, b"1", b"2", b"3"])
    assert other.recv() == b"1"
    with pytest.raises(zmq.ZMQError, match="receive the rest") as raised:
        other.disconnect(one.last_endpoint)
    assert raised.value.errno == zmq.EFSM
    other.poll(50)
    one.poll(50)
    assert other.recv_multipart() == [b"2", b"3"]
    other.disconnect(one.last_endpoint)
    other.poll(50)
    one.poll(50)
"""
    )


# --- what the text says ---------------------------------------------------------------------------


def test_texts_begin_with_libzmqs(socket: Any) -> None:
    """Whatever is added, the text begins with what libzmq says of the number."""
    one = socket(zmq.REQ)
    closed = socket(zmq.REQ)
    closed.close()
    calls: list[Callable[[], Any]] = [
        one.recv,
        lambda: one.bind("nonsense://x"),
        lambda: one.bind("tcp://"),
        lambda: one.set(zmq.ROUTING_ID, b"x" * 256),
        lambda: one.get(9999),
        lambda: closed.send(b"x"),
        lambda: one.recv(zmq.DONTWAIT),
        lambda: one.unbind("tcp://127.0.0.1:1"),
    ]
    for call in calls:
        with pytest.raises(zmq.ZMQError) as raised:
            call()
        assert raised.value.errno is not None
        assert str(raised.value).startswith(zmq.strerror(raised.value.errno))
        assert repr(raised.value) == f"ZMQError('{raised.value}')"
        assert raised.value.strerror == str(raised.value)


def test_text_tells_what_the_socket_was_connected_to(socket: Any) -> None:
    """The text of an error describes the socket: its type, and where it is bound and connected."""
    one = socket(zmq.REQ)
    one.bind("inproc://here")
    one.connect("tcp://127.0.0.1:1")
    with pytest.raises(zmq.ZMQError) as raised:
        one.recv()
    text = str(raised.value)
    assert "zmq.Socket(zmq.REQ) bound to inproc://here and connected to tcp://127.0.0.1:1" in text


def test_port_in_use_by_somebody_else(socket: Any) -> None:
    """A port that another program has is EADDRINUSE, and the text repeats the endpoint."""
    with plain.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        name = f"tcp://127.0.0.1:{holder.getsockname()[1]}"
        with pytest.raises(zmq.ZMQError, match=name) as raised:
            socket(zmq.PAIR).bind(name)
        assert raised.value.errno == zmq.EADDRINUSE == errno.EADDRINUSE
