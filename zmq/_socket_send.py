# SPDX-License-Identifier: BSD-3-Clause
"""Sending: the hot forms.

Each send and each receive exists twice. The hot form, between the fences, tries the
operation at once, with the GIL held, through :mod:`zmq._ctypes.fast`; it serves
plain data on a socket that is ready, which is nearly every call of a busy
program. Whatever it cannot do, for whatever reason, the checked form does again
from the start, in ``_socket_checked.py``: it waits, explains errors, takes any type
of argument, restarts after signals. ``_fast_p`` is the only thing the hot form looks
at, and None there sends every call to the checked form: closed sockets, types that
must not be entered with the GIL held, sockets that an event loop watches.
"""

from __future__ import annotations

from ._ctypes import errors, fast, memory
from ._ctypes.bind import C
from ._ctypes.errors import last_errno
from ._frame import Frame
from ._socket_checked import DATAGRAM_SENDERS, TAKES_BACK, Checked, c_flags, check_parts
from ._tracker import _FINISHED_TRACKER, MessageTracker
from .constants import Errno, Flag, SocketType
from .error import Again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal, overload

    from ._socket_base import Part

DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)
MORE_NOW = DONTWAIT | SNDMORE
EAGAIN = int(Errno.EAGAIN)

_DGRAM = int(SocketType.DGRAM)
_SENT_OTHERWISE = TAKES_BACK | {_DGRAM}

_MOST_LENT = memory.MOST_LENT
_LIMIT = fast.LIMIT
_RELEASING = fast.RELEASING
_give = memory.give
_give_empty = memory.give_empty


class Sending(Checked):
    """Sending one part, and several."""

    __slots__ = ()

    _calls_send = False
    """Whether a program's subclass has a send() of its own, which send_multipart() then calls."""

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
                tracker = Sending.send(self, part, part_flags, copy=copy, track=track, **kwargs)
            except Again:
                if index == 0 or self._taken_back(part_flags):
                    raise
            if tracker is not None:
                trackers.append(tracker)
        if not track or copy:
            return tracker
        return trackers[0] if len(trackers) == 1 else MessageTracker(*trackers)
