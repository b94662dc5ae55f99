# SPDX-License-Identifier: BSD-3-Clause
"""The checked form of sending and receiving: it waits, restarts after signals, and explains."""

from __future__ import annotations

import sys
import time

from . import _datagram, _idle, _wakeup
from ._ctypes import bind as _bind
from ._ctypes import errors, fast, memory, pollset, turns
from ._ctypes.bind import C
from ._frame import Frame
from ._options import c_int
from ._socket_base import EAGAIN, SocketBase, bytes_count
from ._socket_errors import THREAD_SAFE
from .constants import Errno, Flag, PollEvent, SocketOption, SocketType
from .error import Again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_take = memory.take
_give = memory.give
_set = object.__setattr__

DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)
POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)
EINVAL = int(Errno.EINVAL)
ENOTCONN = int(Errno.ENOTCONN)
RCVTIMEO = int(SocketOption.RCVTIMEO)
SNDTIMEO = int(SocketOption.SNDTIMEO)

_DGRAM = int(SocketType.DGRAM)
DATAGRAM_SENDERS = frozenset((_DGRAM, int(SocketType.RADIO)))
ALWAYS_CHECKED = THREAD_SAFE | {_DGRAM}
_REQ = int(SocketType.REQ)
TAKES_BACK = frozenset(map(int, (SocketType.PUSH, SocketType.DEALER, SocketType.REQ)))
_DROPS_REST = _bind.library.version >= (4, 3)
_SLICE = 0.05
_SWEPT = 64
_FORCE_SLICES = sys.platform == "win32"


class Checked(SocketBase):
    """What the hot forms leave to do when they could not."""

    __slots__ = ()

    # ------------------------------------------------------------------
    # waiting

    def _wait_done(
        self,
        operation: Callable[[int], int],
        flags: int,
        doing: str,
        waiting_since: float | None = None,
    ) -> int:
        """Call ``operation(flags)`` until it succeeds, fails or its time is over.

        Signals restart it with what is left of its time-out, which began at
        ``waiting_since`` (``time.monotonic()``) if it was called before in vain.
        """
        if not self._handle:
            raise self._closed_error()
        self._rouse()
        if self._handle in turns.shared:
            operation = turns.taking(operation)
        started = time.monotonic() if waiting_since is None else waiting_since
        try:
            if waiting_since is None and not (flags & DONTWAIT or self._must_slice()):
                rc = operation(flags)
                if rc != -1:
                    return rc
                # Why it failed is not asked: while it waited, a signal handler may have closed the
                # socket, or failed calls of its own. The next try does not wait, and tells.
                if not self._handle:
                    raise self._closed_error()
            return self._retry(operation, flags, doing, started)
        finally:
            self._processed()

    def _begin_to_wait(self, flags: int) -> float | None:
        """Return the time if libzmq itself may wait in a hot form now, else None."""
        if flags & DONTWAIT or self._fast_p is None or _FORCE_SLICES:
            return None
        if memory.lent:
            memory.sweep(_SWEPT)  # a program that waits may do nothing else for long
        return time.monotonic()

    def _retry(
        self, operation: Callable[[int], int], flags: int, doing: str, started: float
    ) -> int:
        timeout_ms = 0 if flags & DONTWAIT else self._timeout(doing)
        pause, told = 0.0, 0
        while True:
            seen = turns.done()
            rc = operation(flags | DONTWAIT)
            if rc != -1:
                return rc
            errnum = errors.last_errno()
            # A signal handler may have failed a call of its own since; what lasts is the socket's.
            if errnum == errors.EINTR or errnum not in (EAGAIN, told):
                told = errnum
                continue
            if errnum != EAGAIN or timeout_ms == 0:
                raise self._error(errnum, doing)
            remaining = None
            if timeout_ms > 0:
                remaining = timeout_ms / 1000 - (time.monotonic() - started)
                if remaining <= 0:
                    raise Again()
            pause = self._pause(doing, remaining, pause, seen)

    def _timeout(self, doing: str) -> int:
        return self._read_int(SNDTIMEO if doing == "send" else RCVTIMEO)

    def _pause(self, doing: str, remaining: float | None, pause: float, seen: int) -> float:
        """Wait until the operation may succeed, in steps that let signals through.

        Parameters
        ----------
        doing : ``"send"`` or ``"recv"``
        remaining : float, seconds, or None for ever
        pause : float, seconds to sleep first; 0 for the first time
        seen : int, what turns.done() returned before it was tried

        Returns
        -------
        float, seconds to sleep first the next time
        """
        longer = min(max(pause * 2, 0.0001), 0.005)
        if self._handle in turns.shared:
            turns.pause(longer if remaining is None else min(longer, remaining), seen)
            return longer
        time.sleep(pause if remaining is None else min(pause, remaining))
        if self._socket_type in THREAD_SAFE and not _bind.DRAFT_API:
            return longer  # these cannot be polled in stable builds
        step = _SLICE if remaining is None or _must_slice_here() else remaining
        step = step if remaining is None else min(step, remaining)
        events = POLLOUT if doing == "send" else POLLIN
        waiting = pollset.PollSet([(self._handle, 0, events)], False, pollset.current[0])
        ready = waiting.poll(-int(-step * 1000 // 1)) > 0
        # Some types say that they are ready to send, and then are not, for the peer that is meant.
        return longer if ready else 0.0

    def _must_slice(self) -> bool:
        """Tell whether a signal would not end libzmq's own wait."""
        if self._socket_type in THREAD_SAFE:
            return self._handle in turns.shared or _in_main_thread()
        return _must_slice_here()

    def _watched_p(self) -> Any:
        """Have every view of this C socket tell what it does, for one who waits for it.

        Returns
        -------
        pointer for the hot forms of the one who waits, and tells by itself; None where
        there are none
        """
        _idle.rouse(self._handle)
        for view in self._all_views():
            _set(view, "_fast_p", None)
            _set(view, "_parked_p", None)
        pollset.invalidate()
        return None if self._socket_type in ALWAYS_CHECKED else fast.pointer(self._handle)

    # ------------------------------------------------------------------
    # sending

    def _park(self, begun: int = 0) -> None:
        """Send what follows in the checked form, until a message is complete.

        ``begun`` is the number of its parts that were sent in the hot form.

        When the peer goes away between two parts, libzmq drops the rest of the message if
        it may wait; if it may not, as in the hot form, it takes back what was sent and
        refuses the part, which would be the first of another message if it were sent again.
        """
        self._rouse()
        if self._fast_p is not None and self._socket_type in TAKES_BACK:
            _set(self, "_parked_p", self._fast_p)
            _set(self, "_fast_p", None)

    def _unpark(self, flags: int) -> None:
        """Go back to the hot form if the part just sent was the last of its message."""
        if self._parked_p is not None and not flags & SNDMORE:
            _set(self, "_fast_p", self._parked_p)
            _set(self, "_parked_p", None)

    def _taken_back(self, flags: int) -> bool:
        """Begin anew after a part that was refused in mid-message: its peer is gone.

        From version 4.3 on libzmq drops the parts that follow the refused one, up to the last of
        its message. The next message would be taken for them, so they are ended here.

        Returns
        -------
        whether the message can be sent again; not by a REQ, which has counted it as begun
        """
        if self._socket_type == _REQ:
            return False
        if flags & SNDMORE and self._socket_type in TAKES_BACK and _DROPS_REST:
            C.zmq_send(self._handle, b"", 0, DONTWAIT)
        return True

    def _addressed(
        self, data: Any, copy: bool, track: bool, routing_id: int | None, group: str | None
    ) -> Frame:
        """Return a Frame with a draft address; a Frame that is given stays as it is."""
        if isinstance(data, Frame):
            frame = data.fast_copy()
        else:
            threshold = self.copy_threshold
            frame = Frame(data, track=track, copy=copy or None, copy_threshold=threshold)
        if routing_id is not None:
            frame.routing_id = routing_id
        if group is not None:
            frame.group = group
        return frame

    def _send_long(self, data: Any, size: int, flags: int) -> None:
        msg_p = memory.take_empty()
        try:
            memory.fill(msg_p, data, size)
            self._send_message(msg_p, flags)
        finally:
            memory.release(msg_p)
            _give(msg_p)

    def _send_bytes(self, data: Any, size: int, flags: int) -> None:
        """Send a copy of ``size`` bytes at ``data`` (bytes or an address); the checked form."""
        if self._socket_type in DATAGRAM_SENDERS:
            self._check_datagram(size, b"")
        if size > fast.LIMIT:
            # zmq_send of libzmq 4.1 takes the size that it is to return for a failure.
            self._send_long(data, size, flags)
            return
        since = self._begin_to_wait(flags) if type(data) is bytes else None
        # --- hot: push_pull; slow twin _wait_done ---
        if since is None or fast.send_released(self._fast_p, data, size, flags) == -1:
            # --- end hot ---
            self._wait_done(
                lambda now: C.zmq_send(self._handle, data, size, now), flags, "send", since
            )
        self._unpark(flags)

    def _check_message(self, msg_p: Any) -> None:
        group = C.zmq_msg_group(msg_p) if _bind.DRAFT_API else b""
        self._check_datagram(C.zmq_msg_size(msg_p), group)

    def _check_datagram(self, size: int, group: bytes) -> None:
        """Refuse what libzmq does not survive being sent over udp."""
        if not self._handle:
            return
        if self._socket_type != _DGRAM:
            longest = _datagram.LONGEST_GROUP
            long = len(group) > longest or size > _datagram.LONGEST - longest - 1
            if long and self._uses_udp():
                _datagram.check_send(self, size, group)
            return
        if not self._is_bound():
            raise errors.failure(
                f"{_bind.strerror(ENOTCONN)} ({self._describe()}: libzmq ends the process when an "
                "unbound DGRAM sends; bind it to a udp:// endpoint first)",
                ENOTCONN,
            )
        _datagram.check_send(self, size, None)

    def _check_datagram_parts(self, parts: Sequence[Any]) -> None:
        """Refuse a message before its first part is sent: libzmq would not get back into step."""
        if len(parts) != 2:
            raise self._error(EINVAL, "send")
        for part in parts:
            if isinstance(part, Frame):
                part = part.buffer
            self._check_datagram(memoryview(part).nbytes, b"")

    def _is_bound(self) -> bool:
        known = [view._bound for view in self._all_views() if view._bound is not None]
        # libzmq remembers the endpoint even when the socket has left it; a shadow knows no more.
        return any(known) if known else bool(self.last_endpoint)

    def _uses_udp(self) -> bool:
        if b"://" not in (self.last_endpoint or b"://"):
            return True  # for udp libzmq leaves the transport out
        endpoints = [name for view in self._all_views() for name in view._connected or ()]
        return any(name.startswith("udp://") for name in endpoints)

    # ------------------------------------------------------------------
    # receiving

    def _recv_bytes(self, msg_p: Any, size: int, flags: int) -> bytes:
        """Receive a part into ``msg_p`` unless it is there, and copy it; the checked form."""
        try:
            if size == -1:
                self._recv_message(msg_p, flags)
            data = memory.content(msg_p)
        finally:
            memory.release(msg_p)
            _give(msg_p)
        return data

    def _await_message(self, msg_p: Any) -> int:
        """Wait for a message and return its size in bytes, at most ``fast.LIMIT``."""
        since = self._begin_to_wait(0)
        if since is not None:
            # --- hot: round_trip; slow twin _recv_message ---
            size: int = fast.recv_released(msg_p, self._fast_p, 0)
            # --- end hot ---
            if size != -1:
                if _wakeup.watched:
                    self._processed()
                return size
        self._recv_message(msg_p, 0, since)
        size = C.zmq_msg_size(msg_p)
        return min(size, fast.LIMIT)

    def _recv_message(self, msg_p: Any, flags: int, waiting_since: float | None = None) -> None:
        ledger = _wakeup.watched.get(self._handle)
        if ledger is not None and ledger.dirty and ledger.take(msg_p):
            return
        self._wait_done(
            lambda now: C.zmq_msg_recv(msg_p, self._handle, now), flags, "recv", waiting_since
        )

    def _recv_part(self, parts: list[bytes], ask: tuple[Any], size: int, flags: int) -> int:
        """Receive a part into a message unless it is there; append it and tell if more follow."""
        msg_p = ask[0]
        try:
            if size == -1:
                self._recv_message(msg_p, flags)
            parts.append(memory.content(msg_p))
            more: int = C.zmq_msg_more(msg_p)
        except BaseException:
            memory.release(msg_p)
            memory.asks.append(ask)
            raise
        memory.release(msg_p)
        return more

    def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> int:
        """Receive one message part into memory that is there already.

        Blocks as recv() does.

        Parameters
        ----------
        buffer : writable bytes-like
        nbytes : int, the most bytes to store; 0 means the whole buffer
        flags : int, bitmask of zmq.Flag

        Returns
        -------
        int, the size of the part, in bytes: if it is more than was to be stored, the part
        was cut off

        Raises
        ------
        BufferError : the buffer is read-only or not contiguous; nothing was received then
        ValueError : ``nbytes`` is negative, or more than the buffer has
        zmq.ZMQError : as recv()

        Notes
        -----
        Wraps ``zmq_recv``.
        """
        borrowed = memory.writable(buffer)
        try:
            nbytes = bytes_count(nbytes)
            if nbytes < 0 or nbytes > borrowed.size:
                raise ValueError(f"{nbytes=} too big for memoryview of {borrowed.size}B")
            size = nbytes or borrowed.size
            flags = c_flags(flags)
            ledger = _wakeup.watched.get(self._handle)
            if ledger is not None and ledger.dirty:
                # What an event loop handed back is a message already.
                data = self._recv_bytes(_take(), -1, flags)
                memory.store(borrowed.data, data, min(size, len(data)))
                return len(data)
            return self._wait_done(
                lambda now: C.zmq_recv(self._handle, borrowed.data, size, now), flags, "recv"
            )
        finally:
            borrowed.release()


_KNOWN_FLAGS: dict[Any, int] = {flags: flags for flags in range(4)}


def c_flags(flags: Any) -> int:
    """Return flags as the plain int that C takes.

    Raises
    ------
    TypeError : not an int
    OverflowError : too large for C
    """
    if isinstance(flags, int):
        known = _KNOWN_FLAGS.get(flags)
        if known is not None:
            return known
    else:
        raise TypeError(f"an integer is required for flags, a bitmask of zmq.Flag, got {flags!r}")
    return c_int(int(flags), "flags")


def check_parts(parts: Sequence[Any]) -> None:
    """Refuse a multipart message of which a part cannot be sent, before any is."""
    for index, part in enumerate(parts):
        if isinstance(part, (bytes, Frame)):
            continue
        try:
            view = memoryview(part)
        except TypeError:
            shown = repr(part)
            if len(shown) > 32:
                shown = shown[:32] + "..."
            raise TypeError(
                f"Frame {index} ({shown}) does not support the buffer interface."
            ) from None
        if not view.contiguous:
            raise BufferError(f"Frame {index}: its buffer is not contiguous")


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


def _must_slice_here() -> bool:
    """Tell whether waits are cut in slices: where no signal ends a C call, in the main thread."""
    return _FORCE_SLICES and _in_main_thread()
