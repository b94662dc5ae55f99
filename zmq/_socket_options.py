# SPDX-License-Identifier: BSD-3-Clause
"""Options of sockets, in the checked form and in every other one; groups."""

from __future__ import annotations

from . import _connect_id, _inproc, _marks, _wakeup
from ._ctypes import bind as _bind
from ._ctypes import errors, memory, turns
from ._ctypes.bind import C
from ._ctypes.signaler import Signaler
from ._ctypes.signaler import known as _signalers
from ._frame import group_name
from ._options import (
    BYTES,
    INT,
    INT64,
    KEY,
    KINDS,
    NOTED,
    c_int,
    c_int_bytes,
    encode,
    option_property,
    refused,
)
from ._socket_base import SocketBase
from ._socket_errors import THREAD_SAFE, option_name
from .constants import Errno, SocketOption
from .error import DraftFDWarning, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

EINVAL = int(Errno.EINVAL)
RCVHWM = int(SocketOption.RCVHWM)
SNDHWM = int(SocketOption.SNDHWM)
FD = int(SocketOption.FD)
CONNECT_ROUTING_ID = int(SocketOption.CONNECT_ROUTING_ID)
EVENTS = int(SocketOption.EVENTS)

_HIDDEN = frozenset(("hwm", "subscribe", "unsubscribe"))


class Options(SocketBase):
    """The options of a socket."""

    __slots__ = ()

    def _get_checked(self, option: int, kind: str | None) -> Any:
        """Return an option whose value travels as ``kind``, or as the table says."""
        if not isinstance(option, int):
            raise TypeError(f"an integer is required, a zmq.SocketOption, got {option!r}")
        option = c_int(option, "the option")
        if not self._handle:
            raise self._closed_error()
        if self._socket_type in THREAD_SAFE:
            if option == FD:
                return self._signaler_fd()
            if option == EVENTS and self._handle in _signalers:
                with turns.of(self._handle):
                    _signalers[self._handle].clear()
        self._rouse()
        try:
            value = self._read(option, kind or KINDS.get(option, INT))
        except ZMQError as error:
            raise refused(error, option, f"getting {option_name(option)}") from None
        finally:
            if option == EVENTS:
                self._processed()
        ledger = _wakeup.watched.get(self._handle)
        return value if ledger is None else ledger.corrected(option, value)

    def _signaler_fd(self) -> int:
        """Return a descriptor for a thread-safe type, which has none by itself."""
        handle = self._handle
        signaler = _signalers.get(handle)
        if signaler is None:
            if not _bind.exports("zmq_poller_fd"):
                raise errors.failure(
                    f"{_bind.strerror(EINVAL)} (getting FD: {self._describe()} is of a thread-safe "
                    "type; only draft builds of libzmq 4.3.2 or later give a descriptor for those)",
                    EINVAL,
                )
            import warnings

            warnings.warn(DraftFDWarning(), stacklevel=4)
            signaler = Signaler(handle)
            known = _signalers.setdefault(handle, signaler)
            if known is not signaler:
                signaler.close()
                signaler = known
            # News are signalled only to who has taken up all there were before.
            self._read_int(EVENTS)
            self._processed()
        return signaler.fd

    def _set_checked(self, option: int, optval: Any) -> None:
        if not isinstance(option, int):
            raise TypeError(f"an integer is required, a zmq.SocketOption, got {option!r}")
        option = c_int(option, "the option")
        kind = KINDS.get(option) or (BYTES if isinstance(optval, bytes) else INT)
        value: Any = encode(option, optval, kind)
        if not self._handle:
            raise self._closed_error()
        if option == CONNECT_ROUTING_ID and value and _connect_id.keeps(self._socket_type):
            _connect_id.want(self._handle, value)
            return
        if kind == NOTED:
            _connect_id.check_noted(self, option, value)
        if option in _marks.MARKS:
            _marks.settle(self)
        raw: Any = value
        if isinstance(value, int):
            raw = memory.int64_bytes(value) if kind == INT64 else c_int_bytes(value)
        try:
            with turns.of(self._handle):
                C.zmq_setsockopt(self._handle, option, raw, len(raw))
        except ZMQError as error:
            raise refused(
                error, option, f"setting {option_name(option)} of {self._describe()}"
            ) from None
        finally:
            self._rouse()  # some change what the socket is ready for
        if kind == NOTED:
            _connect_id.note(self._handle, option, value)
        elif option in _inproc.WELCOMES:
            welcoming = _inproc.welcoming
            (welcoming.add if value else welcoming.discard)((self._handle, option))

    def setsockopt(self, option: int, optval: Any) -> None:
        """Set an option; the older name of set()."""
        self.set(option, optval)

    def get_string(self, option: int, encoding: str = "utf-8") -> str:
        """Return the value of a bytes option as str.

        Parameters
        ----------
        option : int, a zmq.SocketOption
        encoding : str

        Raises
        ------
        TypeError : the option's value is not bytes
        ValueError : no such option
        UnicodeDecodeError : it is not text in that encoding
        """
        if KINDS[SocketOption(option)] not in (BYTES, KEY):
            raise TypeError(f"option {option!r} will not return a string to be decoded")
        value: bytes = self.get(option)
        return value.decode(encoding)

    def set_string(self, option: int, optval: str, encoding: str = "utf-8") -> None:
        """Set a bytes option from a str.

        Parameters
        ----------
        option : int, a zmq.SocketOption
        optval : str
        encoding : str

        Raises
        ------
        TypeError : ``optval`` is not a str
        zmq.ZMQError : as set()
        """
        if not isinstance(optval, str):
            # The value may be a password: it is not repeated.
            raise TypeError(f"strings only, use set() for bytes and int, got {type(optval).__name__}")
        self.set(option, str.encode(optval, encoding))

    getsockopt_string = getsockopt_unicode = get_string
    setsockopt_string = setsockopt_unicode = set_string

    def get_hwm(self) -> int:
        """Return the high water mark, in messages: that of sending, if the type sends."""
        try:
            return self.get(SNDHWM)  # type: ignore[no-any-return]
        except ZMQError:
            return self.get(RCVHWM)  # type: ignore[no-any-return]

    def set_hwm(self, value: int) -> None:
        """Set both high water marks, in messages.

        Parameters
        ----------
        value : int; 0 is no limit

        Raises
        ------
        zmq.ZMQError : as set()
        """
        failed = None
        for option in (SNDHWM, RCVHWM):
            try:
                self.set(option, value)
            except ZMQError as error:
                failed = error
        if failed is not None:
            raise failed

    @property
    def hwm(self) -> int:
        """Both high water marks, in messages: SNDHWM and RCVHWM."""
        return self.get_hwm()

    @hwm.setter
    def hwm(self, value: int) -> None:
        self.set_hwm(value)

    HWM = hwm

    def fileno(self) -> int:
        """Return the descriptor that turns readable when libzmq has news (FD).

        It is edge-triggered: after it fires, and after each send and receive, read EVENTS.
        """
        return self.get(FD)  # type: ignore[no-any-return]

    def subscribe(self, topic: str | bytes) -> None:
        """Receive messages that begin with ``topic``; SUB only.

        Parameters
        ----------
        topic : bytes, or str in UTF-8; empty for all messages

        Raises
        ------
        zmq.ZMQError : not a SUB socket (EINVAL)

        Notes
        -----
        Wraps ``zmq_setsockopt(SUBSCRIBE)``.
        """
        self.set(SocketOption.SUBSCRIBE, _topic(topic))

    def unsubscribe(self, topic: str | bytes) -> None:
        """Take back one subscription to ``topic``; SUB only.

        Notes
        -----
        Wraps ``zmq_setsockopt(UNSUBSCRIBE)``.
        """
        self.set(SocketOption.UNSUBSCRIBE, _topic(topic))

    def _set_attribute(self, name: str, value: Any) -> None:
        # The methods hide two options that can only be set; assigning means the option.
        lowered = name.lower()
        if lowered == "subscribe":
            self.subscribe(value)
        elif lowered == "unsubscribe":
            self.unsubscribe(value)
        elif lowered == "hwm":
            self.set_hwm(value)
        else:
            super()._set_attribute(name, value)

    def join(self, group: str | bytes) -> None:
        """Receive messages of a group; DISH only (draft API).

        Parameters
        ----------
        group : str or bytes, up to 255 bytes (15 before libzmq 4.3.3)

        Raises
        ------
        zmq.ZMQVersionError : libzmq was built without its draft API
        zmq.ZMQError : not a DISH (ENOTSUP); joined already (EINVAL); the socket is closed
            (ENOTSOCK)

        Notes
        -----
        Wraps ``zmq_join``.
        """
        self._call_group(C.zmq_join, group, "it has joined already")

    def leave(self, group: str | bytes) -> None:
        """Receive messages of a group no longer; DISH only (draft API).

        Parameters
        ----------
        group : str or bytes

        Raises
        ------
        zmq.ZMQError : not joined (EINVAL); otherwise as join()

        Notes
        -----
        Wraps ``zmq_leave``.
        """
        self._call_group(C.zmq_leave, group, "it has not joined")

    def _call_group(self, function: Callable[..., int], group: str | bytes, why: str) -> None:
        name = group_name(group)
        try:
            turns.call(self._handle, function, self._handle, name)
        except ZMQError as error:
            if not self._handle:
                raise self._closed_error() from None
            hint = f"a group that {why}" if error.errno == EINVAL else "only a DISH has groups"
            text = f"{error} ({self._describe()}, {group!r}: {hint})"
            raise errors.failure(text, error.errno) from None


def _topic(topic: Any) -> Any:
    return str.encode(topic, "utf-8") if isinstance(topic, str) else topic


def _spellings() -> Iterator[tuple[str, SocketOption]]:
    for name, option in SocketOption.__members__.items():
        yield name, option
        yield name.lower(), option


OPTION_NAMES: dict[str, int] = {
    name: option for name, option in _spellings() if name.lower() not in _HIDDEN
}

if TYPE_CHECKING:

    class Named(SocketBase):
        """What gives a socket its options as attributes, where it has nothing else of that name."""

else:
    # A class that is made with all of them takes a third of the time of one that is given each.
    Named = type(
        "Named",
        (SocketBase,),
        {
            "__slots__": (),
            "_option_names": OPTION_NAMES,
            **{
                name: option_property(option, name)
                for name, option in _spellings()
                if not hasattr(SocketBase, name)
            },
        },
    )


def read_events(handle: int) -> int:
    """Return the EVENTS of a C socket, in the checked form, and tell nobody."""
    signaler = _signalers.get(handle)
    cell = memory.take_cell()
    with turns.of(handle):
        if signaler is not None:
            signaler.clear()
        C.zmq_getsockopt(handle, EVENTS, cell[1], cell[2])
    value: int = cell[3][0]
    memory.give_cell(cell)
    return value
