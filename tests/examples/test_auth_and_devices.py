# SPDX-License-Identifier: BSD-3-Clause
"""The examples of zmq.auth and zmq.devices, run as a reader would run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from programs import example

PATIENCE_S = 50

# User ids are seen from libzmq 4.1 on.
secure = pytest.mark.libzmq("4.1")
curve = pytest.mark.capability("curve")


def output(name: str, *arguments: str) -> list[str]:
    """Run an example to its end and return the lines it printed."""
    with example(name, *arguments) as program:
        return end(program)


def end(program: Any) -> list[str]:
    said, _ = program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0
    lines: list[str] = said.splitlines()
    return lines


@secure
def test_null() -> None:
    """The allowed address gets in, another one would not, and the log says why."""
    assert output("auth/null.py") == ["the server got b'hello' from anonymous"]
    refused = output("auth/null.py", "10.0.0.1", "500")
    assert refused[-1] == "nothing arrived"
    assert "Address not allowed" in refused[0]


@secure
def test_plain() -> None:
    """Users with the right password are answered by name, others are not."""
    with example("auth/plain_server.py", "tcp://127.0.0.1:*", "2") as server:
        endpoint = server.stdout.readline().split()[-1]
        assert output("auth/plain_client.py", endpoint) == ["answered: Hello alice"]
        assert "no answer" in output("auth/plain_client.py", endpoint, "bob", "wrong", "500")[0]
        assert output("auth/plain_client.py", endpoint, "bob", "builder") == ["answered: Hello bob"]
        lines = end(server)
    assert [line for line in lines if line.startswith("asked")] == [
        "asked by alice",
        "asked by bob",
    ]
    assert any("Invalid password" in line for line in lines)
    assert not any("wrong" in line for line in lines)


@curve
def test_curve() -> None:
    """A question and its answer go through an encrypted connection."""
    assert output("auth/curve.py") == [
        "asked: a secret question",
        "answered: a secret answer",
    ]


@secure
@curve
def test_ironhouse(tmp_path: Path) -> None:
    """The client whose key is known is answered, the stranger is not."""
    folder = str(tmp_path / "certificates")
    assert len(output("auth/make_certificates.py", folder)) == 3
    with example("auth/ironhouse_server.py", folder, "tcp://127.0.0.1:*", "2") as server:
        endpoint = server.stdout.readline().split()[-1]
        welcome = ["answered: welcome to the iron house"]
        assert output("auth/ironhouse_client.py", folder, endpoint) == welcome
        stranger = output("auth/ironhouse_client.py", folder, endpoint, "stranger", "500")
        assert "no answer" in stranger[0]
        assert output("auth/ironhouse_client.py", folder, endpoint) == welcome
        lines = end(server)
    assert len([line for line in lines if line.startswith("asked by")]) == 2
    assert any("Unknown key" in line for line in lines)


def test_thread_broker() -> None:
    """Questions are answered through the broker, which ends with the context."""
    assert output("devices/thread_broker.py", "3") == [
        "answered: QUESTION 0",
        "answered: QUESTION 1",
        "answered: QUESTION 2",
        "the broker has ended: True",
    ]


def test_monitored_queue() -> None:
    """Each message is seen by the watcher, with its direction."""
    assert output("devices/monitored_queue.py", "2") == [
        "asked 0?",
        "answered 0!",
        "asked 1?",
        "answered 1!",
    ]


def test_steered_proxy() -> None:
    """The proxy pauses, goes on, counts and ends."""
    assert output("devices/steered_proxy.py") == [
        "passed on: one",
        "while it pauses: nothing",
        "passed on: two",
        "messages: 2",
        "ended: True",
    ]
