# SPDX-License-Identifier: BSD-3-Clause
"""Stand between clients and workers: ``broker.py [FRONTEND] [BACKEND] [CONTROL]``.

Clients connect to the frontend, workers to the backend; requests go to the workers
in turn, answers back to who asked. A message TERMINATE at the control endpoint
ends the broker.
"""

import sys

import zmq


def main(
    frontend: str = "tcp://127.0.0.1:5559",
    backend: str = "tcp://127.0.0.1:5560",
    control: str = "tcp://127.0.0.1:5561",
) -> None:
    with zmq.Context() as context:
        with context.socket(zmq.ROUTER) as clients, context.socket(zmq.DEALER) as workers:
            with context.socket(zmq.PAIR) as steering:
                clients.bind(frontend)
                workers.bind(backend)
                steering.bind(control)
                for role, socket in (
                    ("clients", clients),
                    ("workers", workers),
                    ("control", steering),
                ):
                    print(role, "at", socket.last_endpoint.decode(), flush=True)
                zmq.proxy_steerable(clients, workers, None, steering)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
