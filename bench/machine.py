# SPDX-License-Identifier: BSD-3-Clause
"""What the figures were measured on."""

from __future__ import annotations

import os
import platform


def describe() -> dict[str, str]:
    """Return the processor, how many there are, and the system; nothing that names the host."""
    return {
        "processor": _processor(),
        "processors": str(_usable()),
        # What stands behind the number of a kernel's release is somebody's own name for it.
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _usable() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
