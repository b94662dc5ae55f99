# SPDX-License-Identifier: BSD-3-Clause
"""Listen to the measurements of one city: ``subscriber.py [ENDPOINT] [CITY]``."""

import sys

import zmq


def main(endpoint: str = "tcp://127.0.0.1:5556", city: str = "Lima") -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.connect(endpoint)
        socket.subscribe(city)
        degrees = []
        while True:
            _, value = socket.recv_multipart()
            if value == b"end":
                break
            degrees.append(int(value))
        mean = sum(degrees) / len(degrees) if degrees else float("nan")
        print(f"{city}: {len(degrees)} measurements, {mean:.1f} degrees on average", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
