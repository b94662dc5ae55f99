# SPDX-License-Identifier: BSD-3-Clause
"""The error number that a failed call raises is that of the call, whatever ran in between."""

from __future__ import annotations

import errno
import gc
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Connected, SocketFactory
from support import until

import zmq
from zmq._ctypes import errors, fast, memory, observe
from zmq._ctypes.bind import C, open_socket
from zmq._ctypes.errors import get_errno, keep_errno, set_errno

posix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")

DONTWAIT = int(zmq.DONTWAIT)
SENTINEL = 4321
TIMES = 20

OnAlarm = Callable[[Callable[[], object]], None]


@pytest.fixture
def on_alarm() -> Iterator[OnAlarm]:
    """Have an action called by a real signal, again and again, until the test is over."""
    before = signal.getsignal(signal.SIGALRM)

    def install(action: Callable[[], object]) -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: action())
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)

    yield install
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def nothing() -> None:
    """Do nothing, which interrupts the call all the same."""


def failing_stat() -> None:
    """Fail a call of the operating system: errno becomes ENOENT."""
    try:
        os.stat("/no/such/file")
    except FileNotFoundError:
        pass


harmless = pytest.mark.parametrize("action", [nothing, failing_stat])


@posix
@harmless
def test_captured_at_the_call(
    action: Callable[[], object], socket: SocketFactory, on_alarm: OnAlarm
) -> None:
    """A signal handler that fails a system call leaves the EINTR of the call it interrupted."""
    handle = socket(zmq.PULL).underlying
    message = memory.take()
    on_alarm(action)
    for _ in range(TIMES):
        assert C.zmq_msg_recv(message, handle, 0) == -1
        assert errors.last_errno() == errno.EINTR


class Cycle:
    """Garbage for the cyclic collector that runs an action when it is collected."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.itself = self
        self.action = action

    def __del__(self) -> None:
        self.action()


def failing_call() -> None:
    """Fail a call of libzmq as our finalizers do: errno becomes EINVAL, and is put back."""
    with keep_errno(), pytest.raises(zmq.ZMQError):
        open_socket(0, 0)


@pytest.mark.skipif(not hasattr(gc, "get_threshold"), reason="needs CPython's collector")
@pytest.mark.parametrize("action", [failing_stat, failing_call])
def test_collector_leaves_errno(action: Callable[[], object], socket: SocketFactory) -> None:
    """A finalizer that the collector runs after a failed call does not change why it failed."""
    handle = socket(zmq.PULL).underlying
    message = memory.take()
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            Cycle(action)
            assert C.zmq_msg_recv(message, handle, DONTWAIT) == -1
            assert errors.last_errno() == errno.EAGAIN
    finally:
        gc.set_threshold(*thresholds)


@pytest.fixture(params=[True, False], ids=["fast", "slow"])
def noisy(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Let each function of libzmq that captures errno capture EINVAL; list those called."""
    called: list[str] = []
    fast.use(request.param)
    uncaptured = [getattr(fast, name) for name in fast.CALLS] if fast.enabled else []

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def leaves_errno(*args: Any) -> Any:
            result = function(*args)
            called.append(name)
            set_errno(errno.EINVAL)
            return result

        return function if function in uncaptured else leaves_errno

    observe.install(wrap)
    yield called
    observe.remove()
    fast.use(True)


def abandoned_socket(context: zmq.Context) -> zmq.Socket:
    return context.socket(zmq.PUSH)


def abandoned_context(context: zmq.Context) -> zmq.Context:
    return zmq.Context()


def abandoned_frame(context: zmq.Context) -> zmq.Frame:
    return zmq.Frame(b"x" * 1000)


def abandoned_stopwatch(context: zmq.Context) -> zmq.Stopwatch:
    watch = zmq.Stopwatch()
    watch.start()
    return watch


@pytest.mark.parametrize(
    ("make", "needs"),
    [
        (abandoned_socket, "zmq_close"),
        (abandoned_context, "zmq_ctx_destroy"),
        (abandoned_frame, "zmq_msg_copy"),
        (abandoned_stopwatch, "zmq_stopwatch_stop"),
    ],
)
def test_our_finalizers_keep_errno(
    make: Callable[[zmq.Context], Any], needs: str, context: zmq.Context, noisy: list[str]
) -> None:
    """Collecting a socket, a context, a frame or a stopwatch leaves errno as it was."""
    made = make(context)
    set_errno(SENTINEL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del made
        gc.collect()
    assert get_errno() == SENTINEL
    assert fast.enabled or until(lambda: needs in noisy)


def test_keep_errno_keeps_it_through_errors() -> None:
    """keep_errno restores the number also when an exception passes."""
    set_errno(SENTINEL)
    with pytest.raises(zmq.ZMQError), keep_errno():
        open_socket(0, 0)
    assert get_errno() == SENTINEL


def test_keep_errno_nests() -> None:
    """One keep_errno inside another gives each its own number back."""
    set_errno(SENTINEL)
    with keep_errno():
        set_errno(1)
        with keep_errno():
            set_errno(2)
        assert get_errno() == 1
    assert get_errno() == SENTINEL


def test_each_thread_has_its_own(socket: SocketFactory) -> None:
    """Two threads that fail in different ways at the same time each see their own reason."""
    pull, req = socket(zmq.PULL), socket(zmq.REQ)
    wrong: list[int | None] = []

    def fail(operation: Callable[[], object], errnum: int) -> None:
        for _ in range(500):
            try:
                operation()
            except zmq.ZMQError as error:
                if error.errno != errnum:
                    wrong.append(error.errno)

    threads = [
        threading.Thread(target=fail, args=(lambda: pull.recv(zmq.DONTWAIT), zmq.EAGAIN)),
        threading.Thread(target=fail, args=(req.recv, zmq.EFSM)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_zmq_errno_is_that_of_the_last_failure(socket: SocketFactory) -> None:
    """zmq_errno() tells why the last call failed, though Python made other calls since."""
    with pytest.raises(zmq.ZMQError) as caught:
        socket(zmq.PULL).send(b"")
    failing_stat()
    assert zmq.zmq_errno() == caught.value.errno == zmq.ENOTSUP


# What follows is what users see: handlers that themselves use zmq.


def drain(socket: zmq.Socket) -> Callable[[], None]:
    """Return a handler that takes everything from a socket: it ends with EAGAIN."""

    def handler() -> None:
        try:
            while True:
                socket.recv(zmq.DONTWAIT)
        except zmq.Again:
            pass

    return handler


def misuse(socket: zmq.Socket) -> Callable[[], None]:
    """Return a handler that fails with another error than EAGAIN."""

    def handler() -> None:
        try:
            socket.send(b"")
        except zmq.ZMQError:
            pass

    return handler


in_handlers = pytest.mark.parametrize("handler", [drain, misuse])


@posix
@in_handlers
def test_handler_that_fails_does_not_end_recv(
    handler: Any, socket: SocketFactory, on_alarm: OnAlarm
) -> None:
    """recv interrupted by a handler whose own zmq calls fail goes on until its time is over."""
    waiting = socket(zmq.PULL, rcvtimeo=150)
    calls: list[None] = []
    act = handler(socket(zmq.PULL))

    def count() -> None:
        act()
        calls.append(None)

    on_alarm(count)
    with pytest.raises(zmq.Again):
        waiting.recv()
    assert len(calls) > 1


@pytest.mark.parametrize("timeout", [50, 0])
def test_handler_that_fails_before_errno_is_read(
    timeout: int, socket: SocketFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a call of a handler fails with, right after recv had nothing, is not what recv fails with."""
    waiting, act = socket(zmq.PULL, rcvtimeo=timeout), misuse(socket(zmq.PULL))
    receive = C.zmq_msg_recv
    handlers = [act]

    def interrupted(*args: Any) -> Any:
        rc = receive(*args)
        if handlers:
            handlers.pop()()
        return rc

    monkeypatch.setattr(C, "zmq_msg_recv", interrupted)
    with pytest.raises(zmq.Again):
        waiting.recv()
    assert not handlers
    with pytest.raises(zmq.ZMQError) as raised:
        socket(zmq.PUSH).recv()
    assert raised.value.errno == zmq.ENOTSUP


@posix
@in_handlers
def test_handler_that_fails_does_not_end_a_poll(
    handler: Any, socket: SocketFactory, on_alarm: OnAlarm
) -> None:
    """poll interrupted by a handler whose own zmq calls fail goes on until its time is over."""
    waiting = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(waiting, zmq.POLLIN)
    on_alarm(handler(socket(zmq.PULL)))
    assert waiting.poll(150) == 0
    assert poller.poll(150) == []


@posix
@in_handlers
def test_handler_that_fails_does_not_end_an_endless_recv(
    handler: Any, connected: Connected, socket: SocketFactory, on_alarm: OnAlarm
) -> None:
    """recv without a time-out is not ended by a handler whose own zmq calls fail."""
    push, pull = connected(zmq.PUSH, zmq.PULL, "tcp", rcvtimeo=-1)
    calls: list[None] = []
    act = handler(socket(zmq.PULL))

    def count() -> None:
        act()
        calls.append(None)
        if len(calls) == TIMES:
            push.send(b"enough")

    on_alarm(count)
    assert pull.recv() == b"enough"
    assert len(calls) >= TIMES


@posix
@in_handlers
def test_handler_that_fails_does_not_end_send(
    handler: Any, connected: Connected, socket: SocketFactory, on_alarm: OnAlarm
) -> None:
    """send that waits for room goes on when a handler's own zmq calls fail."""
    push, pull = connected(zmq.PUSH, zmq.PULL, "inproc", sndhwm=1, rcvhwm=1, sndtimeo=-1)
    while push.poll(0, zmq.POLLOUT):
        push.send(b"fill")
    calls: list[None] = []
    act = handler(socket(zmq.PULL))

    def count() -> None:
        act()
        calls.append(None)
        if len(calls) == TIMES:
            drain(pull)()

    on_alarm(count)
    push.send(b"last")
    assert len(calls) >= TIMES


@posix
@in_handlers
def test_handler_that_fails_does_not_end_term(
    handler: Any, socket: SocketFactory, on_alarm: OnAlarm
) -> None:
    """term that waits for a socket goes on when a handler's own zmq calls fail."""
    other = zmq.Context()
    late = other.socket(zmq.PUSH)
    calls: list[None] = []
    act = handler(socket(zmq.PULL))

    def count() -> None:
        act()
        calls.append(None)
        if len(calls) == TIMES:
            late.close(0)

    on_alarm(count)
    other.term()
    assert other.closed


@posix
def test_handler_may_end_the_context_that_is_being_ended(on_alarm: OnAlarm) -> None:
    """A handler that destroys the context for which term waits ends both, once."""
    other = zmq.Context()
    late = other.socket(zmq.PUSH)
    calls: list[None] = []

    def end() -> None:
        calls.append(None)
        if len(calls) == 3:
            other.destroy(0)

    on_alarm(end)
    other.term()
    assert other.closed
    assert late.closed
