# SPDX-License-Identifier: BSD-3-Clause
"""MessageTracker: done exactly when libzmq is done with all the memory, and not before."""

from __future__ import annotations

import copy
import gc
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Connected, SocketFactory
from programs import run
from support import until

import zmq
from zmq._ctypes import memory

BIG = 100_000

sharing = pytest.mark.skipif(not memory.ZERO_COPY, reason="here messages are copied")


def tracked(socket: zmq.Socket, data: Any = None, flags: int = 0) -> zmq.MessageTracker:
    """Send without a copy and return the tracker."""
    tracker = socket.send(bytes(BIG) if data is None else data, flags, copy=False, track=True)
    assert tracker is not None
    return tracker


def is_free(data: bytearray) -> bool:
    """Tell whether nothing holds the memory of data any more."""
    try:
        data.append(0)
    except BufferError:
        return False
    return True


# What is watched


def test_nothing_to_watch_is_done() -> None:
    """A tracker of nothing is done, and waiting for it ends at once."""
    tracker = zmq.MessageTracker()
    assert tracker.done
    assert (tracker.events, tracker.peers) == (set(), set())
    tracker.wait()
    tracker.wait(0)


def test_events() -> None:
    """A tracker of events is done when all of them are set."""
    one, other = threading.Event(), threading.Event()
    tracker = zmq.MessageTracker(one, other)
    assert tracker.events == {one, other}
    for event in (one, other):
        assert not tracker.done
        event.set()
    assert tracker.done


def test_trackers() -> None:
    """A tracker of trackers is done when all of them are."""
    event = threading.Event()
    inner = zmq.MessageTracker(event)
    outer = zmq.MessageTracker(inner, zmq.MessageTracker())
    assert inner in outer.peers
    assert not outer.done
    event.set()
    assert outer.done


def test_frames() -> None:
    """A tracker of a tracked Frame watches the Frame's own tracker."""
    frame = zmq.Frame(bytes(BIG), track=True, copy=False)
    tracker = zmq.MessageTracker(frame)
    assert tracker.peers == {frame.tracker}


def test_frames_that_are_not_tracked() -> None:
    """A Frame without a tracker is a ValueError that says what to do."""
    with pytest.raises(ValueError, match="track=True"):
        zmq.MessageTracker(zmq.Frame(b"x"))


@pytest.mark.parametrize("thing", [5, None, "text", b"bytes", object()])
def test_what_cannot_be_watched(thing: Any) -> None:
    """Anything else is a TypeError that shows it."""
    with pytest.raises(TypeError, match="expected"):
        zmq.MessageTracker(thing)


# Waiting


def test_wait_ends_when_done() -> None:
    """wait() ends when another thread makes it done."""
    event = threading.Event()
    tracker = zmq.MessageTracker(event)
    threading.Timer(0.05, event.set).start()
    tracker.wait()
    assert event.is_set()


@pytest.mark.parametrize("forever", [-1, -0.5, None])
def test_wait_for_ever(forever: float | None) -> None:
    """A negative time-out, or None, is none."""
    event = threading.Event()
    threading.Timer(0.05, event.set).start()
    zmq.MessageTracker(event).wait(forever)
    assert event.is_set()


@pytest.mark.parametrize("timeout", [0, 0.0, 0.01])
def test_wait_gives_up(timeout: float) -> None:
    """When the time is over and libzmq is not done, wait raises NotDone."""
    with pytest.raises(zmq.NotDone):
        zmq.MessageTracker(threading.Event()).wait(timeout)


# What libzmq does with tracked memory


@sharing
def test_receiver_in_the_same_process_holds_it(connected: Connected) -> None:
    """Over inproc the memory is in use until the receiver dropped its Frame and every view of it."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    data = bytearray(BIG)
    tracker = tracked(push, data)
    assert not tracker.done
    frame = pull.recv(copy=False)
    view, twin = frame.buffer, copy.copy(frame)
    for name in ("frame", "view", "twin"):
        assert not tracker.done, name
        assert not is_free(data)
        with pytest.raises(zmq.NotDone):
            tracker.wait(0)
        if name == "frame":
            del frame
        elif name == "view":
            del view
        else:
            del twin
        gc.collect()
    assert tracker.done
    assert is_free(data)


def test_receiver_that_copies_is_done_with_it(connected: Connected) -> None:
    """recv() takes its copy and lets the memory go."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    data = bytearray(BIG)
    tracker = tracked(push, data)
    assert pull.recv() == bytes(BIG)
    assert tracker.done
    assert is_free(data)


@pytest.mark.parametrize(
    "receive",
    [
        lambda socket: socket.recv_multipart(),
        lambda socket: socket.recv_into(bytearray(BIG)),
        lambda socket: socket.recv_multipart(copy=False),
    ],
    ids=["multipart", "into", "frames"],
)
def test_other_ways_to_receive(receive: Callable[[zmq.Socket], Any], connected: Connected) -> None:
    """However it is received, nothing keeps the memory afterwards."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    tracker = tracked(push)
    receive(pull)
    gc.collect()
    assert tracker.done


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_delivered_over_the_network(transport: str, connected: Connected) -> None:
    """The memory is free once the bytes are with the operating system, although nobody read them."""
    push, pull = connected(zmq.PUSH, zmq.PULL, transport)
    data = bytearray(BIG)
    tracker = tracked(push, data)
    tracker.wait(5)
    assert is_free(data)
    assert pull.recv() == bytes(BIG)


@sharing
def test_not_delivered_yet(socket: SocketFactory) -> None:
    """Without a peer the message waits, and so does its tracker; closing drops it."""
    push = socket(zmq.PUSH)
    push.connect("tcp://127.0.0.1:1")
    data = bytearray(BIG)
    tracker = tracked(push, data)
    with pytest.raises(zmq.NotDone):
        tracker.wait(0.05)
    assert not is_free(data)
    push.close(linger=0)
    tracker.wait(5)
    assert is_free(data)


@sharing
def test_dropped_with_the_receiver(connected: Connected) -> None:
    """Closing the receiver drops what it did not read."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    tracker = tracked(push)
    assert not tracker.done
    pull.close(0)
    push.close(0)
    tracker.wait(5)


def test_nobody_subscribed(socket: SocketFactory, endpoint: Callable[[str], str]) -> None:
    """A PUB without subscribers is done with the message when send returns."""
    pub = socket(zmq.PUB)
    pub.bind(endpoint("inproc"))
    assert tracked(pub).done


@sharing
def test_several_subscribers(socket: SocketFactory, endpoint: Callable[[str], str]) -> None:
    """A message that goes to several is done when the last of them is."""
    xpub = socket(zmq.XPUB)
    xpub.bind(endpoint("inproc"))
    subs = [socket(zmq.SUB) for _ in range(3)]
    for sub in subs:
        sub.subscribe(b"")
        sub.connect(xpub.last_endpoint)
    assert xpub.recv() == b"\x01"
    until(lambda: all(sub.get(zmq.EVENTS) is not None for sub in subs))
    tracker = tracked(xpub)
    for sub in subs:
        assert not tracker.done
        assert len(sub.recv()) == BIG
    assert tracker.done


def test_nobody_of_that_name(socket: SocketFactory, endpoint: Callable[[str], str]) -> None:
    """A ROUTER that knows no such peer drops the message, and is done with all of it."""
    router = socket(zmq.ROUTER)
    router.bind(endpoint("inproc"))
    tracker = router.send_multipart([b"nobody", bytes(BIG)], copy=False, track=True)
    assert tracker is not None
    assert tracker.done


def test_failed_send(socket: SocketFactory) -> None:
    """When send fails, the memory is free again."""
    data = bytearray(BIG)
    push = socket(zmq.PUSH)
    for error, operation in (
        (zmq.Again, lambda: tracked(push, data, zmq.DONTWAIT)),
        (zmq.ZMQError, lambda: tracked(socket(zmq.PULL), data)),
        (zmq.ZMQError, lambda: tracked(socket(zmq.REP), data)),
    ):
        with pytest.raises(error):
            operation()
        gc.collect()
        assert is_free(data)


@sharing
def test_frame_itself_holds_it() -> None:
    """A tracked Frame uses the memory as long as it exists, sent or not."""
    data = bytearray(BIG)
    frame = zmq.Frame(data, track=True, copy=False)
    tracker = frame.tracker
    assert tracker is not None
    assert not tracker.done
    del frame
    gc.collect()
    assert tracker.done
    assert is_free(data)


@sharing
def test_sent_frame(connected: Connected) -> None:
    """The tracker of a Frame that is sent is done when Frame and receiver are gone."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    frame = zmq.Frame(bytes(BIG), track=True, copy=False)
    tracker = push.send(frame, copy=False, track=True)
    assert tracker is frame.tracker
    assert len(pull.recv()) == BIG
    assert not tracker.done
    del frame
    gc.collect()
    assert tracker.done


def test_frame_that_is_not_tracked(connected: Connected) -> None:
    """Tracking a Frame that was made without a tracker is a ValueError, and sends nothing."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    frame = zmq.Frame(b"x")
    with pytest.raises(ValueError, match="track=True"):
        push.send(frame, copy=False, track=True)
    with pytest.raises(ValueError, match="track=True"):
        push.send_multipart([b"before", frame], copy=False, track=True)
    assert pull.poll(0) == 0


@sharing
def test_every_part_is_tracked(connected: Connected) -> None:
    """The tracker of a multipart message is done when libzmq is done with its last part."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    parts = [bytearray(BIG) for _ in range(3)]
    tracker = push.send_multipart([parts[0], b"small", *parts[1:]], copy=False, track=True)
    assert tracker is not None
    frames = pull.recv_multipart(copy=False)
    assert len(frames) == 4
    for index in (2, 0, 3):
        assert not tracker.done
        frames[index] = None
        gc.collect()
    assert tracker.done
    assert all(map(is_free, parts))


@pytest.mark.parametrize("data", [b"", b"x", bytes(63), bytes(1000)])
def test_small_messages_are_done_at_once(data: bytes, connected: Connected) -> None:
    """Below the threshold the data is copied, and its tracker is done when send returns."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    tracker = tracked(push, data)
    assert tracker.done
    assert pull.recv() == data


@pytest.mark.parametrize("size", [1, BIG])
def test_without_tracking_nothing_is_returned(size: int, connected: Connected) -> None:
    """send that copies, or was not asked for one, returns no tracker that is still to come."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    assert push.send(bytes(size)) is None
    assert push.send(bytes(size), track=True) is None
    for untracked in (
        push.send(bytes(size), copy=False),
        push.send_multipart([bytes(size)] * 2, copy=False),
    ):
        assert untracked is None or untracked.done
    assert push.send_multipart([bytes(size)] * 2, track=True) is None
    for _ in range(7):
        assert len(pull.recv()) == size


def test_received_frames_can_have_a_tracker(connected: Connected) -> None:
    """recv(copy=False, track=True) gives a Frame whose tracker is done: nothing of ours is in use."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    push.send_multipart([b"x", b"y"])
    for frame in pull.recv_multipart(copy=False, track=True):
        assert frame.tracker is not None
        assert frame.tracker.done


@sharing
def test_buffers_are_let_go_without_being_asked(connected: Connected) -> None:
    """Data that was sent untracked is free after delivery and a garbage collection."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    data = [bytearray(BIG) for _ in range(200)]
    for one in data:
        push.send(one, copy=False)
    assert not any(map(is_free, data))
    for _ in data:
        pull.recv()
    gc.collect()
    assert all(map(is_free, data))


@sharing
def test_buffers_are_let_go_by_later_sends(connected: Connected) -> None:
    """Without any garbage collection, sending on lets go of what was delivered before."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    data = [bytearray(BIG) for _ in range(50)]
    gc.collect()
    gc.disable()
    try:
        for one in data:
            push.send(one, copy=False)
        for _ in data:
            pull.recv()
        for _ in range(20):
            push.send(bytes(BIG), copy=False)
            pull.recv()
        assert all(map(is_free, data))
    finally:
        gc.enable()


@sharing
def test_a_full_queue_costs_little() -> None:
    """Thousands of messages that nobody reads do not make each new one slower and slower."""
    context = zmq.Context()
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.sndhwm = pull.rcvhwm = 0
    push.bind("inproc://full")
    pull.connect("inproc://full")
    data = bytearray(BIG)
    looked_at = [0]

    class Loan(memory.Loan):
        """Counts how often loans are looked at."""

        __slots__ = ()

        def is_set(self) -> bool:
            looked_at[0] += 1
            return super().is_set()

    original, memory.Loan = memory.Loan, Loan  # type: ignore[misc]
    try:
        for _ in range(20_000):
            push.send(data, copy=False)
    finally:
        memory.Loan = original  # type: ignore[misc]
        push.close(0)
        pull.close(0)
        context.term()
    assert looked_at[0] < 30 * 20_000
    gc.collect()


@sharing
def test_many_threads_ask() -> None:
    """When many threads ask one tracker at once, the buffer is let go once."""
    for _ in range(50):
        data = bytearray(BIG)
        frame = zmq.Frame(data, track=True, copy=False)
        tracker = frame.tracker
        assert tracker is not None
        start = threading.Barrier(5)

        def ask(tracker: zmq.MessageTracker = tracker, start: threading.Barrier = start) -> None:
            start.wait()
            while not tracker.done:
                pass

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        start.wait()
        del frame
        for thread in threads:
            thread.join()
        assert is_free(data)
        assert sys.getrefcount(data) <= 3


@sharing
def test_a_busy_thread_does_not_delay_it(connected: Connected) -> None:
    """libzmq's own threads need no GIL to let go of memory: a busy thread keeps nothing waiting."""
    push, pull = connected(zmq.PUSH, zmq.PULL, "tcp")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10)
    try:
        trackers = [tracked(push) for _ in range(20)]
        # This thread keeps the GIL: it neither waits nor gives it away.
        deadline = time.monotonic() + 10
        while not all(tracker.done for tracker in trackers):
            assert time.monotonic() < deadline
    finally:
        sys.setswitchinterval(interval)
    for _ in trackers:
        pull.recv()


IN_FLIGHT = """
import threading
context = zmq.Context()
push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
push.sndhwm = pull.rcvhwm = 0
push.bind("tcp://127.0.0.1:*" if "tcp" in sys.argv else "inproc://x")
pull.connect(push.last_endpoint)
nobody = context.socket(zmq.PUSH)
nobody.linger = 0
nobody.connect("tcp://127.0.0.1:1")
for number in range(500):
    data = bytearray(100_000) if number % 2 else bytes(100_000)
    tracker = push.send(data, copy=False, track=number % 3 == 0)
    nobody.send(data, copy=False)
frames = [pull.recv(copy=False) for _ in range(10)]
views = [frame.buffer for frame in frames]
if "busy" in sys.argv:
    def work():
        while True:
            pass
    threading.Thread(target=work, daemon=True).start()
if "kept" in sys.argv:
    sys.modules["kept"] = (context, push, pull, nobody, tracker)
if "closed" in sys.argv:
    context.destroy(0)
if "killed" in sys.argv:
    os._exit(0)
"""


@pytest.mark.parametrize("transport", ["tcp", "inproc"])
@pytest.mark.parametrize("ending", ["plain", "kept", "busy", "closed", "killed"])
def test_python_ends_with_messages_in_flight(transport: str, ending: str) -> None:
    """A process that exits with a thousand shared messages under way neither crashes nor hangs."""
    run(IN_FLIGHT, transport, ending, PYTHONWARNINGS="ignore", stderr=None)
