# SPDX-License-Identifier: BSD-3-Clause
"""Whatever else is done with a C socket, those who wait for it wake when there is a message."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from effort import times

import zmq
import zmq.asyncio

from .conftest import Run

STALL_S = 5.0
"""Seconds after which a message that is there and is not received has been missed."""


def _poller(socket: Any) -> None:
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll(0)


def _async_poller(socket: Any) -> None:
    poller = zmq.asyncio.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll(0).result()


# What eats the signal of the descriptor: name -> what is done, given another view of the socket.
DISTURBANCES: dict[str, Callable[[Any, Any], Any]] = {
    "getsockopt": lambda own, view: own.getsockopt(zmq.EVENTS),
    "get": lambda own, view: own.get(zmq.EVENTS),
    "attribute": lambda own, view: own.EVENTS,
    "view getsockopt": lambda own, view: view.getsockopt(zmq.EVENTS),
    "view attribute": lambda own, view: view.EVENTS,
    "view send": lambda own, view: view.send(b"out", zmq.DONTWAIT),
    "view send_multipart": lambda own, view: view.send_multipart([b"out", b"x"], zmq.DONTWAIT),
    "view send frame": lambda own, view: view.send(zmq.Frame(b"out"), zmq.DONTWAIT),
    "view poll": lambda own, view: view.poll(0),
    "view poller": lambda own, view: _poller(view),
    "own send": lambda own, view: own.send(b"out"),
    "own send_multipart": lambda own, view: own.send_multipart([b"out", b"x"]),
    "own poll": lambda own, view: own.poll(0),
    "own poller": lambda own, view: _poller(own),
    "own async poller": lambda own, view: _async_poller(own),
    "bind": lambda own, view: view.unbind(view.bind("inproc://*").addr),
}

each_disturbance = pytest.mark.parametrize("disturbance", DISTURBANCES)


def wait_receive(socket: Any) -> Any:
    return socket.recv()


def wait_poll(socket: Any) -> Any:
    return socket.poll()


def wait_poller(socket: Any) -> Any:
    poller = zmq.asyncio.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll()


WAITS = {"recv": wait_receive, "poll": wait_poll, "poller": wait_poller}


def view_of(socket: Any, kind: str) -> Any:
    """Return another view of a socket's C socket."""
    if kind == "shadow":
        return zmq.Socket.shadow(socket)
    if kind == "address":
        return zmq.Socket.shadow(socket.underlying)
    return socket._shadow_sock


@each_disturbance
@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("kind", ["shadow", "address", "kept"])
def test_no_signal_is_eaten(
    disturbance: str, wait: str, kind: str, socket: Any, run: Run
) -> None:
    """A wait that was begun wakes although the descriptor's signal went to somebody else."""

    async def main() -> None:
        one, other = socket(zmq.DEALER), socket(zmq.DEALER)
        one.bind("inproc://disturbed")
        other.connect("inproc://disturbed")
        view = view_of(one, kind)
        waiting = WAITS[wait](one)
        await asyncio.sleep(0)
        assert not waiting.done()
        other._shadow_sock.send(b"message")
        DISTURBANCES[disturbance](one, view)
        await asyncio.wait_for(waiting, STALL_S)

    run(main())


def test_views_made_before_the_asynchronous_one(socket: Any, run: Run) -> None:
    """A socket that was used in the usual way before it was waited for tells as well."""

    async def main() -> None:
        with zmq.Context() as plain_context:
            one, other = plain_context.socket(zmq.DEALER), plain_context.socket(zmq.DEALER)
            with one, other:
                one.bind("inproc://before")
                other.connect("inproc://before")
                poller = zmq.Poller()
                poller.register(one, zmq.POLLIN)
                assert poller.poll(0) == []
                waiting = zmq.asyncio.Socket.from_socket(one).recv()
                for disturb in (
                    lambda: one.send(b""),
                    lambda: one.getsockopt(zmq.EVENTS),
                    lambda: poller.poll(0),
                ):
                    await asyncio.sleep(0)
                    other.send(b"message")
                    disturb()
                    assert await asyncio.wait_for(waiting, STALL_S) == b"message"
                    waiting = zmq.asyncio.Socket.from_socket(one).recv()
                waiting.cancel()

    run(main())


def test_two_loops_wait_for_the_same_socket(socket: Any, complaints: list[str]) -> None:
    """Loops in two threads that wait for one socket in turn wake, whatever the other one did."""
    one, other = socket(zmq.DEALER), socket(zmq.DEALER)
    one.bind("inproc://loops")
    other.connect("inproc://loops")
    turn = threading.Semaphore(1), threading.Semaphore(0)
    count = times(200, 20_000)
    got: list[bytes] = []
    failures: list[BaseException] = []

    def consume(which: int) -> None:
        async def main() -> None:
            view = one if which == 0 else zmq.asyncio.Socket.from_socket(one)
            for number in range(which, count, 2):
                assert turn[which].acquire(timeout=20)
                waiting = view.recv()
                await asyncio.sleep(0)
                other._shadow_sock.send(b"%d" % number)
                got.append(await asyncio.wait_for(waiting, STALL_S))
                turn[1 - which].release()

        try:
            asyncio.run(main())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=consume, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [int(message) for message in got] == list(range(count))


def test_sends_wait_for_room(socket: Any, run: Run) -> None:
    """Sends that found no room are done when there is some, in their order."""

    async def main() -> None:
        push, pull = socket(zmq.PUSH, sndhwm=1), socket(zmq.PULL, rcvhwm=1)
        pull.bind("tcp://127.0.0.1:*")
        push.connect(pull.last_endpoint)
        count = times(300, 20_000)
        body = b"x" * 100_000
        futures = [push.send_multipart([b"%d" % n, body]) for n in range(count)]
        assert not all(future.done() for future in futures)
        received = [int((await pull.recv_multipart())[0]) for _ in range(count)]
        assert received == list(range(count))
        await asyncio.gather(*futures)

    run(main())


def test_sends_to_a_full_peer_among_others(socket: Any, run: Run) -> None:
    """A ROUTER's send waits for its peer, although libzmq says that one can always send."""

    async def main() -> None:
        router = socket(zmq.ROUTER, router_mandatory=1, sndhwm=1)
        dealer = socket(zmq.DEALER, rcvhwm=1, routing_id=b"peer")
        router.bind("inproc://router")
        dealer.connect("inproc://router")
        await dealer.send(b"")
        await router.recv_multipart()
        futures = [router.send_multipart([b"peer", b"%d" % n]) for n in range(20)]
        assert not futures[-1].done()
        for n in range(20):
            assert await asyncio.wait_for(dealer.recv(), STALL_S) == b"%d" % n
        await asyncio.wait_for(asyncio.gather(*futures), STALL_S)

    run(main())


def test_req_waits_for_its_request(socket: Any, run: Run) -> None:
    """A REQ may wait for the reply before another task has sent the request."""

    async def main() -> None:
        req, rep = socket(zmq.REQ), socket(zmq.REP)
        rep.bind("inproc://req")
        req.connect("inproc://req")
        reply = req.recv()
        await asyncio.sleep(0)
        assert not reply.done()
        await req.send(b"question")
        await rep.send(b"answer to " + await rep.recv())
        assert await asyncio.wait_for(reply, STALL_S) == b"answer to question"

    run(main())
