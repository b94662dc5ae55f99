# SPDX-License-Identifier: BSD-3-Clause
"""The function that monitored queues run."""

from __future__ import annotations

from zmq._monitored_queue import monitored_queue

__all__ = ["monitored_queue"]
