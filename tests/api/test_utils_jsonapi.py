# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.jsonapi: bytes out, text or bytes in."""

from __future__ import annotations

from typing import Any

import pytest

from zmq.utils import jsonapi


@pytest.mark.parametrize(
    ("value", "kwargs", "text"),
    [
        ({"a": 1}, {}, b'{"a": 1}'),
        ([1, 2.5, None, True, "x"], {}, b'[1, 2.5, null, true, "x"]'),
        ({"\u00e9": "\u20ac"}, {}, b'{"\\u00e9": "\\u20ac"}'),
        ({"\u00e9": 1}, {"ensure_ascii": False}, b'{"\xc3\xa9": 1}'),
        ({"b": 1, "a": 2}, {"sort_keys": True, "separators": (",", ":")}, b'{"a":2,"b":1}'),
        (1j, {"default": str}, b'"1j"'),
    ],
)
def test_dumps(value: Any, kwargs: dict[str, Any], text: bytes) -> None:
    """dumps gives UTF-8 bytes with json's defaults, and passes keywords on."""
    assert jsonapi.dumps(value, **kwargs) == text


@pytest.mark.parametrize(
    ("text", "kwargs", "value"),
    [
        (b'{"a": 1}', {}, {"a": 1}),
        ('{"a": 1}', {}, {"a": 1}),
        (bytearray(b"[1]"), {}, [1]),
        (b'"\xc3\xa9"', {}, "\u00e9"),
        (b"1.5", {"parse_float": str}, "1.5"),
    ],
)
def test_loads(text: Any, kwargs: dict[str, Any], value: Any) -> None:
    """loads takes str, and bytes of UTF-8, and passes keywords on."""
    assert jsonapi.loads(text, **kwargs) == value


@pytest.mark.parametrize("text", [b"", b"nope", b'"\xff"', "\ufeff[1]", b'\xff\xfe"\x00'])
def test_bad_json_is_a_value_error(text: Any) -> None:
    """What is no JSON, or no UTF-8, raises ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's words differ between Pythons
        jsonapi.loads(text)


def test_what_json_cannot_write_is_a_type_error() -> None:
    """An object without JSON form raises TypeError."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        jsonapi.dumps(b"bytes")
