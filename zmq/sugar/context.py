# SPDX-License-Identifier: BSD-3-Clause
"""Context under its old path."""

from __future__ import annotations

from .._context import Context, SyncContext

__all__ = ["Context", "SyncContext"]
