# SPDX-License-Identifier: BSD-3-Clause
"""Binding and connecting, and taking both back."""

from __future__ import annotations

import errno
import os
import socket as plain
import sys
from typing import Any

import pytest
from support import until

import zmq

TRANSPORTS = ["inproc", "tcp", pytest.param("ipc", marks=pytest.mark.skipif(
    sys.platform == "win32", reason="ipc over Windows needs a libzmq built for it"))]


def reaches(sender: zmq.Socket, receiver: zmq.Socket) -> bool:
    """Tell whether a message gets from one to the other."""
    sender.send(b"x")
    return receiver.recv() == b"x"


def errno_of(raised: Any) -> int:
    number: int = raised.value.errno
    return number


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("as_bytes", [False, True])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_bind_and_connect(transport: str, as_bytes: bool, socket: Any, endpoint: Any) -> None:
    """What one socket binds, another connects to, whether it is called by str or bytes."""
    a, b = socket(zmq.PUSH), socket(zmq.PULL)
    wanted = endpoint(transport)
    bound = a.bind(wanted.encode() if as_bytes else wanted)
    assert bound.addr == a.last_endpoint.decode() == a.get_string(zmq.LAST_ENDPOINT)
    assert bound.addr.startswith(f"{transport}://")
    assert "*" not in bound.addr
    connected = b.connect(a.last_endpoint if as_bytes else bound.addr)
    assert connected.addr == bound.addr
    assert reaches(a, b)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_bind_as_context_manager(transport: str, socket: Any, endpoint: Any) -> None:
    """At the end of the with block the socket is unbound, and the name free again."""
    if transport == "inproc" and zmq.zmq_version_info() < (4, 1):
        pytest.skip("libzmq unbinds from inproc since 4.1")
    one = socket(zmq.PUSH)
    with one.bind(endpoint(transport)) as bound:
        assert bound is one
        name = one.last_endpoint.decode()
    with pytest.raises(zmq.ZMQError) as raised:
        one.unbind(name)
    assert errno_of(raised) == errno.ENOENT
    until(lambda: binds(socket(zmq.PULL), name))
    assert not one.closed


def binds(socket: zmq.Socket, name: str) -> bool:
    try:
        socket.bind(name)
    except zmq.ZMQError as error:
        assert error.errno == zmq.EADDRINUSE
        return False
    return True


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_connect_as_context_manager(transport: str, socket: Any, endpoint: Any) -> None:
    """At the end of the with block the socket is disconnected."""
    if transport == "inproc" and zmq.zmq_version_info() < (4, 0):
        pytest.skip("libzmq disconnects from inproc since 4.0")
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    name = a.bind(endpoint(transport)).addr
    with b.connect(name) as connected:
        assert connected is b
        assert reaches(b, a)
    with pytest.raises(zmq.ZMQError) as raised:
        b.disconnect(name)
    assert errno_of(raised) == errno.ENOENT


def test_context_manager_of_what_is_no_text(socket: Any) -> None:
    """An endpoint of bytes that are no text is taken back as well as any other."""
    if zmq.zmq_version_info() < (4, 1):
        pytest.skip("libzmq unbinds from inproc since 4.1")
    a, b = socket(zmq.PUSH), socket(zmq.PULL)
    name = b"inproc://\xff\xfe"
    for _ in range(2):
        with a.bind(name), b.connect(name):
            assert reaches(a, b)
    assert a.bind(name).addr == "inproc://\udcff\udcfe"


def test_what_bind_and_connect_return(socket: Any, endpoint: Any) -> None:
    """It tells what was called on which socket with what, and shows it."""
    one = socket(zmq.PAIR)
    name = endpoint("inproc")
    for result, kind in ((one.bind(name), "bind"), (socket(zmq.PAIR).connect(name), "connect")):
        assert (result.kind, result.addr) == (kind, name)
        assert repr(result) == f"<SocketContext({kind}={name!r})>"
    assert one.bind(endpoint("inproc")).socket is one


def test_context_manager_of_a_closed_socket(socket: Any, endpoint: Any) -> None:
    """Closing the socket inside the with block is enough."""
    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    with one.bind(endpoint("tcp")), other.connect(one.last_endpoint):
        one.close()
        other.close()


def test_context_manager_lets_errors_through(socket: Any, endpoint: Any) -> None:
    """An error inside the with block comes out, and the socket is unbound nevertheless."""
    one = socket(zmq.PAIR)
    with pytest.raises(ZeroDivisionError), one.bind(endpoint("tcp")):
        raise ZeroDivisionError
    with pytest.raises(zmq.ZMQError):
        one.unbind(one.last_endpoint)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_unbind_and_disconnect(transport: str, socket: Any, endpoint: Any) -> None:
    """Both take back what was called; a second time it is ENOENT, and the text says whose."""
    if transport == "inproc" and zmq.zmq_version_info() < (4, 1):
        pytest.skip("libzmq unbinds from inproc since 4.1")
    a, b = socket(zmq.PUSH), socket(zmq.PULL)
    a.bind(endpoint(transport))
    name = a.last_endpoint
    b.connect(name)
    assert reaches(a, b)
    b.disconnect(name)
    a.unbind(name.decode())
    for operation in (a.unbind, b.disconnect):
        for form in (name, name.decode()):
            with pytest.raises(zmq.ZMQError, match="has no such endpoint") as raised:
                operation(form)
            assert errno_of(raised) == errno.ENOENT


@pytest.mark.libzmq("4.0")
def test_disconnected_gets_nothing(socket: Any, endpoint: Any) -> None:
    """After disconnect nobody is there to send to."""
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    name = a.bind(endpoint("tcp")).addr
    b.connect(name)
    assert reaches(b, a)
    b.disconnect(name)
    with pytest.raises(zmq.Again):
        b.send(b"x", zmq.DONTWAIT)


@pytest.mark.libzmq("4.1")  # earlier ones know several by the wildcard they were given as
def test_many_endpoints(socket: Any, endpoint: Any) -> None:
    """A socket binds and connects any number of times, and each is taken back by itself."""
    one = socket(zmq.PULL)
    names = [one.bind(endpoint("tcp")).addr for _ in range(3)]
    assert len(set(names)) == 3
    one.unbind(names[1])
    for name in (names[0], names[2]):
        peer = socket(zmq.PUSH)
        peer.connect(name)
        assert reaches(peer, one)


def test_connect_before_bind(socket: Any, endpoint: Any) -> None:
    """Who connects first waits for who binds."""
    if zmq.zmq_version_info() < (4, 0):
        pytest.skip("with inproc since libzmq 4.0")
    a, b = socket(zmq.PUSH), socket(zmq.PULL)
    name = endpoint("inproc")
    b.connect(name)
    a.bind(name)
    assert reaches(a, b)


def test_wildcards(socket: Any) -> None:
    """Any port and any path are chosen by the system, and told."""
    one = socket(zmq.PAIR)
    for wildcard in ("tcp://127.0.0.1:*", "tcp://127.0.0.1:0"):
        name = one.bind(wildcard).addr
        assert int(name.rpartition(":")[2]) > 0
    with pytest.raises(zmq.ZMQError):
        one.unbind("tcp://127.0.0.1:*")
    if sys.platform != "win32":
        path = one.bind("ipc://*").addr.partition("://")[2]
        assert os.path.exists(path)


# --- names that will not do -----------------------------------------------------------------------

MALFORMED = ["", "tcp", "tcp://", "://x", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "inproc"]
LONG_PATH = "ipc:///" + "x" * 200


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("call", ["bind", "connect"])
def test_malformed(call: str, name: str, socket: Any) -> None:
    """What is no endpoint is EINVAL, and the text repeats it."""
    with pytest.raises(zmq.ZMQError) as raised:
        getattr(socket(zmq.PAIR), call)(name)
    assert errno_of(raised) in (zmq.EINVAL, zmq.EPROTONOSUPPORT)
    assert f"addr={name!r}" in str(raised.value)


@pytest.mark.parametrize("call", ["bind", "connect", "unbind", "disconnect"])
@pytest.mark.parametrize(
    "name", [None, 5, 1.5, object(), [], ["inproc://x"], bytearray(b"inproc://x")], ids=repr
)
def test_wrong_types(call: str, name: Any, socket: Any) -> None:
    """An endpoint that is neither str nor bytes is a TypeError that shows it."""
    one = socket(zmq.PAIR)
    with pytest.raises(TypeError, match="Expected addr to be str, got addr="):
        getattr(one, call)(name)


@pytest.mark.parametrize("call", ["bind", "connect", "unbind", "disconnect", "monitor"])
@pytest.mark.parametrize("name", ["inproc://x\0y", b"inproc://x\0y", "\0", "tcp://127.0.0.1:*\0"])
def test_nul(call: str, name: Any, socket: Any) -> None:
    """An endpoint with a NUL is EINVAL: C would have cut it."""
    one = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError, match="NUL") as raised:
        getattr(one, call)(name)
    assert errno_of(raised) == zmq.EINVAL
    assert one.last_endpoint == b""


@pytest.mark.parametrize("call", ["bind", "connect"])
def test_unknown_transport(call: str, socket: Any) -> None:
    """A transport that this libzmq lacks is EPROTONOSUPPORT, and the text names it."""
    with pytest.raises(zmq.ZMQError, match="no transport 'nonsense'") as raised:
        getattr(socket(zmq.PAIR), call)("nonsense://x")
    assert errno_of(raised) == zmq.EPROTONOSUPPORT


@pytest.mark.skipif(sys.platform == "win32", reason="paths have other limits")
@pytest.mark.parametrize("call", ["bind", "connect"])
def test_long_path(call: str, socket: Any) -> None:
    """An ipc path that is too long is ENAMETOOLONG, and the text tells both lengths."""
    with pytest.raises(zmq.ZMQError) as raised:
        getattr(socket(zmq.PAIR), call)(LONG_PATH)
    assert raised.value.errno == errno.ENAMETOOLONG
    text = str(raised.value)
    assert "is 201 bytes long" in text
    assert f"at most {zmq.IPC_PATH_MAX_LEN}" in text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere paths are text")
def test_path_that_is_no_text(socket: Any, endpoint: Any) -> None:
    """A path as os.listdir() gives it, whatever its bytes, is bound, connected, and left again."""
    a, b = socket(zmq.PUSH), socket(zmq.PULL)
    name = endpoint("ipc") + os.fsdecode(b"-\xff")
    with b.bind(name) as bound, a.connect(name):
        assert reaches(a, b)
        assert os.path.exists(name.partition("://")[2])
        assert bound.last_endpoint == os.fsencode(name)
    assert b.bind(name).addr == name
    a.bind(endpoint("inproc") + "\udcff")
    with pytest.raises(zmq.ZMQError) as raised:
        a.unbind(name)
    assert errno_of(raised) == errno.ENOENT
    assert str(raised.value).encode("utf-8")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere paths are text")
def test_long_path_that_is_no_text(socket: Any) -> None:
    """What an error tells of a long path are its bytes, and can be printed."""
    with pytest.raises(zmq.ZMQError, match="is 150 bytes long") as raised:
        socket(zmq.PAIR).bind("ipc://" + os.fsdecode(b"\xff" * 150))
    assert str(raised.value).encode("utf-8")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="abstract names are Linux's")
def test_longest_path(socket: Any) -> None:
    """The longest path that is promised works, and one byte more does not."""
    one = socket(zmq.PAIR)
    name = f"@zmq-{os.getpid()}-".ljust(zmq.IPC_PATH_MAX_LEN, "x")
    one.bind(f"ipc://{name}")
    other = socket(zmq.PAIR)
    other.connect(f"ipc://{name}")
    assert reaches(one, other)
    with pytest.raises(zmq.ZMQError) as raised:
        one.bind(f"ipc://{name}x")
    assert errno_of(raised) == errno.ENAMETOOLONG


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_taken(transport: str, socket: Any, endpoint: Any) -> None:
    """An endpoint that somebody has is EADDRINUSE, and the text repeats it."""
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    name = a.bind(endpoint(transport)).addr
    for one in (a, b):
        with pytest.raises(zmq.ZMQError, match=name) as raised:
            one.bind(name)
        assert errno_of(raised) == zmq.EADDRINUSE


def test_no_such_interface(socket: Any) -> None:
    """Binding to what this machine has not is an error that repeats it."""
    for name in ("tcp://192.0.2.1:5555", "tcp://nonsense-interface:5555"):
        with pytest.raises(zmq.ZMQError, match="addr='tcp://") as raised:
            socket(zmq.PAIR).bind(name)
        assert errno_of(raised) in (zmq.EADDRNOTAVAIL, errno.ENODEV)


def test_no_threads_for_the_network() -> None:
    """A context without I/O threads serves inproc only; anything else is EMTHREAD."""
    with zmq.Context(0) as context, context.socket(zmq.PAIR) as one:
        one.bind("inproc://x")
        for operation in (one.bind, one.connect):
            with pytest.raises(zmq.ZMQError) as raised:
                operation("tcp://127.0.0.1:5555")
            assert errno_of(raised) == zmq.EMTHREAD


def test_strange_names(socket: Any, endpoint: Any) -> None:
    """Names outside ASCII, and very long ones, are names for inproc."""
    for name in ("inproc://Grüße", "inproc://\U0001f600", "inproc://" + "x" * 200):
        a, b = socket(zmq.PAIR), socket(zmq.PAIR)
        assert a.bind(name).addr == name
        b.connect(name)
        assert reaches(a, b)
    with pytest.raises(UnicodeEncodeError):
        socket(zmq.PAIR).bind("inproc://\ud800")


def test_subclasses_of_str_and_bytes(socket: Any, endpoint: Any) -> None:
    """A name of a subclass is what its characters are, whatever its methods say."""

    class Text(str):
        def encode(self, *args: Any) -> bytes:
            return b"nonsense"

        __hash__ = str.__hash__

    class Bytes(bytes):
        def __len__(self) -> int:
            return 10**6

        def __contains__(self, item: Any) -> bool:
            return False

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = bytes.__hash__

    name = endpoint("inproc")
    one = socket(zmq.REQ)
    assert one.bind(Text(name)).addr == name
    other = endpoint("inproc")
    assert one.bind(Bytes(other.encode())).addr == other
    with pytest.raises(zmq.ZMQError, match="NUL"):
        one.bind(Bytes(b"inproc://x\0"))


# --- a port that is free --------------------------------------------------------------------------


def test_random_port(socket: Any) -> None:
    """A port that was free is bound, and returned as an int."""
    one, peer = socket(zmq.PUSH), socket(zmq.PULL)
    port = one.bind_to_random_port("tcp://127.0.0.1")
    assert type(port) is int
    assert one.last_endpoint == b"tcp://127.0.0.1:%d" % port
    peer.connect(f"tcp://127.0.0.1:{port}")
    assert reaches(one, peer)


def test_random_port_in_a_range(socket: Any) -> None:
    """The port is one of the range, of which the end is not part."""
    for _ in range(20):
        port = socket(zmq.PAIR).bind_to_random_port("tcp://127.0.0.1", 40000, 48000)
        assert 40000 <= port < 48000


@pytest.fixture
def taken() -> Any:
    """A port that somebody has."""
    with plain.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_no_random_port(socket: Any, taken: int) -> None:
    """When no port of the range is free after all tries, it is a ZMQBindError."""
    one = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQBindError, match="Could not bind socket to random port"):
        one.bind_to_random_port("tcp://127.0.0.1", taken, taken + 1, max_tries=3)
    with pytest.raises(zmq.ZMQBindError):
        one.bind_to_random_port("tcp://127.0.0.1", 40000, 41000, max_tries=0)


@pytest.mark.parametrize(
    ("addr", "low", "high", "error"),
    [
        ("nonsense://x", 40000, 41000, zmq.ZMQError),
        ("tcp://192.0.2.1", 40000, 41000, zmq.ZMQError),
        ("tcp://127.0.0.1", 40000, 40000, ValueError),
        ("tcp://127.0.0.1", 41000, 40000, ValueError),
        ("tcp://127.0.0.1", "x", "y", (TypeError, ValueError)),
    ],
)
def test_random_port_of_what_cannot_be(
    addr: Any, low: Any, high: Any, error: Any, socket: Any
) -> None:
    """What no port can help is the error that bind has, at once."""
    with pytest.raises(error):
        socket(zmq.PAIR).bind_to_random_port(addr, low, high)


@pytest.mark.parametrize("addr", ["nonsense://x", "tcp://192.0.2.1", None, 5])
def test_random_port_of_the_system_of_what_cannot_be(addr: Any, socket: Any) -> None:
    """The same where the system chooses the port."""
    with pytest.raises((zmq.ZMQError, TypeError)):
        socket(zmq.PAIR).bind_to_random_port(addr)


@pytest.mark.parametrize("length", [500, 511, 512, 513, 5000, 100_000])
def test_long_names(length: int, socket: Any) -> None:
    """An inproc endpoint may have a name of any length."""
    name = "inproc://" + "z" * (length - len("inproc://"))
    bound, connecting = socket(zmq.PAIR), socket(zmq.PAIR)
    assert bound.bind(name).addr == name
    connecting.connect(bound.last_endpoint)
    assert connecting.last_endpoint == name.encode()
    bound.send(b"x")
    assert connecting.recv() == b"x"
    if zmq.zmq_version_info() >= (4, 1):
        bound.unbind(name)
