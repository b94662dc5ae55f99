# SPDX-License-Identifier: BSD-3-Clause
"""``python -m zmq.log`` as a process that watches a real publisher."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from conftest import SocketFactory

import zmq
from zmq.log.handlers import PUBHandler
from zmq.log.records import JSONFormatter

pytestmark = pytest.mark.any_libzmq

Watch = Callable[..., "list[str]"]

LAST = "the last one"


def publish(pub: zmq.Socket) -> None:
    """Publish one message of each kind."""
    handler = PUBHandler(pub, root_topic="root")
    logger = logging.Logger("test", 1)
    logger.addHandler(handler)
    handler.setFormatter(logging.Formatter("%(message)s\n"))
    for level in (10, 20, 30, 40, 50):
        logger.log(level, "sub::message %d", level)
    handler.setFormatter(JSONFormatter())
    try:
        raise RuntimeError("why")
    except RuntimeError:
        logger.exception("whole")
    pub.send_multipart([b"odd", b"three", b"parts"])
    pub.send(b"single")
    pub.send_multipart([b"root.INFO.sub", "escape \x1b[31m\x07\u202e".encode()])
    pub.send_multipart([b"root.CRITICAL.sub", f"message {LAST}".encode()])


@pytest.fixture
def watch(socket: SocketFactory) -> Watch:
    """Run the watcher with arguments, publish, and return its lines."""

    def run(*arguments: str, subscriptions: int = 1) -> list[str]:
        pub = socket(zmq.XPUB)
        port = pub.bind_to_random_port("tcp://127.0.0.1")
        command = [sys.executable, "-m", "zmq.log", *arguments, f"tcp://127.0.0.1:{port}"]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", env=environment,
        ) as process:
            try:
                for _ in range(subscriptions):
                    assert pub.poll(30_000), "the watcher does not subscribe"
                    pub.recv()
                publish(pub)
                assert process.stdout is not None
                lines = []
                for line in process.stdout:
                    lines.append(line.rstrip("\n"))
                    if LAST in line:
                        break
                process.send_signal(signal.SIGINT)
                rest, errors = process.communicate(timeout=30)
            finally:
                process.kill()
        assert (rest, errors, process.returncode) == ("", "", 0)
        return lines

    return run


def test_every_message_is_shown(watch: Watch) -> None:
    """Text, whole records and messages of any number of parts are shown; ^C ends quietly."""
    lines = watch()
    assert lines[:5] == [
        "root.DEBUG.sub | message 10",
        "root.INFO.sub | message 20",
        "root.WARNING.sub | message 30",
        "root.ERROR.sub | message 40",
        "root.CRITICAL.sub | message 50",
    ]
    assert lines[5:7] == ["root.ERROR | whole", "Traceback (most recent call last):"]
    assert lines[-6:] == [
        "RuntimeError: why",
        "odd | three",
        "parts",
        "single | ",
        "root.INFO.sub | escape \\x1b[31m\\x07\\u202e",
        f"root.CRITICAL.sub | message {LAST}",
    ]


def test_filters(watch: Watch) -> None:
    """Topics, least level and patterns each leave out what they say."""
    assert watch("-t", "root.CRIT", "--topic", "root.DEBUG", subscriptions=2) == [
        "root.DEBUG.sub | message 10",
        "root.CRITICAL.sub | message 50",
        f"root.CRITICAL.sub | message {LAST}",
    ]
    assert watch("--level", "error", "--grep", "^message", "--exclude", "4.$") == [
        "root.CRITICAL.sub | message 50",
        f"root.CRITICAL.sub | message {LAST}",
    ]


def test_form(watch: Watch) -> None:
    """Messages can be aligned, timed and separated as wanted."""
    lines = watch(
        "--align", "--timestamp", "--dateformat", "%Y", "--separator", " / ", "-g", "message"
    )
    year = time.strftime("%Y")
    assert lines == [
        f"{year} root.DEBUG.sub / message 10",
        f"{year} root.INFO.sub  / message 20",
        f"{year} root.WARNING.sub / message 30",
        f"{year} root.ERROR.sub   / message 40",
        f"{year} root.CRITICAL.sub / message 50",
        f"{year} root.CRITICAL.sub / message {LAST}",
    ]


def test_color(watch: Watch) -> None:
    """Each level has its color when asked for, and none when the output is no terminal."""
    colored = watch("--color", "-g", "message")
    starts = [line.partition("root")[0] for line in colored]
    assert len(set(starts[:5])) == 5
    assert all(start.startswith("\033[") for start in starts)
    assert all(line.endswith("\033[0m") for line in colored)
    assert not any("\033" in line for line in watch("-g", "message"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nonsense"], "Invalid argument"),
        (["--level", "loud", "tcp://127.0.0.1:1"], "no level 'loud'"),
        (["--grep", "(", "tcp://127.0.0.1:1"], "'(' is no pattern"),
        ([], "zmq_pub_url"),
    ],
)
def test_wrong_arguments_are_explained(arguments: list[str], text: str) -> None:
    """What cannot be is said in a usage error."""
    done = subprocess.run(
        [sys.executable, "-m", "zmq.log", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert text in done.stderr


def test_importing_the_handlers_is_cheap() -> None:
    """zmq.log.handlers needs no module that zmq and logging do not need."""
    code = (
        "import sys, logging, zmq; before = set(sys.modules); import zmq.log.handlers; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["zmq.log", "zmq.log.handlers"]
