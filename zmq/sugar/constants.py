# SPDX-License-Identifier: BSD-3-Clause
"""Constants under their old path."""

from __future__ import annotations

from ..constants import *  # noqa: F403
from ..constants import __all__ as __all__
