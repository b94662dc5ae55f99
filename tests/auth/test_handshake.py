# SPDX-License-Identifier: BSD-3-Clause
"""Real handshakes: each mechanism, allowed and refused, with each kind of authenticator."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import PATIENCE_MS, until

import zmq
import zmq.auth
from zmq.utils.monitor import recv_monitor_message

pytestmark = pytest.mark.libzmq("4.0")

SocketFactory = Callable[..., "zmq.Socket[bytes]"]

curve = pytest.mark.capability("curve")


class Keys:
    """The key pairs of a server and a client, and a folder with the client's certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _, secret = zmq.auth.create_certificates(folder, "client")
        self.client_public, client_secret = zmq.auth.load_certificate(secret)
        assert client_secret is not None
        self.client_secret = client_secret
        self.server_public, self.server_secret = zmq.curve_keypair()

    def serve(self, server: zmq.Socket[Any]) -> None:
        server.curve_server = True
        server.curve_secretkey = self.server_secret

    def use(self, client: zmq.Socket[Any]) -> None:
        """Make a client whose key is in the folder."""
        self.use_pair(client, self.client_public, self.client_secret)

    def use_others(self, client: zmq.Socket[Any]) -> None:
        """Make a client whose key nobody knows."""
        self.use_pair(client, *zmq.curve_keypair())

    def use_pair(self, client: zmq.Socket[Any], public: bytes, secret: bytes) -> None:
        client.curve_serverkey = self.server_public
        client.curve_publickey = public
        client.curve_secretkey = secret


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def accepted(server: zmq.Socket[Any], client: zmq.Socket[Any]) -> zmq.Frame:
    """Connect a PUSH to a PULL and return what arrives."""
    if not server.last_endpoint:
        server.bind("tcp://127.0.0.1:*")
    client.connect(server.last_endpoint)
    client.send(b"hello")
    frame = server.recv(copy=False)
    assert frame.bytes == b"hello"
    return frame


def refused(
    server: zmq.Socket[Any], client: zmq.Socket[Any], caplog: pytest.LogCaptureFixture
) -> str:
    """Connect a PUSH to a PULL in vain and return what the authenticator logged."""
    if not server.last_endpoint:
        server.bind("tcp://127.0.0.1:*")
    caplog.clear()
    monitor = client.get_monitor_socket()
    monitor.rcvtimeo = PATIENCE_MS
    client.connect(server.last_endpoint)
    with contextlib.suppress(zmq.Again):
        client.send(b"hello", zmq.DONTWAIT)  # refused already
    until(lambda: "DENIED" in caplog.text or "failed" in caplog.text)
    if zmq.zmq_version_info() >= (4, 3):
        while True:
            event = recv_monitor_message(monitor)
            assert event["event"] != zmq.EVENT_HANDSHAKE_SUCCEEDED
            if event["event"] == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                assert event["value"] in (400, 500)
                break
    client.disable_monitor()
    monitor.close()
    client.close(0)
    assert not server.poll(0)
    return caplog.text


@pytest.mark.libzmq("4.1")
def test_null_allowed(auth: Any, socket: SocketFactory) -> None:
    """NULL with a domain lets in, as anonymous."""
    server, client = socket(zmq.PULL), socket(zmq.PUSH)
    server.zap_domain = b"global"
    assert accepted(server, client)["User-Id"] == "anonymous"


def test_null_without_domain_is_nobodys_business(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """NULL without a domain lets in without asking."""
    auth.deny("127.0.0.1")
    caplog.clear()
    accepted(socket(zmq.PULL), socket(zmq.PUSH))
    assert caplog.text == ""


def test_null_denied_by_address(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """A denied address is refused; other ways to connect stay open."""
    auth.deny("127.0.0.1")
    server = socket(zmq.PULL, zap_domain=b"global")
    assert "Address denied" in refused(server, socket(zmq.PUSH), caplog)


def test_null_not_among_the_allowed(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """With allowed addresses, all others are refused, until they are allowed too."""
    auth.allow("10.0.0.1")
    server = socket(zmq.PULL, zap_domain=b"global")
    assert "Address not allowed" in refused(server, socket(zmq.PUSH), caplog)
    auth.allow("127.0.0.1")
    accepted(server, socket(zmq.PUSH))


@pytest.mark.libzmq("4.1")
def test_plain_allowed(auth: Any, socket: SocketFactory) -> None:
    """PLAIN with the right password lets in, under the user's name."""
    auth.configure_plain("*", {"admin": "swordfish"})
    server = socket(zmq.PULL, plain_server=True)
    client = socket(zmq.PUSH, plain_username=b"admin", plain_password=b"swordfish")
    assert accepted(server, client)["User-Id"] == "admin"


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [
        (b"admin", b"Swordfish", "Invalid password"),
        (b"admin", b"swordfishes", "Invalid password"),
        (b"root", b"swordfish", "Invalid username"),
    ],
)
def test_plain_denied(
    auth: Any,
    socket: SocketFactory,
    caplog: pytest.LogCaptureFixture,
    username: bytes,
    password: bytes,
    reason: str,
) -> None:
    """PLAIN with wrong credentials is refused, the reason is logged, and the next one gets in."""
    auth.configure_plain("*", {"admin": "swordfish"})
    server = socket(zmq.PULL, plain_server=True)
    client = socket(zmq.PUSH, plain_username=username, plain_password=password)
    log = refused(server, client, caplog)
    assert reason in log
    assert "wordfish" not in log
    client = socket(zmq.PUSH, plain_username=b"admin", plain_password=b"swordfish")
    accepted(server, client)


def test_plain_denied_by_address(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """The right password is of no use at a denied address."""
    auth.configure_plain("*", {"admin": "swordfish"})
    auth.deny("127.0.0.1")
    server = socket(zmq.PULL, plain_server=True)
    client = socket(zmq.PUSH, plain_username=b"admin", plain_password=b"swordfish")
    assert "Address denied" in refused(server, client, caplog)


def test_plain_of_each_domain(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """The password of one domain is of no use in another."""
    auth.configure_plain("shop", {"admin": "of shop"})
    auth.configure_plain("bank", {"admin": "of bank"})
    for domain, other in ((b"shop", b"bank"), (b"bank", b"shop")):
        server = socket(zmq.PULL, plain_server=True, zap_domain=domain)
        client = socket(zmq.PUSH, plain_username=b"admin", plain_password=b"of " + other)
        assert "Invalid password" in refused(server, client, caplog)
        client = socket(zmq.PUSH, plain_username=b"admin", plain_password=b"of " + domain)
        accepted(server, client)


@curve
@pytest.mark.libzmq("4.1")
@pytest.mark.parametrize("domain", [b"", b"global"])
def test_curve_of_a_folder(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture, keys: Keys, domain: bytes
) -> None:
    """CURVE lets those in whose certificates are in the folder, under their keys."""
    auth.configure_curve("*", keys.folder)
    server = socket(zmq.PULL)
    keys.serve(server)
    if domain:
        server.zap_domain = domain
    client = socket(zmq.PUSH)
    keys.use(client)
    assert accepted(server, client)["User-Id"] == keys.client_public.decode()
    client = socket(zmq.PUSH)
    keys.use_others(client)
    assert "Unknown key" in refused(server, client, caplog)


@curve
def test_curve_without_configuration(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture, keys: Keys
) -> None:
    """CURVE is refused where nothing says who may connect."""
    server, client = socket(zmq.PULL), socket(zmq.PUSH)
    keys.serve(server)
    keys.use(client)
    assert "Unknown domain" in refused(server, client, caplog)


@curve
def test_curve_of_a_folder_that_cannot_be_read(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture, keys: Keys
) -> None:
    """Where the certificates cannot be read, that is logged and nobody gets in any more."""
    auth.configure_curve("*", keys.folder)
    (keys.folder / "broken.key").write_text("curve\n")
    auth.configure_curve("*", keys.folder)
    assert "No public key found in" in caplog.text
    server, client = socket(zmq.PULL), socket(zmq.PUSH)
    keys.serve(server)
    keys.use(client)
    assert "Unknown key" in refused(server, client, caplog)


@curve
def test_curve_allow_any_is_of_its_domain(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture, keys: Keys
) -> None:
    """CURVE_ALLOW_ANY lets any key in, in its domain only."""
    auth.configure_curve("open", zmq.auth.CURVE_ALLOW_ANY)
    auth.configure_curve("closed", keys.folder)
    server = socket(zmq.PULL, zap_domain=b"open")
    keys.serve(server)
    client = socket(zmq.PUSH)
    keys.use_others(client)
    accepted(server, client)
    server = socket(zmq.PULL, zap_domain=b"closed")
    keys.serve(server)
    client = socket(zmq.PUSH)
    keys.use_others(client)
    assert "Unknown key" in refused(server, client, caplog)


class Provider:
    """Knows one key, and notes what it is asked."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.asked: list[tuple[str, bytes]] = []

    def callback(self, domain: str, key: bytes) -> bool:
        self.asked.append((domain, key))
        return key == self.key


class AsyncProvider(Provider):
    async def callback(self, domain: str, key: bytes) -> bool:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().callback(domain, key)


@curve
@pytest.mark.parametrize("kind", [Provider, AsyncProvider])
def test_curve_of_a_provider(
    auth: Any,
    socket: SocketFactory,
    caplog: pytest.LogCaptureFixture,
    keys: Keys,
    kind: type[Provider],
) -> None:
    """A credentials provider, sync or async, is asked about each client, and its word counts."""
    provider = kind(keys.client_public)
    auth.configure_curve_callback("*", provider)
    server = socket(zmq.PULL)
    keys.serve(server)
    client = socket(zmq.PUSH)
    keys.use_others(client)
    assert "Unknown key" in refused(server, client, caplog)
    client = socket(zmq.PUSH)
    keys.use(client)
    accepted(server, client)
    assert provider.asked[-1] == ("*", keys.client_public)


@curve
def test_provider_that_fails(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture, keys: Keys
) -> None:
    """A provider that raises or is cancelled refuses its client, and only that one."""

    async def cancelled(domain: str, key: bytes) -> bool:
        raise asyncio.CancelledError

    def failing(domain: str, key: bytes) -> bool:
        raise LookupError(f"no {domain}")

    server = socket(zmq.PULL)
    keys.serve(server)
    for provider, name in ((cancelled, "RuntimeError"), (failing, "LookupError")):
        auth.configure_curve_callback("*", provider)
        client = socket(zmq.PUSH)
        keys.use(client)
        assert name in refused(server, client, caplog)
    auth.configure_curve_callback("*", Provider(keys.client_public))
    client = socket(zmq.PUSH)
    keys.use(client)
    accepted(server, client)


@curve
@pytest.mark.libzmq("4.1")
def test_user_id_of_a_subclass(
    auth: Any, socket: SocketFactory, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What curve_user_id() returns is the user id that frames show."""
    monkeypatch.setattr(auth, "curve_user_id", lambda key: f"<{key.hex()[:4]}> ü")
    auth.configure_curve("*", zmq.auth.CURVE_ALLOW_ANY)
    server, client = socket(zmq.PULL), socket(zmq.PUSH)
    keys.serve(server)
    keys.use(client)
    from zmq.utils import z85

    expected = z85.decode(keys.client_public).hex()[:4]
    assert accepted(server, client)["User-Id"] == f"<{expected}> ü"


def test_two_contexts_with_an_authenticator_each(
    auth: Any, socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """Authenticators of two contexts of one process do not know of each other."""
    from zmq.auth.thread import ThreadAuthenticator

    auth.deny("127.0.0.1")
    with zmq.Context() as other:
        second = ThreadAuthenticator(other)
        second.start()
        with other.socket(zmq.PULL) as server, other.socket(zmq.PUSH) as client:
            server.zap_domain = b"global"
            server.rcvtimeo = PATIENCE_MS
            accepted(server, client)
        second.stop()
    refused(socket(zmq.PULL, zap_domain=b"global"), socket(zmq.PUSH), caplog)
