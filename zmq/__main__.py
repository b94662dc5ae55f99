# SPDX-License-Identifier: BSD-3-Clause
"""``python -m zmq``: say which libzmq was found and what it can do, and try it.

A second process is started, which answers what this one asks: over tcp and over
ipc, each without and with CURVE. Over inproc, which ends at the process, a second
thread answers. The exit status is 0 when every message came back as it should.

Before that it tells when pyzmq and this package are installed over each other.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from time import perf_counter

import zmq

# Nothing else of the package here: `zmq` is another where pyzmq was installed over it.
from zmq import _installation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Any

MESSAGES = 200
PATIENCE_MS = 10000
CAPABILITIES = ("ipc", "curve", "gssapi", "pgm", "norm", "tipc", "vmci", "WS", "WSS")
ANSWERING = "--answer"


def describe() -> Iterator[str]:
    """Yield lines about the loaded libzmq and this Python."""
    yield f"libzmq {zmq.zmq_version()} at {zmq.libzmq_path()}"
    origin = _installation.origin(zmq.libzmq_path())
    if origin:
        yield f"  out of {origin}"
    able = [name for name in CAPABILITIES if zmq.has(name)]
    yield f"  capabilities: {', '.join(able) or 'none that it tells'}"
    yield f"  draft API: {'yes' if zmq.DRAFT_API else 'no'}"
    yield (
        f"zmq-ctypes with the API of pyzmq {zmq.__version__}, on "
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}"
    )


def answer(context: zmq.Context[Any], order: dict[str, Any], announce: Any) -> None:
    """Bind a REP where the order says, announce its endpoint and answer until asked to end."""
    with context.socket(zmq.REP) as socket:
        socket.linger = 1000
        socket.rcvtimeo = socket.sndtimeo = PATIENCE_MS
        if order["secret"]:
            socket.curve_server = True
            socket.curve_secretkey = order["secret"].encode()
        socket.bind(order["endpoint"])
        announce(socket.last_endpoint.decode())
        while True:
            parts = socket.recv_multipart()
            socket.send_multipart(parts[::-1])
            if parts == [b"end"]:
                return


def ask(context: zmq.Context[Any], endpoint: str, server_key: bytes | None) -> float:
    """Exchange messages with who answers at an endpoint; return seconds for a round trip.

    Raises
    ------
    zmq.Again : no answer in time
    ValueError : a wrong answer
    """
    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = PATIENCE_MS
        if server_key:
            socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
            socket.curve_serverkey = server_key
        socket.connect(endpoint)
        began = perf_counter()
        for number in range(MESSAGES):
            parts = [b"%d" % number, b"x" * number, b""]
            socket.send_multipart(parts)
            answered = socket.recv_multipart()
            if answered != parts[::-1]:
                raise ValueError(f"sent {parts!r}, got {answered!r}")
        took = (perf_counter() - began) / MESSAGES
        socket.send(b"end")
        socket.recv()
        return took


def between_processes(endpoint: str, curve: bool) -> str:
    """Try an endpoint with a second process; return what was done."""
    public, secret = zmq.curve_keypair() if curve else (None, b"")
    environ = dict(os.environ)
    package = os.path.dirname(os.path.dirname(os.path.abspath(zmq.__file__)))
    environ["PYTHONPATH"] = os.pathsep.join([package, *filter(None, [environ.get("PYTHONPATH")])])
    # The key goes through a pipe: command lines can be read by everybody.
    with subprocess.Popen(
        [sys.executable, "-m", "zmq", ANSWERING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environ,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            print(
                json.dumps({"endpoint": endpoint, "secret": secret.decode()}),
                file=process.stdin,
                flush=True,
            )
            real = process.stdout.readline().strip()
            if not real:
                raise RuntimeError(f"the second process ended with status {process.wait()}")
            with zmq.Context() as context:
                took = ask(context, real, public)
            process.wait(PATIENCE_MS / 1000)
        finally:
            if process.poll() is None:
                process.kill()
        return f"with process {process.pid} at {real}, {took * 1e6:.0f} us each"


def between_threads() -> str:
    """Try inproc with a second thread; return what was done."""
    endpoint = "inproc://answer"
    with zmq.Context() as context:
        bound = threading.Event()
        thread = threading.Thread(
            target=answer,
            args=(context, {"endpoint": endpoint, "secret": ""}, lambda real: bound.set()),
        )
        thread.start()
        bound.wait(PATIENCE_MS / 1000)
        took = ask(context, endpoint, None)
        thread.join()
        return f"with a second thread at {endpoint}, {took * 1e6:.0f} us each"


def exchanges() -> Generator[tuple[str, Any], None, None]:
    """Yield what to try, as (name, function or the reason why not)."""
    can_ipc = zmq.has("ipc") or (sys.platform != "win32" and zmq.zmq_version_info() < (4, 1))
    can_curve = zmq.has("curve")
    with tempfile.TemporaryDirectory(prefix="zmq") as folder:
        for transport, endpoint in (
            ("tcp", "tcp://127.0.0.1:*"),
            ("ipc", f"ipc://{folder}/answer"),
        ):
            for curve in (False, True):
                name = f"{transport}{' with CURVE' if curve else ''}"
                if transport == "ipc" and not can_ipc:
                    yield name, "this libzmq has no ipc"
                elif curve and not can_curve:
                    yield name, "this libzmq has no CURVE"
                else:
                    yield name, lambda e=endpoint, c=curve: between_processes(e, c)
    yield "inproc", between_threads


def main() -> int:
    """Print what was found and done; return the exit status."""
    for line in _installation.problems():
        print(line, flush=True)
    if not hasattr(zmq, "libzmq_path"):
        print("`import zmq` is not zmq-ctypes: nothing was tried")
        return 1
    for line in describe():
        print(line)
    print(f"{MESSAGES} questions and answers, by process {os.getpid()}:", flush=True)
    failures = 0
    # Closed at once, with its folder, also when nobody reads what is printed: PyPy would do it later.
    with contextlib.closing(exchanges()) as to_try:
        for name, attempt in to_try:
            if isinstance(attempt, str):
                print(f"  {name:16} skipped: {attempt}", flush=True)
                continue
            try:
                print(f"  {name:16} ok, {attempt()}", flush=True)
            except (
                zmq.ZMQError,
                OSError,
                RuntimeError,
                ValueError,
                subprocess.SubprocessError,
            ) as error:
                failures += 1
                print(f"  {name:16} FAILED: {error}", flush=True)
    print("everything came back" if not failures else f"{failures} of them failed")
    return 1 if failures else 0


def run() -> int:
    """Do what main() does, for as long as somebody reads what it prints."""
    if hasattr(sys.stdout, "reconfigure") and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # paths may have any bytes
    try:
        status = main()
        print(end="", flush=True)
    except BrokenPipeError:
        # Such as `head`, which has seen enough; Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def serve() -> None:
    """Be the second process: take the order from stdin, print the endpoint, answer."""
    order = json.loads(sys.stdin.readline())
    with zmq.Context() as context:
        answer(context, order, lambda real: print(real, flush=True))


if __name__ == "__main__":
    if sys.argv[1:] == [ANSWERING]:
        serve()
    else:
        sys.exit(run())
