# SPDX-License-Identifier: BSD-3-Clause
"""Thread-safe sockets over inproc: libzmq takes their locks crosswise, and must never get to wait."""

from __future__ import annotations

import os
import threading
from typing import Any

import programs
import pytest
from support import until

import zmq

pytestmark = pytest.mark.libzmq("4.2")

TIMES = 10 if os.environ.get("ZMQ_TEST_FULL") else 1

PAIRS = [
    ("SERVER", "CLIENT"),
    pytest.param("GATHER", "SCATTER", marks=pytest.mark.libzmq("4.2.4")),
    pytest.param("CHANNEL", "CHANNEL", marks=pytest.mark.libzmq("4.3.3")),
]


@pytest.mark.parametrize(("bound", "connected"), PAIRS)
def test_both_ends_are_busy(bound: str, connected: str) -> None:
    """Threads that send and receive at both ends, as fast as they can, come to an end."""
    programs.run(
        f"""
        import threading
        sys.setswitchinterval(1e-5)
        context = zmq.Context()
        a, b = context.socket(zmq.{bound}), context.socket(zmq.{connected})
        a.bind("inproc://x")
        b.connect("inproc://x")

        def work(one):
            for _ in range({15_000 * TIMES}):
                for call in (lambda: one.send(b"x", zmq.DONTWAIT), lambda: one.recv(zmq.DONTWAIT)):
                    try:
                        call()
                    except zmq.ZMQError:
                        pass

        threads = [threading.Thread(target=work, args=(one,)) for one in (a, b, a, b)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        context.destroy(0)
        """,
        limit_s=40 * TIMES,
    )


@pytest.mark.parametrize("closes", ["SERVER", "CLIENT"])
def test_one_end_is_closed_while_the_other_is_busy(closes: str) -> None:
    """A socket that is closed again and again does not stop its peers, and loses no message."""
    programs.run(
        f"""
        import threading
        context = zmq.Context()
        rounds = {300 * TIMES}
        stays = context.socket(zmq.SERVER if {closes!r} == "CLIENT" else zmq.CLIENT)
        if {closes!r} == "CLIENT":
            stays.bind("inproc://x")
        ready = threading.Semaphore(0)
        left = threading.Semaphore(0)

        def come_and_go():
            for number in range(rounds):
                one = context.socket(zmq.{closes})
                if one.type == zmq.CLIENT:
                    one.connect("inproc://x")
                    for _ in range(5):
                        one.send(b"x")
                    if number % 3 == 0:
                        one.disconnect("inproc://x")
                else:
                    one.bind("inproc://x")
                    ready.release()
                    one.recv()
                one.close()
                left.release()

        thread = threading.Thread(target=come_and_go)
        thread.start()
        if stays.type == zmq.SERVER:
            stays.rcvtimeo = 10_000
            for _ in range(5 * rounds):
                stays.recv()
        else:
            for _ in range(rounds):
                ready.acquire()
                stays.connect("inproc://x")
                stays.send(b"x")
                left.acquire()
                stays.disconnect("inproc://x")
        thread.join()
        context.destroy(0)
        """
    )


def test_waiting_ends_when_a_message_comes(connected: Any) -> None:
    """A thread that waits to receive, and one that waits for room, go on when they can."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    client.sndtimeo = server.rcvtimeo = -1
    got: list[bytes] = []
    number = 3000  # more than both marks
    threads = [
        threading.Thread(target=lambda: [got.append(server.recv()) for _ in range(number)]),
        threading.Thread(target=lambda: [client.send(b"x") for _ in range(number)]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(got) == number


def test_socket_of_another_type_is_heard(connected: Any) -> None:
    """What a socket without locks sends is received by one that waits."""
    gather, push = connected(zmq.GATHER, zmq.PUSH)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(gather.recv()))
    thread.start()
    push.send(b"x")
    thread.join(30)
    assert got == [b"x"]


def test_closing_ends_the_wait_of_another_thread(socket: Any) -> None:
    """A thread that waits on a socket hears that it was closed."""
    server = socket(zmq.SERVER, rcvtimeo=-1)
    server.bind("inproc://x")
    raised: list[int | None] = []
    waits = threading.Event()

    def receive() -> None:
        waits.set()
        try:
            server.recv()
        except zmq.ZMQError as error:
            raised.append(error.errno)

    thread = threading.Thread(target=receive)
    thread.start()
    waits.wait()
    server.close()
    thread.join(30)
    assert raised == [zmq.ENOTSOCK]


def test_second_connection_is_refused(socket: Any) -> None:
    """Two of these sockets have one connection, whichever way a second one is made."""
    server, client = socket(zmq.SERVER), socket(zmq.CLIENT)
    server.bind("inproc://x")
    client.connect("inproc://x")
    other = socket(zmq.CLIENT)
    other.connect("inproc://x")
    for call in (
        lambda: client.connect("inproc://x"),
        lambda: (client.bind("inproc://y"), server.connect("inproc://y")),
    ):
        with pytest.raises(zmq.ZMQError, match="second connection") as raised:
            call()
        assert raised.value.errno == zmq.Errno.EINVAL
    early = socket(zmq.CLIENT)
    early.connect("inproc://z")
    with pytest.raises(zmq.ZMQError, match="second connection"):
        early.connect("inproc://z")


def test_connecting_again_after_leaving(socket: Any) -> None:
    """Who has disconnected may connect again, and peers may meet elsewhere."""
    server, client = socket(zmq.SERVER), socket(zmq.CLIENT)
    for name in ("inproc://x", "inproc://y"):
        server.bind(name)
        for _ in range(3):
            client.connect(name)
            client.send(b"x")
            assert server.recv() == b"x"
            client.disconnect(name)
        server.unbind(name)


@pytest.mark.parametrize(("bound", "connected"), PAIRS)
def test_binding_where_some_have_waited_and_left(bound: str, connected: str) -> None:
    """Whoever binds does not wait for those that are being closed; with others there it is refused."""
    programs.run(
        f"""
        for _ in range({1000 * TIMES}):
            with zmq.Context() as context, context.socket(zmq.{bound}) as one:
                for _ in range(3):
                    with context.socket(zmq.{connected}) as other:
                        other.linger = 0
                        other.connect("inproc://x")
                one.bind("inproc://x")
        with zmq.Context() as context, context.socket(zmq.{bound}) as one:
            left, other = context.socket(zmq.{connected}), context.socket(zmq.{connected})
            for each in (left, other):
                each.connect("inproc://x")
            left.close()
            try:
                one.bind("inproc://x")
            except zmq.ZMQError as error:
                assert error.errno == zmq.EFSM and "wait for ever" in str(error)
            else:
                raise AssertionError("bound")
            other.close()
            one.bind("inproc://x")
        """,
        limit_s=40 * TIMES,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork_in_the_turn_of_another_thread() -> None:
    """A forked child takes its own turns, whoever had one in the parent."""
    programs.run(
        """
        import threading
        context = zmq.Context()
        a, b = context.socket(zmq.SERVER), context.socket(zmq.CLIENT)
        a.bind("inproc://x")
        b.connect("inproc://x")
        over = threading.Event()

        def work():
            while not over.is_set():
                try:
                    b.recv(zmq.DONTWAIT)
                except zmq.Again:
                    pass

        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(20):
            child = os.fork()
            if not child:
                signal.alarm(10)
                own = zmq.Context()
                c, d = own.socket(zmq.SERVER), own.socket(zmq.CLIENT)
                c.bind("inproc://x")
                d.connect("inproc://x")
                d.send(b"x")
                os._exit(0 if c.recv() == b"x" else 1)
            assert os.waitpid(child, 0)[1] == 0
        over.set()
        thread.join()
        context.destroy(0)
        """
    )


@pytest.mark.draft
def test_polling_both_ends(connected: Any) -> None:
    """Threads that poll and use both ends come to an end, and polls see messages."""
    server, client = connected(zmq.SERVER, zmq.CLIENT)
    assert server.poll(10) == 0
    threading.Timer(0.05, client.send, (b"x",)).start()
    assert server.poll(10_000) == zmq.POLLIN
    assert until(lambda: server.recv() == b"x")
