# SPDX-License-Identifier: BSD-3-Clause
"""What an authenticator can be told, and what it makes of that."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import types
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from zap import answer, request, status

import zmq
import zmq.auth.base
from zmq.auth import CURVE_ALLOW_ANY, Authenticator
from zmq.utils import z85

pytestmark = pytest.mark.libzmq("4.0")

KEY = bytes(range(32))


@pytest.fixture
def authenticator(context: zmq.Context[Any]) -> Authenticator:
    return Authenticator(context)


def may_connect(authenticator: Authenticator, address: str) -> bool:
    return status(authenticator, request("NULL", address=address.encode())) == 200


def test_allow_and_deny_exclude_each_other(authenticator: Authenticator) -> None:
    """After allow() deny() is an error, and the other way round."""
    authenticator.allow("127.0.0.1")
    with pytest.raises(ValueError, match="not both"):
        authenticator.deny("127.0.0.2")
    other = Authenticator(authenticator.context)
    other.deny("127.0.0.1")
    with pytest.raises(ValueError, match="not both"):
        other.allow("127.0.0.2")


def test_allowed_addresses_add_up(authenticator: Authenticator) -> None:
    """Calls of allow() add up, and everybody else is refused."""
    authenticator.allow("10.0.0.1")
    authenticator.allow("10.0.0.2", "::1")
    addresses = ["10.0.0.1", "10.0.0.2", "::1", "10.0.0.3", "10.0.0.10", "10.0.0", "", "::2"]
    found = [address for address in addresses if may_connect(authenticator, address)]
    assert found == ["10.0.0.1", "10.0.0.2", "::1"]


def test_denied_addresses_add_up(authenticator: Authenticator) -> None:
    """Calls of deny() add up, and everybody else may connect."""
    authenticator.deny("10.0.0.1")
    authenticator.deny("10.0.0.2", "::1")
    addresses = ["10.0.0.1", "10.0.0.2", "::1", "10.0.0.3", "10.0.0.10", "::2"]
    found = [address for address in addresses if may_connect(authenticator, address)]
    assert found == ["10.0.0.3", "10.0.0.10", "::2"]


@pytest.mark.parametrize("name", ["allow", "deny"])
def test_network_is_no_address(authenticator: Authenticator, name: str) -> None:
    """A network is refused, rather than taken for an address that nobody has."""
    with pytest.raises(ValueError, match="network"):
        getattr(authenticator, name)("10.0.0.0/8")
    with pytest.raises(TypeError, match="str"):
        getattr(authenticator, name)(["10.0.0.1"])
    assert may_connect(authenticator, "10.0.0.1")


@pytest.mark.parametrize("name", ["allow", "deny"])
def test_name_of_a_host_is_warned_of(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """A name, which denies nobody as names are not looked up, does not go unnoticed."""
    getattr(authenticator, name)("localhost:0:0:4711", "::1", "10.0.0.1")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    getattr(authenticator, name)("evil.example.org")
    assert "'evil.example.org' is no IP address" in caplog.text


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("configure_plain", {"bob": "builder"}),
        ("configure_curve", CURVE_ALLOW_ANY),
        ("configure_curve_callback", lambda domain, key: True),
    ],
)
def test_domain_is_text(authenticator: Authenticator, method: str, argument: Any) -> None:
    """A domain of bytes, which no request could have, is refused."""
    with pytest.raises(TypeError, match="domain must be a str"):
        getattr(authenticator, method)(b"shop", argument)


def test_address_has_several_forms(authenticator: Authenticator) -> None:
    """An address is known in each form in which libzmq may write it."""
    authenticator.deny("127.0.0.1", "fe80::0001", "2001:DB8::1")
    for address in (
        "127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "2001:db8:0:0::1",
    ):
        assert not may_connect(authenticator, address), address
    assert may_connect(authenticator, "fe80::2%eth0")


def test_passwords_can_change_later(authenticator: Authenticator) -> None:
    """The dict of passwords is looked at in each handshake."""
    passwords: dict[str, str] = {}
    authenticator.configure_plain("*", passwords)
    assert status(authenticator, request("PLAIN", b"bob", b"builder")) == 400
    passwords["bob"] = "builder"
    assert status(authenticator, request("PLAIN", b"bob", b"builder")) == 200


def test_domain_of_its_own_comes_first(authenticator: Authenticator) -> None:
    """A domain that is configured takes nothing from the configuration of all others."""
    authenticator.configure_plain("*", {"bob": "builder"})
    authenticator.configure_plain("bank")
    assert status(authenticator, request("PLAIN", b"bob", b"builder", domain=b"shop")) == 200
    assert status(authenticator, request("PLAIN", b"bob", b"builder", domain=b"bank")) == 400
    authenticator.configure_curve("*", CURVE_ALLOW_ANY)
    authenticator._curve["bank"] = {}
    assert status(authenticator, request("CURVE", KEY, domain=b"shop")) == 200
    assert status(authenticator, request("CURVE", KEY, domain=b"bank")) == 400


def test_passwords_must_be_a_mapping(authenticator: Authenticator) -> None:
    """What is no mapping is refused without being repeated."""
    with pytest.raises(TypeError) as caught:
        authenticator.configure_plain("*", [("bob", "builder")])  # type: ignore[arg-type]
    assert "builder" not in str(caught.value)


@pytest.mark.capability("curve")
def test_certificates_are_read_when_configured(
    authenticator: Authenticator, tmp_path: Path
) -> None:
    """A certificate counts from the configuration after it was added until that after it went."""
    path, _ = zmq.auth.create_certificates(tmp_path, "client")
    key = zmq.auth.load_certificate(path)[0]
    frames = request("CURVE", z85.decode(key))
    authenticator.configure_curve(location=tmp_path)
    assert authenticator.certs == {"*": {key: True}}
    assert status(authenticator, frames) == 200
    Path(path).unlink()
    assert status(authenticator, frames) == 200
    authenticator.configure_curve(location=str(tmp_path))
    assert status(authenticator, frames) == 400


def test_folder_that_is_not_there(
    authenticator: Authenticator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder that cannot be read is logged as an error, and lets nobody in."""
    authenticator.configure_curve("*", CURVE_ALLOW_ANY)
    authenticator.configure_curve("*", tmp_path / "none")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "none" in caplog.text
    assert status(authenticator, request("CURVE", KEY)) == 400


def test_the_last_configuration_of_a_domain_counts(authenticator: Authenticator) -> None:
    """Any client, a provider, a folder: each replaces what was configured before."""
    frames = request("CURVE", KEY)
    authenticator.configure_curve("*", CURVE_ALLOW_ANY)
    assert authenticator.allow_any
    authenticator.configure_curve_callback("*", lambda domain, key: False)
    assert not authenticator.allow_any
    assert status(authenticator, frames) == 400
    authenticator.allow_any = True
    assert status(authenticator, frames) == 200
    authenticator.allow_any = False
    assert answer(authenticator, frames)[3] == b"Unknown domain"


def test_provider_gets_domain_and_key(authenticator: Authenticator) -> None:
    """A provider is asked with the domain, which is never empty, and the key in Z85."""
    asked = []
    authenticator.configure_curve_callback("*", lambda *question: asked.append(question) or True)
    status(authenticator, request("CURVE", KEY))
    status(authenticator, request("CURVE", KEY, domain=b"shop"))
    assert asked == [("*", z85.encode(KEY)), ("shop", z85.encode(KEY))]


@pytest.mark.parametrize("nothing", [None, object(), "provider"])
def test_provider_must_be_callable(authenticator: Authenticator, nothing: Any) -> None:
    """What cannot be asked is no provider."""
    with pytest.raises(TypeError, match="callback"):
        authenticator.configure_curve_callback("*", nothing)


def test_provider_that_never_answers(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client is to try again later, and what was asked is cancelled, if no answer comes."""
    monkeypatch.setattr(zmq.auth.base, "PROVIDER_PATIENCE_S", 0.01)
    futures = []

    def callback(domain: str, key: bytes) -> asyncio.Future[bool]:
        futures.append(asyncio.get_running_loop().create_future())
        return futures[0]

    authenticator.configure_curve_callback("*", callback)
    reply = asyncio.run(authenticator._answer(request("CURVE", KEY)))
    assert reply == [b"1.0", b"1", b"300", b"Temporary error", b"", b""]
    assert futures[0].cancelled()


def test_providers_awaitable_must_become_true(authenticator: Authenticator) -> None:
    """An awaitable is not taken for a yes."""

    async def callback(domain: str, key: bytes) -> bool:
        return False

    authenticator.configure_curve_callback("*", callback)
    assert asyncio.run(authenticator._answer(request("CURVE", KEY)))[2] == b"400"


async def _asyncgen(domain: str, key: bytes) -> AsyncIterator[bool]:
    yield False


def _generator(domain: str, key: bytes) -> Iterator[bool]:
    yield False


@pytest.mark.parametrize(
    "provider",
    [
        _asyncgen,
        _generator,
        lambda domain, key: lambda: False,
        lambda domain, key: concurrent.futures.Future(),
    ],
)
def test_provider_that_has_not_answered_yet(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture, provider: Any
) -> None:
    """What a provider returns is not taken for consent because it is an object."""
    authenticator.configure_curve_callback("*", provider)
    assert status(authenticator, request("CURVE", bytes(32))) == 400
    assert "which is no answer" in caplog.text


def test_generator_that_is_a_coroutine(authenticator: Authenticator) -> None:
    """A coroutine of the older kind is awaited as any other."""

    @types.coroutine
    def callback(domain: str, key: bytes) -> Iterator[None]:
        yield from asyncio.sleep(0).__await__()
        return key == bytes(40)

    authenticator.configure_curve_callback("*", callback)
    assert asyncio.run(authenticator._answer(request("CURVE", bytes(32))))[2] == b"400"


def test_gssapi_needs_no_configuration(authenticator: Authenticator) -> None:
    """Whom GSSAPI has authenticated may connect, under the name of the principal."""
    authenticator.configure_gssapi("*", "nowhere")
    assert answer(authenticator, request("GSSAPI", b"bob@REALM"))[2:5:2] == [b"200", b"bob@REALM"]
    authenticator.deny("127.0.0.1")
    assert status(authenticator, request("GSSAPI", b"bob@REALM")) == 400


def test_context_by_default(request: pytest.FixtureRequest) -> None:
    """Without a context, an authenticator is of the one that the program shares."""
    authenticator = Authenticator()
    request.addfinalizer(authenticator.context.term)
    assert authenticator.context is zmq.Context.instance()


def test_refusals_that_repeat_are_quiet(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that tries again and again fills the log at level DEBUG only."""
    caplog.set_level(logging.DEBUG, "zmq.auth")
    for name in (b"bob", b"bob", b"alice", b"bob", b"alice"):
        status(authenticator, request("PLAIN", name, b"wrong"))
    status(authenticator, request("PLAIN", b"bob", b"wrong", address=b"10.0.0.1"))
    told = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert [b"alice" in text.encode() for text in told] == [False, True, False]
    assert len(caplog.records) == 6


def test_who_tries_many_names_does_not_fill_the_log(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the names that are tried from one address, the first ones are told of."""
    for number in range(1000):
        status(authenticator, request("PLAIN", b"name-%d" % number, b"wrong"))
    told = [record for record in caplog.records if record.levelno > logging.DEBUG]
    assert 10 <= len(told) <= 20


def test_refusals_of_many_addresses_are_not_all_remembered(authenticator: Authenticator) -> None:
    """What is remembered of refusals does not grow without limit."""
    authenticator.log = logging.getLogger("zmq.auth.many")
    authenticator.log.setLevel(logging.CRITICAL)
    for number in range(3000):
        status(authenticator, request("CURVE", KEY, address=b"%d" % number))
    assert len(authenticator._refused) <= 1000


def test_log_of_its_own(context: zmq.Context[Any], caplog: pytest.LogCaptureFixture) -> None:
    """Refusals go to the logger that was given."""
    authenticator = Authenticator(context, log=logging.getLogger("my.log"))
    status(authenticator, request("CURVE", KEY))
    assert [record.name for record in caplog.records] == ["my.log"]


def test_line_breaks_do_not_reach_the_log(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    """What a client sends cannot pass for a line of the log."""
    status(authenticator, request("PLAIN", b"bob\nALLOWED", b"x", domain=b"a\nb", address=b"c\nd"))
    assert "\n" not in caplog.records[0].getMessage()


def test_answering_needs_a_socket(authenticator: Authenticator) -> None:
    """Without a socket, handling a request is an error that says so."""
    with pytest.raises(RuntimeError, match="not started"):
        asyncio.run(authenticator.handle_zap_message(request("NULL")))
