# SPDX-License-Identifier: BSD-3-Clause
"""Lengths that do not fit a C int never reach a call that would cut them.

The limit is lowered here: messages of 2 GiB are sent only when ZMQ_TEST_HUGE is set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from conftest import Connected

import zmq
from zmq import _socket_recv, _socket_send
from zmq._ctypes import fast
from zmq._ctypes.bind import C

LOW = 10000


def forbidden(*args: Any) -> NoReturn:
    raise AssertionError(f"an untyped call got {args!r}")


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lengths from LOW on be those that do not travel as a C int."""
    monkeypatch.setattr(fast, "LIMIT", LOW)
    for module in (_socket_send, _socket_recv):
        monkeypatch.setattr(module, "_LIMIT", LOW)
    # Shorter messages are found to be below both with one comparison.
    monkeypatch.setattr(_socket_recv, "_KEPT_IN_ASKS", LOW - 1)


def test_the_limits_fit_a_c_int() -> None:
    """What is passed untyped is far below 2**31, and what comes back is below it."""
    assert fast.RELEASING <= fast.LIMIT == _socket_send._LIMIT == _socket_recv._LIMIT == 2**31 - 1
    assert _socket_send._RELEASING == fast.RELEASING
    assert _socket_recv._KEPT_IN_ASKS < fast.LIMIT


@pytest.mark.parametrize("size", [LOW, LOW + 1, 5 * LOW])
@pytest.mark.parametrize(
    "receive",
    [
        lambda socket: socket.recv(),
        lambda socket: socket.recv(zmq.DONTWAIT),
        lambda socket: socket.recv_multipart()[0],
        lambda socket: socket.recv(copy=False).bytes,
        lambda socket: bytes(socket.recv(copy=False).buffer),
        lambda socket: socket.recv_multipart(copy=False)[0].bytes,
    ],
    ids=["recv", "dontwait", "multipart", "frame", "buffer", "frames"],
)
def test_long_messages_are_read_by_typed_calls(
    size: int,
    receive: Callable[[zmq.Socket], bytes],
    connected: Connected,
    low_limit: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A message of the limit or more is copied without the untyped call, and is complete."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    data = os.urandom(size)
    push.send(data)
    monkeypatch.setattr(fast, "msg_data", forbidden)
    assert receive(pull) == data


def test_short_messages_are_read_by_untyped_calls(
    connected: Connected, low_limit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message below the limit takes the untyped call: the other tests can tell them apart."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    push.send(bytes(LOW - 1))
    monkeypatch.setattr(fast, "msg_data", forbidden)
    with pytest.raises(AssertionError, match="untyped"):
        pull.recv()


@pytest.mark.parametrize("size", [fast.RELEASING, fast.RELEASING + 1, 10 * fast.RELEASING])
@pytest.mark.parametrize(
    "send",
    [
        lambda socket, data: socket.send(data),
        lambda socket, data: socket.send(data, zmq.DONTWAIT),
        lambda socket, data: socket.send(bytearray(data)),
        lambda socket, data: socket.send_multipart([data]),
        lambda socket, data: socket.send(data, copy=False),
        lambda socket, data: socket.send(zmq.Frame(data)),
    ],
    ids=["send", "dontwait", "bytearray", "multipart", "shared", "frame"],
)
def test_long_messages_are_sent_by_typed_calls(
    size: int,
    send: Callable[[zmq.Socket, bytes], object],
    connected: Connected,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Data from fast.RELEASING bytes on is not passed to the untyped zmq_send."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    monkeypatch.setattr(fast, "send_now", forbidden)
    data = os.urandom(size)
    send(push, data)
    assert pull.recv() == data


@pytest.mark.parametrize("send", [lambda a, d: a.send(d), lambda a, d: a.send_multipart([d, d])])
def test_lengths_beyond_an_int_are_not_returned(
    send: Callable[[zmq.Socket, bytes], object],
    connected: Connected,
    low_limit: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """zmq_send is not given more than it can return as an int: some releases call that a failure."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    data = os.urandom(2 * fast.RELEASING)
    monkeypatch.setattr(C, "zmq_send", forbidden)
    send(push, data)
    assert set(pull.recv_multipart()) == {data}


@pytest.mark.skipif(not os.environ.get("ZMQ_TEST_HUGE"), reason="takes 10 GB: set ZMQ_TEST_HUGE=1")
@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("size", [2**31 - 1, 2**31 + 5, 2**32 + 5])
def test_messages_beyond_2_gib(size: int, copy: bool, connected: Connected) -> None:
    """A message of 2 GiB or 4 GiB arrives whole."""
    push, pull = connected(zmq.PUSH, zmq.PULL, rcvtimeo=60_000, sndtimeo=60_000)
    data = bytearray(size)
    data[:4] = b"head"
    data[-4:] = b"tail"
    push.send(data, copy=copy)
    del data
    frame = pull.recv(copy=False)
    view = frame.buffer
    assert (len(frame), view.nbytes) == (size, size)
    assert (bytes(view[:4]), bytes(view[-4:])) == (b"head", b"tail")
    push.send(frame)
    del view, frame
    whole = pull.recv()
    assert len(whole) == size
    assert (whole[:4], whole[-4:]) == (b"head", b"tail")
