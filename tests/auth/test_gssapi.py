# SPDX-License-Identifier: BSD-3-Clause
"""Real handshakes of GSSAPI, with a Kerberos realm on loopback that is made for them."""

from __future__ import annotations

import os
import shutil
import socket as _socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import until

import zmq
from zmq.ssh.tunnel import select_random_ports

pytestmark = [pytest.mark.libzmq("4.2"), pytest.mark.capability("gssapi")]

SocketFactory = Callable[..., "zmq.Socket[bytes]"]

SBIN = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
CLIENT, SERVICE = "alice", "zmq/localhost"
KRB5_PRINCIPAL = 2
"""libzmq's ZMQ_GSSAPI_NT_KRB5_PRINCIPAL: a name with its realm, or of the default one."""

KRB5_CONF = """
[libdefaults]
  default_realm = ZMQ.TEST
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
[realms]
  ZMQ.TEST = {{
    kdc = 127.0.0.1:{port}
  }}
"""

KDC_CONF = """
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  ZMQ.TEST = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
  }}
[logging]
  kdc = FILE:{folder}/log
"""


class Realm:
    """A Kerberos realm that runs until it is stopped, with keys of CLIENT and SERVICE."""

    def __init__(self, folder: Path) -> None:
        port = select_random_ports(1)[0]
        for name, text in (("krb5.conf", KRB5_CONF), ("kdc.conf", KDC_CONF)):
            (folder / name).write_text(text.format(port=port, folder=folder))
        (folder / "tickets").mkdir()
        self.variables = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5CCNAME": f"DIR:{folder / 'tickets'}",
            "KRB5_KTNAME": str(folder / "keys"),
            "KRB5_CLIENT_KTNAME": str(folder / "keys"),
        }
        self._run("kdb5_util", "create", "-s", "-P", "master")
        for name in (CLIENT, SERVICE):
            self._run("kadmin.local", "addprinc", "-randkey", name)
            self._run("kadmin.local", "ktadd", "-k", str(folder / "keys"), name)
        self.process = subprocess.Popen(
            [self._path("krb5kdc"), "-n"],
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: self.process.poll() is not None or self._listens(port))
        assert self.process.poll() is None, (folder / "log").read_text()

    @staticmethod
    def _path(program: str) -> str:
        path = shutil.which(program, path=SBIN)
        assert path, f"there is no {program}"
        return path

    def _run(self, program: str, *words: str) -> None:
        environment = {**os.environ, **self.variables}
        done = subprocess.run(
            [self._path(program), *words], env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr

    @staticmethod
    def _listens(port: int) -> bool:
        try:
            _socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module")
def running_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    if shutil.which("krb5kdc", path=SBIN) is None:
        pytest.skip("there is no Kerberos server here")
    realm = Realm(tmp_path_factory.mktemp("realm"))
    yield realm
    realm.stop()


@pytest.fixture(autouse=True)
def realm(running_realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running_realm.variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def server(socket: SocketFactory) -> zmq.Socket[bytes]:
    server = socket(
        zmq.PULL,
        zap_domain=b"global",
        gssapi_server=True,
        gssapi_principal=SERVICE.encode(),
        gssapi_principal_nametype=KRB5_PRINCIPAL,
    )
    server.bind("tcp://127.0.0.1:*")
    return server


def client_of(socket: SocketFactory, server: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    client = socket(
        zmq.PUSH,
        gssapi_principal=CLIENT.encode(),
        gssapi_principal_nametype=KRB5_PRINCIPAL,
        gssapi_service_principal=SERVICE.encode(),
        gssapi_service_principal_nametype=KRB5_PRINCIPAL,
    )
    client.connect(server.last_endpoint)
    client.send(b"hello")
    return client


def test_principal_is_the_user_id(
    auth: Any, socket: SocketFactory, server: zmq.Socket[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """Who has a ticket for the service gets in, and frames show the principal's name."""
    auth.configure_gssapi("*")
    client = client_of(socket, server)
    frame = server.recv(copy=False)
    assert (frame.bytes, frame["User-Id"]) == (b"hello", f"{CLIENT}@ZMQ.TEST")
    assert client.mechanism == zmq.GSSAPI
    assert "ALLOWED (GSSAPI) domain='global'" in caplog.text


def test_denied_address(
    auth: Any, socket: SocketFactory, server: zmq.Socket[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """A ticket is of no use at a denied address, although libzmq would let it in."""
    auth.deny("127.0.0.1")
    client = client_of(socket, server)
    # It tries again when it was refused, so that nothing can come of the first time any more.
    until(lambda: caplog.text.count("DENIED (GSSAPI)") > 1)
    client.close(0)
    assert not server.poll(0)


def test_failing_authenticator_refuses(
    auth: Any,
    socket: SocketFactory,
    server: zmq.Socket[bytes],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a subclass fails to answer, nobody gets in."""

    async def failing(msg: list[bytes]) -> None:
        raise LookupError

    monkeypatch.setattr(auth, "handle_zap_message", failing)
    client = client_of(socket, server)
    until(lambda: caplog.text.count("handle_zap_message failed") > 1)
    client.close(0)
    assert not server.poll(0)
