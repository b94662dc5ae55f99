# SPDX-License-Identifier: BSD-3-Clause
"""A client in asyncio: asks asyncio_server.py, and gives up when it takes too long.

A time-out loses nothing: an answer that arrives at the last moment is there for the
next receive.
"""

from __future__ import annotations

import argparse
import asyncio

import zmq
import zmq.asyncio


async def ask(endpoint: str, requests: list[str], timeout_s: float) -> None:
    """Send all requests at once, and print the answers as they come."""
    with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        for request in requests:
            await socket.send_string(request)
        for _ in requests:
            try:
                print(await asyncio.wait_for(socket.recv_string(), timeout_s))
            except asyncio.TimeoutError:
                raise SystemExit(f"no answer from {endpoint} in {timeout_s} s") from None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds for each answer")
    parser.add_argument("requests", nargs="*", default=["one", "two", "three"])
    arguments = parser.parse_args()
    asyncio.run(ask(arguments.connect, arguments.requests, arguments.timeout))
