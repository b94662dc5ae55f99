# SPDX-License-Identifier: BSD-3-Clause
"""Files that CURVE keys are kept in: certificates, in ZPL (ZeroMQ RFC 4).

A line is a name, or ``name = value``, and belongs to the line before it that is indented
less, four spaces a level. A value may stand in quotes of either kind; there is no way to
write a quote of that kind inside it. ``#`` begins a comment. CZMQ's zcert reads and writes
the same files.
"""

from __future__ import annotations

import os

import zmq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

__all__ = ["create_certificates", "load_certificate", "load_certificates"]

_INDENT = "    "
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$-_@.&+/")
_KEY_LENGTH = 40

_PUBLIC_BANNER = """\
#   ZeroMQ CURVE public certificate, generated {now}.
#   Whoever has it can talk to its owner. Hand it over in a way that keeps
#   it from being replaced by another one.
"""

_SECRET_BANNER = """\
#   ZeroMQ CURVE **secret** certificate, generated {now}.
#   Whoever has it can pose as its owner. Give it to nobody, and leave its
#   permissions as they are.
"""


def create_certificates(
    key_dir: str | os.PathLike[str],
    name: str,
    metadata: Mapping[str, Any] | None = None,
) -> tuple[str, str]:
    """Make a CURVE key pair and write it to two files.

    Files of the same names are replaced.

    Parameters
    ----------
    key_dir : str or path of an existing folder
    name : str; the files are ``name.key`` and ``name.key_secret``
    metadata : dict of str, what else to write to the secret file, such as the owner's
        name. The public file, which is given away, does not get it.

    Returns
    -------
    (path of the public file, path of the secret file), str

    Raises
    ------
    ValueError : a name or a value of ``metadata`` cannot be written in ZPL
    OSError : the files cannot be written
    zmq.ZMQError : libzmq was built without CURVE (ENOTSUP)

    Notes
    -----
    The secret file is readable and writable by its owner alone from the moment that it
    exists (mode 0600; on Windows it gets the permissions of the folder). Uses
    ``zmq_curve_keypair``.
    """
    properties = [_property(key, value) for key, value in (metadata or {}).items()]
    public, secret = (key.decode("ascii") for key in zmq.curve_keypair())
    base = os.path.join(os.fspath(key_dir), name)
    keys = [_property("public-key", public)]
    both = [*keys, _property("secret-key", secret)]
    _write(f"{base}.key_secret", 0o600, _SECRET_BANNER, properties, both)
    _write(f"{base}.key", 0o666, _PUBLIC_BANNER, [], keys)
    return f"{base}.key", f"{base}.key_secret"


def load_certificate(filename: str | os.PathLike[str]) -> tuple[bytes, bytes | None]:
    """Read the keys of a certificate.

    Parameters
    ----------
    filename : str or path of a public or secret file

    Returns
    -------
    (public key, secret key or None), bytes, 40 characters of Z85 each

    Raises
    ------
    OSError : there is no such file, or it cannot be read
    ValueError : it has no public key, or a key is malformed; the text does not repeat keys
    """
    filename = os.fspath(filename)
    if not os.path.exists(filename):
        raise OSError(f"Invalid certificate file: {filename}")
    public, secret, problem = _keys(filename)
    if public is None:
        raise ValueError(f"{problem} in {filename}")
    return public, secret


def load_certificates(directory: str | os.PathLike[str] = ".") -> dict[bytes, bool]:
    """Read the public keys of all certificates in a folder.

    Parameters
    ----------
    directory : str or path; of its files those are read whose names end with ``.key``

    Returns
    -------
    dict, public key (bytes, 40 characters of Z85) -> True

    Raises
    ------
    OSError : there is no such folder, or a file cannot be read
    ValueError : a file is no certificate
    """
    directory = os.fspath(directory)
    if not os.path.isdir(directory):
        raise OSError(f"Invalid certificate directory: {directory}")
    names = sorted(name for name in os.listdir(directory) if name.endswith(".key"))
    return {load_certificate(os.path.join(directory, name))[0]: True for name in names}


def _write(path: str, mode: int, banner: str, metadata: list[str], keys: list[str]) -> None:
    """Write a certificate, whole or not at all."""
    import secrets
    import time

    now = time.strftime("%Y-%m-%d %H:%M:%S %z")
    lines = ["metadata", *metadata, "curve", *keys, ""]
    text = banner.format(now=now) + "\n" + "\n".join(lines)
    # A file that is there already may be readable to others, or open: it is replaced.
    scratch = f"{path}.{secrets.token_hex(8)}.tmp"
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise


def _property(name: str, value: Any) -> str:
    """Return a line of ZPL.

    Raises
    ------
    ValueError : it cannot be written
    """
    if not name or not _NAME.issuperset(name):
        raise ValueError(f"{name!r} cannot be a name in ZPL")
    text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    quote = next((quote for quote in "\"'" if quote not in text), None)
    if quote is None or not all(char.isprintable() for char in text):
        raise ValueError(f"the value of {name!r} has both quotes, or is more than a line of text")
    return f"{_INDENT}{name} = {quote}{text}{quote}"


def _curve_properties(filename: str) -> Iterator[tuple[str, str]]:
    """Yield the (name, value) of what a file says about keys."""
    section = ""
    # What is no UTF-8 is a comment or malformed, and no text for an error.
    with open(filename, encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            name, value = _parsed(line)
            if name and not line[0].isspace():
                section = name if value is None else ""
            if value is not None and section in ("", "curve"):
                yield name, value


def _parsed(line: str) -> tuple[str, str | None]:
    """Return the (name, value) of a line; the name is empty if it has none."""
    name, equals, value = line.partition("=")
    if not equals or "#" in name:
        return line.partition("#")[0].strip(), None
    value = value.strip()
    if value[:1] in ("'", '"'):
        text, closed, _ = value[1:].partition(value[0])
        return name.strip(), text if closed else value
    return name.strip(), value.partition("#")[0].strip()


def _keys(filename: str) -> tuple[bytes | None, bytes | None, str]:
    """Return the (public key, secret key, what is wrong); without the keys if anything is.

    Raises nothing about them, as who shows an exception may show local variables too.
    """
    texts = dict(_curve_properties(filename))
    if "public-key" not in texts:
        return None, None, "No public key found"
    for kind in ("public", "secret"):
        if not _is_key(texts.get(f"{kind}-key", texts["public-key"])):
            return None, None, f"Malformed {kind} key"
    secret = texts.get("secret-key")
    return texts["public-key"].encode(), None if secret is None else secret.encode(), ""


def _is_key(text: str) -> bool:
    from zmq.utils import z85

    try:
        return len(text) == _KEY_LENGTH and bool(z85.decode(text))
    except ValueError:
        return False
