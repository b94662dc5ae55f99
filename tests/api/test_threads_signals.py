# SPDX-License-Identifier: BSD-3-Clause
"""Signals while calls wait, receiving while receiving, and sockets that change threads."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Connected, SocketFactory
from programs import start

import zmq
from zmq import _poll, _socket_checked
from zmq._ctypes import fast

posix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")

OnAlarm = Callable[..., None]


@pytest.fixture(params=["whole", "sliced", "typed"])
def waits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Wait in libzmq, in slices as where no signal ends a C call, and without untyped calls."""
    if request.param == "sliced":
        monkeypatch.setattr(_socket_checked, "_FORCE_SLICES", True)
        monkeypatch.setattr(_poll, "_SLICE_MS", 50)
    if request.param == "typed":
        fast.use(False)
    yield request.param
    fast.use(True)


@pytest.fixture
def on_alarm() -> Iterator[OnAlarm]:
    """Have an action called by a real signal after 20 ms, and every ``every`` s from then on."""
    before = signal.getsignal(signal.SIGALRM)

    def install(action: Callable[[], object], every: float = 0.0) -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: action())
        signal.setitimer(signal.ITIMER_REAL, 0.02, every)

    yield install
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class Interrupted(Exception):
    """Raised by a signal handler, as Ctrl-C raises KeyboardInterrupt."""


def interrupt() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    raise Interrupted


# Ctrl-C


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], contextlib.AbstractContextManager[None]]]:
    """Have a real SIGINT, 50 ms into a with block, raise KeyboardInterrupt there, once."""
    before = signal.getsignal(signal.SIGINT)

    @contextlib.contextmanager
    def arrives() -> Iterator[None]:
        ended = threading.Event()

        def handler(number: int, frame: object) -> None:
            if not ended.is_set():
                ended.set()
                raise KeyboardInterrupt

        def send() -> None:
            # Again and again: one that comes in the moment before the call waits is not seen by it.
            while not ended.wait(0.05):
                os.kill(os.getpid(), signal.SIGINT)

        signal.signal(signal.SIGINT, handler)
        sender = threading.Thread(target=send)
        with pytest.raises(KeyboardInterrupt):
            sender.start()
            yield
        sender.join()

    yield arrives
    signal.signal(signal.SIGINT, before)


CtrlC = Callable[[], contextlib.AbstractContextManager[None]]


@posix
@pytest.mark.parametrize(
    "receive",
    [
        lambda socket: socket.recv(),
        lambda socket: socket.recv(copy=False),
        lambda socket: socket.recv_multipart(),
        lambda socket: socket.recv_into(bytearray(10)),
        lambda socket: socket.recv_string(),
        lambda socket: socket.poll(),
        lambda socket: socket.poll(10_000),
    ],
    ids=["recv", "frame", "multipart", "into", "string", "poll", "timed poll"],
)
def test_ctrl_c_ends_receiving(
    receive: Callable[[zmq.Socket], Any], connected: Connected, waits: str, ctrl_c: CtrlC
) -> None:
    """KeyboardInterrupt comes out of a call that waits for a message; the socket goes on."""
    push, pull = connected(zmq.PUSH, zmq.PULL, rcvtimeo=-1)
    with ctrl_c():
        receive(pull)
    push.send(b"after")
    assert pull.recv() == b"after"


@posix
@pytest.mark.parametrize(
    "send",
    [
        lambda socket: socket.send(b"last"),
        lambda socket: socket.send(b"last" + bytes(100_000), copy=False),
        lambda socket: socket.send_multipart([b"last", b"part"]),
        lambda socket: socket.poll(None, zmq.POLLOUT),
    ],
    ids=["send", "shared", "multipart", "poll"],
)
def test_ctrl_c_ends_sending(
    send: Callable[[zmq.Socket], Any], connected: Connected, waits: str, ctrl_c: CtrlC
) -> None:
    """KeyboardInterrupt comes out of a call that waits for room; the socket goes on."""
    push, pull = connected(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1, sndtimeo=-1)
    filled = 0
    while push.poll(0, zmq.POLLOUT):
        push.send(b"fill")
        filled += 1
    with ctrl_c():
        send(push)
    for _ in range(filled):
        assert pull.recv_multipart() == [b"fill"]
    push.send_multipart([b"after", b"all"])
    assert pull.recv_multipart() == [b"after", b"all"]


@posix
@pytest.mark.parametrize("timeout", [None, 10_000])
def test_ctrl_c_ends_a_poller(
    timeout: int | None, connected: Connected, waits: str, ctrl_c: CtrlC
) -> None:
    """KeyboardInterrupt comes out of Poller.poll; the poller goes on."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    with ctrl_c():
        poller.poll(timeout)
    push.send(b"after")
    assert poller.poll(5000) == [(pull, zmq.POLLIN)]


@posix
def test_ctrl_c_ends_a_proxy(connected: Connected, waits: str, ctrl_c: CtrlC) -> None:
    """KeyboardInterrupt comes out of proxy; its sockets go on."""
    feed, frontend = connected(zmq.PUSH, zmq.PULL)
    backend, drain = connected(zmq.PUSH, zmq.PULL)
    with ctrl_c():
        zmq.proxy(frontend, backend)
    feed.send(b"after")
    assert frontend.recv() == b"after"
    backend.send(b"that")
    assert drain.recv() == b"that"


@posix
def test_ctrl_c_ends_term(ctrl_c: CtrlC) -> None:
    """KeyboardInterrupt comes out of term, which can be called again."""
    context = zmq.Context()
    late = context.socket(zmq.PUSH)
    with ctrl_c():
        context.term()
    assert not context.closed
    late.close(0)
    context.term()
    assert context.closed


@posix
def test_ctrl_c_ends_waiting_for_a_tracker(ctrl_c: CtrlC) -> None:
    """KeyboardInterrupt comes out of MessageTracker.wait."""
    with ctrl_c():
        zmq.MessageTracker(threading.Event()).wait()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT of another process")
@pytest.mark.parametrize("waiting", ["recv()", "poll()", "recv_multipart(copy=False)"])
def test_ctrl_c_from_outside(waiting: str) -> None:
    """A program that waits in the main thread ends with KeyboardInterrupt on SIGINT."""
    source = f"""
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.bind("inproc://quiet")
            try:
                print("waiting", flush=True)
                pull.{waiting}
            except KeyboardInterrupt:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                print("interrupted")
    """
    with start(source) as program:
        assert program.stdout.readline() == "waiting\n"
        # One that comes in the moment before the call waits is not seen by it.
        while program.poll() is None:
            program.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(0.3)
        out, err = program.communicate()
    assert (out, err, program.returncode) == ("interrupted\n", "", 0)


# Other signals


@posix
def test_signals_do_not_shorten_a_time_out(
    socket: SocketFactory, waits: str, on_alarm: OnAlarm
) -> None:
    """recv with RCVTIMEO through many signals takes its whole time-out, and not for ever."""
    calls: list[None] = []
    pull = socket(zmq.PULL, rcvtimeo=300)
    on_alarm(lambda: calls.append(None), every=0.02)
    started = time.monotonic()
    with pytest.raises(zmq.Again):
        pull.recv()
    assert time.monotonic() - started >= 0.299
    assert calls


@posix
def test_signals_do_not_shorten_a_poll(
    socket: SocketFactory, waits: str, on_alarm: OnAlarm
) -> None:
    """poll through many signals takes its whole time-out, and not for ever."""
    calls: list[None] = []
    pull = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    on_alarm(lambda: calls.append(None), every=0.02)
    for poll in (pull.poll, poller.poll):
        started = time.monotonic()
        assert not poll(200)
        assert time.monotonic() - started >= 0.199
    assert calls


@posix
@pytest.mark.parametrize("copy", [True, False])
def test_signals_do_not_end_recv(
    copy: bool, connected: Connected, waits: str, on_alarm: OnAlarm
) -> None:
    """recv without a time-out goes on after signals, and gets the message."""
    push, pull = connected(zmq.PUSH, zmq.PULL, "tcp", rcvtimeo=-1)
    calls: list[None] = []

    def count() -> None:
        calls.append(None)
        if len(calls) == 20:
            push.send_multipart([b"there", b"it is"])

    on_alarm(count, every=0.005)
    assert [bytes(part) for part in pull.recv_multipart(copy=copy)] == [b"there", b"it is"]
    assert len(calls) >= 20


@posix
def test_signals_do_not_end_send(connected: Connected, waits: str, on_alarm: OnAlarm) -> None:
    """send without a time-out goes on after signals, until there is room."""
    push, pull = connected(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1, sndtimeo=-1)
    while push.poll(0, zmq.POLLOUT):
        push.send(b"fill")
    calls: list[None] = []

    def count() -> None:
        calls.append(None)
        if len(calls) > 20 and pull.poll(0):
            pull.recv()

    on_alarm(count, every=0.005)
    push.send(b"last")
    assert len(calls) >= 20


@posix
def test_signals_do_not_end_term(on_alarm: OnAlarm) -> None:
    """term goes on after signals, until the last socket is closed."""
    context = zmq.Context()
    late = context.socket(zmq.PUSH)
    calls: list[None] = []

    def count() -> None:
        calls.append(None)
        if len(calls) == 20:
            late.close(0)

    on_alarm(count, every=0.005)
    context.term()
    assert len(calls) >= 20


@posix
@pytest.mark.parametrize("doing", ["recv", "send", "poll"])
def test_handlers_errors_come_out(
    doing: str, connected: Connected, waits: str, on_alarm: OnAlarm
) -> None:
    """What a signal handler raises comes out of the call it interrupted."""
    push, pull = connected(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1, rcvtimeo=-1, sndtimeo=-1)
    while doing == "send" and push.poll(0, zmq.POLLOUT):
        push.send(b"fill")
    with pytest.raises(Interrupted):
        on_alarm(interrupt, every=0.05)
        if doing == "recv":
            pull.recv()
        elif doing == "send":
            push.send(b"last")
        else:
            pull.poll()


@posix
@pytest.mark.parametrize("doing", ["recv", "send", "poll", "poller"])
def test_handler_may_close_the_socket(
    doing: str, connected: Connected, waits: str, on_alarm: OnAlarm
) -> None:
    """When a signal handler closes the socket that a call waits for, the call ends with an error."""
    push, pull = connected(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1, rcvtimeo=-1, sndtimeo=-1)
    while doing == "send" and push.poll(0, zmq.POLLOUT):
        push.send(b"fill")
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    on_alarm(push.close if doing == "send" else pull.close, every=0.05)
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        if doing == "recv":
            pull.recv()
        elif doing == "send":
            push.send(b"last")
        elif doing == "poll":
            pull.poll()
        else:
            poller.poll()
    assert caught.value.errno in (zmq.ENOTSOCK, zmq.ENOTSUP)


@posix
@pytest.mark.libzmq("4.0")  # before that a ROUTER drops what a full peer has no room for
def test_waiting_after_a_signal_costs_nothing(
    socket: SocketFactory, endpoint: Callable[[str], str], on_alarm: OnAlarm
) -> None:
    """A send to one full peer of a ROUTER, which calls itself ready, does not spin after a signal."""
    router = socket(zmq.ROUTER, router_mandatory=1, sndhwm=1, sndtimeo=-1)
    dealer = socket(zmq.DEALER, rcvhwm=1, routing_id=b"full")
    router.bind(endpoint("inproc"))
    dealer.connect(router.last_endpoint)
    dealer.send(b"here")
    router.recv_multipart()
    with pytest.raises(zmq.Again):
        while True:
            router.send_multipart([b"full", b"x"], zmq.DONTWAIT)
    calls: list[None] = []

    def count() -> None:
        calls.append(None)
        if len(calls) == 10:
            dealer.recv()
            dealer.recv()

    on_alarm(count, every=0.03)
    before = time.process_time()
    router.send_multipart([b"full", b"last"])
    assert time.process_time() - before < 0.2
    assert len(calls) >= 10


# Receiving while receiving


@posix
@pytest.mark.parametrize("size", [5, 33, 34, 5000])
def test_handler_receives_from_the_same_socket(
    size: int, connected: Connected, waits: str, on_alarm: OnAlarm
) -> None:
    """A handler that receives while the program receives gets its own messages: none is mixed up."""
    push, pull = connected(zmq.PUSH, zmq.PULL, rcvhwm=0, sndhwm=0)
    count = 5000
    for number in range(count):
        push.send(b"%d" % number + b" " * size)
    got: list[int] = []

    def take(flags: int = 0) -> None:
        message = pull.recv(flags)
        assert len(message) == len(message.rstrip()) + size
        got.append(int(message))

    def handler() -> None:
        for _ in range(3):
            try:
                take(zmq.DONTWAIT)
            except zmq.Again:
                return

    on_alarm(handler, every=0.0005)
    while len(got) < count:
        try:
            take(zmq.DONTWAIT)
        except zmq.Again:
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert sorted(got) == list(range(count))


@posix
def test_handler_takes_the_message_that_is_waited_for(
    connected: Connected, waits: str, on_alarm: OnAlarm
) -> None:
    """When a handler takes the message, the interrupted recv waits for the next one."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    taken: list[bytes] = []

    def handler() -> None:
        if taken:
            push.send(b"second")
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            push.send(b"first")
            taken.append(pull.recv())

    on_alarm(handler, every=0.02)
    assert pull.recv() == b"second"
    assert taken == [b"first"]


# Threads


@pytest.mark.parametrize("copy", [True, False])
def test_threads_share_a_socket_under_a_lock(copy: bool, connected: Connected) -> None:
    """Threads that take turns with a socket, by a lock, lose and mix nothing."""
    push, pull = connected(zmq.PUSH, zmq.PULL, sndhwm=0, rcvhwm=0)
    count, lock = 1000, threading.Lock()
    got: list[bytes] = []

    def send(name: int) -> None:
        for number in range(count):
            with lock:
                push.send_multipart([b"%d" % name, b"%d" % number], copy=copy)

    def receive() -> None:
        while True:
            with lock:
                if len(got) == 2 * count:
                    return
                try:
                    parts = pull.recv_multipart(zmq.DONTWAIT, copy=copy)
                except zmq.Again:
                    continue
                got.append(b" ".join(bytes(part) for part in parts))

    threads = [threading.Thread(target=send, args=(name,)) for name in range(2)]
    threads += [threading.Thread(target=receive) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in range(2):
        mine = [int(one.split()[1]) for one in got if one.split()[0] == b"%d" % name]
        assert mine == list(range(count))


def test_threads_with_their_own_sockets(
    context: zmq.Context, endpoint: Callable[[str], str]
) -> None:
    """Threads with sockets of one context work at the same time."""
    count, address = 2000, endpoint("inproc")
    results: queue.Queue[list[bytes]] = queue.Queue()
    with context.socket(zmq.PUSH) as push:
        push.bind(address)

        def receive() -> None:
            with context.socket(zmq.PULL) as pull:
                pull.rcvtimeo = 5000
                pull.connect(address)
                got = []
                while not got or got[-1] != b"end":
                    got.append(pull.recv())
                results.put(got)

        threads = [threading.Thread(target=receive) for _ in range(3)]
        for thread in threads:
            thread.start()
        push.sndtimeo = 5000
        for number in range(count):
            push.send(b"%d" % number)
        got: list[bytes] = []
        for _ in threads:
            # The threads that are left take what is sent now.
            while results.empty():
                with contextlib.suppress(zmq.Again):  # the last one is leaving
                    push.send(b"end", zmq.DONTWAIT)
                threading.Event().wait(0.01)
            got += results.get()
        for thread in threads:
            thread.join()
    numbers = sorted(int(one) for one in got if one != b"end")
    assert numbers == list(range(count))


def test_a_socket_moves_to_another_thread(connected: Connected) -> None:
    """A socket handed over through a queue is used and closed by the thread that gets it."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    there: queue.Queue[zmq.Socket] = queue.Queue()
    back: queue.Queue[bytes] = queue.Queue()

    def use() -> None:
        socket = there.get()
        back.put(socket.recv())
        socket.close()

    thread = threading.Thread(target=use)
    thread.start()
    push.send(b"moved")
    there.put(pull)
    assert back.get(timeout=5) == b"moved"
    thread.join()
    assert pull.closed


def test_term_wakes_other_threads(context: zmq.Context) -> None:
    """Terminating a context ends waiting calls in all threads with ContextTerminated."""
    ready = threading.Barrier(4)
    outcomes: queue.Queue[type] = queue.Queue()

    def wait(doing: str) -> None:
        with context.socket(zmq.PULL) as pull:
            ready.wait()
            try:
                if doing == "recv":
                    pull.recv()
                elif doing == "poll":
                    pull.poll()
                else:
                    zmq.zmq_poll([(pull, zmq.POLLIN)])
            except zmq.ZMQError as error:
                outcomes.put(type(error))

    threads = [threading.Thread(target=wait, args=(doing,)) for doing in ("recv", "poll", "list")]
    for thread in threads:
        thread.start()
    ready.wait()
    context.term()
    for thread in threads:
        thread.join()
    assert [outcomes.get(timeout=5) for _ in threads] == [zmq.ContextTerminated] * 3
