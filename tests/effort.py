# SPDX-License-Identifier: BSD-3-Clause
"""How often tests do things: enough to notice, or with ``ZMQ_TEST_FULL=1`` enough to be sure."""

from __future__ import annotations

import os
import sys

FULL = os.environ.get("ZMQ_TEST_FULL", "") not in ("", "0")
"""Whether to do things as often as it takes to be sure, which takes an hour."""


def times(few: int, many: int) -> int:
    """Return how often to do something: ``many`` times with ZMQ_TEST_FULL=1."""
    return many if FULL else few


LIMIT_S = float(
    os.environ.get("ZMQ_TEST_LIMIT")
    or times(120 if sys.implementation.name == "cpython" else 400, 1000)
)
"""Seconds after which a test is stuck: all stacks are printed and the run ends.

PyPy cannot freeze what is there before the tests, so that each collection of theirs
takes a good part of a second in the end.
"""
