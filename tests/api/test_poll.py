# SPDX-License-Identifier: BSD-3-Clause
"""zmq.Poller and zmq.zmq_poll."""

from __future__ import annotations

import gc
import os
import signal
import socket as sockets
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import programs
import pytest

import zmq
from zmq import _poll, _wakeup
from zmq._ctypes import fast, pollset
from zmq._ctypes.bind import C

Connected = Callable[..., Any]
SocketFactory = Callable[..., Any]

needs_signals = pytest.mark.skipif(
    sys.platform == "win32", reason="this system has no interval timers"
)


@pytest.fixture(params=["asked", "resting"], autouse=True)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have sockets that have nothing asked again every time, or put to rest at once."""
    form: str = request.param
    if form == "asked":
        monkeypatch.setattr(_poll, "_MAY_REST", False)
    else:
        monkeypatch.setattr(_poll, "_PATIENCE", 0)
        monkeypatch.setattr(_poll, "_SOON", 0)
    return form


@pytest.fixture
def on_alarm() -> Iterator[Callable[..., None]]:
    """Have a function called by a signal, after a while and then again and again."""
    before = signal.getsignal(signal.SIGALRM)

    def start(function: Callable[[], object], interval_s: float = 0.01) -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: function())
        signal.setitimer(signal.ITIMER_REAL, interval_s, interval_s)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def poll_of(socket: Any, flags: int) -> Callable[[Any], Any]:
    poller = zmq.Poller()
    poller.register(socket, flags)
    return poller.poll


def zmq_poll_of(socket: Any, flags: int) -> Callable[[Any], Any]:
    return lambda timeout: zmq.zmq_poll([(socket, flags)], timeout)


each_poll = pytest.mark.parametrize("poll_of", [poll_of, zmq_poll_of])

PollOf = Callable[[Any, int], Callable[[Any], Any]]


# ----------------------------------------------------------------------
# what is reported


@each_poll
def test_readable_once_a_message_waits(connected: Connected, poll_of: PollOf) -> None:
    """A socket is reported as readable when a message waits in it, and not before or after."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poll = poll_of(receiver, zmq.POLLIN)
    assert poll(0) == []
    sender.send(b"x")
    assert poll(5000) == [(receiver, zmq.POLLIN)]
    assert poll(0) == [(receiver, zmq.POLLIN)]
    receiver.recv()
    assert poll(0) == []


@each_poll
def test_only_what_was_asked_for(connected: Connected, poll_of: PollOf) -> None:
    """Events that nobody asked for are not reported, and several are reported in one mask."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    other.send(b"x")
    assert poll_of(one, zmq.POLLIN)(5000) == [(one, 1)]
    assert poll_of(one, zmq.POLLOUT)(5000) == [(one, 2)]
    assert poll_of(one, zmq.POLLIN | zmq.POLLOUT)(5000) == [(one, 3)]


def test_default_is_both_directions(connected: Connected) -> None:
    """register() and modify() without flags watch for reading and writing."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    other.send(b"x")
    poller = zmq.Poller()
    poller.register(one)
    assert poller.poll(5000) == [(one, 3)]
    poller.modify(one, zmq.POLLIN)
    poller.modify(one)
    assert poller.poll(5000) == [(one, 3)]


def test_results_keep_the_order_of_registration(connected: Connected) -> None:
    """Ready sockets come in the order in which they were registered, others are left out."""
    pairs = [connected(zmq.PULL, zmq.PUSH) for _ in range(100)]
    poller = zmq.Poller()
    for receiver, _ in pairs:
        poller.register(receiver, zmq.POLLIN)
    for wanted in (range(0, 100, 7), range(3, 100, 10), (), range(100)):
        for place in wanted:
            pairs[place][1].send(b"x")
        expected = [(pairs[place][0], 1) for place in wanted]
        assert poller.poll(0) == expected
        for receiver, _ in expected:
            receiver.recv()


def test_dict_of_results(connected: Connected) -> None:
    """dict(poller.poll()) maps sockets to plain ints."""
    one, _ = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one, zmq.POLLOUT)
    found = dict(poller.poll(5000))
    assert found == {one: zmq.POLLOUT}
    assert type(found[one]) is int


# ----------------------------------------------------------------------
# registering


def test_registration_is_listed(connected: Connected) -> None:
    """Poller.sockets lists what is registered, with its flags; `in` tells whether something is."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one, zmq.POLLIN)
    poller.register(other, zmq.POLLOUT)
    poller.register(one, zmq.POLLOUT)
    assert poller.sockets == [(one, zmq.POLLOUT), (other, zmq.POLLOUT)]
    assert one in poller
    assert 0 not in poller
    poller.unregister(one)
    assert poller.sockets == [(other, zmq.POLLOUT)]
    assert one not in poller


def test_no_flags_unregister(connected: Connected) -> None:
    """Flags of 0 unregister, with register() and with modify(), and do nothing for a stranger."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one)
    poller.register(other)
    poller.register(one, 0)
    poller.modify(other, 0)
    poller.register(one, 0)
    assert poller.sockets == []


def test_unregister_of_a_stranger(connected: Connected) -> None:
    """unregister() of what is not registered raises KeyError."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(other)
    with pytest.raises(KeyError):
        poller.unregister(one)
    assert poller.sockets == [(other, 3)]


def test_unregister_keeps_the_others_known(connected: Connected) -> None:
    """After one in the middle has gone the others can still be modified and unregistered."""
    members = [member for _ in range(3) for member in connected(zmq.PAIR, zmq.PAIR)]
    poller = zmq.Poller()
    for member in members:
        poller.register(member, zmq.POLLIN)
    poller.unregister(members[2])
    poller.modify(members[4], zmq.POLLOUT)
    poller.unregister(members[5])
    assert poller.sockets == [
        (members[0], 1),
        (members[1], 1),
        (members[3], 1),
        (members[4], 2),
    ]
    assert poller.poll(0) == [(members[4], 2)]


def test_changes_count_in_the_next_poll(connected: Connected) -> None:
    """A poll after register(), modify() or unregister() goes by the new registration."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one, zmq.POLLOUT)
    assert poller.poll(0) == [(one, 2)]
    poller.register(other, zmq.POLLOUT)
    assert poller.poll(0) == [(one, 2), (other, 2)]
    poller.modify(one, zmq.POLLIN)
    assert poller.poll(0) == [(other, 2)]
    poller.unregister(other)
    assert poller.poll(0) == []


def test_changes_of_the_list_count(connected: Connected) -> None:
    """A program that edits Poller.sockets is polled by what it left there."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one, zmq.POLLOUT)
    assert poller.poll(0) == [(one, 2)]
    poller.sockets[0] = (other, zmq.POLLOUT)
    assert poller.poll(0) == [(other, 2)]


def test_unregistered_socket_is_let_go(context: zmq.Context) -> None:
    """A poller holds no reference to a socket that it does not watch any more."""
    poller = zmq.Poller()
    socket = context.socket(zmq.PULL)
    poller.register(socket)
    poller.poll(0)
    poller.unregister(socket)
    socket.close()
    reference = weakref.ref(socket)
    del socket
    gc.collect()
    assert reference() is None


def test_the_array_is_kept(connected: Connected) -> None:
    """Polling twice without a change in between builds the C array once."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one)
    poller.register(other)
    poller.poll(0)
    built = poller._built
    poller.poll(0)
    assert built is not None
    assert poller._built is built


# ----------------------------------------------------------------------
# descriptors


def test_descriptors_and_sockets_together(connected: Connected) -> None:
    """Descriptors and sockets can be polled in one call."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    here, there = sockets.socketpair()
    with here, there:
        poller = zmq.Poller()
        poller.register(receiver, zmq.POLLIN)
        poller.register(here.fileno(), zmq.POLLIN)
        assert poller.poll(0) == []
        there.send(b"x")
        assert poller.poll(5000) == [(here.fileno(), 1)]
        sender.send(b"x")
        assert poller.poll(5000) == [(receiver, 1), (here.fileno(), 1)]


def test_objects_with_fileno_are_named_by_it() -> None:
    """What has a fileno() may be registered, and is reported as the number."""
    here, there = sockets.socketpair()
    with here, there:
        poller = zmq.Poller()
        poller.register(here, zmq.POLLOUT)
        assert here in poller
        assert poller.poll(5000) == [(here.fileno(), 2)]


class Fileno:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def fileno(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


BAD_ITEMS = [
    ("abc", TypeError, "0MQ socket, an integer fd or have a fileno"),
    (None, TypeError, "None"),
    (1.5, TypeError, "1.5"),
    (Fileno("3"), ValueError, r"fileno\(\) must return a valid integer fd"),
    (Fileno(OSError("gone")), ValueError, r"fileno\(\) must return a valid integer fd"),
    (Fileno(-1), ValueError, "closed"),
    (-1, ValueError, "negative"),
    (2**70, OverflowError, "too large"),
]


@pytest.mark.parametrize(("item", "kind", "text"), BAD_ITEMS)
@each_poll
def test_what_cannot_be_polled(item: Any, kind: Any, text: str, poll_of: PollOf) -> None:
    """Polling what is neither a socket nor a descriptor raises an exception that says so."""
    if sys.platform == "win32" and item == 2**70:
        pytest.skip("descriptors are as wide as pointers here")
    poll = poll_of(item, zmq.POLLIN)
    with pytest.raises(kind, match=text):
        poll(0)


def test_unhashable_items_cannot_be_registered() -> None:
    """register() needs something hashable."""
    with pytest.raises(TypeError):
        zmq.Poller().register([])


@pytest.mark.parametrize(
    ("flags", "kind"), [("x", TypeError), (1.5, TypeError), (2**16, OverflowError)]
)
@each_poll
def test_flags_that_make_no_sense(
    connected: Connected, flags: Any, kind: Any, poll_of: PollOf
) -> None:
    """Flags that are no integer, or too large for libzmq, are refused instead of cut."""
    one, _ = connected(zmq.PAIR, zmq.PAIR)
    poll = poll_of(one, flags)
    with pytest.raises(kind, match="poll flags"):
        poll(0)


def test_one_socket_several_times(connected: Connected) -> None:
    """Each entry of a socket, or of its views, is answered by its own flags."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    here, there = sockets.socketpair()
    with here, there:
        view = zmq.Socket.shadow(one.underlying)
        items = [(one, 1), (here.fileno(), 2), (one, 2), (view, 3), (view, 1)]
        assert zmq.zmq_poll(items, 0) == [(here.fileno(), 2), (one, 2), (view, 2)]
        other.send(b"x")
        assert zmq.zmq_poll(items, 5000) == [
            *((one, 1), (here.fileno(), 2), (one, 2), (view, 3), (view, 1))
        ]


def test_one_socket_is_in_the_array_once(socket: SocketFactory) -> None:
    """libzmq is given a C socket once: with a second entry it forgets news for the first."""
    one = socket(zmq.PAIR)
    view = zmq.Socket.shadow(one.underlying)
    assert _poll._Built([(one, 1), (one, 2), (view, 1)]).count == 1


def test_items_that_are_no_pairs(connected: Connected) -> None:
    """zmq_poll() takes pairs of a socket and flags, and nothing else."""
    one, _ = connected(zmq.PAIR, zmq.PAIR)
    with pytest.raises(TypeError):
        zmq.zmq_poll([one], 0)
    with pytest.raises(ValueError, match="too many"):
        zmq.zmq_poll([(one, 1, 2)], 0)
    with pytest.raises(TypeError):
        zmq.zmq_poll(None, 0)


# ----------------------------------------------------------------------
# closed sockets


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Return a context manager in which libzmq must not be asked to poll."""

    @contextmanager
    def without_polling() -> Iterator[None]:
        with monkeypatch.context() as patch:
            for owner, name in ((fast, "poll_now"), (fast, "getsockopt_now"), (C, "zmq_poll")):
                patch.setattr(owner, name, None)
            yield

    return without_polling


@each_poll
def test_closed_socket(
    socket: SocketFactory, poll_of: PollOf, untouched: Callable[[], Any]
) -> None:
    """A closed socket raises ENOTSOCK, tells which socket it is, and is not handed to libzmq."""
    one = socket(zmq.DEALER)
    one.bind("inproc://closed-socket")
    poll = poll_of(one, zmq.POLLIN)
    poll(0)
    one.close()
    text = r"zmq\.DEALER.*inproc://closed-socket"
    with untouched(), pytest.raises(zmq.ZMQError, match=text) as caught:
        poll(0)
    assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("timeout", [0, 10])
def test_socket_closed_among_others(
    connected: Connected, timeout: int, untouched: Callable[[], Any]
) -> None:
    """After a registered socket was closed the C array is not used again, and works without it."""
    pairs = [connected(zmq.PULL, zmq.PUSH) for _ in range(3)]
    poller = zmq.Poller()
    for receiver, _ in pairs:
        poller.register(receiver, zmq.POLLIN)
    poller.poll(timeout)
    closed = pairs.pop(1)[0]
    closed.close()
    with untouched(), pytest.raises(zmq.ZMQError):
        poller.poll(timeout)
    poller.unregister(closed)
    assert poller.poll(timeout) == []
    for _, sender in pairs:
        sender.send(b"x")
    assert poller.poll(timeout) == [(receiver, 1) for receiver, _ in pairs]


def test_closing_a_stranger_changes_nothing(connected: Connected, socket: SocketFactory) -> None:
    """A socket that is not registered may be closed between two polls."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(one)
    poller.poll(0)
    socket(zmq.PULL).close()
    other.send(b"x")
    assert poller.poll(5000) == [(one, 3)]


def test_closed_by_another_view(socket: SocketFactory) -> None:
    """A C socket that was closed through a shadow is not polled any more."""
    one = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(one)
    poller.poll(0)
    zmq.Socket.shadow(one.underlying).close()
    with pytest.raises(zmq.ZMQError) as caught:
        poller.poll(0)
    assert caught.value.errno == zmq.ENOTSOCK


# ----------------------------------------------------------------------
# time-outs


@each_poll
@pytest.mark.parametrize("timeout", [1, 20, 20.9, True])
def test_nothing_in_time(socket: SocketFactory, timeout: Any, poll_of: PollOf) -> None:
    """When nothing happens the result is empty, and does not come before the time is over."""
    poll = poll_of(socket(zmq.PULL), zmq.POLLIN)
    started = time.monotonic()
    assert poll(timeout) == []
    assert time.monotonic() - started >= int(timeout) / 1000


@each_poll
@pytest.mark.parametrize("timeout", [-1, -5, -0.5, 0, 0.5, 1000, 2**31, 2**40, 2**70, float("inf")])
def test_any_timeout_when_something_is_ready(
    connected: Connected, timeout: Any, poll_of: PollOf
) -> None:
    """Whatever the time-out, fractional, infinite or beyond C's int, what is ready is told."""
    one, _ = connected(zmq.PAIR, zmq.PAIR)
    assert poll_of(one, zmq.POLLOUT)(timeout) == [(one, 2)]


FOR_EVER = [
    (poll_of, None),
    *(
        (poll, timeout)
        for timeout in (-1, -0.5, 2**31, 2**70, float("inf"))
        for poll in (poll_of, zmq_poll_of)
    ),
]


@pytest.mark.parametrize(("poll_of", "timeout"), FOR_EVER)
def test_waiting_for_ever(connected: Connected, poll_of: PollOf, timeout: Any) -> None:
    """Without a time-out, or with one beyond C's int, poll() waits until something happens."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poll = poll_of(receiver, zmq.POLLIN)
    later = threading.Timer(0.02, sender.send, [b"x"])
    later.start()
    assert poll(timeout) == [(receiver, 1)]
    later.join()


@each_poll
@pytest.mark.parametrize(
    ("timeout", "kind"),
    [("1", TypeError), ([], TypeError), (1j, TypeError), (float("nan"), ValueError)],
)
def test_timeout_that_is_no_time(
    socket: SocketFactory, timeout: Any, kind: Any, poll_of: PollOf
) -> None:
    """A time-out that is no number raises TypeError, one that is no time ValueError."""
    poll = poll_of(socket(zmq.PULL), zmq.POLLIN)
    with pytest.raises(kind):
        poll(timeout)


@pytest.mark.parametrize("timeout", [None, -1, 0, 10, 10**9])
def test_no_items(timeout: Any) -> None:
    """Without items there is nothing to wait for: the result is empty, at once."""
    assert zmq.Poller().poll(timeout) == []
    assert zmq.zmq_poll([], -1 if timeout is None else timeout) == []


def test_long_waits_go_in_rounds(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time-out longer than one call of libzmq takes is waited for in several calls."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    monkeypatch.setattr(pollset, "LONGEST_MS", 3)
    original, rounds = C.zmq_poll, []

    def observed(array: Any, count: int, timeout_ms: int) -> int:
        rounds.append(timeout_ms)
        if len(rounds) == 6:
            sender.send(b"x")
        return original(array, count, timeout_ms)

    monkeypatch.setattr(C, "zmq_poll", observed)
    assert poller.poll(10**9) == [(receiver, 1)]
    assert len(rounds) >= 6
    assert set(rounds) == {3}
    receiver.recv()
    started = time.monotonic()
    assert poller.poll(20) == []
    assert time.monotonic() - started >= 0.02
    assert max(rounds) == 3


@pytest.mark.parametrize("timeout", [None, 10**9])
def test_sliced_waits(connected: Connected, monkeypatch: pytest.MonkeyPatch, timeout: Any) -> None:
    """Where signals do not interrupt libzmq the main thread waits in slices, to the same effect."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    monkeypatch.setattr(_poll, "_SLICE_MS", 2)
    assert poller.poll(10) == []
    later = threading.Timer(0.02, sender.send, [b"x"])
    later.start()
    assert poller.poll(timeout) == [(receiver, 1)]
    later.join()


# ----------------------------------------------------------------------
# signals


@needs_signals
@pytest.mark.parametrize("slice_ms", [0, 5])
@pytest.mark.parametrize("timeout", [None, 10**9])
def test_signals_do_not_end_a_poll(
    connected: Connected,
    on_alarm: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    timeout: Any,
    slice_ms: int,
) -> None:
    """A poll goes on after signals whose handler returns."""
    monkeypatch.setattr(_poll, "_SLICE_MS", slice_ms)
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    seen = []

    def handler() -> None:
        seen.append(1)
        if len(seen) == 5:
            sender.send(b"x")

    on_alarm(handler)
    assert poller.poll(timeout) == [(receiver, 1)]
    assert len(seen) >= 5


@needs_signals
def test_signals_do_not_prolong_a_poll(
    socket: SocketFactory, on_alarm: Callable[..., None]
) -> None:
    """After a signal a poll waits for what is left of its time-out, not for all of it again."""
    poll = poll_of(socket(zmq.PULL), zmq.POLLIN)
    on_alarm(lambda: None, 0.01)
    assert poll(100) == []


class Interrupt(BaseException):
    """What a signal handler raises in these tests."""


@needs_signals
@pytest.mark.parametrize("slice_ms", [0, 5])
@pytest.mark.parametrize("timeout", [None, 10**9])
def test_a_handler_that_raises_ends_the_poll(
    connected: Connected,
    on_alarm: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    timeout: Any,
    slice_ms: int,
) -> None:
    """What a signal handler raises comes out of poll(), and the poller works afterwards."""
    monkeypatch.setattr(_poll, "_SLICE_MS", slice_ms)
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)

    def handler() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise Interrupt

    on_alarm(handler)
    with pytest.raises(Interrupt):
        poller.poll(timeout)
    sender.send(b"x")
    assert poller.poll(5000) == [(receiver, 1)]


@needs_signals
def test_a_handler_that_closes_the_socket(
    socket: SocketFactory, on_alarm: Callable[..., None]
) -> None:
    """A socket that a signal handler closes during the poll is not touched again."""
    one = socket(zmq.PULL)
    on_alarm(one.close)
    with pytest.raises(zmq.ZMQError) as caught:
        poll_of(one, zmq.POLLIN)(None)
    assert caught.value.errno == zmq.ENOTSOCK


@needs_signals
def test_a_handler_that_polls(connected: Connected, on_alarm: Callable[..., None]) -> None:
    """A signal handler may use the poller that it interrupted."""
    receiver, sender = connected(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    poller.poll(0)
    entered, inner = [], []

    def handler() -> None:
        # The first alarm may come before poll() does; were the array shared, none would get here.
        # The next may come while this one polls.
        if not entered and poller._built is None:
            entered.append(True)
            sender.send(b"x")
            inner.append(poller.poll(5000))

    on_alarm(handler)
    assert poller.poll(5000) == [(receiver, 1)]
    assert inner == [[(receiver, 1)]]


# ----------------------------------------------------------------------
# the rest


def test_context_terminated_meanwhile(context: zmq.Context) -> None:
    """A poll ends with ContextTerminated when the context of a socket is terminated."""
    one = context.socket(zmq.PULL)
    ending = threading.Timer(0.02, context.term)
    ending.start()
    with pytest.raises(zmq.ContextTerminated):
        poll_of(one, zmq.POLLIN)(None)
    one.close()
    ending.join()


def test_two_threads_poll_with_one_poller(context: zmq.Context) -> None:
    """Two threads may poll with the same poller when what is registered allows it."""
    here, there = sockets.socketpair()
    with here, there:
        poller = zmq.Poller()
        poller.register(here.fileno(), zmq.POLLIN)
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda: found.append(poller.poll(5000))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        there.send(b"x")
        for thread in threads:
            thread.join()
        assert found == [[(here.fileno(), 1)]] * 2


@pytest.mark.libzmq("4.2.0")
@each_poll
def test_thread_safe_types(socket: SocketFactory, poll_of: PollOf) -> None:
    """A thread-safe socket is polled by draft builds; others refuse with a text that says why."""
    poll = poll_of(socket(zmq.CLIENT), zmq.POLLIN)
    if zmq.DRAFT_API:
        assert poll(0) == []
    else:
        with pytest.raises(zmq.ZMQError, match=r"zmq.CLIENT.*draft") as caught:
            poll(0)
        assert caught.value.errno == zmq.EINVAL


@each_poll
@pytest.mark.parametrize("timeout", [0, 1])
def test_event_loops_are_told(socket: SocketFactory, timeout: int, poll_of: PollOf) -> None:
    """Who waits for the descriptor of a socket is told when somebody polls the socket."""
    one, other = socket(zmq.PULL), socket(zmq.PULL)
    told: list[str] = []

    def tell() -> None:
        told.append("one")

    _wakeup.watch(one.underlying, tell)
    try:
        poll_of(other, zmq.POLLIN)(timeout)
        assert told == []
        poll_of(one, zmq.POLLIN)(timeout)
        assert told == ["one"]
    finally:
        _wakeup.unwatch(one.underlying, tell)
    poll_of(one, zmq.POLLIN)(timeout)
    assert told == ["one"]


def test_watching_ends_when_the_socket_is_closed(socket: SocketFactory) -> None:
    """Closing a socket tells those who watch it and forgets them."""
    one = socket(zmq.PULL)
    told: list[int] = []
    handle = one.underlying
    _wakeup.watch(handle, lambda: told.append(1))
    _wakeup.watch(handle, lambda: told.append(2))
    one.close()
    assert told == [1, 2]
    assert handle not in _wakeup.watched


def test_unwatch_takes_one_of_several(socket: SocketFactory) -> None:
    """unwatch() takes back one call of watch(), and nothing when there was none."""
    told: list[int] = []

    def tell() -> None:
        told.append(1)

    handle = socket(zmq.PULL).underlying
    _wakeup.unwatch(handle, tell)
    _wakeup.watch(handle, tell)
    _wakeup.watch(handle, tell)
    _wakeup.unwatch(handle, tell)
    _wakeup.processed(handle)
    assert told == [1]
    _wakeup.unwatch(handle, tell)
    assert handle not in _wakeup.watched


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_poller_in_a_forked_child() -> None:
    """A child that was forked gets an exception for its parent's socket, not a wait without end."""
    said = programs.run(
        """
        import warnings
        warnings.simplefilter("ignore")  # of forking while libzmq has threads
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.poll(0)
        pid = os.fork()
        if not pid:
            try:
                poller.poll(None)
            except zmq.ZMQError as error:
                print(error.errno == zmq.ENOTSOCK, flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        socket.close()
        context.term()
        """
    )
    assert said == "True\n"
