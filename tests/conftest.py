# SPDX-License-Identifier: BSD-3-Clause
"""What every test may ask for: contexts that must end, sockets that must close, real peers."""

from __future__ import annotations

import faulthandler
import gc
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from effort import LIMIT_S
from support import PATIENCE_MS, terminate

import zmq

PACKAGING_LIMIT_S = 10 * LIMIT_S
"""The same for tests of the build: they run pip, which has time limits of its own."""

# gevent is a requirement of the tests with CPython only; elsewhere it may not build.
collect_ignore = [] if sys.implementation.name == "cpython" else ["green"]

_numbers = itertools.count()
_said_to = [2]
_spared_at = [Path()]


def pytest_report_header(config: pytest.Config) -> str:
    return f"libzmq {zmq.zmq_version()} at {zmq.libzmq_path()}, drafts: {zmq.DRAFT_API}"


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So does a shell for what it starts in the background; programs that are tested inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # What a stuck test leaves has to get past pytest, which keeps what tests write.
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        _said_to[0] = os.dup(2)
    wanted = os.environ.get("ZMQ_TEST_WANT_LIBZMQ")
    if wanted and not zmq.zmq_version().startswith(wanted):
        raise pytest.UsageError(f"wanted libzmq {wanted}, loaded {zmq.zmq_version()}")
    if os.environ.get("ZMQ_TEST_WANT_DRAFT") and not zmq.DRAFT_API:
        raise pytest.UsageError(f"wanted the draft API, {zmq.libzmq_path()} has none")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """End the run with all stacks when a test is stuck, or what is set up and cleared for it."""
    limit_s = PACKAGING_LIMIT_S if item.get_closest_marker("packaging") else LIMIT_S
    faulthandler.dump_traceback_later(limit_s, exit=True, file=_said_to[0])
    _spare_collector(item.path)


def _spare_collector(path: Path) -> None:
    """Have what is there at the first test of a file passed over by the collector from now on.

    Each gc.collect() of a test would go through thousands of collected tests, and reports of those that ran.
    """
    if path != _spared_at[0] and hasattr(gc, "freeze"):
        _spared_at[0] = path
        gc.collect()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    if hasattr(gc, "unfreeze"):
        gc.unfreeze()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell failures at once: a run that ends because of a stuck test makes no summary."""
    if report.failed:
        os.write(_said_to[0], f"\nFAILED {report.nodeid} ({report.when})\n".encode())


def pytest_unconfigure() -> None:
    faulthandler.cancel_dump_traceback_later()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("libzmq"):
        needed = tuple(map(int, mark.args[0].split(".")))
        if zmq.zmq_version_info() < needed:
            pytest.skip(f"needs libzmq {mark.args[0]}, have {zmq.zmq_version()}")
    for mark in item.iter_markers("capability"):
        if not zmq.has(mark.args[0]):
            pytest.skip(f"this libzmq has no {mark.args[0]}")
    if item.get_closest_marker("draft") and not zmq.DRAFT_API:
        pytest.skip("this libzmq has no drafts")


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    """A context; at the end its sockets are closed and it has to terminate."""
    context = zmq.Context()
    yield context
    for socket in list(context._sockets):
        socket.close(0)
    if not context.closed:
        terminate(context)



SocketFactory = Callable[..., zmq.Socket]


@pytest.fixture
def socket(context: zmq.Context) -> Iterator[SocketFactory]:
    """Make sockets that give up after PATIENCE_MS and are closed at the end."""
    made: list[zmq.Socket] = []

    def make(kind: int, **options: Any) -> zmq.Socket:
        one = context.socket(kind)
        made.append(one)
        one.linger = 0
        one.rcvtimeo = one.sndtimeo = PATIENCE_MS
        for name, value in options.items():
            setattr(one, name, value)
        return one

    yield make
    for one in made:
        one.close(0)


@pytest.fixture
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Return an endpoint that nobody else uses, for a transport."""
    # Paths of tests are long, those of ipc sockets have to be short.
    folders: list[tempfile.TemporaryDirectory[str]] = []

    def make(transport: str) -> str:
        number = next(_numbers)
        if transport == "inproc":
            return f"inproc://test-{number}"
        if transport == "ipc":
            folders.append(tempfile.TemporaryDirectory(prefix="zt"))
            return f"ipc://{folders[-1].name}/{number}"
        if transport == "tcp":
            return "tcp://127.0.0.1:*"
        raise ValueError(transport)

    yield make
    for folder in folders:
        folder.cleanup()


Connected = Callable[..., "tuple[zmq.Socket, zmq.Socket]"]


@pytest.fixture
def connected(socket: SocketFactory, endpoint: Callable[[str], str]) -> Connected:
    """Make two connected peers: ``connected(first_type, second_type, transport)``."""

    def make(
        first: int, second: int, transport: str = "inproc", **options: Any
    ) -> tuple[zmq.Socket, zmq.Socket]:
        bound, connecting = socket(first, **options), socket(second, **options)
        if second == zmq.SUB:
            connecting.subscribe(b"")
        bound.bind(endpoint(transport))
        connecting.connect(bound.last_endpoint)
        return bound, connecting

    return make


@pytest.fixture
def compile_library(tmp_path: Path) -> Callable[..., None]:
    """Make a shared library out of C source, or skip where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform == "win32":
        pytest.skip("no C compiler")

    def make(path: Path, source: str, *options: str) -> None:
        file = tmp_path / f"{Path(path).stem}.c"
        file.write_text(source)
        command = [compiler, "-shared", "-fPIC", "-o", str(path), str(file), *options]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    return make
