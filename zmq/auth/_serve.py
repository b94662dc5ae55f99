# SPDX-License-Identifier: BSD-3-Clause
"""The loop that receives requests and has them answered, for any asyncio event loop."""

from __future__ import annotations

import asyncio

import zmq
from zmq import _wakeup

from . import _zap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import Authenticator

_OVER = (zmq.ETERM, zmq.ENOTSOCK)


async def serve(authenticator: Authenticator) -> None:
    """Answer requests until the context ends, the socket is closed or this is cancelled."""
    socket = authenticator.zap_socket
    while True:
        try:
            request = await _receive(socket)
            await _handle(authenticator, socket, request)
        except zmq.ZMQError as error:
            if error.errno in _OVER:
                return
            authenticator.log.critical("no more ZAP requests are answered: %s", error)
            raise
        # Those that ask without pause are not alone in this loop.
        await asyncio.sleep(0)


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
    if not socket.closed and socket.EVENTS & zmq.POLLOUT:
        request_id = request[1] if len(request) > 1 else b""
        socket.send_multipart(_zap.reply(request_id, 500, "Internal error"))


async def _receive(socket: zmq.Socket[bytes]) -> list[bytes]:
    while True:
        try:
            return socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            await _news(socket)


async def _news(socket: zmq.Socket[bytes]) -> None:
    """Wait until something happens to a socket that had nothing to receive a moment ago."""
    loop = asyncio.get_running_loop()
    happened: asyncio.Future[None] = loop.create_future()
    handle, descriptor = socket.underlying, socket.fileno()

    def wake() -> None:
        if not happened.done():
            happened.set_result(None)

    def wake_from_elsewhere() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(wake)

    loop.add_reader(descriptor, wake)
    _wakeup.watch(handle, wake_from_elsewhere)
    try:
        await happened
    finally:
        _wakeup.unwatch(handle, wake_from_elsewhere)
        loop.remove_reader(descriptor)
