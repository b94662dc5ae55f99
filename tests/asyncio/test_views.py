# SPDX-License-Identifier: BSD-3-Clause
"""Everything that can be done to a C socket, through all of its views, against those who wait."""

from __future__ import annotations

import asyncio
import random
import select
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from effort import times

import zmq
import zmq.asyncio
from zmq import _wakeup
from zmq._socket_options import read_events

from .conftest import Run

ROUNDS = 2
"""Rounds of the loop in which a wait has to end when there is what it waits for; in the first one
the loop may get to who looks before it gets to the socket."""
STALL_S = 0.05
"""Seconds after which it is looked why nobody has had a message that was sent over tcp."""


class OtherLoop:
    """A loop in a thread of its own, which waits and works only while it is told to."""

    def __init__(self) -> None:
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def do(self, make: Callable[[], Any]) -> Any:
        """Have it do something while this thread waits."""

        async def now() -> Any:
            value = make()
            return await value if asyncio.isfuture(value) else value

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result(20)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Views:
    """One end of a connection, known through many objects, and what is known about it."""

    def __init__(self, ends: tuple[Any, Any], choose: random.Random) -> None:
        self.choose = choose
        self.one, self.peer = ends
        self.numbers = iter(range(1 << 60))
        self.sent = 0
        self.got: list[int] = []
        self.taking: list[Any] = []
        self.looking: list[Any] = []
        self.asynchronous = [self.one, zmq.asyncio.Socket.from_socket(self.one)]
        self.plain = [
            self.one._shadow_sock,
            zmq.Socket.shadow(self.one),
            zmq.Socket.shadow(self.one.underlying),
        ]
        self.elsewhere = zmq.asyncio.Socket.from_socket(self.one)
        self.other_loop = OtherLoop()
        self.threads = ThreadPoolExecutor(1)
        self.poller = zmq.Poller()
        for view in self.plain:
            self.poller.register(view, zmq.POLLIN)
        self.asynchronous_poller = zmq.asyncio.Poller()
        for view in [*self.asynchronous, *self.plain]:
            self.asynchronous_poller.register(view, zmq.POLLIN)

    def close(self) -> None:
        self.threads.shutdown()
        self.other_loop.close()

    @property
    def waiting(self) -> int:
        """How many messages are there and taken by nobody."""
        return self.sent - len(self.got)

    # what can be done

    def arrive(self) -> None:
        if self.waiting < 6:
            for _ in range(self.choose.randrange(1, 3)):
                self.peer.send_multipart([b"%d" % self.sent, b"x"], zmq.DONTWAIT)
                self.sent += 1

    def wait(self) -> None:
        view = self.choose.choice(self.asynchronous)
        if len(self.taking) < 3 and self.choose.random() < 0.6:
            form = self.choose.randrange(3)
            if form == 0:
                self.taking.append(view.recv_multipart())
            elif form == 1:
                self.taking.append(view.recv_serialized(lambda parts: parts))
            else:
                self.taking.append(view.recv_multipart(copy=False))
        elif len(self.looking) < 3:
            if self.choose.random() < 0.5:
                self.looking.append(view.poll())
            else:
                self.looking.append(self.asynchronous_poller.poll())

    def cancel(self) -> None:
        futures = self.choose.choice([self.taking, self.looking])
        if futures:
            futures.pop(self.choose.randrange(len(futures))).cancel()

    def take(self) -> None:
        view = self.choose.choice(self.plain)
        try:
            self.received(view.recv_multipart(zmq.DONTWAIT))
        except zmq.Again:
            pass

    def take_at_once(self) -> None:
        view = self.choose.choice(self.asynchronous)
        if not self.taking:
            future = view.recv_multipart(zmq.DONTWAIT)
            if future.exception() is None:
                self.received(future.result())

    def take_elsewhere(self) -> None:
        """Receive in the other loop if there is something; a wait must not be left there."""
        if self.taking or self.looking:
            return
        try:
            self.received(self.other_loop.do(lambda: self.elsewhere.recv_multipart(zmq.DONTWAIT)))
        except zmq.Again:
            pass

    def wait_elsewhere(self) -> None:
        """Wait in the other loop, and give up there."""
        if self.taking or self.looking:
            return

        def wait_and_cancel() -> None:
            self.elsewhere.recv().cancel()
            self.elsewhere.poll().cancel()

        self.other_loop.do(wait_and_cancel)

    def disturb(self) -> None:
        view = self.choose.choice([*self.asynchronous, *self.plain])
        what = self.choose.choice(
            [
                lambda: view.getsockopt(zmq.EVENTS),
                lambda: view.get(zmq.EVENTS),
                lambda: view.EVENTS,
                lambda: view.poll(0),
                lambda: view.rcvmore,
                lambda: self.poller.poll(0),
                lambda: zmq.select([view], [], [], 0),
                lambda: self.asynchronous_poller.poll(0),
                lambda: view.send(b"out", zmq.DONTWAIT),
                lambda: view.send_multipart([b"out", b"put"], zmq.DONTWAIT),
                lambda: view.send(zmq.Frame(b"out"), zmq.DONTWAIT, copy=False),
            ]
        )
        what()

    def disturb_in_a_thread(self) -> None:
        view = self.choose.choice(self.plain)
        what = self.choose.choice(
            [
                lambda: view.getsockopt(zmq.EVENTS),
                lambda: view.EVENTS,
                lambda: view.poll(0),
                lambda: self.poller.poll(0),
                lambda: view.send(b"out", zmq.DONTWAIT),
            ]
        )
        self.threads.submit(what).result(20)

    def empty_the_peer(self) -> None:
        while self.peer.poll(0):
            self.peer.recv_multipart()

    # what must come of it

    def received(self, parts: Any) -> None:
        first, second = (bytes(getattr(part, "buffer", part)) for part in parts)
        assert second == b"x"
        self.got.append(int(first))

    def collect(self) -> None:
        for future in [future for future in self.taking if future.done()]:
            self.taking.remove(future)
            self.received(future.result())
        for future in [future for future in self.looking if future.done()]:
            self.looking.remove(future)
            assert future.result()

    def missed(self) -> bool:
        """Tell whether something is there of which the descriptor tells no more; ask nobody else."""
        if select.select([self.one.FD], [], [], 0)[0]:
            return False
        ledger = _wakeup.watched[self.one.underlying]
        return bool(read_events(self.one.underlying) & zmq.POLLIN or ledger.has_messages())

    def overdue(self) -> bool:
        return bool(self.waiting and (self.taking or self.looking))

    async def settle_in_rounds(self) -> None:
        """Let those who wait have what is there, which takes rounds of the loop and no time."""
        for _ in range(ROUNDS):
            self.collect()
            if not self.overdue():
                return
            await asyncio.sleep(0)
        self.collect()
        assert not self.overdue(), (self.waiting, self.taking, self.looking)

    async def settle_in_time(self) -> None:
        """Let those who wait have what is on its way; the machine may be slow, but not they."""
        while True:
            self.collect()
            if not self.overdue():
                return
            futures = [*self.taking, *self.looking]
            await asyncio.wait(futures, timeout=STALL_S, return_when=asyncio.FIRST_COMPLETED)
            if not any(future.done() for future in futures):
                for _ in range(ROUNDS):
                    await asyncio.sleep(0)
                done = any(future.done() for future in futures)
                assert done or not self.missed(), (self.waiting, self.taking, self.looking)

    ACTIONS = (
        (arrive, 20),
        (wait, 25),
        (cancel, 5),
        (take, 4),
        (take_at_once, 4),
        (disturb, 30),
        (disturb_in_a_thread, 1),
        (take_elsewhere, 1),
        (wait_elsewhere, 1),
        (empty_the_peer, 2),
    )


@pytest.fixture(params=["inproc", "tcp"])
def views(request: pytest.FixtureRequest, socket: Any) -> Iterator[Views]:
    ends = socket(zmq.DEALER), zmq.Socket(socket(zmq.DEALER))
    ends[0].bind({"inproc": "inproc://views", "tcp": "tcp://127.0.0.1:*"}[request.param])
    ends[1].connect(ends[0].last_endpoint)
    ends[1].send(b"")  # who is bound has nobody to send to before
    assert ends[0]._shadow_sock.recv() == b""
    made = Views(ends, random.Random(23))
    yield made
    made.close()


def test_all_views_against_each_other(
    views: Views, run: Run, request: pytest.FixtureRequest
) -> None:
    """Whatever is done to the C socket, who waits for a message has it when it is there."""
    inproc = request.node.callspec.params["views"] == "inproc"
    settle = views.settle_in_rounds if inproc else views.settle_in_time
    actions, weights = zip(*Views.ACTIONS)

    async def main() -> None:
        for _ in range(times(6000, 1_000_000) // 4):
            for action in views.choose.choices(actions, weights, k=4):
                action(views)
                if views.choose.random() < 0.2:
                    await asyncio.sleep(0)
                    views.collect()
            await settle()
        for future in [*views.taking, *views.looking]:
            future.cancel()
        while views.waiting:
            views.received(await asyncio.wait_for(views.one.recv_multipart(), 5))
        assert sorted(views.got) == list(range(views.sent))

    run(main())
