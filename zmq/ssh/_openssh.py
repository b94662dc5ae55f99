# SPDX-License-Identifier: BSD-3-Clause
"""Tunnels made by OpenSSH's ``ssh``.

ssh runs on a terminal of its own (a pty), whose other end is here:

- It asks for passwords there, and only there: none is on a command line, in the
  environment or in a file.
- It is the leader of that terminal's session. When this process ends, however it
  does, the terminal hangs up and ssh ends.
- What it says there is the reason to tell when there is no tunnel.

That the tunnel stands is said by a LocalCommand, which ssh runs when it is logged
in and listens; the word it echoes is made up for each tunnel, so no server's
greeting can say it.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

from ._common import (
    NOWHERE,
    Server,
    Tunnel,
    TunnelError,
    ask_password,
    bracketed,
    parse_servers,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

logger = logging.getLogger("zmq.ssh")

# The first thing that a session's leader opens without a terminal becomes its terminal.
_ON_TERMINAL = 'exec <>"$0" && exec "$@"'

# What nohup starts ignores the hanging up of its terminal, and so would ssh.
_HEARS_HANGUP = (
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)

_UNKNOWN_HOST = r"continue connecting \([^)]*\)\?"
_PASSWORD = r"(?i:password|passphrase for key [^\r\n]*): *$"
# The password is that of the last server, and must not be told to one on the way, which asks on
# the same terminal.
_NO_PASSWORD = ("-o", "PasswordAuthentication=no", "-o", "KbdInteractiveAuthentication=no")
_NOT_OPENED = r"open failed: ([^\r\n]+)[\r\n]"

_PROBE_S = 1.0
_END_S = 5.0
_END_TRIES = 25
_MOST_SAID = 2000

# Linux' lists of connections.
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOOPBACK = socket.inet_aton("127.0.0.1")[:: -1 if sys.byteorder == "little" else 1].hex().upper()
_TIME_WAIT = "06"


class Wish(NamedTuple):
    """What a tunnel is to be; without a remote it is only a log-in."""

    servers: list[Server]
    keyfile: str | None
    password: str | None
    timeout_s: float
    local_port: int = 0
    remote: tuple[str, int] = ("", 0)
    batch: bool = False
    probe: str = ""

    def __repr__(self) -> str:
        return f"<Wish for {self.remote} through {','.join(map(str, self.servers))}>"


class _Process(subprocess.Popen[bytes]):
    """A process that is left alone when nobody refers to it any more."""

    def __del__(self, *args: object) -> None:
        pass


class OpenSSHTunnel(Tunnel):
    """A tunnel made by an ``ssh`` process.

    Attributes
    ----------
    pid : int, of that process; the tunnel may be used as that number
    """

    def __init__(self, wish: Wish, process: _Process, master: int) -> None:
        super().__init__(",".join(map(str, wish.servers)), wish.local_port, wish.remote)
        self._process = process
        self._master = master
        self._said = ""
        self._thread = threading.Thread(target=self._watch, name="zmq.ssh.tunnel", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __index__(self) -> int:
        return self._process.pid

    __int__ = __index__

    def close(self) -> None:
        """End the tunnel; connections through it are cut off."""
        if not self.is_alive():
            return
        _end(self._process)
        if threading.current_thread() is not self._thread:
            self._thread.join(_END_S)

    terminate = close

    def connections(self) -> int | None:
        """Return how many connections go through the tunnel; None but on Linux."""
        tables = [table for table in _TABLES if os.path.exists(table)]
        return sum(_count(table, self.local_port) for table in tables) if tables else None

    def _forked(self) -> None:
        # While a child has it too, the terminal does not hang up when this process ends.
        os.close(self._master)

    def _watch(self) -> None:
        """Read what ssh says, which would wait otherwise, until it ends."""
        while True:
            try:
                data = os.read(self._master, 4096)
            except OSError:
                break
            if not data:
                break
            for line in data.decode("utf-8", "replace").splitlines():
                self._heard(line.strip())
        _end(self._process)
        self._has_ended()
        os.close(self._master)

    def _heard(self, line: str) -> None:
        # It says the same of each connection that fails, and libzmq tries many.
        what = re.sub(r"\d+", "", line)
        if what:
            level = logging.DEBUG if what == self._said else logging.WARNING
            logger.log(level, "%s: %s", self.server, line)
            self._said = what


def _count(table: str, port: int) -> int:
    """Return how many connections to a local port the kernel lists, other than ended ones."""
    count = 0
    with open(table, encoding="ascii") as lines:
        next(lines)
        for line in lines:
            _, _, remote, state, *_ = line.split()
            address, _, number = remote.partition(":")
            if address.endswith(_LOOPBACK) and int(number, 16) == port and state != _TIME_WAIT:
                count += 1
    return count


def open_tunnel(
    server: str,
    local_port: int,
    remote: tuple[str, int],
    keyfile: str | None,
    password: str | None,
    timeout_s: float,
) -> OpenSSHTunnel:
    """Return a tunnel that stands; parameters are those of tunnel.openssh_tunnel()."""
    servers = parse_servers(server)
    with tempfile.TemporaryDirectory(prefix="zmq-ssh-") as folder:
        wish = Wish(
            servers, keyfile, password, timeout_s, local_port, remote, probe=f"{folder}/probe"
        )
        process, master = _log_in(wish, _check_forwarding)
    return OpenSSHTunnel(wish, process, master)


def can_log_in(server: str, keyfile: str | None, timeout_s: float) -> bool:
    """Tell whether a server lets the user in without a password."""
    wish = Wish(parse_servers(server), keyfile, None, timeout_s, batch=True)
    try:
        process, master = _log_in(wish, None)
    except TunnelError as error:
        if "Permission denied" in str(error):
            return False
        raise
    _end(process)
    os.close(master)
    return True


def command(wish: Wish, ready: str) -> list[str]:
    """Return the command line of ssh; ``ready`` is what it is to say when the tunnel stands."""
    options = _options(wish)
    options += ["-N", "-T", "-o", "ExitOnForwardFailure=yes"]
    options += ["-o", "PermitLocalCommand=yes", "-o", f"LocalCommand=echo {ready}"]
    if wish.remote[0]:
        host, port = wish.remote
        options += ["-L", f"127.0.0.1:{wish.local_port}:{bracketed(host)}:{port}"]
        options += ["-L", f"{wish.probe}:{NOWHERE[0]}:{NOWHERE[1]}"]
    through: list[str] = []
    for server in wish.servers[:-1]:
        before, behind = ["ssh", *_options(wish), *_NO_PASSWORD, *through], _address(server)
        way = shlex.join([*_escaped(before), "-W", "[%h]:%p", *_escaped(behind)])
        through = ["-o", f"ProxyCommand={way}"]
    return ["ssh", *options, *through, *_address(wish.servers[-1])]


def _escaped(words: list[str]) -> list[str]:
    """Return words of a ProxyCommand in which ssh is to see no ``%h``."""
    return [word.replace("%", "%%") for word in words]


def _options(wish: Wish) -> list[str]:
    connect_s = max(1, int(wish.timeout_s) - 1)
    options = ["-S", "none", "-o", f"ConnectTimeout={connect_s}"]
    options += ["-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=INFO"]
    if wish.batch:
        options += ["-o", "BatchMode=yes"]
    if wish.keyfile:
        options += ["-i", os.fspath(wish.keyfile)]
    return options


def _address(server: Server) -> list[str]:
    user = ["-l", server.user] if server.user else []
    port = ["-p", str(server.port)] if server.port else []
    return [*user, *port, "--", server.host]


def _log_in(
    wish: Wish, check: Callable[[Wish, Any], None] | None
) -> tuple[_Process, int]:
    """Return an ssh that is logged in and listens, and the other end of its terminal."""
    _need_pexpect()
    if not hasattr(os, "openpty"):
        raise TunnelError("this system has no ptys for ssh to ask on; use paramiko")
    if shutil.which("ssh") is None:
        raise TunnelError("there is no ssh in PATH; install OpenSSH's client, or use paramiko")
    ready = f"zmq-{secrets.token_hex(16)}"
    process, master = _spawn(command(wish, ready))
    try:
        dialogue = _Dialogue(wish, process, master)
        dialogue.until(re.escape(ready))
        if check is not None:
            check(wish, dialogue)
    except BaseException:
        _end(process)
        os.close(master)
        raise
    return process, master


def _need_pexpect() -> None:
    try:
        import pexpect  # noqa: F401
    except ImportError:
        raise ImportError(
            "tunnels by OpenSSH need pexpect: pip install pexpect; or pip install paramiko and "
            "say paramiko=True"
        ) from None


def _hearing(words: list[str]) -> list[str]:
    """Return a command that ends when its terminal hangs up."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    if not ignored or getattr(sys, "frozen", False) or not sys.executable:
        return words
    return [sys.executable, "-I", "-S", "-c", _HEARS_HANGUP, *words]


def _spawn(words: list[str]) -> tuple[_Process, int]:
    """Start a program on a terminal of its own; return it and the other end."""
    master, slave = os.openpty()
    environment = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "SHELL": "/bin/sh"}
    environment.pop("SSH_ASKPASS", None)
    try:
        process = _Process(
            ["/bin/sh", "-c", _ON_TERMINAL, os.ttyname(slave), *_hearing(words)],
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return process, master


def _end(process: _Process) -> None:
    # ssh may be about to wait, and then sees a signal only when there is another one.
    for _ in range(_END_TRIES):
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_END_S / _END_TRIES)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


class _Dialogue:
    """What ssh says on its terminal, and what it is answered."""

    def __init__(self, wish: Wish, process: _Process, master: int) -> None:
        from pexpect.fdpexpect import fdspawn

        self.wish = wish
        self.password = wish.password
        self.process = process
        self.master = master
        # select() cannot have higher ones, and poll() has no terminals on macOS.
        self.terminal: Any = fdspawn(
            master, encoding="utf-8", codec_errors="replace", use_poll=master >= 1024
        )
        self.deadline = time.monotonic() + wish.timeout_s
        self.said = ""

    def until(self, pattern: str) -> None:
        """Answer what ssh asks until it says what the pattern matches.

        Raises
        ------
        TunnelError : it ended, asked what has no answer, or took too long
        """
        import pexpect

        while True:
            wanted = [pattern, _UNKNOWN_HOST, _PASSWORD, pexpect.EOF, pexpect.TIMEOUT]
            left_s = max(0.0, self.deadline - time.monotonic())
            found = self.terminal.expect(wanted, timeout=left_s)
            self._note()
            if found == 0:
                return
            if found == 1:
                raise self.failure("the server is not known: add its key to known_hosts")
            if found == 3:
                raise self.failure(f"ssh ended with status {self.process.wait()}")
            if found == 4:
                raise self.failure(f"ssh was not ready within {self.wish.timeout_s} s")
            self._answer()

    def heard(self, pattern: str, timeout_s: float) -> str | None:
        """Return what the first group of a pattern matches, if ssh says it in time."""
        import pexpect

        if self.terminal.expect([pattern, pexpect.EOF, pexpect.TIMEOUT], timeout=timeout_s):
            return None
        self._note()
        text: str = self.terminal.match.group(1)
        return text.strip()

    def _note(self) -> None:
        after = self.terminal.after
        self.said += self.terminal.before + (after if isinstance(after, str) else "")

    def _answer(self) -> None:
        if self.password is None:
            self.password = ask_password(self.wish.servers[-1])
            self.deadline = time.monotonic() + self.wish.timeout_s
        if self.password is None:
            raise self.failure("ssh asks for what was not given")
        os.write(self.master, f"{self.password}\n".encode())

    def failure(self, what: str) -> TunnelError:
        """Return an error with what ssh said."""
        said = self.said
        if self.password:
            said = said.replace(self.password, "***")
        lines = [line.strip() for line in said.splitlines()]
        reason = "\n".join(line for line in lines if line)[-_MOST_SAID:]
        way = ",".join(map(str, self.wish.servers))
        return TunnelError(f"no tunnel through {way}: {what}" + (f":\n{reason}" if reason else ""))


def _check_forwarding(wish: Wish, dialogue: _Dialogue) -> None:
    """Find out whether the server forwards: some let users log in, but prohibit that.

    Raises
    ------
    TunnelError : the server prohibits it
    """
    if "prohibited" in _refusal(wish.probe, dialogue):
        # It may still be allowed for some targets, and whether for this one is to be tried.
        reason = _refusal(("127.0.0.1", wish.local_port), dialogue)
        if "prohibited" in reason:
            raise dialogue.failure("the server does not forward")


def _refusal(address: str | tuple[str, int], dialogue: _Dialogue) -> str:
    """Return why a connection through ssh is refused, or nothing if it is not."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(address)
            if probe.recv(1):
                return ""
        except TimeoutError:
            return ""
        except socket.timeout:  # another class before Python 3.10
            return ""
        except OSError as error:
            raise dialogue.failure(f"it does not stand: {error}") from None
    return dialogue.heard(_NOT_OPENED, _PROBE_S) or ""
