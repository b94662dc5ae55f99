# SPDX-License-Identifier: BSD-3-Clause
"""Frame under its old path."""

from __future__ import annotations

from .._frame import Frame, Message

__all__ = ["Frame", "Message"]
