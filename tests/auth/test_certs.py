# SPDX-License-Identifier: BSD-3-Clause
"""Certificates: files that hold CURVE keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

import zmq
from zmq.auth import create_certificates, load_certificate, load_certificates

pytestmark = pytest.mark.capability("curve")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")

PUBLIC = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
SECRET = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"


def zpl(text: str) -> dict[str, Any]:
    """Read ZPL as its specification (ZeroMQ RFC 4) has it, and nothing more."""
    root: dict[str, Any] = {}
    levels = [root]
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        assert indent % 4 == 0
        depth = indent // 4
        assert depth < len(levels)
        name, equals, value = line.strip().partition(" = ")
        assert name
        assert all(char.isalnum() or char in "$-_@.&+/" for char in name)
        if equals:
            assert value[0] in "\"'"
            assert value[-1] == value[0]
            assert value[0] not in value[1:-1]
            levels[depth][name] = value[1:-1]
        else:
            levels[depth][name] = {}
            levels[depth + 1 :] = [levels[depth][name]]
    return root


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_files(tmp_path: Path) -> None:
    """A pair is in two files, and both are loaded as what was generated."""
    public_path, secret_path = create_certificates(tmp_path, "bob")
    assert sorted(os.listdir(tmp_path)) == ["bob.key", "bob.key_secret"]
    assert (public_path, secret_path) == (
        str(tmp_path / "bob.key"),
        str(tmp_path / "bob.key_secret"),
    )
    public, nothing = load_certificate(public_path)
    assert nothing is None
    again, secret = load_certificate(Path(secret_path))
    assert again == public
    assert secret is not None
    assert len(secret) == 40
    if zmq.zmq_version_info() >= (4, 2):
        assert zmq.curve_public(secret) == public


def test_files_are_zpl(tmp_path: Path) -> None:
    """The files are what the specification of ZPL allows, with the sections that zcert has."""
    metadata = {"name": "Bob", "e-mail": 'b"ob@example.org', "n": 7, "city": "Köln", "raw": b"x"}
    public_path, secret_path = create_certificates(str(tmp_path), "bob", metadata)
    public, secret = load_certificate(secret_path)
    assert secret is not None
    assert zpl(Path(secret_path).read_text(encoding="utf-8")) == {
        "metadata": {
            "name": "Bob",
            "e-mail": 'b"ob@example.org',
            "n": "7",
            "city": "Köln",
            "raw": "x",
        },
        "curve": {"public-key": public.decode(), "secret-key": secret.decode()},
    }
    assert zpl(Path(public_path).read_text(encoding="utf-8")) == {
        "metadata": {},
        "curve": {"public-key": public.decode()},
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "b\"o'b"},
        {"name": "bob\ncurve\n    secret-key = 'x'"},
        {"name": "bob\0"},
        {"na me": "bob"},
        {"name=": "bob"},
        {"": "bob"},
    ],
)
def test_metadata_that_zpl_cannot_hold(tmp_path: Path, metadata: dict[str, str]) -> None:
    """Metadata that would make a broken, or another, certificate is refused; nothing is written."""
    with pytest.raises(ValueError, match=r"ZPL|quotes"):
        create_certificates(tmp_path, "bob", metadata)
    assert os.listdir(tmp_path) == []


@posix
def test_secret_file_is_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret file has mode 0600 from the moment that it exists, whatever the umask is."""
    modes = {}
    real = os.open

    def watched(path: Any, flags: int, mode_: int = 0o777, **kwargs: Any) -> int:
        descriptor = real(path, flags, mode_, **kwargs)
        modes[os.path.basename(path)] = stat.S_IMODE(os.fstat(descriptor).st_mode)
        assert flags & os.O_EXCL
        return descriptor

    before = os.umask(0)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", watched)
            public_path, secret_path = create_certificates(tmp_path, "bob")
    finally:
        os.umask(before)
    assert [mode for name, mode in modes.items() if "key_secret" in name] == [0o600]
    assert mode(secret_path) == 0o600
    assert mode(public_path) == 0o666


@posix
def test_files_that_were_there_are_replaced(tmp_path: Path) -> None:
    """Who has an old file open, or made a link in its place, does not get the new secret."""
    target = tmp_path / "elsewhere"
    target.write_text("old")
    (tmp_path / "linked.key_secret").symlink_to(target)
    old = tmp_path / "bob.key_secret"
    old.write_text("old")
    old.chmod(0o666)
    with old.open() as still_open:
        create_certificates(tmp_path, "bob")
        create_certificates(tmp_path, "linked")
        assert still_open.read() == "old"
    assert mode(old) == 0o600
    assert target.read_text() == "old"
    assert not (tmp_path / "linked.key_secret").is_symlink()


def test_failing_to_write_leaves_nothing(tmp_path: Path) -> None:
    """When a file cannot be put in its place, no secret lies around."""
    (tmp_path / "bob.key_secret").mkdir()
    with pytest.raises(OSError, match="bob"):
        create_certificates(tmp_path, "bob")
    assert os.listdir(tmp_path) == ["bob.key_secret"]
    with pytest.raises(OSError, match="none"):
        create_certificates(tmp_path / "none", "bob")


@pytest.mark.parametrize(
    "text",
    [
        'curve\n    public-key = "{public}"\n    secret-key = "{secret}"\n',
        "curve\n    public-key = '{public}' # a comment\n    secret-key = '{secret}'\n",
        'curve\r\n  public-key="{public}"\r\n  secret-key  =  "{secret}"\r\n',
        'curve\n\tpublic-key = "{public}"\n\tsecret-key = "{secret}"',
        'public-key = "{public}"\nsecret-key = "{secret}"\n',
        'metadata\n    public-key = "not here"\ncurve\n    public-key = "{public}"\n'
        '    secret-key = "{secret}"\n',
        '# caf\xe9\nmetadata # = \n    name = "caf\xe9 = # \'"\n\ncurve #\n'
        '    public-key = "{public}"\n\n    secret-key = "{secret}"\n',
    ],
)
def test_other_tools_certificates(tmp_path: Path, text: str) -> None:
    """Certificates that others wrote are read, whatever their quotes, indents and comments."""
    path = tmp_path / "cert"
    path.write_bytes(text.format(public=PUBLIC, secret=SECRET).encode("latin-1"))
    assert load_certificate(path) == (PUBLIC.encode(), SECRET.encode())


def test_certificates_of_editors_that_mark_utf_8(tmp_path: Path) -> None:
    """A byte order mark in front of the first section is no part of its name."""
    path = tmp_path / "cert"
    path.write_text(f'curve\n    public-key = "{PUBLIC}"\n', encoding="utf-8-sig")
    assert load_certificate(path) == (PUBLIC.encode(), None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No public key"),
        ("curve\n", "No public key"),
        ('curve\n    secret-key = "{secret}"\n', "No public key"),
        ('metadata\n    public-key = "{public}"\n', "No public key"),
        ('# public-key = "{public}"\n', "No public key"),
        ('curve\n    public-key = ""\n', "Malformed public key"),
        ('curve\n    public-key = "{public}0"\n', "Malformed public key"),
        ('curve\n    public-key = "{public}\n', "Malformed public key"),
        ('curve\n    public-key = "#####{secret}"\n', "Malformed public key"),
        ('curve\n    public-key = "####################~###################"\n', "Malformed"),
        ('curve\n    public-key = "########################################"\n', "Malformed"),
        ('curve\n    public-key = "{public}"\n    secret-key = "x"\n', "Malformed secret key"),
    ],
)
def test_what_is_no_certificate(tmp_path: Path, text: str, message: str) -> None:
    """A file without a proper key is an error that names the file."""
    path = tmp_path / "cert"
    path.write_text(text.format(public=PUBLIC, secret=SECRET))
    with pytest.raises(ValueError, match=message) as caught:
        load_certificate(path)
    assert str(path) in str(caught.value)


def test_file_that_is_not_there(tmp_path: Path) -> None:
    """A file or folder that is not there is an OSError."""
    with pytest.raises(OSError, match="Invalid certificate file"):
        load_certificate(tmp_path / "none")
    with pytest.raises(OSError, match="Invalid certificate directory"):
        load_certificates(tmp_path / "none")


def test_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder the public certificates count, and nothing else that lies there."""
    keys = {load_certificate(create_certificates(tmp_path, name)[0])[0] for name in "abc"}
    (tmp_path / "readme.txt").write_text("no certificate")
    assert load_certificates(str(tmp_path)) == dict.fromkeys(keys, True)
    monkeypatch.chdir(tmp_path)
    assert load_certificates() == dict.fromkeys(keys, True)
    (tmp_path / "broken.key").write_text("")
    with pytest.raises(ValueError, match="broken"):
        load_certificates(tmp_path)
