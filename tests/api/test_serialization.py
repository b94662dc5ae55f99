# SPDX-License-Identifier: BSD-3-Clause
"""Strings, JSON, pickles and whatever a program makes bytes of."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

import zmq
from zmq.utils import jsonapi

Pair = tuple[zmq.Socket, zmq.Socket]


@pytest.fixture
def pair(connected: Any) -> Pair:
    made: Pair = connected(zmq.PAIR, zmq.PAIR)
    return made


class Text(str):
    """A str of another class."""

    __slots__ = ()


# --- strings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize("text", ["", "text", "Grüße", "x" * 100_000, "nul\0nul"])
def test_string(text: str, encoding: str, pair: Pair) -> None:
    """A str arrives as the same str when both sides agree about the encoding."""
    a, b = pair
    a.send_string(text, encoding=encoding)
    assert b.recv_string(encoding=encoding) == text
    a.send_string(text, 0, False, encoding)
    assert b.recv_string(0, encoding) == text


def test_string_is_utf_8_by_default(pair: Pair) -> None:
    """Without an encoding it is UTF-8, under the new and the old names."""
    a, b = pair
    a.send_string("€")
    a.send_unicode("€")
    assert [b.recv(), b.recv()] == ["€".encode()] * 2
    a.send("€".encode())
    a.send("€".encode())
    assert [b.recv_string(), b.recv_unicode()] == ["€"] * 2


def test_string_takes_what_send_takes(pair: Pair) -> None:
    """Flags, copy and track go on to send()."""
    a, b = pair
    a.send_string("more", zmq.SNDMORE)
    assert a.send_string("x", copy=False, track=True).done
    assert b.recv_multipart() == [b"more", b"x"]


@pytest.mark.parametrize("value", [b"x", None, 5, ["x"], bytearray(b"x")])
def test_only_a_str_is_a_string(value: Any, pair: Pair) -> None:
    """Anything but a str is a TypeError that shows it, and sends nothing."""
    with pytest.raises(TypeError, match="str objects only, use send for bytes") as raised:
        pair[0].send_string(value)
    assert repr(value) in str(raised.value)
    assert pair[1].poll(0) == 0


@pytest.mark.parametrize(
    ("text", "encoding", "error"),
    [
        ("\ud800", "utf-8", UnicodeEncodeError),
        ("€", "ascii", UnicodeEncodeError),
        ("x", "nonsense", LookupError),
        ("x", None, TypeError),
    ],
)
def test_string_that_cannot_be_encoded(
    text: str, encoding: Any, error: type[Exception], pair: Pair
) -> None:
    """What the encoding cannot express is Python's own error, and sends nothing."""
    with pytest.raises(error):
        pair[0].send_string(text, encoding=encoding)
    assert pair[1].poll(0) == 0


def test_string_that_cannot_be_decoded(pair: Pair) -> None:
    """What is no text in the encoding is Python's own error, and the message is gone."""
    a, b = pair
    a.send(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        b.recv_string()
    a.send(b"\xff")
    assert b.recv_string(encoding="latin-1") == "ÿ"
    a.send(b"x")
    with pytest.raises(LookupError):
        b.recv_string(encoding="nonsense")
    assert b.poll(0) == 0


def test_subclass_of_str(pair: Pair) -> None:
    """A subclass of str is sent as the text that it is."""
    a, b = pair
    a.send_string(Text("text"))
    assert b.recv() == b"text"


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [None, True, 5, -1.5, "", "Grüße", [], {}, {"a": [1, {"b": None}]}, [[[]]]], ids=repr
)
def test_json(value: Any, pair: Pair) -> None:
    """What JSON can express arrives equal."""
    pair[0].send_json(value)
    assert pair[1].recv_json() == value


def test_json_is_that_of_the_standard_library(pair: Pair) -> None:
    """What goes over the wire is what json.dumps makes, as bytes."""
    value = {"a": [1, 2], "b": "€"}
    pair[0].send_json(value)
    assert pair[1].recv() == json.dumps(value).encode()


def test_json_options(pair: Pair) -> None:
    """Keyword arguments go to json.dumps and json.loads; those of send() to send()."""
    a, b = pair
    a.send_json({"b": 1, "a": 2}, sort_keys=True, separators=(",", ":"))
    assert b.recv() == b'{"a":2,"b":1}'
    a.send_json("€", flags=zmq.SNDMORE, ensure_ascii=False)
    a.send_json(1.5, 0)
    assert b.recv_json(0) == "€"
    assert b.recv_json(parse_float=str) == "1.5"


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"x", 1j, {(1, 2): 3}], ids=lambda value: type(value).__name__
)
def test_json_cannot_express_it(value: Any, pair: Pair) -> None:
    """What JSON cannot express is a TypeError, and sends nothing."""
    with pytest.raises(TypeError):
        pair[0].send_json(value)
    assert pair[1].poll(0) == 0


def test_json_refuses_by_value(pair: Pair) -> None:
    """A structure that contains itself, and NaN where it is not allowed, are ValueErrors."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="Circular"):
        pair[0].send_json(endless)
    with pytest.raises(ValueError, match="JSON"):
        pair[0].send_json(float("nan"), allow_nan=False)
    with pytest.raises(TypeError):
        pair[0].send_json(1, nonsense=1)
    assert pair[1].poll(0) == 0


@pytest.mark.parametrize("data", [b"", b"{", b"nonsense", b"\xff", b"1 2", b'{"a":}'])
def test_what_is_no_json(data: bytes, pair: Pair) -> None:
    """What is no JSON is a ValueError, and the message is gone."""
    a, b = pair
    a.send(data)
    with pytest.raises(ValueError):  # noqa: PT011 - of which UnicodeDecodeError is one
        b.recv_json()
    assert b.poll(0) == 0


def test_json_can_be_replaced(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs may put another codec into zmq.utils.jsonapi."""
    monkeypatch.setattr(jsonapi, "dumps", lambda value, **options: b"<%d>" % value)
    monkeypatch.setattr(jsonapi, "loads", lambda data, **options: int(data[1:-1]))
    a, b = pair
    a.send_json(5)
    a.send_json(6)
    assert b.recv() == b"<5>"
    assert b.recv_json() == 6


# --- pickles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pyobj(protocol: int, pair: Pair) -> None:
    """What can be pickled arrives equal, by every protocol."""
    value = {"a": (1, 2.5, None), "b": {b"x" * 1000}, "c": zmq.PUSH}
    pair[0].send_pyobj(value, protocol=protocol)
    assert pair[1].recv_pyobj() == value


def test_pyobj_is_a_pickle_of_protocol_4(pair: Pair) -> None:
    """Without a protocol it is 4, which every Python here can read; -1 is the highest."""
    a, b = pair
    a.send_pyobj([1])
    assert b.recv() == pickle.dumps([1], 4)
    a.send_pyobj([1], 0, -1)
    assert b.recv() == pickle.dumps([1], -1)


def test_pyobj_takes_what_send_takes(pair: Pair) -> None:
    """Flags, copy and track go on to send()."""
    a, b = pair
    a.send_pyobj(1, zmq.SNDMORE)
    assert a.send_pyobj(2, copy=False, track=True).done
    assert [b.recv_pyobj(), b.recv_pyobj(zmq.DONTWAIT)] == [1, 2]


@pytest.mark.parametrize(
    ("value", "protocol", "error"),
    [
        (lambda: 0, 4, (pickle.PicklingError, AttributeError)),
        (1, 99, ValueError),
        (1, "x", TypeError),
    ],
)
def test_pyobj_that_cannot_be_pickled(value: Any, protocol: Any, error: Any, pair: Pair) -> None:
    """What cannot be pickled is Python's own error, and sends nothing."""
    with pytest.raises(error):
        pair[0].send_pyobj(value, protocol=protocol)
    assert pair[1].poll(0) == 0


@pytest.mark.parametrize("data", [b"", b"garbage", pickle.dumps([1])[:-1]])
def test_what_is_no_pickle(data: bytes, pair: Pair) -> None:
    """What is no pickle is Python's own error, and the message is gone."""
    a, b = pair
    a.send(data)
    with pytest.raises((pickle.UnpicklingError, EOFError, ValueError)):
        b.recv_pyobj()
    assert b.poll(0) == 0


# --- by functions of the program ------------------------------------------------------------------


@pytest.mark.parametrize("copy", [True, False])
def test_serialized(copy: bool, pair: Pair) -> None:
    """The program's functions make parts of an object, and an object of parts."""
    a, b = pair

    def apart(words: list[str]) -> list[bytes]:
        return [word.encode() for word in words]

    def together(parts: list[Any]) -> list[str]:
        return [
            bytes(part.buffer if isinstance(part, zmq.Frame) else part).decode() for part in parts
        ]

    for words in (["one"], ["one", "two", ""]):
        a.send_serialized(words, apart, copy=copy)
        assert b.recv_serialized(together, copy=copy) == words


def test_serialized_parts_are_what_copy_says(pair: Pair) -> None:
    """Without a copy the program's function gets Frames."""
    a, b = pair
    for copy, kind in ((True, bytes), (False, zmq.Frame)):
        a.send_serialized(b"x", lambda data: [data, data])
        parts = b.recv_serialized(lambda parts: parts, copy=copy)
        assert [type(part) for part in parts] == [kind, kind]


@pytest.mark.parametrize(
    ("serialize", "error"),
    [
        (lambda value: value, TypeError),
        (lambda value: [value], TypeError),
        (lambda value: [], IndexError),
        (lambda value: 1 / 0, ZeroDivisionError),
        (None, TypeError),
    ],
)
def test_serializing_fails(serialize: Any, error: type[Exception], pair: Pair) -> None:
    """What the program's function raises, or returns that is no message, sends nothing."""
    with pytest.raises(error):
        pair[0].send_serialized("text", serialize)
    assert pair[1].poll(0) == 0


def test_deserializing_fails(pair: Pair) -> None:
    """What the program's function raises comes through, and the message is gone."""
    a, b = pair
    a.send_multipart([b"1", b"2"])
    with pytest.raises(ZeroDivisionError):
        b.recv_serialized(lambda parts: 1 / 0)
    assert b.poll(0) == 0


def test_serialized_takes_what_send_multipart_takes(pair: Pair) -> None:
    """Flags and track go on to send_multipart()."""
    a, b = pair
    tracker = a.send_serialized(b"x", lambda data: [data], zmq.DONTWAIT, False, track=True)
    assert tracker.done
    assert b.recv_serialized(lambda parts: parts[0], zmq.DONTWAIT) == b"x"


@pytest.mark.parametrize(
    "text",
    ["1", " [1, 2]\n", '{"a": 1} ', '"x"', "", "[1] x", "\ufeff1", "NaN", "nonsense", "[1, 2"],
)
def test_json_is_read_as_json_reads_it(text: str, pair: Pair) -> None:
    """What recv_json returns or raises is what json.loads does, with space around it or none."""
    a, b = pair
    a.send_string(text)
    try:
        expected = json.loads(text)
    except ValueError as error:
        with pytest.raises(type(error)) as raised:
            b.recv_json()
        assert str(raised.value) == str(error)
    else:
        assert repr(b.recv_json()) == repr(expected)
