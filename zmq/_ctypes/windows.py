# SPDX-License-Identifier: BSD-3-Clause
"""The Windows console's Ctrl-C, which reaches a program in a thread of its own."""

from __future__ import annotations

import ctypes
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

if sys.platform == "win32":
    _CTRL_C_EVENT = 0
    _HANDLER_ROUTINE = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)
    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.SetConsoleCtrlHandler.argtypes = (_HANDLER_ROUTINE, ctypes.c_int)
    _kernel32.SetConsoleCtrlHandler.restype = ctypes.c_int

    def add_ctrl_c_handler(action: Callable[[], object]) -> Any:
        """Have an action called on Ctrl-C, before Python's own handling.

        Parameters
        ----------
        action : callable without arguments

        Returns
        -------
        object that must be kept until it goes to remove_ctrl_c_handler: Windows holds no
        reference to it

        Raises
        ------
        OSError : Windows refused
        """

        def on_event(event: int) -> int:
            if event == _CTRL_C_EVENT:
                action()
            return 0  # not handled: Windows goes on to the next handler, Python's

        handler = _HANDLER_ROUTINE(on_event)
        _set(handler, 1)
        return handler

    def remove_ctrl_c_handler(handler: Any) -> None:
        """Undo add_ctrl_c_handler.

        Parameters
        ----------
        handler : what add_ctrl_c_handler returned

        Raises
        ------
        OSError : Windows does not know it
        """
        _set(handler, 0)

    def _set(handler: Any, add: int) -> None:
        if not _kernel32.SetConsoleCtrlHandler(handler, add):
            raise ctypes.WinError(ctypes.get_last_error())
