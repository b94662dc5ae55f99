# SPDX-License-Identifier: BSD-3-Clause
"""Monitors: told of connections, whoever closes first, and never waiting for a listener."""

from __future__ import annotations

import copy
import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import programs
import pytest
from support import terminate, until

import zmq
from zmq import _monitors
from zmq._ctypes.bind import open_socket
from zmq.utils.monitor import recv_monitor_message

pytestmark = pytest.mark.libzmq("4.0")


def events(listener: zmq.Socket) -> list[zmq.Event]:
    """Return the events up to the last one that a monitor tells."""
    told = []
    while True:
        told.append(recv_monitor_message(listener)["event"])
        if told[-1] == zmq.EVENT_MONITOR_STOPPED:
            return told


@pytest.fixture
def listen(socket: Any) -> Iterator[Callable[..., zmq.Socket]]:
    """Return a listener to a socket's monitor that gives up in time, and is closed at the end."""
    made: list[zmq.Socket] = []

    def make(monitored: zmq.Socket, *args: Any, **kwargs: Any) -> zmq.Socket:
        listener = monitored.get_monitor_socket(*args, **kwargs)
        listener.rcvtimeo = 5000
        made.append(listener)
        return listener

    yield make
    for listener in made:
        listener.close()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    """After each test nothing is known of its sockets."""
    yield
    gc.collect()
    assert not _monitors._telling
    assert not _monitors._closed
    assert not [keys for keys in _monitors._listening.values() if keys]


# --- being told -----------------------------------------------------------------------------------


def test_monitor_socket(socket: Any, listen: Any) -> None:
    """The listener is a connected PAIR of the same context and class, one as long as it is open."""
    one = socket(zmq.REP)
    listener = listen(one)
    assert (listener.type, listener.context, type(listener)) == (zmq.PAIR, one.context, zmq.Socket)
    assert one.get_monitor_socket() is listener
    listener.close()
    another = listen(one)
    assert another is not listener
    assert not another.closed


def test_what_is_told(socket: Any, listen: Any) -> None:
    """Listening, accepting and closing are told in this order, with the endpoint."""
    one, peer = socket(zmq.REP), socket(zmq.REQ)
    listener = listen(one)
    one.bind("tcp://127.0.0.1:*")
    event = recv_monitor_message(listener)
    assert event["event"] == zmq.EVENT_LISTENING
    # Before 4.3 the port that was chosen is not told.
    assert event["endpoint"].startswith(b"tcp://127.0.0.1:")
    peer.connect(one.last_endpoint)
    assert recv_monitor_message(listener)["event"] == zmq.EVENT_ACCEPTED
    one.close()
    told = events(listener)
    assert zmq.EVENT_CLOSED in told
    assert told[-1] == zmq.EVENT_MONITOR_STOPPED


def test_chosen_events(socket: Any, listen: Any) -> None:
    """Only the events asked for are told."""
    one = socket(zmq.REP)
    listener = listen(one, zmq.EVENT_CLOSED | zmq.EVENT_MONITOR_STOPPED)
    one.bind("tcp://127.0.0.1:*")
    one.unbind(one.last_endpoint)
    until(lambda: listener.poll(100))
    assert recv_monitor_message(listener)["event"] == zmq.EVENT_CLOSED
    one.disable_monitor()
    assert events(listener) == [zmq.EVENT_MONITOR_STOPPED]


def test_no_events(socket: Any, listen: Any) -> None:
    """Asked for no events a monitor tells none."""
    one = socket(zmq.REP)
    listener = listen(one, events=0)
    one.bind("tcp://127.0.0.1:*")
    one.disable_monitor()
    assert listener.poll(0) == 0


def test_chosen_endpoint(socket: Any, listen: Any, endpoint: Any) -> None:
    """The monitor's endpoint may be chosen."""
    one = socket(zmq.REP)
    name = endpoint("inproc")
    listener = listen(one, addr=name)
    one.bind("tcp://127.0.0.1:*")
    assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING
    with pytest.raises(zmq.ZMQError) as raised:
        socket(zmq.PAIR).bind(name)
    assert raised.value.errno == zmq.EADDRINUSE


def test_disable(socket: Any, listen: Any) -> None:
    """After disable_monitor the listener gets the last event, and later ones reach nobody."""
    one = socket(zmq.REP)
    listener = listen(one)
    one.bind("tcp://127.0.0.1:*")
    one.disable_monitor()
    one.bind("tcp://127.0.0.1:*")
    assert events(listener) == [zmq.EVENT_LISTENING, zmq.EVENT_MONITOR_STOPPED]
    assert listener.poll(0) == 0
    assert not listener.closed
    one.disable_monitor()
    assert listen(one) is not listener


@pytest.mark.parametrize("listener_first", [False, True])
def test_monitor_by_hand(listener_first: bool, socket: Any, endpoint: Any) -> None:
    """A PAIR that connects to the endpoint given to monitor() listens, before or after."""
    one, listener = socket(zmq.REP), socket(zmq.PAIR)
    name = endpoint("inproc")
    steps = [lambda: one.monitor(name, zmq.EVENT_ALL), lambda: listener.connect(name)]
    for step in reversed(steps) if listener_first else steps:
        step()
    one.bind("tcp://127.0.0.1:*")
    assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING
    one.monitor(None)
    assert events(listener) == [zmq.EVENT_MONITOR_STOPPED]


@pytest.mark.parametrize("kind", [zmq.PULL, zmq.DEALER, zmq.SUB])
@pytest.mark.parametrize("listener_first", [False, True])
@pytest.mark.parametrize("leaves", ["close", "disconnect"])
def test_listener_of_another_type(
    leaves: str, listener_first: bool, kind: int, context: zmq.Context, socket: Any, endpoint: Any
) -> None:
    """A monitor is read by whatever is connected to it, as over any other endpoint."""
    monitored, listener = socket(zmq.REP), socket(kind)
    where = endpoint("inproc")
    if kind == zmq.SUB:
        listener.subscribe(b"")
    if listener_first:
        listener.connect(where)
    monitored.monitor(where, zmq.EVENT_ALL)
    if not listener_first:
        listener.connect(where)
    monitored.bind("tcp://127.0.0.1:*")
    listener.rcvtimeo = 5000
    told = recv_monitor_message(listener)
    assert told["event"] == zmq.EVENT_LISTENING
    if leaves == "close":
        listener.close()
    else:
        listener.disconnect(where)
    monitored.close()


@pytest.mark.parametrize("leaves", ["disconnect", "unbind"])
def test_listener_leaves_after_the_socket(leaves: str, socket: Any, endpoint: Any) -> None:
    """Nothing is kept of a monitor when both ends are gone, however the listener left."""
    monitored, where = socket(zmq.REP), endpoint("inproc")
    listener = monitored.get_monitor_socket(addr=where)
    monitored.close()
    getattr(listener, leaves)(where)
    listener.close()
    assert not _monitors._closed


def test_listener_of_another_view(socket: Any, endpoint: Any) -> None:
    """The listener may be made by a shadow of the context, and the monitor by one of the socket."""
    one = socket(zmq.REP)
    name = endpoint("inproc")
    copy.copy(one).monitor(name.encode())
    with copy.copy(one.context).socket(zmq.PAIR) as listener:
        listener.rcvtimeo = 5000
        zmq.Socket.shadow(listener.underlying).connect(name)
        one.bind("tcp://127.0.0.1:*")
        assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING


def test_monitor_of_a_foreign_socket(context: zmq.Context) -> None:
    """A shadow of a socket that somebody else made is monitored when its context is given."""
    handle = open_socket(context.underlying, zmq.REP)
    one = zmq.Socket.shadow(handle)
    assert one.context is None
    with pytest.raises(TypeError, match="context must be specified"):
        one.get_monitor_socket()
    with zmq.Socket(context, shadow=handle) as known, known.get_monitor_socket() as listener:
        listener.rcvtimeo = 5000
        one.bind("tcp://127.0.0.1:*")
        assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING
    assert one.closed


def test_monitor_again(socket: Any, listen: Any, endpoint: Any) -> None:
    """A second monitor of one socket replaces the first, whether or not that had a listener."""
    one = socket(zmq.REP)
    first = listen(one)
    one.monitor(endpoint("inproc"))
    assert events(first) == [zmq.EVENT_MONITOR_STOPPED]
    one.monitor(endpoint("inproc"))
    second = socket(zmq.PAIR)
    name = endpoint("inproc")
    one.monitor(name)
    second.connect(name)
    one.bind("tcp://127.0.0.1:*")
    assert recv_monitor_message(second)["event"] == zmq.EVENT_LISTENING


@pytest.mark.parametrize(
    ("addr", "wanted", "error"),
    [
        ("tcp://127.0.0.1:*", zmq.EVENT_ALL, zmq.EPROTONOSUPPORT),
        ("nonsense", zmq.EVENT_ALL, zmq.EINVAL),
        ("", zmq.EVENT_ALL, zmq.EINVAL),
        ("inproc://zeromq.zap.01", zmq.EVENT_ALL, zmq.EINVAL),
        ("inproc://m", "x", TypeError),
        ("inproc://m", None, TypeError),
        ("inproc://m", 1.5, TypeError),
        ("inproc://m", 2**40, OverflowError),
        (5, zmq.EVENT_ALL, TypeError),
        (["inproc://m"], zmq.EVENT_ALL, TypeError),
    ],
)
def test_wrong_monitors(addr: Any, wanted: Any, error: Any, socket: Any) -> None:
    """A monitor that cannot be is refused, and leaves nothing behind."""
    one = socket(zmq.REP)
    before = repr(one.context)
    kind = zmq.ZMQError if isinstance(error, int) else error
    for operation in (
        lambda: one.monitor(addr, wanted),
        lambda: one.get_monitor_socket(events=wanted, addr=addr),
    ):
        if operation.__code__.co_names[0] == "get_monitor_socket" and wanted is None:
            continue  # which means all of them
        with pytest.raises(kind) as raised:
            operation()
        assert getattr(raised.value, "errno", error) == error
    assert repr(one.context) == before
    one.bind("tcp://127.0.0.1:*")


def test_taken_endpoint(socket: Any, endpoint: Any) -> None:
    """An endpoint that somebody has is EADDRINUSE, and no monitor is left without listener."""
    name = endpoint("inproc")
    one, other = socket(zmq.REP), socket(zmq.PAIR)
    other.bind(name)
    for operation in (one.monitor, lambda addr: one.get_monitor_socket(addr=addr)):
        with pytest.raises(zmq.ZMQError) as raised:
            operation(name)
        assert raised.value.errno == zmq.EADDRINUSE
    one.bind("tcp://127.0.0.1:*")


# --- nobody listens -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda socket: socket.bind("tcp://127.0.0.1:*"),
        lambda socket: socket.connect("tcp://127.0.0.1:1"),
        lambda socket: socket.unbind(socket.last_endpoint),
        lambda socket: socket.disconnect(socket.last_endpoint),
        lambda socket: socket.bind_to_random_port("tcp://127.0.0.1"),
        lambda socket: copy.copy(socket).bind("tcp://127.0.0.1:*"),
    ],
    ids=["bind", "connect", "unbind", "disconnect", "random port", "shadow"],
)
def test_unread_monitor(call: Any, socket: Any, endpoint: Any) -> None:
    """While nobody listens, what would wait for a listener is EFSM instead, and says so."""
    one, listener = socket(zmq.DEALER), socket(zmq.PAIR)
    one.bind("tcp://127.0.0.1:*")
    name = endpoint("inproc")
    one.monitor(name)
    with pytest.raises(zmq.ZMQError, match=f"nobody is connected to its monitor at {name}") as info:
        call(one)
    assert info.value.errno == zmq.EFSM
    listener.connect(name)
    one.bind("tcp://127.0.0.1:*")
    assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING


@pytest.mark.parametrize(
    "end",
    [
        lambda socket: socket.close(),
        lambda socket: socket.close(0),
        lambda socket: socket.disable_monitor(),
        lambda socket: socket.monitor(None),
        lambda socket: zmq.Socket.shadow(socket).close(),
        lambda socket: socket.context.destroy(),
    ],
    ids=["close", "close(0)", "disable", "monitor(None)", "shadow", "destroy"],
)
def test_unread_monitor_ends(end: Any) -> None:
    """A monitor that nobody listens to keeps nothing from ending."""
    context = zmq.Context()
    one = context.socket(zmq.REP)
    one.monitor("inproc://unread")
    end(one)
    one.close()
    terminate(context)


def test_unread_monitor_of_a_context_that_ends() -> None:
    """A socket with an unread monitor closes while its context is terminated."""
    context = zmq.Context()
    one = context.socket(zmq.PULL)
    one.monitor("inproc://unread")
    thread = threading.Thread(target=context.term)
    thread.start()
    with pytest.raises(zmq.ContextTerminated):
        one.recv()
    one.close()
    thread.join()


def test_collected_with_an_unread_monitor(context: zmq.Context) -> None:
    """A socket with an unread monitor can be collected."""
    one = context.socket(zmq.REP)
    one.monitor("inproc://unread")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del one
        gc.collect()


# --- listening ends -------------------------------------------------------------------------------


def churn(monitored: zmq.Socket, peers: int = 3) -> None:
    """Cause events, in this thread and in libzmq's."""
    monitored.bind("tcp://127.0.0.1:*")
    for _ in range(peers):
        with monitored.context.socket(zmq.REQ) as peer:
            peer.linger = 0
            peer.connect(monitored.last_endpoint)


def still_works(one: zmq.Socket) -> None:
    """Make sure that libzmq's I/O thread serves somebody."""
    with one.context.socket(zmq.PAIR) as a, one.context.socket(zmq.PAIR) as b:
        a.linger = 0
        b.rcvtimeo = 5000
        a.bind("tcp://127.0.0.1:*")
        b.connect(a.last_endpoint)
        a.send(b"x")
        assert b.recv() == b"x"


@pytest.mark.parametrize(
    "end",
    [
        lambda one, listener: listener.close(),
        lambda one, listener: copy.copy(listener).close(),
        lambda one, listener: listener.disconnect(listener.last_endpoint),
    ],
    ids=["close", "shadow", "disconnect"],
)
def test_listener_ends_first(end: Any, socket: Any, listen: Any) -> None:
    """When the listener goes first, the monitor is stopped, and traffic goes on."""
    one = socket(zmq.REP)
    listener = listen(one)
    churn(one)
    if "disconnect" in end.__code__.co_names:
        listener.last_endpoint  # noqa: B018
    end(one, listener)
    churn(one)
    still_works(one)
    with socket(zmq.REQ) as peer:
        peer.connect(one.last_endpoint)
        peer.send(b"question")
        assert one.recv() == b"question"


def test_listener_is_collected_first(context: zmq.Context, socket: Any) -> None:
    """A listener by hand that is collected does not stop the traffic."""
    one, listener = socket(zmq.REP), context.socket(zmq.PAIR)
    one.monitor("inproc://collected")
    listener.connect("inproc://collected")
    churn(one)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del listener
        gc.collect()
    churn(one)
    still_works(one)


def test_socket_ends_first(socket: Any, listen: Any) -> None:
    """When the socket goes first, the listener can be read to the end, and then closes."""
    one = socket(zmq.REP)
    listener = listen(one)
    churn(one)
    one.close()
    told = events(listener)
    assert told[0] == zmq.EVENT_LISTENING
    assert zmq.EVENT_CLOSED in told
    listener.close()
    still_works(socket(zmq.PAIR))


def test_both_end_at_once(socket: Any, listen: Any) -> None:
    """When the listener closes before the closed socket has told its last, nothing waits."""
    for _ in range(20):
        one = socket(zmq.REP)
        listener = listen(one)
        churn(one, 1)
        one.close()
        listener.close()
        assert listener.closed
    still_works(socket(zmq.PAIR))
    until(lambda: (socket(zmq.PAIR).close(), not _monitors._kept)[1])


def test_listener_of_a_socket_that_lingers(context: zmq.Context) -> None:
    """A closed socket that still has something to send tells its last when nobody listens."""
    one = context.socket(zmq.PUSH)
    listener = one.get_monitor_socket()
    one.connect("tcp://127.0.0.1:1")
    one.send(b"never received")
    one.close(linger=200)
    listener.close()
    other = context.socket(zmq.PAIR)
    still_works(other)
    other.close()
    terminate(context)
    assert not _monitors._kept


@pytest.mark.parametrize("order", ["socket", "listener", "disable", "context"])
def test_200_cycles(order: str, open_files: Callable[[], int]) -> None:
    """200 monitors come and go, in any order, while peers come and go, and leave nothing."""
    context = zmq.Context()
    before = 0
    for number in range(200):
        one = context.socket(zmq.REP)
        one.linger = 0
        listener = one.get_monitor_socket()
        churn(one, 1)
        if order == "context":
            context.destroy(0)
            context = zmq.Context()
        if order == "disable":
            one.disable_monitor()
        first, second = (one, listener) if order == "socket" else (listener, one)
        first.close()
        second.close()
        if number == 100:
            before = open_files()
    # What is kept for the last sockets goes when others close.
    until(lambda: (context.socket(zmq.PAIR).close(), open_files() < before + 10)[1])
    context.destroy(0)


@pytest.fixture
def open_files() -> Callable[[], int]:
    """Tell how many files are open."""
    import os

    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            return lambda: len(os.listdir(folder))
    pytest.skip("open files cannot be counted here")


@pytest.mark.libzmq("4.1.5")  # 4.1.2 ends the process in one run of four
def test_unread_listener_does_not_stop_the_traffic(socket: Any, listen: Any) -> None:
    """A listener that never reads gets thousands of events, and everything goes on."""
    one = socket(zmq.PULL)
    listener = listen(one)
    # Each of these causes events that wait: far more than any high water mark.
    for _ in range(1500):
        one.bind("tcp://127.0.0.1:*")
        one.unbind(one.last_endpoint)
    still_works(one)
    assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING


def test_monitors_in_threads() -> None:
    """Threads that each monitor their sockets of one context do not disturb each other."""
    programs.run(
        """
        import threading
        from zmq.utils.monitor import recv_monitor_message
        context = zmq.Context()

        def work():
            for number in range(50):
                one = context.socket(zmq.REP)
                one.linger = 0
                listener = one.get_monitor_socket()
                listener.rcvtimeo = 5000
                one.bind("tcp://127.0.0.1:*")
                assert recv_monitor_message(listener)["event"] == zmq.EVENT_LISTENING
                first, second = (one, listener) if number % 2 else (listener, one)
                first.close()
                second.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        context.term()
        print("ended")
        """
    )


@pytest.mark.libzmq("4.0")
@pytest.mark.parametrize("waits", [True, False])
def test_who_heard_an_earlier_monitor(waits: bool) -> None:
    """A reader of a monitor that has ended is not one of the next monitor at the same endpoint."""
    programs.run(
        f"""
        with zmq.Context() as context, context.socket(zmq.PAIR) as reader:
            with context.socket(zmq.PUSH) as first, context.socket(zmq.PUSH) as second:
                if {waits}:
                    reader.connect("inproc://m")
                first.monitor("inproc://m")
                if not {waits}:
                    reader.connect("inproc://m")
                first.monitor(None)
                while True:
                    try:
                        second.monitor("inproc://m")
                        break
                    except zmq.ZMQError as error:
                        assert error.errno == zmq.EADDRINUSE  # for a moment
                        reader.poll(1)
                try:
                    second.bind("tcp://127.0.0.1:*")
                except zmq.ZMQError as error:
                    assert error.errno == zmq.EFSM and "nobody is connected" in str(error)
                else:
                    raise AssertionError("bound")
                with context.socket(zmq.PAIR) as other:
                    other.connect("inproc://m")
                    second.bind("tcp://127.0.0.1:*")
                    assert other.poll(5000)
        """
    )
