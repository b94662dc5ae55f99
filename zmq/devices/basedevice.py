# SPDX-License-Identifier: BSD-3-Clause
"""Devices: a proxy that is described first and run later, here, in a thread or in a process.

A device opens its sockets where it runs, for a socket belongs to one thread. What is said
about them before that is only noted. ``start()`` of those that run in the background
returns when the sockets are bound and connected, and raises what went wrong; what goes
wrong later is raised by ``join()``.

The sockets are opened in a shadow of the context, not in the context that the program
holds: ``Context.destroy()`` closes the sockets of its own thread, and must not touch
these. They see that the context ends, and close themselves.
"""

from __future__ import annotations

import signal
import threading

import zmq
from zmq import Context, ContextTerminated, DeviceType, proxy

from ._ports import reserve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._ports import HeldPort

    AnySocket = zmq.Socket[Any]

__all__ = ["Device", "ProcessDevice", "ThreadDevice"]

_NOT_IN_PICKLES = ("_context", "_ended", "_outcome", "_ports", "_reports", "_sockets", "launcher")
_TRACEBACK_LIMIT = 20_000


class Side:
    """What is to be done with one socket of a device when it is opened.

    Attributes
    ----------
    options : list of (option, value)
    binds, connects : list of str
    """

    def __init__(self) -> None:
        self.options: list[tuple[int, Any]] = []
        self.binds: list[str] = []
        self.connects: list[str] = []

    def prepare(self, socket: AnySocket) -> None:
        """Set the options, bind and connect."""
        for option, value in self.options:
            socket.setsockopt(option, value)
        for addr in self.binds:
            socket.bind(addr)
        for addr in self.connects:
            socket.connect(addr)


class Device:
    """A proxy that runs in the thread that starts it.

    Parameters
    ----------
    device_type : int, a zmq.DeviceType; it makes no difference
    in_type, out_type : int, a zmq.SocketType each
        A negative ``out_type`` makes one socket serve as both: it gets back what it
        receives.

    Attributes
    ----------
    context_factory : callable
        Returns the context to open the sockets in. A class makes one for this device
        alone, which ends with it.
    daemon : bool; a device in the background does not keep the program alive
    done : bool, whether the device has ended

    Raises
    ------
    TypeError : a type is missing

    Notes
    -----
    Uses ``zmq_proxy``. The methods that bind, connect and set options only note what to
    do when the device starts; all options are set before the first bind.
    """

    context_factory: Callable[[], Context[Any]] = Context.instance
    launcher: Any = None

    def __init__(
        self,
        device_type: int = DeviceType.QUEUE,
        in_type: int | None = None,
        out_type: int | None = None,
    ) -> None:
        if in_type is None:
            raise TypeError("in_type must be specified")
        if out_type is None:
            raise TypeError("out_type must be specified")
        self.device_type = device_type
        self.in_type = in_type
        self.out_type = out_type
        self.daemon = True
        self.done = False
        self._in = Side()
        self._out = Side()
        self._forget_run()

    def _forget_run(self) -> None:
        self._ended = threading.Event()
        self._outcome: BaseException | None = None
        self._context: Context[Any] | None = None
        self._sockets: list[AnySocket] = []
        self._ports: list[HeldPort] = []

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__
        return {name: value for name, value in state.items() if name not in _NOT_IN_PICKLES}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_run()

    # ------------------------------------------------------------------
    # what to do with the sockets

    def bind_in(self, addr: str) -> None:
        """Have the first socket listen at an endpoint."""
        self._in.binds.append(addr)

    def bind_in_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Have the first socket listen at a free port.

        Parameters
        ----------
        addr : str, an endpoint without a port, such as ``"tcp://127.0.0.1"``
        *args, **kwargs : ``min_port``, ``max_port``, ``max_tries``, as of
            zmq.Socket.bind_to_random_port

        Returns
        -------
        int, the port, which on Linux is held until the device runs

        Raises
        ------
        as zmq.Socket.bind_to_random_port
        """
        return self._bind_to_random_port(self._in, addr, *args, **kwargs)

    def bind_out(self, addr: str) -> None:
        """Have the second socket listen at an endpoint."""
        self._out.binds.append(addr)

    def bind_out_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Have the second socket listen at a free port; as bind_in_to_random_port()."""
        return self._bind_to_random_port(self._out, addr, *args, **kwargs)

    def connect_in(self, addr: str) -> None:
        """Have the first socket connect to an endpoint."""
        self._in.connects.append(addr)

    def connect_out(self, addr: str) -> None:
        """Have the second socket connect to an endpoint."""
        self._out.connects.append(addr)

    def setsockopt_in(self, opt: int, value: Any) -> None:
        """Have an option of the first socket set.

        Parameters
        ----------
        opt : int, a zmq.SocketOption
        value : int or bytes, as the option has it
        """
        self._in.options.append((opt, value))

    def setsockopt_out(self, opt: int, value: Any) -> None:
        """Have an option of the second socket set; as setsockopt_in()."""
        self._out.options.append((opt, value))

    def _bind_to_random_port(self, side: Side, addr: str, *args: Any, **kwargs: Any) -> int:
        port, held = reserve(addr, side.options, *args, **kwargs)
        if held is not None:
            self._ports.append(held)
        side.binds.append(f"{addr}:{port}")
        return port

    def _release_ports(self) -> None:
        while self._ports:
            self._ports.pop().close()

    # ------------------------------------------------------------------
    # running

    def _setup_sockets(self) -> tuple[AnySocket, ...]:
        """Return the sockets, which are opened by the first call."""
        if not self._sockets:
            self._open_sockets(self._enter_context())
            self._release_ports()
        return tuple(self._sockets)

    def _enter_context(self) -> Context[Any]:
        context = self.context_factory()
        if isinstance(self.context_factory, type):
            self._context = context
        shadow: Context[Any] = Context.shadow(context)
        shadow.sockopts.update(context.sockopts)
        return shadow

    def _open_sockets(self, context: Context[Any]) -> None:
        """Open the sockets, in the order in which run_device() wants them."""
        self._open(context, self.in_type, self._in)
        if self.out_type < 0:
            self._out.prepare(self._sockets[0])
            self._sockets.append(self._sockets[0])
        else:
            self._open(context, self.out_type, self._out)

    def _open(self, context: Context[Any], socket_type: int, side: Side) -> None:
        socket = context.socket(socket_type)
        self._sockets.append(socket)
        side.prepare(socket)

    def _close_sockets(self) -> None:
        """Close the sockets, and end a context that nobody else has."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            socket.close()
        context, self._context = self._context, None
        if context is not None:
            context.term()

    def run_device(self) -> int:
        """Forward messages until something ends it; what run() calls, for subclasses."""
        frontend, backend = self._setup_sockets()
        return proxy(frontend, backend)

    def run(self) -> None:
        """Open the sockets and forward messages, in this thread, until the context ends.

        Raises
        ------
        zmq.ZMQError : a socket could not be opened, bound or connected, or failed
        """
        try:
            self.run_device()
        except ContextTerminated:
            pass
        finally:
            self._end()

    def _end(self) -> None:
        try:
            self._close_sockets()
        finally:
            self.done = True
            self._ended.set()

    def start(self) -> None:
        """Run the device in this thread; as run()."""
        self.done = False
        self._ended.clear()
        self.run()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the device to end.

        Parameters
        ----------
        timeout : float, seconds; None waits for ever
        """
        self._ended.wait(timeout)


class BackgroundDevice(Device):
    """What devices that run in the background have in common.

    Attributes
    ----------
    launcher : what runs the device, None before start()
    """

    def start(self) -> None:
        """Run the device in the background.

        Returns when its sockets are bound and connected.

        Raises
        ------
        RuntimeError : it runs already; it ended for no known reason
        whatever kept it from being started, such as zmq.ZMQError
        """
        if self.launcher is not None and self.launcher.is_alive():
            raise RuntimeError("this device is running already")
        self.done = False
        self._ended.clear()
        self._outcome = None
        failure = self._launch()
        if failure is not None:
            self._outcome = failure
            raise failure

    def _launch(self) -> BaseException | None:
        """Run the device in the background; return None when it is ready, or why it failed."""
        raise NotImplementedError

    def join(self, timeout: float | None = None) -> None:
        """Wait for the device to end.

        Parameters
        ----------
        timeout : float, seconds; None waits for ever

        Raises
        ------
        RuntimeError : it was not started
        whatever made it end, such as zmq.ZMQError, at each call; the end of its context
            is no failure
        """
        if self.launcher is None:
            raise RuntimeError("this device was not started")
        self.launcher.join(timeout)
        if self.launcher.is_alive():
            return
        self._conclude()
        if self._outcome is not None:
            raise self._outcome

    def _conclude(self) -> None:
        """Find out how the device, which has ended, did so."""


class ThreadDevice(BackgroundDevice):
    """A proxy that runs in a thread of its own.

    Parameters and attributes are those of Device. A failure after start() is also given to
    threading.excepthook.
    """

    def _launch(self) -> BaseException | None:
        ready = threading.Event()
        failures: list[BaseException] = []
        self.launcher = threading.Thread(
            target=self._in_thread,
            args=(ready, failures),
            name=type(self).__name__,
            daemon=self.daemon,
        )
        self.launcher.start()
        ready.wait()
        if not failures:
            return None
        self.launcher.join()
        return failures[0]

    def _in_thread(self, ready: threading.Event, failures: list[BaseException]) -> None:
        """Run the device; what its thread does."""
        try:
            self._setup_sockets()
        except BaseException as error:
            failures.append(error)
            self._end()
            return
        finally:
            ready.set()
        try:
            self.run()
        except BaseException as error:
            self._outcome = error
            raise


class ProcessDevice(BackgroundDevice):
    """A proxy that runs in a process of its own.

    Parameters and attributes are those of Device. The context is made in that process.

    Attributes
    ----------
    start_method : str
        ``"fork"``, ``"forkserver"`` or ``"spawn"``; None for that of multiprocessing. All
        but fork pickle the device.

    Notes
    -----
    ``launcher`` is a multiprocessing.Process. To end it with ``launcher.terminate()`` or
    Ctrl-C is no failure to join(). A failure after start() is also printed by the process.
    """

    context_factory: Callable[[], Context[Any]] = Context
    start_method: str | None = None
    _reports: Any = None

    def _launch(self) -> BaseException | None:
        import multiprocessing

        processes: Any = multiprocessing.get_context(self.start_method)
        self._reports, reporter = processes.Pipe(duplex=False)
        self.launcher = processes.Process(
            target=_run_in_process, args=(self, reporter), daemon=self.daemon
        )
        try:
            self.launcher.start()
        except BaseException:
            self._reports.close()
            self.launcher = None
            raise
        finally:
            reporter.close()
        return self._wait_for_report()

    def _wait_for_report(self) -> BaseException | None:
        from multiprocessing.connection import wait

        # A process forked meanwhile by somebody else may keep the pipe open: no end of file then.
        wait([self._reports, self.launcher.sentinel])
        report = self._report()
        if report == _READY:
            self._release_ports()
            return None
        self.launcher.join()
        self._reports.close()
        self._end()
        return self._failure(report)

    def _conclude(self) -> None:
        if self._reports.closed:
            return
        report = self._report()
        self._reports.close()
        if report is not None or self.launcher.exitcode not in (0, -signal.SIGTERM):
            self._outcome = self._failure(report)
        self._end()

    def _report(self) -> Any:
        """Return what the process said, None if nothing."""
        try:
            return self._reports.recv() if self._reports.poll() else None
        except (EOFError, OSError):
            return None

    def _failure(self, report: tuple[Exception, str] | None) -> Exception:
        if report is None:
            return RuntimeError(f"the process of this device {_ending(self.launcher.exitcode)}")
        error, text = report
        error.__cause__ = _InProcess(text)
        return error


_READY = "ready"


class _InProcess(Exception):
    """Shows the traceback of another process."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return f"in the process of the device:\n{self.text}"


def _ending(exitcode: int) -> str:
    if exitcode >= 0:
        return f"ended with exit status {exitcode}"
    try:
        return f"was ended by {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"was ended by signal {-exitcode}"


def _run_in_process(device: ProcessDevice, reporter: Any) -> None:
    """Run a device; what a process of ProcessDevice does."""
    try:
        device._setup_sockets()
    except BaseException as error:
        device._end()
        reporter.send(_portable(error))
        raise SystemExit(1) from None
    try:
        reporter.send(_READY)
        device.run()
    except KeyboardInterrupt:
        device._end()
    except BaseException as error:
        reporter.send(_portable(error))
        raise


def _portable(error: BaseException) -> tuple[Exception, str]:
    """Return an exception, and its traceback, that can be pickled."""
    import pickle
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        if not isinstance(error, Exception):
            raise TypeError("ends more than the device")
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return error, text[-_TRACEBACK_LIMIT:]
