# SPDX-License-Identifier: BSD-3-Clause
"""The compiled module's old path; leads to the ctypes backend."""

from __future__ import annotations

from ..._tracker import MessageTracker as MessageTracker
from . import *  # noqa: F403
from . import __all__ as __all__
from . import monitored_queue as monitored_queue
