# SPDX-License-Identifier: BSD-3-Clause
"""A server in asyncio: answers requests, each in a task of its own.

Run it, then asyncio_client.py. A ROUTER receives from many clients at once and says which
of them to answer; a slow answer holds up nobody.
"""

from __future__ import annotations

import argparse
import asyncio

import zmq
import zmq.asyncio


async def answer(socket: zmq.asyncio.Socket, client: bytes, request: bytes) -> None:
    """Take a while, as a server does, and answer one client."""
    await asyncio.sleep(0.01)
    await socket.send_multipart([client, request.upper()])


async def serve(endpoint: str, count: int) -> None:
    """Answer ``count`` requests, or all there ever are if it is 0."""
    tasks = set()
    with zmq.asyncio.Context() as context, context.socket(zmq.ROUTER) as socket:
        print("listening at", socket.bind(endpoint).addr, flush=True)
        async for client, request in socket:
            task = asyncio.create_task(answer(socket, client, request))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            count -= 1
            if count == 0:
                break
        await asyncio.gather(*tasks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555")
    parser.add_argument("--count", type=int, default=0, help="requests to answer; 0: no end")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.bind, arguments.count))
