# SPDX-License-Identifier: BSD-3-Clause
"""Ask a server: ``hello_client.py [ENDPOINT] [HOW_MANY]``."""

import sys

import zmq


def main(endpoint: str = "tcp://127.0.0.1:5555", count: str = "3") -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        for number in range(int(count)):
            socket.send_string(f"Hello {number}")
            print("answered:", socket.recv_string(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
