# SPDX-License-Identifier: BSD-3-Clause
"""zmq.log.records: records as messages and back."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zmq.log.records import JSONFormatter, parse_record, split_topic

pytestmark = pytest.mark.any_libzmq


def record(**fields: Any) -> logging.LogRecord:
    made = logging.LogRecord("a.b", 30, "/src/here.py", 7, "hello %s", ("you",), None, "func")
    made.__dict__.update(fields)
    return made


def round_trip(sent: logging.LogRecord) -> logging.LogRecord:
    return parse_record([b"WARNING.x", JSONFormatter().format(sent).encode()])


def test_record_arrives_whole() -> None:
    """A record has the attributes it was sent with, but its arguments are in its message."""
    sent = record(user="me", tags=["a", 1])
    got = round_trip(sent)
    expected = dict(sent.__dict__, msg="hello you", args=None, zmq_topic="WARNING.x")
    assert got.__dict__ == expected
    assert got.getMessage() == "hello you"


def test_exception_arrives_as_text() -> None:
    """An exception arrives as the text of its traceback, which every formatter shows."""
    try:
        raise RuntimeError("why")
    except RuntimeError:
        got = round_trip(record(exc_info=sys.exc_info()))
    assert got.exc_info is None
    assert logging.Formatter().format(got).endswith("RuntimeError: why")


def test_what_json_cannot_hold_is_its_repr() -> None:
    """Attributes of other types, and dictionaries with other keys, do not keep a record back."""
    got = round_trip(record(odd={1, }, pairs={(1, 2): 3, "a": 4}))
    assert (got.odd, got.pairs) == ("{1}", {"a": 4})  # type: ignore[attr-defined]


class Silent:
    """An object that cannot be shown."""

    def __repr__(self) -> str:
        raise KeyError("no")


def test_one_attribute_that_cannot_be_told_keeps_none_of_the_others_back() -> None:
    """What contains itself, is too deep, or cannot even be shown, does not lose the record."""
    circle: list[Any] = []
    circle.append(circle)
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    got = round_trip(record(circle=circle, deep=deep, silent=Silent(), user="me"))
    assert got.getMessage() == "hello you"
    assert (got.user, got.circle) == ("me", "[[...]]")  # type: ignore[attr-defined]
    assert "KeyError" in got.silent  # type: ignore[attr-defined]
    while deep:
        deep = deep.pop()  # one after the other: some interpreters free it in a recursion


@pytest.mark.parametrize(
    ("topic", "parts"),
    [
        ("INFO", ("", 20, "")),
        ("root.INFO", ("root", 20, "")),
        ("my.root.ERROR.sub.topic", ("my.root", 40, "sub.topic")),
        ("root.Level 15.x", ("root", 15, "x")),
        ("Level 99999999999", ("Level 99999999999", None, "")),
        ("nothing.here", ("nothing.here", None, "")),
        ("", ("", None, "")),
    ],
)
def test_topic_is_taken_apart(topic: str, parts: tuple[str, int | None, str]) -> None:
    """A topic has a root, the number of its level and subtopics."""
    assert split_topic(topic) == parts


@pytest.mark.parametrize(
    ("msg", "name", "level", "text"),
    [
        ([b"root.ERROR.x", b"broke\n"], "root", 40, "broke"),
        ([b"INFO", b"two\nlines\n"], "default", 20, "two\nlines"),
        ([b"weather", b"fine"], "default", 20, "fine"),
        ([b"only"], "default", 20, ""),
        ([b"DEBUG", b"a", b"b"], "default", 10, "a\nb"),
        ([b"INFO", b"100%s \xff"], "default", 20, "100%s �"),
        ([b"INFO", b'{"name": "x"}'], "default", 20, '{"name": "x"}'),
        ([b"INFO", b'{"name": 1, "msg": "x", "levelno": 2}'], "default", 20, None),
        ([b"INFO", b"{"], "default", 20, "{"),
        ([b"INFO", b'{"a":' * 100_000], "default", 20, None),
    ],
)
def test_text_makes_a_record(msg: list[bytes], name: str, level: int, text: str | None) -> None:
    """A message that is no record in JSON is a record of its text, now."""
    before = time.time()
    got = parse_record(msg, "default")
    assert (got.name, got.levelno) == (name, level)
    assert got.getMessage() == (msg[1].decode() if text is None else text)
    assert got.created >= before - 1


def test_attributes_of_wrong_types_are_not_taken_over() -> None:
    """Nothing that arrives gives a record attributes that logging would stumble over."""
    fields = {
        "name": "x",
        "msg": "100%s",
        "levelno": 20,
        "args": [1],
        "exc_info": [1, 2, 3],
        "created": 1e300,
        "lineno": "7",
        "msecs": float("inf"),
        "getMessage": "not a method",
        "__class__": "int",
        "exc_text": 5,
        "stack_info": {},
    }
    got = parse_record([b"INFO", json.dumps(fields).encode()])
    assert got.getMessage() == "100%s"
    shown = logging.Formatter("%(asctime)s %(lineno)d %(message)s").format(got)
    assert shown.endswith(" 0 100%s")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([*record().__dict__, "getMessage", "__dict__", "extra"]) | st.text()
whole = st.fixed_dictionaries(
    {"name": st.text(), "msg": st.text(), "levelno": st.integers()},
)
fields = st.tuples(st.dictionaries(names, json_values, max_size=6), whole).map(
    lambda both: {**both[0], **both[1]}
)


@given(
    st.lists(st.binary(), max_size=4)
    | st.tuples(st.binary(), fields.map(lambda value: json.dumps(value).encode())).map(list)
)
def test_any_message_makes_a_record_that_can_be_shown(msg: list[bytes]) -> None:
    """Whatever arrives, the record can be handled by every formatter."""
    got = parse_record(msg)
    form = "%(asctime)s %(name)s %(levelname)s %(levelno)d %(lineno)d %(msecs)d %(message)s"
    text = logging.Formatter(form).format(got)
    assert got.getMessage() in text
