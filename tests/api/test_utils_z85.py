# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.z85 against the examples of RFC 32 and itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zmq.utils import z85

RFC_BYTES = bytes.fromhex("864FD26FB559F75B")
RFC_TEXT = b"HelloWorld"
KEY_BYTES = bytes.fromhex("8E0BDD697628B91D8F245587EE95C5B04D48963F79259877B49CD9063AEAD3B7")
KEY_TEXT = b"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (RFC_BYTES, RFC_TEXT),
        (KEY_BYTES, KEY_TEXT),
        (b"", b""),
        (bytes(4), b"00000"),
        (b"\xff" * 4, b"%nSc0"),
    ],
)
def test_known_texts(raw: bytes, text: bytes) -> None:
    """The examples of the RFC, and the ends of the range, encode and decode as it says."""
    assert z85.encode(raw) == text
    assert z85.decode(text) == raw
    assert z85.decode(text.decode("ascii")) == raw


@given(st.binary(max_size=80))
def test_every_length_round_trips_or_is_refused(raw: bytes) -> None:
    """Data of a multiple of four bytes comes back as it was, other data is a ValueError."""
    if len(raw) % 4:
        with pytest.raises(ValueError, match=f"multiple of 4, not {len(raw)}"):
            z85.encode(raw)
    else:
        assert z85.decode(z85.encode(raw)) == raw


@given(st.text(max_size=11) | st.binary(max_size=11))
def test_every_text_decodes_or_is_refused(text: str | bytes) -> None:
    """Any text either decodes to what encodes to it, or is a ValueError."""
    try:
        raw = z85.decode(text)
    except ValueError:
        return
    assert z85.encode(raw) == (text if isinstance(text, bytes) else text.encode("ascii"))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_like_is_taken(kind: type) -> None:
    """bytearray and memoryview work as bytes do, and the result is bytes."""
    assert z85.encode(kind(RFC_BYTES)) == RFC_TEXT
    assert z85.decode(kind(RFC_TEXT)) == RFC_BYTES
    assert type(z85.encode(kind(RFC_BYTES))) is type(z85.decode(kind(RFC_TEXT))) is bytes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"Hell", "multiple of 5, not 4"),
        (b"Hel o", "has a character"),
        (b'Hel"o', "has a character"),
        (b"Hel\xffo", "has a character"),
        (b"%nSc1", "more than four bytes"),
        (b"#####", "more than four bytes"),
        ("h\u00e9llo", "ASCII"),
    ],
)
def test_bad_text_is_a_value_error(text: str | bytes, reason: str) -> None:
    """Wrong lengths, characters and numbers raise ValueError that says which."""
    with pytest.raises(ValueError, match=reason):
        z85.decode(text)


@pytest.mark.parametrize("value", [None, 5, [1, 2, 3, 4]])
def test_other_types_are_type_errors(value: object) -> None:
    """What is no bytes is a TypeError in both directions, and so is str to encode."""
    for call in (z85.encode, z85.decode):
        with pytest.raises(TypeError):
            call(value)  # type: ignore[operator]
    with pytest.raises(TypeError):
        z85.encode("1234")  # type: ignore[arg-type]


def test_alphabet() -> None:
    """There are 85 characters, all different, and the map gives their places."""
    assert len(set(z85.Z85CHARS)) == 85
    assert [z85.Z85MAP[char] for char in z85.Z85CHARS] == list(range(85))
