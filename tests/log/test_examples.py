# SPDX-License-Identifier: BSD-3-Clause
"""The examples of zmq.log, as processes of their own."""

from __future__ import annotations

from programs import example


def test_records_of_one_program_are_handled_by_another() -> None:
    """The listener's logging shows what the publisher logged, up to the error."""
    with example("log_publisher.py", "tcp://127.0.0.1:*", "2") as publisher:
        assert publisher.stdout is not None
        endpoint = publisher.stdout.readline().split()[-1]
        with example("log_listener.py", endpoint) as listener:
            said, _ = listener.communicate(timeout=50)
        assert (publisher.wait(50), listener.returncode) == (0, 0)
    lines = said.splitlines()
    assert lines[:4] == [
        "INFO from mill.INFO.wheel.left, log_publisher.py: turned 0 times",
        "INFO from mill.INFO.wheel.left, log_publisher.py: turned 1 times",
        "ERROR from mill.ERROR.wheel, log_publisher.py: stopped",
        "Traceback (most recent call last):",
    ]
    assert lines[-1] == "RuntimeError: out of grain"
