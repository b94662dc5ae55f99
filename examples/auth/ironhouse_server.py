# SPDX-License-Identifier: BSD-3-Clause
"""Serve clients whose keys are known: ``ironhouse_server.py [FOLDER] [ENDPOINT] [HOW_MANY]``.

CURVE on both sides: the client knows the server by its key, and the server each client.
FOLDER is what make_certificates.py has made. Any further client needs no more than its
public certificate in ``authorized``, and configure_curve() to be called again.
"""

import asyncio
import logging
import sys
from pathlib import Path

import zmq.asyncio
from zmq.auth import load_certificate
from zmq.auth.asyncio import AsyncioAuthenticator


async def serve(folder: Path, endpoint: str, count: int) -> None:
    with zmq.asyncio.Context() as context:
        auth = AsyncioAuthenticator(context)
        auth.start()
        auth.configure_curve(domain="*", location=folder / "authorized")
        public, secret = load_certificate(folder / "server.key_secret")
        with context.socket(zmq.REP) as server:
            server.curve_server = True
            server.curve_publickey = public
            server.curve_secretkey = secret
            server.bind(endpoint)
            print("listening at", server.last_endpoint.decode(), flush=True)
            for _ in range(count):
                frame = await server.recv(copy=False)
                print("asked by the owner of", frame["User-Id"], flush=True)
                await server.send_string("welcome to the iron house")
        auth.stop()


def main(
    folder: str = "certificates", endpoint: str = "tcp://127.0.0.1:5572", count: str = "3"
) -> None:
    logging.basicConfig(format="log: %(message)s", stream=sys.stdout)
    asyncio.run(serve(Path(folder), endpoint, int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
