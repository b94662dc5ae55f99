# SPDX-License-Identifier: BSD-3-Clause
"""Devices that a fourth socket steers."""

from __future__ import annotations

from zmq import Context, SocketType, proxy_steerable

from .basedevice import Side
from .proxydevice import ProcessProxy, Proxy, ProxyBase, ThreadProxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ProcessProxySteerable", "ProxySteerable", "ThreadProxySteerable"]


class ProxySteerableBase(ProxyBase):
    """A device with a monitor socket and one that receives commands.

    Parameters
    ----------
    in_type, out_type, mon_type : int, as of ProxyBase
    ctrl_type : int, a zmq.SocketType; None for PAIR

    Notes
    -----
    The commands are those of zmq.proxy_steerable(); TERMINATE ends the device.
    """

    def __init__(
        self,
        in_type: int,
        out_type: int,
        mon_type: int = SocketType.PUB,
        ctrl_type: int | None = None,
    ) -> None:
        super().__init__(in_type, out_type, mon_type)
        self.ctrl_type: int = SocketType.PAIR if ctrl_type is None else ctrl_type
        self._ctrl = Side()

    def bind_ctrl(self, addr: str) -> None:
        """Have the control socket listen at an endpoint."""
        self._ctrl.binds.append(addr)

    def bind_ctrl_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Have the control socket listen at a free port; as bind_in_to_random_port()."""
        return self._bind_to_random_port(self._ctrl, addr, *args, **kwargs)

    def connect_ctrl(self, addr: str) -> None:
        """Have the control socket connect to an endpoint."""
        self._ctrl.connects.append(addr)

    def setsockopt_ctrl(self, opt: int, value: Any) -> None:
        """Have an option of the control socket set; as setsockopt_in()."""
        self._ctrl.options.append((opt, value))

    def _open_sockets(self, context: Context[Any]) -> None:
        super()._open_sockets(context)
        self._open(context, self.ctrl_type, self._ctrl)

    def run_device(self) -> int:
        """Forward messages until something ends it; what run() calls, for subclasses."""
        frontend, backend, monitor, control = self._setup_sockets()
        return proxy_steerable(frontend, backend, monitor, control)


class ProxySteerable(ProxySteerableBase, Proxy):
    """A proxy that obeys commands and runs in the thread that starts it."""


class ThreadProxySteerable(ProxySteerableBase, ThreadProxy):
    """A proxy that obeys commands and runs in a thread of its own."""


class ProcessProxySteerable(ProxySteerableBase, ProcessProxy):
    """A proxy that obeys commands and runs in a process of its own."""
