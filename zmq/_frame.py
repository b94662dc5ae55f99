# SPDX-License-Identifier: BSD-3-Clause
"""Frame: one message part whose body stays in libzmq's memory."""

from __future__ import annotations

import sys

from ._ctypes import bind, errors, fast, memory
from ._ctypes.bind import C
from ._options import c_int
from ._tracker import MessageTracker
from .constants import Errno
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EINVAL = int(Errno.EINVAL)

COPY_THRESHOLD = 65536
"""Bytes below which data is copied although ``copy=False`` was asked for: it is quicker."""

SPARES = memory.SPARES
KEPT = memory.KEPT

_INLINE_GROUP = 14


_bytes = bytes  # Frame.bytes hides the type inside the class
_new = object.__new__


def copy_threshold() -> int:
    """Return ``zmq.COPY_THRESHOLD``, which programs set there."""
    size: int = sys.modules["zmq"].COPY_THRESHOLD
    return size


def group_name(group: str | bytes) -> bytes:
    """Return a draft group as C wants it.

    Raises
    ------
    TypeError : neither str nor bytes
    zmq.ZMQError : longer than the loaded libzmq keeps, or with a NUL (EINVAL)
    """
    if isinstance(group, str):
        group = group.encode("utf-8")
    if not isinstance(group, bytes):
        raise TypeError(f"expected a group as str or bytes, got {group!r}")
    longest = 255 if bind.library.version >= (4, 3, 3) else 15
    if len(group) > longest or b"\0" in group:
        raise errors.failure(
            f"a group has at most {longest} bytes and no NUL, got {group!r}", EINVAL
        )
    return group


def _property_name(name: str) -> bytes:
    encoded = name.encode("utf-8")
    if b"\0" in encoded:
        raise errors.failure(f"a property's name has no NUL, got {name!r}", EINVAL)
    return encoded


class Frame:
    """One message part, held in libzmq's memory.

    Parameters
    ----------
    data : bytes-like, optional
        The body: any object with a contiguous buffer, of any length. An empty
        message without it.
    track : bool
        Make ``tracker`` tell when libzmq is done with ``data``.
    copy : bool, optional
        True copies ``data`` now. False shares its memory with libzmq where this
        platform can; do not change it before the tracker is done. None, the
        default, shares from ``copy_threshold`` bytes on.
    copy_threshold : int, optional
        Bytes; defaults to ``zmq.COPY_THRESHOLD``.

    Raises
    ------
    TypeError : ``data`` is a str or has no buffer
    BufferError : ``data`` is not contiguous

    Notes
    -----
    Holds a ``zmq_msg_t``. Copies (``copy.copy``) share the body: ``zmq_msg_copy``.
    A Frame can be sent any number of times. ``memoryview(frame)`` works from
    Python 3.12 on; ``frame.buffer`` everywhere.
    """

    __slots__ = ("__weakref__", "_bytes", "_data", "_msg_p", "_size", "tracker")

    tracker: MessageTracker | None

    def __init__(
        self,
        data: Any = None,
        track: bool = False,
        copy: bool | None = None,
        copy_threshold: int | None = None,
    ) -> None:
        self._bytes: bytes | None = None
        self._data: Any = None
        self._size = -1
        self.tracker = None
        if isinstance(data, str):
            raise TypeError(
                "Str objects not allowed. Only: bytes, buffer interfaces. Encode first."
            )
        if isinstance(data, Frame):
            data = data.buffer
        msg_p = memory.take_empty()
        self._msg_p = msg_p
        if data is None:
            if track:
                self.tracker = MessageTracker()
            return
        loan = self._load(msg_p, data, copy, copy_threshold)
        if track:
            self.tracker = MessageTracker(loan) if loan else MessageTracker()

    def _load(
        self, msg_p: Any, data: Any, copy: bool | None, threshold: int | None
    ) -> memory.Loan | None:
        if copy is None:
            size = len(data) if type(data) is bytes else memoryview(data).nbytes
            copy = size < (copy_threshold() if threshold is None else threshold)
        if type(data) is bytes:
            self._bytes = data
            if copy:
                memory.fill(msg_p, data, len(data))
                return None
        if copy:
            borrowed = memory.readable(data)
            try:
                memory.fill(msg_p, borrowed.data, borrowed.size)
            finally:
                borrowed.release()
            return None
        loan = memory.lend(msg_p, data)
        if loan:
            self._data = loan
        return loan

    def __del__(
        self,
        fast: Any = fast,
        spare: Any = memory.spare,
        nothing: Any = memory.NOTHING,
        discard: Any = memory.discard,
    ) -> None:
        try:
            msg_p = self._msg_p
        except AttributeError:
            return  # a subclass did not call __init__
        del self._msg_p
        # --- hot: frame_bytes; slow twin memory.discard ---
        if fast.enabled and len(spare) < SPARES:
            if 0 <= self._size <= KEPT:
                spare.append(msg_p)
                return
            fast.msg_copy(msg_p, nothing)
            spare.append(msg_p)
            return
        # --- end hot ---
        discard(msg_p)

    def __copy__(self) -> Frame:
        """Return a Frame that shares this one's body (``zmq_msg_copy``)."""
        twin = type(self).__new__(type(self))
        twin._msg_p = memory.take()
        twin._bytes = self._bytes
        twin._data = self._data
        twin._size = self._size
        twin.tracker = self.tracker
        C.zmq_msg_copy(twin._msg_p, self._msg_p)
        return twin

    def fast_copy(self) -> Frame:
        """Return a Frame that shares this one's body, as ``copy.copy`` does."""
        return self.__copy__()

    def __reduce__(self) -> Any:
        raise TypeError("a Frame holds libzmq's memory and cannot be pickled; pickle frame.bytes")

    def __len__(self) -> int:
        size: int = C.zmq_msg_size(self._msg_p)
        return size

    def __repr__(self) -> str:
        length = len(self)
        body = repr(self.bytes) if length <= 24 else f"{bytes(self.buffer[:12])!r}...{length}B"
        return f"<zmq.{type(self).__name__}({body})>"

    def __str__(self) -> str:
        return repr(self)

    def __bytes__(self) -> bytes:
        return self.bytes

    def __buffer__(self, flags: int) -> memoryview:
        return self.buffer

    def __getitem__(self, key: int | str) -> Any:
        """Return ``self.get(key)``."""
        return self.get(key)

    @property
    def bytes(self) -> bytes:
        """The body as bytes: a copy, made once."""
        body = self._bytes
        if body is None:
            # --- hot: frame_bytes; slow twin memory.content ---
            if 0 <= self._size < fast.LIMIT:
                body = fast.msg_data(self._msg_p)[: self._size]
            else:
                body = memory.content(self._msg_p)
            # --- end hot ---
            self._bytes = body
        return body

    @property
    def buffer(self) -> memoryview:
        """The body itself, without a copy: a writable view of libzmq's memory.

        Bodies are shared with copies of the Frame and with its receivers; treat
        it as read-only.
        """
        return memory.window(C.zmq_msg_data(self._msg_p), len(self), self)

    @property
    def more(self) -> bool:
        """Whether more parts of the same message follow this received one."""
        # --- hot: frame_bytes; slow twin zmq_msg_more ---
        return fast.msg_more(self._msg_p) == 1
        # --- end hot ---

    @property
    def tracker_event(self) -> Any:
        """What tells that libzmq is done with the memory; None for a copied or received Frame."""
        return self._data

    def get(self, option: int | str) -> Any:
        """Return an option or a property of the message.

        Parameters
        ----------
        option : int, a zmq.MessageOption (MORE, SRCFD, SHARED), or str, the name of a
            property such as ``"User-Id"``, ``"Peer-Address"``, ``"Socket-Type"``, or
            of the draft attributes ``"routing_id"`` and ``"group"``

        Returns
        -------
        int for an option, str for a property

        Raises
        ------
        zmq.ZMQError : no such option, or the message has no such property (EINVAL)
        zmq.ZMQVersionError : properties need libzmq 4.1

        Notes
        -----
        Wraps ``zmq_msg_get`` and ``zmq_msg_gets``. Only received messages have
        properties, and those that came over inproc have none.
        """
        if isinstance(option, int):
            try:
                return C.zmq_msg_get(self._msg_p, c_int(option, "the option"))
            except ZMQError as error:
                raise errors.failure(
                    f"{error} (no message option {option!r})", error.errno
                ) from None
        if option == "routing_id":
            return self.routing_id
        if option == "group":
            return self.group
        if not isinstance(option, str):
            raise TypeError(f"expected a MessageOption or the name of a property, got {option!r}")
        try:
            value: bytes = C.zmq_msg_gets(self._msg_p, _property_name(option))
        except ZMQError as error:
            raise errors.failure(
                f"{error} (this message has no property {option!r}; only received messages have "
                "properties, and none that came over inproc)",
                error.errno,
            ) from None
        return value.decode("utf-8", "replace")

    def set(self, option: int | str, value: Any) -> None:
        """Set an option or a draft attribute of the message.

        Parameters
        ----------
        option : int, or ``"routing_id"`` or ``"group"``
        value : int; str for the group

        Raises
        ------
        zmq.ZMQError : no such option (EINVAL)

        Notes
        -----
        Wraps ``zmq_msg_set``; libzmq has no option yet that can be set.
        """
        if option == "routing_id":
            self.routing_id = value
        elif option == "group":
            self.group = value
        else:
            if not isinstance(option, int):
                raise TypeError(f"expected a MessageOption, got {option!r}")
            C.zmq_msg_set(self._msg_p, c_int(option, "the option"), c_int(value, "the value"))

    @property
    def routing_id(self) -> int:
        """The peer a SERVER or PEER message comes from or goes to, a uint32 (draft API)."""
        routing_id: int = C.zmq_msg_routing_id(self._msg_p)
        return routing_id

    @routing_id.setter
    def routing_id(self, routing_id: int) -> None:
        if not isinstance(routing_id, int):
            raise TypeError(f"routing_id must be an int, got {routing_id!r}")
        if not 0 <= routing_id < 2**32:
            raise OverflowError(f"routing_id must be in 1..2**32-1, got {routing_id}")
        if not routing_id:
            raise errors.failure(f"routing_id must be in 1..2**32-1, got {routing_id}", EINVAL)
        C.zmq_msg_set_routing_id(self._msg_p, routing_id)

    @property
    def group(self) -> str:
        """The group of a RADIO or DISH message, up to 255 bytes of UTF-8 (draft API)."""
        group: bytes = C.zmq_msg_group(self._msg_p)
        return group.decode("utf-8")

    @group.setter
    def group(self, group: str | _bytes) -> None:
        name = group_name(group)
        present = C.zmq_msg_group(self._msg_p)
        if present == name:
            return
        if len(present) > _INLINE_GROUP:
            # libzmq crashes when it replaces a group that it keeps outside the message.
            raise errors.failure(
                f"a group of more than {_INLINE_GROUP} bytes cannot be replaced; make another Frame",
                EINVAL,
            )
        C.zmq_msg_set_group(self._msg_p, name)


def received(msg_p: Any, track: bool, size: int = -1) -> Frame:
    """Return a Frame that owns the message ``msg_p`` just received, of ``size`` bytes if known."""
    frame: Frame = _new(Frame)
    frame._msg_p = msg_p
    frame._bytes = None
    frame._data = None
    frame._size = size
    frame.tracker = MessageTracker() if track else None
    return frame


Message = Frame
