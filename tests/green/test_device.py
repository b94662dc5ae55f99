# SPDX-License-Identifier: BSD-3-Clause
"""Green proxies and devices forward while other greenlets run."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

import zmq
import zmq.green

from .conftest import PATIENCE_S, settle


@pytest.fixture
def queue(socket: Any) -> Any:
    """A client, the two sides of a queue, and a server."""
    client, front = socket(zmq.REQ), socket(zmq.ROUTER)
    back, server = socket(zmq.DEALER), socket(zmq.REP)
    front.bind("inproc://front")
    back.bind("inproc://back")
    client.connect("inproc://front")
    server.connect("inproc://back")
    return client, front, back, server


def exchange(client: Any, server: Any, count: int) -> None:
    def serve() -> None:
        for _ in range(count):
            server.send_multipart(server.recv_multipart())

    serving = gevent.spawn(serve)
    with gevent.Timeout(PATIENCE_S):
        for number in range(count):
            message = [b"%d" % number, b"x"]
            client.send_multipart(message)
            assert client.recv_multipart() == message
        serving.get()


RUN = {
    "device": lambda front, back: zmq.green.device(zmq.QUEUE, front, back),
    "proxy": lambda front, back: zmq.green.proxy(front, back),
    "steerable": lambda front, back: zmq.green.proxy_steerable(front, back),
    "plain": lambda front, back: zmq.green.proxy(zmq.Socket.shadow(front), zmq.Socket.shadow(back)),
}


@pytest.mark.parametrize("run", RUN)
def test_forwarding(run: str, queue: Any) -> None:
    """Requests and replies go through, and greenlets of the same thread are both ends."""
    client, front, back, server = queue
    running = gevent.spawn(RUN[run], front, back)
    exchange(client, server, 100)
    running.kill()


def test_closing_a_side_ends_it(queue: Any) -> None:
    """A proxy fails when another greenlet closes one of its sockets."""
    client, front, back, server = queue
    running = gevent.spawn(zmq.green.proxy, front, back)
    exchange(client, server, 3)
    settle()
    back.close()
    with pytest.raises(zmq.ZMQError) as caught:
        running.get(timeout=PATIENCE_S)
    assert caught.value.errno == zmq.ENOTSOCK


def test_the_end_of_the_context_ends_it() -> None:
    """A device raises ContextTerminated when its context ends."""
    context = zmq.green.Context()

    def run() -> None:
        with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
            zmq.green.device(zmq.STREAMER, pull, push)

    running = gevent.spawn(run)
    settle()
    context.term()
    with pytest.raises(zmq.ContextTerminated):
        running.get(timeout=PATIENCE_S)


def test_capture(queue: Any, socket: Any) -> None:
    """A capture socket gets a copy of what goes either way."""
    client, front, back, server = queue
    capture, watching = socket(zmq.PUSH), socket(zmq.PULL)
    capture.bind("inproc://capture")
    watching.connect("inproc://capture")
    running = gevent.spawn(zmq.green.proxy, front, back, capture)
    exchange(client, server, 10)
    with gevent.Timeout(PATIENCE_S):
        seen = [watching.recv_multipart()[2:] for _ in range(20)]
    assert seen == [[b"%d" % (n // 2), b"x"] for n in range(20)]
    running.kill()


def test_steering(queue: Any, socket: Any) -> None:
    """A steerable proxy pauses, resumes, counts and ends as it is told."""
    client, front, back, server = queue
    control, steering = socket(zmq.PAIR), socket(zmq.PAIR)
    control.bind("inproc://control")
    steering.connect("inproc://control")
    running = gevent.spawn(zmq.green.proxy_steerable, front, back, None, control)
    exchange(client, server, 5)
    steering.send(b"PAUSE")
    settle()
    client.send(b"held")
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        server.recv()
    steering.send(b"RESUME")
    assert server.recv() == b"held"
    server.send(b"done")
    assert client.recv() == b"done"
    steering.send(b"STATISTICS")
    assert int.from_bytes(steering.recv_multipart()[0], "little") == 6
    steering.send(b"TERMINATE")
    assert running.get(timeout=PATIENCE_S) == 0


def test_back_pressure(socket: Any) -> None:
    """When the receiving side is full the proxy waits, and everything arrives in order."""
    push, pull = socket(zmq.PUSH, sndhwm=3), socket(zmq.PULL, rcvhwm=3)
    inside, outside = socket(zmq.PULL, rcvhwm=3), socket(zmq.PUSH, sndhwm=3)
    inside.bind("inproc://in")
    outside.bind("inproc://out")
    push.connect("inproc://in")
    pull.connect("inproc://out")
    running = gevent.spawn(zmq.green.device, zmq.STREAMER, inside, outside)

    def send() -> None:
        for number in range(200):
            push.send_multipart([b"%d" % number, b"x"])

    sending = gevent.spawn(send)
    gevent.sleep(0.02)
    assert not sending.dead
    with gevent.Timeout(PATIENCE_S):
        for number in range(200):
            assert pull.recv_multipart() == [b"%d" % number, b"x"]
    sending.get(timeout=PATIENCE_S)
    running.kill()


def test_a_target_that_says_it_is_ready_and_is_not(socket: Any) -> None:
    """A proxy waits for a full XPUB that drops nothing, and others run meanwhile."""
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    xpub = socket(zmq.XPUB, sndhwm=2)
    xpub.setsockopt(zmq.XPUB_NODROP, 1)
    sub = socket(zmq.SUB, rcvhwm=2)
    sub.subscribe(b"")
    pull.bind("inproc://full-in")
    push.connect("inproc://full-in")
    xpub.bind("inproc://full-out")
    sub.connect("inproc://full-out")
    assert xpub.recv() == b"\x01"
    running = gevent.spawn(zmq.green.proxy, pull, xpub)
    for number in range(50):
        push.send(b"%d" % number)
    gevent.sleep(0.02)
    with gevent.Timeout(PATIENCE_S):
        assert [int(sub.recv()) for _ in range(50)] == list(range(50))
    running.kill()


def test_refused_arguments(socket: Any) -> None:
    """What is no socket, or no device, is refused as by zmq."""
    with pytest.raises(TypeError):
        zmq.green.proxy(socket(zmq.PULL), None)
    with pytest.raises(ValueError, match="7"):
        zmq.green.device(7, socket(zmq.PULL), socket(zmq.PUSH))
