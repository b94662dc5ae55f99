# SPDX-License-Identifier: BSD-3-Clause
"""Do tasks while there are any: ``worker.py [TASKS] [RESULTS] [SECONDS_WITHOUT_WORK]``."""

import sys

import zmq


def main(
    tasks: str = "tcp://127.0.0.1:5557",
    results: str = "tcp://127.0.0.1:5558",
    patience: str = "30",
) -> None:
    done = 0
    with zmq.Context() as context:
        with context.socket(zmq.PULL) as source, context.socket(zmq.PUSH) as sink:
            source.rcvhwm = 1  # take no more than can be done, and leave the rest to others
            source.connect(tasks)
            sink.connect(results)
            while source.poll(int(float(patience) * 1000)):
                number = source.recv_json()["number"]
                sink.send_json({"number": number, "square": number**2})
                done += 1
    print(f"did {done} tasks", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
