# SPDX-License-Identifier: BSD-3-Clause
"""How programs use what is annotated: the type checker accepts this, and refuses what is marked."""

from __future__ import annotations

import zmq
import zmq.asyncio


def plain(context: zmq.Context) -> None:
    socket = context.socket(zmq.PAIR)
    data: bytes = socket.recv()
    frame: zmq.Frame = socket.recv(copy=False)
    parts: list[bytes] = socket.recv_multipart()
    frames: list[zmq.Frame] = socket.recv_multipart(copy=False)
    socket.send(data, copy=False, track=True).wait()
    socket.send(data, 0, False, True).wait()
    socket.send_multipart([data, frame, *parts, *frames])
    text: str = socket.recv_string()
    socket.send_string(text)
    number: int = socket.recv_serialized(len)
    wrong: str = socket.recv()  # type: ignore[assignment]
    wrong = socket.recv_serialized(len)  # type: ignore[assignment]
    socket.send(data).wait()  # type: ignore[union-attr]
    print(number, wrong)
    with socket.bind("tcp://127.0.0.1:*") as bound, bound.connect("inproc://x") as connected:
        data = connected.recv()
        wrong = connected.recv()  # type: ignore[assignment]


class Own(zmq.Socket[bytes]):
    answer = 42


def made() -> None:
    """What classes and class methods make is known, and a bare name means sockets that give bytes."""
    sockets: list[zmq.Socket] = [zmq.Context.instance().socket(zmq.REQ)]
    sockets += [zmq.Socket(zmq.Context(), zmq.REQ), zmq.Context().socket(zmq.SUB, zmq.Socket)]
    wrong: str = sockets[0].recv()  # type: ignore[assignment]
    own = zmq.Context().socket(zmq.REQ, socket_class=Own)
    with own.bind("inproc://x") as bound:
        wrong = bound.answer  # type: ignore[assignment]
    print(wrong)


async def awaited(socket: zmq.asyncio.Socket) -> None:
    data: bytes = await socket.recv()
    frame: zmq.Frame = await socket.recv(copy=False)
    parts: list[bytes] = await socket.recv_multipart()
    tracker: zmq.MessageTracker | None = await socket.send(data)
    tracker = await socket.send_multipart([data])
    wrong_tracker: str = await socket.send(data)  # type: ignore[assignment]
    print(tracker, wrong_tracker)
    with socket.bind("inproc://x") as bound:
        data = await bound.recv()
    await socket.send_multipart([frame, *parts])
    await socket.send_string(await socket.recv_string())
    await socket.send_json(await socket.recv_json())
    await socket.send_pyobj(await socket.recv_pyobj())
    await socket.send_serialized(b"", lambda message: [message])
    number: int = await socket.recv_serialized(len)
    wrong: str = await socket.recv()  # type: ignore[assignment]
    print(number, wrong)
