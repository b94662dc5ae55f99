# SPDX-License-Identifier: BSD-3-Clause
"""Sockets for tornado: ZMQStream calls back, zmq.eventloop.future gives futures.

tornado's loops are asyncio's, and any of them will do. So zmq.asyncio serves in tornado's
coroutines just as well; this package is for programs that call back, and for those that
were written when tornado had loops of its own.
"""

from __future__ import annotations

try:
    from tornado import version_info
    from tornado.ioloop import IOLoop
except ImportError as error:
    raise ImportError("zmq.eventloop needs tornado: pip install 'tornado>=6'") from error

if version_info < (6,):
    raise ImportError("zmq.eventloop needs tornado 6 or later: pip install 'tornado>=6'")

__all__ = ["IOLoop"]
