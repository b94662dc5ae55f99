# SPDX-License-Identifier: BSD-3-Clause
"""Feeding published log records back into logging."""

from __future__ import annotations

import contextlib
import itertools
import logging
import sys
import threading

import zmq

from .records import parse_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["SUBListener"]

_BURST = 100
_LAST = 10_000
"""Messages received between two looks at whether to stop, and after the last one."""

MOST_LOGGERS = 1000
"""How many loggers a listener makes for names that arrive: logging keeps each for ever."""

_numbers = itertools.count()


class SUBListener:
    """A thread that receives what PUBHandlers publish and has logging handle it here.

    Used in a with statement it listens until the end of that::

        with SUBListener("tcp://server:5555"):
            ...

    Parameters
    ----------
    interface_or_socket : str, iterable of str, or zmq.Socket
        Endpoints of publishers, to which the listener connects a SUB socket of its own; or
        a socket, bound or connected, which stays the caller's but must not be used by
        anybody else from start() to stop()
    context : zmq.Context, optional
        For the socket that the listener makes; by default it makes a context
    topics : str or iterable of str, what to subscribe to; by default to everything.
        A socket that was given is left as it is.
    logger : logging.Logger or str, optional
        The logger that gets all records. By default each goes to the logger of the name
        it was logged under, or, from a text message, the name of its root topic.

    Raises
    ------
    zmq.ZMQError : as Socket.connect()

    Notes
    -----
    Records travel whole where the publisher uses zmq.log.records.JSONFormatter; text makes
    records as parse_record() says. Their attribute ``zmq_topic`` is their topic. Only
    loggers that are enabled for a record's level get it.

    Of names that are new here the first thousand become loggers; records of further ones go
    to the nearest logger above them that there is.

    Do not let a logger that gets these records publish them at the same endpoint: they
    would go round for ever.
    """

    def __init__(
        self,
        interface_or_socket: str | Iterable[str] | zmq.Socket[Any],
        context: zmq.Context[Any] | None = None,
        topics: str | Iterable[str] = "",
        *,
        logger: logging.Logger | str | None = None,
    ) -> None:
        self.logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._made: set[str] = set()
        self._lock = threading.Lock()
        self._owned: list[Any] = []
        self._thread: threading.Thread | None = None
        self._control: zmq.Socket[Any] | None = None
        if isinstance(interface_or_socket, zmq.Socket):
            self.socket: zmq.Socket[Any] = interface_or_socket
        else:
            self._connect(_texts(interface_or_socket), context, _texts(topics))

    def _connect(
        self, endpoints: list[str], context: zmq.Context[Any] | None, topics: list[str]
    ) -> None:
        used: zmq.Context[Any] = zmq.Context() if context is None else context
        socket = used.socket(zmq.SUB)
        self._owned = [socket, used] if context is None else [socket]
        try:
            for topic in topics:
                socket.subscribe(topic)
            for endpoint in endpoints:
                socket.connect(endpoint)
        except BaseException:
            self._close_owned()
            raise
        self.socket = socket

    def __enter__(self) -> SUBListener:
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.stop()

    def is_alive(self) -> bool:
        """Tell whether the listener listens."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin to listen, in a thread.

        Raises
        ------
        RuntimeError : it was started before
        """
        if self._thread is not None:
            raise RuntimeError("this listener was started before; make another one")
        address = f"inproc://zmq.log.listener-{next(_numbers)}-{id(self):x}"
        context = self.socket.context
        told: zmq.Socket[Any] = context.socket(zmq.PAIR, socket_class=zmq.Socket)
        self._control = context.socket(zmq.PAIR, socket_class=zmq.Socket)
        told.bind(address)
        self._control.connect(address)
        self._thread = threading.Thread(
            target=self._run, args=(told,), name="zmq.log.SUBListener", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and close the socket unless it is the caller's.

        Returns when the thread has ended, and at once if called from handle(). Messages that
        wait in the socket are handled before that.
        """
        with self._lock:
            if self._control is not None and self.is_alive():
                # Where that fails the context is being terminated, which stops the thread too.
                with contextlib.suppress(zmq.ZMQError):
                    self._control.send(b"", zmq.DONTWAIT)
        if self._thread is None:
            self._close_owned()
        elif self._thread is not threading.current_thread():
            self._thread.join()

    def handle(self, record: logging.LogRecord) -> None:
        """Give a record to its logger; to be overridden by who wants something else.

        Parameters
        ----------
        record : logging.LogRecord
        """
        logger = self.logger or self._named(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)

    def _named(self, name: str) -> logging.Logger:
        """Return the logger of a name; from some number of new names on, of the nearest known one."""
        known = logging.Logger.manager.loggerDict
        while name and not isinstance(known.get(name), logging.Logger):
            if len(self._made) < MOST_LOGGERS:
                self._made.add(name)
                break
            name = name.rpartition(".")[0]
        return logging.getLogger(name)

    def _run(self, told: zmq.Socket[Any]) -> None:
        try:
            self._listen(_synchronous(self.socket), told)
        except zmq.ContextTerminated:
            pass
        except zmq.ZMQError:
            if not self.socket.closed:
                raise
        finally:
            with self._lock:
                control, self._control = self._control, None
                if control is not None:
                    control.close(0)
                told.close(0)
            self._close_owned()

    def _listen(self, socket: zmq.Socket[Any], told: zmq.Socket[Any]) -> None:
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(told, zmq.POLLIN)
        stopping = False
        while not stopping:
            stopping = told in dict(poller.poll())
            for _ in range(_LAST if stopping else _BURST):
                try:
                    msg = socket.recv_multipart(zmq.DONTWAIT)
                except zmq.Again:
                    break
                self._handle(msg)

    def _handle(self, msg: list[bytes]) -> None:
        try:
            self.handle(parse_record(msg))
        except Exception:
            # As logging does it: one record that cannot be handled stops nothing.
            if logging.raiseExceptions and sys.stderr is not None:
                import traceback

                print("--- Logging error ---", file=sys.stderr)
                traceback.print_exc()

    def _close_owned(self) -> None:
        owned, self._owned = self._owned, []
        for one in owned:
            if isinstance(one, zmq.Context):
                one.term()
            else:
                one.close(0)


def _texts(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _synchronous(socket: zmq.Socket[Any]) -> zmq.Socket[Any]:
    """Return a socket, or the blocking one that stands for the same as one of an event loop."""
    if type(socket).recv_multipart is zmq.Socket.recv_multipart:
        return socket
    return zmq.Socket.shadow(socket)
