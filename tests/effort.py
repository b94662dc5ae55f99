# SPDX-License-Identifier: BSD-3-Clause
"""How often tests do things: enough to notice, or with ``ZMQ_TEST_FULL=1`` enough to be sure."""

from __future__ import annotations

import os
import sys

FULL = os.environ.get("ZMQ_TEST_FULL", "") not in ("", "0")
"""Whether to do things as often as it takes to be sure, which takes an hour."""


CPYTHON = sys.implementation.name == "cpython"


def times(few: int, many: int, collects: bool = False) -> int:
    """Return how often to do something: ``many`` times with ZMQ_TEST_FULL=1.

    Where it collects each time, a few times fewer where that means all that there is.
    """
    if FULL:
        return many
    return few if CPYTHON or not collects else few // 4 + 1


LIMIT_S = float(
    os.environ.get("ZMQ_TEST_LIMIT")
    or times(120 if CPYTHON else 400, 1000)
)
"""Seconds after which a test is stuck: all stacks are printed and the run ends.

PyPy cannot freeze what is there before the tests, so that each collection of theirs
takes a good part of a second in the end.
"""
