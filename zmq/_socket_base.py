# SPDX-License-Identifier: BSD-3-Clause
"""What every room of Socket knows of it.

Socket is made of several classes without state, one for each subject, so that each
subject has a file. This is what they have in common: the names of the attributes,
what an error says about the socket, and its options as C has them.
"""

from __future__ import annotations

import operator
import sys
from types import CodeType

from . import _idle, _socket_views, _wakeup
from ._ctypes import bind as _bind
from ._ctypes import errors, memory, turns
from ._ctypes.bind import C
from ._options import INT, INT64, KEY, NOTED, OptionAttributes, exact_bytes
from ._socket_errors import hint, names
from .constants import Errno, SocketOption, SocketType
from .error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Union

    from ._context import Context
    from ._frame import Frame
    from ._monitors import Key
    from ._tracker import MessageTracker

    Part = Union[bytes, bytearray, memoryview, Frame, Any]

EAGAIN = int(Errno.EAGAIN)
EINVAL = int(Errno.EINVAL)
ENOTSOCK = int(Errno.ENOTSOCK)
LAST_ENDPOINT = int(SocketOption.LAST_ENDPOINT)
ROUTING_ID = int(SocketOption.ROUTING_ID)

_LONGEST_ENDPOINT = 2**24
_set = object.__setattr__


_PUBLIC_NAMES = {
    "zmq._context.Context": "zmq.Context",
    "zmq._socket.Socket": "zmq.Socket",
    "zmq.green.core._Context": "zmq.green.Context",
    "zmq.green.core._Socket": "zmq.green.Socket",
}


def public_name(cls: type) -> str:
    """Return the name by which programs know a class."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    return _PUBLIC_NAMES.get(name, name)


class SocketBase(OptionAttributes):
    """The attributes of a socket, and how it is spoken of."""

    __slots__ = ()

    _handle: int
    _fast_p: Any
    _context: Context[Any] | None
    _socket_type: int
    _bound: list[str]
    _connected: list[str]
    _created: tuple[Any, int]
    _copy_threshold: int
    _pid: int

    # What few sockets have; an attribute costs a socket more than all of these.
    _given: dict[str, bytes] | None = None
    _closed_why: str | None = None
    _parked_p: Any = None
    _monitor_socket: Any = None
    _shadow: bool = False
    _shadow_obj: Any = None

    if TYPE_CHECKING:
        send: Callable[..., MessageTracker | None]
        recv: Callable[..., bytes]
        send_multipart: Callable[..., MessageTracker | None]
        recv_multipart: Callable[..., Any]

    def __repr__(self) -> str:
        try:
            kind = f"zmq.{SocketType(self._socket_type).name}"
        except ValueError:
            kind = f"zmq.UNKNOWN({self._socket_type})"
        closed = " closed" if self.closed else ""
        return f"<{public_name(type(self))}({kind}) at {hex(id(self))}{closed}>"

    @property
    def context(self) -> Context[Any]:
        """The Context that the socket was made in."""
        return self._context  # type: ignore[return-value]

    @property
    def underlying(self) -> int:
        """Address of the C socket, 0 when closed; for zmq_* functions of other bindings."""
        handle = self._handle
        if handle:
            _idle.lend(handle)
        return handle

    @property
    def copy_threshold(self) -> int:
        """Bytes below which ``copy=False`` copies."""
        return self._copy_threshold

    @copy_threshold.setter
    def copy_threshold(self, size: int) -> None:
        _set(self, "_copy_threshold", bytes_count(size))

    @property
    def closed(self) -> bool:
        """Whether the socket is closed, or belongs to the parent of a forked process."""
        return not self._handle

    _closed = closed

    @property
    def socket_type(self) -> int:
        """The type, a zmq.SocketType."""
        try:
            return SocketType(self._socket_type)
        except ValueError:
            return self._socket_type

    type = socket_type

    # ------------------------------------------------------------------
    # errors

    def _describe(self) -> str:
        """Return the socket for a text: its type and what it is bound and connected to."""
        try:
            kind = SocketType(self._socket_type).name
        except ValueError:
            kind = f"type {self._socket_type}"
        where = [f"bound to {names(self._bound)}"] if self._bound else []
        if self._connected:
            where.append(f"connected to {names(self._connected)}")
        return f"zmq.Socket(zmq.{kind})" + (" " + " and ".join(where) if where else "")

    def _place(self) -> tuple[str, int]:
        """Return the line of the program that made the socket."""
        return place(self._created)

    def _created_at(self) -> str:
        filename, line = self._place()
        return f"{filename}:{line}"

    def _closed_error(self) -> ZMQError:
        why = self._closed_why or "it is closed"
        return errors.failure(
            f"{_bind.strerror(ENOTSOCK)} ({self._describe()}, created at {self._created_at()}: "
            f"{why})",
            ENOTSOCK,
        )

    def _error(self, errnum: int, doing: str) -> ZMQError:
        """Return the exception for a failed operation, with what to do about it."""
        if errnum == EAGAIN:
            return Again()
        if not self._handle:
            return self._closed_error()
        advice = hint(errnum, doing, self._socket_type)
        if not advice:
            return errors.failure(errnum=errnum)
        return errors.failure(f"{_bind.strerror(errnum)} ({self._describe()}: {advice})", errnum)

    # ------------------------------------------------------------------
    # other views, and endpoints

    def _all_views(self) -> list[Any]:
        return _socket_views.living(self._handle)

    def _known_context(self) -> Any:
        """Return the context that this or another view of the socket knows, or None."""
        for view in self._all_views():
            if view._context is not None:
                return view._context
        return None

    def _inproc_key(self, address: bytes) -> Key:
        """Return an inproc endpoint with its context, or 0 where no view knows that."""
        context = self._known_context()
        return (0 if context is None else context.underlying, address)

    def _is_taken(self, key: Key) -> bool:
        """Tell whether a socket that Python knows is bound to an inproc endpoint."""
        name = endpoint_text(key[1])
        return any(
            name in (view._bound or ()) and view._inproc_key(key[1]) == key
            for view in _socket_views.all_living()
        )

    def _endpoint(self, addr: str | bytes) -> bytes:
        if isinstance(addr, str):
            address = str.encode(addr, "utf-8", "surrogateescape")
        elif isinstance(addr, bytes):
            address = exact_bytes(addr)
        else:
            raise TypeError(f"Expected addr to be str, got addr={addr!r}")
        if b"\0" in address:
            raise errors.failure(
                f"{_bind.strerror(EINVAL)} (addr={addr!r}: an endpoint has no NUL)", EINVAL
            )
        return address

    # ------------------------------------------------------------------
    # C

    def _read(self, option: int, kind: str) -> Any:
        if kind in (INT, NOTED):
            return self._read_int(option)
        if kind == INT64:
            raw = memory.read_option(self._handle, option, 8)
            return int.from_bytes(raw, sys.byteorder, signed=True)
        if option == LAST_ENDPOINT:
            raw = self._read_endpoint()
        else:
            raw = memory.read_option(self._handle, option, 41 if kind == KEY else 512)
        if option != ROUTING_ID and raw.endswith(b"\0"):
            raw = raw[:-1]
        return raw

    def _read_endpoint(self) -> bytes:
        # Only of an inproc endpoint may the name have any length.
        size = 512
        while True:
            try:
                return memory.read_option(self._handle, LAST_ENDPOINT, size)
            except ZMQError as error:
                if error.errno != EINVAL or size > _LONGEST_ENDPOINT:
                    raise
            size *= 8

    def _read_int(self, option: int) -> int:
        cell = memory.take_cell()
        with turns.of(self._handle):
            C.zmq_getsockopt(self._handle, option, cell[1], cell[2])
        value: int = cell[3][0]
        memory.give_cell(cell)
        return value

    def _processed(self) -> None:
        """Tell who watches this C socket that libzmq has taken up its news."""
        if self._handle in _idle.resting or self._handle in _wakeup.watched:
            _wakeup.processed(self._handle)

    def _rouse(self) -> None:
        """Tell pollers, which go by what this C socket was ready for, that it is used."""
        if self._handle in _idle.resting:
            _idle.rouse(self._handle)


def endpoint_text(address: bytes) -> str:
    """Return an endpoint as str; bytes that are no text as os.fsdecode() has them in paths."""
    return address.decode("utf-8", "surrogateescape")


def bytes_count(value: Any) -> int:
    """Return a number of bytes.

    Raises
    ------
    TypeError : not an int
    """
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"an integer is required, a number of bytes, got {value!r}") from None


# From Python 3.10 on a position in the code becomes a line number when somebody asks.
_KEEPS_LINES = hasattr(CodeType, "co_lines")


def caller() -> tuple[Any, int]:
    """Return where the program makes a socket, for :func:`place`."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] != "zmq":
            return (frame.f_code, frame.f_lasti if _KEEPS_LINES else frame.f_lineno)
        frame = frame.f_back
    return (None, 0)


def place(found: tuple[Any, int]) -> tuple[str, int]:
    """Return the file and the line of what :func:`caller` found."""
    code, position = found
    if code is None:
        return ("?", 0)
    if _KEEPS_LINES:
        lines = [line for start, _, line in code.co_lines() if line and start <= position]
        position = lines[-1] if lines else code.co_firstlineno
    return (code.co_filename, position)


def checked_address(address: Any, errnum: int, what: str) -> int:
    """Return the address of a C object, given as int or as a pointer of cffi or ctypes.

    Raises
    ------
    ValueError : neither
    OverflowError : no address has this many bits
    zmq.ZMQError : ``errnum``; no object can be there
    """
    from .utils.interop import cast_int_addr

    number: int = cast_int_addr(address)
    if not 0 <= number < 2**64:
        raise OverflowError(f"value too large to convert to an address: {number}")
    # The first page is never mapped, and C aligns its objects: following such an address crashes.
    if number < 4096 or number % 4:
        raise errors.failure(
            f"{_bind.strerror(errnum)} (there is no {what} at address {number:#x})", errnum
        )
    return number
