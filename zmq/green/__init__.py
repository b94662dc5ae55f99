# SPDX-License-Identifier: BSD-3-Clause
"""zmq for gevent: the same API, where only the current greenlet waits.

>>> import gevent
>>> import zmq.green as zmq
>>> def answer():
...     socket = zmq.Context.instance().socket(zmq.REP)
...     socket.bind("tcp://127.0.0.1:5555")
...     while True:
...         socket.send_multipart(socket.recv_multipart())
>>> gevent.spawn(answer)

Everything that is not about waiting is that of zmq. Needs gevent.
"""

from __future__ import annotations

import sys
import types

import zmq
from zmq import *  # noqa: F403

from .core import _Context as Context  # type: ignore[assignment]  # noqa: F401
from .core import _Socket as Socket  # type: ignore[assignment]  # noqa: F401
from .device import device as device  # type: ignore[assignment]
from .device import proxy as proxy
from .device import proxy_steerable as proxy_steerable
from .poll import _Poller as Poller  # noqa: F401
from .poll import select as select
from .poll import zmq_poll as zmq_poll

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = zmq.__all__

_SETTINGS = frozenset(("COPY_THRESHOLD", "pickle_policy"))


class _Module(types.ModuleType):
    """What zmq reads from itself when it is used, programs may set here."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SETTINGS:
            setattr(zmq, name, value)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """Return what zmq has besides its public names, such as its subpackages."""
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(zmq, name)


sys.modules[__name__].__class__ = _Module
