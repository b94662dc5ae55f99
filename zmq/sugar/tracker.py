# SPDX-License-Identifier: BSD-3-Clause
"""MessageTracker under its old path."""

from __future__ import annotations

from .._tracker import _FINISHED_TRACKER, MessageTracker

__all__ = ["_FINISHED_TRACKER", "MessageTracker"]
