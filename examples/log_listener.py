# SPDX-License-Identifier: BSD-3-Clause
"""Handle here what is logged elsewhere: ``log_listener.py [ENDPOINT]``.

The records that log_publisher.py publishes go through this program's logging as if
they were its own, until one is an error.
"""

import logging
import sys
import threading

from zmq.log.listener import SUBListener


def main(endpoint: str = "tcp://127.0.0.1:5557") -> None:
    form = "%(levelname)s from %(zmq_topic)s, %(filename)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, stream=sys.stdout)
    stopped = threading.Event()

    def stop_at_errors(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            stopped.set()
        return True

    logging.getLogger("mill").addFilter(stop_at_errors)
    with SUBListener(endpoint):
        stopped.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
