# SPDX-License-Identifier: BSD-3-Clause
"""AttributeSetter under its old path."""

from __future__ import annotations

from .._options import OptionAttributes as AttributeSetter

__all__ = ["AttributeSetter"]
