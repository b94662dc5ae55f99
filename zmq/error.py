# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions of zmq, and which error number becomes which of them.

This module is above the C layer and asks it nothing: libzmq's error text, the calling
thread's error number and the loaded version reach it through the three hooks ``_strerror``,
``_current_errno`` and ``_libzmq_version``, which the C layer sets once libzmq is loaded.
"""

from __future__ import annotations

import os
from errno import EINTR

from .constants import EAGAIN, EFSM, EHOSTUNREACH, EMTHREAD, ENOCOMPATPROTO, ETERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

__all__ = [
    "Again",
    "ContextTerminated",
    "DraftFDWarning",
    "InterruptedSystemCall",
    "NotDone",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
]

_TEXTS: dict[int, str] = {
    EFSM: "Operation cannot be accomplished in current state",
    ENOCOMPATPROTO: "The protocol is not compatible with the socket type",
    ETERM: "Context was terminated",
    EMTHREAD: "No thread available",
    EHOSTUNREACH: "Host unreachable",
}


def _default_strerror(errnum: int) -> str:
    return _TEXTS.get(errnum) or os.strerror(errnum)


def _no_errno() -> int:
    return 0


def _no_version() -> tuple[int, int, int]:
    return (0, 0, 0)


_strerror: Callable[[int], str] = _default_strerror
_current_errno: Callable[[], int] = _no_errno
_libzmq_version: Callable[[], tuple[int, int, int]] = _no_version


class _LazyText:
    """Text of an error number, looked up when first read.

    Event loops raise and drop Again thousands of times a second. There is no ``__set__``, so
    that the text, once known or given, lives in the instance and is found there first.
    """

    def __get__(self, error: ZMQError | None, owner: type[ZMQError]) -> Any:
        if error is None:
            return self
        text = error.strerror = _text_of(error.errno)
        return text


def _text_of(errnum: int | None) -> str:
    if errnum is None:
        return ""
    try:
        return _strerror(errnum)
    except (OverflowError, ValueError):  # no C int; str(error) must still work
        return f"Unknown error {errnum}"


class ZMQBaseError(Exception):
    """Base of the exceptions of zmq."""


class ZMQError(ZMQBaseError):
    """A libzmq function failed.

    Parameters
    ----------
    errno : int, error number, or None for the calling thread's current one;
        anything else is taken for the text of an error without number
    msg : str, text instead of libzmq's

    Attributes
    ----------
    errno : int, or None for an error without number
    strerror : str, the text

    Notes
    -----
    The text is that of ``zmq_strerror``, looked up when first read.
    """

    errno: int | None = None
    if TYPE_CHECKING:
        strerror: Any  # str; typed as loosely as OSError has it, for InterruptedSystemCall
    else:
        strerror = _LazyText()

    def __init__(self, errno: int | None = None, msg: str | None = None) -> None:
        number: Any = _current_errno() if errno is None else errno
        if isinstance(number, int):
            self.errno = number
            if msg is not None:
                self.strerror = msg
        else:
            self.strerror = str(number) if msg is None else msg

    def __str__(self) -> str:
        return str(self.strerror)

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"


class ZMQBindError(ZMQBaseError):
    """No free port was found by Socket.bind_to_random_port."""


class NotDone(ZMQBaseError):
    """libzmq still held a tracked message when MessageTracker.wait gave up."""


class ContextTerminated(ZMQError):
    """The context was terminated (ETERM); both arguments are ignored."""

    def __init__(self, errno: int | Literal["ignored"] = "ignored", msg: str = "ignored") -> None:
        self.errno = ETERM


class Again(ZMQError):
    """The call would have had to wait, or waited too long (EAGAIN); both arguments are ignored."""

    def __init__(self, errno: int | Literal["ignored"] = "ignored", msg: str = "ignored") -> None:
        self.errno = EAGAIN


class InterruptedSystemCall(ZMQError, InterruptedError):
    """A signal interrupted a call that is not retried (EINTR); both arguments are ignored."""

    errno = EINTR

    def __init__(self, errno: int | Literal["ignored"] = "ignored", msg: str = "ignored") -> None:
        self.errno = EINTR

    def __str__(self) -> str:
        return f"{self.strerror}: This call should have been retried. Please report this."


class ZMQVersionError(NotImplementedError):
    """The loaded libzmq lacks something.

    Parameters
    ----------
    min_version : str, first libzmq version that has it
    msg : str, what is missing

    Attributes
    ----------
    min_version, msg : as given
    version : str, version of the loaded libzmq
    """

    msg: str
    min_version: str
    version: str

    def __init__(self, min_version: str, msg: str = "Feature") -> None:
        self.msg = msg
        self.min_version = min_version
        self.version = ".".join(map(str, _libzmq_version()))

    def __str__(self) -> str:
        return f"{self.msg} requires libzmq >= {self.min_version}, have {self.version}"

    def __repr__(self) -> str:
        return f"ZMQVersionError('{self}')"


class DraftFDWarning(RuntimeWarning):
    """Socket.FD of a thread-safe socket was asked for.

    Parameters
    ----------
    msg : str, text instead of the default one
    """

    def __init__(self, msg: str = "") -> None:
        if not msg:
            msg = (
                "thread-safe sockets have no FD in libzmq; the one given here is emulated, and "
                "the emulation may change or go. To silence this warning: "
                "warnings.simplefilter('ignore', zmq.error.DraftFDWarning)"
            )
        super().__init__(msg)


_CLASSES: dict[int, type[ZMQError]] = {
    EAGAIN: Again,
    ETERM: ContextTerminated,
    EINTR: InterruptedSystemCall,
}


def _error_class(errnum: int) -> type[ZMQError]:
    """Return the exception class of an error number."""
    return _CLASSES.get(errnum, ZMQError)


def _check_rc(rc: int, errno: int | None = None, error_without_errno: bool = True) -> None:
    """Raise the exception of a C call that returned -1.

    Parameters
    ----------
    rc : int, what the C function returned
    errno : int, error number, or None for the calling thread's current one
    error_without_errno : bool; False lets -1 pass when the error number is 0

    Raises
    ------
    Again : EAGAIN
    ContextTerminated : ETERM
    InterruptedSystemCall : EINTR
    ZMQError : any other error number
    """
    if rc != -1:
        return
    if errno is None:
        errno = _current_errno()
    if errno == 0 and not error_without_errno:
        return
    raise _error_class(errno)(errno)


def _check_version(
    min_version_info: tuple[int] | tuple[int, int] | tuple[int, int, int], msg: str = "Feature"
) -> None:
    """Raise ZMQVersionError if the loaded libzmq is older.

    Parameters
    ----------
    min_version_info : tuple of int, first version that has the feature
    msg : str, name of the feature
    """
    if _libzmq_version() < min_version_info:
        raise ZMQVersionError(".".join(map(str, min_version_info)), msg)
