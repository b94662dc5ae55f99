# SPDX-License-Identifier: BSD-3-Clause
"""Green sockets wait as zmq's do, and only the greenlet that uses them waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
import gevent.queue
import pytest

import zmq
import zmq.decorators
import zmq.green

from .conftest import PATIENCE_S, settle

_buffer = bytearray(16)

# name -> (how to send b"hello", how to receive, what it gives)
FORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Any]] = {
    "bytes": (lambda s: s.send(b"hello"), lambda s: s.recv(), b"hello"),
    "keyword": (lambda s: s.send(data=b"hello"), lambda s: s.recv(flags=0), b"hello"),
    "frame": (
        lambda s: s.send(zmq.Frame(b"hello")),
        lambda s: s.recv(copy=False).bytes,
        b"hello",
    ),
    "long": (lambda s: s.send(b"x" * 100_000), lambda s: s.recv(), b"x" * 100_000),
    "shared": (lambda s: s.send(b"x" * 100_000, copy=False), lambda s: s.recv(), b"x" * 100_000),
    "multipart": (
        lambda s: s.send_multipart([b"a", b"b"]),
        lambda s: s.recv_multipart(),
        [b"a", b"b"],
    ),
    "multipart frames": (
        lambda s: s.send_multipart([b"a", bytearray(b"b")], copy=False),
        lambda s: [part.bytes for part in s.recv_multipart(copy=False)],
        [b"a", b"b"],
    ),
    "string": (lambda s: s.send_string("hällo"), lambda s: s.recv_string(), "hällo"),
    "json": (lambda s: s.send_json({"a": 1}), lambda s: s.recv_json(), {"a": 1}),
    "pyobj": (lambda s: s.send_pyobj((1, 2)), lambda s: s.recv_pyobj(), (1, 2)),
    "serialized": (
        lambda s: s.send_serialized([1, 2], lambda v: [bytes(v)]),
        lambda s: s.recv_serialized(lambda parts: list(parts[0])),
        [1, 2],
    ),
    "into": (
        lambda s: s.send(b"hello"),
        lambda s: bytes(_buffer[: s.recv_into(_buffer)]),
        b"hello",
    ),
}

each_form = pytest.mark.parametrize("form", FORMS)


@each_form
def test_receiving_waits_in_its_greenlet(form: str, pair: Any, spawn: Any) -> None:
    """A receive waits while other greenlets run, and gives what is sent by one of them."""
    send, receive, expected = FORMS[form]
    waiting = spawn(receive, pair[0])
    settle()
    assert not waiting.dead
    send(pair[1])
    assert waiting.get(timeout=PATIENCE_S) == expected


@each_form
def test_receiving_what_is_there(form: str, pair: Any) -> None:
    """A receive gives what is there without a switch."""
    send, receive, expected = FORMS[form]
    send(pair[1])
    assert receive(pair[0]) == expected


@each_form
def test_rcvtimeo_holds(form: str, pair: Any) -> None:
    """A receive raises Again when RCVTIMEO is over, not earlier, and what comes later is there."""
    send, receive, expected = FORMS[form]
    pair[0].rcvtimeo = 60
    begin = time.monotonic()
    with pytest.raises(zmq.Again):
        receive(pair[0])
    assert 0.06 <= time.monotonic() - begin < PATIENCE_S
    send(pair[1])
    assert receive(pair[0]) == expected


@pytest.mark.parametrize("form", [name for name in FORMS if name != "keyword"])
def test_sndtimeo_holds(form: str, socket: Any) -> None:
    """A send raises Again when SNDTIMEO is over, not earlier."""
    lonely = socket(zmq.PUSH, sndtimeo=60)
    begin = time.monotonic()
    with pytest.raises(zmq.Again):
        FORMS[form][0](lonely)
    assert 0.06 <= time.monotonic() - begin < PATIENCE_S


@pytest.mark.parametrize("option", ["rcvtimeo", "sndtimeo"])
def test_timeout_of_nothing(option: str, socket: Any) -> None:
    """With a time-out of 0 nothing waits."""
    lonely = socket(zmq.DEALER, **{option: 0})
    with pytest.raises(zmq.Again):
        lonely.recv() if option == "rcvtimeo" else lonely.send(b"")


def test_a_time_out_is_of_the_socket_as_it_is(pair: Any, spawn: Any) -> None:
    """A stale clock of the hub makes no time-out end early."""
    pair[0].rcvtimeo = 200
    gevent.sleep(0)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
    begin = time.monotonic()
    with pytest.raises(zmq.Again):
        pair[0].recv()
    assert time.monotonic() - begin >= 0.2


@each_form
def test_sending_waits_in_its_greenlet(form: str, socket: Any, spawn: Any) -> None:
    """A send waits for a peer while other greenlets run."""
    send, receive, expected = FORMS[form]
    push = socket(zmq.PUSH)
    push.bind("inproc://late")
    waiting = spawn(send, push)
    settle()
    assert not waiting.dead
    pull = socket(zmq.PULL)
    pull.connect("inproc://late")
    assert receive(pull) == expected


def test_back_pressure(socket: Any, spawn: Any) -> None:
    """A sender that is held up by a full queue goes on as it is emptied, and keeps the order."""
    push, pull = socket(zmq.PUSH, sndhwm=5), socket(zmq.PULL, rcvhwm=5)
    push.bind("inproc://full")
    pull.connect("inproc://full")

    def send() -> None:
        for number in range(500):
            push.send_multipart([b"%d" % number, b"x"])

    sending = spawn(send)
    settle()
    assert not sending.dead
    for number in range(500):
        assert pull.recv_multipart() == [b"%d" % number, b"x"]


def test_dontwait_never_switches(pair: Any, spawn: Any) -> None:
    """With DONTWAIT nothing waits and nobody else runs."""
    ran: list[int] = []
    spawn(ran.append, 1)
    for _ in range(100):
        with pytest.raises(zmq.Again):
            pair[0].recv(zmq.DONTWAIT)
        pair[1].send(b"x", zmq.NOBLOCK)
        assert pair[0].recv(zmq.DONTWAIT) == b"x"
    assert ran == []


@pytest.mark.parametrize("seconds", [0.0, float("inf")])
def test_wrong_arguments(seconds: float, pair: Any, turns: Any) -> None:
    """What zmq refuses is refused in the same words, whether others have a turn or not."""
    turns(seconds)
    calls: list[tuple[Callable[[], Any], str]] = [
        (lambda: pair[0].recv("x"), "an integer is required for flags"),
        (lambda: pair[0].recv_multipart(flags="x"), "an integer is required for flags"),
        (lambda: pair[0].send(b"", "x"), "an integer is required for flags"),
        (lambda: pair[0].send_multipart([b""], "x"), "an integer is required for flags"),
        (lambda: pair[0].send("text"), "unicode not allowed"),
        (lambda: pair[0].send_multipart([b"", 5]), "Frame 1"),
        (lambda: pair[0].poll("x"), "timeout must be a number"),
    ]
    for call, text in calls:
        with pytest.raises(TypeError, match=text):
            call()
    pair[0].send(b"x")
    assert pair[1].recv_multipart() == [b"x"]


def test_wrong_state_is_raised_at_once(socket: Any) -> None:
    """What can never be done is raised, not waited for."""
    req = socket(zmq.REQ)
    with pytest.raises(zmq.ZMQError) as caught:
        req.recv()
    assert caught.value.errno == zmq.EFSM
    with pytest.raises(zmq.ZMQError) as caught:
        socket(zmq.PUSH).recv()
    assert caught.value.errno == zmq.ENOTSUP


def test_poll(pair: Any, spawn: Any) -> None:
    """Socket.poll waits in its greenlet, until there are events or its time is over."""
    begin = time.monotonic()
    assert pair[0].poll(50) == 0
    assert time.monotonic() - begin >= 0.05
    assert pair[0].poll(0) == 0
    assert pair[0].poll(None, zmq.POLLOUT) == zmq.POLLOUT
    assert pair[0].poll(1000, 0) == 0
    polling = spawn(pair[0].poll)
    settle()
    assert not polling.dead
    pair[1].send(b"x")
    assert polling.get(timeout=PATIENCE_S) == zmq.POLLIN
    assert pair[0].recv() == b"x"


def test_poller(pair: Any, spawn: Any) -> None:
    """A Poller waits for sockets, plain ones too, and descriptors, in its greenlet."""
    with zmq.Context() as plain_context, plain_context.socket(zmq.PULL) as plain:
        plain.bind("inproc://plain")
        poller = zmq.green.Poller()
        poller.register(pair[0], zmq.POLLIN)
        poller.register(plain, zmq.POLLIN)
        assert poller.poll(20) == []
        waiting = spawn(poller.poll)
        settle()
        with plain_context.socket(zmq.PUSH) as push:
            push.connect("inproc://plain")
            push.send(b"x")
            assert waiting.get(timeout=PATIENCE_S) == [(plain, zmq.POLLIN)]
        plain.recv()
        waiting = spawn(poller.poll, PATIENCE_S * 1000)
        settle()
        pair[1].send(b"x")
        assert waiting.get(timeout=PATIENCE_S) == [(pair[0], zmq.POLLIN)]


def test_poller_and_descriptors(pair: Any, spawn: Any) -> None:
    """A Poller waits for a pipe beside a socket, and select does as well."""
    import os

    reading, writing = os.pipe()
    try:
        poller = zmq.green.Poller()
        poller.register(pair[0], zmq.POLLIN)
        poller.register(reading, zmq.POLLIN)
        waiting = spawn(poller.poll)
        selecting = spawn(zmq.green.select, [pair[0], reading], [], [])
        settle()
        assert not waiting.dead
        os.write(writing, b"x")
        assert waiting.get(timeout=PATIENCE_S) == [(reading, zmq.POLLIN)]
        assert selecting.get(timeout=PATIENCE_S) == ([reading], [], [])
        polling = spawn(zmq.green.zmq_poll, [(writing, zmq.POLLOUT)])
        assert polling.get(timeout=PATIENCE_S) == [(writing, zmq.POLLOUT)]
    finally:
        os.close(reading)
        os.close(writing)


def test_poller_of_nothing() -> None:
    """A Poller without sockets returns at once."""
    assert zmq.green.Poller().poll() == []


def test_select_times_out(pair: Any) -> None:
    """zmq.green.select returns three empty lists when its time, in seconds, is over."""
    assert zmq.green.select([pair[0]], [], [pair[0]], 0.02) == ([], [], [])
    assert zmq.green.select([], [pair[0]], []) == ([], [pair[0]], [])


def test_classes(context: Any, socket: Any) -> None:
    """What a green context and its sockets make is green, and instance() is its own."""
    one = socket(zmq.PAIR)
    assert type(one) is zmq.green.Socket
    assert type(zmq.green.Socket.shadow(one)) is zmq.green.Socket
    assert one.context is context
    monitor = one.get_monitor_socket()
    assert type(monitor) is zmq.green.Socket
    monitor.close()
    shared = zmq.green.Context.instance()
    assert type(shared) is zmq.green.Context
    assert shared is zmq.green.Context.instance()
    assert shared is not zmq.Context.instance()
    shared.term()


def test_shadows_of_plain_sockets(spawn: Any) -> None:
    """A green view of a plain socket waits, and a plain view of a green one sees the same."""
    with zmq.Context() as plain_context:
        with plain_context.socket(zmq.PAIR) as one, plain_context.socket(zmq.PAIR) as other:
            one.bind("inproc://shadows")
            other.connect("inproc://shadows")
            view = zmq.green.Socket.shadow(one)
            waiting = spawn(view.recv)
            settle()
            other.send(b"x")
            assert waiting.get(timeout=PATIENCE_S) == b"x"
            other.send(b"y")
            assert one.recv() == b"y"
    green_context = zmq.green.Context(plain_context := zmq.Context())
    with green_context.socket(zmq.PAIR) as third:
        assert type(third) is zmq.green.Socket
    green_context.destroy()
    assert plain_context.closed


def test_monitor(socket: Any, spawn: Any) -> None:
    """Events of a monitor are waited for in a greenlet."""
    from zmq.utils.monitor import recv_monitor_message

    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    monitor = one.get_monitor_socket()
    waiting = spawn(recv_monitor_message, monitor)
    settle()
    assert not waiting.dead
    one.bind("tcp://127.0.0.1:*")
    assert waiting.get(timeout=PATIENCE_S)["event"] == zmq.EVENT_LISTENING
    other.connect(one.last_endpoint)
    while recv_monitor_message(monitor)["event"] != zmq.EVENT_ACCEPTED:
        pass
    one.disable_monitor()
    monitor.close()


def test_decorators(context: Any, spawn: Any) -> None:
    """The decorators give green sockets to functions that get a green context."""

    @zmq.decorators.socket(zmq.PULL)
    def pull(context: Any, socket: Any) -> Any:
        socket.bind("inproc://decorated")
        return socket.recv()

    waiting = spawn(pull, context)
    settle()
    with context.socket(zmq.PUSH) as push:
        push.connect("inproc://decorated")
        push.send(b"x")
        assert waiting.get(timeout=PATIENCE_S) == b"x"


@pytest.mark.parametrize("end", ["term", "destroy"])
def test_ending_a_context_waits_in_its_greenlet(end: str, spawn: Any) -> None:
    """term() and destroy() wait for messages to be sent while other greenlets run."""
    context = zmq.green.Context()
    push = context.socket(zmq.PUSH)
    push.connect("tcp://127.0.0.1:9")
    push.send(b"never")
    push.linger = 200
    if end == "term":
        push.close()
    ending = spawn(getattr(context, end))
    ticks = 0
    while not ending.dead:
        gevent.sleep(0.001)
        ticks += 1
    # When its linger is over libzmq decides by a clock of its own.
    assert ticks > 5
    assert context.closed


def test_term_wakes_who_waits(spawn: Any) -> None:
    """Who waits for a socket of a context that is terminated gets ContextTerminated."""
    context = zmq.green.Context()
    one = context.socket(zmq.PULL)

    def receive() -> None:
        try:
            with pytest.raises(zmq.ContextTerminated):
                one.recv()
        finally:
            one.close()

    spawn(receive)
    settle()
    with gevent.Timeout(PATIENCE_S):
        context.term()


def test_term_can_be_left(spawn: Any) -> None:
    """A time-out ends the wait for a context, which ends in the background."""
    context = zmq.green.Context()
    one = context.socket(zmq.PULL)
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        context.term()
    assert not context.closed
    one.close()
    with gevent.Timeout(PATIENCE_S):
        context.term()
    assert context.closed


def test_multipart_by_hand(socket: Any, spawn: Any) -> None:
    """Greenlets that send and receive parts one by one, through one socket, keep them together."""
    router, dealer = socket(zmq.ROUTER), socket(zmq.DEALER, routing_id=b"d")
    router.bind("inproc://by-hand")
    dealer.connect("inproc://by-hand")
    dealer.send(b"hello")
    assert router.recv() == b"d"
    assert router.recv() == b"hello"

    def send(name: bytes) -> None:
        for _ in range(50):
            router.send(b"d", zmq.SNDMORE)
            router.send(name, zmq.SNDMORE)
            router.send(name)

    received: list[list[bytes]] = []

    def receive() -> None:
        while len(received) < 150:
            parts = [dealer.recv()]
            while dealer.rcvmore:
                parts.append(dealer.recv())
            received.append(parts)

    receivers = [spawn(receive) for _ in range(3)]
    for name in (b"a", b"b", b"c"):
        spawn(send, name)
    while len(received) < 150:
        gevent.sleep(0.001)
    gevent.killall(receivers)
    assert all(parts[0] == parts[1] and len(parts) == 2 for parts in received)


def test_in_the_hub(pair: Any) -> None:
    """In a callback of the hub, what can be done at once is, and what would wait is refused."""
    outcome: gevent.event.AsyncResult = gevent.event.AsyncResult()

    def in_hub() -> None:
        pair[1].send(b"x")
        got = pair[0].recv()
        try:
            pair[0].recv()
        except gevent.exceptions.BlockingSwitchOutError as error:
            outcome.set((got, error))

    gevent.get_hub().loop.run_callback(in_hub)
    assert outcome.get(timeout=PATIENCE_S)[0] == b"x"
    pair[1].send(b"y")
    assert pair[0].recv() == b"y"


def test_settings_are_those_of_zmq(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set at zmq.green is set at zmq, where it is read."""
    monkeypatch.setattr(zmq, "pickle_policy", "warn")
    monkeypatch.setattr(zmq, "COPY_THRESHOLD", zmq.COPY_THRESHOLD)
    zmq.green.pickle_policy = "deny"
    assert zmq.pickle_policy == "deny"
    zmq.green.COPY_THRESHOLD = 17
    assert zmq.COPY_THRESHOLD == 17
    zmq.green.COPY_THRESHOLD = 65536


def test_the_whole_api_is_there() -> None:
    """Everything of zmq is in zmq.green, and what is not about waiting is the same object."""
    for name in zmq.__all__:
        assert hasattr(zmq.green, name), name
    assert zmq.green.utils is zmq.utils
    assert zmq.green.Frame is zmq.Frame
    with pytest.raises(AttributeError):
        zmq.green.nothing  # noqa: B018


def test_queue_of_gevent(pair: Any, spawn: Any) -> None:
    """A greenlet may fill a gevent queue from a socket for others to work on."""
    queue: gevent.queue.Queue = gevent.queue.Queue(maxsize=3)

    def fill() -> None:
        while True:
            message = pair[0].recv()
            queue.put(message)
            if message == b"end":
                return

    spawn(fill)
    for number in range(100):
        pair[1].send(b"%d" % number)
    pair[1].send(b"end")
    got = list(iter(queue.get, b"end"))
    assert got == [b"%d" % number for number in range(100)]


def test_a_slot_that_is_not_free_yet(spawn: Any) -> None:
    """A new socket that has to wait until libzmq has closed another one lets greenlets run."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while not ticks:
            gevent.sleep(0)
            ticks += 1

    with zmq.green.Context() as context:
        context.max_sockets = 1
        spawn(tick)
        end = time.monotonic() + PATIENCE_S
        while not ticks and time.monotonic() < end:
            context.socket(zmq.PAIR).close()
        assert ticks


def test_repr() -> None:
    """repr() names green sockets and contexts as programs do, and subclasses by their own names."""

    class Special(zmq.green.Socket):
        pass

    with zmq.green.Context() as context, context.socket(zmq.PULL) as one:
        assert repr(context) == f"<zmq.green.Context(1 socket) at {id(context):#x}>"
        assert repr(one) == f"<zmq.green.Socket(zmq.PULL) at {id(one):#x}>"
        with Special(context, zmq.PULL) as special:
            assert f"{__name__}.test_repr.<locals>.Special(zmq.PULL)" in repr(special)
