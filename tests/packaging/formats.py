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


# --- what a DLL of 64 bits gives and takes --------------------------------------------------------


def exports(content: bytes) -> set[str]:
    """Return the names that a DLL exports."""
    at, here = _directory(content, 0)
    (count,) = struct.unpack_from("<I", content, at + 24)
    (names,) = struct.unpack_from("<I", content, at + 32)
    addresses = struct.unpack_from(f"<{count}I", content, here(names))
    return {_text(content, here(address)) for address in addresses}


def imports(content: bytes) -> set[str]:
    """Return the names of the DLLs that a DLL needs, in small letters."""
    at, here = _directory(content, 1)
    found = set()
    while (name := struct.unpack_from("<I", content, at + 12)[0]) != 0:
        found.add(_text(content, here(name)).lower())
        at += 20
    return found


def _directory(content, index):
    """Find one of its tables in the file, and what makes an address a place in the file."""
    (start,) = struct.unpack_from("<I", content, 0x3C)
    (sections,) = struct.unpack_from("<H", content, start + 6)
    size, _, magic = struct.unpack_from("<HHH", content, start + 20)
    if magic != 0x020B:
        raise ValueError("not of 64 bits")
    rows = [
        struct.unpack_from("<4I", content, start + 24 + size + 40 * row + 8)
        for row in range(sections)
    ]

    def here(address):
        for memory, begins, length, offset in rows:
            if begins <= address < begins + max(memory, length):
                return address - begins + offset
        raise ValueError(f"no section holds {address:#x}")

    (address,) = struct.unpack_from("<I", content, start + 24 + 112 + 8 * index)
    return here(address), here


def _text(content, at):
    return content[at : content.index(b"\0", at)].decode("ascii")
