# SPDX-License-Identifier: BSD-3-Clause
"""Ask a server that knows its clients.

``ironhouse_client.py [FOLDER] [ENDPOINT] [NAME] [PATIENCE_MS]``

NAME says whose secret certificate to use: ``client``, or ``stranger``, who is not let in.
"""

import sys
from pathlib import Path

import zmq
from zmq.auth import load_certificate


def main(
    folder: str = "certificates",
    endpoint: str = "tcp://127.0.0.1:5572",
    name: str = "client",
    patience_ms: str = "5000",
) -> None:
    server_public, _ = load_certificate(Path(folder) / "server.key")
    public, secret = load_certificate(Path(folder) / f"{name}.key_secret")
    with zmq.Context() as context, context.socket(zmq.REQ) as client:
        client.curve_serverkey = server_public
        client.curve_publickey = public
        client.curve_secretkey = secret
        client.linger = 0
        client.sndtimeo = client.rcvtimeo = int(patience_ms)
        client.connect(endpoint)
        try:
            client.send(b"may I?")
            print("answered:", client.recv_string())
        except zmq.Again:
            print("no answer: a server that refuses does not say so")


if __name__ == "__main__":
    main(*sys.argv[1:])
