# SPDX-License-Identifier: BSD-3-Clause
"""Memory and descriptors stay where they are, however much was sent.

Each kind of message is sent in a process of its own, which measures itself after it has warmed up.
``ZMQ_TEST_FULL=1`` sends a million of each.
"""

from __future__ import annotations

import sys
import textwrap

import pytest
from effort import times
from programs import run

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads the process's memory from /proc"
)

MESSAGES = times(5_000, 1_000_000)
PROGRAM_LIMIT_S = times(30, 500)

# Bytes that a process may grow by, with all its messages.
SLACK = 300_000

_PROGRAM = """
import gc, time, warnings

COUNT, SLACK = int(sys.argv[1]), int(sys.argv[2])
BIG = bytes(100_000)

def memory():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def settle(wanted):
    # Sockets are closed, and collected contexts terminated, in the background, which may be far behind.
    deadline = time.monotonic() + 5
    while descriptors() > wanted and time.monotonic() < deadline:
        # Those that were connected to them have to take note of it first.
        for socket in context._sockets:
            socket.poll(0)
        if sys.implementation.name != "cpython":
            gc.collect()
        time.sleep(0.0001)

def measure(once):
    # Allocators need a while until they only use again what they have.
    for _ in range(COUNT // 4):
        once()
    open_before = descriptors()
    # What leaks grows in every round; allocators and libzmq's threads make some rounds noisy.
    for _ in range(5):
        before = memory()
        for _ in range(COUNT):
            once()
        settle(open_before)
        grown = memory() - before
        if grown < SLACK:
            break
    else:
        raise AssertionError(f"grew by {grown} bytes, in each round")
    assert descriptors() <= open_before, f"{descriptors() - open_before} descriptors more"

def pair(first=zmq.PUSH, second=zmq.PULL, endpoint="inproc://x"):
    a, b = context.socket(first), context.socket(second)
    a.linger = b.linger = 0
    b.bind(endpoint)
    a.connect(b.last_endpoint)
    a.sndtimeo = b.rcvtimeo = 10_000
    return a, b

context = zmq.Context()
"""

KINDS = {
    "copied": """
        a, b = pair()
        def once():
            a.send(b"x" * 50)
            b.recv()
    """,
    "copied over tcp": """
        a, b = pair(endpoint="tcp://127.0.0.1:*")
        def once():
            a.send(b"x" * 20)
            b.recv()
    """,
    "big": """
        a, b = pair()
        def once():
            a.send(BIG)
            b.recv()
    """,
    "zero-copy": """
        a, b = pair()
        def once():
            a.send(bytearray(BIG), copy=False)
            b.recv(copy=False)
    """,
    "zero-copy over tcp": """
        a, b = pair(endpoint="tcp://127.0.0.1:*")
        def once():
            a.send(BIG, copy=False)
            b.recv(copy=False)
    """,
    "tracked": """
        a, b = pair()
        def once():
            tracker = a.send(BIG, copy=False, track=True)
            b.recv()
            assert tracker.done
    """,
    "multipart": """
        a, b = pair()
        parts = [b"", b"x" * 40, b"y" * 300]
        def once():
            a.send_multipart(parts)
            b.recv_multipart()
    """,
    "multipart without copies": """
        a, b = pair()
        parts = [b"x" * 40, bytearray(BIG)]
        def once():
            a.send_multipart(parts, copy=False, track=True)
            b.recv_multipart(copy=False)
    """,
    "failed sends": """
        a, b = context.socket(zmq.PUSH), context.socket(zmq.REQ)
        a.linger = b.linger = 0
        frame = zmq.Frame(BIG, track=True, copy=False)
        def once():
            for send in (
                lambda: a.send(b"x", zmq.DONTWAIT),
                lambda: a.send(BIG, zmq.DONTWAIT, copy=False),
                lambda: a.send(frame, zmq.DONTWAIT, copy=False, track=True),
                lambda: a.send_multipart([b"x", BIG], zmq.DONTWAIT, copy=False),
                lambda: a.send("text"),
                lambda: b.recv(zmq.DONTWAIT),
            ):
                try:
                    send()
                except (zmq.ZMQError, TypeError):
                    continue
                raise AssertionError("sent")
    """,
    "failed receives": """
        a, b = pair()
        def once():
            for receive in (b.recv, b.recv_multipart, lambda flags: b.recv(flags, copy=False)):
                try:
                    receive(zmq.DONTWAIT)
                except zmq.Again:
                    continue
                raise AssertionError("received")
    """,
    "frames": """
        import copy
        a, b = pair()
        def once():
            for size in (10, 1000):
                frame = zmq.Frame(bytes(size))
                a.send(copy.copy(frame))
                received = b.recv(copy=False)
                received.buffer, received.bytes, copy.copy(received)
    """,
    "frames of every size": """
        sizes = iter(range(10**9))
        def once():
            frame = zmq.Frame(bytes(next(sizes) * 7919 % 70_000), copy=False)
            frame.buffer
    """,
    "published to nobody": """
        a = context.socket(zmq.PUB)
        a.bind("inproc://nobody")
        def once():
            a.send_multipart([b"topic", BIG], copy=False)
    """,
    "dropped by a router": """
        a = context.socket(zmq.ROUTER)
        a.bind("inproc://nobody")
        def once():
            a.send_multipart([b"nobody", BIG], copy=False)
    """,
    "options": """
        a, b = pair()
        def once():
            a.linger = 0
            a.linger, a.last_endpoint, a.get(zmq.AFFINITY)
            a.set(zmq.ROUTING_ID, b"name")
            b.poll(0)
    """,
    "polls": """
        a, b = pair()
        poller = zmq.Poller()
        poller.register(b, zmq.POLLIN)
        def once():
            poller.poll(0)
            a.send(b"x")
            poller.poll(1000)
            b.poll(1000)
            b.recv()
            zmq.select([b], [], [], 0)
    """,
    "other forms": """
        a, b = pair()
        buffer = bytearray(100)
        def once():
            a.send_string("text"); b.recv_string()
            a.send_json([1, 2]); b.recv_json()
            a.send(memoryview(buffer)); b.recv_into(buffer)
            a.send_serialized([1], lambda msg: [b"x"]); b.recv_serialized(lambda parts: parts)
    """,
    "properties": """
        a, b = pair(endpoint="tcp://127.0.0.1:*")
        def once():
            a.send(b"x")
            frame = b.recv(copy=False)
            if zmq.zmq_version_info() >= (4, 1):
                frame.get("Socket-Type"), frame["Peer-Address"]
    """,
}


def check(body: str, count: int) -> None:
    """Run a program that defines once(), calls it so many times, and fails if it grew."""
    ending = "measure(once)\ncontext.destroy(0)\n"
    source = _PROGRAM + textwrap.dedent(body) + ending
    run(source, str(count), str(SLACK), limit_s=PROGRAM_LIMIT_S)


@pytest.mark.parametrize("kind", KINDS)
def test_messages(kind: str) -> None:
    """Memory is flat while messages of a kind are sent, received, dropped or refused."""
    check(KINDS[kind], MESSAGES)


def test_sockets() -> None:
    """Memory and descriptors are flat while sockets are opened, used and closed."""
    check(
        """
        peer = context.socket(zmq.PULL)
        peer.bind("inproc://peer")
        numbers = iter(range(10**9))
        opened = descriptors()
        def once():
            number = next(numbers)
            with context.socket(zmq.PUSH) as socket:
                socket.linger = 0
                socket.bind(f"inproc://{number % 1000}")
                socket.connect("inproc://peer")
                socket.send(b"x")
                peer.recv()
            if number % 50 == 0:
                settle(opened)
        """,
        5000,
    )


@pytest.mark.libzmq("4.0")
def test_collected_sockets() -> None:
    """Sockets that are not closed but collected leave nothing behind."""
    check(
        """
        warnings.simplefilter("ignore", ResourceWarning)
        peer = context.socket(zmq.ROUTER)
        peer.bind("inproc://peer")
        opened = descriptors()
        def once():
            for _ in range(10):
                context.socket(zmq.PUSH)
                cycle = [context.socket(zmq.DEALER)]
                cycle[0].connect("inproc://peer")
                cycle.append(cycle)
            del cycle
            gc.collect()
            settle(opened)
        """,
        100,
    )


def test_contexts() -> None:
    """Memory and descriptors are flat while contexts come and go, with sockets and traffic."""
    check(
        """
        def once():
            with zmq.Context() as one:
                with one.socket(zmq.PUSH) as a, one.socket(zmq.PULL) as b:
                    a.bind("inproc://x")
                    b.connect("inproc://x")
                    a.send(BIG, copy=False)
                    b.recv(copy=False)
                    a.send(b"not read")
        """,
        300,
    )


def test_collected_contexts() -> None:
    """Contexts that are not terminated but collected leave nothing behind."""
    check(
        """
        warnings.simplefilter("ignore", ResourceWarning)
        opened = descriptors()
        def once():
            one = zmq.Context()
            one.socket(zmq.PUSH)
            del one
            gc.collect()
            settle(opened)
        """,
        300,
    )


@pytest.mark.libzmq("4.0")
def test_monitors() -> None:
    """Memory and descriptors are flat while monitors are started, read and stopped."""
    check(
        """
        first = context.socket(zmq.PAIR)  # libzmq's own descriptors are there with it
        numbers, opened = iter(range(10**9)), descriptors()
        def once():
            with context.socket(zmq.PUSH) as socket, socket.get_monitor_socket() as monitor:
                socket.bind("tcp://127.0.0.1:*")
                monitor.recv_multipart()
                socket.disable_monitor()
            if next(numbers) % 50 == 0:
                settle(opened)
        """,
        1000,
    )


def test_the_measure_measures() -> None:
    """A program that keeps some bytes or a descriptor of each message is found out."""
    for leak in ("kept.append(bytearray(b'x' * (20 * SLACK // COUNT)))", "kept.append(os.dup(0))"):
        with pytest.raises(AssertionError, match="grew by|descriptors more"):
            check(f"kept = []\ndef once():\n    {leak}\n", 400)
