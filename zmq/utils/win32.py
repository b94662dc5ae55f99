# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C on Windows."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class allow_interrupt:
    """Context manager that does something at once when Ctrl-C is pressed on Windows.

    For what waits in a call that Python's own Ctrl-C handling does not reach: the action,
    such as stopping an event loop, runs in a thread of Windows' choosing while the main
    thread still waits. KeyboardInterrupt follows as usual. On other systems it does nothing.

    Parameters
    ----------
    action : callable without arguments, or None for none
    """

    def __init__(self, action: Callable[[], Any] | None = None) -> None:
        self._action = action
        self._handler: Any = None

    def __enter__(self) -> allow_interrupt:
        if sys.platform == "win32" and self._action is not None:
            from .._ctypes import windows

            self._handler = windows.add_ctrl_c_handler(self._action)
        return self

    def __exit__(self, *args: object) -> None:
        if sys.platform == "win32" and self._handler is not None:
            from .._ctypes import windows

            handler, self._handler = self._handler, None
            windows.remove_ctrl_c_handler(handler)
