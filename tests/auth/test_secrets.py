# SPDX-License-Identifier: BSD-3-Clause
"""Passwords and secret keys are shown nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from zap import request, status

import zmq
from zmq.auth import Authenticator, _zap, load_certificate
from zmq.auth.asyncio import AsyncioAuthenticator

pytestmark = pytest.mark.libzmq("4.0")

PACKAGE = Path(zmq.__file__).parent
PASSWORD = "Tr0ub4dor&3"


def with_locals(caught: pytest.ExceptionInfo[Any], *functions: str) -> str:
    """Return an exception with local variables, those of the package, as some loggers do.

    ``functions`` is where it came through, from the outermost one on.
    """
    shown = traceback.TracebackException(
        caught.type, caught.value, caught.tb, capture_locals=True
    )
    frames = [frame for frame in shown.stack if Path(frame.filename).is_relative_to(PACKAGE)]
    assert tuple(frame.name for frame in frames) == functions
    return "".join(traceback.StackSummary.from_list(frames).format())


class Failing(dict):  # type: ignore[type-arg]
    """A store of passwords that fails in a talkative way."""

    def get(self, key: Any, default: Any = None) -> Any:
        raise KeyError(f"{key}: {PASSWORD}")


def test_passwords_are_in_no_log(
    context: zmq.Context[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Right, wrong, misplaced and unusable passwords leave no trace at any level."""
    caplog.set_level(logging.DEBUG)
    raw = PASSWORD.encode()
    authenticator = Authenticator(context)
    for passwords in (
        {"bob": PASSWORD},
        {"bob": raw},
        {"bob": PASSWORD + "\ud800"},
        {"bob": (PASSWORD,)},
        Failing(),
    ):
        authenticator.configure_plain("*", passwords)
        for frames in (
            request("PLAIN", b"bob", raw),
            request("PLAIN", b"bob", raw[:-1]),
            request("PLAIN", b"bob", raw, raw),
            [*request("PLAIN", b"bob", raw)[:-1], raw * 30],
            ["1.0", *request("PLAIN", b"bob", raw)[1:]],
            request("PLAIN", b"bob", raw)[1:],
            request("PLAIN", b"bob", raw)[2:],
            request("Plain", b"bob", raw),
            request("PLAIN", b"bob", raw, domain=b"\xff"),
        ):
            authenticator._refused.clear()
            status(authenticator, frames)  # type: ignore[arg-type]
    assert len(caplog.records) >= 45
    assert "0ub4" not in caplog.text
    for record in caplog.records:
        assert "0ub4" not in repr(record.args)
        assert record.exc_info is None


def test_reprs_show_no_credentials(context: zmq.Context[Any]) -> None:
    """Neither an authenticator nor a request shows passwords."""
    authenticator = Authenticator(context)
    authenticator.configure_plain("*", {"bob": PASSWORD})
    assert PASSWORD not in repr(authenticator)
    parsed = _zap.parse(request("PLAIN", b"bob", PASSWORD.encode()))
    assert PASSWORD not in repr(parsed)
    assert "PLAIN" in repr(parsed)


def test_passwords_are_compared_in_constant_time(
    context: zmq.Context[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each password, also that of a user who is not there, goes through compare_digest."""
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    authenticator = Authenticator(context)
    authenticator.configure_plain("*", {"bob": PASSWORD})
    status(authenticator, request("PLAIN", b"bob", b"x"))
    status(authenticator, request("PLAIN", b"nobody", b"x"))
    assert compared == [(b"x", PASSWORD.encode()), (b"x", b"")]


@pytest.mark.parametrize(
    "content",
    [
        'curve\n    public-key = "{public}"\n    secret-key = "{secret}#"\n',
        'curve\n    public-key = "{secret}\n',
        'curve\n    public-key = "{secret}\xff"\n    secret-key = "{secret}"\n',
        'curve\n    secret-key = "{secret}"\n',
    ],
)
def test_broken_certificate_is_not_repeated(tmp_path: Path, content: str) -> None:
    """What is wrong with a certificate is said without quoting it."""
    secret = "J4secretkeyJ4secretkeyJ4secretkeyJ4secre"
    path = tmp_path / "broken.key_secret"
    path.write_text(content.format(public="0" * 40, secret=secret), encoding="latin-1")
    with pytest.raises(ValueError, match="key") as caught:
        load_certificate(path)
    shown = "".join(traceback.format_exception(caught.type, caught.value, caught.tb))
    assert secret[2:12] not in shown
    assert str(path) in shown
    assert secret[2:12] not in with_locals(caught, "load_certificate")


@pytest.mark.parametrize("password", ["hushhush" * 40, ["hushhush"], {"hushhush"}])
def test_wrong_password_option_is_not_repeated(context: zmq.Context[Any], password: Any) -> None:
    """What cannot be a password is not shown by the error that it makes."""
    wrong = password.encode() if isinstance(password, str) else password
    with context.socket(zmq.REQ) as client:
        for set_it in (client.set, client.set_string):
            for value in (password, wrong):
                with pytest.raises((TypeError, zmq.ZMQError)) as caught:
                    set_it(zmq.PLAIN_PASSWORD, value)
                assert "hush" not in str(caught.value)
        assert "hush" not in repr(client)


@pytest.mark.capability("curve")
def test_wrong_secret_key_is_not_repeated() -> None:
    """A malformed secret key is not shown by the error that it makes."""
    with pytest.raises(ValueError, match="40 byte") as caught:
        zmq.curve_public(b"hushhush")
    assert "hush" not in str(caught.value)


def ask(authenticator: AsyncioAuthenticator, frames: list[bytes]) -> bytes:
    """Send a request to an authenticator of this thread's loop and return the reply's status."""

    async def exchange() -> bytes:
        authenticator.start()
        with authenticator.context.socket(zmq.DEALER) as asker:
            asker.linger = 0
            asker.connect("inproc://zeromq.zap.01")
            asker.send_multipart([b"", *frames])
            while not asker.poll(0):
                await asyncio.sleep(0)
            return asker.recv_multipart()[3]

    loop = asyncio.new_event_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0
    try:
        return loop.run_until_complete(exchange())
    finally:
        with contextlib.suppress(BaseException):
            loop.run_until_complete(asyncio.sleep(0))
        authenticator.stop()
        loop.close()


def test_debugged_loop_shows_no_passwords(
    context: zmq.Context[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """What a loop that is debugged says about each of its steps has no password."""
    caplog.set_level(logging.DEBUG)
    authenticator = AsyncioAuthenticator(context)
    authenticator.configure_plain("*", {"bob": PASSWORD})
    assert ask(authenticator, request("PLAIN", b"bob", PASSWORD.encode())) == b"200"
    assert "serve() running" in caplog.text
    assert "0ub4" not in caplog.text


class Interrupted(dict):  # type: ignore[type-arg]
    """A store of passwords in which Ctrl-C arrives."""

    def get(self, key: Any, default: Any = None) -> Any:
        raise KeyboardInterrupt


def test_interrupt_shows_no_passwords(context: zmq.Context[Any]) -> None:
    """A traceback with local variables, of what ends the loop in mid-request, has no password."""
    authenticator = AsyncioAuthenticator(context)
    authenticator.configure_plain("*", Interrupted(bob=PASSWORD))
    with pytest.raises(KeyboardInterrupt) as caught:
        ask(authenticator, request("PLAIN", b"bob", b"hushhush"))
    assert "hushhush" not in with_locals(caught, "serve", "_handle")
