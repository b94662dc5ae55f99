# SPDX-License-Identifier: BSD-3-Clause
"""A real sshd on loopback, with keys made for it, and an ssh that knows it alone."""

from __future__ import annotations

import getpass
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import until

from zmq.ssh.tunnel import select_random_ports

SSHD = shutil.which("sshd", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))
IS_ROOT = os.name == "posix" and os.geteuid() == 0
PASSPHRASE = "a phrase for the key"

CONFIG = """
{listen}
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/authorized
UsePAM no
StrictModes no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding yes
Match LocalPort {strict_port}
    AllowTcpForwarding no
Match LocalPort {choosy_port}
    PermitOpen 127.0.0.1:{allowed_port}
"""

# What ssh finds first in PATH: the real one, without the configuration of this machine.
WRAPPER = """#!/bin/sh
exec {ssh} -F {folder}/ssh_config "$@"
"""

CLIENT_CONFIG = """
UserKnownHostsFile {folder}/home/.ssh/known_hosts
GlobalKnownHostsFile /dev/null
IdentityFile {folder}/no_such_key
IdentitiesOnly yes
"""


# Both wait for the end of this process, however it comes, and then leave nothing behind.
SERVE = '"$@" & read _; kill $!; wait'
FORGET = 'read _; while id "$1" && ! userdel "$1"; do sleep 0.2; done'


def keeper(script: str, *words: str, stderr: Any = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a shell script whose ``read`` ends with this process, or when release() says so."""
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )


def release(process: subprocess.Popen[bytes]) -> None:
    # Closing its stdin is not enough: a process forked by another test has that open, too.
    process.communicate(b"\n")


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def make_key(path: Path, passphrase: str = "") -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True
    )


class Sshd:
    """An sshd that runs until the end of the tests.

    Attributes
    ----------
    port, strict_port, choosy_port : int; at the second one it does not forward, and at the
        third one only to allowed_port
    key, locked_key : str, paths of keys that let the current user in, the second one
        encrypted with PASSPHRASE
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = getpass.getuser()
        make_key(folder / "host")
        make_key(folder / "user")
        make_key(folder / "locked", PASSPHRASE)
        self.key, self.locked_key = str(folder / "user"), str(folder / "locked")
        keys = [(folder / f"{name}.pub").read_text() for name in ("user", "locked")]
        (folder / "authorized").write_text("".join(keys))
        self._make_client()
        self.process = self._start()

    def _make_client(self) -> None:
        ssh = shutil.which("ssh")
        assert ssh, "there is an sshd, but no ssh"
        (self.folder / "bin").mkdir()
        wrapper = self.folder / "bin" / "ssh"
        wrapper.write_text(WRAPPER.format(ssh=ssh, folder=shlex.quote(str(self.folder))))
        wrapper.chmod(0o755)
        (self.folder / "ssh_config").write_text(CLIENT_CONFIG.format(folder=self.folder))
        self.known_hosts = self.folder / "home" / ".ssh" / "known_hosts"
        self.known_hosts.parent.mkdir(parents=True)

    def _start(self) -> subprocess.Popen[bytes]:
        if IS_ROOT:
            Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)
        for _ in range(5):
            self.ports = select_random_ports(4)
            self.port, self.strict_port, self.choosy_port, self.allowed_port = self.ports
            hosts = ["127.0.0.1", *(["[::1]"] if has_ipv6() else [])]
            addresses = [f"ListenAddress {h}:{p}" for h in hosts for p in self.ports[:3]]
            text = CONFIG.format(listen="\n".join(addresses), **vars(self))
            (self.folder / "sshd_config").write_text(text)
            process = self._run(len(addresses))
            if process is not None:
                return process
        raise AssertionError(f"sshd does not start: {self.log()}")

    def _run(self, addresses: int) -> subprocess.Popen[bytes] | None:
        """Start sshd, and return its keeper if it listens at that many addresses."""
        with open(self.folder / "log", "wb") as log:
            words = [str(SSHD), "-D", "-e", "-f", str(self.folder / "sshd_config")]
            process = keeper(SERVE, *words, stderr=log)
        until(lambda: self.failed() or self.log().count("listening") == addresses)
        if not self.failed():
            return process
        release(process)
        return None

    def failed(self) -> bool:
        log = self.log()
        return any(text in log for text in ("Bind to port", "fatal", "Missing", "error:"))

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def at(self, host: str = "127.0.0.1", port: int | None = None, user: str | None = None) -> str:
        """Return the server as tunnels want it."""
        return f"{user or self.user}@{host}:{port or self.port}"

    def known_as(self, *hosts: str, key: str = "host") -> str:
        """Return lines for known_hosts."""
        public = " ".join((self.folder / f"{key}.pub").read_text().split()[:2])
        ports = self.ports[:3]
        return "".join(f"[{host}]:{port} {public}\n" for host in hosts for port in ports)

    def stop(self) -> None:
        release(self.process)


@pytest.fixture(scope="session")
def running_sshd() -> Iterator[Sshd]:
    if SSHD is None:
        pytest.skip("there is no sshd here")
    # Not below pytest's folder: others than its owner have to get at the keys.
    with tempfile.TemporaryDirectory(prefix="zmq-ssh") as folder:
        os.chmod(folder, 0o755)
        sshd = Sshd(Path(folder))
        yield sshd
        sshd.stop()


@pytest.fixture
def sshd(running_sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> Sshd:
    """The sshd, known to ssh and to paramiko; keys of this machine's user are not."""
    running_sshd.known_hosts.write_text(running_sshd.known_as("127.0.0.1", "::1"))
    monkeypatch.setenv("HOME", str(running_sshd.folder / "home"))
    path = f"{running_sshd.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return running_sshd


@pytest.fixture(params=["openssh", "paramiko"])
def paramiko(request: pytest.FixtureRequest, sshd: Sshd) -> bool:
    """Whether to use paramiko: each test that asks runs with both."""
    if request.param == "paramiko" and sys.implementation.name != "cpython":
        pytest.skip("paramiko is a requirement of the tests with CPython only")
    return bool(request.param == "paramiko")


@pytest.fixture(scope="session")
def account() -> Iterator[tuple[str, str]]:
    """A user of this system, made for the tests, and its password."""
    if not IS_ROOT:
        pytest.skip("only root can make a user that has a password")
    if shutil.which("useradd") is None:
        pytest.skip("there is no useradd here")
    name, password = f"zmqt{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    process = keeper(FORGET, name)
    words = ["useradd", "--no-create-home", "--shell", "/bin/sh", name]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}", text=True, check=True)
        yield name, password
    finally:
        release(process)
