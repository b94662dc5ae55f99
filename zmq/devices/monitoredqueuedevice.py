# SPDX-License-Identifier: BSD-3-Clause
"""Devices whose traffic a third socket sees, with a prefix that tells the direction."""

from __future__ import annotations

from zmq import SocketType

from .monitoredqueue import monitored_queue
from .proxydevice import ProcessProxy, Proxy, ProxyBase, ThreadProxy

__all__ = ["MonitoredQueue", "ProcessMonitoredQueue", "ThreadMonitoredQueue"]


class MonitoredQueueBase(ProxyBase):
    """A device that runs monitored_queue().

    Parameters
    ----------
    in_type, out_type, mon_type : int, as of ProxyBase
    in_prefix, out_prefix : bytes
        First part of the copies of what the first and the second socket received.
    """

    def __init__(
        self,
        in_type: int,
        out_type: int,
        mon_type: int = SocketType.PUB,
        in_prefix: bytes = b"in",
        out_prefix: bytes = b"out",
    ) -> None:
        super().__init__(in_type, out_type, mon_type)
        self._in_prefix = in_prefix
        self._out_prefix = out_prefix

    def run_device(self) -> int:
        """Forward messages until something ends it; what run() calls, for subclasses."""
        frontend, backend, monitor = self._setup_sockets()
        return monitored_queue(frontend, backend, monitor, self._in_prefix, self._out_prefix)


class MonitoredQueue(MonitoredQueueBase, Proxy):
    """A monitored queue that runs in the thread that starts it."""


class ThreadMonitoredQueue(MonitoredQueueBase, ThreadProxy):
    """A monitored queue that runs in a thread of its own."""


class ProcessMonitoredQueue(MonitoredQueueBase, ProcessProxy):
    """A monitored queue that runs in a process of its own."""
