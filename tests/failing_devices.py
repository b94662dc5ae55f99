# SPDX-License-Identifier: BSD-3-Clause
"""Devices that fail, each in its way; here, where other processes can import them."""

from __future__ import annotations

import os
import sys
from typing import Any

from zmq.devices import ProcessDevice, ThreadDevice


class Stumble(Exception):
    """Cannot be pickled: it wants two arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one}, {two}")


class _Stumbling:
    def run_device(self) -> int:
        raise LookupError("lost the way")


class StumblingThread(_Stumbling, ThreadDevice):
    """Fails after it has started."""


class StumblingProcess(_Stumbling, ProcessDevice):
    """Fails after it has started."""


class UnpicklableProcess(ProcessDevice):
    """Fails with what cannot be sent to another process."""

    def run_device(self) -> int:
        raise Stumble("fell", "twice")


class LeavingProcess(ProcessDevice):
    """Ends its process without a word."""

    def run_device(self) -> int:
        sys.stderr.flush()
        os._exit(3)


def leave_at_once() -> Any:
    """Be a context_factory that ends the process."""
    os._exit(4)
