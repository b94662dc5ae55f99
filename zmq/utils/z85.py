# SPDX-License-Identifier: BSD-3-Clause
"""Z85, the text form of binary data that CURVE keys are written in (ZeroMQ RFC 32)."""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

Z85CHARS: Final = (
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)
Z85MAP: Final = {char: digit for digit, char in enumerate(Z85CHARS)}


def encode(rawbytes: bytes | bytearray | memoryview) -> bytes:
    """Encode binary data.

    Parameters
    ----------
    rawbytes : bytes-like, a multiple of 4 bytes long

    Returns
    -------
    bytes, 5 characters for every 4 bytes

    Raises
    ------
    ValueError : the length is no multiple of 4
    TypeError : not bytes-like
    """
    raw = memoryview(rawbytes).tobytes()
    if len(raw) % 4:
        raise ValueError(f"length must be multiple of 4, not {len(raw)}")
    encoded = bytearray()
    for word in struct.unpack(f">{len(raw) // 4}I", raw):
        for scale in (85**4, 85**3, 85**2, 85, 1):
            encoded.append(Z85CHARS[word // scale % 85])
    return bytes(encoded)


def decode(z85bytes: bytes | bytearray | memoryview | str) -> bytes:
    """Decode to binary data.

    Parameters
    ----------
    z85bytes : bytes-like or ASCII str, a multiple of 5 characters long

    Returns
    -------
    bytes, 4 for every 5 characters

    Raises
    ------
    ValueError : the length is no multiple of 5, a character is none of Z85CHARS, or a group
        of five stands for 2**32 or more
    TypeError : neither str nor bytes-like
    """
    text = _ascii(z85bytes) if isinstance(z85bytes, str) else memoryview(z85bytes).tobytes()
    if len(text) % 5:
        raise ValueError(f"Z85 length must be multiple of 5, not {len(text)}")
    words = [_word(text[start : start + 5]) for start in range(0, len(text), 5)]
    return struct.pack(f">{len(words)}I", *words)


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise ValueError("string argument should contain only ASCII characters") from None


def _word(group: bytes) -> int:
    word = 0
    for char in group:
        digit = Z85MAP.get(char)
        if digit is None:
            raise ValueError(f"{group!r} has a character that Z85 has not: {chr(char)!r}")
        word = word * 85 + digit
    if word >= 2**32:
        raise ValueError(f"{group!r} is no Z85: it stands for more than four bytes hold")
    return word
