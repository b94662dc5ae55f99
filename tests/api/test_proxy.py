# SPDX-License-Identifier: BSD-3-Clause
"""zmq.proxy, zmq.proxy_steerable and zmq.device."""

from __future__ import annotations

import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from forwarding import Running

import zmq
from zmq import _poll
from zmq._relay import Signals

SocketFactory = Callable[..., Any]

needs_signals = pytest.mark.skipif(
    sys.platform == "win32", reason="this system has no interval timers"
)


def device(frontend: zmq.Socket, backend: zmq.Socket) -> int:
    return zmq.device(zmq.QUEUE, frontend, backend)


def steerable(frontend: zmq.Socket, backend: zmq.Socket, capture: Any = None) -> int:
    """Run proxy_steerable with a control socket that nobody uses."""
    with frontend.context.socket(zmq.PULL) as control:
        control.bind("inproc://unused-control")
        return zmq.proxy_steerable(frontend, backend, capture, control)


def without_control(frontend: zmq.Socket, backend: zmq.Socket, capture: Any = None) -> int:
    return zmq.proxy_steerable(frontend, backend, capture)


each_proxy = pytest.mark.parametrize("function", [zmq.proxy, device, steerable, without_control])
each_capturing = pytest.mark.parametrize("function", [zmq.proxy, steerable, without_control])

Proxy = Callable[..., Any]


# ----------------------------------------------------------------------
# forwarding


@each_proxy
def test_requests_and_replies(function: Proxy) -> None:
    """Requests go to the backend, and replies come back to who has asked."""
    with Running(function, zmq.ROUTER, zmq.DEALER) as running:
        clients = [running.peer(zmq.REQ, 0) for _ in range(3)]
        server = running.peer(zmq.REP, 1)
        for number, client in enumerate(clients):
            client.send(b"question %d" % number)
        for _ in clients:
            server.send(server.recv() + b" answered")
        for number, client in enumerate(clients):
            assert client.recv() == b"question %d answered" % number


def test_rep_and_req_as_ends() -> None:
    """A REP and a REQ, which have to take turns, can be the ends of a steerable proxy."""
    with Running(steerable, zmq.REP, zmq.REQ) as running:
        client, server = running.peer(zmq.REQ, 0), running.peer(zmq.REP, 1)
        for number in range(10):
            client.send(b"%d" % number)
            assert server.recv() == b"%d" % number
            server.send_multipart([b"a", b"%d" % number])
            assert client.recv_multipart() == [b"a", b"%d" % number]


@each_proxy
@pytest.mark.parametrize(
    "message",
    [[b""], [b"", b""], [b"a", b"", b"c"], [b"x" * 100_000], [b"%d" % n for n in range(300)]],
)
def test_messages_stay_as_they_are(function: Proxy, message: list[bytes]) -> None:
    """Parts keep their number, order and content, also when they are empty, many or long."""
    with Running(function, zmq.PULL, zmq.PUSH) as running:
        sender, receiver = running.peer(zmq.PUSH, 0), running.peer(zmq.PULL, 1)
        for _ in range(3):
            sender.send_multipart(message)
        for _ in range(3):
            assert receiver.recv_multipart() == message


@each_proxy
def test_many_messages_keep_their_order(function: Proxy) -> None:
    """More messages than the queues hold arrive, all of them and in order."""
    with Running(function, zmq.PULL, zmq.PUSH, hwm=10) as running:
        sender, receiver = running.peer(zmq.PUSH, 0), running.peer(zmq.PULL, 1)
        messages = [[b"%d" % number, b"x" * 50] for number in range(2000)]

        def send() -> None:
            for message in messages:
                sender.send_multipart(message)

        sending = threading.Thread(target=send)
        sending.start()
        assert [receiver.recv_multipart() for _ in messages] == messages
        sending.join()


@each_proxy
def test_subscriptions_go_upstream(function: Proxy) -> None:
    """Between XSUB and XPUB, subscriptions go to the publisher and messages to the subscriber."""
    with Running(function, zmq.XSUB, zmq.XPUB) as running:
        publisher = running.peer(zmq.XPUB, 0)
        subscriber = running.peer(zmq.SUB, 1)
        assert publisher.recv() == b"\x01"
        publisher.send(b"news")
        assert subscriber.recv() == b"news"


@each_proxy
def test_one_socket_for_both_ends(function: Proxy) -> None:
    """A proxy of one socket sends back to it what it receives."""

    def alone(socket: zmq.Socket) -> Any:
        return function(socket, socket)

    with Running(alone, zmq.ROUTER) as running:
        peers = [running.peer(zmq.DEALER, 0) for _ in range(2)]
        for number, peer in enumerate(peers):
            peer.send_multipart([b"%d" % number, b"x"])
        for number, peer in enumerate(peers):
            assert peer.recv_multipart() == [b"%d" % number, b"x"]


@each_capturing
def test_capture_gets_everything(function: Proxy) -> None:
    """The capture socket is sent what goes either way, all parts of it."""
    with Running(function, zmq.PAIR, zmq.PAIR, zmq.PUSH) as running:
        one, other = running.peer(zmq.PAIR, 0), running.peer(zmq.PAIR, 1)
        observer = running.peer(zmq.PULL, 2)
        one.send_multipart([b"", b"there", b"x" * 1000])
        assert other.recv_multipart() == [b"", b"there", b"x" * 1000]
        assert observer.recv_multipart() == [b"", b"there", b"x" * 1000]
        other.send(b"back")
        assert one.recv() == b"back"
        assert observer.recv() == b"back"


@each_capturing
def test_capture_holds_up(function: Proxy) -> None:
    """What the capture socket has no room for is not lost on it."""
    with Running(function, zmq.PULL, zmq.PUSH, zmq.PUSH, hwm=3) as running:
        sender, receiver = running.peer(zmq.PUSH, 0, sndhwm=0), running.peer(zmq.PULL, 1)
        observer = running.peer(zmq.PULL, 2)
        for number in range(100):
            sender.send(b"%d" % number)
        for number in range(100):
            assert observer.recv() == b"%d" % number
            assert receiver.recv() == b"%d" % number


def test_both_directions_have_their_turn() -> None:
    """A long queue in one direction does not hold up the other direction."""
    with_control = Running(steerable, zmq.PAIR, zmq.PAIR, zmq.PUSH, hwm=0)
    one, other = with_control.peer(zmq.PAIR, 0), with_control.peer(zmq.PAIR, 1)
    observer = with_control.peer(zmq.PULL, 2)
    for _ in range(5000):
        one.send(b"many")
    other.send(b"one")
    with with_control:
        seen = [observer.recv() for _ in range(5001)]
        assert seen.index(b"one") < 1000


# ----------------------------------------------------------------------
# the end


@each_proxy
def test_ends_with_the_context(function: Proxy) -> None:
    """Terminating the context ends a proxy, with ContextTerminated."""
    running = Running(function, zmq.ROUTER, zmq.DEALER)
    running.start()
    assert isinstance(running.end(), zmq.ContextTerminated)


@each_proxy
@pytest.mark.parametrize("place", [0, 1])
def test_arguments_have_to_be_sockets(function: Proxy, place: int, socket: SocketFactory) -> None:
    """What is no socket raises TypeError with the name of the argument."""
    arguments: list[Any] = [socket(zmq.PAIR), socket(zmq.PAIR)]
    arguments[place] = socket
    if function is steerable:
        function = zmq.proxy_steerable
        arguments += [None, socket(zmq.PULL)]
    with pytest.raises(TypeError, match=("frontend", "backend")[place]):
        function(*arguments)


def test_optional_arguments_have_to_be_sockets(socket: SocketFactory) -> None:
    """Capture and control are sockets, or None."""
    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    with pytest.raises(TypeError, match="capture"):
        zmq.proxy(one, other, "x")
    with pytest.raises(TypeError, match="capture"):
        zmq.proxy_steerable(one, other, "x", socket(zmq.PULL))
    with pytest.raises(TypeError, match="control"):
        zmq.proxy_steerable(one, other, None, "x")


@each_capturing
@pytest.mark.parametrize("place", [0, 1, 2])
def test_closed_sockets_are_refused(function: Proxy, place: int, socket: SocketFactory) -> None:
    """A closed socket raises ENOTSOCK with a text that tells which one it is."""
    sockets = [socket(zmq.PAIR), socket(zmq.PAIR), socket(zmq.PAIR)]
    sockets[place].close()
    if function is steerable:
        sockets = [*sockets, socket(zmq.PULL)]
        function = zmq.proxy_steerable
    with pytest.raises(zmq.ZMQError, match=r"zmq\.PAIR") as caught:
        function(*sockets)
    assert caught.value.errno == zmq.ENOTSOCK


def test_closed_control_is_refused(socket: SocketFactory) -> None:
    """A closed control socket raises ENOTSOCK."""
    control = socket(zmq.PULL)
    control.close()
    with pytest.raises(zmq.ZMQError) as caught:
        zmq.proxy_steerable(socket(zmq.PAIR), socket(zmq.PAIR), None, control)
    assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("kind", [0, 4, -1, 77, "x", None])
def test_device_types(kind: Any, socket: SocketFactory) -> None:
    """device() knows three types and refuses others."""
    with pytest.raises(ValueError, match="DeviceType"):
        zmq.device(kind, socket(zmq.PAIR), socket(zmq.PAIR))


@pytest.mark.libzmq("4.2.0")
@each_proxy
def test_thread_safe_types(function: Proxy, socket: SocketFactory) -> None:
    """What cannot be polled by this libzmq is refused with a text that says why."""
    if zmq.DRAFT_API:
        pytest.skip("draft builds poll them")
    with pytest.raises(zmq.ZMQError, match=r"zmq\.SERVER.*draft") as caught:
        function(socket(zmq.PAIR), socket(zmq.SERVER))
    assert caught.value.errno == zmq.EINVAL


@each_capturing
def test_capture_that_cannot_send(function: Proxy) -> None:
    """A capture socket of a type that only receives ends the proxy with ENOTSUP."""
    with Running(function, zmq.PULL, zmq.PUSH, zmq.PULL) as running:
        sender, _ = running.peer(zmq.PUSH, 0), running.peer(zmq.PULL, 1)
        sender.send(b"x")
        outcome = running.ended()
    assert isinstance(outcome, zmq.ZMQError)
    assert outcome.errno == zmq.ENOTSUP


# ----------------------------------------------------------------------
# signals


class Interrupt(BaseException):
    """What a signal handler raises in these tests."""


def interrupt() -> None:
    raise Interrupt


@pytest.fixture
def on_alarm() -> Iterator[Callable[..., None]]:
    """Have a function called by a signal, after a while and then again and again.

    The next signal is asked for when the function has returned: calls do not nest. When it has
    raised, there is one much later, in case that a finalizer has swallowed what was raised.
    """
    before = signal.getsignal(signal.SIGALRM)

    def start(function: Callable[[], object], interval_s: float = 0.01) -> None:
        def handle(number: int, frame: object) -> None:
            interval = 1.0
            try:
                function()
                interval = interval_s
            finally:
                signal.setitimer(signal.ITIMER_REAL, interval)

        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, interval_s)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@needs_signals
@each_proxy
@pytest.mark.parametrize("slice_ms", [0, 5])
def test_a_handler_that_raises_ends_the_proxy(
    function: Proxy,
    socket: SocketFactory,
    on_alarm: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    slice_ms: int,
) -> None:
    """What a handler raises comes out, its failed calls do no harm, and the sockets still work."""
    monkeypatch.setattr(_poll, "_SLICE_MS", slice_ms)
    front, back, idle = socket(zmq.PULL), socket(zmq.PUSH), socket(zmq.PULL)
    front.bind("inproc://front")
    back.bind("inproc://back")
    sender, receiver = socket(zmq.PUSH), socket(zmq.PULL)
    sender.connect("inproc://front")
    receiver.connect("inproc://back")
    calls = []

    def handler() -> None:
        calls.append(1)
        with pytest.raises(zmq.Again):
            idle.recv(zmq.DONTWAIT)
        if len(calls) == 3:
            sender.send(b"through")
        if len(calls) >= 6:
            interrupt()

    with pytest.raises(Interrupt):
        on_alarm(handler)
        function(front, back)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert receiver.recv() == b"through"
    sender.send(b"by hand")
    back.send(front.recv())
    assert receiver.recv() == b"by hand"


@needs_signals
@each_proxy
def test_a_handler_that_closes_a_socket(
    function: Proxy, socket: SocketFactory, on_alarm: Callable[..., None]
) -> None:
    """A socket that a signal handler closes is not touched again."""
    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    on_alarm(other.close)
    with pytest.raises(zmq.ZMQError) as caught:
        function(one, other)
    assert caught.value.errno == zmq.ENOTSOCK


@needs_signals
def test_handlers_wait_until_they_are_allowed() -> None:
    """Between messages is when handlers run, and what has not run by then runs at the end."""
    calls: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: calls.append(number))
    try:
        with Signals() as signals:
            signal.raise_signal(signal.SIGALRM)
            assert calls == []
            signals.allow()
            assert len(calls) == 1
            signal.raise_signal(signal.SIGALRM)
            assert len(calls) == 2
            signals.defer()
            signal.raise_signal(signal.SIGALRM)
            assert len(calls) == 2
        assert len(calls) == 3
    finally:
        signal.signal(signal.SIGALRM, before)


@needs_signals
def test_handlers_are_put_back(socket: SocketFactory, on_alarm: Callable[..., None]) -> None:
    """After a steerable proxy has ended, signals have the handlers that they had before."""
    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    before: list[Any] = []
    with pytest.raises(Interrupt):
        on_alarm(interrupt, 0.05)
        before = [signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)]
        steerable(one, other)
    assert [signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)] == before


@needs_signals
def test_a_handler_that_changes_handlers(
    socket: SocketFactory, on_alarm: Callable[..., None]
) -> None:
    """A handler that a program sets while a steerable proxy runs stays in place."""
    calls = []

    def second() -> None:
        calls.append(1)
        interrupt()

    one, other, poller = socket(zmq.PAIR), socket(zmq.PAIR), poller_of(socket(zmq.PULL))
    with pytest.raises(Interrupt):
        on_alarm(lambda: on_alarm(second))
        steerable(one, other)
    assert len(calls) == 1
    with pytest.raises(Interrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        poller.poll()
    assert len(calls) == 2


def poller_of(socket: zmq.Socket) -> zmq.Poller:
    poller = zmq.Poller()
    poller.register(socket)
    poller.modify(socket, zmq.POLLIN)
    return poller


# ----------------------------------------------------------------------
# steering

FRONT, BACK, CONTROL = 0, 1, 3


class Steered(Running):
    """A steerable proxy from PULL to PUSH with a control socket of a given type."""

    def __init__(self, control: int, peer: int, **options: Any) -> None:
        super().__init__(zmq.proxy_steerable, zmq.PULL, zmq.PUSH, None, control, **options)
        self.sender = self.peer(zmq.PUSH, FRONT)
        self.control = self.peer(peer, CONTROL)

    def statistics(self) -> tuple[int, ...]:
        """Ask for the numbers; when they come all commands sent before have been obeyed."""
        self.control.send(b"STATISTICS")
        parts = self.control.recv_multipart()
        assert [len(part) for part in parts] == [8] * 8
        return struct.unpack("=8Q", b"".join(parts))


def test_pause_and_resume() -> None:
    """PAUSE keeps messages where they are, RESUME lets them go on."""
    with Steered(zmq.PAIR, zmq.PAIR) as running:
        receiver = running.peer(zmq.PULL, BACK)
        running.sender.send(b"before")
        assert receiver.recv() == b"before"
        running.control.send(b"PAUSE")
        running.statistics()
        running.sender.send(b"during")
        assert running.statistics()[0] == 1
        assert running.statistics()[0] == 1
        running.control.send(b"RESUME")
        assert receiver.recv() == b"during"
        assert running.statistics()[0] == 2


CONTROLS = [
    (zmq.PAIR, zmq.PAIR),
    (zmq.PULL, zmq.PUSH),
    (zmq.REP, zmq.REQ),
    (zmq.DEALER, zmq.DEALER),
    (zmq.ROUTER, zmq.DEALER),
    (zmq.SUB, zmq.XPUB),
]


@pytest.mark.parametrize(("control", "peer"), CONTROLS)
def test_terminate(control: int, peer: int) -> None:
    """Every type of control socket can terminate the proxy, which then returns 0."""

    def subscribed(front: Any, back: Any, capture: Any, socket: Any) -> int:
        if control == zmq.SUB:
            socket.subscribe(b"")
        return zmq.proxy_steerable(front, back, capture, socket)

    running = Running(subscribed, zmq.PULL, zmq.PUSH, None, control)
    with running:
        boss = running.peer(peer, CONTROL)
        if peer == zmq.XPUB:
            assert boss.recv() == b"\x01"
        for command in (b"PAUSE", b"RESUME", b"TERMINATE"):
            boss.send(command)
            if control == zmq.REP:
                assert boss.recv_multipart() == [b""]
        assert running.ended() == 0


def test_terminate_while_paused() -> None:
    """A paused proxy can be terminated."""
    with Steered(zmq.PAIR, zmq.PAIR) as running:
        running.control.send(b"PAUSE")
        running.control.send(b"TERMINATE")
        assert running.ended() == 0


UNKNOWN = [b"", b"NONSENSE", b"pause", b"PAUSE\0", b"x" * 1000, b"\xff" * 5]


@pytest.mark.parametrize("command", UNKNOWN)
def test_unknown_commands(command: bytes) -> None:
    """An unknown command does nothing; a REP, which has to answer, answers it all the same."""
    with Steered(zmq.REP, zmq.REQ) as running:
        receiver = running.peer(zmq.PULL, BACK)
        running.control.send(command)
        assert running.control.recv_multipart() == [b""]
        running.sender.send(b"still there")
        assert receiver.recv() == b"still there"


def test_only_what_needs_an_answer_gets_one() -> None:
    """On a control socket that need not answer, only STATISTICS is answered."""
    with Steered(zmq.PAIR, zmq.PAIR) as running:
        for command in (b"PAUSE", b"RESUME", b"NONSENSE"):
            running.control.send(command)
        running.statistics()
        with pytest.raises(zmq.Again):
            running.control.recv(zmq.DONTWAIT)


def test_statistics_count_messages_and_bytes() -> None:
    """STATISTICS tells whole messages and bytes, in and out, of frontend and backend."""
    running = Running(zmq.proxy_steerable, zmq.PAIR, zmq.PAIR, None, zmq.REP)
    with running:
        one, other = running.peer(zmq.PAIR, FRONT), running.peer(zmq.PAIR, BACK)
        control = running.peer(zmq.REQ, CONTROL)
        for _ in range(3):
            one.send_multipart([b"12345", b"", b"67"])
            other.recv_multipart()
        other.send(b"x" * 100)
        one.recv()
        control.send(b"STATISTICS")
        numbers = struct.unpack("=8Q", b"".join(control.recv_multipart()))
        assert numbers == (3, 21, 1, 100, 1, 100, 3, 21)


def test_statistics_through_a_router() -> None:
    """A ROUTER as control socket answers who has asked."""
    with Steered(zmq.ROUTER, zmq.DEALER) as running:
        second = running.peer(zmq.REQ, CONTROL)
        second.send(b"STATISTICS")
        assert len(second.recv_multipart()) == 8
        assert running.statistics() == (0,) * 8


def test_statistics_that_nobody_reads() -> None:
    """A control socket whose peer reads no replies does not stop the proxy."""
    with Steered(zmq.PAIR, zmq.PAIR, hwm=2) as running:
        for _ in range(50):
            running.control.send(b"STATISTICS")
        running.control.send(b"TERMINATE")
        assert running.ended() == 0


def test_nothing_is_read_before_there_is_room() -> None:
    """While nobody can take a message it stays in the socket, where it still is in the end."""

    def then_count(front: Any, back: Any, capture: Any, control: Any) -> int:
        zmq.proxy_steerable(front, back, capture, control)
        front.rcvtimeo = 500
        left = 0
        try:
            while left < 5:
                front.recv()
                left += 1
        except zmq.Again:
            pass
        return left

    with Running(then_count, zmq.PULL, zmq.PUSH, None, zmq.PAIR) as running:
        sender, control = running.peer(zmq.PUSH, FRONT), running.peer(zmq.PAIR, CONTROL)
        for _ in range(5):
            sender.send(b"x")
        control.send(b"STATISTICS")
        control.recv_multipart()
        control.send(b"TERMINATE")
        assert running.ended() == 5


@pytest.mark.parametrize("place", [BACK, 2])
def test_commands_are_obeyed_while_somebody_is_full(place: int) -> None:
    """Neither a full receiver nor a full capture socket keeps a proxy from obeying."""
    kinds = (zmq.PULL, zmq.PUSH, zmq.PUSH, zmq.PAIR)
    with Running(zmq.proxy_steerable, *kinds, hwm=2) as running:
        sender = running.peer(zmq.PUSH, FRONT, sndhwm=0)
        for other in {BACK, 2} - {place}:
            running.peer(zmq.PULL, other, rcvhwm=0)
        running.peer(zmq.PULL, place)
        control = running.peer(zmq.PAIR, CONTROL)
        for _ in range(200):
            sender.send(b"x")
        control.send(b"STATISTICS")
        assert len(control.recv_multipart()) == 8
        control.send(b"TERMINATE")
        assert running.ended() == 0


def test_without_fast_calls() -> None:
    """Sockets that every call has to reach the checked way are served like others."""

    def checked(*sockets: Any) -> int:
        for one in sockets:
            object.__setattr__(one, "_fast_p", None)
        return steerable(*sockets)

    with Running(checked, zmq.ROUTER, zmq.DEALER, zmq.PUSH) as running:
        client, server = running.peer(zmq.REQ, 0), running.peer(zmq.REP, 1)
        observer = running.peer(zmq.PULL, 2)
        for _ in range(3):
            client.send_multipart([b"a", b""])
            server.send_multipart(server.recv_multipart()[::-1])
            assert client.recv_multipart() == [b"", b"a"]
            assert observer.recv_multipart()[1:] == [b"", b"a", b""]
            assert observer.recv_multipart()[1:] == [b"", b"", b"a"]


def test_commands_are_obeyed_while_the_way_is_blocked() -> None:
    """A proxy that cannot get rid of a message still obeys, and delivers it in the end."""
    with Steered(zmq.PAIR, zmq.PAIR, hwm=2) as running:
        receiver = running.peer(zmq.PULL, BACK)
        for _ in range(20):
            try:
                running.sender.send(b"x", zmq.DONTWAIT)
            except zmq.Again:
                break
            running.statistics()
        before = running.statistics()
        running.control.send(b"PAUSE")
        assert running.statistics()[6] == before[6]
        running.control.send(b"RESUME")
        for _ in range(before[0]):
            assert receiver.recv() == b"x"
        running.control.send(b"TERMINATE")
        assert running.ended() == 0
