# SPDX-License-Identifier: BSD-3-Clause
"""Draft socket types, messages and options; most need a libzmq built with its draft API."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket as py_socket
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import until

import zmq

draft = pytest.mark.draft
no_draft = pytest.mark.skipif(zmq.DRAFT_API, reason="this libzmq has drafts")

SINGLE_PART = [
    (zmq.CLIENT, zmq.SERVER),
    (zmq.SCATTER, zmq.GATHER),
    pytest.param(zmq.CHANNEL, zmq.CHANNEL, marks=pytest.mark.libzmq("4.3.3")),
]


def arrived(receiver: zmq.Socket) -> zmq.Frame | None:
    """Return a message if there is one."""
    try:
        return receiver.recv(zmq.DONTWAIT, copy=False)
    except zmq.Again:
        return None


def broadcast(radio: zmq.Socket, dish: zmq.Socket, body: bytes, group: str) -> zmq.Frame:
    """Send until the DISH has joined and receives; return the first that it gets."""

    def once() -> zmq.Frame | None:
        radio.send(body, group=group)
        return arrived(dish)

    frame: zmq.Frame = until(once)
    return frame


@pytest.fixture
def udp_port() -> int:
    """A port of udp that was free a moment ago."""
    with py_socket.socket(py_socket.AF_INET, py_socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def peer() -> Iterator[py_socket.socket]:
    """A socket of udp that is not libzmq's."""
    with py_socket.socket(py_socket.AF_INET, py_socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


# ----------------------------------------------------------------------
# CLIENT, SERVER, PEER


@draft
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("copy", [True, False])
def test_server_answers_the_peer_that_asked(
    connected: Any, socket: Any, transport: str, copy: bool
) -> None:
    """What a SERVER sends with the routing_id of a message goes to the one that sent it."""
    server, first = connected(zmq.SERVER, zmq.CLIENT, transport)
    second = socket(zmq.CLIENT)
    second.connect(server.last_endpoint)
    for client, name in ((first, b"first"), (second, b"second")):
        client.send(name)
    for _ in range(2):
        question = server.recv(copy=False)
        assert question.routing_id == question.get("routing_id") == question["routing_id"] > 0
        server.send(b"to " + question.bytes, copy=copy, routing_id=question.routing_id)
    assert first.recv() == b"to first"
    assert second.recv() == b"to second"


@draft
def test_every_form_of_sending_takes_a_routing_id(connected: Any) -> None:
    """Strings, JSON, objects, frames and one-part messages go to the peer that is named."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    client.send(b"")
    peer = server.recv(copy=False).routing_id
    server.send_string("text", routing_id=peer)
    server.send_json({"a": 1}, routing_id=peer)
    server.send_pyobj([1], routing_id=peer)
    server.send_multipart([b"one"], routing_id=peer)
    server.send_serialized(b"two", lambda body: [body], routing_id=peer)
    frame = zmq.Frame(b"frame")
    frame.routing_id = peer
    server.send(frame)
    assert client.recv_string() == "text"
    assert client.recv_json() == {"a": 1}
    assert client.recv_pyobj() == [1]
    assert [client.recv() for _ in range(3)] == [b"one", b"two", b"frame"]


@pytest.mark.libzmq("4.2")
def test_server_needs_to_know_the_peer(connected: Any) -> None:
    """A SERVER that sends to nobody in particular says that the routing_id is what is missing."""
    server, _ = connected(zmq.SERVER, zmq.CLIENT)
    with pytest.raises(zmq.ZMQError, match="routing_id") as caught:
        server.send(b"x")
    assert caught.value.errno == zmq.EHOSTUNREACH


@draft
def test_a_frame_that_is_sent_stays_as_it_was(connected: Any) -> None:
    """Naming the peer in send() does not change the Frame."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    client.send(b"")
    frame = zmq.Frame(b"body")
    server.send(frame, routing_id=server.recv(copy=False).routing_id)
    assert client.recv() == b"body"
    assert frame.routing_id == 0
    assert frame.bytes == b"body"


@draft
@pytest.mark.parametrize(
    ("value", "error"),
    [(0, zmq.ZMQError), (-1, OverflowError), (2**32, OverflowError), ("1", TypeError)],
)
def test_routing_ids_that_cannot_be(value: Any, error: type[Exception]) -> None:
    """A routing_id is an int of 32 bits, and not 0."""
    with pytest.raises(error):
        zmq.Frame().routing_id = value


@draft
def test_routing_id_keeps_all_bits() -> None:
    """The largest routing_id is read back as it was set."""
    frame = zmq.Frame()
    frame.set("routing_id", 2**32 - 1)
    assert frame.get("routing_id") == 2**32 - 1


@draft
@pytest.mark.libzmq("4.3.3")
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_peer_is_known_by_connecting(
    socket: Any, endpoint: Callable[[str], str], transport: str
) -> None:
    """connect_peer returns what a PEER needs to send the first message."""
    bound, connecting = socket(zmq.PEER), socket(zmq.PEER)
    bound.bind(endpoint(transport))
    there = connecting.connect_peer(bound.last_endpoint)
    connecting.send(b"hello", routing_id=there)
    hello = bound.recv(copy=False)
    assert hello.bytes == b"hello"
    bound.send(b"back", routing_id=hello.routing_id)
    assert connecting.recv() == b"back"


@draft
@pytest.mark.libzmq("4.3.3")
def test_only_a_peer_connects_to_a_peer(socket: Any) -> None:
    """connect_peer fails as connect does, and on every other type."""
    with pytest.raises(zmq.ZMQError) as caught:
        socket(zmq.CLIENT).connect_peer("inproc://x")
    assert caught.value.errno == zmq.ENOTSUP
    with pytest.raises(zmq.ZMQError, match="nonsense") as caught:
        socket(zmq.PEER).connect_peer("nonsense")
    assert caught.value.errno == zmq.EINVAL


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize(("sending", "receiving"), SINGLE_PART)
def test_messages_of_one_part(connected: Any, sending: int, receiving: int) -> None:
    """These types carry messages of one part; one of several is refused, and nothing of it sent."""
    receiver, sender = connected(receiving, sending)
    for refused in (
        lambda: sender.send(b"lost", zmq.SNDMORE),
        lambda: sender.send_multipart([b"lost", b"lost"]),
    ):
        with pytest.raises(zmq.ZMQError, match="one part") as caught:
            refused()
        assert caught.value.errno == zmq.EINVAL
    sender.send(b"sent")
    sender.send_multipart([b"as well"])
    assert receiver.recv_multipart() == [b"sent"]
    assert receiver.recv() == b"as well"
    assert arrived(receiver) is None


@pytest.mark.libzmq("4.3.3")
@pytest.mark.parametrize("transport", ["inproc", pytest.param("tcp", marks=draft)])
def test_channel_goes_both_ways(connected: Any, transport: str) -> None:
    """A CHANNEL sends and receives at both ends."""
    one, other = connected(zmq.CHANNEL, zmq.CHANNEL, transport)
    other.send(b"there")
    assert one.recv() == b"there"
    one.send(b"back")
    assert other.recv() == b"back"


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize(
    ("kind", "operation"),
    [(zmq.GATHER, "send"), (zmq.SCATTER, "recv"), (zmq.DISH, "send"), (zmq.RADIO, "recv")],
)
def test_types_of_one_direction(socket: Any, kind: int, operation: str) -> None:
    """A type that only sends or only receives says so."""
    with pytest.raises(zmq.ZMQError, match="this type only") as caught:
        getattr(socket(kind), operation)(*([b"x"] if operation == "send" else []))
    assert caught.value.errno == zmq.ENOTSUP


@pytest.mark.libzmq("4.2")
def test_threads_share_a_client(connected: Any) -> None:
    """Several threads send through one CLIENT at once, and everything arrives."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    threads = [
        threading.Thread(
            target=lambda number: [client.send(b"%d" % number) for _ in range(50)], args=(number,)
        )
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    received = [server.recv() for _ in range(200)]
    for thread in threads:
        thread.join()
    assert sorted(received) == sorted([b"0", b"1", b"2", b"3"] * 50)


# ----------------------------------------------------------------------
# RADIO, DISH


@draft
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_dish_receives_the_groups_it_joined(connected: Any, transport: str) -> None:
    """A DISH gets the messages of its groups and no others, and knows the group of each."""
    dish, radio = connected(zmq.DISH, zmq.RADIO, transport)
    dish.join("news")
    dish.join(b"bytes")
    frame = broadcast(radio, dish, b"1", "news")
    assert frame.group == frame.get("group") == frame["group"] == "news"
    assert frame.bytes == b"1"
    radio.send(b"2", group="elsewhere")
    while frame.bytes != b"3":
        frame = broadcast(radio, dish, b"3", "bytes")
        assert frame.bytes != b"2"
    assert frame.group == "bytes"
    dish.leave("news")
    dish.leave(b"bytes")


@draft
def test_every_form_of_sending_takes_a_group(connected: Any) -> None:
    """Strings, JSON, objects and large zero-copy messages go to the group that is named."""
    dish, radio = connected(zmq.DISH, zmq.RADIO)
    dish.join("")
    dish.join("g")
    broadcast(radio, dish, b"joined", "")
    radio.send_string("text", group="g")
    radio.send_json({}, group="g")
    radio.send_pyobj(None, group="g")
    tracker = radio.send(b"x" * 100_000, copy=False, track=True, group="g")
    received = [dish.recv() for _ in range(4)]
    while received[0] != b"text":
        received = [*received[1:], dish.recv()]
    assert received[1] == b"{}"
    assert received[3] == b"x" * 100_000
    assert isinstance(tracker, zmq.MessageTracker)


@draft
def test_joining_and_leaving_fail_in_words(socket: Any) -> None:
    """A group joined twice, one left that was not joined, and sockets without groups are named."""
    dish = socket(zmq.DISH)
    dish.join("g")
    with pytest.raises(zmq.ZMQError, match="joined already") as caught:
        dish.join("g")
    assert caught.value.errno == zmq.EINVAL
    with pytest.raises(zmq.ZMQError, match="not joined") as caught:
        dish.leave("h")
    assert caught.value.errno == zmq.EINVAL
    with pytest.raises(zmq.ZMQError, match="DISH") as caught:
        socket(zmq.RADIO).join("g")
    assert caught.value.errno == zmq.ENOTSUP
    dish.close()
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        dish.join("g")
    assert caught.value.errno == zmq.ENOTSOCK


@draft
@pytest.mark.parametrize("group", ["x" * 256, "a\0b"])
def test_groups_that_cannot_be(socket: Any, group: str) -> None:
    """A group that libzmq would cut is refused by everything that takes one."""
    dish, radio = socket(zmq.DISH), socket(zmq.RADIO)
    for refused in (
        lambda: dish.join(group),
        lambda: dish.leave(group),
        lambda: radio.send(b"x", group=group),
        lambda: setattr(zmq.Frame(), "group", group),
    ):
        with pytest.raises(zmq.ZMQError) as caught:
            refused()
        assert caught.value.errno == zmq.EINVAL
    with pytest.raises(TypeError):
        dish.join(5)


@draft
@pytest.mark.libzmq("4.3.3")
def test_a_long_group_cannot_be_replaced(connected: Any) -> None:
    """A second group after a long one, on which libzmq crashes, is refused; the same is not."""
    frame = zmq.Frame(b"body")
    frame.group = "y" * 14
    frame.group = "z"
    frame.group = "x" * 255
    frame.group = "x" * 255
    for name in ("short", "y" * 20):
        with pytest.raises(zmq.ZMQError) as caught:
            frame.group = name
        assert caught.value.errno == zmq.EINVAL
    assert frame.group == frame.fast_copy().group == "x" * 255
    dish, radio = connected(zmq.DISH, zmq.RADIO)
    dish.join("x" * 255)
    assert broadcast(radio, dish, b"1", "x" * 255).group == "x" * 255
    radio.send(frame)
    radio.send(frame, group="x" * 255)
    assert dish.recv() in (b"1", b"body")


@draft
def test_radio_over_udp(socket: Any, udp_port: int) -> None:
    """A RADIO that connects and a DISH that binds meet over udp."""
    dish, radio = socket(zmq.DISH), socket(zmq.RADIO)
    bound = dish.bind(f"udp://127.0.0.1:{udp_port}")
    assert bound.addr == f"udp://127.0.0.1:{udp_port}"
    dish.join("g")
    radio.connect(bound.addr)
    assert broadcast(radio, dish, b"1", "g").group == "g"


@draft
@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("shadow", [False, True])
def test_radio_over_udp_knows_how_long_datagrams_are(
    socket: Any, udp_port: int, copy: bool, shadow: bool
) -> None:
    """What libzmq would write past its buffer, and a group that ends receivers, are refused."""
    radio = socket(zmq.RADIO)
    radio.connect(f"udp://127.0.0.1:{udp_port}")
    if shadow:
        radio = zmq.Socket.shadow(radio.underlying)
    radio.send(b"x" * (8192 - 2), copy=copy, group="g")
    with pytest.raises(zmq.ZMQError, match="8192") as caught:
        radio.send(b"x" * (8192 - 1), copy=copy, group="g")
    assert caught.value.errno == zmq.EMSGSIZE
    radio.send(b"", group="g" * 127)
    with pytest.raises(zmq.ZMQError, match="127") as caught:
        radio.send(b"", group="g" * 128)
    assert caught.value.errno == zmq.EINVAL


@draft
def test_radio_without_udp_sends_anything(connected: Any) -> None:
    """The limits of datagrams are those of udp only."""
    dish, radio = connected(zmq.DISH, zmq.RADIO)
    dish.join("g" * 200)
    assert broadcast(radio, dish, b"x" * 100_000, "g" * 200).bytes == b"x" * 100_000


# ----------------------------------------------------------------------
# DGRAM


@pytest.fixture
def dgram(socket: Any, udp_port: int) -> zmq.Socket:
    """A DGRAM that receives; its I/O thread binds some time after bind() returned."""
    one: zmq.Socket = socket(zmq.DGRAM)
    one.bind(f"udp://127.0.0.1:{udp_port}")
    with py_socket.socket(py_socket.AF_INET, py_socket.SOCK_DGRAM) as sender:

        def once() -> zmq.Frame | None:
            sender.sendto(b"are you there", ("127.0.0.1", udp_port))
            return arrived(one)

        until(once)
        one.recv()
        sender.sendto(b"last", ("127.0.0.1", udp_port))
        while one.recv_multipart()[1] != b"last":
            pass
    return one


def address_of(peer: py_socket.socket) -> bytes:
    host, port = peer.getsockname()
    return f"{host}:{port}".encode()


@pytest.mark.libzmq("4.2")
def test_dgram_has_an_address_and_a_body(
    dgram: zmq.Socket, peer: py_socket.socket, udp_port: int
) -> None:
    """A message is two parts, and the first one of a received message leads back."""
    peer.sendto(b"there", ("127.0.0.1", udp_port))
    address, body = dgram.recv_multipart()
    assert body == b"there"
    dgram.send_multipart([address, b"back"])
    dgram.send_multipart([address_of(peer), b""], copy=False)
    assert peer.recv(100) == b"back"
    assert peer.recv(100) == b""


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize(
    ("parts", "errnum"),
    [
        ([b"only one"], zmq.EINVAL),
        ([b"127.0.0.1:9", b"a", b"b"], zmq.EINVAL),
        ([b"127.0.0.1:9", b"x" * 8193], zmq.EMSGSIZE),
        ([b"127.0.0.1:9", zmq.Frame(b"x" * 8193)], zmq.EMSGSIZE),
        ([b"127.0.0.1:9", bytearray(20_000)], zmq.EMSGSIZE),
    ],
    ids=["one part", "three parts", "long", "long frame", "long buffer"],
)
def test_dgram_refuses_before_it_sends(
    dgram: zmq.Socket, peer: py_socket.socket, parts: list[Any], errnum: int
) -> None:
    """A message that is none leaves the socket ready for the next one."""
    with pytest.raises(zmq.ZMQError, match="DGRAM") as caught:
        dgram.send_multipart(parts)
    assert caught.value.errno == errnum
    dgram.send_multipart([address_of(peer), b"y" * 8192])
    assert peer.recv(10_000) == b"y" * 8192


@pytest.mark.libzmq("4.2")
def test_dgram_sends_part_by_part(dgram: zmq.Socket, peer: py_socket.socket) -> None:
    """A body that is refused may be followed by one that is not."""
    dgram.send(address_of(peer), zmq.SNDMORE)
    with pytest.raises(zmq.ZMQError) as caught:
        dgram.send(b"x" * 8193, copy=False)
    assert caught.value.errno == zmq.EMSGSIZE
    dgram.send(b"body")
    assert peer.recv(100) == b"body"


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("shadow", [False, True])
def test_dgram_is_bound_before_it_sends(socket: Any, shadow: bool) -> None:
    """A DGRAM that is bound to nothing, on which libzmq ends the process, refuses to send."""
    one = socket(zmq.DGRAM)
    if shadow:
        one = zmq.Socket.shadow(one.underlying)
    for refused in (
        lambda: one.send(b"x", zmq.SNDMORE),
        lambda: one.send(b"x" * 100_000, zmq.SNDMORE, copy=False),
        lambda: one.send(zmq.Frame(b"x"), zmq.SNDMORE),
        lambda: one.send_multipart([b"127.0.0.1:9", b"x"]),
    ):
        with pytest.raises(zmq.ZMQError, match="bind it") as caught:
            refused()
        assert caught.value.errno == zmq.ENOTCONN


@pytest.mark.libzmq("4.2")
def test_dgram_does_not_connect(socket: Any) -> None:
    """Connecting over udp, which is for a RADIO, says so."""
    with pytest.raises(zmq.ZMQError, match="a RADIO connects") as caught:
        socket(zmq.DGRAM).connect("udp://127.0.0.1:9")
    assert caught.value.errno == zmq.ENOCOMPATPROTO


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("kind", [zmq.DGRAM, zmq.DISH])
def test_a_port_of_udp_that_is_taken(socket: Any, kind: int, peer: py_socket.socket) -> None:
    """A port in use, which libzmq would try again for ever, is an error of bind."""
    taken = f"udp://{address_of(peer).decode()}"
    with pytest.raises(zmq.ZMQError, match=taken) as caught:
        socket(kind).bind(taken)
    assert caught.value.errno == zmq.EADDRINUSE


@pytest.mark.libzmq("4.2")
@pytest.mark.skipif(zmq.zmq_version_info() >= (4, 3), reason="this libzmq cannot unbind from udp")
def test_dgram_does_not_send_after_unbinding(dgram: zmq.Socket, udp_port: int) -> None:
    """A DGRAM that has left its endpoint, on which libzmq ends the process, refuses to send."""
    shadow = zmq.Socket.shadow(dgram)
    dgram.unbind(f"udp://127.0.0.1:{udp_port}")
    for one in (dgram, shadow):
        with pytest.raises(zmq.ZMQError, match="bind it") as caught:
            one.send_multipart([b"127.0.0.1:9", b"x"])
        assert caught.value.errno == zmq.ENOTCONN


@pytest.mark.libzmq("4.3")
def test_a_port_of_udp_is_not_given_back(dgram: zmq.Socket, udp_port: int) -> None:
    """Unbinding from udp, which libzmq cannot any more, fails and says what to do."""
    with pytest.raises(zmq.ZMQError, match="close the socket") as caught:
        dgram.unbind(f"udp://127.0.0.1:{udp_port}")
    assert caught.value.errno == errno.ENOENT


# ----------------------------------------------------------------------
# waiting


RECEIVERS = [zmq.CLIENT, zmq.SERVER, zmq.DISH, zmq.GATHER]


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("kind", RECEIVERS)
@pytest.mark.parametrize("in_thread", [False, True])
def test_waiting_ends(socket: Any, kind: int, in_thread: bool) -> None:
    """A receive ends when RCVTIMEO is over, in the main thread as in any other."""
    one = socket(kind, rcvtimeo=20)
    caught: list[BaseException] = []

    def receive() -> None:
        try:
            one.recv()
        except zmq.Again as error:
            caught.append(error)

    if in_thread:
        thread = threading.Thread(target=receive)
        thread.start()
        thread.join()
    else:
        receive()
    assert len(caught) == 1


class Interrupted(Exception):
    """What the test's signal handler raises."""


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Raise Interrupted in the main thread a moment after the call."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no timer of signals")

    def handler(signum: int, frame: Any) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, handler)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.02)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("kind", RECEIVERS)
def test_a_signal_ends_a_receive(
    socket: Any, endpoint: Any, kind: int, interrupt: Callable[[], None]
) -> None:
    """A handler that raises ends a receive without time-out, as Ctrl-C does."""
    one = socket(kind, rcvtimeo=-1)
    one.bind(endpoint("inproc"))
    interrupt()
    with pytest.raises(Interrupted):
        one.recv()
    assert arrived(one) is None


@pytest.mark.libzmq("4.2")
def test_a_signal_ends_a_send(
    socket: Any, endpoint: Any, interrupt: Callable[[], None]
) -> None:
    """A handler that raises ends a send without time-out; the socket is as good as before."""
    server, lonely = socket(zmq.SERVER), socket(zmq.CLIENT, sndtimeo=-1)
    interrupt()
    with pytest.raises(Interrupted):
        lonely.send(b"x")
    server.bind(endpoint("inproc"))
    lonely.connect(server.last_endpoint)
    lonely.send(b"y")
    assert server.recv() == b"y"


def is_taken(server: zmq.Socket, peer: int) -> bool:
    """Send, and tell whether there was room."""
    try:
        server.send(b"x", zmq.DONTWAIT, routing_id=peer)
    except zmq.Again:
        return False
    return True


@draft
def test_sending_to_a_peer_that_takes_no_more(connected: Any) -> None:
    """A SERVER that waits for a full peer goes on when there is room."""
    server, client = connected(zmq.SERVER, zmq.CLIENT, sndhwm=1, rcvhwm=1)
    client.send(b"")
    peer = server.recv(copy=False).routing_id
    while server.poll(0, zmq.POLLOUT) and is_taken(server, peer):
        pass
    thread = threading.Thread(target=lambda: [client.recv() for _ in range(2)])
    thread.start()
    server.send(b"x", routing_id=peer)
    thread.join()


@draft
def test_draft_builds_poll_every_type(connected: Any) -> None:
    """Poller, select and Socket.poll take thread-safe sockets beside others."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    pull, push = connected(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(server, zmq.POLLIN)
    poller.register(pull, zmq.POLLIN)
    assert poller.poll(0) == poller.poll(1) == []
    assert server.poll(0) == server.poll(1) == 0
    client.send(b"x")
    assert poller.poll(5000) == [(server, zmq.POLLIN)]
    push.send(b"x")
    assert until(lambda: len(poller.poll(0)) == 2)
    assert server.poll() == zmq.POLLIN
    assert zmq.select([server], [client], [], 5) == ([server], [client], [])


@no_draft
@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("timeout", [0, 10])
def test_stable_builds_say_what_they_cannot_poll(connected: Any, timeout: int) -> None:
    """Polling a thread-safe socket names it, and says that it takes a draft build."""
    server, _ = connected(zmq.SERVER, zmq.CLIENT)
    poller = zmq.Poller()
    poller.register(server, zmq.POLLIN)
    with pytest.raises(zmq.ZMQError, match=r"zmq\.SERVER.*draft") as caught:
        poller.poll(timeout)
    assert caught.value.errno == zmq.EINVAL


# ----------------------------------------------------------------------
# the descriptor of thread-safe types


def readable(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])


@draft
@pytest.mark.libzmq("4.3.2")
def test_descriptor_tells_news(connected: Any) -> None:
    """The descriptor turns readable with each news and quiet when EVENTS is read."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    with pytest.warns(zmq.DraftFDWarning):
        fd = server.fd
    assert server.fileno() == server.get(zmq.FD) == zmq.Socket.shadow(server).fd == fd
    assert server.events == zmq.POLLOUT
    assert not readable(fd)
    for body in (b"1", b"2"):
        client.send(body)
        until(lambda: readable(fd))
        assert server.events == zmq.POLLIN | zmq.POLLOUT
        assert not readable(fd)
        assert server.recv() == body
        assert server.events == zmq.POLLOUT
        assert not readable(fd)


@draft
@pytest.mark.libzmq("4.3.2")
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this system lists no descriptors")
def test_descriptor_goes_with_the_socket(connected: Any) -> None:
    """Closing the socket closes the descriptor, whichever view asked for it."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        server, client = connected(zmq.SERVER, zmq.CLIENT)
        with pytest.warns(zmq.DraftFDWarning):
            os.fstat(zmq.Socket.shadow(server).fd)
        client.send(b"nobody looks at it")
        server.close()
        client.close()
    assert until(lambda: len(os.listdir("/proc/self/fd")) < before + 20)


@draft
@pytest.mark.libzmq("4.3.2")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_descriptor_stays_with_the_parent(connected: Any) -> None:
    """A forked child that closes its copy leaves the parent's descriptor working."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    with pytest.warns(zmq.DraftFDWarning):
        fd = server.fd
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking in a process with threads
        child = os.fork()
    if child == 0:
        server.close()
        os._exit(0 if server.closed else 1)
    assert os.waitpid(child, 0)[1] == 0
    client.send(b"x")
    assert until(lambda: readable(fd))
    assert server.recv() == b"x"


@no_draft
@pytest.mark.libzmq("4.2")
def test_stable_builds_have_no_descriptor(socket: Any) -> None:
    """Without the draft API the descriptor of a thread-safe type is an error that says so."""
    with pytest.raises(zmq.ZMQError, match="draft") as caught:
        socket(zmq.SERVER).get(zmq.FD)
    assert caught.value.errno == zmq.EINVAL


# ----------------------------------------------------------------------
# options


@draft
@pytest.mark.libzmq("4.3.1")
def test_router_is_told_who_comes_and_goes(socket: Any, endpoint: Any) -> None:
    """ROUTER_NOTIFY makes a ROUTER receive an empty message when a peer comes and when it goes."""
    router, dealer = socket(zmq.ROUTER), socket(zmq.DEALER, routing_id=b"me")
    router.router_notify = zmq.NOTIFY_CONNECT | zmq.NOTIFY_DISCONNECT
    assert router.ROUTER_NOTIFY == 3
    router.bind(endpoint("tcp"))
    dealer.connect(router.last_endpoint)
    assert router.recv_multipart() == [b"me", b""]
    dealer.close()
    assert router.recv_multipart() == [b"me", b""]


@draft
@pytest.mark.libzmq("4.3.4")
def test_peers_are_greeted_and_missed(socket: Any, endpoint: Any) -> None:
    """HELLO_MSG goes to every new peer; DISCONNECT_MSG comes in the name of one that left."""
    server, client = socket(zmq.SERVER), socket(zmq.CLIENT)
    server.hello_msg, server.disconnect_msg = b"hello", b"gone"
    server.bind(endpoint("tcp"))
    client.connect(server.last_endpoint)
    assert client.recv() == b"hello"
    client.send(b"x")
    assert server.recv() == b"x"
    client.close()
    assert server.recv() == b"gone"


@draft
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PRIORITY", 3, marks=pytest.mark.libzmq("4.3.3")),
        pytest.param("RECONNECT_STOP", 1, marks=pytest.mark.libzmq("4.3.3")),
        pytest.param("IN_BATCH_SIZE", 1000, marks=pytest.mark.libzmq("4.3.3")),
        pytest.param("OUT_BATCH_SIZE", 1000, marks=pytest.mark.libzmq("4.3.3")),
        pytest.param("SOCKS_USERNAME", b"me", marks=pytest.mark.libzmq("4.3.3")),
        pytest.param("LOOPBACK_FASTPATH", 1, marks=pytest.mark.libzmq("4.2.5")),
        pytest.param("BUSY_POLL", 1, marks=pytest.mark.libzmq("4.3.5")),
    ],
)
def test_draft_options(socket: Any, name: str, value: Any) -> None:
    """A draft option is set and read as any other."""
    one = socket(zmq.DEALER)
    setattr(one, name, value)
    assert getattr(one, name.lower()) == one.get(getattr(zmq, name)) == value


@draft
@pytest.mark.libzmq("4.2")
def test_whether_a_type_is_thread_safe(socket: Any) -> None:
    """THREAD_SAFE tells which types several threads may use."""
    assert [socket(kind).thread_safe for kind in (zmq.SERVER, zmq.DEALER, zmq.RADIO)] == [1, 0, 1]


# ----------------------------------------------------------------------
# without drafts


@no_draft
@pytest.mark.libzmq("4.2")
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
@pytest.mark.parametrize("kind", [zmq.CLIENT, zmq.SERVER, zmq.RADIO, zmq.DISH, zmq.GATHER])
def test_stable_builds_keep_draft_types_in_the_process(
    socket: Any, endpoint: Any, transport: str, kind: int
) -> None:
    """A draft type over a transport with a handshake, which ends the process, is refused."""
    one = socket(kind)
    for refused in (one.bind, one.connect):
        with pytest.raises(zmq.ZMQVersionError, match=f"over {transport}.*draft"):
            refused(endpoint(transport))
    with pytest.raises(zmq.ZMQError) as caught:
        one.bind("nonsense")
    assert caught.value.errno == zmq.EINVAL
    one.bind(endpoint("inproc"))


@no_draft
@pytest.mark.parametrize(
    "use",
    [
        lambda one: one.join("g"),
        lambda one: one.leave("g"),
        lambda one: one.connect_peer("inproc://x"),
        lambda one: one.send(b"x", routing_id=1),
        lambda one: one.send(b"x", group="g"),
        lambda one: zmq.Frame().group,
        lambda one: zmq.Frame().routing_id,
        lambda one: setattr(zmq.Frame(), "group", "g"),
        lambda one: setattr(one, "router_notify", 3),
    ],
    ids=["join", "leave", "connect_peer", "send to peer", "send to group", "group", "routing_id",
         "set group", "option"],
)
def test_stable_builds_say_what_they_lack(socket: Any, use: Callable[[zmq.Socket], Any]) -> None:
    """Without the draft API each part of it raises ZMQVersionError, which says what it takes."""
    with pytest.raises(zmq.ZMQVersionError) as caught:
        use(socket(zmq.ROUTER))
    text = str(caught.value)
    assert zmq.zmq_version() in text
    assert "draft" in text or zmq.zmq_version_info() < (4, 3, 3)
