# SPDX-License-Identifier: BSD-3-Clause
"""What the other process does in cases of two processes.

It runs ``worker.py`` with the module to use, a role and its arguments, so it is of the same side.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import zmq

from .wiring import pairs, sockets

PATIENCE_MS = 30_000
"""After this long without a message a partner ends: the process that started it is gone."""


def command(role: str, *arguments: int) -> list[str]:
    """Return the command that runs a role on this side."""
    worker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
    return [sys.executable, worker, zmq.__name__, role, *map(str, arguments)]


@contextlib.contextmanager
def running(role: str, *arguments: int) -> Iterator[None]:
    """Run a role beside the block."""
    process = subprocess.Popen(command(role, *arguments), stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def answer(role: str, *arguments: int) -> int:
    """Run a role and return the number that it prints."""
    said = subprocess.run(
        command(role, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    return int(said.stdout)


# --- roles ----------------------------------------------------------------------------------------


def echo(port: int) -> None:
    """Answer each message with itself."""
    with sockets(zmq.REP) as (socket,):
        socket.rcvtimeo = PATIENCE_MS
        socket.connect(f"tcp://127.0.0.1:{port}")
        with contextlib.suppress(zmq.Again):
            while True:
                socket.send(socket.recv())


def push(port: int, control_port: int) -> None:
    """Push as many messages of a size as the control says."""
    with sockets(zmq.PUSH, zmq.PAIR, hwm=None) as (socket, control):
        control.rcvtimeo = socket.sndtimeo = PATIENCE_MS
        socket.connect(f"tcp://127.0.0.1:{port}")
        control.connect(f"tcp://127.0.0.1:{control_port}")
        with contextlib.suppress(zmq.Again):
            while True:
                count, size = map(int, control.recv_string().split())
                message = bytes(size)
                for _ in range(count):
                    socket.send(message)


def fill(count: int) -> None:
    """Print by how many bytes this process grows while it queues messages of 100 B."""
    message = bytes(100)
    with pairs() as (a, b):
        a.send(message)
        b.recv()
        before = resident()
        for _ in range(count):
            a.send(message)
        print(resident() - before)


def resident() -> int:
    """Return the bytes of memory that this process holds, or held at most."""
    try:
        with open("/proc/self/statm", encoding="ascii") as status:
            return int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


ROLES = {"echo": echo, "push": push, "fill": fill}
