# SPDX-License-Identifier: BSD-3-Clause
"""Functions about the library itself: what it is, what it can do, its keys and clocks."""

from __future__ import annotations

import os
import sys

from ._ctypes import bind, errors, memory
from ._ctypes.bind import C, library
from .error import ZMQError, ZMQVersionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "Stopwatch",
    "curve_keypair",
    "curve_public",
    "get_includes",
    "get_library_dirs",
    "has",
    "libzmq_path",
    "strerror",
    "zmq_errno",
    "zmq_version",
    "zmq_version_info",
]

_KEY_LENGTH = 40


def zmq_version_info() -> tuple[int, int, int]:
    """Return the version of the loaded libzmq, as three numbers.

    Notes
    -----
    Wraps ``zmq_version``.
    """
    return library.version


def zmq_version() -> str:
    """Return the version of the loaded libzmq, such as ``"4.3.5"``."""
    return bind.dotted(library.version)


def libzmq_path() -> str:
    """Return the path of the loaded libzmq."""
    return library.path


def zmq_errno() -> int:
    """Return the errno of the calling thread's last failed call to libzmq.

    Notes
    -----
    What ``zmq_errno`` said right after the call: what Python did since does not matter.
    """
    return errors.last_errno()


def strerror(errno: int) -> str:
    """Return the text of an error number, libzmq's own included.

    Parameters
    ----------
    errno : int

    Raises
    ------
    TypeError : not an int

    Notes
    -----
    Wraps ``zmq_strerror``.
    """
    from ._options import c_int

    return bind.strerror(c_int(errno, "errno"))


def has(capability: str) -> bool:
    """Tell whether the loaded libzmq has a capability.

    Parameters
    ----------
    capability : str, such as ``"curve"``, ``"ipc"``, ``"draft"``, ``"pgm"``, ``"norm"``

    Raises
    ------
    TypeError : not a str

    Notes
    -----
    Wraps ``zmq_has``, of libzmq 4.1. Before that, when nobody could ask, ``"ipc"`` and
    ``"curve"`` are found out, and it is False for everything else.
    """
    if not isinstance(capability, str):
        raise TypeError(f"expected a capability as str, got {capability!r}")
    if "\0" in capability:
        return False
    if library.version < (4, 1):
        return capability in _old_capabilities()
    return bool(C.zmq_has(capability.encode("utf-8")))


def _old_capabilities() -> set[str]:
    """Return what can be found out about a libzmq that cannot be asked."""
    found = set() if sys.platform == "win32" else {"ipc"}
    try:
        memory.keypair()
    except (ZMQError, ZMQVersionError):
        return found
    return found | {"curve"}


def curve_keypair() -> tuple[bytes, bytes]:
    """Return a new CURVE key pair.

    Returns
    -------
    (public, secret) : bytes, 40 characters of Z85 each

    Raises
    ------
    zmq.ZMQError : libzmq was built without CURVE (ENOTSUP)
    zmq.ZMQVersionError : needs libzmq 4.0.1

    Notes
    -----
    Wraps ``zmq_curve_keypair``.
    """
    return memory.keypair()


def curve_public(secret_key: str | bytes) -> bytes:
    """Return the public CURVE key of a secret one.

    Parameters
    ----------
    secret_key : bytes or str, 40 characters of Z85

    Returns
    -------
    bytes, 40 characters of Z85

    Raises
    ------
    TypeError : neither bytes nor str
    ValueError : not a key; its text is not repeated in the error
    zmq.ZMQError : libzmq was built without CURVE (ENOTSUP)
    zmq.ZMQVersionError : needs libzmq 4.2

    Notes
    -----
    Wraps ``zmq_curve_public``, which does not look at the length.
    """
    if isinstance(secret_key, str):
        secret_key = str.encode(secret_key, "utf-8")
    try:
        # Nothing but the bytes themselves tells how many there are.
        secret_key = memoryview(secret_key).tobytes()
    except TypeError:
        raise TypeError(
            f"expected a secret key as bytes or str, got an object of type "
            f"{type(secret_key).__name__}"
        ) from None
    if len(secret_key) != _KEY_LENGTH or b"\0" in secret_key:
        raise ValueError(
            f"secret key must be a 40 byte z85 encoded string, got {len(secret_key)} bytes"
        )
    return memory.public_key(secret_key)


def get_includes() -> list[str]:
    """Return the folders of the package that C code including its headers would need."""
    package = os.path.dirname(os.path.abspath(__file__))
    return [os.path.dirname(package), os.path.join(package, "utils")]


def get_library_dirs() -> list[str]:
    """Return the folders of libraries to link against: that of the loaded libzmq."""
    return [os.path.dirname(library.path)]


class Stopwatch:
    """A clock of microseconds.

    Notes
    -----
    Wraps ``zmq_stopwatch_start`` and ``zmq_stopwatch_stop``.
    """

    __slots__ = ("_watch",)

    def __init__(self) -> None:
        self._watch: int | None = None

    def start(self) -> None:
        """Start the clock, or start it again from 0."""
        watch, self._watch = self._watch, C.zmq_stopwatch_start()
        if watch is not None:
            C.zmq_stopwatch_stop(watch)

    def stop(self) -> int:
        """Stop the clock and return the microseconds since start().

        Raises
        ------
        zmq.ZMQError : it does not run (EINVAL)
        """
        watch, self._watch = self._watch, None
        if watch is None:
            from .constants import EINVAL

            raise errors.failure("the stopwatch does not run; call start() first", int(EINVAL))
        elapsed: int = C.zmq_stopwatch_stop(watch)
        return elapsed

    def sleep(self, seconds: int) -> None:
        """Sleep for whole seconds, while other threads run."""
        import time

        time.sleep(seconds)

    def __del__(
        self, keep_errno: Any = errors.keep_errno, is_finalizing: Any = sys.is_finalizing
    ) -> None:
        watch = getattr(self, "_watch", None)
        if watch is not None and not is_finalizing():
            with keep_errno():
                C.zmq_stopwatch_stop(watch)
