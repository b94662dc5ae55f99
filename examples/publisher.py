# SPDX-License-Identifier: BSD-3-Clause
"""Publish measurements: ``publisher.py [ENDPOINT] [HOW_MANY] [SUBSCRIBERS]``.

A publisher drops what nobody has subscribed to, so it waits for its subscribers
first. XPUB is a PUB that receives their subscriptions as messages.
"""

import random
import sys

import zmq

CITIES = ("Bergen", "Cairo", "Lima")


def main(endpoint: str = "tcp://127.0.0.1:5556", count: str = "100", listeners: str = "1") -> None:
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.xpub_verbose = (
            1  # hear of each subscriber, even of one that wants the same as another
        )
        socket.bind(endpoint)
        print("publishing at", socket.last_endpoint.decode(), flush=True)
        for _ in range(int(listeners)):
            print("subscribed:", socket.recv()[1:].decode(), flush=True)
        for _ in range(int(count)):
            city = random.choice(CITIES)
            socket.send_multipart([city.encode(), b"%d" % random.randint(-20, 40)])
        for city in CITIES:
            socket.send_multipart([city.encode(), b"end"])


if __name__ == "__main__":
    main(*sys.argv[1:])
