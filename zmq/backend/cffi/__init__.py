# SPDX-License-Identifier: BSD-3-Clause
"""The cffi backend's old path; leads to the ctypes one."""

from __future__ import annotations

from ..cython import *  # noqa: F403
from ..cython import __all__ as __all__
from ..cython import monitored_queue as monitored_queue
