# SPDX-License-Identifier: BSD-3-Clause
"""What tests import: waiting for a condition, ending a context that may not end."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import zmq

PATIENCE_MS = 5000
"""Milliseconds that a test's sockets wait before they give up."""


def until(condition: Callable[[], Any], patience_s: float = 10.0) -> Any:
    """Return the first true value of ``condition()``; fail when there is none in time."""
    deadline = time.monotonic() + patience_s
    pause = 0.0005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience_s} s: {condition}")
        threading.Event().wait(pause)
        pause = min(pause * 2, 0.05)


def terminate(context: zmq.Context) -> None:
    """Terminate a context in a thread, so that a leaked socket fails instead of hanging."""
    thread = threading.Thread(target=context.term, daemon=True)
    thread.start()
    thread.join(timeout=10)
    if thread.is_alive():
        raise AssertionError(f"{context!r} does not end: a socket was left open")


@contextlib.contextmanager
def not_collecting() -> Iterator[None]:
    """Keep the collector from taking time: there are all the objects of the tests to go through."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def longest(gaps: Sequence[float]) -> float:
    """Return the longest of the gaps in which a thread let others wait, in seconds of its own time.

    One of them is not looked at: a machine that is not its own may take a thread's time as well.
    Where a compiler may run at any time, it is half of them.
    """
    compiles = sys.implementation.name != "cpython"
    return sorted(gaps)[len(gaps) // 2 if compiles else -2]
