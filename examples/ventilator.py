# SPDX-License-Identifier: BSD-3-Clause
"""Hand out tasks: ``ventilator.py [TASKS] [RESULTS] [HOW_MANY]``.

The sink is told how many results to wait for.
"""

import sys

import zmq


def main(
    tasks: str = "tcp://127.0.0.1:5557",
    results: str = "tcp://127.0.0.1:5558",
    count: str = "100",
) -> None:
    with zmq.Context() as context:
        with context.socket(zmq.PUSH) as ventilator, context.socket(zmq.PUSH) as sink:
            ventilator.sndhwm = 1  # keep tasks here until a worker has room for them
            ventilator.bind(tasks)
            sink.connect(results)
            sink.send_json({"expect": int(count)})
            for number in range(int(count)):
                ventilator.send_json({"number": number})
    print(f"handed out {count} tasks", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
