# SPDX-License-Identifier: BSD-3-Clause
"""The monitored queue."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from forwarding import Running
from support import until

import zmq
from zmq import _poll
from zmq._monitored_queue import monitored_queue

SocketFactory = Callable[..., Any]

IN, OUT, MON = 0, 1, 2


def prefixed(in_prefix: bytes, out_prefix: bytes) -> Callable[..., Any]:
    return lambda *sockets: monitored_queue(*sockets, in_prefix, out_prefix)


# ----------------------------------------------------------------------
# what the monitor sees


def test_router_and_dealer() -> None:
    """Requests and replies go through, and the monitor sees both with a prefix."""
    with Running(monitored_queue, zmq.ROUTER, zmq.DEALER, zmq.PUSH) as running:
        client, server = running.peer(zmq.REQ, IN, identity=b"me"), running.peer(zmq.REP, OUT)
        monitor = running.peer(zmq.PULL, MON)
        for number in range(5):
            client.send_multipart([b"question", b"%d" % number])
            assert server.recv_multipart() == [b"question", b"%d" % number]
            server.send(b"answer")
            assert client.recv() == b"answer"
            question = [b"in", b"me", b"", b"question", b"%d" % number]
            assert monitor.recv_multipart() == question
            assert monitor.recv_multipart() == [b"out", b"me", b"", b"answer"]


@pytest.mark.parametrize(("in_prefix", "out_prefix"), [(b"", b""), (b"a" * 300, b"\0")])
def test_prefixes(in_prefix: bytes, out_prefix: bytes) -> None:
    """A prefix may be any bytes; it is a part of its own, also when it is empty."""
    function = prefixed(in_prefix, out_prefix)
    with Running(function, zmq.PAIR, zmq.PAIR, zmq.PUSH) as running:
        one, other = running.peer(zmq.PAIR, IN), running.peer(zmq.PAIR, OUT)
        monitor = running.peer(zmq.PULL, MON)
        one.send(b"there")
        assert monitor.recv_multipart() == [in_prefix, b"there"]
        other.send(b"back")
        assert monitor.recv_multipart() == [out_prefix, b"back"]


def test_publisher_as_monitor() -> None:
    """With a PUB as monitor socket subscribers choose a direction by its prefix."""
    with Running(monitored_queue, zmq.PAIR, zmq.PAIR, zmq.PUB) as running:
        one, other = running.peer(zmq.PAIR, IN), running.peer(zmq.PAIR, OUT)
        back = running.peer(zmq.SUB, MON)
        back.unsubscribe(b"")
        back.subscribe(b"out")
        back.rcvtimeo = 10
        seen: list[Any] = []

        def exchange() -> bool:
            one.send(b"there")
            other.send(b"back")
            try:
                seen.append(back.recv_multipart())
            except zmq.Again:
                return False
            return True

        until(exchange)
        assert seen == [[b"out", b"back"]]


@pytest.mark.parametrize(
    "message",
    [[b""], [b"", b""], [b"a", b"", b"c"], [b"x" * 100_000], [b"%d" % n for n in range(300)]],
)
def test_messages_stay_as_they_are(message: list[bytes]) -> None:
    """Parts keep their number, order and content, for the receiver and for the monitor."""
    with Running(monitored_queue, zmq.PULL, zmq.PUSH, zmq.PUSH) as running:
        sender, receiver = running.peer(zmq.PUSH, IN), running.peer(zmq.PULL, OUT)
        monitor = running.peer(zmq.PULL, MON)
        for _ in range(3):
            sender.send_multipart(message)
        for _ in range(3):
            assert receiver.recv_multipart() == message
            assert monitor.recv_multipart() == [b"in", *message]


def test_nobody_monitors() -> None:
    """A PUB without subscribers holds up nothing."""
    with Running(monitored_queue, zmq.PULL, zmq.PUSH, zmq.PUB, hwm=2) as running:
        sender, receiver = running.peer(zmq.PUSH, IN), running.peer(zmq.PULL, OUT)
        for number in range(50):
            sender.send(b"%d" % number)
            assert receiver.recv() == b"%d" % number


# ----------------------------------------------------------------------
# between two ROUTERs


@pytest.mark.parametrize(
    "body", [[], [b""], [b"x"], [b"", b"x"], [b"x", b""], [b"a" * 100, b"", b"c", b"d"]]
)
def test_between_routers_the_first_parts_change_places(body: list[bytes]) -> None:
    """A client addresses a worker, the worker sees who has sent, whatever follows the address."""
    with Running(monitored_queue, zmq.ROUTER, zmq.ROUTER, zmq.PUSH) as running:
        client = running.peer(zmq.DEALER, IN, identity=b"client")
        worker = running.peer(zmq.DEALER, OUT, identity=b"worker")
        monitor = running.peer(zmq.PULL, MON)
        # A ROUTER knows a peer only when it has processed its arrival; until then it drops.
        meet(client, worker, monitor)
        for _ in range(3):
            client.send_multipart([b"worker", *body])
            assert worker.recv_multipart() == [b"client", *body]
            assert monitor.recv_multipart() == [b"in", b"worker", b"client", *body]
            worker.send_multipart([b"client", *body])
            assert client.recv_multipart() == [b"worker", *body]
            assert monitor.recv_multipart() == [b"out", b"client", b"worker", *body]


def meet(client: Any, worker: Any, monitor: Any) -> None:
    """Repeat until a first message has gone each way, then take what else was sent."""
    for sender, receiver, name in ((client, worker, b"worker"), (worker, client, b"client")):
        sent = 0
        while True:
            sender.send_multipart([name, b"hello"])
            sent += 1
            if receiver.poll(20):
                break
        received = 0
        for _ in range(sent):
            monitor.recv_multipart()
        while receiver.poll(0):
            receiver.recv_multipart()
            received += 1
        assert received


def test_unroutable_messages_are_dropped() -> None:
    """A message to an unknown addressee is dropped whole, and the next one arrives."""
    with Running(monitored_queue, zmq.ROUTER, zmq.ROUTER, zmq.PUSH) as running:
        client = running.peer(zmq.DEALER, IN, identity=b"client")
        worker = running.peer(zmq.DEALER, OUT, identity=b"worker")
        monitor = running.peer(zmq.PULL, MON)
        meet(client, worker, monitor)
        client.send_multipart([b"nobody", b"x", b"y"])
        assert monitor.recv_multipart() == [b"in", b"nobody", b"client", b"x", b"y"]
        client.send_multipart([b"worker", b"z"])
        assert worker.recv_multipart() == [b"client", b"z"]


# ----------------------------------------------------------------------
# back-pressure, and the end


def test_monitor_holds_up() -> None:
    """What a monitor socket has no room for is not lost on it."""
    with Running(monitored_queue, zmq.PULL, zmq.PUSH, zmq.PUSH, hwm=3) as running:
        sender, receiver = running.peer(zmq.PUSH, IN, sndhwm=0), running.peer(zmq.PULL, OUT)
        monitor = running.peer(zmq.PULL, MON)
        for number in range(100):
            sender.send_multipart([b"%d" % number, b"x"])
        for number in range(100):
            assert monitor.recv_multipart() == [b"in", b"%d" % number, b"x"]
            assert receiver.recv_multipart() == [b"%d" % number, b"x"]


def test_receiver_that_comes_late() -> None:
    """Messages wait for a receiver, and arrive in order when there is one."""
    with Running(monitored_queue, zmq.PULL, zmq.PUSH, zmq.PUB, hwm=2) as running:
        sender = running.peer(zmq.PUSH, IN, sndhwm=0)
        for number in range(200):
            sender.send(b"%d" % number)
        receiver = running.peer(zmq.PULL, OUT)
        for number in range(200):
            assert receiver.recv() == b"%d" % number


@pytest.mark.parametrize("kinds", [(zmq.ROUTER, zmq.DEALER), (zmq.ROUTER, zmq.ROUTER)])
def test_ends_with_the_context(kinds: tuple[int, int]) -> None:
    """Terminating the context ends a queue, with ContextTerminated."""
    running = Running(monitored_queue, *kinds, zmq.PUB)
    running.start()
    assert isinstance(running.end(), zmq.ContextTerminated)


@pytest.mark.parametrize("kinds", [(zmq.PULL, zmq.PULL, zmq.PUB), (zmq.PULL, zmq.PUSH, zmq.PULL)])
def test_types_that_cannot_send(kinds: tuple[int, int, int]) -> None:
    """A socket that has to send but cannot ends the queue with ENOTSUP and a text that says so."""
    with Running(monitored_queue, *kinds) as running:
        if kinds[1] == zmq.PUSH:
            running.peer(zmq.PULL, OUT)
        running.peer(zmq.PUSH, IN).send(b"x")
        outcome = running.ended()
    assert isinstance(outcome, zmq.ZMQError)
    assert outcome.errno == zmq.ENOTSUP
    assert "zmq.PULL" in str(outcome)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_arguments_have_to_be_open_sockets(place: int, socket: SocketFactory) -> None:
    """What is no socket raises TypeError with the argument's name, a closed one ENOTSOCK."""
    arguments: list[Any] = [socket(zmq.PAIR), socket(zmq.PAIR), socket(zmq.PAIR)]
    arguments[place] = "x"
    with pytest.raises(TypeError, match=("in_socket", "out_socket", "mon_socket")[place]):
        monitored_queue(*arguments)
    arguments[place] = socket(zmq.DEALER)
    arguments[place].close()
    with pytest.raises(zmq.ZMQError, match=r"zmq\.DEALER") as caught:
        monitored_queue(*arguments)
    assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("prefix", ["in", None, bytearray(b"in"), 1])
def test_prefixes_have_to_be_bytes(prefix: Any, socket: SocketFactory) -> None:
    """A prefix that is not bytes raises TypeError with the argument's name."""
    sockets = [socket(zmq.PAIR), socket(zmq.PAIR), socket(zmq.PAIR)]
    with pytest.raises(TypeError, match="in_prefix"):
        monitored_queue(*sockets, prefix, b"out")
    with pytest.raises(TypeError, match="out_prefix"):
        monitored_queue(*sockets, b"in", prefix)


# ----------------------------------------------------------------------
# signals


class Interrupt(BaseException):
    """What a signal handler raises in these tests."""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no interval timers")
@pytest.mark.parametrize("slice_ms", [0, 5])
def test_interruptions_cut_no_message(
    context: zmq.Context,
    socket: SocketFactory,
    monkeypatch: pytest.MonkeyPatch,
    slice_ms: int,
) -> None:
    """However often signal handlers end the queue, no message is cut or lost when it is resumed."""
    monkeypatch.setattr(_poll, "_SLICE_MS", slice_ms)
    total = 3000
    queue = [socket(kind, sndhwm=0, rcvhwm=0) for kind in (zmq.PULL, zmq.PUSH, zmq.PUSH)]
    for place, one in enumerate(queue):
        one.bind(f"inproc://interrupted-{place}")
    problems: list[Any] = []

    def produce() -> None:
        with context.socket(zmq.PUSH) as sender:
            sender.connect("inproc://interrupted-0")
            for number in range(total):
                sender.send_multipart([b"%d" % number, b"", b"x" * 50])

    def consume(place: int, head: list[bytes]) -> None:
        with context.socket(zmq.PULL) as receiver:
            receiver.rcvtimeo = 20_000
            receiver.connect(f"inproc://interrupted-{place}")
            for number in range(total):
                parts = receiver.recv_multipart()
                if parts != [*head, b"%d" % number, b"", b"x" * 50]:
                    problems.append((place, number, parts))
                    break

    threads = [
        threading.Thread(target=produce),
        threading.Thread(target=consume, args=(OUT, [])),
        threading.Thread(target=consume, args=(MON, [b"in"])),
    ]

    interruptions: list[int] = []
    armed, missed = False, 0

    def handler(number: int, frame: Any) -> None:
        nonlocal armed, missed
        missed += 1
        # What it raises is lost if a finalizer was running; so it raises again when nothing came of it.
        if armed or missed > 50:
            armed, missed = False, 0
            raise Interrupt

    def resume() -> bool:
        """Run the queue until it is interrupted; tell whether it is done."""
        nonlocal armed, missed
        missed = 0
        try:
            if any(thread.is_alive() for thread in threads):
                armed = True
                monitored_queue(*queue)
        except Interrupt:
            interruptions.append(1)
            if len(interruptions) == 500:
                # A slow interpreter that is interrupted each time before it begins gets nowhere.
                signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            return False
        return True

    before = signal.getsignal(signal.SIGALRM)
    for thread in threads:
        thread.start()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while not resume():
            pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(interruptions) > 10
