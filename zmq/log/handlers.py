# SPDX-License-Identifier: BSD-3-Clause
"""Publishing log records on a PUB socket."""

from __future__ import annotations

import logging
import os

import zmq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, Union

    SocketMaker = Callable[[], zmq.Socket[Any]]
    Publisher = Union[str, bytes, zmq.Socket[Any], SocketMaker]

TOPIC_DELIM: Final = "::"
"""What separates the subtopics at the front of a message from its text."""

_LINGER_MS = 1000

_SNDMORE = int(zmq.SNDMORE)


class _Line(logging.Formatter):
    """A Formatter that writes out what its format says, as long as that is all there is."""

    FORMAT = "%(message)s\n"

    def __init__(self) -> None:
        super().__init__(self.FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        return f"{record.getMessage()}\n"


class _PlacedLine(_Line):
    FORMAT = "%(levelname)s %(filename)s:%(lineno)d - %(message)s\n"

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        where = f"{record.levelname} {record.filename}:{record.lineno}"
        return f"{where} - {record.getMessage()}\n"


_ERROR_FORMAT = "%(levelname)s %(filename)s:%(lineno)d - %(message)s - %(exc_info)s\n"


class PUBHandler(logging.Handler):
    """Publish log records, each as two parts: its topic and its text.

    The topic is ``root_topic.LEVEL.subtopics``, without what is empty. Subtopics are what
    a message has in front of TOPIC_DELIM: ``logger.info("motor.left::stopped")`` is
    published as ``INFO.motor.left``.

    Parameters
    ----------
    interface_or_socket : str, zmq.Socket or callable
        An endpoint, at which the handler binds a PUB socket of its own; a socket, which
        stays the caller's; or a callable without arguments that makes a socket, which
        then is the handler's.
    context : zmq.Context, optional
        For the socket bound at an endpoint; by default the handler makes a context.
    root_topic : str, what every topic begins with

    Attributes
    ----------
    ctx : zmq.Context of the socket
    formatters : dict of int to logging.Formatter, those of the levels
    dropped : int, records that were not published: the socket belonged to another process,
        or was of a type that refuses when its queue is full

    Raises
    ------
    zmq.ZMQError : as Socket.bind()
    TypeError : neither endpoint, socket nor callable

    Notes
    -----
    Any number of threads may log: the lock of logging.Handler is held around each use of
    the socket, so nobody else may use the socket meanwhile.

    After a fork the socket is the parent's alone. In the child a handler that was given a
    callable calls it for a socket of its own; any other one says once, through
    handleError(), that nothing is published, and counts what it drops. Give it a socket
    made in the child, ``handler.socket = ...``, and it publishes again.
    """

    formatters: dict[int, logging.Formatter | None]
    ctx: zmq.Context[Any]

    def __init__(
        self,
        interface_or_socket: Publisher,
        context: zmq.Context[Any] | None = None,
        root_topic: str = "",
    ) -> None:
        super().__init__()
        self.dropped = 0
        self.formatters = {
            logging.DEBUG: _PlacedLine(),
            logging.INFO: _Line(),
            logging.WARNING: _PlacedLine(),
            logging.ERROR: logging.Formatter(_ERROR_FORMAT),
            logging.CRITICAL: _PlacedLine(),
        }
        self._topics: dict[str, bytes] = {}
        self.root_topic = root_topic
        self._make: SocketMaker | None = None
        self._owned: list[Any] = []
        self._silent_pid = 0
        self._open(interface_or_socket, context)

    def _open(self, source: Any, context: zmq.Context[Any] | None) -> None:
        if isinstance(source, zmq.Socket):
            self.socket = source
        elif callable(source):
            self._make = source
            self._use_maker(source)
        else:
            self._bind(source, context)

    def _use_maker(self, make: SocketMaker) -> None:
        socket = make()
        self.socket = socket
        self._owned = [socket]

    def _bind(self, interface: str | bytes, context: zmq.Context[Any] | None) -> None:
        own = context is None
        used: zmq.Context[Any] = zmq.Context() if context is None else context
        socket = used.socket(zmq.PUB)
        try:
            socket.bind(interface)
        except BaseException:
            socket.close(0)
            if own:
                used.term()
            raise
        self.socket = socket
        self._owned = [socket, used] if own else [socket]

    @property
    def socket(self) -> zmq.Socket[Any]:
        """The socket that publishes; another one may be assigned."""
        return self._socket

    @socket.setter
    def socket(self, socket: zmq.Socket[Any]) -> None:
        self._socket = socket
        self._send = _sender(socket)
        self._pid = os.getpid()
        self.ctx = socket.context

    @property
    def root_topic(self) -> str:
        """What every topic begins with; empty for none."""
        return self._root_topic

    @root_topic.setter
    def root_topic(self, value: str) -> None:
        self.setRootTopic(value)

    def setRootTopic(self, root_topic: str | bytes) -> None:
        """Set what every topic begins with.

        Parameters
        ----------
        root_topic : str, or UTF-8 bytes; empty for none
        """
        text = root_topic.decode("utf-8") if isinstance(root_topic, bytes) else root_topic
        if text is not None and not isinstance(text, str):
            raise TypeError(f"expected a root topic as str, got {root_topic!r}")
        self._root_topic = text
        # Replaced, not cleared: a thread that is publishing may be about to write into it.
        self._topics = {}

    def setFormatter(self, fmt: logging.Formatter | None, level: int = logging.NOTSET) -> None:
        """Set the formatter of one level, or of all.

        Parameters
        ----------
        fmt : logging.Formatter; None leaves nothing but the message
        level : int, such as logging.INFO; NOTSET sets that of all levels

        Notes
        -----
        A level that has none uses that of the next lower level that has one.
        """
        if level != logging.NOTSET:
            self.formatters[level] = fmt
            return
        self.formatter = fmt
        for known in self.formatters:
            self.formatters[known] = fmt

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text, formatted by the formatter of its level."""
        formatter = self.formatters.get(record.levelno)
        if formatter is None:
            formatter = self._formatter_of(record.levelno)
        return formatter.format(record)

    def _formatter_of(self, level: int) -> logging.Formatter:
        if level not in self.formatters and self.formatters:
            levels = sorted(self.formatters)
            below = [known for known in levels if known < level]
            level = below[-1] if below else levels[0]
        return self.formatters.get(level) or _MESSAGE_ONLY

    def handle(self, record: logging.LogRecord) -> bool:
        """Publish a record that passes the handler's filters; return whether it did."""
        if self.filters:
            return bool(super().handle(record))
        lock: Any = self.lock
        lock.acquire()
        try:
            self.emit(record)
        finally:
            lock.release()
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Publish a record.

        Failures do not reach the program that logs: they go to handleError().
        """
        try:
            topic = self._topics.get(record.levelname) or self._topic_of(record.levelname)
            message = record.msg
            if TOPIC_DELIM in (message if type(message) is str else str(message)):
                topic, record = _split(topic, str(message), record)
            text = self.format(record)
            try:
                data = text.encode()
            except UnicodeEncodeError:
                data = _encode(text)
            send = self._send
            send(topic, _SNDMORE)
            send(data)
        except zmq.ZMQError as error:
            self._not_sent(error, record)
        except Exception:
            self.handleError(record)

    def _topic_of(self, level_name: str) -> bytes:
        topics = self._topics
        parts = [part for part in (self._root_topic, level_name) if part]
        topic = topics[level_name] = _encode(".".join(parts))
        return topic

    def _not_sent(self, error: zmq.ZMQError, record: logging.LogRecord) -> None:
        pid = os.getpid()
        if pid != self._pid and self._make is not None:
            try:
                self._use_maker(self._make)
            except Exception:
                self.handleError(record)
            else:
                self.emit(record)
            return
        self.dropped += 1
        if isinstance(error, zmq.Again) or self._silent_pid == pid:
            return
        if pid != self._pid:
            self._silent_pid = pid
        self.handleError(record)

    def close(self) -> None:
        """Stop handling, and close the socket unless it is the caller's.

        What was published is kept for at most a second, in which it may still reach
        subscribers.
        """
        self.acquire()
        try:
            owned, self._owned = self._owned, []
            if self._pid == os.getpid():
                _close(owned)
        finally:
            self.release()
        super().close()


class TopicLogger(logging.Logger):
    """A logger whose methods take a topic in front of the message.

    ``logger.info("motor.left", "stopped after %d turns", 3)`` logs what
    ``info("motor.left::stopped after %d turns", 3)`` logs with another logger.

    Parameters
    ----------
    name : str
    level : int, such as logging.INFO

    Notes
    -----
    For use with a PUBHandler; other handlers see the topic as part of the message.
    """

    # That they take one argument more than Logger's is what these methods are for.
    def log(  # type: ignore[override]
        self, level: int, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of any level under a topic.

        Parameters
        ----------
        level : int
        topic : str, or UTF-8 bytes; dots make it a tree
        msg, *args, **kwargs : as of logging.Logger.log
        """
        self._log_under(level, topic, msg, args, kwargs)

    def debug(  # type: ignore[override]
        self, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of level DEBUG under a topic; parameters are those of log()."""
        self._log_under(logging.DEBUG, topic, msg, args, kwargs)

    def info(  # type: ignore[override]
        self, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of level INFO under a topic; parameters are those of log()."""
        self._log_under(logging.INFO, topic, msg, args, kwargs)

    def warning(  # type: ignore[override]
        self, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of level WARNING under a topic; parameters are those of log()."""
        self._log_under(logging.WARNING, topic, msg, args, kwargs)

    def error(  # type: ignore[override]
        self, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of level ERROR under a topic; parameters are those of log()."""
        self._log_under(logging.ERROR, topic, msg, args, kwargs)

    def exception(  # type: ignore[override]
        self, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of level ERROR, with the exception being handled, under a topic."""
        kwargs.setdefault("exc_info", True)
        self._log_under(logging.ERROR, topic, msg, args, kwargs)

    def critical(  # type: ignore[override]
        self, topic: str | bytes, msg: object, *args: object, **kwargs: Any
    ) -> None:
        """Log a message of level CRITICAL under a topic; parameters are those of log()."""
        self._log_under(logging.CRITICAL, topic, msg, args, kwargs)

    warn = warning  # type: ignore[assignment]
    fatal = critical  # type: ignore[assignment]

    def _log_under(
        self,
        level: int,
        topic: str | bytes,
        msg: object,
        args: tuple[object, ...],
        kwargs: dict[str, Any],
    ) -> None:
        if not self.isEnabledFor(level):
            return
        text = topic.decode("utf-8") if isinstance(topic, bytes) else topic
        # The line that logs lies beyond this function and the method that called it.
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 2
        super().log(level, f"{text}{TOPIC_DELIM}{msg}", *args, **kwargs)


_MESSAGE_ONLY = logging.Formatter()


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _split(
    topic: bytes, message: str, record: logging.LogRecord
) -> tuple[bytes, logging.LogRecord]:
    """Return the topic with a message's subtopics, and a record without them."""
    subtopics, _, text = message.partition(TOPIC_DELIM)
    # Other handlers get the same record, so it stays as it is.
    short = object.__new__(type(record))
    short.__dict__.update(record.__dict__, msg=text)
    if subtopics:
        under = _encode(subtopics)
        topic = topic + b"." + under if topic else under
    return topic, short


def _sender(socket: zmq.Socket[Any]) -> Callable[..., object]:
    """Return what sends on a socket, at once: also where it is one of an event loop."""
    if type(socket).send is not zmq.Socket.send:
        socket = zmq.Socket.shadow(socket)
    return socket.send


def _close(owned: list[Any]) -> None:
    for one in owned:
        if isinstance(one, zmq.Context):
            one.term()
        elif not one.closed:
            linger = one.linger
            one.close(_LINGER_MS if linger < 0 else min(linger, _LINGER_MS))
