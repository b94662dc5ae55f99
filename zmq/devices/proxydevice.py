# SPDX-License-Identifier: BSD-3-Clause
"""Devices whose traffic a third socket sees."""

from __future__ import annotations

from zmq import Context, DeviceType, SocketType, proxy

from .basedevice import Device, ProcessDevice, Side, ThreadDevice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ProcessProxy", "Proxy", "ThreadProxy"]


class ProxyBase(Device):
    """A device with a third socket, which is sent a copy of every message.

    Parameters
    ----------
    in_type, out_type : int, as of Device
    mon_type : int, a zmq.SocketType
    """

    def __init__(self, in_type: int, out_type: int, mon_type: int = SocketType.PUB) -> None:
        super().__init__(DeviceType.QUEUE, in_type, out_type)
        self.mon_type = mon_type
        self._mon = Side()

    def bind_mon(self, addr: str) -> None:
        """Have the monitor socket listen at an endpoint."""
        self._mon.binds.append(addr)

    def bind_mon_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Have the monitor socket listen at a free port; as bind_in_to_random_port()."""
        return self._bind_to_random_port(self._mon, addr, *args, **kwargs)

    def connect_mon(self, addr: str) -> None:
        """Have the monitor socket connect to an endpoint."""
        self._mon.connects.append(addr)

    def setsockopt_mon(self, opt: int, value: Any) -> None:
        """Have an option of the monitor socket set; as setsockopt_in()."""
        self._mon.options.append((opt, value))

    def _open_sockets(self, context: Context[Any]) -> None:
        super()._open_sockets(context)
        self._open(context, self.mon_type, self._mon)

    def run_device(self) -> int:
        """Forward messages until something ends it; what run() calls, for subclasses."""
        frontend, backend, monitor = self._setup_sockets()
        return proxy(frontend, backend, monitor)


class Proxy(ProxyBase, Device):
    """A proxy with a monitor socket that runs in the thread that starts it."""


class ThreadProxy(ProxyBase, ThreadDevice):
    """A proxy with a monitor socket that runs in a thread of its own."""


class ProcessProxy(ProxyBase, ProcessDevice):
    """A proxy with a monitor socket that runs in a process of its own."""
