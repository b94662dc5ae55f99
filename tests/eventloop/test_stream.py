# SPDX-License-Identifier: BSD-3-Clause
"""ZMQStream: what callbacks get, how messages are sent, and how a stream ends."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tornado import gen
from tornado.ioloop import IOLoop

import zmq
import zmq.asyncio
from zmq.eventloop.zmqstream import ZMQStream

from .conftest import Run, Said, Streams, eventually, rounds, uvloop_new

Sockets = Callable[..., Any]


# --- receiving ------------------------------------------------------------------------------------


def test_messages_in_their_order(streams: Streams, run: Run) -> None:
    """The callback gets every message, as a list of its parts, in the order of sending."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []
        receiver.on_recv(got.append)
        sent = [[b"%d" % number, b"", b"x" * number] for number in range(200)]
        for message in sent:
            sender.send_multipart(message)
        await eventually(lambda: len(got) >= len(sent))
        assert got == sent

    run(main())


@pytest.mark.parametrize("transport", ["inproc", "tcp", "ipc"])
def test_round_trips(transport: str, streams: Streams, run: Run) -> None:
    """Streams of REQ and REP answer each other over each transport."""

    async def main() -> None:
        server, client = streams(zmq.REP, zmq.REQ, transport)
        server.on_recv(server.send_multipart)
        answers: list[Any] = []

        def answered(message: Any) -> None:
            answers.append(message)
            if len(answers) < 50:
                client.send_multipart([b"%d" % len(answers), b"more"])

        client.on_recv(answered)
        client.send_multipart([b"0", b"more"])
        await eventually(lambda: len(answers) == 50)
        assert answers == [[b"%d" % number, b"more"] for number in range(50)]

    run(main())


def test_copy(streams: Streams, run: Run) -> None:
    """With copy=False the callback gets Frames, and bytes again with the next callback."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []
        receiver.on_recv(got.append, copy=False)
        sender.send_multipart([b"a", b"b"])
        await eventually(lambda: got)
        assert [type(part) for part in got[0]] == [zmq.Frame, zmq.Frame]
        assert [part.bytes for part in got[0]] == [b"a", b"b"]
        receiver.on_recv_stream(lambda stream, message: got.append(message), copy=False)
        sender.send(b"c")
        await eventually(lambda: len(got) == 2)
        assert got[1][0].bytes == b"c"
        receiver.on_recv(got.append)
        sender.send(b"d")
        await eventually(lambda: len(got) == 3)
        assert got[2] == [b"d"]

    run(main())


def test_stream_and_message(streams: Streams, run: Run) -> None:
    """on_recv_stream gives the stream first, so that one callback serves several."""

    async def main() -> None:
        pairs = [streams(), streams()]
        got: list[Any] = []
        for _, receiver in pairs:
            receiver.on_recv_stream(lambda *args: got.append(args))
        for number, (sender, _) in enumerate(pairs):
            sender.send(b"%d" % number)
        await eventually(lambda: len(got) == 2)
        assert sorted(got, key=lambda one: one[1]) == [
            (receiver, [b"%d" % number]) for number, (_, receiver) in enumerate(pairs)
        ]

    run(main())


STOPS: dict[str, Callable[[ZMQStream], None]] = {
    "stop_on_recv": lambda stream: stream.stop_on_recv(),
    "on_recv(None)": lambda stream: stream.on_recv(None),
    "on_recv_stream(None)": lambda stream: stream.on_recv_stream(None),
}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("inside", [True, False], ids=["in the callback", "outside"])
def test_pause(stop: str, inside: bool, streams: Streams, run: Run) -> None:
    """Without a callback messages stay in the socket, and come when there is one again."""

    async def main() -> None:
        sender, receiver = streams()
        first: list[Any] = []
        later: list[Any] = []

        def once(message: Any) -> None:
            first.append(message)
            if inside:
                STOPS[stop](receiver)

        receiver.on_recv(once)
        assert receiver.receiving()
        if inside:
            for number in range(10):
                sender.send(b"%d" % number)
            await eventually(lambda: first)
        else:
            sender.send(b"0")
            await eventually(lambda: first)
            STOPS[stop](receiver)
            for number in range(1, 10):
                sender.send(b"%d" % number)
        assert not receiver.receiving()
        await rounds()
        assert first == [[b"0"]]
        receiver.on_recv(later.append)
        await eventually(lambda: len(later) == 9)
        assert later == [[b"%d" % number] for number in range(1, 10)]

    run(main())


def test_callback_replaced_in_itself(streams: Streams, run: Run) -> None:
    """The message after the one that brought another callback is given to that one."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []

        def one(message: Any) -> None:
            got.append(("one", *message))
            receiver.on_recv(other)

        def other(message: Any) -> None:
            got.append(("other", *message))
            receiver.on_recv(one)

        receiver.on_recv(one)
        for number in range(4):
            sender.send(b"%d" % number)
        await eventually(lambda: len(got) == 4)
        assert got == [("one", b"0"), ("other", b"1"), ("one", b"2"), ("other", b"3")]

    run(main())


def test_what_a_message_brings_about_comes_before_the_next(streams: Streams, run: Run) -> None:
    """A task that waits for one message can take its callback away before the next one comes."""

    async def main() -> None:
        sender, receiver = streams()
        for number in range(5):
            sender.send(b"%d" % number)
        for number in range(5):
            future: asyncio.Future[Any] = asyncio.Future()
            receiver.on_recv(future.set_result)
            assert await future == [b"%d" % number]
            receiver.stop_on_recv()

    run(main())


def test_loop_stopped_in_a_callback(streams: Streams, io_loop: IOLoop) -> None:
    """After a callback has stopped the loop no other is called before the loop runs again."""
    sender, receiver = streams()
    got: list[Any] = []

    def received(message: Any) -> None:
        got.append(message)
        io_loop.stop()

    receiver.on_recv(received)
    for number in range(3):
        sender.send(b"%d" % number)
    for number in range(3):
        io_loop.start()
        assert got == [[b"%d" % one] for one in range(number + 1)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupted_callback(
    error: type[BaseException], streams: Streams, io_loop: IOLoop
) -> None:
    """Ctrl-C in a callback ends the loop; the messages that are left come when it runs again."""
    sender, receiver = streams()
    got: list[Any] = []

    def received(message: Any) -> None:
        got.append(message)
        if len(got) == 1:
            raise error
        if len(got) == 3:
            io_loop.stop()

    receiver.on_recv(received)
    for number in range(3):
        sender.send(b"%d" % number)
    with pytest.raises(error):
        io_loop.start()
    io_loop.start()
    assert got == [[b"0"], [b"1"], [b"2"]]


@pytest.mark.parametrize("kind", ["async def", "gen.coroutine"])
def test_asynchronous_callback(kind: str, streams: Streams, run: Run, said: Said) -> None:
    """A callback may be a coroutine function; the next one starts before it has ended."""

    async def main() -> None:
        sender, receiver = streams()
        events: list[Any] = []
        go_on = asyncio.Event()

        async def native(message: Any) -> None:
            events.append(("begin", *message))
            await go_on.wait()
            events.append(("end", *message))
            raise ValueError("to be logged")

        @gen.coroutine
        def generator(message: Any) -> Any:
            events.append(("begin", *message))
            yield go_on.wait()
            events.append(("end", *message))
            raise ValueError("to be logged")

        receiver.on_recv(native if kind == "async def" else generator)
        for number in range(3):
            sender.send(b"%d" % number)
        await eventually(lambda: len(events) == 3)
        assert events == [("begin", b"0"), ("begin", b"1"), ("begin", b"2")]
        go_on.set()
        await eventually(lambda: len(said) == 3)
        assert sorted(events[3:]) == [("end", b"0"), ("end", b"1"), ("end", b"2")]
        assert said.take() == ["Uncaught exception in ZMQStream callback"] * 3

    run(main())


def test_exception_in_a_callback(streams: Streams, run: Run, said: Said) -> None:
    """What a callback raises is logged, and the stream goes on."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []

        def received(message: Any) -> None:
            got.append(message)
            raise ValueError(message)

        receiver.on_recv(received)
        for number in range(3):
            sender.send(b"%d" % number)
        await eventually(lambda: len(got) == 3)
        assert said.take() == ["Uncaught exception in ZMQStream callback"] * 3
        sender.on_send(lambda message, status: 1 / 0)
        sender.send(b"3")
        await eventually(lambda: len(got) == 4)
        assert said.take() == ["Uncaught exception in ZMQStream callback"] * 2

    run(main())


@pytest.mark.parametrize(
    "set_callback", ["on_recv", "on_recv_stream", "on_send", "on_send_stream", "set_close_callback"]
)
def test_callback_that_cannot_be_called(set_callback: str, streams: Streams) -> None:
    """What is no callable is refused at once, and nothing has changed."""
    stream, _ = streams()
    with pytest.raises(AssertionError, match="callable"):
        getattr(stream, set_callback)(5)
    assert not stream.receiving()


def test_on_err(streams: Streams, said: Said) -> None:
    """on_err and stop_on_err do nothing, and say so."""
    stream, _ = streams()
    stream.on_err(lambda: None)
    stream.stop_on_err()
    assert len(said.take()) == 2


# --- sending --------------------------------------------------------------------------------------

FORMS: dict[str, tuple[Callable[[ZMQStream], Any], list[bytes]]] = {
    "send": (lambda stream: stream.send(b"x"), [b"x"]),
    "send frame": (lambda stream: stream.send(zmq.Frame(b"x")), [b"x"]),
    "send memoryview": (lambda stream: stream.send(memoryview(b"xyz")[1:]), [b"yz"]),
    "send more": (
        lambda stream: (stream.send(b"x", zmq.SNDMORE), stream.send(b"y", flags=zmq.SNDMORE),
                        stream.send(b"z")),
        [b"x", b"y", b"z"],
    ),
    "send_multipart": (lambda stream: stream.send_multipart([b"x", b"y"]), [b"x", b"y"]),
    "send_multipart tuple": (lambda stream: stream.send_multipart((b"x", b"y")), [b"x", b"y"]),
    "send_multipart iterator": (lambda stream: stream.send_multipart(iter([b"x"])), [b"x"]),
    "send_multipart copy": (
        lambda stream: stream.send_multipart([b"x" * 5000], copy=False, track=True), [b"x" * 5000]
    ),
    "send_string": (lambda stream: stream.send_string("ä"), ["ä".encode()]),
    "send_unicode": (lambda stream: stream.send_unicode("ä", encoding="latin-1"), [b"\xe4"]),
    "send_json": (lambda stream: stream.send_json({"b": 1, "a": 2}, sort_keys=True),
                  [b'{"a":2,"b":1}']),
    "send_pyobj": (lambda stream: stream.send_pyobj((1, 2), protocol=2), [pickle.dumps((1, 2), 2)]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("told", [False, True], ids=["at once", "with callback"])
def test_forms_of_sending(form: str, told: bool, streams: Streams, run: Run) -> None:
    """Every way to send arrives as it does from a socket, with a callback for it or without."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []
        sent: list[Any] = []
        receiver.on_recv(got.append)
        if told:
            sender.on_send(lambda message, status: sent.append(message))
        send, expected = FORMS[form]
        send(sender)
        assert sender.sending() == told
        await eventually(lambda: got)
        assert [part.replace(b" ", b"") for part in got[0]] == expected
        await eventually(lambda: not sender.sending())
        assert len(sent) == told * (3 if form == "send more" else 1)

    run(main())


@pytest.mark.parametrize("form", [form for form in FORMS if form != "send more"])
def test_subclass_that_sends_in_its_own_way(
    form: str, connected: Any, io_loop: IOLoop, run: Run
) -> None:
    """Every way to send goes by way of a subclass's send_multipart(), with its callback."""

    class Signed(ZMQStream):
        def send_multipart(self, msg: Any, *args: Any, **kwargs: Any) -> None:
            super().send_multipart([b"signed", *msg], *args, **kwargs)

    async def main() -> None:
        one, other = connected(zmq.PAIR, zmq.PAIR)
        stream = Signed(one, io_loop)
        send, expected = FORMS[form]
        send(stream)
        sent: list[Any] = []
        stream.send(b"x", callback=lambda message, status: sent.append(message))
        await eventually(lambda: sent)
        assert sent == [[b"signed", b"x"]]
        assert [part.replace(b" ", b"") for part in other.recv_multipart()] == [
            b"signed",
            *expected,
        ]
        assert other.recv_multipart() == [b"signed", b"x"]
        stream.close()

    run(main())


def test_on_send(streams: Streams, run: Run) -> None:
    """The callbacks for sending are called in the loop, in order, with message and tracker."""

    async def main() -> None:
        sender, _ = streams()
        sent: list[Any] = []
        sender.on_send(lambda *args: sent.append(args))
        sender.send(b"a")
        sender.send_multipart((b"b", b"c"))
        assert sent == []
        await eventually(lambda: len(sent) == 2)
        assert sent == [([b"a"], None), ((b"b", b"c"), None)]
        sender.send(b"d", copy=False, track=True)
        await eventually(lambda: len(sent) == 3)
        assert isinstance(sent[2][1], zmq.MessageTracker)
        sender.on_send_stream(lambda *args: sent.append(args))
        sender.send(b"e")
        await eventually(lambda: len(sent) == 4)
        assert sent[3] == (sender, [b"e"], None)
        sender.stop_on_send()
        sender.send(b"f")
        sender.send(b"g", callback=lambda *args: sent.append(("own", *args)))
        sender.send(b"h")
        await eventually(lambda: len(sent) == 6)
        assert sent[4:] == [("own", [b"g"], None), ("own", [b"h"], None)]
        sender.on_send_stream(None)
        sender.send(b"i")
        await rounds()
        assert len(sent) == 6

    run(main())


@pytest.mark.parametrize("told", [False, True], ids=["at once", "with callback"])
def test_order_when_some_have_to_wait(told: bool, streams: Streams, run: Run) -> None:
    """Messages that find no room wait, and arrive after those before and before those after."""

    async def main() -> None:
        sender, receiver = streams(zmq.PUSH, zmq.PULL, sndhwm=2, rcvhwm=2)
        sent: list[Any] = []
        if told:
            sender.on_send(lambda message, status: sent.append((message, status)))
        for number in range(100):
            sender.send_multipart([b"%d" % number, b"x"])
        assert sender.sending()
        got: list[Any] = []
        receiver.on_recv(got.append)
        await eventually(lambda: len(got) == 100)
        await eventually(lambda: not sender.sending())
        assert got == [[b"%d" % number, b"x"] for number in range(100)]
        assert sent == told * [(message, None) for message in got]

    run(main())


def test_buffer_changed_after_sending(streams: Streams, run: Run) -> None:
    """A message that waits is what it was when it was sent, though its buffer has changed."""

    async def main() -> None:
        sender, receiver = streams()
        buffer = bytearray(b"before")
        parts: list[Any] = [buffer]
        sender.on_send(lambda message, status: None)
        sender.send_multipart(parts)
        buffer[:] = b"after!"
        parts.append(b"one more")
        got: list[Any] = []
        receiver.on_recv(got.append)
        await eventually(lambda: got)
        assert got == [[b"before"]]

    run(main())


def test_bad_message(streams: Streams, run: Run, said: Said) -> None:
    """What cannot be sent is logged and costs no other message; what cannot be encoded raises."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []
        receiver.on_recv(got.append)
        sender.send("text")
        sender.send_multipart([])
        sender.send_multipart([b"x", 5])
        sender.send(b"good")
        await eventually(lambda: got)
        assert got == [[b"good"]]
        assert ["cannot send" in text for text in said.take()] == [True] * 3
        with pytest.raises(TypeError):
            sender.send_string(b"bytes")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            sender.send_json(object())
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            sender.send_pyobj(lambda: None)
        assert not sender.sending()

    run(main())


def test_error_while_sending(streams: Streams, run: Run, said: Said) -> None:
    """What libzmq refuses to send is told to the callback and logged, and the next is sent."""

    async def main() -> None:
        router, dealer = streams(zmq.ROUTER, zmq.DEALER)
        router.socket.router_mandatory = True
        got: list[Any] = []
        sent: list[Any] = []
        router.on_recv(got.append)
        dealer.on_recv(got.append)
        dealer.send(b"hello")
        await eventually(lambda: got)
        peer = got.pop()[0]
        router.on_send(lambda message, status: sent.append(status))
        router.send_multipart([b"nobody", b"x"])
        router.send_multipart([peer, b"y"])
        await eventually(lambda: got)
        assert got == [[b"y"]]
        assert isinstance(sent[0], zmq.ZMQError)
        assert sent[0].errno == zmq.EHOSTUNREACH
        assert sent[1:] == [None]
        assert [zmq.strerror(zmq.EHOSTUNREACH) in text for text in said.take()] == [True]

    run(main())


def test_peer_that_takes_no_more(streams: Streams, run: Run, said: Said) -> None:
    """A message to a peer without room waits for it, though the socket says that it can send."""

    async def main() -> None:
        options = {"sndhwm": 2, "rcvhwm": 2}
        router, dealer = streams(zmq.ROUTER, zmq.DEALER, **options)
        router.socket.router_mandatory = True
        known: list[Any] = []
        got: list[Any] = []
        router.on_recv(known.append)
        dealer.send(b"hello")
        await eventually(lambda: known)
        peer = known[0][0]
        for number in range(50):
            router.send_multipart([peer, b"%d" % number])
        assert router.sending()
        await rounds()
        dealer.on_recv(got.append)
        await eventually(lambda: len(got) == 50)
        assert got == [[b"%d" % number] for number in range(50)]
        assert not router.sending()

    try:
        run(main())
    finally:
        assert said == []


def test_sending_in_another_thread(streams: Streams, run: Run) -> None:
    """The send methods may be called in a thread that is not the loop's, and keep the order."""

    async def main() -> None:
        sender, receiver = streams()
        got: list[Any] = []
        receiver.on_recv(got.append)

        def send() -> None:
            for number in range(300):
                sender.send(b"%d" % number)

        thread = threading.Thread(target=send)
        thread.start()
        await eventually(lambda: len(got) == 300)
        thread.join()
        assert got == [[b"%d" % number] for number in range(300)]

    run(main())


def test_socket_methods(streams: Streams, endpoint: Any) -> None:
    """A stream has its socket's methods to bind, to connect and for options."""
    stream, other = streams(zmq.DEALER, zmq.DEALER)
    place = endpoint("inproc")
    stream.bind(place)
    other.connect(place)
    stream.setsockopt(zmq.LINGER, 5)
    assert stream.getsockopt(zmq.LINGER) == 5
    stream.setsockopt_string(zmq.ROUTING_ID, "me")
    assert stream.getsockopt_string(zmq.ROUTING_ID) == "me"
    assert stream.bind_to_random_port("tcp://127.0.0.1") > 0
    assert isinstance(stream.poller, zmq.Poller)
    assert stream.poller.sockets == []


# --- flush ----------------------------------------------------------------------------------------


def test_flush_counts_and_stops_at_the_limit(streams: Streams) -> None:
    """flush receives and sends in turn, as many as the limit allows, and returns how many."""
    one, other = streams()
    did: list[str] = []
    one.on_recv(lambda message: did.append("r" + message[0].decode()))
    one.on_send(lambda message, status: did.append("s" + message[0].decode()))
    for number in range(4):
        one.send(b"%d" % number)
        other.send(b"%d" % number)
    assert one.flush(limit=0) == 0
    assert one.flush(limit=3) == 3
    assert did == ["r0", "s0", "r1"]
    assert one.flush(zmq.POLLIN, 1) == 1
    assert one.flush(zmq.POLLOUT, limit=2) == 2
    assert did[3:] == ["r2", "s1", "s2"]
    assert one.flush() == 2
    assert did[6:] == ["r3", "s3"]
    assert one.flush() == 0
    assert not one.sending()


def test_flush_without_callback(streams: Streams) -> None:
    """flush receives nothing while there is no callback for messages."""
    one, other = streams()
    other.send(b"x")
    assert one.flush() == 0
    got: list[Any] = []
    one.on_recv(got.append)
    assert one.flush() == 1
    assert got == [[b"x"]]


def test_flush_inside_a_callback(streams: Streams, run: Run) -> None:
    """A callback may flush its own stream: the messages it gets are those that follow."""

    async def main() -> None:
        one, other = streams()
        got: list[Any] = []
        counts: list[int] = []

        def received(message: Any) -> None:
            got.append(message)
            counts.append(one.flush())

        one.on_recv(received)
        for number in range(10):
            other.send(b"%d" % number)
        await eventually(lambda: len(got) == 10)
        assert got == [[b"%d" % number] for number in range(10)]
        await rounds()
        other.send(b"10")
        await eventually(lambda: len(got) == 11)

    run(main())


def test_what_flush_leaves_comes_in_the_loop(streams: Streams, run: Run) -> None:
    """Messages beyond the limit of a flush are received by the loop afterwards."""

    async def main() -> None:
        one, other = streams()
        got: list[Any] = []
        one.on_recv(got.append)
        await rounds()
        for number in range(10):
            other.send(b"%d" % number)
        assert one.flush(limit=3) == 3
        await eventually(lambda: len(got) == 10)

    run(main())


# --- closing --------------------------------------------------------------------------------------


def test_closed_stream(streams: Streams) -> None:
    """A closed stream says so, refuses to be used and may be closed again."""
    stream, _ = streams()
    socket = stream.socket
    closed: list[Any] = []
    stream.set_close_callback(lambda: closed.append(stream.closed()))
    assert not stream.closed()
    stream.close(linger=0)
    assert closed == [True]
    assert stream.closed()
    assert stream.socket is None
    assert socket.closed
    assert not stream.sending()
    for use in (
        lambda: stream.send(b"x"),
        lambda: stream.send_multipart([b"x"]),
        lambda: stream.send_json(1),
        lambda: stream.on_recv(print),
        lambda: stream.on_recv_stream(print),
        lambda: stream.stop_on_recv(),
        lambda: stream.on_send(print),
        lambda: stream.flush(),
    ):
        with pytest.raises(OSError, match="closed"):
            use()
    stream.set_close_callback(None)
    stream.close()
    assert closed == [True]


@pytest.mark.parametrize("waits", [True, False], ids=["receiving", "idle"])
def test_socket_closed_beneath(waits: bool, streams: Streams, run: Run) -> None:
    """A stream whose socket is closed by somebody else is closed, and its callback is called."""

    async def main() -> None:
        for asked in (True, False):
            stream, _ = streams()
            closed: list[int] = []
            stream.set_close_callback(lambda: closed.append(1))  # noqa: B023
            if waits:
                stream.on_recv(lambda message: None)
            await rounds()
            stream.socket.close()
            assert closed == []
            if asked:
                assert stream.closed()
            else:
                await eventually(lambda: closed)  # noqa: B023
            assert closed == [1]
            assert stream.socket is None
            await rounds()
            assert closed == [1]

    run(main())


def test_waiting_messages_are_sent_before_closing(connected: Any, io_loop: IOLoop) -> None:
    """close() sends what waits for the loop, if it can be sent at once, and drops the rest."""
    sender, receiver = connected(zmq.PUSH, zmq.PULL)
    stream = ZMQStream(sender, io_loop)
    stream.on_send(lambda message, status: None)
    for number in range(10):
        stream.send(b"%d" % number)
    stream.close()
    assert [receiver.recv() for _ in range(10)] == [b"%d" % number for number in range(10)]
    with receiver.context.socket(zmq.PUSH) as nobody:
        stream = ZMQStream(nobody, io_loop)
        stream.send(b"x")
        stream.close()
        assert not stream.sending()


# --- which sockets, which loops -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["asyncio", "asyncio view", "future", "shadow", "address"])
def test_other_views_of_a_socket(kind: str, connected: Any, io_loop: IOLoop, run: Run) -> None:
    """A stream may be made of an asynchronous socket or a shadow; closing it closes them."""
    import zmq.eventloop.future

    sender, receiver = connected(zmq.PUSH, zmq.PULL)
    views: dict[str, Callable[[], Any]] = {
        "asyncio": lambda: zmq.asyncio.Socket(receiver),
        "asyncio view": lambda: zmq.asyncio.Socket.shadow(receiver.underlying),
        "future": lambda: zmq.eventloop.future.Socket(receiver),
        "shadow": lambda: zmq.Socket.shadow(receiver),
        "address": lambda: zmq.Socket.shadow(receiver.underlying),
    }
    view = views[kind]()
    stream = ZMQStream(view, io_loop)

    async def main() -> None:
        got: list[Any] = []
        stream.on_recv(got.append)
        sender.send(b"x")
        await eventually(lambda: got)
        assert got == [[b"x"]]
        stream.close()
        assert view.closed
        assert receiver.closed

    run(main())


def test_what_is_no_open_socket(io_loop: IOLoop, socket: Sockets) -> None:
    """A stream cannot be made of anything but an open socket."""
    for wrong in (None, 5):
        with pytest.raises(AttributeError):
            ZMQStream(wrong, io_loop)  # type: ignore[arg-type]
    one = socket(zmq.PAIR)
    one.close()
    with pytest.raises(zmq.ZMQError) as raised:
        ZMQStream(one, io_loop)
    assert raised.value.errno == zmq.ENOTSOCK


def test_current_loop(connected: Any, run: Run) -> None:
    """Without io_loop a stream uses the loop that runs."""

    async def main() -> None:
        sender, receiver = connected(zmq.PUSH, zmq.PULL)
        stream = ZMQStream(receiver)
        assert stream.io_loop is IOLoop.current()
        got: list[Any] = []
        stream.on_recv(got.append)
        sender.send(b"x")
        await eventually(lambda: got)

    run(main())


def test_made_before_the_loop_runs(streams: Streams, io_loop: IOLoop) -> None:
    """Streams made and used before the loop runs are served once it does."""
    sender, receiver = streams()
    receiver.on_recv(lambda message: io_loop.stop())
    sender.on_send(lambda message, status: None)
    sender.send(b"x")
    assert sender.sending()
    io_loop.start()
    assert not sender.sending()


def test_loop_in_another_thread(streams: Streams, io_loop: IOLoop) -> None:
    """A stream may be made and told its callback in another thread than the one that runs it."""
    thread = threading.Thread(target=io_loop.start)
    thread.start()
    threads: list[Any] = []
    arrived = threading.Event()
    try:
        sender, receiver = streams()

        def received(message: Any) -> None:
            threads.append(threading.current_thread())
            if message == [b"49"]:
                arrived.set()

        receiver.on_recv(received)
        for number in range(50):
            sender.send(b"%d" % number)
        assert arrived.wait(10)
        assert threads == [thread] * 50
    finally:
        io_loop.add_callback(io_loop.stop)
        thread.join()


def test_loop_that_hides_what_it_has_to_do(connected: Any) -> None:
    """On uvloop, whose rounds cannot be looked into, streams do the same."""
    loop = uvloop_new()

    async def main() -> None:
        one, other = map(ZMQStream, connected(zmq.PAIR, zmq.PAIR))
        got: list[Any] = []
        other.on_recv(got.append)
        one.on_send(lambda message, status: None)
        for number in range(100):
            one.send(b"%d" % number)
        await eventually(lambda: len(got) == 100)
        other.stop_on_recv()
        for number in range(3):
            one.send(b"%d" % number)
        for number in range(3):
            future: asyncio.Future[Any] = loop.create_future()
            other.on_recv(future.set_result)
            assert await future == [b"%d" % number]
            other.stop_on_recv()
        one.close()
        other.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
