# SPDX-License-Identifier: BSD-3-Clause
"""Log to whoever listens: ``log_publisher.py [ENDPOINT] [HOW_MANY]``.

``python -m zmq.log ENDPOINT`` shows what is logged, and log_listener.py feeds it
into another program's logging.
"""

import logging
import sys

import zmq
from zmq.log.handlers import PUBHandler, TopicLogger
from zmq.log.records import JSONFormatter


def main(endpoint: str = "tcp://127.0.0.1:5557", count: str = "3") -> None:
    # XPUB is a PUB that also receives subscriptions: this program waits for one.
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.bind(endpoint)
        print("logging at", socket.last_endpoint.decode(), flush=True)
        socket.recv()
        handler = PUBHandler(socket, root_topic="mill")
        handler.setFormatter(JSONFormatter())
        logger = TopicLogger("mill", logging.DEBUG)
        logger.addHandler(handler)
        for number in range(int(count)):
            logger.info("wheel.left", "turned %d times", number)
        try:
            raise RuntimeError("out of grain")
        except RuntimeError:
            logger.exception("wheel", "stopped")


if __name__ == "__main__":
    main(*sys.argv[1:])
