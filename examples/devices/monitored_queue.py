# SPDX-License-Identifier: BSD-3-Clause
"""Watch what goes through a queue: ``monitored_queue.py [HOW_MANY]``.

The queue runs in a process of its own. Its monitor socket sends a copy of each message,
with a first part that says which way it went.
"""

import sys

import zmq
from zmq.devices import ProcessMonitoredQueue


def main(count: str = "3") -> None:
    queue = ProcessMonitoredQueue(zmq.ROUTER, zmq.DEALER, zmq.PUSH, b"asked", b"answered")
    host = "tcp://127.0.0.1"
    front = f"{host}:{queue.bind_in_to_random_port(host)}"
    back = f"{host}:{queue.bind_out_to_random_port(host)}"
    side = f"{host}:{queue.bind_mon_to_random_port(host)}"
    queue.start()
    with zmq.Context() as context, context.socket(zmq.PULL) as watcher:
        watcher.connect(side)
        with context.socket(zmq.REQ) as client, context.socket(zmq.REP) as worker:
            client.connect(front)
            worker.connect(back)
            for number in range(int(count)):
                client.send_string(f"{number}?")
                worker.send_string(worker.recv_string().replace("?", "!"))
                client.recv()
                for _ in range(2):
                    direction, _, _, body = watcher.recv_multipart()
                    print(direction.decode(), body.decode())
    queue.launcher.terminate()
    queue.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
