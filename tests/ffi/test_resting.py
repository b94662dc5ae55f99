# SPDX-License-Identifier: BSD-3-Clause
"""Sockets that a poller has put to rest: they are never asked again too late.

What a poller says is held against what libzmq says about the same sockets.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import signal
import socket as sockets
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import programs
import pytest
from conftest import Connected, SocketFactory
from effort import FULL
from support import PATIENCE_MS, until

import zmq
from zmq import _idle, _poll, _wakeup
from zmq._ctypes import fast, observe
from zmq._ctypes.bind import C

pytestmark = pytest.mark.skipif(
    not fast.AVAILABLE or sys.platform == "win32", reason="sockets never rest here"
)

ENOUGH = 30
"""More polls than a socket has to have nothing before it is put to rest."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put to rest at the first poll whatever has nothing."""
    monkeypatch.setattr(_poll, "_PATIENCE", 0)
    monkeypatch.setattr(_poll, "_SOON", 0)


def poller_of(*socks: Any, flags: int = zmq.POLLIN) -> zmq.Poller:
    poller = zmq.Poller()
    for one in socks:
        poller.register(one, flags)
    return poller


def rested(*socks: zmq.Socket, flags: int = zmq.POLLIN) -> zmq.Poller:
    """Return a poller that has put these sockets to rest."""
    poller = poller_of(*socks, flags=flags)

    def all_rest() -> bool:
        assert poller.poll(0) == []
        return all(one._handle in _idle.resting for one in socks)

    until(all_rest)  # connecting is news as well
    return poller


def events_of(one: zmq.Socket) -> int:
    """Return what libzmq says, and have everybody know that it was asked."""
    return int(one.get(zmq.EVENTS))


# ----------------------------------------------------------------------
# what it brings, and when


@pytest.mark.parametrize("count", [1, 3, 30])
def test_resting_sockets_are_not_asked(socket: SocketFactory, count: int) -> None:
    """Polling sockets at rest asks none of them for its events, in one call or none of libzmq."""
    made = [socket(zmq.PULL) for _ in range(count)]
    poller = rested(*made)
    asked: list[str] = []

    def count_calls(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            asked.append(name)
            return function(*arguments)

        return counted

    observe.install(count_calls)
    try:
        for _ in range(10):
            assert poller.poll(0) == []
    finally:
        observe.remove()
    assert asked in ([], ["zmq_poll"] * 10)


def test_other_threads_do_not_get_the_gil(socket: SocketFactory) -> None:
    """Beside other threads a poll that does not wait keeps the GIL, and still sees messages."""
    poller = rested(socket(zmq.PULL))
    built = poller._built
    assert built is not None
    assert built.glance is not None
    glances: list[int] = []
    built.glance = lambda timeout_ms: glances.append(timeout_ms) or []
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert poller.poll(0) == []
        assert glances == []
    finally:
        stop.set()
        thread.join()
    # A thread that was joined counts until it is gone.
    until(lambda: poller.poll(0) == [] and glances)
    assert glances == [0]


def test_a_poll_function_of_others_is_not_used(
    socket: SocketFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something has replaced select.poll, as gevent does, it is not called."""
    import select

    class Poll:
        def __init__(self) -> None:
            raise AssertionError("called")

    monkeypatch.setattr(select, "poll", Poll)
    poller = rested(socket(zmq.PULL))
    assert poller.poll(0) == []


def test_a_busy_socket_is_left_alone(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that is used between any two polls is put to rest now and then at most."""
    one, _ = connected(zmq.DEALER, zmq.DEALER, sndhwm=0, rcvhwm=0)
    poller = poller_of(one)
    original, count = _idle.rest, 0

    def counted(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        return original(*arguments)

    monkeypatch.setattr(_idle, "rest", counted)
    for _ in range(2000):
        one.send(b"")
        assert poller.poll(0) == []
    assert 0 < count < 20


def test_never_where_there_are_no_hot_forms(socket: SocketFactory) -> None:
    """Without untyped calls no socket is put to rest."""
    fast.use(False)
    try:
        one = socket(zmq.PULL)
        poller = poller_of(one)
        for _ in range(ENOUGH):
            assert poller.poll(0) == []
        assert _idle.resting == {}
    finally:
        one.close()
        fast.use(True)


# ----------------------------------------------------------------------
# every use counts


USES: dict[str, Callable[[zmq.Socket], Any]] = {
    "recv": lambda s: s.recv(),
    "recv_noblock": lambda s: s.recv(zmq.NOBLOCK),
    "recv_frame": lambda s: s.recv(copy=False),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_into": lambda s: s.recv_into(bytearray(9)),
    "recv_string": lambda s: s.recv_string(),
    "send": lambda s: s.send(b"x"),
    "send_long": lambda s: s.send(bytes(100_000)),
    "send_bytearray": lambda s: s.send(bytearray(9)),
    "send_no_copy": lambda s: s.send(bytes(100_000), copy=False),
    "send_frame": lambda s: s.send(zmq.Frame(b"x")),
    "send_multipart": lambda s: s.send_multipart([b"x", b"y"]),
    "send_json": lambda s: s.send_json({}),
    "events": lambda s: s.get(zmq.EVENTS),
    "events_attribute": lambda s: s.events,
    "poll": lambda s: s.poll(0),
    "poll_waiting": lambda s: s.poll(1),
    "zmq_poll": lambda s: zmq.zmq_poll([(s, zmq.POLLIN)], 0),
    "select": lambda s: zmq.select([s], [], [], 0),
    "bind": lambda s: s.bind("tcp://127.0.0.1:*"),
    "connect": lambda s: s.connect("inproc://nobody"),
    "unbind": lambda s: s.unbind("tcp://127.0.0.1:9"),
    "disconnect": lambda s: s.disconnect("inproc://nowhere"),
    "setsockopt": lambda s: s.setsockopt(zmq.LINGER, 0),
    "set_attribute": lambda s: setattr(s, "sndhwm", 5),
    "shadow": lambda s: zmq.Socket.shadow(s),
    "copy": lambda s: s.__copy__(),
    "underlying": lambda s: s.underlying,
}


@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("use", list(USES))
def test_every_use_ends_the_rest(connected: Connected, use: str, view: bool) -> None:
    """After any call on a socket at rest, or on a view of it, it is asked again, and fast again."""
    one, other = connected(zmq.DEALER, zmq.DEALER)
    one.rcvtimeo = one.sndtimeo = 50
    used = zmq.Socket.shadow(one) if view else one
    poller = rested(one)
    assert one._fast_p is None
    assert used._fast_p is None
    if use.startswith(("recv", "events")):
        other.send(b"1")
        other.send(b"2")
    try:
        kept = USES[use](used)
    except zmq.ZMQError:
        kept = None
    assert one._handle not in _idle.resting
    assert one._fast_p is not None
    assert used._fast_p is not None
    wanted = events_of(one) & zmq.POLLIN
    assert poller.poll(0) == ([(one, wanted)] if wanted else [])
    del kept


@pytest.mark.parametrize("use", ["recv", "recv_multipart", "recv_frame", "recv_into", "events"])
def test_what_is_left_is_seen(connected: Connected, use: str) -> None:
    """When a call has taken one of two messages off a socket at rest, the other one is seen."""
    one, other = connected(zmq.DEALER, zmq.DEALER)
    poller = rested(one)
    other.send(b"1")
    other.send(b"2")
    USES[use](one)
    for _ in range(ENOUGH):
        assert poller.poll(0) == [(one, zmq.POLLIN)]
    assert poller.poll(None) == [(one, zmq.POLLIN)]


def test_parts_sent_from_rest(connected: Connected) -> None:
    """A message whose first part is sent by a socket at rest is parked as ever until its last."""
    one, other = connected(zmq.DEALER, zmq.DEALER)
    for _ in range(2):
        rested(one)
        one.send(b"first", zmq.SNDMORE)
        assert one._fast_p is None
        one.send(b"last")
        assert one._fast_p is not None
        assert other.recv_multipart() == [b"first", b"last"]


def test_not_in_the_middle_of_a_message(connected: Connected) -> None:
    """A socket that has sent a part, and no last one, is not put to rest."""
    one, other = connected(zmq.DEALER, zmq.DEALER)
    one.send(b"first", zmq.SNDMORE)
    poller = poller_of(one)
    for _ in range(ENOUGH):
        assert poller.poll(0) == []
    assert one._handle not in _idle.resting
    one.send(b"last")
    assert one._fast_p is not None
    assert other.recv_multipart() == [b"first", b"last"]


@pytest.mark.libzmq("4.2.0")
def test_options_that_make_ready(socket: SocketFactory) -> None:
    """An option that lets a socket send, without any command of libzmq, is noticed."""
    router = socket(zmq.ROUTER, router_mandatory=1)
    poller = rested(router, flags=zmq.POLLOUT)
    router.router_mandatory = 0
    assert poller.poll(0) == [(router, zmq.POLLOUT)]


# ----------------------------------------------------------------------
# who never rests


def test_known_by_address(socket: SocketFactory) -> None:
    """A socket whose address was handed out may be used by other code, and does not rest."""
    one = socket(zmq.PULL)
    poller = rested(one)
    assert one.underlying
    for _ in range(ENOUGH):
        assert poller.poll(0) == []
    assert one._handle not in _idle.resting
    assert one._fast_p is not None
    handle = one.underlying
    one.close()
    assert handle not in _idle.lent


def test_address_from_outside(socket: SocketFactory) -> None:
    """A view made from a bare address does not rest, nor do other views of the same socket."""
    one = socket(zmq.PULL)
    view = zmq.Socket.shadow(one._handle)
    for polled in (one, view):
        poller = poller_of(polled)
        for _ in range(ENOUGH):
            assert poller.poll(0) == []
        assert _idle.resting == {}


def test_watched(socket: SocketFactory) -> None:
    """A socket that an event loop watches does not rest, and is roused when one begins to."""
    one = socket(zmq.PULL)
    poller = rested(one)
    told: list[int] = []

    def tell() -> None:
        told.append(1)

    _wakeup.watch(one._handle, tell)
    try:
        for _ in range(ENOUGH):
            assert poller.poll(0) == []
        assert one._handle not in _idle.resting
        assert len(told) == ENOUGH
    finally:
        _wakeup.unwatch(one._handle, tell)
    rested(one)


# ----------------------------------------------------------------------
# several pollers, views, ends


def test_two_pollers(connected: Connected) -> None:
    """Two pollers that wait for different things of one socket are both right all the time."""
    one, other = connected(zmq.PAIR, zmq.PAIR, sndhwm=1, rcvhwm=1)
    reading, writing = poller_of(one), poller_of(one, flags=zmq.POLLOUT)
    both = poller_of(one, flags=zmq.POLLIN | zmq.POLLOUT)
    rng = random.Random(3)
    for _ in range(400):
        for _ in range(rng.choice((0, 1, ENOUGH))):
            for poller in rng.sample([reading, writing, both], 3):
                poller.poll(0)
        who = rng.choice((one, other))
        try:
            if rng.random() < 0.5:
                who.send(b"", zmq.NOBLOCK)
            else:
                who.recv(zmq.NOBLOCK)
        except zmq.Again:
            pass
        found = {poller: dict(poller.poll(0)).get(one, 0) for poller in (reading, writing, both)}
        events = events_of(one)
        assert found == {reading: events & 1, writing: events & 2, both: events}


def test_a_poller_that_is_gone(connected: Connected) -> None:
    """A poller that is let go keeps no socket at rest for longer than until it is used."""
    one, other = connected(zmq.DEALER, zmq.DEALER)
    poller = rested(one)
    reference = weakref.ref(poller)
    del poller
    gc.collect()
    assert reference() is None
    other.send(b"x")
    assert one.recv() == b"x"
    assert one._fast_p is not None
    assert one._handle not in _idle.resting


def test_a_socket_that_is_gone(context: zmq.Context) -> None:
    """Resting keeps no socket alive that its program has let go of."""
    one = context.socket(zmq.PULL)
    poller = rested(one)
    handle = one._handle
    reference = weakref.ref(one)
    kept = [one, poller]
    del one, poller
    with pytest.warns(ResourceWarning, match="Unclosed socket"):
        kept.clear()
    gc.collect()
    assert reference() is None
    assert handle not in _idle.resting


def test_closed_at_rest(socket: SocketFactory) -> None:
    """A closed socket is refused by the poller that had it at rest, and leaves nothing behind."""
    one, stays = socket(zmq.PULL), socket(zmq.PULL)
    poller = rested(one, stays)
    handle = one._handle
    one.close()
    assert handle not in _idle.resting
    for _ in range(2):
        with pytest.raises(zmq.ZMQError) as caught:
            poller.poll(0)
        assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("timeout", [0, None])
def test_context_terminated(context: zmq.Context, timeout: Any) -> None:
    """Sockets at rest tell that their context is being terminated."""
    made = [context.socket(zmq.PULL) for _ in range(3)]
    poller = rested(*made)
    ending = threading.Thread(target=context.term)
    ending.start()
    with pytest.raises(zmq.ContextTerminated):
        while True:
            poller.poll(timeout)
    for one in made:
        one.close()
    ending.join()


def test_handed_to_another_thread(connected: Connected) -> None:
    """A socket that another thread uses between two polls is as well known as before."""
    one, other = connected(zmq.DEALER, zmq.DEALER)
    for _ in range(20):
        poller = rested(one)
        other.send(b"1")
        other.send(b"2")
        thread = threading.Thread(target=one.recv)
        thread.start()
        thread.join()
        assert poller.poll(0) == [(one, zmq.POLLIN)]
        assert one.recv() == b"2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork() -> None:
    """A forked child knows nothing of what rests in its parent, and rests sockets of its own."""
    said = programs.run(
        """
        import warnings
        warnings.simplefilter("ignore")  # of forking while libzmq has threads

        def try_it():
            context = zmq.Context()
            one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
            one.bind("inproc://x")
            other.connect("inproc://x")
            poller = zmq.Poller()
            poller.register(one, zmq.POLLIN)
            for _ in range(30):
                assert poller.poll(0) == []
            from zmq import _idle
            assert list(_idle.resting) == [one._handle]
            return context, one, other, poller

        context, one, other, poller = try_it()
        pid = os.fork()
        if not pid:
            from zmq import _idle
            assert not _idle.resting
            mine = try_it()
            mine[2].send(b"x")
            print(mine[3].poll(0) == [(mine[1], 1)], flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        other.send(b"x")
        print(poller.poll(0) == [(one, 1)])
        context.destroy()
        """
    )
    assert said == "True\nTrue\n"


# ----------------------------------------------------------------------
# waiting


def test_wakes_from_waiting(connected: Connected) -> None:
    """A poll that waits for sockets at rest ends when any of them has something."""
    pairs = [connected(zmq.PULL, zmq.PUSH, "tcp") for _ in range(5)]
    poller = rested(*(pull for pull, _ in pairs))
    for pull, push in pairs * 3:
        later = threading.Timer(0.005, push.send, [b"x"])
        later.start()
        assert poller.poll(PATIENCE_MS) == [(pull, zmq.POLLIN)]
        later.join()
        pull.recv()
        assert poller.poll(0) == []


def test_news_that_change_nothing(socket: SocketFactory) -> None:
    """A descriptor that speaks of something else neither ends a poll that waits nor prolongs it."""
    one = socket(zmq.PULL)
    one.bind("inproc://news")
    poller = rested(one)

    def come_and_go() -> None:
        for _ in range(20):
            socket(zmq.PUSH).connect("inproc://news")

    thread = threading.Thread(target=come_and_go)
    started = time.monotonic()
    thread.start()
    assert poller.poll(100) == []
    assert time.monotonic() - started >= 0.1
    thread.join()


def test_descriptors_beside_resting_sockets(connected: Connected) -> None:
    """Plain descriptors are polled as before among sockets at rest, in every direction."""
    pull, push = connected(zmq.PULL, zmq.PUSH)
    here, there = sockets.socketpair()
    with here, there:
        poller = poller_of(pull)
        poller.register(here, zmq.POLLIN)
        for _ in range(ENOUGH):
            assert poller.poll(0) == []
        assert pull._handle in _idle.resting
        there.send(b"x")
        assert poller.poll(PATIENCE_MS) == [(here.fileno(), zmq.POLLIN)]
        push.send(b"x")
        assert poller.poll(PATIENCE_MS) == [(pull, zmq.POLLIN), (here.fileno(), zmq.POLLIN)]
        poller.modify(here, zmq.POLLOUT)
        assert poller.poll(0) == [(pull, zmq.POLLIN), (here.fileno(), zmq.POLLOUT)]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("what", ["recv", "poll", "poll_other", "send"])
def test_signal_handlers_that_use_what_is_polled(connected: Connected, what: str) -> None:
    """A handler may use the sockets that the interrupted poll waits for, and none waits in vain."""
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller, second = poller_of(one), poller_of(one)
    numbers = itertools.count()
    inner: list[Any] = []

    def handler(*_: object) -> None:
        if what == "recv":
            try:
                other.send(one.recv(zmq.NOBLOCK))
            except zmq.Again:
                pass
        elif what == "poll":
            inner.append(poller.poll(0))
        elif what == "poll_other":
            inner.append(second.poll(0))
        elif what == "send":
            one.send(b"")
        if next(numbers) % 3 == 2:
            other.send(b"x")
            if what.startswith("poll"):
                assert second.poll(0) == [(one, zmq.POLLIN)]

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for _ in range(100 if FULL else 30):
            assert poller.poll(PATIENCE_MS) == [(one, zmq.POLLIN)]
            assert one.recv() == b"x"
            for _ in range(50):
                poller.poll(0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_signal_handlers_that_fail(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a call of a handler fails with is not taken for what the interrupted poll fails with.

    It is interrupted, and when it asks again, again; each time the handler runs before errno is read.
    """
    one, other = connected(zmq.PAIR, zmq.PAIR)
    poller = poller_of(one)
    poll = C.zmq_poll
    interruptions = 2

    def interrupted(*args: Any) -> Any:
        nonlocal interruptions
        if not interruptions:
            return poll(*args)
        interruptions -= 1
        with pytest.raises(zmq.Again):
            one.recv(zmq.NOBLOCK)
        return -1

    monkeypatch.setattr(C, "zmq_poll", interrupted)
    assert poller.poll(1) == []
    assert not interruptions
    other.send(b"x")
    assert poller.poll(PATIENCE_MS) == [(one, zmq.POLLIN)]


# ----------------------------------------------------------------------
# held against libzmq


def peers(
    socket: SocketFactory, rng: random.Random, disconnecting: bool
) -> list[tuple[zmq.Socket, zmq.Socket]]:
    """Return connected sockets of all types that can be polled, with little room in their queues."""
    kinds = [
        *((zmq.PAIR, zmq.PAIR), (zmq.PUSH, zmq.PULL), (zmq.PULL, zmq.PUSH)),
        *((zmq.DEALER, zmq.DEALER), (zmq.PUB, zmq.SUB), (zmq.XPUB, zmq.SUB)),
    ]
    if not disconnecting:
        kinds += [(zmq.ROUTER, zmq.DEALER), (zmq.REP, zmq.REQ), (zmq.ROUTER, zmq.REQ)]
        kinds += [(zmq.DEALER, zmq.REP)]
        if zmq.zmq_version_info() >= (4, 3, 4):  # before, XPUB does not survive what XSUB sends
            kinds.append((zmq.XPUB, zmq.XSUB))
    made = []
    for number, kind in enumerate(kinds):
        pair = [socket(one, sndhwm=2, rcvhwm=2) for one in kind]
        pair[0].bind(f"inproc://peers-{number}")
        pair[1].connect(f"inproc://peers-{number}")
        made.append((pair[0], pair[1]))
    rng.shuffle(made)
    return made


def act(one: zmq.Socket, rng: random.Random, disconnecting: bool) -> None:
    """Do something to a socket, which may not be able to do it.

    libzmq does not survive being disconnected in the middle of a message over inproc, so it is
    either that or messages of several parts.
    """
    address = one.last_endpoint
    acts: list[Callable[[], Any]] = [
        lambda: one.send(b"a", zmq.NOBLOCK),
        lambda: one.recv(zmq.NOBLOCK),
        lambda: one.recv(zmq.NOBLOCK, copy=False),
        lambda: one.recv_multipart(zmq.NOBLOCK),
        lambda: zmq.Socket.shadow(one).send(b"a", zmq.NOBLOCK),
        lambda: zmq.Socket.shadow(one).recv(zmq.NOBLOCK),
        lambda: one.setsockopt(rng.choice((zmq.SUBSCRIBE, zmq.UNSUBSCRIBE)), b"a"),
        lambda: one.setsockopt(zmq.SNDHWM, rng.randrange(1, 4)),
    ]
    weights = [6, 6, 2, 3, 2, 2, 3, 1]
    if disconnecting:
        acts += [lambda: one.disconnect(address), lambda: one.connect(address)]
        weights += [1, 1]
    else:
        # A REP that is told so does not survive that its peer goes away.
        mandatory = zmq.ROUTER_MANDATORY if one.type == zmq.ROUTER else zmq.LINGER
        acts.append(lambda: one.setsockopt(mandatory, rng.randrange(2)))
        acts.append(lambda: one.send_multipart([b"a", b""], zmq.NOBLOCK))
        weights += [1, 3]
    try:
        rng.choices(acts, weights)[0]()
    except zmq.ZMQError:
        pass


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("seed", range(40 if FULL else 4))
def test_agrees_with_libzmq(socket: SocketFactory, seed: int) -> None:
    """After any operation on any socket a poller with sockets at rest says what libzmq says."""
    rng = random.Random(seed)
    # Release 4.1 does not survive connecting with a name to one who has no room for it.
    disconnecting = seed % 2 > 0 and zmq.zmq_version_info() >= (4, 2)
    everybody = [one for pair in peers(socket, rng, disconnecting) for one in pair]
    poller = zmq.Poller()
    flags = {one: rng.choice((1, 2, 3)) for one in everybody}
    for one in everybody:
        poller.register(one, flags[one])
    slept = 0
    for _ in range(300):
        for _ in range(rng.choice((1, 2, ENOUGH))):
            poller.poll(0)
        slept += len(_idle.resting)
        for _ in range(rng.randrange(1, 4)):
            act(rng.choice(everybody), rng, disconnecting)
        for _ in range(3):  # what one of them learns may be news for another
            found = poller.poll(rng.choice((0, 0, 0, 1)))
        truth = [(one, events_of(one) & flags[one]) for one in rng.sample(everybody, 3)]
        for one, events in truth:
            assert dict(found).get(one, 0) == events, one
        everything = zmq.zmq_poll(list(flags.items()), 0)
        assert found == everything
    assert slept > 300


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("transport", ["inproc", "tcp", "ipc"])
def test_no_message_waits_unseen(
    connected: Connected, transport: str, context: zmq.Context
) -> None:
    """Whatever is done beside polling, every message of busy threads is reported."""
    count = 20_000 if FULL else 2_000
    pairs = [connected(zmq.DEALER, zmq.DEALER, transport) for _ in range(4)]

    def work(peer: zmq.Socket, seed: int) -> None:
        rng = random.Random(seed)
        for number in range(count):
            peer.send(b"%d" % number)
            if rng.random() < 0.02:
                time.sleep(rng.random() / 500)
            if rng.random() < 0.1:
                try:
                    peer.recv(zmq.NOBLOCK)
                except zmq.Again:
                    pass

    workers = [
        threading.Thread(target=work, args=(peer, seed)) for seed, (_, peer) in enumerate(pairs)
    ]
    poller = poller_of(*(one for one, _ in pairs))
    expected = {one: 0 for one, _ in pairs}
    rng = random.Random(99)
    for worker in workers:
        worker.start()
    last = time.monotonic()
    while any(number < count for number in expected.values()):
        found = poller.poll(rng.choice((0, 0, 0, 1, PATIENCE_MS)))
        for one, events in found:
            assert events == zmq.POLLIN
            for _ in range(rng.randrange(1, 4)):
                try:
                    assert one.recv(zmq.NOBLOCK) == b"%d" % expected[one]
                except zmq.Again:
                    break
                expected[one] += 1
        if rng.random() < 0.05:
            extra = rng.choice(pairs)[0]
            getattr(extra, rng.choice(("events", "fd", "linger")))
            extra.poll(0)
        if rng.random() < 0.02:
            try:
                rng.choice(pairs)[0].send(b"", zmq.NOBLOCK)
            except zmq.Again:
                pass
        now = time.monotonic()
        if found:
            last = now
        elif now - last > PATIENCE_MS / 1000:
            unseen = [one for one, _ in pairs if events_of(one) & zmq.POLLIN]
            assert not unseen, "messages wait that no poll has reported"
    for worker in workers:
        worker.join()


@pytest.mark.usefixtures("eager")
def test_no_message_of_a_process_waits_unseen(socket: SocketFactory) -> None:
    """A request from another process is always answered, polled at once, waiting, or both."""
    made = [socket(zmq.ROUTER) for _ in range(3)]
    ports = [str(one.bind_to_random_port("tcp://127.0.0.1")) for one in made]
    count = 3_000 if FULL else 300
    program = programs.start(
        """
        import random
        context = zmq.Context()
        rng = random.Random(1)
        sockets = [context.socket(zmq.DEALER) for _ in sys.argv[2:]]
        for socket, port in zip(sockets, sys.argv[2:]):
            socket.connect(f"tcp://127.0.0.1:{port}")
        for number in range(int(sys.argv[1])):
            chosen = rng.sample(sockets, rng.randrange(1, 4))
            for socket in chosen:
                socket.send(b"%d" % number)
            for socket in chosen:
                assert socket.recv() == b"%d" % number
        print("done")
        context.destroy()
        """,
        str(count),
        *ports,
    )
    poller = poller_of(*made)
    rng = random.Random(7)
    with program:
        while program.poll() is None:
            for one, _ in poller.poll(rng.choice((0, 1, 20))):
                one.send_multipart(one.recv_multipart())
        assert program.communicate() == ("done\n", "")
