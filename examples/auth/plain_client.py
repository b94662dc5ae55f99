# SPDX-License-Identifier: BSD-3-Clause
"""Ask a server that wants a password.

``plain_client.py [ENDPOINT] [USER] [PASSWORD] [PATIENCE_MS]``
"""

import sys

import zmq


def main(
    endpoint: str = "tcp://127.0.0.1:5571",
    user: str = "alice",
    password: str = "wonderland",
    patience_ms: str = "5000",
) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as client:
        client.plain_username = user.encode()
        client.plain_password = password.encode()
        client.linger = 0
        client.sndtimeo = client.rcvtimeo = int(patience_ms)
        client.connect(endpoint)
        try:
            client.send(b"who am I?")
            print("answered:", client.recv_string())
        except zmq.Again:
            print("no answer: a server that refuses does not say so")


if __name__ == "__main__":
    main(*sys.argv[1:])
