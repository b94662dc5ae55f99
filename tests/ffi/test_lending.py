# SPDX-License-Identifier: BSD-3-Clause
"""Large bytes are lent to libzmq instead of being copied, and come back."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Iterator

import programs
import pytest
from conftest import Connected, SocketFactory
from support import until

import zmq
from zmq._ctypes import fast, memory

pytestmark = pytest.mark.skipif(
    not (memory.ZERO_COPY and fast.enabled), reason="here messages are copied"
)

LARGE = fast.RELEASING


@pytest.fixture(autouse=True)
def no_collections() -> Iterator[None]:
    """Start with nothing lent, and let no garbage collection help."""
    gc.collect()
    memory.lent.clear()
    memory._lent_marks.clear()
    gc.disable()
    yield
    gc.enable()


def held(data: bytes) -> bool:
    """Tell whether data is lent."""
    return any(one is data for one in memory.lent.values())


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("kinds", [(zmq.PAIR, zmq.PAIR), (zmq.PUSH, zmq.PULL)])
def test_what_is_lent_arrives(
    kinds: tuple[int, int], parts: int, transport: str, connected: Connected
) -> None:
    """Messages of large parts arrive as they were sent, whatever their order and size."""
    a, b = connected(*kinds, transport)
    for number in range(40):
        message = [bytes([number, part]) * (LARGE + part) for part in range(parts)]
        message[-1] += b"end"
        if parts == 1:
            a.send(message[0])
        else:
            a.send_multipart(message)
        assert b.recv_multipart() == message


def test_lent_until_it_is_received(connected: Connected) -> None:
    """What was asked to be copied is lent, while nobody has received it."""
    a, b = connected(zmq.PUSH, zmq.PULL)
    data = b"x" * LARGE
    a.send(data)
    assert held(data)
    assert b.recv() == data
    a.send(b"y" * LARGE)
    assert not held(data)


def test_small_and_changeable_data_is_copied(connected: Connected) -> None:
    """Shorter bytes, and buffers that could change, are not lent unless that was asked for."""
    a, b = connected(zmq.PUSH, zmq.PULL)
    changing = bytearray(b"x" * LARGE)
    for data in (b"x" * (LARGE - 1), changing, memoryview(changing)):
        a.send(data)
        changing[0] = 0
        assert bytes(b.recv())[:1] == b"x"
        changing[0] = ord("x")
    assert not memory.lent


def test_a_waiting_program_lets_go(connected: Connected) -> None:
    """Who waits for a message gets its memory back, if libzmq is done with it."""
    a, b = connected(zmq.PAIR, zmq.PAIR)
    data = [bytes(LARGE) + bytes([number]) for number in range(30)]
    for one in data:
        a.send(one)
    for one in data:
        assert b.recv() == one
    assert memory.lent
    b.rcvtimeo = 1
    with pytest.raises(zmq.Again):
        b.recv()
    assert not memory.lent


def test_no_more_is_lent_than_may_be(socket: SocketFactory) -> None:
    """When much is out already, messages are copied, and the memory that may be held is limited."""
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    a.sndhwm = b.rcvhwm = 0
    a.bind("inproc://much")
    b.connect("inproc://much")
    data = bytes(4 * 1024 * 1024)
    before = sys.getrefcount(data)
    for _ in range(20):
        a.send(data)
    assert len(memory.lent) == memory.MOST_LENT // len(data)
    for _ in range(20):
        assert b.recv() == data
    for _ in range(20):
        a.send(data)
        assert b.recv() == data
    memory.sweep(1000)
    assert sys.getrefcount(data) == before


def test_a_send_that_fails_lends_nothing(socket: SocketFactory) -> None:
    """What could not be sent is not held, and the message it was for serves the next."""
    a = socket(zmq.PUSH)
    data = bytes(LARGE)
    a.sndtimeo = 1
    for flags in (0, zmq.DONTWAIT):
        for copy in (True, False):
            with pytest.raises(zmq.Again):
                a.send(data, flags, copy=copy)
    memory.sweep(1000)
    assert not held(data)
    assert len(memory._empty) >= 1


def test_no_memory_for_the_message(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """When libzmq has no memory for a message, it says so, and nothing is held."""
    a, b = connected(zmq.PUSH, zmq.PULL)
    data = bytes(LARGE)
    with monkeypatch.context() as patch:
        patch.setattr(fast, "init_data_now", lambda *_: -1)
        with pytest.raises(zmq.ZMQError) as raised:
            a.send(data)
    assert raised.value.errno == errno.ENOMEM
    memory.sweep(1000)
    assert not held(data)
    a.send(data)
    assert b.recv() == data


def test_peers_that_keep_frames(connected: Connected) -> None:
    """A receiver that shares the memory keeps it, after the sender has closed as well."""
    a, b = connected(zmq.PAIR, zmq.PAIR)
    a.send(b"z" * LARGE)
    frame = b.recv(copy=False)
    a.close()
    gc.collect()
    assert bytes(frame.buffer) == b"z" * LARGE
    del frame
    until(lambda: memory.sweep(10) or not memory.lent)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_child_keeps_nothing_for_its_parent() -> None:
    """What was lent before a fork is not held in the child, where nobody gives it back."""
    said = programs.run(
        """
        import warnings
        from zmq._ctypes import memory
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
            a.bind("inproc://lent")
            b.connect("inproc://lent")
            a.send(bytes(100_000))
            pid = os.fork()
            if not pid:
                os._exit(len(memory.lent))
            print(len(memory.lent), os.waitpid(pid, 0)[1])
            assert b.recv() == bytes(100_000)
        """
    )
    assert said == "1 0\n"
