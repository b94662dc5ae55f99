# SPDX-License-Identifier: BSD-3-Clause
"""Socket under its old path."""

from __future__ import annotations

from .._socket import Socket, SyncSocket

__all__ = ["Socket", "SyncSocket"]
