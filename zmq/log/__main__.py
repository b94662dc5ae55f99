# SPDX-License-Identifier: BSD-3-Clause
"""Show what a PUBHandler publishes: ``python -m zmq.log tcp://localhost:5555``."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import time

import zmq

from .records import parse_record, split_topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_COLORS = (
    (logging.CRITICAL, "\033[1;37;41m"),
    (logging.ERROR, "\033[31m"),
    (logging.WARNING, "\033[33m"),
    (logging.INFO, "\033[32m"),
    (logging.NOTSET, "\033[36m"),
)
_PATIENCE_MS = 500

_PLAIN = "\033[0m"

# What a terminal would obey, except line breaks and tabs; text that turns around among it.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zmq.log", description="Show the log messages of a ZeroMQ publisher."
    )
    add = parser.add_argument
    add("zmq_pub_url", nargs="+", help="endpoint of a publisher, such as tcp://localhost:5555")
    add(
        "-t",
        "--topic",
        action="append",
        help="receive only what has a topic that begins so; may be given several times",
    )
    add(
        "-l",
        "--level",
        type=_level,
        default=logging.NOTSET,
        help="leave out what is below this level, such as WARNING or 30",
    )
    add("-g", "--grep", type=_pattern, help="show only messages that this pattern matches")
    add("-v", "--exclude", type=_pattern, help="leave out messages that this pattern matches")
    add("--timestamp", action="store_true", help="begin each message with the local time")
    add("--dateformat", default="%Y-%m-%d %H:%M:%S", help="form of that time, as of strftime")
    add("--separator", default=" | ", help="what stands between the topic and the message")
    add("--align", action="store_true", help="begin the messages below each other")
    color = parser.add_mutually_exclusive_group()
    color.add_argument(
        "--color",
        action="store_true",
        default=None,
        help="color the output by level; the default for terminals, unless NO_COLOR is set",
    )
    color.add_argument(
        "--no-color", dest="color", action="store_false", help="leave the output uncolored"
    )
    return parser


def _level(text: str) -> int:
    number = logging.getLevelName(text.upper())
    if isinstance(number, int):
        return number
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no level {text!r}") from None


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no pattern: {error}") from None


class _Printer:
    """Turns messages into lines."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.color = options.color
        if self.color is None:
            self.color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.width = 0

    def line(self, msg: Sequence[bytes]) -> str | None:
        """Return the line to show for a message, or None if the filters leave it out."""
        options = self.options
        record = parse_record(msg)
        topic, text = record.zmq_topic, record.getMessage()  # type: ignore[attr-defined]
        if record.exc_text:
            text += f"\n{record.exc_text}"
        if split_topic(topic)[1] is not None and record.levelno < options.level:
            return None
        if options.grep and not options.grep.search(text):
            return None
        if options.exclude and options.exclude.search(text):
            return None
        return self._form(record, topic, text)

    def _form(self, record: logging.LogRecord, topic: str, text: str) -> str:
        if self.options.align:
            self.width = max(self.width, len(topic))
            topic = topic.ljust(self.width)
        line = f"{topic}{self.options.separator}{text}"
        if self.options.timestamp:
            when = time.strftime(self.options.dateformat, time.localtime(record.created))
            line = f"{when} {line}"
        line = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], line)
        if self.color:
            number = record.levelno
            color = next((color for level, color in _COLORS if number >= level), "")
            line = f"{color}{line}{_PLAIN}"
        return line


def _watch(socket: zmq.Socket[bytes], printer: _Printer) -> None:
    # A signal that comes just before a receive waits is seen when that ends.
    socket.rcvtimeo = _PATIENCE_MS
    while True:
        try:
            msg = socket.recv_multipart()
        except zmq.Again:
            continue
        line = printer.line(msg)
        if line is not None:
            print(line, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Show what publishers say until interrupted.

    Parameters
    ----------
    argv : sequence of str, the arguments; by default those of the command line
    """
    parser = _parser()
    options = parser.parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.platform == "win32":
        os.system("")  # has the console obey colors
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.linger = 0
        for topic in options.topic or [""]:
            socket.subscribe(topic)
        try:
            for url in options.zmq_pub_url:
                socket.connect(url)
        except zmq.ZMQError as error:
            parser.error(str(error))
        try:
            _watch(socket, _Printer(options))
        except KeyboardInterrupt:
            pass
        except BrokenPipeError:
            # Who read the output is gone; the interpreter would complain when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
