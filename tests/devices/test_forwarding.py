# SPDX-License-Identifier: BSD-3-Clause
"""Devices of each kind forward messages between real peers."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import terminate, until

import zmq
from zmq import devices

SocketFactory = Callable[..., "zmq.Socket[bytes]"]
LOCAL = "tcp://127.0.0.1"

THREADS = [
    devices.ThreadDevice,
    devices.ThreadProxy,
    devices.ThreadProxySteerable,
    devices.ThreadMonitoredQueue,
]
PROCESSES = [
    devices.ProcessDevice,
    devices.ProcessProxy,
    devices.ProcessProxySteerable,
    devices.ProcessMonitoredQueue,
]
HERE = [devices.Device, devices.Proxy, devices.ProxySteerable, devices.MonitoredQueue]

# Since 3.12 Python warns of any fork of a process with threads, such as libzmq's.
forks = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


def made(kind: type[Any], in_type: int, out_type: int) -> Any:
    """Return a device that listens at ports of its own, with their endpoints as attributes."""
    plain = kind in (devices.Device, devices.ThreadDevice, devices.ProcessDevice)
    device = kind(zmq.QUEUE, in_type, out_type) if plain else kind(in_type, out_type)
    device.front = f"{LOCAL}:{device.bind_in_to_random_port(LOCAL)}"
    device.back = f"{LOCAL}:{device.bind_out_to_random_port(LOCAL)}"
    if not plain:
        device.side = f"{LOCAL}:{device.bind_mon_to_random_port(LOCAL)}"
    if hasattr(device, "bind_ctrl"):
        device.command = f"{LOCAL}:{device.bind_ctrl_to_random_port(LOCAL)}"
    return device


def check(device: Any, socket: SocketFactory) -> None:
    """Send a request and its reply through a device, and see the copies of both."""
    client, worker = socket(zmq.REQ), socket(zmq.REP)
    client.connect(device.front)
    worker.connect(device.back)
    watcher = watching(device, socket) if hasattr(device, "side") else None
    client.send_multipart([b"one", b"two"])
    assert worker.recv_multipart() == [b"one", b"two"]
    worker.send(b"reply")
    assert client.recv() == b"reply"
    if watcher is not None:
        prefixed = "MonitoredQueue" in type(device).__name__
        there, back = copy(watcher), copy(watcher)
        assert there[-3:] == [b"", b"one", b"two"]
        assert back[-2:] == [b"", b"reply"]
        assert (there[0], back[0]) == (b"in", b"out") if prefixed else there[0] == back[0]


def watching(device: Any, socket: SocketFactory) -> zmq.Socket[bytes]:
    """Return a SUB to which the device sends its copies."""
    watcher, probe = socket(zmq.SUB), socket(zmq.DEALER)
    watcher.subscribe(b"")
    watcher.connect(device.side)
    probe.connect(device.front)
    # A subscription arrives when it does; until then copies go to nobody. A REP drops
    # these, which have no empty part.
    until(lambda: (probe.send(b"probe"), watcher.poll(20))[1])
    return watcher


def copy(watcher: zmq.Socket[bytes]) -> list[bytes]:
    """Return the next copy of what is no probe."""
    while True:
        parts = watcher.recv_multipart()
        if parts[-1] != b"probe":
            return parts


@pytest.mark.parametrize("kind", THREADS)
def test_thread(kind: type[Any], context: zmq.Context[Any], socket: SocketFactory) -> None:
    """A device in a thread forwards both ways, and ends when its context ends."""
    device = made(kind, zmq.ROUTER, zmq.DEALER)
    device.context_factory = lambda: context
    device.start()
    check(device, socket)
    assert device.launcher.is_alive()
    assert device.launcher.daemon
    assert not device.done
    for one in list(context._sockets):
        one.close(0)
    terminate(context)
    device.join(10)
    assert device.done
    assert not device.launcher.is_alive()


@pytest.mark.parametrize("kind", HERE)
def test_in_the_thread_that_starts_it(
    kind: type[Any], context: zmq.Context[Any], socket: SocketFactory
) -> None:
    """A plain device runs until its context ends; join() waits for that from elsewhere."""
    device = made(kind, zmq.ROUTER, zmq.DEALER)
    device.context_factory = lambda: context
    thread = threading.Thread(target=device.start)
    thread.start()
    check(device, socket)
    device.join(0)
    assert not device.done
    for one in list(context._sockets):
        one.close(0)
    terminate(context)
    device.join(10)
    assert device.done
    thread.join(10)


@forks
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("kind", PROCESSES)
def test_process(kind: type[Any], method: str, socket: SocketFactory) -> None:
    """A device in a process forwards both ways, however the process is started."""
    device = made(kind, zmq.ROUTER, zmq.DEALER)
    device.start_method = method
    device.start()
    try:
        check(device, socket)
        assert device.launcher.is_alive()
        assert device.launcher.daemon
    finally:
        device.launcher.terminate()
        device.join(10)
    assert device.done


@pytest.fixture
def commander(socket: SocketFactory) -> zmq.Socket[bytes]:
    return socket(zmq.REQ)


def steered(kind: type[Any]) -> Any:
    device = kind(zmq.PULL, zmq.PUSH, zmq.PUB, zmq.REP)
    device.setsockopt_ctrl(zmq.LINGER, 1000)
    device.front = f"{LOCAL}:{device.bind_in_to_random_port(LOCAL)}"
    device.back = f"{LOCAL}:{device.bind_out_to_random_port(LOCAL)}"
    device.command = f"{LOCAL}:{device.bind_ctrl_to_random_port(LOCAL)}"
    return device


@forks
@pytest.mark.parametrize("kind", [devices.ThreadProxySteerable, devices.ProcessProxySteerable])
def test_steering(
    kind: type[Any],
    context: zmq.Context[Any],
    socket: SocketFactory,
    commander: zmq.Socket[bytes],
) -> None:
    """A steerable proxy pauses, goes on, counts, and ends when it is told to."""
    device = steered(kind)
    if kind is devices.ThreadProxySteerable:
        device.context_factory = lambda: context
    device.start()
    commander.connect(device.command)
    push, pull = socket(zmq.PUSH), socket(zmq.PULL)
    push.connect(device.front)
    pull.connect(device.back)
    push.send(b"before")
    assert pull.recv() == b"before"

    def tell(command: bytes) -> list[bytes]:
        commander.send(command)
        return commander.recv_multipart()

    assert tell(b"PAUSE") == [b""]
    push.send(b"after")
    assert not pull.poll(50)
    assert tell(b"RESUME") == [b""]
    assert pull.recv() == b"after"
    assert len(tell(b"STATISTICS")) == 8
    assert tell(b"TERMINATE") == [b""]
    device.join(10)
    assert device.done
    assert not device.launcher.is_alive()


def test_control_socket_is_a_pair_by_default(
    context: zmq.Context[Any], socket: SocketFactory
) -> None:
    """Without a type, the control socket is a PAIR; it can connect as well as bind."""
    control = socket(zmq.PAIR)
    control.bind("inproc://control")
    device = devices.ThreadProxySteerable(zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    device.connect_ctrl("inproc://control")
    device.start()
    control.send(b"TERMINATE")
    device.join(10)
    assert device.done


def test_all_ends_can_bind_and_connect(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """Each side binds and connects, to several endpoints."""
    device = devices.ThreadMonitoredQueue(zmq.PULL, zmq.PUSH, zmq.PUSH, b"prefix", b"other")
    device.context_factory = lambda: context
    peers = {}
    for name, kind in (("in", zmq.PUSH), ("out", zmq.PULL), ("mon", zmq.PULL)):
        getattr(device, f"bind_{name}")(f"inproc://{name}-1")
        getattr(device, f"bind_{name}")(f"inproc://{name}-2")
        peers[name] = socket(kind)
        peers[name].bind(f"inproc://{name}-3")
        getattr(device, f"connect_{name}")(f"inproc://{name}-3")
        getattr(device, f"setsockopt_{name}")(zmq.LINGER, 0)
    device.start()
    peers["in"].send(b"x")
    peers["second"] = socket(zmq.PUSH)
    peers["second"].connect("inproc://in-2")
    assert peers["out"].recv() == b"x"
    assert peers["mon"].recv_multipart() == [b"prefix", b"x"]
    peers["second"].send(b"y")
    assert peers["out"].recv() == b"y"


def test_options_are_set_before_the_first_bind(
    context: zmq.Context[Any], socket: SocketFactory
) -> None:
    """Options count whenever they were given: a routing id is that of the connection."""
    router = socket(zmq.ROUTER)
    router.bind("inproc://router")
    device = devices.ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.DEALER)
    device.context_factory = lambda: context
    device.bind_in("inproc://in")
    device.connect_out("inproc://router")
    device.setsockopt_out(zmq.ROUTING_ID, b"the device")
    device.start()
    push = socket(zmq.PUSH)
    push.connect("inproc://in")
    push.send(b"x")
    assert router.recv_multipart() == [b"the device", b"x"]


def test_one_socket_for_both_sides(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """With a negative type of the second socket, the first one answers with what it gets."""
    device = devices.ThreadDevice(zmq.QUEUE, zmq.REP, -1)
    device.context_factory = lambda: context
    device.bind_in("inproc://echo-1")
    device.bind_out("inproc://echo-2")
    device.start()
    for endpoint in ("inproc://echo-1", "inproc://echo-2"):
        client = socket(zmq.REQ)
        client.connect(endpoint)
        client.send(b"hello")
        assert client.recv() == b"hello"


@pytest.fixture
def shared() -> Iterator[zmq.Context[Any]]:
    """The context that a program shares."""
    context = zmq.Context.instance()
    yield context
    if not context.closed:
        terminate(context)


@pytest.mark.parametrize("how", ["term", "destroy"])
def test_shared_context_ends(shared: zmq.Context[Any], how: str) -> None:
    """A device in a thread uses the shared context, and does not hold up its end."""
    device = devices.ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.bind_in("inproc://in")
    device.start()
    with shared.socket(zmq.PUSH) as push:
        push.connect("inproc://in")
    if how == "term":
        terminate(shared)
    else:
        shared.destroy()
    device.join(10)
    assert device.done


def test_contexts_options_are_the_devices(context: zmq.Context[Any]) -> None:
    """What a context sets on its sockets it sets on those of a device."""
    context.setsockopt(zmq.LINGER, 123)
    device = devices.Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    assert [one.linger for one in device._setup_sockets()] == [123, 123]
    device._close_sockets()


def test_context_of_its_own(socket: SocketFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class as the factory makes a context for the device, which ends with it."""
    contexts: list[zmq.Context[Any]] = []

    class Noted(zmq.Context[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            contexts.append(self)

    device = steered(devices.ThreadProxySteerable)
    device.context_factory = Noted
    device.start()
    control = socket(zmq.REQ)
    control.connect(device.command)
    control.send(b"TERMINATE")
    control.recv()
    device.join(10)
    assert [one.closed for one in contexts] == [True]
