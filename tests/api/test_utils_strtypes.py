# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.strtypes: deprecated, and working."""

from __future__ import annotations

from typing import Any

import pytest

from zmq.utils import strtypes

TO_BYTES = [strtypes.cast_bytes, strtypes.asbytes, strtypes.b]
TO_STR = [strtypes.cast_unicode, strtypes.u]


@pytest.mark.parametrize("call", TO_BYTES)
def test_to_bytes(call: Any) -> None:
    """str is encoded, as UTF-8 unless said otherwise; bytes stay; each call warns."""
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call("\u00e9") == b"\xc3\xa9"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call("\u00e9", "latin1") == b"\xe9"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call("\u00e9", "ascii", "ignore") == b""
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call(b"\xff") == b"\xff"


@pytest.mark.parametrize("call", TO_STR)
def test_to_str(call: Any) -> None:
    """Bytes are decoded, as UTF-8 unless said otherwise; str stays; each call warns."""
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call(b"\xc3\xa9") == "\u00e9"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call(b"\xe9", "latin1") == "\u00e9"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call(b"\xff", "utf8", "replace") == "\ufffd"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert call("\u00e9") == "\u00e9"


@pytest.mark.parametrize("call", TO_BYTES + TO_STR)
@pytest.mark.parametrize("value", [None, 5, bytearray(b"x")])
def test_other_types_are_type_errors(call: Any, value: Any) -> None:
    """What is neither str nor bytes raises TypeError that shows it."""
    with pytest.warns(DeprecationWarning, match="strtypes"), pytest.raises(TypeError, match="got"):
        call(value)


def test_types() -> None:
    """The type names of Python 2 stand for those of Python 3."""
    assert strtypes.bytes is bytes
    assert strtypes.unicode is str
    assert strtypes.basestring == (str,)
