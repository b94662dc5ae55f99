# SPDX-License-Identifier: BSD-3-Clause
"""Encrypt, and know whom one talks to: ``curve.py``.

CURVE needs no authenticator. The client knows the server's public key, so that nobody
can pose as the server; the server lets in everybody who knows that key.
"""

import zmq


def main() -> None:
    with zmq.Context() as context:
        talk(context)


def talk(context: zmq.Context) -> None:
    server_public, server_secret = zmq.curve_keypair()
    client_public, client_secret = zmq.curve_keypair()
    with context.socket(zmq.REP) as server, context.socket(zmq.REQ) as client:
        server.curve_server = True
        server.curve_secretkey = server_secret
        server.bind("tcp://127.0.0.1:*")

        client.curve_serverkey = server_public
        client.curve_publickey = client_public
        client.curve_secretkey = client_secret
        client.connect(server.last_endpoint)

        client.send_string("a secret question")
        print("asked:", server.recv_string())
        server.send_string("a secret answer")
        print("answered:", client.recv_string())


if __name__ == "__main__":
    main()
