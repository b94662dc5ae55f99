# SPDX-License-Identifier: BSD-3-Clause
"""Ask through the broker: ``asker.py [FRONTEND] [HOW_MANY]``."""

import sys

import zmq


def main(frontend: str = "tcp://127.0.0.1:5559", count: str = "10") -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(frontend)
        for number in range(int(count)):
            socket.send_string(str(number))
            print(f"{number} doubled is {socket.recv_string()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
