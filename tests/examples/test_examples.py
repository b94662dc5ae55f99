# SPDX-License-Identifier: BSD-3-Clause
"""The examples, run as a reader would run them: as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import zmq

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE_S = 30


class Program:
    """A running example."""

    def __init__(self, name: str, *arguments: str) -> None:
        package = str(Path(zmq.__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> str:
        """Wait until the program ends well, and return what else it said."""
        said, _ = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0
        return said.strip()


@pytest.fixture
def run() -> Iterator[Callable[..., Program]]:
    """Start examples; those that still run at the end are killed."""
    programs: list[Program] = []

    def start(name: str, *arguments: str) -> Program:
        programs.append(Program(name, *arguments))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
        program.process.communicate()


@pytest.fixture
def port() -> Callable[[], str]:
    """Return endpoints that programs can be told before anybody is bound to them."""

    def unused() -> str:
        with zmq.Context() as context, context.socket(zmq.REP) as socket:
            return f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"

    return unused


def test_hello(run: Callable[..., Program]) -> None:
    """The client gets an answer to each question."""
    server = run("hello_server.py", "tcp://127.0.0.1:*", "5")
    endpoint = server.line().rpartition(" ")[2]
    client = run("hello_client.py", endpoint, "5")

    answers = client.end().splitlines()

    assert answers == [f"answered: World, to Hello {number}" for number in range(5)]
    assert len(server.end().splitlines()) == 5


def test_publisher(run: Callable[..., Program]) -> None:
    """Each subscriber hears all of what it subscribed to, up to the end."""
    publisher = run("publisher.py", "tcp://127.0.0.1:*", "300", "2")
    endpoint = publisher.line().rpartition(" ")[2]
    subscribers = [run("subscriber.py", endpoint, city) for city in ("Lima", "Cairo")]

    said = [subscriber.end() for subscriber in subscribers]

    publisher.end()
    assert [text.partition(":")[0] for text in said] == ["Lima", "Cairo"]
    assert all(int(text.split()[1]) > 0 for text in said)


def test_pipeline(run: Callable[..., Program], port: Callable[[], str]) -> None:
    """Every task is done once, whoever is started first."""
    tasks, results = port(), port()
    workers = [run("worker.py", tasks, results, "3") for _ in range(2)]
    sink = run("sink.py", results)
    ventilator = run("ventilator.py", tasks, results, "50")

    ventilator.end()
    done = sum(int(worker.end().split()[1]) for worker in workers)

    assert done == 50
    assert sink.end().endswith(f"50 results, in sum {sum(n * n for n in range(50))}")


def test_broker(run: Callable[..., Program]) -> None:
    """Clients get their own answers from workers that they do not know."""
    broker = run("broker.py", *["tcp://127.0.0.1:*"] * 3)
    frontend, backend, control = (broker.line().rpartition(" ")[2] for _ in range(3))
    workers = [run("answerer.py", backend, "3") for _ in range(2)]
    clients = [run("asker.py", frontend, "20") for _ in range(3)]

    for client in clients:
        lines = client.end().splitlines()
        assert lines == [f"{number} doubled is {2 * number}" for number in range(20)]
    answered = sum(int(worker.end().split()[1]) for worker in workers)
    with zmq.Context() as context, context.socket(zmq.PAIR) as steering:
        steering.connect(control)
        steering.send(b"TERMINATE")
        assert broker.end() == "done"
    assert answered == 60


def test_web_page(run: Callable[..., Program]) -> None:
    """Pages that are asked for at the same time show the answers to their own questions."""
    server = run("hello_server.py", "tcp://127.0.0.1:*", "8")
    endpoint = server.line().rpartition(" ")[2]
    web = run("tornado_web.py", "--server", endpoint, "--port", "0", "--count", "8")
    place = web.line().rpartition(" ")[2]

    def page(number: int) -> str:
        address = f"{place}/?question=Hello+{number}"
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as response:
            text: str = response.read().decode()
        return text

    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(page, range(8)))

    assert pages == [f"World, to Hello {number}\n" for number in range(8)]
    assert web.end() == ""
    server.end()
