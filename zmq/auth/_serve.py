# SPDX-License-Identifier: BSD-3-Clause
"""The loop that receives requests and has them answered, for any asyncio event loop."""

from __future__ import annotations

import asyncio

# What a thread imports while another one forks, the child can never import. So what is
# needed by a request is imported here, and not when it is needed.
import hmac  # noqa: F401
import ipaddress  # noqa: F401

import zmq
import zmq._loop
import zmq.asyncio
import zmq.utils.z85

from . import _zap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import Authenticator

_OVER = (zmq.ETERM, zmq.ENOTSOCK)


async def serve(authenticator: Authenticator) -> None:
    """Answer requests until the context ends, the socket is closed or this is cancelled."""
    socket = authenticator.zap_socket
    if socket is None or socket.closed:
        return  # before there was a round of the loop
    reader = zmq.asyncio.Socket(socket)
    while True:
        try:
            await _handle(authenticator, socket, await reader.recv_multipart())
        except zmq.ZMQError as error:
            if error.errno in _OVER:
                return
            authenticator.log.critical("no more ZAP requests are answered: %s", error)
            raise
        except asyncio.CancelledError:
            if socket.closed:
                return
            raise


async def _handle(
    authenticator: Authenticator, socket: zmq.Socket[bytes], request: list[bytes]
) -> None:
    """Have a request answered, and answer it here if that failed, as a subclass's may."""
    try:
        await authenticator.handle_zap_message(request)
    except Exception as error:
        if socket.closed or (isinstance(error, zmq.ZMQError) and error.errno in _OVER):
            return
        authenticator.log.error("handle_zap_message failed: %s", type(error).__name__)
    except BaseException as error:
        # Who shows it, such as Ctrl-C, may show local variables, and these hold passwords.
        del request
        raise error.with_traceback(None) from None
    if not socket.closed and socket.EVENTS & zmq.POLLOUT:
        request_id = request[1] if len(request) > 1 else b""
        reply = _zap.enforced(request, _zap.reply(request_id, 500, "Internal error"))
        del request
        socket.send_multipart(reply)
