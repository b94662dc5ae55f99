# SPDX-License-Identifier: BSD-3-Clause
"""zmq.utils.win32.allow_interrupt."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from zmq.utils.win32 import allow_interrupt


@pytest.mark.skipif(sys.platform == "win32", reason="elsewhere it does nothing")
def test_nothing_happens_elsewhere() -> None:
    """Away from Windows the action is not called, not even on Ctrl-C."""
    called: list[None] = []
    with pytest.raises(KeyboardInterrupt), allow_interrupt(lambda: called.append(None)):
        signal.raise_signal(signal.SIGINT)
    assert called == []


@pytest.mark.skipif(sys.platform != "win32", reason="needs Windows")
def test_action_is_called_on_ctrl_c() -> None:
    """On Windows Ctrl-C calls the action while the main thread waits."""
    called = threading.Event()

    def wait() -> None:
        with allow_interrupt(called.set):
            os.kill(0, signal.CTRL_C_EVENT)
            assert called.wait(10)
            threading.Event().wait(10)

    with pytest.raises(KeyboardInterrupt):
        wait()


def test_no_action_is_fine() -> None:
    """Without an action it is a context manager that does nothing, any number of times."""
    interrupt = allow_interrupt()
    for _ in range(2):
        with interrupt:
            pass
