# SPDX-License-Identifier: BSD-3-Clause
"""Poller and select under their old path."""

from __future__ import annotations

from .._poll import Poller, select

__all__ = ["Poller", "select"]
