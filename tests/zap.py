# SPDX-License-Identifier: BSD-3-Clause
"""Requests of ZAP 1.0 as libzmq makes them, and replies without input and output."""

from __future__ import annotations

from typing import Any


def request(
    mechanism: str,
    *credentials: bytes,
    domain: bytes = b"",
    address: bytes = b"127.0.0.1",
    request_id: bytes = b"1",
) -> list[bytes]:
    """Return a request."""
    return [b"1.0", request_id, domain, address, b"", mechanism.encode(), *credentials]


def answer(authenticator: Any, frames: list[bytes]) -> list[bytes]:
    """Return an authenticator's reply to a request that needs no waiting."""
    coroutine = authenticator._answer(frames)
    try:
        coroutine.send(None)
    except StopIteration as end:
        reply: list[bytes] = end.value
        return reply
    raise AssertionError("the authenticator waits for something")


def status(authenticator: Any, frames: list[bytes]) -> int:
    """Return the status of the reply to a request."""
    return int(answer(authenticator, frames)[2])
