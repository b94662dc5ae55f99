# SPDX-License-Identifier: BSD-3-Clause
"""Answer what the broker hands on: ``answerer.py [BACKEND] [SECONDS_WITHOUT_WORK]``."""

import sys

import zmq


def main(backend: str = "tcp://127.0.0.1:5560", patience: str = "30") -> None:
    answers = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.connect(backend)
        while socket.poll(int(float(patience) * 1000)):
            socket.send_string(str(2 * int(socket.recv_string())))
            answers += 1
    print(f"answered {answers} times", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
