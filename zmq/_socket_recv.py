# SPDX-License-Identifier: BSD-3-Clause
"""Receiving: the hot forms; what that means is told in ``_socket_send.py``."""

from __future__ import annotations

from ._ctypes import fast, memory
from ._ctypes.errors import last_errno
from ._frame import Frame, received
from ._socket_checked import Checked, c_flags
from .constants import Errno, Flag, SocketOption
from .error import Again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, overload

DONTWAIT = int(Flag.DONTWAIT)
EAGAIN = int(Errno.EAGAIN)
RCVMORE = int(SocketOption.RCVMORE)

_KEPT = memory.KEPT
_KEPT_IN_ASKS = memory.KEPT_IN_ASKS
_LIMIT = fast.LIMIT
_take = memory.take
_give = memory.give
_spare = memory.spare
_asks = memory.asks
_new_ask = memory.new_ask


class Receiving(Checked):
    """Receiving one part, and all of them."""

    __slots__ = ()

    _calls_recv = False
    """Whether a program's subclass has a recv() of its own, which recv_multipart() then calls."""

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
            if 0 <= size <= _KEPT_IN_ASKS:
                data: bytes = fast.msg_data(*ask)[:size]
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
        """Return a message of any size; wait for it if there is none yet."""
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
            if not 0 <= size <= _KEPT_IN_ASKS:
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
        if size > _KEPT_IN_ASKS:
            memory.release(msg_p)
        _asks.append(ask)
        return parts

    def _recv_each(self, flags: int, copy: bool, track: bool) -> list[Any]:
        """Receive a message by a subclass's own recv()."""
        parts: list[Any] = [self.recv(flags, copy=copy, track=track)]
        while self.get(RCVMORE):
            parts.append(self.recv(flags, copy=copy, track=track))
        return parts
