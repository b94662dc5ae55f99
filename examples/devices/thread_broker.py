# SPDX-License-Identifier: BSD-3-Clause
"""Run a broker in the background: ``thread_broker.py [HOW_MANY]``.

A device opens its sockets in its own thread; the program goes on with its own. The device
ends when the context ends.
"""

import sys
import threading

import zmq
from zmq.devices import ThreadDevice


def work(context: zmq.Context, endpoint: str) -> None:
    with context.socket(zmq.REP) as worker:
        worker.connect(endpoint)
        try:
            while True:
                worker.send_string(worker.recv_string().upper())
        except zmq.ContextTerminated:
            pass


def main(count: str = "5") -> None:
    context = zmq.Context.instance()
    broker = ThreadDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    broker.bind_in("inproc://clients")
    broker.bind_out("inproc://workers")
    broker.start()
    threads = [threading.Thread(target=work, args=(context, "inproc://workers")) for _ in range(2)]
    for thread in threads:
        thread.start()
    with context.socket(zmq.REQ) as client:
        client.connect("inproc://clients")
        for number in range(int(count)):
            client.send_string(f"question {number}")
            print("answered:", client.recv_string())
    context.term()
    broker.join()
    print("the broker has ended:", broker.done)


if __name__ == "__main__":
    main(*sys.argv[1:])
