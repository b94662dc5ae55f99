# SPDX-License-Identifier: BSD-3-Clause
"""Names that a backend provides, under their old path."""

from __future__ import annotations

from .cython import __all__ as public_api

__all__ = ["public_api"]
