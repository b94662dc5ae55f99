# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.monitor on real monitored sockets."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from typing import Any

import pytest

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message, recv_monitor_message

since_40 = pytest.mark.libzmq("4.0")


@pytest.fixture
def monitored() -> Iterator[tuple[Any, Any]]:
    """Yield a REP socket and its monitor."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        monitor = socket.get_monitor_socket()
        monitor.rcvtimeo = 10_000
        yield socket, monitor
        socket.disable_monitor()
        monitor.close()


@since_40
def test_events_of_a_bound_socket(monitored: tuple[Any, Any]) -> None:
    """Binding is reported first, with the endpoint and a descriptor."""
    socket, monitor = monitored
    socket.bind("tcp://127.0.0.1:*")
    event = recv_monitor_message(monitor)
    assert event["event"] is zmq.Event.LISTENING
    assert event["endpoint"].startswith(b"tcp://127.0.0.1:")  # older ones have no port here
    assert event["value"] > 0


@since_40
def test_events_of_a_connection(monitored: tuple[Any, Any]) -> None:
    """A peer that connects is reported as accepted, after the listening."""
    socket, monitor = monitored
    socket.bind("tcp://127.0.0.1:*")
    with socket.context.socket(zmq.REQ) as peer:
        peer.linger = 0
        peer.connect(socket.last_endpoint.rstrip(b"\0").decode())
        events = [recv_monitor_message(monitor)["event"] for _ in range(2)]
    assert events == [zmq.EVENT_LISTENING, zmq.EVENT_ACCEPTED]


@since_40
def test_no_event_is_again(monitored: tuple[Any, Any]) -> None:
    """The flags are those of receiving: without an event DONTWAIT raises Again."""
    with pytest.raises(zmq.Again):
        recv_monitor_message(monitored[1], zmq.DONTWAIT)


@since_40
def test_awaitable_for_an_async_socket() -> None:
    """The events of an asyncio socket's monitor are awaited."""

    async def receive() -> Any:
        with zmq.asyncio.Context() as context, context.socket(zmq.REP) as socket:
            monitor = socket.get_monitor_socket()
            receiving = recv_monitor_message(monitor)
            socket.bind("tcp://127.0.0.1:*")
            event = await asyncio.wait_for(receiving, 20)
            with pytest.raises(zmq.Again):
                await recv_monitor_message(monitor, zmq.DONTWAIT)
            socket.disable_monitor()
            monitor.close()
            return event

    event = asyncio.run(receive())
    assert event["event"] is zmq.Event.LISTENING
    assert event["endpoint"].startswith(b"tcp://127.0.0.1:")


def test_value_keeps_its_sign() -> None:
    """A value of -1, such as the descriptor of what never had one, stays -1."""
    event = parse_monitor_message([struct.pack("=Hi", zmq.EVENT_CLOSED, -1), b""])
    assert event["value"] == -1


def test_protocol_error_is_named() -> None:
    """The value of HANDSHAKE_FAILED_PROTOCOL is the zmq.Event that names the error."""
    value = zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC
    frame = struct.pack("=Hi", zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, value)
    assert parse_monitor_message([frame, b"x"])["value"] is value


def test_unknown_event_is_kept() -> None:
    """An event of a newer libzmq is an Event with that bit."""
    event = parse_monitor_message([struct.pack("=Hi", 0x8000, 5), b"x"])["event"]
    assert isinstance(event, zmq.Event)
    assert event == 0x8000


@pytest.mark.parametrize(
    "msg", [[], [b"123456"], [b"12345", b"x"], [b"1234567", b"x"], [b"123456", b"x", b"y"]]
)
def test_other_messages_are_refused(msg: list[bytes]) -> None:
    """What is no event raises RuntimeError that shows the message."""
    with pytest.raises(RuntimeError, match="Invalid event message format"):
        parse_monitor_message(msg)
