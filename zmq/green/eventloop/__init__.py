# SPDX-License-Identifier: BSD-3-Clause
"""tornado's loop in programs with gevent: the names of zmq.eventloop under another path."""

from __future__ import annotations

from zmq.eventloop import IOLoop

__all__ = ["IOLoop"]
