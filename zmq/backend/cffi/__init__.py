# SPDX-License-Identifier: BSD-3-Clause
"""The cffi backend's old path; leads to the ctypes one."""

from __future__ import annotations

from .. import *  # noqa: F403
from .. import __all__ as __all__
from .. import monitored_queue as monitored_queue
