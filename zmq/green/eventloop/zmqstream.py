# SPDX-License-Identifier: BSD-3-Clause
"""ZMQStream for green sockets."""

from __future__ import annotations

from zmq.constants import POLLIN, POLLOUT
from zmq.eventloop import zmqstream

TYPE_CHECKING = False

__all__ = ["POLLIN", "POLLOUT", "ZMQStream"]


class ZMQStream(zmqstream.ZMQStream):
    """A zmq.eventloop.zmqstream.ZMQStream, which never waits, of a green socket.

    Parameters
    ----------
    socket, io_loop : as zmq.eventloop.zmqstream.ZMQStream
    """
