# SPDX-License-Identifier: BSD-3-Clause
"""Log records as messages: whole ones as JSON, and what a text message still says of its own.

A PUBHandler publishes text by default, which people read. With JSONFormatter it publishes
records that arrive as they were, except that the arguments are in the message and an
exception is its traceback's text.
"""

from __future__ import annotations

import json
import logging
import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_NUMBER = (int, float)
_TEXT = (str,)
_TEXT_OR_NONE = (str, type(None))

# What handlers and formatters rely on; anything of another type is not taken over.
_TYPES: dict[str, tuple[type, ...]] = {
    "name": _TEXT,
    "msg": _TEXT,
    "levelname": _TEXT,
    "levelno": (int,),
    "pathname": _TEXT,
    "filename": _TEXT,
    "module": _TEXT,
    "funcName": _TEXT_OR_NONE,
    "lineno": (int,),
    "created": _NUMBER,
    "msecs": _NUMBER,
    "relativeCreated": _NUMBER,
    "thread": (int, type(None)),
    "threadName": _TEXT_OR_NONE,
    "process": (int, type(None)),
    "processName": _TEXT_OR_NONE,
    "taskName": _TEXT_OR_NONE,
    "exc_text": _TEXT_OR_NONE,
    "stack_info": _TEXT_OR_NONE,
}
_LATEST = 2**31 * 100
_REPLACED = frozenset(("args", "exc_info", "message", "zmq_topic"))


class JSONFormatter(logging.Formatter):
    """Format records as JSON objects of all their attributes, those of ``extra`` included.

    Set it on a PUBHandler whose records are to arrive whole::

        handler.setFormatter(JSONFormatter())

    Notes
    -----
    The arguments are merged into the message, as they need not be of types that JSON has;
    an exception is sent as ``exc_text``. Attributes that JSON has no type for, or that
    contain themselves, are sent as their repr().
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a JSON object, in one line."""
        fields = {
            name: value for name, value in record.__dict__.items() if name not in _REPLACED
        }
        fields["msg"] = record.getMessage()
        if record.exc_info and not record.exc_text:
            fields["exc_text"] = self.formatException(record.exc_info)
        try:
            return json.dumps(fields, default=repr, skipkeys=True)
        except Exception:
            # One attribute that cannot be told must not keep the others from being told.
            return json.dumps({name: _tellable(value) for name, value in fields.items()})


def _tellable(value: Any) -> Any:
    """Return an attribute of a record as something that JSON has a type for."""
    try:
        return json.loads(json.dumps(value, default=repr, skipkeys=True))
    except Exception:
        pass
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr() raises {type(error).__name__}>"


def parse_record(msg: Sequence[bytes], name: str = "") -> logging.LogRecord:
    """Return what a PUBHandler published as a log record.

    Parameters
    ----------
    msg : sequence of bytes, the parts that arrived: the topic and the text
    name : str, of the logger, for a text message whose topic has nothing before its level

    Returns
    -------
    logging.LogRecord
        The sender's, if it used JSONFormatter. Of a text message it has the message, the
        level its topic names (or INFO), what is in front of that as the name, and the time
        of its arrival. Its attribute ``zmq_topic`` is the topic, as str.

    Notes
    -----
    Any message makes a record; nothing that arrives is executed. Do not trust it: the text
    may hold anything, such as line breaks that look like further records.
    """
    topic = bytes(msg[0]).decode("utf-8", "replace") if msg else ""
    text = b"\n".join(msg[1:]).decode("utf-8", "replace") if len(msg) > 1 else ""
    record = _whole_record(text) or _text_record(topic, text, name)
    record.zmq_topic = topic
    return record


def split_topic(topic: str) -> tuple[str, int | None, str]:
    """Return what a topic consists of.

    Parameters
    ----------
    topic : str, as PUBHandler makes them

    Returns
    -------
    (root, level, subtopics) : the text before the first part that names a level, the number
        of that level, and the text behind it; level is None where no part names one
    """
    parts = topic.split(".")
    for index, part in enumerate(parts):
        level = _level_number(part)
        if level is not None:
            return ".".join(parts[:index]), level, ".".join(parts[index + 1 :])
    return topic, None, ""


def _level_number(name: str) -> int | None:
    number = logging.getLevelName(name)
    if isinstance(number, int):
        return number
    digits = name[6:] if name.startswith("Level ") else ""
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None


def _text_record(topic: str, text: str, name: str) -> logging.LogRecord:
    root, level, _ = split_topic(topic)
    if level is None:
        root, level = "", logging.INFO
    if text.endswith("\n"):
        text = text[:-1]
    return logging.LogRecord(root or name, level, "", 0, text, None, None)


def _whole_record(text: str) -> logging.LogRecord | None:
    if not text.startswith("{"):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not all(
        isinstance(fields.get(name), _TYPES[name]) for name in ("name", "msg", "levelno")
    ):
        return None
    record = logging.LogRecord(
        fields["name"], fields["levelno"], "", 0, fields["msg"], None, None
    )
    record.__dict__.update((k, v) for k, v in fields.items() if _is_taken(k, v))
    return record


def _is_time(value: Any) -> bool:
    return bool(0 <= value < _LATEST)


def _is_taken(name: str, value: Any) -> bool:
    """Tell whether an attribute that arrived may be set on a record."""
    types = _TYPES.get(name)
    if types is None:
        # Neither what is ours to set, nor what would hide a method.
        return name not in _REPLACED and not hasattr(logging.LogRecord, name)
    if not isinstance(value, types):
        return False
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return name != "created" or _is_time(value)
