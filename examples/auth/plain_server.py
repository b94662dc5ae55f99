# SPDX-License-Identifier: BSD-3-Clause
"""Serve those who know a password: ``plain_server.py [ENDPOINT] [HOW_MANY]``.

PLAIN hides nothing: who can read the network reads the passwords. It is for networks
where nobody else can.
"""

import logging
import sys

import zmq
from zmq.auth.thread import ThreadAuthenticator

PASSWORDS = {"alice": "wonderland", "bob": "builder"}


def main(endpoint: str = "tcp://127.0.0.1:5571", count: str = "3") -> None:
    logging.basicConfig(format="log: %(message)s", stream=sys.stdout)
    with zmq.Context() as context:
        auth = ThreadAuthenticator(context)
        auth.start()
        auth.configure_plain(domain="*", passwords=PASSWORDS)
        with context.socket(zmq.REP) as server:
            server.plain_server = True
            server.bind(endpoint)
            print("listening at", server.last_endpoint.decode(), flush=True)
            for _ in range(int(count)):
                frame = server.recv(copy=False)
                print("asked by", frame["User-Id"], flush=True)
                server.send_string(f"Hello {frame['User-Id']}")
        auth.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
