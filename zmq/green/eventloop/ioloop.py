# SPDX-License-Identifier: BSD-3-Clause
"""DEPRECATED: the names of zmq.eventloop.ioloop under another path."""

from __future__ import annotations

from zmq.eventloop.ioloop import IOLoop, PeriodicCallback, install

__all__ = ["IOLoop", "PeriodicCallback", "install"]
