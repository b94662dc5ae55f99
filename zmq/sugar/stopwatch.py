# SPDX-License-Identifier: BSD-3-Clause
"""Stopwatch under its old path."""

from __future__ import annotations

from .._misc import Stopwatch

__all__ = ["Stopwatch"]
