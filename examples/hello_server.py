# SPDX-License-Identifier: BSD-3-Clause
"""Answer questions at an endpoint: ``hello_server.py [ENDPOINT] [HOW_MANY]``."""

import sys

import zmq


def main(endpoint: str = "tcp://127.0.0.1:5555", count: str = "3") -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(endpoint)
        print("listening at", socket.last_endpoint.decode(), flush=True)
        for _ in range(int(count)):
            question = socket.recv_string()
            print("asked:", question, flush=True)
            socket.send_string(f"World, to {question}")


if __name__ == "__main__":
    main(*sys.argv[1:])
