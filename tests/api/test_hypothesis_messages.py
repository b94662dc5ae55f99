# SPDX-License-Identifier: BSD-3-Clause
"""Any message, in any form: what is sent is what arrives."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zmq
from zmq._ctypes import fast

quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# Around each of these a message takes another way, here or in libzmq.
LIMITS = (29, 33, 64, 255, 4096, 8192, fast.RELEASING, zmq.COPY_THRESHOLD)
SIZES = st.one_of(
    st.integers(0, 100),
    st.sampled_from([limit + step for limit in LIMITS for step in range(-2, 3)]),
)
BODIES = st.one_of(
    st.binary(max_size=100),
    st.builds(lambda size, byte: bytes([byte]) * size, SIZES, st.integers(0, 255)),
)
MESSAGES = st.lists(BODIES, min_size=1, max_size=6)
KINDS: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "array": lambda body: array.array("B", body),
    "frame": zmq.Frame,
    "shared frame": lambda body: zmq.Frame(body, copy=False),
    "tracked frame": lambda body: zmq.Frame(body, track=True),
    "copied frame": lambda body: zmq.Frame(body, copy=True),
}


@pytest.fixture(params=["inproc", "tcp"])
def pair(request: Any, connected: Any) -> Iterator[tuple[zmq.Socket, zmq.Socket]]:
    yield connected(zmq.PAIR, zmq.PAIR, request.param)


def send(socket: zmq.Socket, parts: list[Any], whole: bool, copy: bool) -> None:
    if whole:
        socket.send_multipart(parts, copy=copy)
        return
    for number, part in enumerate(parts, 1):
        socket.send(part, zmq.SNDMORE if number < len(parts) else 0, copy=copy)


def receive(socket: zmq.Socket, whole: bool, copy: bool) -> list[bytes]:
    if whole:
        parts: list[Any] = socket.recv_multipart(copy=copy)
    else:
        parts = [socket.recv(copy=copy)]
        while socket.rcvmore:
            parts.append(socket.recv(copy=copy))
    if not copy:
        assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
        assert [len(part) for part in parts] == [len(part.buffer) for part in parts]
    return [part if copy else part.bytes for part in parts]


@quick
@given(
    message=MESSAGES,
    kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=6, max_size=6),
    forms=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_any_message(
    message: list[bytes],
    kinds: list[str],
    forms: tuple[bool, bool, bool, bool],
    pair: tuple[zmq.Socket, zmq.Socket],
) -> None:
    """Parts of any size and kind, sent and received in any form, arrive as they were."""
    a, b = pair
    parts = [KINDS[kind](body) for body, kind in zip(message, kinds)]
    send(a, parts, forms[0], forms[1])
    assert receive(b, forms[2], forms[3]) == message
    assert b.poll(0) == 0


@quick
@given(messages=st.lists(MESSAGES, min_size=1, max_size=8), copy=st.booleans())
def test_any_sequence(
    messages: list[list[bytes]], copy: bool, pair: tuple[zmq.Socket, zmq.Socket]
) -> None:
    """Messages sent one after the other, and only then received, keep their order and borders."""
    a, b = pair
    for message in messages:
        a.send_multipart(message, copy=copy)
    assert [b.recv_multipart() for _ in messages] == messages


@quick
@given(body=BODIES, room=st.integers(0, 200), nbytes=st.integers(0, 200))
def test_any_buffer(
    body: bytes, room: int, nbytes: int, pair: tuple[zmq.Socket, zmq.Socket]
) -> None:
    """recv_into stores what there is room for, and touches nothing else."""
    a, b = pair
    buffer = bytearray(b"." * room)
    a.send(body)
    if nbytes > room:
        with pytest.raises(ValueError, match="nbytes"):
            b.recv_into(buffer, nbytes=nbytes)
        assert buffer == b"." * room
        assert b.recv() == body
        return
    stored = body[: nbytes or room]
    assert b.recv_into(buffer, nbytes=nbytes) == len(body)
    assert buffer == stored + b"." * (room - len(stored))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@quick
@given(value=JSON, protocol=st.integers(0, 5))
def test_any_object(value: Any, protocol: int, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """What JSON and pickle can express arrives equal."""
    a, b = pair
    a.send_json(value)
    a.send_pyobj(value, protocol=protocol)
    assert b.recv_json() == value
    assert b.recv_pyobj() == value


@quick
@given(text=st.text(), encoding=st.sampled_from(["utf-8", "utf-16", "utf-7", "ascii", "cp1252"]))
def test_any_text(text: str, encoding: str, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """Text arrives equal, or Python says that the encoding lacks a character, and nothing is sent."""
    a, b = pair
    try:
        a.send_string(text, encoding=encoding)
    except UnicodeEncodeError:
        assert b.poll(0) == 0
    else:
        assert b.recv_string(encoding=encoding) == text


@quick
@given(
    parts=st.lists(
        st.one_of(
            BODIES, st.none(), st.text(max_size=3), st.integers(), st.just(memoryview(b"ab")[::-1])
        ),
        min_size=1,
        max_size=5,
    ),
    copy=st.booleans(),
)
def test_all_or_nothing(parts: list[Any], copy: bool, pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    """A message with a part that cannot be sent is refused whole."""
    a, b = pair
    if all(isinstance(part, bytes) for part in parts):
        a.send_multipart(parts, copy=copy)
        assert b.recv_multipart() == parts
        return
    with pytest.raises((TypeError, BufferError)):
        a.send_multipart(parts, copy=copy)
    a.send(b"next")
    assert b.recv_multipart() == [b"next"]
