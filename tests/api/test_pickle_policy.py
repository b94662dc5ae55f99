# SPDX-License-Identifier: BSD-3-Clause
"""zmq.pickle_policy: what happens when an exposed socket unpickles."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SocketFactory
from programs import run

import zmq
import zmq.asyncio
from zmq import _pickle

EXPOSED = "tcp://0.0.0.0:*"


@pytest.fixture(autouse=True)
def policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default policy, whatever the environment says; restored afterwards."""
    monkeypatch.setattr(zmq, "pickle_policy", "warn")


@pytest.fixture
def receive(socket: SocketFactory) -> Callable[..., Any]:
    """Send an object to a socket, and return what recv_pyobj makes of it."""

    def receive(puller: zmq.Socket, port: int | None = None) -> Any:
        endpoint = puller.last_endpoint.decode()
        if endpoint.startswith("tcp"):
            endpoint = f"tcp://127.0.0.1:{port or endpoint.rpartition(':')[2]}"
        push = socket(zmq.PUSH)
        push.connect(endpoint)
        push.send_pyobj({"a": [1]})
        return puller.recv_pyobj()

    return receive


@pytest.mark.parametrize("policy", ["warn", "deny"])
def test_exposed_by_a_view_that_is_gone(
    policy: str, socket: SocketFactory, receive: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever object bound a socket, it is exposed, and is warned of once."""
    monkeypatch.setattr(zmq, "pickle_policy", policy)
    puller = socket(zmq.PULL)
    zmq.Socket.shadow(puller.underlying).bind(EXPOSED)
    gc.collect()
    if policy == "deny":
        with pytest.raises(pickle.UnpicklingError, match="deny"):
            receive(puller)
        return
    with pytest.warns(RuntimeWarning, match="any code"):
        receive(zmq.Socket.shadow(puller))
    gc.collect()
    receive(puller)


def test_exposed_socket_warns_once(socket: SocketFactory, receive: Callable[..., Any]) -> None:
    """The first object that a socket bound to all interfaces unpickles warns, later ones do not."""
    puller = socket(zmq.PULL)
    puller.bind(EXPOSED)
    with pytest.warns(RuntimeWarning, match=r"tcp://0\.0\.0\.0:\d+.*CURVE.*any code") as caught:
        assert receive(puller) == {"a": [1]}
    assert [one.filename for one in caught] == [__file__]
    assert receive(puller) == {"a": [1]}
    assert receive(zmq.Socket.shadow(puller)) == {"a": [1]}
    other = socket(zmq.PULL)
    other.bind(EXPOSED)
    with pytest.warns(RuntimeWarning):
        receive(other)


@pytest.mark.parametrize("transport", ["inproc", "ipc", "tcp"])
def test_local_socket_does_not_warn(
    socket: SocketFactory,
    receive: Callable[..., Any],
    endpoint: Callable[[str], str],
    transport: str,
) -> None:
    """Bound to inproc, ipc or loopback a socket unpickles silently, also when that is denied."""
    puller = socket(zmq.PULL)
    puller.bind(endpoint(transport))
    for zmq.pickle_policy in ("warn", "deny"):
        assert receive(puller) == {"a": [1]}


def test_connected_socket_does_not_warn(socket: SocketFactory) -> None:
    """A socket that connects has chosen its sender, and unpickles silently."""
    push, puller = socket(zmq.PUSH), socket(zmq.PULL)
    push.bind(EXPOSED)
    puller.connect(f"tcp://127.0.0.1:{push.last_endpoint.decode().rpartition(':')[2]}")
    zmq.pickle_policy = "deny"
    push.send_pyobj(1)
    assert puller.recv_pyobj() == 1


def test_deny_refuses_and_loses_the_message(
    socket: SocketFactory, receive: Callable[..., Any]
) -> None:
    """Where it is denied nothing is loaded, each time; other ways to receive go on working."""
    puller = socket(zmq.PULL)
    puller.bind(EXPOSED)
    zmq.pickle_policy = "deny"
    for _ in range(2):
        with pytest.raises(pickle.UnpicklingError, match=r"'deny'.*tcp://0\.0\.0\.0:"):
            receive(puller)
    assert puller.poll(50) == 0
    zmq.pickle_policy = "allow"
    assert receive(puller) == {"a": [1]}


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_deny_never_runs_the_pickle(socket: SocketFactory, tmp_path: Path) -> None:
    """A pickle that is refused has run none of its code."""
    puller, push = socket(zmq.PULL), socket(zmq.PUSH)
    port = puller.bind_to_random_port("tcp://*")
    push.connect(f"tcp://127.0.0.1:{port}")
    bomb = Bomb(tmp_path / "made")
    zmq.pickle_policy = "deny"
    push.send_pyobj(bomb)
    with pytest.raises(pickle.UnpicklingError):
        puller.recv_pyobj()
    assert not bomb.path.exists()
    zmq.pickle_policy = "allow"
    push.send_pyobj(bomb)
    puller.recv_pyobj()
    assert bomb.path.exists()


def test_policy_is_checked(socket: SocketFactory, receive: Callable[..., Any]) -> None:
    """A policy that does not exist refuses where it would have to be applied."""
    puller = socket(zmq.PULL)
    puller.bind(EXPOSED)
    zmq.pickle_policy = "denied"
    with pytest.raises(ValueError, match="allow, warn, deny, not 'denied'"):
        receive(puller)


@pytest.mark.capability("curve")
def test_curve_protects(socket: SocketFactory) -> None:
    """Bound with CURVE a socket unpickles silently; set after bind CURVE protects nothing."""
    public, secret = zmq.curve_keypair()
    puller, push = socket(zmq.PULL), socket(zmq.PUSH)
    puller.curve_secretkey, puller.curve_server = secret, True
    port = puller.bind_to_random_port("tcp://0.0.0.0")
    push.curve_publickey, push.curve_secretkey = zmq.curve_keypair()
    push.curve_serverkey = public
    push.connect(f"tcp://127.0.0.1:{port}")
    zmq.pickle_policy = "deny"
    push.send_pyobj(1)
    assert puller.recv_pyobj() == 1

    late, plain = socket(zmq.PULL), socket(zmq.PUSH)
    port = late.bind_to_random_port("tcp://0.0.0.0")
    late.curve_secretkey, late.curve_server = secret, True
    plain.connect(f"tcp://127.0.0.1:{port}")
    plain.send_pyobj(1)
    with pytest.raises(pickle.UnpicklingError):
        late.recv_pyobj()


def test_unbound_socket_stays_exposed(
    socket: SocketFactory, receive: Callable[..., Any]
) -> None:
    """After unbind those who are connected stay so, and what they have sent is there."""
    puller = socket(zmq.PULL)
    puller.bind(EXPOSED)
    puller.unbind(puller.last_endpoint)
    puller.bind("tcp://127.0.0.1:*")
    zmq.pickle_policy = "deny"
    with pytest.raises(pickle.UnpicklingError):
        receive(puller)


def test_one_exposed_endpoint_is_enough(
    socket: SocketFactory, receive: Callable[..., Any]
) -> None:
    """A socket bound to loopback and to more is exposed, also through its shadow."""
    puller = socket(zmq.PULL)
    puller.bind(EXPOSED)
    puller.bind("tcp://127.0.0.1:*")
    zmq.pickle_policy = "deny"
    with pytest.raises(pickle.UnpicklingError):
        receive(puller)
    with pytest.raises(pickle.UnpicklingError):
        receive(zmq.Socket.shadow(puller))


@pytest.mark.parametrize("policy", ["allow", "warn", "deny"])
def test_environment_sets_the_policy(policy: str) -> None:
    """ZMQ_PICKLE is what zmq.pickle_policy begins as; without it that is "warn"."""
    assert run("print(zmq.pickle_policy)", ZMQ_PICKLE=policy).strip() == policy
    assert run("print(zmq.pickle_policy)", ZMQ_PICKLE="").strip() == "warn"


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("inproc://x", True),
        ("ipc:///some/path", True),
        ("ipc://@abstract", True),
        ("tcp://127.0.0.1:5555", True),
        ("tcp://127.8.9.10:5555", True),
        ("tcp://[::1]:5555", True),
        ("tcp://[::1%lo]:5555", True),
        ("tcp://[::ffff:127.0.0.1]:5555", True),
        ("ws://127.0.0.1:5555/path:80", True),
        ("wss://[::1]:5555/", True),
        ("udp://127.0.0.1:5555", True),
        ("tcp://0.0.0.0:5555", False),
        ("tcp://192.168.0.1:5555", False),
        ("tcp://[::]:5555", False),
        ("tcp://[fe80::1%eth0]:5555", False),
        ("tcp://127.example.com:5555", False),
        ("ws://*:5555/", False),
        ("udp://239.0.0.1:5555", False),
        ("udp://*:5555", False),
        ("epgm://127.0.0.1;239.192.1.1:5555", False),
        ("vmci://*:5555", False),
        ("", False),
    ],
)
def test_local_endpoints(endpoint: str, local: bool) -> None:
    """Only what this machine alone can reach is local."""
    assert _pickle.is_local(endpoint) is local


def test_asyncio_is_checked_as_well(socket: SocketFactory) -> None:
    """An asyncio socket warns once, naming the line that made it, and refuses where denied."""
    push = socket(zmq.PUSH)

    async def receive(puller: zmq.asyncio.Socket) -> Any:
        push.send_pyobj(1)
        return await asyncio.wait_for(puller.recv_pyobj(), 20)

    async def main() -> list[warnings.WarningMessage]:
        with zmq.asyncio.Context() as context, context.socket(zmq.PULL) as puller:
            push.connect(f"tcp://127.0.0.1:{puller.bind_to_random_port('tcp://*')}")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                assert [await receive(puller), await receive(puller)] == [1, 1]
            zmq.pickle_policy = "deny"
            with pytest.raises(pickle.UnpicklingError, match=r"refused"):
                await receive(puller)
        return caught

    (caught,) = asyncio.run(main())
    assert (caught.category, caught.filename) == (RuntimeWarning, __file__)
