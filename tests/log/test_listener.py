# SPDX-License-Identifier: BSD-3-Clause
"""SUBListener: published records handled by logging again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from conftest import SocketFactory
from support import until

import zmq
from zmq.log import listener
from zmq.log.handlers import PUBHandler
from zmq.log.listener import SUBListener
from zmq.log.records import JSONFormatter


class Keep(logging.Handler):
    """Keeps the records it handles."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def keep() -> Iterator[Keep]:
    """A handler of the loggers below ``far``, which do not propagate beyond that."""
    keep = Keep()
    logger = logging.getLogger("far")
    logger.addHandler(keep)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield keep
    logger.removeHandler(keep)
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def publisher(socket: SocketFactory, endpoint: Callable[[str], str]) -> logging.Logger:
    """A logger that publishes everything, at ``publisher.endpoint``, under a root topic."""
    pub = socket(zmq.XPUB)
    pub.bind(endpoint("tcp"))
    handler = PUBHandler(pub, root_topic="far")
    logger = logging.Logger("far.away", 1)
    logger.addHandler(handler)
    logger.socket = pub  # type: ignore[attr-defined]
    logger.endpoint = pub.last_endpoint.decode()  # type: ignore[attr-defined]
    return logger


def subscription(publisher: logging.Logger) -> bytes:
    """Wait for a subscriber, and return what it subscribed to."""
    assert publisher.socket.poll(10_000)  # type: ignore[attr-defined]
    topic: bytes = publisher.socket.recv()  # type: ignore[attr-defined]
    return topic


def test_records_come_out_of_logging_again(publisher: logging.Logger, keep: Keep) -> None:
    """A record published whole is handled here by the logger of its name, as it was."""
    publisher.handlers[0].setFormatter(JSONFormatter())
    with SUBListener(publisher.endpoint) as listener:  # type: ignore[attr-defined]
        assert listener.is_alive()
        assert subscription(publisher) == b"\1"
        publisher.warning("x::hello %s", "you", extra={"user": "me"})
        until(lambda: keep.records)
    assert not listener.is_alive()
    (got,) = keep.records
    assert (got.name, got.levelno, got.getMessage()) == ("far.away", 30, "hello you")
    assert (got.zmq_topic, got.user) == ("far.WARNING.x", "me")  # type: ignore[attr-defined]
    assert (got.funcName, got.pathname) == (
        "test_records_come_out_of_logging_again",
        __file__,
    )


def test_text_comes_under_the_root_topic(publisher: logging.Logger, keep: Keep) -> None:
    """A text message goes to the logger named as its root topic, at the level of its topic."""
    with SUBListener([publisher.endpoint]):  # type: ignore[attr-defined]
        subscription(publisher)
        publisher.error("broke")
        until(lambda: keep.records)
    (got,) = keep.records
    assert (got.name, got.levelname) == ("far", "ERROR")
    assert got.getMessage().endswith("broke - None")


def test_levels_of_the_loggers_here_decide(publisher: logging.Logger, keep: Keep) -> None:
    """A record below the level of its logger here is not handled."""
    with SUBListener(publisher.endpoint):  # type: ignore[attr-defined]
        subscription(publisher)
        publisher.debug("no")
        publisher.info("yes")
        until(lambda: keep.records)
    assert [record.getMessage() for record in keep.records] == ["yes"]


def test_topics_and_logger_can_be_chosen(publisher: logging.Logger, keep: Keep) -> None:
    """Only what was subscribed to arrives, and all of it at the logger that was named."""
    with SUBListener(
        publisher.endpoint,  # type: ignore[attr-defined]
        topics=["far.ERROR", "far.INFO.a"],
        logger="far.all",
    ):
        assert {subscription(publisher) for _ in range(2)} == {b"\1far.ERROR", b"\1far.INFO.a"}
        publisher.info("no")
        publisher.info("a::one")
        publisher.error("two")
        until(lambda: len(keep.records) == 2)
    assert [record.levelname for record in keep.records] == ["INFO", "ERROR"]


def test_names_that_arrive_make_no_end_of_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many new names become loggers, which last; others go to one that is there."""
    monkeypatch.setattr(listener, "MOST_LOGGERS", 5)
    known = logging.getLogger("far.known")
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        one = SUBListener(sub)
        before = len(logging.Logger.manager.loggerDict)
        for number in range(50):
            name = f"far.known.made{number}"
            one.handle(logging.LogRecord(name, logging.CRITICAL, "", 1, "text", None, None))
        assert len(logging.Logger.manager.loggerDict) - before == 5
        assert one._named("far.known.another.one") is known
        assert one._named("nothing.like.it") is logging.getLogger()


def test_one_record_that_cannot_be_handled_stops_nothing(
    publisher: logging.Logger, keep: Keep, capsys: pytest.CaptureFixture[str]
) -> None:
    """handle() may be overridden, and what it raises is reported while listening goes on."""
    got: list[str] = []

    class Mine(SUBListener):
        def handle(self, record: logging.LogRecord) -> None:
            got.append(record.getMessage())
            if len(got) == 1:
                raise RuntimeError("not this one")

    with Mine(publisher.endpoint):  # type: ignore[attr-defined]
        subscription(publisher)
        publisher.info("one")
        publisher.info("two")
        until(lambda: len(got) == 2)
    assert got == ["one", "two"]
    assert "not this one" in capsys.readouterr().err


def test_given_socket_stays_open(
    socket: SocketFactory, endpoint: Callable[[str], str], keep: Keep
) -> None:
    """A socket that was given may be bound, is used from start to stop, and not closed."""
    sub = socket(zmq.SUB)
    sub.subscribe(b"")
    sub.bind(endpoint("inproc"))
    pub = socket(zmq.XPUB)
    pub.connect(sub.last_endpoint)
    until(lambda: sub.poll(0) or pub.poll(0))
    listener = SUBListener(sub)
    listener.start()
    PUBHandler(pub, root_topic="far").handle(
        logging.makeLogRecord({"levelno": 20, "levelname": "INFO", "msg": "x"})
    )
    until(lambda: keep.records)
    listener.stop()
    listener.stop()
    assert not sub.closed
    with pytest.raises(RuntimeError, match="started before"):
        listener.start()


def test_what_has_arrived_is_handled_before_stop_returns(
    socket: SocketFactory, endpoint: Callable[[str], str], keep: Keep
) -> None:
    """stop() drops nothing that waits in the socket."""
    sub, pub = socket(zmq.SUB, rcvhwm=0), socket(zmq.XPUB, sndhwm=0)
    sub.subscribe(b"")
    sub.bind(endpoint("inproc"))
    pub.connect(sub.last_endpoint)
    until(lambda: sub.poll(0) or pub.poll(0))
    for number in range(3000):
        pub.send_multipart([b"far.INFO", b"%d" % number])
    listener = SUBListener(sub)
    listener.start()
    listener.stop()
    assert [record.getMessage() for record in keep.records] == [str(n) for n in range(3000)]


def test_listener_ends_with_its_context(publisher: logging.Logger) -> None:
    """Terminating the context ends the listener, which leaves no socket open."""
    context = zmq.Context()
    listener = SUBListener(publisher.endpoint, context)  # type: ignore[attr-defined]
    listener.start()
    context.term()
    until(lambda: not listener.is_alive())
    listener.stop()


def test_stop_from_within_and_without_start(publisher: logging.Logger) -> None:
    """stop() may be called by handle(), and of a listener that never started."""

    class Once(SUBListener):
        def handle(self, record: logging.LogRecord) -> None:
            self.stop()

    once = Once(publisher.endpoint)  # type: ignore[attr-defined]
    once.start()
    subscription(publisher)
    publisher.info("x")
    until(lambda: not once.is_alive())
    assert once.socket.closed
    never = SUBListener(publisher.endpoint)  # type: ignore[attr-defined]
    never.stop()
    assert never.socket.closed


def test_endpoint_that_cannot_be_connected_raises(context: zmq.Context) -> None:
    """A wrong endpoint raises at once, and leaves nothing open."""
    with pytest.raises(zmq.ZMQError, match="Invalid argument"):
        SUBListener("nothing")
    with pytest.raises(zmq.ZMQError, match="Invalid argument"):
        SUBListener("nothing", context)
