# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong in a device is said by start() or join(), wherever it runs."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from failing_devices import (
    LeavingProcess,
    StumblingProcess,
    StumblingThread,
    UnpicklableProcess,
    leave_at_once,
)
from programs import run
from support import terminate, until

import zmq
from zmq.devices import (
    Device,
    ProcessDevice,
    ProcessMonitoredQueue,
    ThreadDevice,
    ThreadMonitoredQueue,
    ThreadProxy,
)

SocketFactory = Callable[..., "zmq.Socket[bytes]"]
LOCAL = "tcp://127.0.0.1"

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals")


@pytest.fixture(params=["thread", *multiprocessing.get_all_start_methods()])
def make(request: pytest.FixtureRequest, context: zmq.Context[Any]) -> Iterator[Callable[..., Any]]:
    """Make devices in a thread or in a process; processes are ended after the test."""
    made: list[Any] = []

    def one(in_type: int, out_type: int, monitored: bool = False) -> Any:
        types = (in_type, out_type) if monitored else (zmq.QUEUE, in_type, out_type)
        if request.param == "thread":
            device: Any = (ThreadMonitoredQueue if monitored else ThreadDevice)(*types)
            device.context_factory = lambda: context
        else:
            device = (ProcessMonitoredQueue if monitored else ProcessDevice)(*types)
            device.start_method = request.param
            made.append(device)
        return device

    yield one
    for device in made:
        if device.launcher is not None:
            device.launcher.kill()
            device.launcher.join()


def fails_to_start(device: Any, error: type[Exception], match: str) -> BaseException:
    """Check that start() and join() say the same, and return it."""
    with pytest.raises(error, match=match) as started:
        device.start()
    with pytest.raises(error, match=match):
        device.join()
    assert device.done
    assert not device.launcher.is_alive()
    return started.value


def test_endpoint_that_is_none(make: Callable[..., Any]) -> None:
    """An endpoint that libzmq refuses is an error of start() that names it."""
    device = make(zmq.PULL, zmq.PUSH)
    device.connect_in("tcp://127.0.0.1:1")
    device.bind_out("nonsense://x")
    error = fails_to_start(device, zmq.ZMQError, "nonsense://x")
    assert error.errno == zmq.EPROTONOSUPPORT  # type: ignore[attr-defined]


def test_endpoint_that_is_taken(make: Callable[..., Any], socket: SocketFactory) -> None:
    """A port in use is an error of start(); when it is free, the same device starts."""
    taken = socket(zmq.PULL)
    taken.bind(f"{LOCAL}:*")
    device = make(zmq.PULL, zmq.PUSH)
    device.bind_in(taken.last_endpoint.decode())
    error = fails_to_start(device, zmq.ZMQError, "in use")
    assert error.errno == zmq.EADDRINUSE  # type: ignore[attr-defined]
    taken.unbind(taken.last_endpoint)

    def started() -> bool:
        # Unbinding takes effect in the background.
        try:
            device.start()
        except zmq.ZMQError:
            return False
        return True

    until(started)
    assert not device.done
    push = socket(zmq.PUSH)
    push.connect(device._in.binds[0])
    with pytest.raises(RuntimeError, match="already"):
        device.start()


def test_option_that_is_none(make: Callable[..., Any]) -> None:
    """An option that cannot be set is an error of start()."""
    device = make(zmq.PULL, zmq.PUSH)
    device.setsockopt_in(zmq.SUBSCRIBE, b"")
    fails_to_start(device, zmq.ZMQError, "SUBSCRIBE")
    device = make(zmq.PULL, zmq.PUSH)
    device.setsockopt_out(zmq.LINGER, "soon")
    fails_to_start(device, TypeError, "LINGER")


def test_type_that_is_none(make: Callable[..., Any]) -> None:
    """A socket type that libzmq does not have is an error of start()."""
    fails_to_start(make(zmq.PULL, 99), zmq.ZMQError, "99")


def test_error_keeps_its_origin() -> None:
    """An error of another process shows the traceback that it had there."""
    device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.bind_in("nonsense://x")
    error = fails_to_start(device, zmq.ZMQError, "nonsense")
    assert "in _setup_sockets" in str(error.__cause__)


def test_context_that_is_closed() -> None:
    """A context that has ended is an error of start()."""
    context: zmq.Context[Any] = zmq.Context()
    context.term()
    device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    fails_to_start(device, zmq.ZMQError, "terminated")


def test_context_factory_that_fails() -> None:
    """What a context_factory raises is an error of start()."""

    def none() -> Any:
        raise LookupError("no context today")

    device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = none
    fails_to_start(device, LookupError, "today")


def test_failed_device_leaves_no_socket(context: zmq.Context[Any]) -> None:
    """A device that fails to start closes what it has opened: its context can end."""
    device = ThreadProxy(zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    device.bind_in("inproc://in")
    device.bind_mon("nonsense://x")
    fails_to_start(device, zmq.ZMQError, "nonsense")
    terminate(context)


def test_socket_that_cannot_send(
    make: Callable[..., Any], socket: SocketFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends a running device is raised by join(), at each call."""
    monkeypatch.setattr(threading, "excepthook", lambda info: None)
    device = make(zmq.PULL, zmq.PULL, monitored=True)
    port = device.bind_in_to_random_port(LOCAL)
    device.start()
    push = socket(zmq.PUSH)
    push.connect(f"{LOCAL}:{port}")
    push.send(b"x")
    for _ in range(2):
        with pytest.raises(zmq.ZMQError) as caught:
            device.join(10)
        assert caught.value.errno in (zmq.ENOTSUP, errno.EOPNOTSUPP)
    assert device.done


def test_failure_in_a_thread_is_not_silent(
    context: zmq.Context[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that fails tells threading.excepthook, for programs that never call join()."""
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda info: told.append(info.exc_value))
    device = StumblingThread(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    device.start()
    with pytest.raises(LookupError, match="lost the way") as caught:
        device.join(10)
    assert told == [caught.value]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_failure_in_a_process_is_not_silent(method: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A process that fails prints why, for programs that never call join()."""
    device = StumblingProcess(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.start_method = method
    device.start()
    with pytest.raises(LookupError, match="lost the way") as caught:
        device.join(10)
    assert "in run_device" in str(caught.value.__cause__)
    if method != "forkserver":  # whose output may be that of an earlier test
        assert "LookupError" in capfd.readouterr().err


def test_failure_that_cannot_be_sent() -> None:
    """An exception that cannot be pickled arrives as its text."""
    device = UnpicklableProcess(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.start()
    with pytest.raises(RuntimeError, match="Stumble: fell, twice"):
        device.join(10)


def test_process_that_just_ends() -> None:
    """A process that ends without a word is a failure too, before and after it has started."""
    device = LeavingProcess(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.start()
    with pytest.raises(RuntimeError, match="status 3"):
        device.join(10)
    other = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    other.context_factory = leave_at_once
    fails_to_start(other, RuntimeError, "status 4")


@posix
@pytest.mark.parametrize(
    ("number", "failure"),
    [("SIGTERM", None), ("SIGINT", None), ("SIGKILL", "SIGKILL"), ("SIGUSR2", "SIGUSR2")],
)
def test_process_ended_by_a_signal(number: str, failure: str | None) -> None:
    """Ctrl-C and SIGTERM are ways to end a device; other signals are failures."""
    device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.bind_in(f"{LOCAL}:*")
    device.start()

    def ended() -> bool:
        # A signal that arrives just before libzmq's wait begins does not end that.
        os.kill(device.launcher.pid, getattr(signal, number))
        device.launcher.join(1)
        return not device.launcher.is_alive()

    until(ended)
    if failure is None:
        device.join(10)
    else:
        with pytest.raises(RuntimeError, match=failure):
            device.join(10)
    assert device.done


def test_device_that_cannot_be_pickled() -> None:
    """What keeps a process from being started is raised, and the device is as before."""
    device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.start_method = "spawn"
    device.context_factory = lambda: zmq.Context()
    with pytest.raises(Exception, match=r"[Pp]ickle"):
        device.start()
    assert device.launcher is None
    with pytest.raises(RuntimeError, match="not started"):
        device.join()


def test_join_needs_a_start() -> None:
    """A device that was not started cannot be waited for."""
    for device in (
        ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH),
        ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH),
    ):
        with pytest.raises(RuntimeError, match="not started"):
            device.join()


@pytest.mark.parametrize("types", [(None, zmq.PUSH), (zmq.PULL, None), (None, None)])
def test_types_are_needed(types: tuple[int | None, int | None]) -> None:
    """A device without both types is an error at once."""
    with pytest.raises(TypeError, match="type must be specified"):
        Device(zmq.QUEUE, *types)


def test_device_ends_and_starts_again(context: zmq.Context[Any]) -> None:
    """A device that has ended can be started again, in another context."""
    device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    for _ in range(3):
        with zmq.Context() as own:
            device.context_factory = lambda: own
            device.start()
            assert not device.done
        device.join(10)
        assert device.done


class WithoutSetup(ThreadDevice):
    """Uses no sockets."""

    ran = False

    def run_device(self) -> int:
        self.ran = True
        return 0


class WithSetup(ThreadDevice):
    """Uses its sockets otherwise than a proxy."""

    def run_device(self) -> int:
        frontend, backend = self._setup_sockets()
        backend.send_multipart([b"changed", *frontend.recv_multipart()])
        return 0


def test_devices_of_subclasses(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """A subclass may do something else in run_device(), with or without the sockets."""
    idle = WithoutSetup(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    idle.context_factory = lambda: context
    idle.start()
    idle.join(10)
    assert idle.ran
    device = WithSetup(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    device.bind_in("inproc://in")
    device.bind_out("inproc://out")
    device.start()
    push, pull = socket(zmq.PUSH), socket(zmq.PULL)
    push.connect("inproc://in")
    pull.connect("inproc://out")
    push.send(b"x")
    assert pull.recv_multipart() == [b"changed", b"x"]
    device.join(10)


@pytest.mark.parametrize("kind", ["ThreadDevice", "ProcessDevice"])
def test_program_ends_with_running_devices(kind: str) -> None:
    """A program does not wait for its devices, says nothing about them, and leaves no process."""
    assert run(
        f"""
from zmq.devices import {kind} as Kind
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
device = Kind(zmq.QUEUE, zmq.PULL, zmq.PUSH)
device.bind_in("tcp://127.0.0.1:*")
device.start()
print(device.launcher.daemon, getattr(device.launcher, "pid", ""))
""",
        stderr="",
    ).startswith("True")


def test_daemon_is_the_launchers(context: zmq.Context[Any]) -> None:
    """A device that is no daemon runs in a thread that is none."""
    device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    device.daemon = False
    device.start()
    assert not device.launcher.daemon
    terminate(context)
    device.join(10)
