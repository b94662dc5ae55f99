# SPDX-License-Identifier: BSD-3-Clause
"""Socket: one libzmq socket.

Each send and receive exists twice. The hot form, between the fences, tries the
operation at once, with the GIL held, through :mod:`zmq._ctypes.fast`; it serves
plain data on a socket that is ready, which is nearly every call of a busy
program. Whatever it cannot do, for whatever reason, the checked form does again
from the start: it waits, explains errors, takes any type of argument, restarts
after signals. ``_fast_p`` is the only thing the hot form looks at, and None there
sends every call to the checked form: closed sockets, types that must not be
entered with the GIL held, sockets that an event loop watches.

Here are the life of a socket and the hot forms. What else a socket does has a file
for each subject, ``_socket_*.py``, with a class that Socket is made of.
"""

from __future__ import annotations

import errno
import operator
import sys
import time
from _weakref import ref
from types import FunctionType

from . import (
    _connect_id,
    _endpoints,
    _hwm,
    _idle,
    _links,
    _monitors,
    _pickle,
    _socket_views,
    _wakeup,
)
from ._ctypes import bind as _bind
from ._ctypes import errors, fast, memory, pollset, turns
from ._ctypes.bind import C
from ._ctypes.errors import last_errno
from ._ctypes.signaler import known as _signalers
from ._frame import Frame, received
from ._frame import copy_threshold as _default_threshold
from ._generic import Of
from ._options import INT, KINDS, c_int, c_int_bytes
from ._socket_base import SocketBase, bytes_count, caller, checked_address
from ._socket_bind import Endpoints
from ._socket_checked import (
    ALWAYS_CHECKED,
    DATAGRAM_SENDERS,
    TAKES_BACK,
    Checked,
    c_flags,
    check_parts,
)
from ._socket_errors import THREAD_SAFE, socket_failure
from ._socket_formats import Formats
from ._socket_monitor import Monitored
from ._socket_options import Named, Options
from ._tracker import _FINISHED_TRACKER, MessageTracker
from .constants import Errno, Flag, PollEvent, SocketOption, SocketType
from .error import Again, ContextTerminated, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, overload

    from typing_extensions import TypeVar

    from ._socket_base import Part

    DataT = TypeVar("DataT", default=bytes)
    T = TypeVar("T", bound="Socket[Any]")
else:
    DataT = None


DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)
MORE_NOW = DONTWAIT | SNDMORE

EAGAIN = int(Errno.EAGAIN)
ENOTSOCK = int(Errno.ENOTSOCK)
ENOTSUP = int(Errno.ENOTSUP)
ETERM = int(Errno.ETERM)

EVENTS = int(SocketOption.EVENTS)
RCVMORE = int(SocketOption.RCVMORE)
LINGER = int(SocketOption.LINGER)
TYPE = int(SocketOption.TYPE)

_DGRAM = int(SocketType.DGRAM)
_SENT_OTHERWISE = TAKES_BACK | {_DGRAM}
_REAPER_PATIENCE = 0.4

_KEPT = memory.KEPT
_MOST_LENT = memory.MOST_LENT
_LIMIT = fast.LIMIT
_RELEASING = fast.RELEASING
_take = memory.take
_give = memory.give
_spare = memory.spare
_asks = memory.asks
_new_ask = memory.new_ask
_NOTHING = memory.NOTHING
_give_empty = memory.give_empty
_cells = memory.cells
_new_cell = memory.new_cell
_POLLIN = PollEvent.POLLIN
_set = object.__setattr__


class Socket(Endpoints, Options, Monitored, Formats, Checked, Named, Of[DataT]):
    """A ZeroMQ socket.

    Usually made by ``context.socket(zmq.REQ)``.

    Parameters
    ----------
    ctx_or_socket : Context or Socket
        The context to open the socket in; a Socket makes this one its shadow.
    socket_type : int, a zmq.SocketType
    shadow : int or Socket
        Address of a C socket (``Socket.underlying``) to stand for, which somebody
        else owns: it is not closed when this object is collected.
    copy_threshold : int, optional
        Bytes below which ``copy=False`` copies; defaults to ``zmq.COPY_THRESHOLD``.

    Attributes
    ----------
    Options are attributes, in any case: ``socket.linger = 0``, ``socket.LAST_ENDPOINT``.

    Raises
    ------
    zmq.ZMQError : no such type (EINVAL); too many sockets (EMFILE); the context is
        terminated (ETERM) or closed (ENOTSUP)
    zmq.ZMQVersionError : the loaded libzmq is too old for the type

    Notes
    -----
    Wraps ``zmq_socket``. Not thread-safe: hand a socket from one thread to another
    through a lock or a queue, never use it in two at once. A socket made before a
    fork is closed in the child.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_bound",
        "_connected",
        "_context",
        "_copy_threshold",
        "_created",
        "_fast_p",
        "_handle",
        "_pid",
        "_socket_type",
    )

    def __init__(
        self,
        ctx_or_socket: Any = None,
        socket_type: int = 0,
        *,
        shadow: Any = 0,
        copy_threshold: int | None = None,
    ) -> None:
        _set(self, "_handle", 0)
        _set(self, "_fast_p", None)
        _set(self, "_context", None)
        if isinstance(ctx_or_socket, Socket):
            shadow = ctx_or_socket
            ctx_or_socket = None
        if copy_threshold is None:
            copy_threshold = _default_threshold()
        _set(self, "_copy_threshold", bytes_count(copy_threshold))
        _set(self, "_bound", [])
        _set(self, "_connected", [])
        _set(self, "_pid", _socket_views.pid)
        _set(self, "_created", caller())
        if shadow:
            self._become_shadow(shadow, ctx_or_socket)
        else:
            self._open(ctx_or_socket, socket_type)

    # How to wait for some seconds.
    _nap: Callable[[float], object] = staticmethod(time.sleep)

    # Whether a program's subclass has a method of its own for one part, which the methods for
    # several then call.
    _calls_send = False
    _calls_recv = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition(".")[0] != "zmq":
            cls._calls_send = cls._calls_send or "send" in vars(cls)
            cls._calls_recv = cls._calls_recv or "recv" in vars(cls)

    def _open(self, context: Any, socket_type: int) -> None:
        address = getattr(context, "underlying", None)
        if not isinstance(address, int):
            raise TypeError(f"context must be specified, a zmq.Context, got {context!r}")
        _set(self, "_context", context)
        kind = c_int(socket_type, "the socket type")
        _set(self, "_socket_type", kind)
        try:
            handle = _open_socket(context, address, kind, self._nap)
        except ZMQError as error:
            raise socket_failure(error, context, kind) from None
        self._attach(handle)
        _socket_views.contexts[handle] = address

    def _become_shadow(self, shadow: Any, context: Any) -> None:
        if isinstance(shadow, Socket):
            _set(self, "_shadow_obj", shadow)
            if context is None:
                context = shadow._context
            address = shadow._handle
            if not address:
                raise shadow._closed_error()
        else:
            address = checked_address(shadow, ENOTSOCK, "socket")
            _idle.lend(address)
        _set(self, "_shadow", True)
        _set(self, "_context", context)
        _set(self, "_handle", address)
        _set(self, "_socket_type", 0)
        _set(self, "_socket_type", self._read_int(TYPE))
        self._attach(address)

    def _attach(self, handle: int) -> None:
        _set(self, "_handle", handle)
        if self._socket_type not in ALWAYS_CHECKED and handle not in _wakeup.watched:
            _set(self, "_fast_p", fast.pointer(handle))
        if self._socket_type in THREAD_SAFE and not _bind.DRAFT_API:
            turns.shared.add(handle)  # there is nothing but inproc for them
        views = _socket_views.views.setdefault(handle, [])
        for reference in list(views):
            view = reference()
            if view is None:
                views.remove(reference)
            else:
                # What one of them binds and connects, all of them have.
                _set(self, "_bound", view._bound)
                _set(self, "_connected", view._connected)
        views.append(ref(self))
        if handle in _idle.resting:
            _idle.rouse(handle)

    def _detach(self, why: str) -> None:
        """Stand for no C socket any more."""
        _set(self, "_handle", 0)
        _set(self, "_fast_p", None)
        if self._parked_p is not None:
            _set(self, "_parked_p", None)
        if why:
            _set(self, "_closed_why", why)

    def __del__(self, keep_errno: Any = errors.keep_errno) -> None:
        if getattr(self, "_handle", 0) and not self._shadow:
            with keep_errno():
                self._collected()

    def _collected(self) -> None:
        if sys.is_finalizing():
            return
        try:
            # None where a subinterpreter ends: nothing can be imported there.
            if sys.meta_path:
                import warnings

                warnings.warn(
                    f"Unclosed socket {self!r}, created at {self._created_at()}",
                    ResourceWarning,
                    stacklevel=3,
                    source=self,
                )
        finally:
            # Where warnings are errors as well: its context could never end otherwise.
            self.close()

    @classmethod
    def shadow(cls: type[T], address: Any) -> T:
        """Return a second Socket for an existing C socket.

        Parameters
        ----------
        address : int, Socket, or pointer of cffi or ctypes

        Notes
        -----
        The shadow is not closed when it is collected. Calling close() on either
        closes both.
        """
        return cls(shadow=address)

    def __copy__(self: T, memo: Any = None) -> T:
        """Return a shadow of this socket."""
        return self.__class__.shadow(self)

    __deepcopy__ = __copy__

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"cannot pickle {self!r}: a socket belongs to one process; create the context and its "
            "sockets in the process that uses them"
        )

    def __enter__(self: T) -> T:
        """Return the socket; it is closed at the end of the with block."""
        return self

    def __exit__(self, *args: Any, **kwargs: Any) -> None:
        self.close()

    # ------------------------------------------------------------------
    # options

    def get(self, option: int) -> Any:
        """Return the value of an option.

        Parameters
        ----------
        option : int, a zmq.SocketOption

        Returns
        -------
        int or bytes, as the option has it; times are ms, sizes bytes

        Raises
        ------
        TypeError : ``option`` is not an int
        zmq.ZMQError : no such option, or it cannot be read (EINVAL); the socket is closed
            (ENOTSOCK)
        zmq.ZMQVersionError : the loaded libzmq lacks the option

        Notes
        -----
        Wraps ``zmq_getsockopt``. Reading EVENTS takes up what happened on the network.
        """
        try:
            kind = KINDS.get(option)
        except TypeError:
            kind = None
        # --- hot: getsockopt; slow twin _get_checked ---
        if kind is INT and isinstance(option, int):
            try:
                cell = _cells.pop()
            except IndexError:
                cell = _new_cell()
            rc = fast.getsockopt_now(self._fast_p, option, cell[1], cell[2])
            value = cell[3][0]
            _cells.append(cell)
            if rc == 0:
                return value
        # --- end hot ---
        return self._get_checked(option, kind)

    getsockopt = get

    def set(self, option: int, optval: Any) -> None:
        """Set an option.

        Parameters
        ----------
        option : int, a zmq.SocketOption
        optval : int or bytes, as the option has it; times are ms, sizes bytes

        Raises
        ------
        TypeError : ``option`` is not an int, ``optval`` not of the option's type
        OverflowError : the number does not fit
        zmq.ZMQError : no such option, or a value it does not take (EINVAL); the socket is
            closed (ENOTSOCK)
        zmq.ZMQVersionError : the loaded libzmq lacks the option

        Notes
        -----
        Wraps ``zmq_setsockopt``. Most options act on the binds and connects that follow.
        """
        try:
            kind = KINDS.get(option)
        except TypeError:
            kind = None
        # --- hot: attribute; slow twin _set_checked ---
        if (
            kind is INT
            and type(optval) is int
            and -0x80000000 <= optval <= 0x7FFFFFFF
            and isinstance(option, int)
        ):
            cell = memory.take_cell()
            cell[3][0] = optval
            rc = fast.setsockopt_now(self._fast_p, option, cell[1], 4)
            memory.give_cell(cell)
            if rc == 0:
                return
        # --- end hot ---
        self._set_checked(option, optval, kind)

    # ------------------------------------------------------------------
    # sending

    if TYPE_CHECKING:

        @overload
        def send(
            self,
            data: Any,
            flags: int = ...,
            *,
            copy: Literal[False],
            track: Literal[True],
            routing_id: int | None = ...,
            group: str | None = ...,
        ) -> MessageTracker: ...
        @overload
        def send(
            self,
            data: Any,
            flags: int,
            copy: Literal[False],
            track: Literal[True],
            routing_id: int | None = ...,
            group: str | None = ...,
        ) -> MessageTracker: ...
        @overload
        def send(
            self,
            data: Any,
            flags: int = ...,
            copy: bool = ...,
            track: bool = ...,
            routing_id: int | None = ...,
            group: str | None = ...,
        ) -> MessageTracker | None: ...

    def send(
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | None = None,
    ) -> MessageTracker | None:
        """Send one message part.

        Blocks while no peer can take it, until SNDTIMEO (ms) passes or the context is
        terminated; some types drop it instead of waiting.

        Parameters
        ----------
        data : bytes-like or Frame, any length including 0
        flags : int, bitmask of zmq.Flag; DONTWAIT raises instead of waiting, SNDMORE says
            that more parts of the same message follow
        copy : bool; False shares the memory of ``data`` with libzmq when it has
            ``copy_threshold`` bytes or more: do not change it before libzmq is done
        track : bool; return what tells when libzmq is done with ``data``
        routing_id : int, the peer of a SERVER or PEER message (draft API)
        group : str, the group of a RADIO message (draft API)

        Returns
        -------
        MessageTracker if ``track`` and not ``copy``, or where there is one anyway: that of a
        Frame, or of data that was copied at once; otherwise None

        Raises
        ------
        TypeError : ``data`` is a str or has no buffer
        BufferError : ``data`` is not contiguous
        ValueError : ``track`` with a Frame that is not tracked
        zmq.Again : it could not be sent in time (EAGAIN)
        zmq.ContextTerminated : the context was terminated (ETERM)
        zmq.ZMQError : not now (EFSM: REQ and REP alternate); never (ENOTSUP: this type
            does not send); to nobody (EHOSTUNREACH: ROUTER with ROUTER_MANDATORY); the
            socket is closed (ENOTSOCK)

        Notes
        -----
        Wraps ``zmq_send`` and ``zmq_msg_send``. Not thread-safe. Retries EINTR.
        """
        # --- hot: send; slow twin _send_bytes ---
        if type(data) is bytes and flags == 0 and copy and routing_id is None and group is None:
            size = len(data)
            if size < _RELEASING:
                if fast.send_now(self._fast_p, data, size, 1) >= 0:
                    return None
            elif self._send_large(data, size, DONTWAIT) >= 0:
                return None
            self._send_bytes(data, size, 0)
            return None
        # --- end hot ---
        # --- hot: log_record; slow twin _send_copy ---
        if (
            flags == SNDMORE
            and type(data) is bytes
            and len(data) < _RELEASING
            and (copy and routing_id is None and group is None)
            and self._socket_type not in TAKES_BACK
            and fast.send_now(self._fast_p, data, len(data), MORE_NOW) >= 0
        ):
            return None
        # --- end hot ---
        flags = c_flags(flags)
        if flags & SNDMORE:
            self._park()
        if routing_id is not None or group is not None:
            data = self._addressed(data, copy, track, routing_id, group)
        if isinstance(data, Frame):
            return self._send_frame(data, flags, track)
        if copy:
            self._send_copy(data, flags)
            return None
        return self._send_shared(data, flags, track)

    def _send_copy(self, data: Any, flags: int) -> None:
        if type(data) is bytes:
            size = len(data)
            # --- hot: multipart; slow twin _send_bytes ---
            if 0 <= flags <= MORE_NOW:
                if size < _RELEASING:
                    if fast.send_now(self._fast_p, data, size, flags | DONTWAIT) >= 0:
                        return
                elif self._send_large(data, size, flags | DONTWAIT) >= 0:
                    return
            # --- end hot ---
            self._send_bytes(data, size, flags)
            return
        if isinstance(data, str):
            raise TypeError("unicode not allowed, use send_string")
        borrowed = memory.readable(data)
        try:
            self._send_bytes(borrowed.data, borrowed.size, flags)
        finally:
            borrowed.release()

    def _send_large(self, data: bytes, size: int, flags: int, most: int = _MOST_LENT) -> int:
        """Try to send many bytes, shared if they may be; -1 as ``fast.send_try`` if not at once."""
        if self._fast_p is None or size >= _LIMIT:
            return -1
        msg_p = memory.lend_bytes(data, size, most)
        # --- hot: send, no_copy; slow twin _send_bytes, zmq_msg_send ---
        if msg_p is None:
            return fast.send_released(self._fast_p, data, size, flags)
        rc = fast.msg_send_try(msg_p, self._fast_p, flags)
        # --- end hot ---
        if rc == -1:
            memory.release(msg_p)
        _give_empty(msg_p)
        return rc

    def _send_shared(self, data: Any, flags: int, track: bool) -> MessageTracker | None:
        if isinstance(data, str):
            raise TypeError("unicode not allowed, use send_string")
        size = len(data) if type(data) is bytes else memoryview(data).nbytes
        if size < self._copy_threshold:
            self._send_copy(data, flags)
            return _FINISHED_TRACKER
        if (
            type(data) is bytes
            and size >= memory.SMALLEST_LOAN
            and not track
            and 0 <= flags <= MORE_NOW
            and self._send_large(data, size, flags | DONTWAIT, memory.NO_LIMIT) >= 0
        ):
            return None
        msg_p = memory.take_empty()
        try:
            loan = memory.lend(msg_p, data)
            self._send_message(msg_p, flags)
        except BaseException:
            memory.release(msg_p)
            raise
        finally:
            _give(msg_p)
        if not track:
            return None
        return MessageTracker(loan) if loan else _FINISHED_TRACKER

    def _send_frame(self, frame: Frame, flags: int, track: bool) -> MessageTracker | None:
        if track and frame.tracker is None:
            raise ValueError("Not a tracked message: create the Frame with track=True")
        msg_p = memory.take()
        C.zmq_msg_copy(msg_p, frame._msg_p)
        try:
            self._send_message(msg_p, flags)
        except BaseException:
            memory.release(msg_p)
            raise
        finally:
            _give(msg_p)
        return frame.tracker

    def _send_message(self, msg_p: Any, flags: int) -> None:
        """Send the message ``msg_p``, which is empty after that; it is kept when that fails."""
        # --- hot: no_copy; slow twin zmq_msg_send ---
        if (
            0 <= flags <= MORE_NOW
            and fast.msg_send_now(msg_p, self._fast_p, flags | DONTWAIT) != -1
        ):
            return
        # --- end hot ---
        if self._socket_type in DATAGRAM_SENDERS:
            self._check_message(msg_p)
        self._wait_done(lambda now: C.zmq_msg_send(msg_p, self._handle, now), flags, "send")
        self._unpark(flags)

    def send_multipart(
        self,
        msg_parts: Sequence[Part],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send a message of several parts, which arrives whole or not at all.

        Blocks as send() does.

        Parameters
        ----------
        msg_parts : sequence of bytes-like or Frame, at least one
        flags : int, bitmask of zmq.Flag, for all parts
        copy, track : bool, as send()
        **kwargs
            ``routing_id`` and ``group``, as send().

        Returns
        -------
        MessageTracker if ``track`` and not ``copy``: done when libzmq is done with every
        part; otherwise None

        Raises
        ------
        TypeError : a part is not bytes-like; nothing has been sent then
        IndexError : there is no part
        zmq.ZMQError : as send()
        """
        if not isinstance(msg_parts, (list, tuple)):
            msg_parts = tuple(msg_parts)
        if self._calls_send:
            return self._send_each(msg_parts, flags, copy, track, kwargs)
        plain = copy and not kwargs
        for part in msg_parts:
            if type(part) is not bytes:
                check_parts(msg_parts)
                plain = False
                break
        if flags != 0:
            flags = c_flags(flags)
        last = len(msg_parts) - 1
        if last < 0:
            raise IndexError("send_multipart needs at least one part, got none")
        if self._socket_type in _SENT_OTHERWISE or not plain:
            if self._socket_type == _DGRAM:
                self._check_datagram_parts(msg_parts)
            if not copy or kwargs:
                return self._send_parts(msg_parts, flags, copy, track, kwargs)
            if self._socket_type in TAKES_BACK:
                self._send_whole(msg_parts, flags)
                return None
        now = flags | MORE_NOW
        for index, part in enumerate(msg_parts):
            if index == last:
                now = flags | DONTWAIT
            # --- hot: multipart; slow twin _send_copy ---
            if plain:
                size = len(part)
                if size < _RELEASING and fast.send_now(self._fast_p, part, size, now) >= 0:
                    continue
            # --- end hot ---
            self._send_part(part, flags if index == last else flags | SNDMORE)
        return None

    def _send_each(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> MessageTracker | None:
        """Send a message by a subclass's own send()."""
        check_parts(parts)
        if not parts:
            raise IndexError("send_multipart needs at least one part, got none")
        for part in parts[:-1]:
            self.send(part, flags | SNDMORE, copy=copy, track=track, **kwargs)
        return self.send(parts[-1], flags, copy=copy, track=track, **kwargs)

    def _send_part(self, part: Any, flags: int) -> None:
        if isinstance(part, Frame):
            self._send_frame(part, flags, False)
        else:
            self._send_copy(part, flags)

    def _send_whole(self, parts: Sequence[Any], flags: int) -> None:
        """Send a message by a type that takes its parts back when the peer goes away."""
        last = len(parts) - 1
        part_flags = flags | SNDMORE
        for index, part in enumerate(parts):
            if index == last:
                part_flags = flags
            size = len(part) if type(part) is bytes else _LIMIT
            if size < _LIMIT and self._fast_p is not None:
                # --- hot: multipart; slow twin _send_bytes ---
                if size < _RELEASING:
                    rc = fast.send_try(self._fast_p, part, size, part_flags | DONTWAIT)
                else:
                    rc = self._send_large(part, size, part_flags | DONTWAIT)
                # --- end hot ---
                if rc >= 0:
                    continue
                errnum = last_errno()
                if index and errnum == EAGAIN:
                    # The peer is gone, and the message with it, as it is when libzmq may wait.
                    if flags & DONTWAIT and self._taken_back(part_flags):
                        raise Again()
                    continue
                if index and errnum != errors.EINTR:
                    raise self._error(errnum, "send")
            self._park(index)
            try:
                self._send_part(part, part_flags)
            except Again:
                if index == 0 or self._taken_back(part_flags):
                    raise
            finally:
                if index == 0:
                    self._unpark(0)

    def _send_parts(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> MessageTracker | None:
        trackers = []
        tracker = None
        last = len(parts) - 1
        if track and not copy:
            for index, part in enumerate(parts):
                if isinstance(part, Frame) and part.tracker is None:
                    raise ValueError(f"Not a tracked message: create Frame {index} with track=True")
        for index, part in enumerate(parts):
            part_flags = flags if index == last else flags | SNDMORE
            try:
                tracker = Socket.send(self, part, part_flags, copy=copy, track=track, **kwargs)
            except Again:
                if index == 0 or self._taken_back(part_flags):
                    raise
            if tracker is not None:
                trackers.append(tracker)
        if not track or copy:
            return tracker
        return trackers[0] if len(trackers) == 1 else MessageTracker(*trackers)

    # ------------------------------------------------------------------
    # receiving

    if TYPE_CHECKING:

        @overload
        def recv(self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...) -> bytes: ...
        @overload
        def recv(self, flags: int = ..., *, copy: Literal[False], track: bool = ...) -> Frame: ...
        @overload
        def recv(self, flags: int, copy: Literal[False], track: bool = ...) -> Frame: ...
        @overload
        def recv(self, flags: int = ..., copy: bool = ..., track: bool = ...) -> bytes | Frame: ...

    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> bytes | Frame:
        """Receive one message part.

        Blocks until a part arrives, RCVTIMEO (ms) passes or the context is terminated.

        Parameters
        ----------
        flags : int, bitmask of zmq.Flag; DONTWAIT raises instead of waiting
        copy : bool; True gives bytes, False a Frame that shares libzmq's memory
        track : bool; give the Frame a tracker

        Returns
        -------
        bytes, any length including 0, or Frame

        Raises
        ------
        zmq.Again : nothing arrived in time (EAGAIN)
        zmq.ContextTerminated : the context was terminated (ETERM)
        zmq.ZMQError : not now (EFSM: REQ and REP alternate); never (ENOTSUP: this type
            does not receive); the socket is closed (ENOTSOCK)

        Notes
        -----
        Wraps ``zmq_msg_recv``. Not thread-safe. Retries EINTR.
        """
        if flags == 0 and copy:
            # --- hot: recv; slow twin _recv_bytes ---
            try:
                ask = _asks.pop()
            except IndexError:
                ask = _new_ask()
            size = fast.recv_now(ask[0], self._fast_p, 1)
            if 0 <= size < _LIMIT:
                data: bytes = fast.msg_data(*ask)[:size]
                if size > _KEPT:
                    fast.msg_copy(ask[0], _NOTHING)
                _asks.append(ask)
                return data
            # --- end hot ---
            return self._recv_more(ask, size)
        if not copy:
            return self._recv_frame(c_flags(flags) if flags != 0 else 0, track)
        if flags != 1 or not isinstance(flags, int):
            flags = c_flags(flags)
            return self._recv_bytes(_take(), -1, flags)
        # --- hot: again; slow twin _recv_bytes ---
        try:
            msg_p = _spare.pop()
        except IndexError:
            msg_p = _take()
        size = fast.recv_try(msg_p, self._fast_p, 1)
        if 0 <= size <= _KEPT:
            data = fast.msg_data(msg_p)[:size]
            _spare.append(msg_p)
            return data
        if size == -1 and last_errno() == EAGAIN:
            _spare.append(msg_p)
            raise Again()
        # --- end hot ---
        return self._recv_bytes(msg_p, size, DONTWAIT)

    def _recv_more(self, ask: tuple[Any], size: int) -> bytes:
        """Wait for a message if there is none yet, and return it, of any size."""
        try:
            if size == -1:
                size = self._await_message(ask[0])
            # --- hot: round_trip; slow twin memory.content ---
            if 0 <= size < _LIMIT:
                data: bytes = fast.msg_data(*ask)[:size]
                return data
            # --- end hot ---
            return memory.content(ask[0])
        finally:
            if not 0 <= size <= _KEPT:
                memory.release(ask[0])
            _asks.append(ask)

    def _recv_frame(self, flags: int, track: bool) -> Frame:
        # --- hot: frame_bytes; slow twin _recv_message ---
        try:
            msg_p = _spare.pop()
        except IndexError:
            msg_p = _take()
        size = fast.recv_now(msg_p, self._fast_p, 1)
        if size != -1:
            return received(msg_p, track, size)
        # --- end hot ---
        try:
            self._recv_message(msg_p, flags)
        except BaseException:
            memory.release(msg_p)
            _give(msg_p)
            raise
        return received(msg_p, track)

    if TYPE_CHECKING:

        @overload
        def recv_multipart(
            self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
        ) -> list[bytes]: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., *, copy: Literal[False], track: bool = ...
        ) -> list[Frame]: ...
        @overload
        def recv_multipart(
            self, flags: int, copy: Literal[False], track: bool = ...
        ) -> list[Frame]: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., copy: bool = ..., track: bool = ...
        ) -> list[bytes] | list[Frame]: ...

    def recv_multipart(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> list[bytes] | list[Frame]:
        """Receive all parts of a message.

        Blocks as recv() does; once the first part is there, all are.

        Parameters
        ----------
        flags : int, bitmask of zmq.Flag
        copy, track : bool, as recv()

        Returns
        -------
        list of bytes, or of Frame if not ``copy``

        Raises
        ------
        zmq.ZMQError : as recv()
        """
        if self._calls_recv:
            return self._recv_each(flags, copy, track)
        if flags != 0:
            flags = c_flags(flags)
        if not copy:
            frames = [self._recv_frame(flags, track)]
            while frames[-1].more:
                frames.append(self._recv_frame(flags, track))
            return frames
        parts: list[bytes] = []
        more = 1
        try:
            ask = _asks.pop()
        except IndexError:
            ask = _new_ask()
        msg_p = ask[0]
        while more:
            # --- hot: multipart; slow twin _recv_part ---
            size = fast.recv_now(msg_p, self._fast_p, 1)
            if 0 <= size < _LIMIT:
                parts.append(fast.msg_data(*ask)[:size])
                more = fast.msg_more(*ask)
                continue
            # --- end hot ---
            more = self._recv_part(parts, ask, size, flags)
        if size > _KEPT:
            memory.release(msg_p)
        _asks.append(ask)
        return parts

    def _recv_each(self, flags: int, copy: bool, track: bool) -> list[Any]:
        """Receive a message by a subclass's own recv()."""
        parts: list[Any] = [self.recv(flags, copy=copy, track=track)]
        while self.get(RCVMORE):
            parts.append(self.recv(flags, copy=copy, track=track))
        return parts

    # ------------------------------------------------------------------
    # waiting, monitoring, closing

    def poll(self, timeout: int | None = None, flags: int = PollEvent.POLLIN) -> int:
        """Wait until the socket is ready.

        Parameters
        ----------
        timeout : int, ms; None or negative waits for ever
        flags : int, bitmask of POLLIN and POLLOUT: what to wait for

        Returns
        -------
        int, what it is ready for out of ``flags``; 0 when the time is over

        Raises
        ------
        zmq.ZMQError : the socket is closed (ENOTSUP)
        zmq.ContextTerminated : the context was terminated (ETERM)

        Notes
        -----
        Wraps ``zmq_poll``. Retries EINTR with the time that is left.
        """
        if timeout == 0:
            # --- hot: socket_poll; slow twin Poller.poll ---
            try:
                cell = _cells.pop()
            except IndexError:
                cell = _new_cell()
            rc = fast.getsockopt_now(self._fast_p, EVENTS, cell[1], cell[2])
            value: int = cell[3][0]
            _cells.append(cell)
            if rc == 0:
                return value & (1 if flags is _POLLIN else int(operator.index(flags or 0)))
            # --- end hot ---
        if self.closed:
            raise errors.failure(
                f"{_bind.strerror(ENOTSUP)} (polling {self._describe()}: "
                f"{self._closed_why or 'it is closed'})",
                ENOTSUP,
            )
        from ._poll import Poller

        self._rouse()
        poller = Poller()
        poller.register(self, flags)
        events: int = dict(poller.poll(timeout)).get(self, 0)
        return events

    def close(self, linger: int | None = None) -> None:
        """Close the socket.

        Returns at once. Messages not sent yet are kept for LINGER ms, for which
        Context.term() waits. Closing a closed socket does nothing.

        Parameters
        ----------
        linger : int, ms: sets LINGER first; -1 keeps them until sent, 0 drops them

        Notes
        -----
        Wraps ``zmq_close``. Any shadow of the same C socket is closed as well.
        """
        handle = self._handle
        if not handle:
            return
        if linger is not None:
            self._set_linger(linger)
        views = _socket_views.views.pop(handle, None)
        if views is None:
            return
        for reference in views:
            view = reference()
            if view is not None and view is not self:
                view._detach("its C socket was closed")
        self._detach("")
        _close_handle(handle)

    def _set_linger(self, linger: int) -> None:
        try:
            self._set_checked(LINGER, linger, INT)
        except ContextTerminated:
            return  # too late for options, but the context waits for the socket to close


def _close_handle(handle: int) -> None:
    """Close a C socket that nothing stands for any more."""
    context = _socket_views.contexts.pop(handle, 0)
    _pickle.closed(handle)
    pollset.invalidate()
    if _signalers:
        signaler = _signalers.pop(handle, None)
        if signaler is not None:
            signaler.close()
    _idle.closed(handle)
    _connect_id.known.pop(handle, None)
    if _endpoints.waiting:
        _endpoints.forget(handle)
    _hwm.forget(handle)
    if _wakeup.watched:
        _wakeup.closed(handle)
    if handle in turns.shared:
        _monitors.closes(handle)
        _links.close(handle, context)
    elif _monitors.closes(handle):
        C.zmq_close(handle)


def close_forgotten(context: int, linger: int | None) -> None:
    """Close the sockets of a C context that are the collector's: no reference leads to them."""
    for handle, known in list(_socket_views.contexts.items()):
        if known != context or _socket_views.living(handle):
            continue
        if linger is not None:
            C.zmq_setsockopt(handle, LINGER, c_int_bytes(linger), 4)
        if _socket_views.views.pop(handle, None) is not None:
            _close_handle(handle)


def _open_socket(context: Any, address: int, kind: int, nap: Callable[[float], object]) -> int:
    """Open a C socket, waiting a moment for the slots of sockets that are still being closed.

    ``address`` is that of the C context; ``nap`` waits for some seconds.
    """
    pause = 0.0005
    while True:
        try:
            handle: int = C.zmq_socket(address or context._checked_handle(), kind)
        except ZMQError as error:
            # libzmq closes sockets in the background, and counts them until it is done.
            behind = error.errno == errno.EMFILE and len(context._sockets) < context.max_sockets
            if not behind or pause > _REAPER_PATIENCE:
                raise
        else:
            return handle
        nap(pause)
        pause *= 2
        address = 0  # somebody may have closed it meanwhile


for _room in (Endpoints, Options, Monitored, Formats, Checked, SocketBase):
    for _name, _member in vars(_room).items():
        if isinstance(_member, FunctionType):
            _member.__qualname__ = f"Socket.{_name}"  # what users see it as

SyncSocket = Socket
