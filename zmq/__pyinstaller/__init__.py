# SPDX-License-Identifier: BSD-3-Clause
"""Where PyInstaller finds what it has to know about this package; it asks by an entry point."""

from __future__ import annotations

import os

__all__ = ["get_hook_dirs"]


def get_hook_dirs() -> list[str]:
    """Return the folders of PyInstaller's hooks.

    Returns
    -------
    list of str
    """
    return [os.path.dirname(os.path.abspath(__file__))]
