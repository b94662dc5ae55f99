# SPDX-License-Identifier: BSD-3-Clause
"""Let in whom an address says: ``null.py [ADDRESS] [PATIENCE_MS]``.

A server with a ZAP domain has every client looked at, also without any credentials. This
one lets in ADDRESS and nobody else; its client comes from 127.0.0.1.
"""

import logging
import sys

import zmq
from zmq.auth.thread import ThreadAuthenticator


def main(address: str = "127.0.0.1", patience_ms: str = "5000") -> None:
    logging.basicConfig(format="log: %(message)s", stream=sys.stdout)
    with zmq.Context() as context:
        auth = ThreadAuthenticator(context)
        auth.start()
        auth.allow(address)
        with context.socket(zmq.PULL) as server, context.socket(zmq.PUSH) as client:
            server.zap_domain = b"example"
            server.bind("tcp://127.0.0.1:*")
            server.rcvtimeo = int(patience_ms)
            client.linger = client.sndtimeo = 0
            client.connect(server.last_endpoint)
            try:
                client.send(b"hello")
                frame = server.recv(copy=False)
                print("the server got", frame.bytes, "from", frame["User-Id"])
            except zmq.Again:
                print("nothing arrived")
        auth.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
