# SPDX-License-Identifier: BSD-3-Clause
"""Passwords and secret keys are shown nowhere."""

from __future__ import annotations

import hmac
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from zap import request, status

import zmq
from zmq.auth import Authenticator, _zap, load_certificate

pytestmark = pytest.mark.libzmq("4.0")

PASSWORD = "Tr0ub4dor&3"


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
            authenticator._refused_at.clear()
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


@pytest.mark.capability("curve")
def test_wrong_secret_key_is_not_repeated() -> None:
    """A malformed secret key is not shown by the error that it makes."""
    with pytest.raises(ValueError, match="40 byte") as caught:
        zmq.curve_public(b"hushhush")
    assert "hush" not in str(caught.value)
