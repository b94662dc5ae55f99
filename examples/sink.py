# SPDX-License-Identifier: BSD-3-Clause
"""Collect the results of all tasks: ``sink.py [RESULTS_ENDPOINT]``."""

import sys

import zmq


def main(results: str = "tcp://127.0.0.1:5558") -> None:
    expected = None
    squares = {}
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.bind(results)
        print("collecting at", socket.last_endpoint.decode(), flush=True)
        while expected is None or len(squares) < expected:
            message = socket.recv_json()
            if "expect" in message:
                expected = message["expect"]
            else:
                squares[message["number"]] = message["square"]
    print(f"{len(squares)} results, in sum {sum(squares.values())}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
