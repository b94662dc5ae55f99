# SPDX-License-Identifier: BSD-3-Clause
"""DEPRECATED: what programs needed before tornado's own loop could wait for sockets."""

from __future__ import annotations

import warnings

from tornado.ioloop import IOLoop, PeriodicCallback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    ZMQIOLoop = IOLoop

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "install"]


def _deprecated(name: str) -> None:
    warnings.warn(
        f"zmq.eventloop.ioloop.{name} is deprecated: sockets work with every tornado loop.",
        DeprecationWarning,
        stacklevel=3,
    )


def install() -> None:
    """DEPRECATED: do nothing, as sockets work with every loop."""
    _deprecated("install")


def __getattr__(name: str) -> Any:
    """Return tornado's IOLoop under the old name."""
    if name == "ZMQIOLoop":
        _deprecated(name)
        return IOLoop
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
