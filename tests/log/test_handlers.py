# SPDX-License-Identifier: BSD-3-Clause
"""PUBHandler and TopicLogger: what a subscriber receives of what a program logs."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import SocketFactory
from support import until

import zmq
from zmq.log.handlers import TOPIC_DELIM, PUBHandler, TopicLogger

Logged = Callable[..., list[bytes]]


@pytest.fixture
def pub(socket: SocketFactory, endpoint: Callable[[str], str]) -> zmq.Socket:
    """A bound PUB socket."""
    pub = socket(zmq.PUB)
    pub.bind(endpoint("inproc"))
    return pub


@pytest.fixture
def sub(socket: SocketFactory, pub: zmq.Socket) -> zmq.Socket:
    """A SUB socket that receives everything of ``pub``."""
    return subscribed(socket(zmq.SUB), pub)


def subscribed(sub: zmq.Socket, pub: zmq.Socket) -> zmq.Socket:
    """Connect a SUB socket and wait until it receives."""
    sub.subscribe(b"")
    sub.connect(pub.last_endpoint)

    def arrives() -> bool:
        pub.send(b"probe")
        return bool(sub.poll(10))

    until(arrives)
    while sub.poll(50):
        sub.recv()
    return sub


@pytest.fixture
def handler(pub: zmq.Socket) -> Iterator[PUBHandler]:
    handler = PUBHandler(pub)
    yield handler
    handler.close()


@pytest.fixture
def logger(handler: PUBHandler) -> logging.Logger:
    """A logger of its own, which logs everything to the handler alone."""
    logger = logging.Logger("test", logging.NOTSET + 1)
    logger.addHandler(handler)
    return logger


@pytest.mark.parametrize(
    ("level", "topic", "text"),
    [
        (logging.DEBUG, b"DEBUG", b"DEBUG here.py:7 - hello\n"),
        (logging.INFO, b"INFO", b"hello\n"),
        (logging.WARNING, b"WARNING", b"WARNING here.py:7 - hello\n"),
        (logging.ERROR, b"ERROR", b"ERROR here.py:7 - hello - None\n"),
        (logging.CRITICAL, b"CRITICAL", b"CRITICAL here.py:7 - hello\n"),
        (15, b"Level 15", b"Level 15 here.py:7 - hello\n"),
        (5, b"Level 5", b"Level 5 here.py:7 - hello\n"),
        (25, b"Level 25", b"hello\n"),
    ],
)
def test_level_makes_topic_and_form(
    handler: PUBHandler, sub: zmq.Socket, level: int, topic: bytes, text: bytes
) -> None:
    """A record has its level as topic, and the form of its level or of the next below."""
    record = logging.LogRecord("x", level, "/src/here.py", 7, "hel%s", ("lo",), None)
    assert handler.handle(record) is True
    assert sub.recv_multipart() == [topic, text]


@pytest.mark.parametrize(
    ("msg", "args", "topic", "text"),
    [
        ("a.b::hello", (), b"INFO.a.b", b"hello\n"),
        ("a::b::hello %d", (3,), b"INFO.a", b"b::hello 3\n"),
        ("hello %s", ("q::z",), b"INFO", b"hello q::z\n"),
        ("::hello", (), b"INFO", b"hello\n"),
        ("é::hé", (), "INFO.é".encode(), "hé\n".encode()),
        ({"a": 1}, (), b"INFO", b"{'a': 1}\n"),
        (b"abc", (), b"INFO", b"b'abc'\n"),
        ("lone \udcff", (), b"INFO", b"lone \\udcff\n"),
    ],
)
def test_subtopics_leave_the_message(
    logger: logging.Logger, sub: zmq.Socket, msg: Any, args: Any, topic: bytes, text: bytes
) -> None:
    """What is in front of the first TOPIC_DELIM of a message goes to the end of its topic."""
    logger.info(msg, *args)
    assert sub.recv_multipart() == [topic, text]


def test_other_handlers_get_the_whole_message(
    handler: PUBHandler, logger: logging.Logger, sub: zmq.Socket
) -> None:
    """Publishing changes nothing about the record that other handlers get after it."""
    seen: list[tuple[Any, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append((record.msg, record.args))

    logger.addHandler(Keep())
    logger.info(TOPIC_DELIM.join(["sub", "hello %d"]), 3)
    assert sub.recv_multipart() == [b"INFO.sub", b"hello 3\n"]
    assert seen == [("sub::hello %d", (3,))]


def test_root_topic_comes_first(
    handler: PUBHandler, logger: logging.Logger, sub: zmq.Socket
) -> None:
    """Every topic begins with the root topic, from when it is set, however it is set."""
    logger.info("zero")
    handler.root_topic = "one"
    logger.info("x::one")
    handler.setRootTopic(b"two")
    logger.info("two")
    assert handler.root_topic == "two"
    handler.root_topic = ""
    logger.info("three")
    topics = [sub.recv_multipart()[0] for _ in range(4)]
    assert topics == [b"INFO", b"one.INFO.x", b"two.INFO", b"INFO"]
    with pytest.raises(TypeError, match="root topic"):
        handler.root_topic = 3


def test_formatter_of_one_level_and_of_all(
    handler: PUBHandler, logger: logging.Logger, sub: zmq.Socket
) -> None:
    """setFormatter sets the formatter of a level, or of all; None leaves the bare message."""

    def texts() -> list[bytes]:
        for level in (10, 15, 20, 30):
            logger.log(level, "x")
        return [sub.recv_multipart()[1] for _ in range(4)]

    handler.setFormatter(logging.Formatter("all %(message)s"))
    assert texts() == [b"all x"] * 4
    handler.setFormatter(logging.Formatter("15 %(message)s"), 15)
    handler.setFormatter(logging.Formatter("20 %(message)s"), logging.INFO)
    assert texts() == [b"all x", b"15 x", b"20 x", b"all x"]
    handler.setFormatter(None)
    assert texts() == [b"x"] * 4
    handler.formatters.clear()
    assert texts() == [b"x"] * 4


def test_exceptions_and_stacks_are_in_the_text(logger: logging.Logger, sub: zmq.Socket) -> None:
    """A record with an exception or a stack has them behind the message, in every form."""
    for level in (logging.DEBUG, logging.INFO, logging.ERROR):
        try:
            raise RuntimeError("why")
        except RuntimeError:
            logger.log(level, "failed", exc_info=True)
        text = sub.recv_multipart()[1].decode()
        assert "failed" in text.partition("\n")[0]
        assert text.endswith("RuntimeError: why")
        logger.log(level, "stack", stack_info=True)
        assert b"Stack (most recent call last)" in sub.recv_multipart()[1]


def test_filters_and_own_format_are_respected(pub: zmq.Socket, sub: zmq.Socket) -> None:
    """Filters of the handler decide, and a subclass's format() is what is published."""

    class Loud(PUBHandler):
        def format(self, record: logging.LogRecord) -> str:
            return super().format(record).upper()

    handler = Loud(pub)
    handler.addFilter(lambda record: "no" not in record.msg)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.info("no")
    logger.info("yes")
    assert sub.recv_multipart() == [b"INFO", b"YES\n"]


def test_handler_binds_and_closes_its_own(endpoint: Callable[[str], str]) -> None:
    """Given an endpoint the handler binds there, and close() closes its socket and context."""
    handler = PUBHandler(endpoint("tcp"), root_topic="root")
    pub, context = handler.socket, handler.ctx
    assert (pub.type, handler.root_topic, pub.context) == (zmq.PUB, "root", context)
    with zmq.Context() as other, other.socket(zmq.SUB) as sub:
        sub.rcvtimeo = 10_000
        subscribed(sub, pub)
        handler.handle(logging.makeLogRecord({"levelno": 20, "levelname": "INFO", "msg": "x"}))
        assert sub.recv_multipart() == [b"root.INFO", b"x\n"]
    handler.close()
    handler.close()
    assert pub.closed
    assert context.closed


def test_given_context_and_socket_stay_open(
    context: zmq.Context, pub: zmq.Socket, endpoint: Callable[[str], str]
) -> None:
    """close() leaves open what was given to the handler."""
    PUBHandler(pub).close()
    assert not pub.closed
    handler = PUBHandler(endpoint("inproc"), context)
    assert handler.ctx is context
    handler.close()
    assert handler.socket.closed
    assert not context.closed


def test_endpoint_that_cannot_be_bound_raises(context: zmq.Context) -> None:
    """A wrong endpoint raises at once, and leaves nothing open that blocks term()."""
    with pytest.raises(zmq.ZMQError, match="Invalid argument"):
        PUBHandler("nothing")
    with pytest.raises(zmq.ZMQError, match="Invalid argument"):
        PUBHandler("nothing", context)
    with pytest.raises(TypeError):
        PUBHandler(5)  # type: ignore[arg-type]


def test_failure_does_not_reach_the_program(
    handler: PUBHandler, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that cannot be formatted, or sent, is reported as logging reports it."""
    logger.info("%d", "no number")
    assert "--- Logging error ---" in capsys.readouterr().err
    handler.socket.close()
    logger.info("x")
    assert "ZMQError" in capsys.readouterr().err
    assert handler.dropped == 1


def test_socket_that_is_full_counts_what_it_drops(
    context: zmq.Context, socket: SocketFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """A type that refuses when nobody takes its messages drops records silently, counted."""
    push = socket(zmq.PUSH, sndtimeo=0)
    handler = PUBHandler(push)
    for _ in range(3):
        handler.handle(logging.makeLogRecord({"levelno": 20, "levelname": "INFO", "msg": "x"}))
    assert handler.dropped == 3
    assert capsys.readouterr().err == ""


def test_many_threads_log_whole_records(
    handler: PUBHandler, logger: logging.Logger, pub: zmq.Socket, socket: SocketFactory
) -> None:
    """Records of many threads arrive complete, each thread's in their order."""
    pub.sndhwm = 0
    sub = socket(zmq.SUB, rcvhwm=0)
    subscribed(sub, pub)
    threads, each = 8, 500

    def log(number: int) -> None:
        for index in range(each):
            logger.info(f"t{number}::%d %d %s", number, index, "x" * 50)

    running = [threading.Thread(target=log, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    seen: dict[int, list[int]] = {number: [] for number in range(threads)}
    for _ in range(threads * each):
        topic, text = sub.recv_multipart()
        number, index, rest = text.split(b" ")
        assert (topic, rest) == (b"INFO.t" + number, b"x" * 50 + b"\n")
        seen[int(number)].append(int(index))
    for thread in running:
        thread.join()
    assert seen == {number: list(range(each)) for number in range(threads)}


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_child(work: Callable[[], bool]) -> bool:
    """Return what ``work()`` returns in a forked child."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@needs_fork
def test_forked_child_says_once_that_it_publishes_nothing(
    handler: PUBHandler, logger: logging.Logger, sub: zmq.Socket
) -> None:
    """A child's records are dropped, with one report, and the parent publishes on."""
    reports = []
    handler.handleError = reports.append  # type: ignore[method-assign,assignment]

    def work() -> bool:
        for _ in range(3):
            logger.info("child")
        handler.close()
        return handler.dropped == 3 and len(reports) == 1

    assert in_child(work)
    logger.info("parent")
    assert sub.recv_multipart() == [b"INFO", b"parent\n"]
    assert (handler.dropped, reports) == (0, [])


@needs_fork
def test_forked_child_publishes_on_a_socket_of_its_own(
    socket: SocketFactory, endpoint: Callable[[str], str]
) -> None:
    """A handler made from a callable calls it in a child, and both processes are heard."""
    sub = socket(zmq.SUB)
    sub.subscribe(b"")
    sub.bind(endpoint("tcp"))
    there = sub.last_endpoint
    # A bound SUB tells who connects what it wants while it is used, by a thread here.
    texts: list[bytes] = []
    receiver = threading.Thread(
        target=lambda: texts.extend(sub.recv_multipart()[1] for _ in range(4))
    )
    receiver.start()

    def connected() -> zmq.Socket:
        pub = zmq.Context().socket(zmq.XPUB)
        pub.connect(there)
        assert pub.poll(10_000), "nobody subscribed"
        return pub

    handler = PUBHandler(connected)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.info("parent 1")

    def work() -> bool:
        logger.info("child")
        logger.info("child")
        handler.socket.close()
        handler.ctx.term()
        return handler.dropped == 0

    assert in_child(work)
    logger.info("parent 2")
    receiver.join()
    assert sorted(texts) == [b"child\n", b"child\n", b"parent 1\n", b"parent 2\n"]
    context = handler.ctx
    handler.close()
    context.term()


@needs_fork
def test_fork_while_others_log_does_not_hang(
    handler: PUBHandler, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child forked while a thread held the handler's lock can still log."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stop = threading.Event()

    def log() -> None:
        while not stop.is_set():
            logger.info("x")

    threads = [threading.Thread(target=log) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            assert in_child(lambda: logger.info("child") is None)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_socket_of_an_event_loop_publishes_at_once(pub: zmq.Socket, sub: zmq.Socket) -> None:
    """Where the socket's own send gives an awaitable, a blocking view of it publishes."""

    class Async(zmq.Socket):
        def send(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("awaited by nobody")

    handler = PUBHandler(Async.shadow(pub.underlying))
    handler.handle(logging.makeLogRecord({"levelno": 20, "levelname": "INFO", "msg": "x"}))
    assert sub.recv_multipart() == [b"INFO", b"x\n"]


@pytest.mark.parametrize(
    ("method", "level"),
    [
        ("debug", b"DEBUG"),
        ("info", b"INFO"),
        ("warn", b"WARNING"),
        ("warning", b"WARNING"),
        ("error", b"ERROR"),
        ("exception", b"ERROR"),
        ("fatal", b"CRITICAL"),
        ("critical", b"CRITICAL"),
    ],
)
def test_topic_logger_takes_a_topic(
    handler: PUBHandler, sub: zmq.Socket, method: str, level: bytes
) -> None:
    """Each method of a TopicLogger puts its first argument into the topic."""
    handler.setFormatter(logging.Formatter("%(filename)s %(funcName)s %(message)s"))
    logger = TopicLogger("test", logging.DEBUG)
    logger.addHandler(handler)
    getattr(logger, method)("motor.left", "turned %d", 3)
    here = f"{os.path.basename(__file__)} test_topic_logger_takes_a_topic turned 3"
    topic, text = sub.recv_multipart()
    assert (topic, text.decode().partition("\n")[0]) == (level + b".motor.left", here)


def test_topic_logger_levels_and_topics(handler: PUBHandler, sub: zmq.Socket) -> None:
    """log() takes any level; what is below the logger's level is left out; topics may be bytes."""
    logger = TopicLogger("test", logging.INFO)
    logger.addHandler(handler)
    logger.log(5, "no", "below")
    logger.debug("no", "below")
    logger.log(logging.INFO, b"bytes", {"a": 1})
    assert sub.recv_multipart() == [b"INFO.bytes", b"{'a': 1}\n"]


def test_topic_logger_sends_the_exception(handler: PUBHandler, sub: zmq.Socket) -> None:
    """exception() has the traceback of the exception being handled."""
    logger = TopicLogger("test")
    logger.addHandler(handler)
    try:
        raise RuntimeError("why")
    except RuntimeError:
        logger.exception("motor", "broke")
    topic, text = sub.recv_multipart()
    assert topic == b"ERROR.motor"
    assert text.endswith(b"RuntimeError: why")
