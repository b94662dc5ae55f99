# SPDX-License-Identifier: BSD-3-Clause
"""Ports that a device will listen at, known before it runs."""

from __future__ import annotations

import gc
import socket as sockets
import sys
from collections.abc import Callable
from typing import Any

import pytest
from support import until

import zmq
from zmq.devices import ProxySteerable, ThreadDevice, ThreadProxySteerable

SocketFactory = Callable[..., "zmq.Socket[bytes]"]
LOCAL = "tcp://127.0.0.1"

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ports are held on Linux")


def can_bind(context: zmq.Context[Any], port: int) -> bool:
    with context.socket(zmq.PULL) as probe:
        try:
            with probe.bind(f"{LOCAL}:{port}"):
                return True
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE:
                raise
            return False


def can_be_taken(port: int) -> bool:
    """Tell whether another program could listen at a port."""
    with sockets.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
        return True


@pytest.mark.parametrize("side", ["in", "out", "mon", "ctrl"])
def test_each_side_has_ports(context: zmq.Context[Any], side: str) -> None:
    """The port that is returned is the one at which the device listens."""
    device = ThreadProxySteerable(zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    port = getattr(device, f"bind_{side}_to_random_port")(LOCAL)
    assert type(port) is int
    device.start()
    assert not can_bind(context, port)
    assert f"{LOCAL}:{port}" in getattr(device, f"_{side}").binds


def test_ports_can_be_limited() -> None:
    """The range and the number of tries are those of Socket.bind_to_random_port()."""
    device = ProxySteerable(zmq.PULL, zmq.PUSH)
    assert 30000 <= device.bind_in_to_random_port(LOCAL, 30000, 31000) < 31000
    assert 31000 <= device.bind_out_to_random_port(LOCAL, min_port=31000, max_port=32000) < 32000
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(zmq.ZMQBindError):
            device.bind_mon_to_random_port(LOCAL, port, port + 1, max_tries=2)


def test_endpoint_without_ports() -> None:
    """An endpoint that cannot be bound is an error at once."""
    device = ProxySteerable(zmq.PULL, zmq.PUSH)
    with pytest.raises(zmq.ZMQError):
        device.bind_ctrl_to_random_port("nonsense://127.0.0.1")


@linux
def test_port_is_held(context: zmq.Context[Any]) -> None:
    """Until the device runs nobody else can listen at its port; a failed start changes nothing."""
    device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    port = device.bind_in_to_random_port(LOCAL)
    assert not can_be_taken(port)
    device.bind_out("nonsense://x")
    with pytest.raises(zmq.ZMQError, match="nonsense"):
        device.start()
    until(lambda: not can_be_taken(port))
    device._out.binds.clear()

    def started() -> bool:
        # The socket of the failed start is closed in the background.
        try:
            device.start()
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE:
                raise
            return False
        return True

    until(started)
    assert device._ports == []


@linux
def test_port_is_given_back() -> None:
    """The port of a device that is never started is free when the device is gone."""
    device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    port = device.bind_in_to_random_port(LOCAL)
    assert not can_be_taken(port)
    del device
    gc.collect()
    assert can_be_taken(port)


def test_every_port_is_another() -> None:
    """Devices that are described at the same time do not get the same port."""
    described = [ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH) for _ in range(20)]
    ports = [device.bind_in_to_random_port(LOCAL) for device in described]
    ports += [device.bind_out_to_random_port(LOCAL) for device in described]
    assert len(set(ports)) == 40


def test_all_interfaces(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """A port of every interface is found and served."""
    device = ThreadDevice(zmq.QUEUE, zmq.REP, -1)
    device.context_factory = lambda: context
    port = device.bind_in_to_random_port("tcp://*")
    device.start()
    client = socket(zmq.REQ)
    client.connect(f"{LOCAL}:{port}")
    client.send(b"x")
    assert client.recv() == b"x"


@pytest.mark.libzmq("4.0")
def test_ipv6(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """The option IPV6, set before, makes IPv6 ports be found."""
    try:
        with sockets.socket(sockets.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    device = ThreadDevice(zmq.QUEUE, zmq.REP, -1)
    device.context_factory = lambda: context
    device.setsockopt_in(zmq.IPV6, 1)
    port = device.bind_in_to_random_port("tcp://[::1]")
    device.start()
    client = socket(zmq.REQ, ipv6=True)
    client.connect(f"tcp://[::1]:{port}")
    client.send(b"x")
    assert client.recv() == b"x"
