# SPDX-License-Identifier: BSD-3-Clause
"""zmq.ssh: messages through tunnels of a real sshd, and tunnels that cannot be built."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket as _socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SocketFactory
from programs import command, environment
from support import until

import zmq
from zmq import ssh
from zmq.ssh import tunnel as tunnels
from zmq.ssh.tunnel import Tunnel, TunnelError, open_tunnel, select_random_ports

pytestmark = pytest.mark.any_libzmq

common = importlib.import_module("zmq.ssh._common")

Sshd = Any  # of the conftest beside this file, which cannot be imported by that name
PASSPHRASE = "a phrase for the key"


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """End the tunnels that a test leaves open."""
    yield
    for one in list(common.open_tunnels):
        one.close()


def port_of(socket: zmq.Socket) -> int:
    return int(socket.last_endpoint.decode().rpartition(":")[2])


def refuses(port: int) -> bool:
    """Tell whether nothing listens at a port."""
    try:
        _socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it listened when the connection began
    return False


@pytest.fixture
def target(socket: SocketFactory) -> zmq.Socket:
    """A REP socket, to be reached through tunnels."""
    target = socket(zmq.REP, rcvtimeo=20_000)
    target.bind("tcp://127.0.0.1:*")
    return target


def round_trip(near: zmq.Socket, far: zmq.Socket) -> None:
    """Send a request one way and a reply the other."""
    near.rcvtimeo = 20_000
    near.send(b"request")
    assert far.recv() == b"request"
    far.send(b"reply")
    assert near.recv() == b"reply"


# ----------------------------------------------------------------------
# through


def test_messages_round_trip(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """A socket connected through a tunnel talks to the far one, until the tunnel is closed."""
    near = socket(zmq.REQ)
    with ssh.tunnel_connection(
        near, target.last_endpoint.decode(), sshd.at(), sshd.key, paramiko=paramiko
    ) as tunnel:
        round_trip(near, target)
        assert near.last_endpoint.decode() == f"tcp://127.0.0.1:{tunnel.local_port}"
        assert tunnel.is_alive()
        assert f"127.0.0.1:{port_of(target)} through {sshd.at()}>" in repr(tunnel)
    assert not tunnel.is_alive()
    assert refuses(tunnel.local_port)
    assert repr(tunnel).endswith(" ended>")
    tunnel.close()


def test_much_both_ways_at_once(sshd: Sshd, paramiko: bool, socket: SocketFactory) -> None:
    """Megabytes travel both ways at the same time, whole and in order."""
    far = socket(zmq.PAIR, rcvtimeo=30_000, sndtimeo=30_000, sndhwm=0, rcvhwm=0)
    near = socket(zmq.PAIR, rcvtimeo=30_000, sndtimeo=30_000, sndhwm=0, rcvhwm=0)
    far.bind("tcp://127.0.0.1:*")
    ssh.tunnel_connection(near, far.last_endpoint.decode(), sshd.at(), sshd.key, None, paramiko)
    messages = [bytes([number]) * 1_000_000 for number in range(10)]
    for message in messages:
        near.send(message)
        far.send(message)
    assert [far.recv() for _ in messages] == messages
    assert [near.recv() for _ in messages] == messages


def test_many_connections_in_one_tunnel(
    sshd: Sshd, paramiko: bool, socket: SocketFactory
) -> None:
    """Any number of sockets may connect to the url of a tunnel."""
    far = socket(zmq.ROUTER, rcvtimeo=20_000)
    far.bind("tcp://127.0.0.1:*")
    url, tunnel = open_tunnel(far.last_endpoint.decode(), sshd.at(), sshd.key, paramiko=paramiko)
    near = [socket(zmq.DEALER, rcvtimeo=20_000) for _ in range(8)]
    for number, one in enumerate(near):
        one.connect(url)
        one.send(b"%d" % number)
    for _ in near:
        far.send_multipart(far.recv_multipart())
    assert [one.recv() for one in near] == [b"%d" % number for number in range(8)]
    assert tunnel.connections() in (8, None)


def test_target_may_listen_later(sshd: Sshd, paramiko: bool, socket: SocketFactory) -> None:
    """A tunnel stands before its target does; libzmq connects when that is there."""
    port = select_random_ports(1)[0]
    near, far = socket(zmq.REQ), socket(zmq.REP, rcvtimeo=20_000)
    ssh.tunnel_connection(near, f"tcp://127.0.0.1:{port}", sshd.at(), sshd.key, None, paramiko)
    far.bind(f"tcp://127.0.0.1:{port}")
    round_trip(near, far)


def test_target_beyond_the_server(sshd: Sshd, paramiko: bool, socket: SocketFactory) -> None:
    """The target is where the server sees it, which need not be the server itself."""
    near, far = socket(zmq.REQ), socket(zmq.REP, rcvtimeo=20_000)
    far.bind("tcp://127.0.0.2:*")
    ssh.tunnel_connection(
        near, far.last_endpoint.decode(), sshd.at(), sshd.key, paramiko=paramiko
    )
    round_trip(near, far)


def test_jump_over_servers(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """Servers in front of the last one are jumped over, each with user and port."""
    near = socket(zmq.REQ)
    tunnel = ssh.tunnel_connection(
        near,
        target.last_endpoint.decode(),
        f"{sshd.at()}, {sshd.at()},{sshd.at()}",
        sshd.key,
        paramiko=paramiko,
    )
    round_trip(near, target)
    tunnel.close()
    assert refuses(tunnel.local_port)


@pytest.mark.libzmq("4.0")
def test_ipv6(sshd: Sshd, paramiko: bool, socket: SocketFactory) -> None:
    """Server and target may be IPv6 addresses, in brackets."""
    if "::1" not in sshd.log():
        pytest.skip("there is no IPv6 here")
    near, far = socket(zmq.REQ), socket(zmq.REP, ipv6=True, rcvtimeo=20_000)
    far.bind("tcp://[::1]:*")
    ssh.tunnel_connection(
        near, f"tcp://[::1]:{port_of(far)}", sshd.at("[::1]"), sshd.key, paramiko=paramiko
    )
    round_trip(near, far)


def test_tunnel_functions_take_the_local_port(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """openssh_tunnel and paramiko_tunnel begin at the port they are told, if it is free."""
    function = ssh.paramiko_tunnel if paramiko else ssh.openssh_tunnel
    port = select_random_ports(1)[0]
    tunnel = function(port, port_of(target), sshd.at(), keyfile=sshd.key)
    near = socket(zmq.REQ)
    near.connect(f"tcp://127.0.0.1:{port}")
    round_trip(near, target)
    with pytest.raises(TunnelError, match=r"(?i)address already in use"):
        function(port, port_of(target), sshd.at(), keyfile=sshd.key)
    assert tunnel.is_alive()


def test_port_that_is_snatched_away_is_replaced(
    sshd: Sshd,
    paramiko: bool,
    socket: SocketFactory,
    target: zmq.Socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """open_tunnel takes another port when the one it found was taken in the meantime."""
    with _socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = iter([[taken], [taken], select_random_ports(1)])
        monkeypatch.setattr(tunnels, "select_random_ports", lambda n: next(ports))
        near = socket(zmq.REQ)
        ssh.tunnel_connection(
            near, target.last_endpoint.decode(), sshd.at(), sshd.key, paramiko=paramiko
        )
        round_trip(near, target)


# ----------------------------------------------------------------------
# passwords and keys


def processes() -> dict[int, tuple[int, str]]:
    """Return id -> (parent, what is readable of command line and environment)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                text = (folder / "cmdline").read_text() + (folder / "environ").read_text()
            except (OSError, ValueError):
                continue
            found[int(folder.name)] = (parent, text)
    return found


def test_password_lets_in_and_is_nowhere_to_read(
    sshd: Sshd,
    paramiko: bool,
    account: tuple[str, str],
    socket: SocketFactory,
    target: zmq.Socket,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A password is accepted, and stands on no command line, in no environment and no log."""
    caplog.set_level(logging.DEBUG)
    user, password = account
    near = socket(zmq.REQ)
    tunnel = ssh.tunnel_connection(
        near,
        target.last_endpoint.decode(),
        sshd.at(user=user),
        password=password,
        paramiko=paramiko,
    )
    round_trip(near, target)
    assert not [text for _, text in processes().values() if password in text]
    tunnel.close()
    assert password not in caplog.text


def test_password_is_for_the_last_server(
    sshd: Sshd,
    paramiko: bool,
    account: tuple[str, str],
    socket: SocketFactory,
    target: zmq.Socket,
) -> None:
    """A server that is jumped over takes a key, and is not told the password of the last one."""
    user, password = account
    near = socket(zmq.REQ)
    address = target.last_endpoint.decode()
    way = f"{sshd.at(user=user)},{sshd.at(user=user)}"
    with pytest.raises(TunnelError):
        ssh.tunnel_connection(near, address, way, password=password, paramiko=paramiko)
    way = f"{sshd.at()},{sshd.at(user=user)}"
    ssh.tunnel_connection(
        near, address, way, keyfile=sshd.key, password=password, paramiko=paramiko
    )
    round_trip(near, target)


def shown_with_locals(error: BaseException) -> str:
    """Return an error with local variables, but those of this file, as some loggers show it."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in shown.stack if frame.filename != __file__]
    assert len(frames) > 1
    cause = shown_with_locals(error.__cause__) if error.__cause__ else ""
    return "".join(traceback.StackSummary.from_list(frames).format()) + cause


def test_wrong_password_is_refused(
    sshd: Sshd, paramiko: bool, account: tuple[str, str]
) -> None:
    """A wrong password raises with ssh's reason, which does not repeat it."""
    wrong = "hunter2-wrong"
    with pytest.raises(TunnelError, match=r"Permission denied|Authentication failed") as caught:
        open_tunnel(
            "tcp://127.0.0.1:1", sshd.at(user=account[0]), password=wrong, paramiko=paramiko
        )
    assert wrong not in str(caught.value)
    assert wrong not in shown_with_locals(caught.value)
    assert not common.open_tunnels


def test_password_is_asked_for(
    sshd: Sshd,
    paramiko: bool,
    account: tuple[str, str],
    socket: SocketFactory,
    target: zmq.Socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a password the user is asked where there is a terminal."""
    user, password = account
    asked = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return password

    monkeypatch.setattr(common, "_has_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", getpass)
    near = socket(zmq.REQ)
    server = sshd.at(user=user)
    ssh.tunnel_connection(near, target.last_endpoint.decode(), server, paramiko=paramiko)
    round_trip(near, target)
    assert asked == [f"{server}'s password: "]


def test_password_nobody_can_be_asked_for(
    sshd: Sshd, paramiko: bool, account: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a password and without a terminal there is an error, and no waiting."""
    monkeypatch.setattr(common, "_has_terminal", lambda: False)
    with pytest.raises(TunnelError, match=r"asks for what was not given|[Aa]uthentication"):
        open_tunnel("tcp://127.0.0.1:1", sshd.at(user=account[0]), paramiko=paramiko)


def test_encrypted_key(
    sshd: Sshd,
    paramiko: bool,
    socket: SocketFactory,
    target: zmq.Socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The password may be that of an encrypted key; a wrong one does not let in."""
    monkeypatch.setattr(common, "_has_terminal", lambda: False)
    near = socket(zmq.REQ)
    address = target.last_endpoint.decode()
    ssh.tunnel_connection(near, address, sshd.at(), sshd.locked_key, PASSPHRASE, paramiko)
    round_trip(near, target)
    with pytest.raises(TunnelError):
        open_tunnel(address, sshd.at(), sshd.locked_key, "wrong", paramiko)


def test_key_that_is_not_accepted(
    sshd: Sshd, paramiko: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that the server does not know raises with ssh's reason."""
    monkeypatch.setattr(common, "_has_terminal", lambda: False)
    stranger = tmp_path / "stranger"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger)]
    subprocess.run(command, check=True)
    with pytest.raises(TunnelError, match=r"(?i)password:|authentication"):
        open_tunnel("tcp://127.0.0.1:1", sshd.at(), str(stranger), paramiko=paramiko)


def test_try_passwordless_ssh(
    sshd: Sshd, paramiko: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells whether keys suffice, and raises where that cannot be known."""
    monkeypatch.setattr(common, "_has_terminal", lambda: True)
    assert ssh.try_passwordless_ssh(sshd.at(), sshd.key, paramiko) is True
    assert ssh.try_passwordless_ssh(sshd.at(), None, paramiko) is False
    assert ssh.try_passwordless_ssh(sshd.at(), sshd.locked_key, paramiko) is False
    sshd.known_hosts.write_text("")
    with pytest.raises(TunnelError, match=r"(?i)host key|known_hosts"):
        ssh.try_passwordless_ssh(sshd.at(), sshd.key, paramiko)
    with pytest.raises(TunnelError, match=r"refused|Unable to connect"):
        ssh.try_passwordless_ssh("127.0.0.1:1", sshd.key, paramiko)


# ----------------------------------------------------------------------
# what cannot be built


def test_unreachable_server(sshd: Sshd, paramiko: bool) -> None:
    """A server that does not listen raises with ssh's reason."""
    port = select_random_ports(1)[0]
    with pytest.raises(TunnelError, match="Connection refused") as caught:
        open_tunnel("tcp://127.0.0.1:1", f"127.0.0.1:{port}", sshd.key, paramiko=paramiko)
    assert f"no tunnel through 127.0.0.1:{port}" in str(caught.value)


def test_host_that_does_not_exist(sshd: Sshd, paramiko: bool) -> None:
    """A name that does not resolve raises with the resolver's reason."""
    with pytest.raises(TunnelError, match=r"(?i)name|address|resol"):
        open_tunnel("tcp://127.0.0.1:1", "user@no.such.host.invalid", paramiko=paramiko, timeout=20)


def test_server_that_says_nothing(sshd: Sshd, paramiko: bool) -> None:
    """A server that accepts connections and stays silent raises within the time-out."""
    with _socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TunnelError, match=r"timed out|within 2 s|banner"):
            open_tunnel("tcp://127.0.0.1:1", server, sshd.key, paramiko=paramiko, timeout=2)


def test_unknown_host_is_refused(sshd: Sshd, paramiko: bool) -> None:
    """A server that is not among the known hosts is refused, and is not made known."""
    sshd.known_hosts.write_text("")
    with pytest.raises(TunnelError, match=r"authenticity of host|not found in known_hosts"):
        open_tunnel("tcp://127.0.0.1:1", sshd.at(), sshd.key, paramiko=paramiko)
    assert sshd.known_hosts.read_text() == ""


def test_host_with_another_key_is_refused(sshd: Sshd, paramiko: bool) -> None:
    """A server that is known by another key is refused."""
    sshd.known_hosts.write_text(sshd.known_as("127.0.0.1", key="user"))
    with pytest.raises(TunnelError, match=r"IDENTIFICATION HAS CHANGED|does not match"):
        open_tunnel("tcp://127.0.0.1:1", sshd.at(), sshd.key, paramiko=paramiko)


def test_server_that_does_not_forward(sshd: Sshd, paramiko: bool, target: zmq.Socket) -> None:
    """A server that lets in but prohibits forwarding raises with its reason."""
    with pytest.raises(TunnelError, match=r"(?i)administratively prohibited"):
        open_tunnel(
            target.last_endpoint.decode(),
            sshd.at(port=sshd.strict_port),
            sshd.key,
            paramiko=paramiko,
        )


def test_server_that_forwards_to_some(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """A server that forwards to some targets is no obstacle to those, and raises for others."""
    server = sshd.at(port=sshd.choosy_port)
    near, far = socket(zmq.REQ), socket(zmq.REP, rcvtimeo=20_000)
    address = f"tcp://127.0.0.1:{sshd.allowed_port}"
    far.bind(address)
    ssh.tunnel_connection(near, address, server, sshd.key, paramiko=paramiko)
    round_trip(near, far)
    with pytest.raises(TunnelError, match=r"(?i)administratively prohibited"):
        open_tunnel(target.last_endpoint.decode(), server, sshd.key, paramiko=paramiko)


def test_nothing_is_said_about_what_went_well(
    sshd: Sshd, paramiko: bool, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Opening and closing a tunnel logs nothing above INFO, and writes nothing."""
    open_tunnel("tcp://127.0.0.1:1", sshd.at(), sshd.key, paramiko=paramiko)[1].close()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    assert capfd.readouterr() == ("", "")


def test_target_is_left_alone(sshd: Sshd, paramiko: bool) -> None:
    """Opening a tunnel connects nothing to its target: that would be a peer to some libzmq."""
    with _socket.create_server(("127.0.0.1", 0)) as target:
        address = f"tcp://127.0.0.1:{target.getsockname()[1]}"
        _, tunnel = open_tunnel(address, sshd.at(), sshd.key, paramiko=paramiko)
        tunnel.close()
        target.setblocking(False)
        with pytest.raises(BlockingIOError):
            target.accept()


@pytest.mark.parametrize(
    ("addr", "server"),
    [
        ("tcp://127.0.0.1", "server"),
        ("tcp://127.0.0.1:x", "server"),
        ("tcp://127.0.0.1:99999", "server"),
        ("tcp://two words:1", "server"),
        ("ipc:///some/path", "server"),
        ("127.0.0.1:5555", "server"),
        ("tcp://127.0.0.1:1", ""),
        ("tcp://127.0.0.1:1", "-oProxyCommand=true"),
        ("tcp://127.0.0.1:1", "-l@server"),
        ("tcp://127.0.0.1:1", "two words"),
        ("tcp://127.0.0.1:1", "server:ssh"),
        ("tcp://127.0.0.1:1", "server:0"),
        ("tcp://127.0.0.1:1", "server,"),
        ("tcp://127.0.0.1:1", "[::1]22"),
    ],
)
@pytest.mark.parametrize("paramiko", [False, True])
def test_malformed_arguments(addr: str, server: str, paramiko: bool) -> None:
    """Addresses and servers that are none raise before anything is tried."""
    with pytest.raises(ValueError, match=r"expected|no port"):
        open_tunnel(addr, server, paramiko=paramiko)


@pytest.mark.parametrize("make", [ssh.openssh_tunnel, ssh.paramiko_tunnel])
@pytest.mark.parametrize(
    ("lport", "rport", "error"),
    [(-1, 5555, ValueError), (0, 5555, ValueError), (5555, 65536, ValueError), ("1", 1, TypeError)],
)
def test_ports_that_are_none(
    make: Callable[..., Tunnel], lport: Any, rport: Any, error: type[Exception]
) -> None:
    """What is no port raises before anything is tried."""
    with pytest.raises(error):
        make(lport, rport, "server")


@pytest.mark.parametrize(
    ("server", "parsed"),
    [
        ("host", ("host", None, None)),
        ("host:22", ("host", 22, None)),
        ("me@host:22", ("host", 22, "me")),
        ("me@there@host", ("host", None, "me@there")),
        ("[::1]", ("::1", None, None)),
        ("me@[fe80::1%eth0]:22", ("fe80::1%eth0", 22, "me")),
        ("fe80::1", ("fe80::1", None, None)),
        ("ssh://me@host:22", ("host", 22, "me")),
    ],
)
def test_servers_are_taken_apart(server: str, parsed: tuple[Any, ...]) -> None:
    """A server has a host, and may have a port and a user."""
    (found,) = common.parse_servers(server)
    assert tuple(found) == parsed
    assert tuple(common.parse_servers(str(found))[0]) == parsed


def test_socket_that_cannot_connect_leaves_no_tunnel(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """When connecting the socket fails the tunnel is closed."""
    near = socket(zmq.REQ)
    near.close()
    with pytest.raises(zmq.ZMQError):
        ssh.tunnel_connection(
            near, target.last_endpoint.decode(), sshd.at(), sshd.key, paramiko=paramiko
        )
    assert not common.open_tunnels


@pytest.mark.parametrize(
    ("module", "paramiko"), [("pexpect", False), ("paramiko", True)]
)
def test_missing_package_is_named(
    module: str, paramiko: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the package that a tunnel needs the error says what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    function = ssh.paramiko_tunnel if paramiko else ssh.openssh_tunnel
    with pytest.raises(ImportError, match=f"pip install {module}"):
        function(1, 2, "server")
    with pytest.raises(ImportError, match=f"pip install {module}"):
        ssh.try_passwordless_ssh("server", None, paramiko)


def test_import_needs_neither_package() -> None:
    """import zmq.ssh loads neither pexpect nor paramiko."""
    code = "import sys, zmq.ssh; print({'pexpect', 'paramiko'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


def test_random_ports_differ() -> None:
    """select_random_ports gives different ports that can be bound."""
    ports = select_random_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        _socket.create_server(("127.0.0.1", port)).close()


# ----------------------------------------------------------------------
# how tunnels end

PROGRAM = """
import os, time
from zmq.ssh.tunnel import open_tunnel
if sys.argv[5] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
url, tunnel = open_tunnel(sys.argv[1], sys.argv[2], sys.argv[3], paramiko=sys.argv[4] == "True")
if sys.argv[5] == "fork":
    if os.fork() == 0:
        time.sleep(60)
print(tunnel.local_port, getattr(tunnel, "pid", os.getpid()), flush=True)
if sys.argv[5] == "exit":
    sys.exit()
time.sleep(60)
"""


@pytest.mark.parametrize("how", ["exit", "kill", "fork", "nohup"])
def test_tunnel_ends_with_the_process(
    sshd: Sshd, paramiko: bool, target: zmq.Socket, how: str
) -> None:
    """A tunnel ends with its process, also one that left a child, or ignores SIGHUP."""
    arguments = [target.last_endpoint.decode(), sshd.at(), sshd.key, str(paramiko), how]
    words = command(PROGRAM) + arguments
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, env=environment(), text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            port, pid = map(int, process.stdout.readline().split())
            if how != "exit":
                assert not refuses(port)
                process.kill()
            process.wait()
            until(lambda: refuses(port))
            until(lambda: is_gone(pid))
        finally:
            if how == "fork":
                os.killpg(process.pid, signal.SIGKILL)


def is_gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def test_tunnel_ends_with_its_socket_where_asked(
    sshd: Sshd, paramiko: bool, socket: SocketFactory
) -> None:
    """It ends when the socket was closed, but not before what that had to send arrived."""
    near, far = socket(zmq.PUSH, linger=-1, sndhwm=0), socket(zmq.PULL, rcvtimeo=20_000)
    far.bind("tcp://127.0.0.1:*")
    tunnel = ssh.tunnel_connection(
        near,
        far.last_endpoint.decode(),
        sshd.at(),
        sshd.key,
        paramiko=paramiko,
        end_with_socket=True,
    )
    until(lambda: near.poll(0, zmq.POLLOUT))
    for _ in range(20):
        near.send(b"x" * 1_000_000)
    near.close()
    assert [len(far.recv()) for _ in range(20)] == [1_000_000] * 20
    tunnel.join(20)
    assert not tunnel.is_alive()


def test_tunnel_stays_without_its_socket_otherwise(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """Not asked to end with the socket, a tunnel serves the next one, though nobody kept it."""
    near = socket(zmq.REQ)
    url = f"tcp://127.0.0.1:{connect_and_forget(near, target, sshd, paramiko)}"
    round_trip(near, target)
    near.close()
    another = socket(zmq.REQ)
    another.connect(url)
    round_trip(another, target)


def connect_and_forget(near: zmq.Socket, far: zmq.Socket, sshd: Sshd, paramiko: bool) -> int:
    return ssh.tunnel_connection(
        near, far.last_endpoint.decode(), sshd.at(), sshd.key, paramiko=paramiko
    ).local_port


def descendants(pid: int) -> list[int]:
    parents = {child: parent for child, (parent, _) in processes().items()}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def test_tunnel_ends_when_the_server_goes_away(
    sshd: Sshd, paramiko: bool, target: zmq.Socket
) -> None:
    """A tunnel whose server ends the connection is no longer alive, and its port is free."""
    before = set(descendants(sshd.process.pid))
    address = target.last_endpoint.decode()
    _, tunnel = open_tunnel(address, sshd.at(), sshd.key, paramiko=paramiko)
    for pid in set(descendants(sshd.process.pid)) - before:
        os.kill(pid, signal.SIGKILL)
    tunnel.join(20)
    assert not tunnel.is_alive()
    assert refuses(tunnel.local_port)
    tunnel.close()


def test_forked_child_leaves_the_tunnel_alone(
    sshd: Sshd, paramiko: bool, socket: SocketFactory, target: zmq.Socket
) -> None:
    """In a child the tunnel is not alive, and closing it there does nothing to the parent's."""
    near = socket(zmq.REQ)
    address = target.last_endpoint.decode()
    tunnel = ssh.tunnel_connection(near, address, sshd.at(), sshd.key, paramiko=paramiko)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            tunnel.close()
            status = 2 if tunnel.is_alive() else 0
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    assert tunnel.is_alive()
    round_trip(near, target)


def test_tunnel_is_the_id_of_its_process(sshd: Sshd, target: zmq.Socket) -> None:
    """What openssh_tunnel returns can be used where the id of the process is wanted."""
    port = select_random_ports(1)[0]
    tunnel = ssh.openssh_tunnel(port, port_of(target), sshd.at(), keyfile=sshd.key)
    assert int(tunnel) == tunnel.pid  # type: ignore[call-overload,attr-defined]
    os.kill(tunnel, signal.SIGTERM)  # type: ignore[arg-type]
    tunnel.join(20)
    assert not tunnel.is_alive()


def test_ssh_that_misses_a_signal_is_told_again() -> None:
    """An ssh that did not notice that it is to end is told again, and not killed at once."""
    from zmq.ssh import _openssh

    script = "trap 'trap \"exit 7\" TERM' TERM; echo; while :; do sleep 0.01; done"
    process = _openssh._Process(["/bin/sh", "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        _openssh._end(process)
    assert process.returncode == 7


def test_refused_connections_are_logged(
    sshd: Sshd, paramiko: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that the far side refuses is told, with the reason."""
    url, _ = open_tunnel("tcp://127.0.0.1:1", sshd.at(), sshd.key, paramiko=paramiko)
    caplog.clear()
    with _socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 20) as near:
        assert near.recv(1) == b""
    until(lambda: "refused" in caplog.text or "connect failed" in caplog.text.lower())
    assert {record.name for record in caplog.records if "onnect" in record.message} >= {"zmq.ssh"}


# ----------------------------------------------------------------------
# zmq.ssh.forward


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="paramiko is for CPython")
def test_forward_tunnel_serves_a_transport(
    sshd: Sshd, socket: SocketFactory, target: zmq.Socket
) -> None:
    """forward_tunnel forwards a local port through a transport until that ends."""
    import paramiko

    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.connect("127.0.0.1", sshd.port, sshd.user, key_filename=sshd.key)
    port = select_random_ports(1)[0]
    from zmq.ssh.forward import forward_tunnel

    server = threading.Thread(
        target=forward_tunnel, args=(port, "127.0.0.1", port_of(target), client.get_transport())
    )
    server.start()
    try:
        near = socket(zmq.REQ)
        near.connect(f"tcp://127.0.0.1:{port}")
        round_trip(near, target)
    finally:
        client.close()
        server.join()
    assert refuses(port)


def test_default_is_openssh_but_on_windows() -> None:
    """ssh_tunnel is the function that tunnel_connection uses by default."""
    assert ssh.ssh_tunnel is (ssh.paramiko_tunnel if os.name == "nt" else ssh.openssh_tunnel)
    assert isinstance(Tunnel, type)


