# SPDX-License-Identifier: BSD-3-Clause
"""Workers in gevent: a pool of greenlets answers many clients at once, in one thread.

A ROUTER hands requests to the pool, a greenlet for each, and any of them may wait: for a
database, a web page, or another socket. Whoever does not answer in time is left out.
"""

from __future__ import annotations

import argparse

import gevent
import gevent.pool

import zmq.green as zmq


def answer(socket: zmq.Socket, client: bytes, request: bytes) -> None:
    """Take a while, as work does, and answer one client."""
    gevent.sleep(0.01)
    socket.send_multipart([client, request.upper()])


def serve(socket: zmq.Socket, count: int) -> None:
    """Hand ``count`` requests to workers, and wait for the last one."""
    pool = gevent.pool.Pool(size=10)
    for _ in range(count):
        pool.spawn(answer, socket, *socket.recv_multipart())
    pool.join()


def ask(context: zmq.Context, endpoint: str, name: str, count: int) -> int:
    """Ask ``count`` times, and return how many answers came in time."""
    answers = 0
    with context.socket(zmq.DEALER) as socket:
        socket.rcvtimeo = 5000
        socket.connect(endpoint)
        for number in range(count):
            socket.send_string(f"{name} {number}")
        for _ in range(count):
            try:
                socket.recv()
            except zmq.Again:
                break
            answers += 1
    return answers


def main(endpoint: str, clients: int, count: int) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        address = socket.bind(endpoint).addr
        server = gevent.spawn(serve, socket, clients * count)
        asking = [gevent.spawn(ask, context, address, f"client {n}", count) for n in range(clients)]
        gevent.joinall([server, *asking], raise_error=True)
        print("answers:", sum(client.value for client in asking))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bind", default="tcp://127.0.0.1:*")
    parser.add_argument("--clients", type=int, default=5)
    parser.add_argument("--count", type=int, default=20, help="requests of each client")
    arguments = parser.parse_args()
    main(arguments.bind, arguments.clients, arguments.count)
