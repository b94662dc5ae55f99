# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.garbage: objects held until their number arrives."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator

import pytest

import zmq
from zmq.utils.garbage import GarbageCollector


@pytest.fixture
def gc() -> Iterator[GarbageCollector]:
    """Yield a collector of its own context, stopped afterwards."""
    collector = GarbageCollector()
    yield collector
    collector.stop()


def test_number_sent_drops_the_object(gc: GarbageCollector) -> None:
    """An object is held from store on, and dropped, its event set, when its number is sent."""
    event = threading.Event()
    number = gc.store(b"object", event)
    assert gc.is_alive()
    assert gc.refs[number] == (b"object", event)
    with gc.context.socket(zmq.PUSH) as push:
        push.connect(gc.url)
        push.send(struct.pack("=Q", number + 8))
        push.send(struct.pack("=Q", number))
        assert event.wait(10)
    assert gc.refs == {}


def test_stop_drops_everything(gc: GarbageCollector) -> None:
    """stop ends the thread and drops what is held; it may be called again, and before start."""
    gc.stop()
    gc.store(b"object")
    gc.stop()
    gc.stop()
    assert not gc.is_alive()
    assert gc.refs == {}


def test_stopped_collector_starts_again(gc: GarbageCollector) -> None:
    """A stopped collector starts again with the next object."""
    gc.store(b"first")
    gc.stop()
    gc.store(b"second")
    assert gc.is_alive()


def test_context_given_is_used_and_left_open() -> None:
    """A collector works in the context given to it, and does not terminate that."""
    with zmq.Context() as context:
        collector = GarbageCollector(context)
        assert collector.context is context
        collector.store(b"object")
        collector.stop()
        assert not context.closed


def test_replacing_the_context_of_a_busy_collector_warns(gc: GarbageCollector) -> None:
    """Another context for a collector that holds objects warns and drops them."""
    gc.store(b"object")
    with zmq.Context() as context:
        with pytest.warns(RuntimeWarning, match="Replacing gc context"):
            gc.context = context
        assert (gc.context, gc.refs) == (context, {})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_collector_works_after_a_fork(gc: GarbageCollector) -> None:
    """In a forked child the parent's collector holds nothing, and starts anew when used."""
    gc.store(b"object")
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            gc.stop()
            empty = not gc.is_alive() and gc.refs == {}
            gc.store(b"child")
            alive = gc.is_alive()
            gc.stop()
            status = 0 if empty and alive else 2
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    assert gc.is_alive()
