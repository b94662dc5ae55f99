# SPDX-License-Identifier: BSD-3-Clause
"""Sockets and contexts that make only the current greenlet wait.

What is done to a C socket is done by :class:`zmq.Socket`; here is only how it waits.
"""

from __future__ import annotations

from time import monotonic as _clock

from .._context import Context
from .._ctypes import errors, fast, memory
from .._socket import Socket
from .._socket_checked import TAKES_BACK, c_flags
from .._socket_options import read_events
from ..constants import Errno, Flag, PollEvent, SocketOption
from ..error import ZMQError
from . import _hub
from ._hub import get_hub
from .poll import _Poller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["TIMEOS", "_Context", "_Socket"]

TIMEOS = (SocketOption.RCVTIMEO, SocketOption.SNDTIMEO)
"""The options that limit how long a socket waits, in ms."""

EAGAIN = int(Errno.EAGAIN)
RCVTIMEO, SNDTIMEO = map(int, TIMEOS)
DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)
POLLOUT = int(PollEvent.POLLOUT)
RCVMORE = int(SocketOption.RCVMORE)

_set = object.__setattr__
_KEPT = memory.KEPT
_take = memory.take
_give = memory.give


class _Socket(Socket[bytes]):
    """A zmq.Socket whose sends, receives and polls make only the current greenlet wait.

    Parameters
    ----------
    a, kw : as zmq.Socket

    Notes
    -----
    RCVTIMEO and SNDTIMEO hold. A greenlet that is killed while it waits, or leaves with
    gevent.Timeout, has received nothing, and has sent nothing of its message. From time
    to time an operation that could succeed at once lets other greenlets run first, except
    with DONTWAIT, and in the middle of a message.
    """

    __slots__ = ("_midway", "_turns", "_watcher")

    _midway: bool
    _turns: Any
    _watcher: _hub.HubWatcher | None

    def __init__(self, *a: Any, **kw: Any) -> None:
        _set(self, "_midway", False)
        _set(self, "_turns", _hub.NoTurns)
        _set(self, "_watcher", None)
        super().__init__(*a, **kw)

    # ------------------------------------------------------------------
    # waiting

    _nap = staticmethod(_hub.nap)

    def _here(self) -> _hub.HubWatcher:
        """Return those who wait for the socket in this thread's hub."""
        watcher: _hub.HubWatcher | None = self._watcher
        hub = get_hub()
        if watcher is None or watcher.hub is not hub or watcher.closed:
            watcher = _hub.watcher_for(self, hub)
            _set(self, "_watcher", watcher)
        return watcher

    def _judged(self, rc: int, flags: int, doing: str) -> int | None:
        """Return what a try has returned, or None if it is to be repeated, later or at once."""
        if rc != -1:
            return rc
        errnum = errors.last_errno()
        if (errnum == EAGAIN and not flags & DONTWAIT) or errnum == errors.EINTR:
            return None
        raise self._error(errnum, doing)

    def _wait(self, watcher: _hub.HubWatcher, doing: str, attempt: Callable[[], int | None]) -> int:
        """Wait until something that could not be done can be done."""
        sending = doing == "send"
        timeout_ms = watcher.timeout_ms(SNDTIMEO if sending else RCVTIMEO)
        if timeout_ms == 0:
            raise self._error(EAGAIN, doing)
        if watcher.waiting():
            _set(self, "_fast_p", None)
            _set(self, "_parked_p", None)
        return watcher.wait(watcher.senders if sending else watcher.receivers, attempt, timeout_ms)

    def _begin_to_wait(self, flags: int) -> None:
        """Never let libzmq itself wait."""

    def _wait_done(
        self,
        operation: Callable[[int], int],
        flags: int,
        doing: str,
        waiting_since: float | None = None,
    ) -> int:
        """Call ``operation(flags)`` until it succeeds, fails or its time is over."""
        if not self._handle:
            raise self._closed_error()
        self._rouse()
        sending = doing == "send"
        now = flags | DONTWAIT
        if (
            sending
            and (self._midway and self._socket_type in TAKES_BACK)
            and read_events(self._handle) & POLLOUT
        ):
            # In the middle of a message it is always ready, never waits, and without DONTWAIT drops
            # the message of a peer that has gone.
            now = flags

        def attempt() -> int | None:
            return self._judged(operation(now), flags, doing)

        try:
            rc = attempt()
            if rc is None:
                rc = self._wait(self._here(), doing, attempt)
        finally:
            self._processed()
        if sending:
            _set(self, "_midway", bool(flags & SNDMORE))
        return rc

    def _park(self, begun: int = 0) -> None:
        if begun:
            _set(self, "_midway", True)
        super()._park(begun)

    def _give_turn(self, flags: int) -> None:
        """Let other greenlets run before an operation, if they have waited long enough."""
        if c_flags(flags) & DONTWAIT:
            return
        turns = self._turns
        if turns.ends <= _clock():
            turns = _hub.current_turns()
            _set(self, "_turns", turns)
            turns.give()

    # ------------------------------------------------------------------
    # receiving

    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> Any:
        """Receive one message part, while other greenlets run.

        Parameters
        ----------
        flags, copy, track : as zmq.Socket.recv()

        Returns
        -------
        bytes or Frame

        Raises
        ------
        as zmq.Socket.recv()
        """
        if _clock() > self._turns.ends:
            self._before_receiving(flags)
        if flags or not copy:
            return Socket.recv(self, flags, copy, track)
        msg_p = _take()
        # --- hot: green_ping_pong; slow twin _wait_done ---
        size = fast.recv_try(msg_p, self._fast_p, DONTWAIT)
        # --- end hot ---
        if size == -1 and errors.last_errno() == EAGAIN:
            size = self._recv_later(msg_p)
        if 0 <= size <= _KEPT:
            # --- hot: green_burst; slow twin _recv_bytes ---
            data = fast.msg_data(msg_p)[:size]
            # --- end hot ---
            _give(msg_p)
            return data
        return self._recv_bytes(msg_p, size, 0)

    def _recv_later(self, msg_p: Any) -> int:
        """Receive a part into ``msg_p`` when there is one, after one try; return its size."""

        def attempt() -> int | None:
            # --- hot: green_ping_pong; slow twin _wait_done ---
            size = fast.recv_try(msg_p, watcher._socket_p, DONTWAIT)
            # --- end hot ---
            return size if size >= 0 else self._judged(size, 0, "recv")

        watcher = self._here()
        try:
            size = self._wait(watcher, "recv", attempt)
        except BaseException:
            _give(msg_p)
            raise
        if watcher._held or watcher.ledger.shared:
            self._processed()
        return size

    def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
        """Receive all parts of a message, while other greenlets run.

        Parameters
        ----------
        *args, **kwargs : as zmq.Socket.recv_multipart()
        """
        if _clock() > self._turns.ends:
            self._before_receiving(args[0] if args else kwargs.get("flags", 0))
        return Socket.recv_multipart(self, *args, **kwargs)

    def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> int:
        """Receive one message part into memory that is there already, while other greenlets run.

        Parameters
        ----------
        buffer, nbytes, flags : as zmq.Socket.recv_into()
        """
        if _clock() > self._turns.ends:
            self._before_receiving(flags)
        return Socket.recv_into(self, buffer, nbytes=nbytes, flags=flags)

    def _before_receiving(self, flags: int) -> None:
        # Another greenlet must not get the rest of a message.
        if self._handle and not Socket.get(self, RCVMORE):
            self._give_turn(flags)

    # ------------------------------------------------------------------
    # sending

    def send(  # type: ignore[override]
        self, data: Any, flags: int = 0, copy: bool = True, track: bool = False, **kwargs: Any
    ) -> Any:
        """Send one message part, while other greenlets run.

        Parameters
        ----------
        data, flags, copy, track, **kwargs : as zmq.Socket.send()

        Returns
        -------
        as zmq.Socket.send()

        Raises
        ------
        as zmq.Socket.send()
        """
        if flags or self._midway:
            return self._send_part_of(data, flags, copy, track, kwargs)
        if _clock() > self._turns.ends:
            self._give_turn(flags)
        if self._fast_p is None:
            return self._sent_beside(Socket.send, data, flags, copy, track, **kwargs)
        return Socket.send(self, data, flags, copy, track, **kwargs)

    def _sent_beside(self, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Send in the hot form though somebody waits, who is told afterwards what it took up."""
        watcher = self._watcher
        if watcher is None or not watcher.waiting() or self._midway:
            return send(self, *args, **kwargs)
        _set(self, "_fast_p", watcher._socket_p)
        try:
            return send(self, *args, **kwargs)
        finally:
            if watcher.waiting():
                _set(self, "_fast_p", None)
                _set(self, "_parked_p", None)
                watcher.used()

    def _send_part_of(
        self, data: Any, flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> Any:
        if not self._midway:
            self._give_turn(flags)
        try:
            sent = Socket.send(self, data, flags, copy, track, **kwargs)
        except ZMQError:
            _set(self, "_midway", False)
            raise
        _set(self, "_midway", bool(flags & SNDMORE))
        return sent

    def send_multipart(self, *args: Any, **kwargs: Any) -> Any:
        """Send a message of several parts, while other greenlets run.

        Parameters
        ----------
        *args, **kwargs : as zmq.Socket.send_multipart()

        Notes
        -----
        Only its first part ever waits: a greenlet that is killed has sent nothing of it.
        """
        flags = args[1] if len(args) > 1 else kwargs.get("flags", 0)
        if not self._midway and _clock() > self._turns.ends:
            self._give_turn(flags)
        if self._fast_p is None:
            sent = self._sent_beside(Socket.send_multipart, *args, **kwargs)
        else:
            sent = Socket.send_multipart(self, *args, **kwargs)
        if self._midway or flags:
            _set(self, "_midway", bool(flags & SNDMORE))
        return sent

    # ------------------------------------------------------------------
    # options and polling

    def get(self, opt: int) -> Any:
        """Return the value of an option.

        Parameters
        ----------
        opt : int, a zmq.SocketOption; otherwise as zmq.Socket.get()
        """
        return Socket.get(self, opt)

    def set(self, opt: int, val: Any) -> None:
        """Set an option.

        Parameters
        ----------
        opt : int, a zmq.SocketOption; otherwise as zmq.Socket.set()
        val : int or bytes
        """
        Socket.set(self, opt, val)

    def poll(self, timeout: float | None = None, flags: int = PollEvent.POLLIN) -> int:
        """Wait until the socket is ready, while other greenlets run.

        Parameters
        ----------
        timeout : float, ms; None or negative waits for ever
        flags : int, bitmask of POLLIN and POLLOUT: what to wait for

        Returns
        -------
        int, what it is ready for out of ``flags``; 0 when the time is over
        """
        if timeout != 0:
            self._give_turn(0)
        found = Socket.poll(self, 0, flags)
        if found or timeout == 0:
            return found
        poller = _Poller()
        poller.register(self, flags)
        events: int = dict(poller.poll(timeout)).get(self, 0)
        return events


class _Context(Context[_Socket]):
    """A zmq.Context that makes green sockets.

    Parameters
    ----------
    io_threads, shadow : as zmq.Context

    Notes
    -----
    ``Context.instance()`` is another one than that of zmq.Context; to share one, give
    it: ``zmq.green.Context(zmq.Context.instance())``.
    """

    _socket_class = _Socket
    _instance = None

    def term(self) -> None:
        """Terminate the context, while other greenlets run.

        Notes
        -----
        Waits in a thread of its own, which goes on when the greenlet is killed.
        Otherwise as zmq.Context.term().
        """
        if not self.closed:
            _hub.in_thread(super().term)
