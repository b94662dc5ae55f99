# SPDX-License-Identifier: BSD-3-Clause
"""Tell what a file of machine code is for, from its bytes."""

from __future__ import annotations

import struct

ELF = {62: "x86_64", 183: "aarch64"}
MACH = {0x01000007: "x86_64", 0x0100000C: "arm64"}
PE = {0x8664: "amd64", 0x014C: "x86", 0xAA64: "arm64"}


def describe(content: bytes) -> tuple[str, set[str]]:
    """Return the format and the processors of a shared library.

    Raises
    ------
    ValueError : none of ELF, Mach-O and PE, or not a shared library, or not 64 bits where it says so
    """
    if content.startswith(b"\x7fELF"):
        kind, machine = struct.unpack_from("<HH", content, 16)
        if (content[4], content[5], kind) != (2, 1, 3):
            raise ValueError("not a shared library of 64 bits")
        return "ELF", {ELF[machine]}
    if content.startswith(b"\xca\xfe\xba\xbe"):
        (count,) = struct.unpack_from(">I", content, 4)
        rows = [struct.unpack_from(">5I", content, 8 + 20 * at) for at in range(count)]
        parts = [content[offset : offset + size] for _, _, offset, size, _ in rows]
        return "Mach-O", set().union(*(_thin(part) for part in parts))
    if content.startswith(b"\xcf\xfa\xed\xfe"):
        return "Mach-O", _thin(content)
    if content.startswith(b"MZ"):
        (start,) = struct.unpack_from("<I", content, 0x3C)
        signature, machine = struct.unpack_from("<4sH", content, start)
        (flags,) = struct.unpack_from("<H", content, start + 22)
        if signature != b"PE\0\0" or not flags & 0x2000:
            raise ValueError("not a DLL")
        return "PE", {PE[machine]}
    raise ValueError(f"unknown format: {content[:4]!r}")


def _thin(content: bytes) -> set[str]:
    magic, cpu, _, kind = struct.unpack_from("<4I", content)
    if (magic, kind) != (0xFEEDFACF, 6):  # MH_DYLIB
        raise ValueError("not a dynamic library of 64 bits")
    return {MACH[cpu]}
