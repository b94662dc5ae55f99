# SPDX-License-Identifier: BSD-3-Clause
"""The one place where a C result becomes a Python exception.

errno is only worth something if it is captured at the call: between the C
function's return and a later question, a signal handler or a finalizer may run
Python code that makes other calls. So every handle is opened with
``use_errno=True``, which stores errno before the interpreter goes on, and the
stored copy is what is read here. What can still overwrite the copy is a call
through the same handles in between; our finalizers therefore run inside
:class:`keep_errno`. A user's signal handler that itself fails a zmq call stays
exposed.

EINTR means that a signal arrived. Python runs the handler as soon as its loop
goes round again; if that raises (Ctrl-C does), the call is over, otherwise it
is made again. Calls with a time-out retry in their caller, which alone knows
how much of it is left.
"""

from __future__ import annotations

import errno
import sys
from ctypes import get_errno, set_errno

from .. import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

EINTR = errno.EINTR


last_errno: Callable[[], int] = get_errno
"""Returns errno of the last C call made by this thread."""

# The window in which the C runtime's own errno can still be asked for is too
# short to be useful anywhere but on Windows, where libzmq may be linked against
# another C runtime than Python, whose errno ctypes cannot see.
if sys.platform == "win32":

    def use_library_errno(zmq_errno: Callable[[], int]) -> None:
        """Ask libzmq for errno from now on instead of ctypes' copy."""
        global last_errno
        last_errno = zmq_errno


class keep_errno:
    """Leave this thread's captured errno as it was found; for finalizers.

    Python may run a finalizer between a C call that failed and the line that
    asks why it did.
    """

    __slots__ = ("_errnum",)

    def __enter__(self) -> None:
        self._errnum = get_errno()

    def __exit__(self, *exc_info: object) -> None:
        set_errno(self._errnum)


def failure(message: str | None = None, errnum: int | None = None) -> error.ZMQError:
    """Return the exception for ``errnum``, by default that of the last C call.

    Parameters
    ----------
    message : str, optional
        Said instead of libzmq's own text.
    errnum : int, optional
        Defaults to the errno that the last C call left.
    """
    if errnum is None:
        errnum = last_errno()
    raised = error._error_class(errnum)(errnum)
    if message is not None:
        raised.strerror = message
    return raised


def minus_one(function: Callable[..., int]) -> Callable[..., int]:
    """Raise when ``function`` returns -1."""

    def checked(*args: Any) -> int:
        rc = function(*args)
        if rc == -1:
            raise failure()
        return rc

    return checked


def null(function: Callable[..., Any]) -> Callable[..., Any]:
    """Raise when ``function`` returns a NULL pointer."""

    def checked(*args: Any) -> Any:
        result = function(*args)
        if result is None:  # an empty text is none
            raise failure()
        return result

    return checked


def retry(function: Callable[..., int]) -> Callable[..., int]:
    """Call ``function`` again after EINTR; raise on any other -1."""

    def checked(*args: Any) -> int:
        while True:
            rc = function(*args)
            if rc != -1:
                return rc
            errnum = last_errno()
            if errnum != EINTR:
                raise failure(errnum=errnum)

    return checked
