# SPDX-License-Identifier: BSD-3-Clause
"""What is measured: one row a case, one row a curve. Data only."""

from __future__ import annotations

from typing import NamedTuple, Union

Arguments = tuple[Union[int, str], ...]

KIB = 1024
MIB = 1024 * KIB


class Case(NamedTuple):
    """One thing to time."""

    name: str
    function: str
    """Name in ``cases.py`` or a file beside it; called with ``n`` and the arguments."""
    arguments: Arguments
    n: int
    """Operations in one sample."""
    at_most: float | None = None
    """The ratio ours / pyzmq that is aimed at."""
    samples: int = 5
    """Samples in one round; one more comes before them and is not counted."""
    unit: str = "ns"
    """What a sample counts: nanoseconds per operation, or bytes."""
    limit: Arguments | None = None
    """What the C program is told, where it has this case."""


class Curve(NamedTuple):
    """One thing that is timed for several x."""

    name: str
    axis: str
    """What x counts."""
    function: str
    points: tuple[tuple[int, int], ...]
    """Pairs of x and n."""
    samples: int = 3
    unit: str = "ns"
    at_most: float | None = None
    """The ratio aimed at for the last point."""

    def cases(self) -> list[Case]:
        last = self.points[-1][0]
        return [
            Case(
                f"{self.name}, {x:,}",
                self.function,
                (x,),
                n,
                self.at_most if x == last else None,
                self.samples,
                self.unit,
            )
            for x, n in self.points
        ]


CASES = (
    Case("inproc send, 16 B", "send", (16,), 5000, 0.75, limit=("send", 16)),
    Case("inproc send, 1 KiB", "send", (KIB,), 5000, 0.8, limit=("send", KIB)),
    Case("inproc send, 64 KiB", "send", (64 * KIB,), 500, 1.0, limit=("send", 64 * KIB)),
    Case("inproc recv, 16 B", "recv", (16,), 5000, 2.0, limit=("recv", 16)),
    Case("inproc recv, 1 KiB", "recv", (KIB,), 5000, 1.7, limit=("recv", KIB)),
    Case("inproc recv, 64 KiB", "recv", (64 * KIB,), 500, 1.05, limit=("recv", 64 * KIB)),
    Case("inproc send + recv, 16 B", "send_recv", (16,), 5000, 1.0, limit=("both", 16)),
    Case("inproc send + recv, 1 KiB", "send_recv", (KIB,), 5000, 1.0, limit=("both", KIB)),
    Case(
        "inproc send + recv, 64 KiB", "send_recv", (64 * KIB,), 500, 1.0, limit=("both", 64 * KIB)
    ),
    Case("multipart of 3, send + recv", "multipart", (3,), 2000, 0.35),
    Case("recv(copy=False).bytes, 1 KiB, with its send", "frame_bytes", (KIB,), 3000, 1.3),
    Case("copy=False send + recv, 1 MiB", "no_copy", (MIB,), 300, 1.0),
    Case("copy=False send + recv, 1 MiB, busy thread", "no_copy_busy", (MIB,), 30, 1.0, samples=3),
    Case("send_json + recv_json", "json", (), 2000, 0.9),
    Case("send_string + recv_string", "string", (), 3000, 1.0),
    Case("getsockopt(LINGER)", "getsockopt", (), 5000, 0.7),
    Case("socket.linger set and read", "attribute", (), 2000, 0.3),
    Case("recv(NOBLOCK) that raises Again", "again", (), 2000, 0.6),
    Case("Poller.poll(0), 1 socket", "poller", (1,), 2000, 0.6),
    Case("Poller.poll(0), 10 sockets", "poller", (10,), 1000, 0.4),
    Case("Poller.poll(0), 100 sockets", "poller", (100,), 100, 0.3),
    Case("Socket.poll(0)", "socket_poll", (), 3000, 0.5),
    Case("socket created and closed", "create", (), 200, 1.0),
    Case("tcp REQ/REP round trip", "round_trip", (16,), 300, 1.05, limit=("trip", 16)),
    Case("tcp PUSH/PULL, 100 B", "push_pull", (100,), 20000, 1.0, samples=3),
    Case("tcp PUSH/PULL, 64 KiB", "push_pull", (64 * KIB,), 1000, 1.05, samples=3),
    Case("ThreadProxy, per message", "thread_proxy", (16,), 5000, 1.05),
    Case("ThreadMonitoredQueue, per message", "thread_monitored_queue", (16,), 2000, 2.0),
    Case("PUBHandler, one record emitted and received", "log_record", (), 1000, 0.7),
    Case("4 threads, send + recv, 16 B", "threads", (4, 16), 5000, 1.0, samples=3),
    Case("4 threads, send + recv, 1 KiB", "threads", (4, KIB), 5000, 1.0, samples=3),
    Case("asyncio: send n, then recv n", "asyncio_burst", (16,), 3000, 0.2),
    Case("asyncio: a task sends, one receives", "asyncio_tasks", (16,), 3000, 0.25),
    Case("asyncio: multipart of 3, send + recv", "asyncio_multipart", (3,), 2000, 0.25),
    Case("asyncio: two tasks, per round trip", "asyncio_ping_pong", (16,), 500, 0.4),
    Case("asyncio: send, Poller.poll, recv", "asyncio_poller", (16,), 1000, 0.3),
    Case("ZMQStream: burst, per message", "stream_burst", (16,), 3000, 0.15),
    Case("ZMQStream: two streams, per round trip", "stream_ping_pong", (16,), 500, 0.4),
    Case("green: a greenlet sends, one receives", "green_burst", (16,), 3000, 0.25),
    Case("green: multipart of 3, send + recv", "green_multipart", (3,), 2000, 0.25),
    Case("green: two greenlets, per round trip", "green_ping_pong", (16,), 500, 0.4),
    Case("import zmq, above the bare interpreter", "import_zmq", (), 3, 0.5, samples=2),
    Case("import zmq.asyncio, above", "import_zmq", (".asyncio",), 3, 0.6, samples=2),
)

CURVES = (
    Curve(
        "send + recv",
        "bytes in the message",
        "send_recv",
        tuple((4**k, max(1, min(2000, 16 * MIB // 4**k))) for k in range(14)),
    ),
    Curve(
        "multipart send + recv",
        "parts of 16 B",
        "multipart",
        tuple((x, max(3, 1000 // x)) for x in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
    ),
    Curve(
        "Poller.poll(0)",
        "sockets",
        "poller",
        tuple((x, max(5, 1000 // x)) for x in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
    ),
    Curve(
        "socket created and closed",
        "open sockets",
        "create_beside",
        tuple((x, 50) for x in (1, 10, 50, 100, 200, 500, 1000)),
    ),
    Curve(
        "memory of queued messages",
        "messages of 100 B",
        "memory",
        ((10_000, 1), (100_000, 1), (1_000_000, 1)),
        samples=1,
        unit="B",
        at_most=1.0,
    ),
)
