# SPDX-License-Identifier: BSD-3-Clause
"""Sockets and pollers whose operations return futures: what zmq.asyncio is made of.

Each operation is tried at once, without waiting. If that succeeds, the future that
it returns is complete, and awaiting it does not give the loop a turn. After
``_loop.TURN_S`` of that others have theirs: what is sent, and what does not wait, is
done nevertheless, and who awaits it waits for a round of the loop; what is received
is received in that round. If there is nothing to be done now, the future joins a queue
of the socket's Watcher.

What is done to the socket is done by the methods of :class:`zmq.Socket`, with
DONTWAIT; here is the waiting. Only the parts of a message are received here, each
with its structure kept, so that it can be given back (see :mod:`zmq._loop`).
"""

from __future__ import annotations

from functools import partial
from time import monotonic as _clock

from . import _poll, _wakeup
from ._ctypes import fast, memory
from ._ctypes.bind import C
from ._ctypes.errors import last_errno
from ._frame import Frame, received
from ._midway import SendsInParts
from ._poll import Poller
from ._socket import Socket
from ._socket_checked import c_flags
from ._socket_formats import Given
from .constants import EVENTS, POLLIN, POLLOUT, Errno, Flag, SocketOption
from .error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any, Literal, TypeVar, overload

    from ._context import Context
    from ._loop import LoopWatcher
    from ._tracker import MessageTracker

    R = TypeVar("R")
    T = TypeVar("T", bound="_AsyncSocket")
    Taken = tuple[Any, Any]

__all__ = ["EVENTS", "POLLIN", "POLLOUT", "T"]

DONTWAIT = int(Flag.DONTWAIT)
EAGAIN = int(Errno.EAGAIN)
EFSM = int(Errno.EFSM)
ENOTSUP = int(Errno.ENOTSUP)
RCVTIMEO = int(SocketOption.RCVTIMEO)
SNDTIMEO = int(SocketOption.SNDTIMEO)
IN = int(POLLIN)
OUT = int(POLLOUT)
SNDMORE = int(Flag.SNDMORE)

_KEPT = memory.KEPT
_LIMIT = fast.LIMIT
_RELEASING = fast.RELEASING
_set = object.__setattr__
_pop = memory.spare.pop
_take = memory.take
_give = memory.give
_number = _wakeup.numbers.__next__

# Filled by _load(), when the first socket is used.
_loop: Any = None
_Received: Any = None
_Completed: Any = None
_running: Any = None


def _load() -> None:
    """Import what needs asyncio."""
    global _loop, _Received, _Completed, _running
    if _loop is None:
        from asyncio import Future

        from . import _loop as loaded

        _Received = loaded.Received
        _Completed = Future
        _running = loaded.running_loop
        _loop = loaded


def __getattr__(name: str) -> Any:
    """Make the type variable when it is asked for: typing takes long to import."""
    if name == "T":
        from typing import TypeVar

        globals()["T"] = TypeVar("T", bound="_AsyncSocket")
        return globals()["T"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _AsyncSocket(SendsInParts):
    """A socket whose sends, receives and polls return futures."""

    __slots__ = (
        "_hot_p",
        "_ledger",
        "_loop",
        "_now",
        "_shadow_sock_kept",
        "_turns",
        "_watcher",
    )

    _hot_p: Any
    _ledger: _wakeup.Ledger
    _loop: Any
    _watcher: Any
    _turns: Any
    _now: Any
    """Watcher, loop, ledger, turns and pointer of the loop that it is used in; one look instead of
    five, which cost more where a class has ``__getattr__``."""

    # Futures of what has to wait, where they are to be of another type than those of _loop.
    _waiter_type: Any = None
    _poll_type: Any = None

    def __init__(
        self,
        context: Context[Any] | Socket[Any] | None = None,
        socket_type: int = -1,
        io_loop: Any = None,
        _from_socket: Socket[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        _set(self, "_hot_p", None)
        _set(self, "_loop", None)
        _set(self, "_now", None)
        _set(self, "_watcher", None)
        _set(self, "_turns", None)
        if isinstance(context, Socket):
            context, _from_socket = None, context
        _set(self, "_shadow_sock_kept", _from_socket)
        if io_loop is not None:
            import warnings

            warnings.warn(
                f"{type(self).__name__}(io_loop) has no effect: the loop that runs is used",
                DeprecationWarning,
                stacklevel=3,
            )
        if _from_socket is not None:
            super().__init__(shadow=_from_socket, **kwargs)
        else:
            super().__init__(context, socket_type, **kwargs)

    @classmethod
    def from_socket(cls: type[T], socket: Any, io_loop: Any = None) -> T:
        """Return an asynchronous view of a socket.

        Parameters
        ----------
        socket : zmq.Socket
            Remains the owner.
        io_loop : ignored; the loop that runs is used
        """
        return cls(_from_socket=socket, io_loop=io_loop)

    @property
    def _shadow_sock(self) -> Socket[Any]:
        """A view of the same C socket whose calls wait in the usual way."""
        kept: Socket[Any] | None = self._shadow_sock_kept
        if kept is None:
            kept = Socket.shadow(self.underlying)
            _set(self, "_shadow_sock_kept", kept)
        return kept

    def _detach(self, why: str) -> None:
        _set(self, "_hot_p", None)
        _set(self, "_loop", None)
        _set(self, "_now", None)
        _set(self, "_watcher", None)
        super()._detach(why)

    def _enter(self) -> LoopWatcher:
        """Use the loop that runs now from here on."""
        if not self._handle:
            raise self._closed_error()
        if _loop is None:
            _load()
        loop = _loop.current_loop()
        watcher: LoopWatcher = _loop.watcher_for(self, loop)
        _set(self, "_watcher", watcher)
        _set(self, "_turns", watcher.turns)
        _set(self, "_ledger", watcher.ledger)
        _set(self, "_hot_p", watcher._socket_p)
        _set(self, "_loop", loop)
        _set(self, "_now", (watcher, loop, watcher.ledger, watcher.turns, watcher._socket_p))
        return watcher

    def _current(self) -> LoopWatcher:
        watcher: LoopWatcher | None = self._watcher
        if watcher is None or _running() is not watcher.loop:
            return self._enter()
        return watcher

    # ------------------------------------------------------------------
    # completing

    def _complete(self, value: Any) -> Future[Any]:
        """Return the future of what is done; who awaits it may have to let others have a turn."""
        future: Future[Any] = (_Completed if self._may_go_on() else _loop.Turn)(loop=self._loop)
        future.set_result(value)
        return future

    def _failed(self, error: BaseException) -> Future[Any]:
        future: Future[Any] = _Completed(loop=self._loop)
        _loop._set_exception(future, error)
        return future

    def _may_go_on(self) -> bool:
        """Tell whether an operation may succeed at once, or others have to have a turn."""
        turns = self._turns
        return _clock() < turns.ends or not turns.over()

    def _wait(
        self, watcher: LoopWatcher, queue: Any, attempt: Callable[[], Taken], option: int, go: bool
    ) -> Future[Any]:
        """Return a future that waits in a queue.

        Parameters
        ----------
        watcher, queue
        attempt : as Waiter.begin()
        option : RCVTIMEO or SNDTIMEO
        go : bool; it may succeed now: it only waits for its turn, say
        """
        cell = memory.take_cell()
        # --- hot: asyncio; slow twin _read_int ---
        rc = fast.getsockopt_now(self._hot_p, option, cell[1], cell[2])
        # --- end hot ---
        timeout_ms = cell[0].value
        memory.give_cell(cell)
        if rc != 0:
            timeout_ms = self._read_int(option)
        waiter = (self._waiter_type or _loop.Waiter)(loop=watcher.loop)
        waiter.begin(watcher, queue, attempt, timeout_ms)
        watcher.expect()
        if go:
            watcher.poke()
        return waiter  # type: ignore[no-any-return]

    # ------------------------------------------------------------------
    # receiving

    def _next_part(self) -> tuple[int, int, Any]:
        """Receive a part without waiting.

        Returns
        -------
        its number, 0, and the message, which has to be given away or back

        Raises
        ------
        zmq.Again : there is none
        zmq.ZMQError : as recv()
        """
        ledger = self._ledger
        if ledger.dirty:
            item = ledger.pop()
            if item is not None:
                return item
        msg_p = _take()
        # --- hot: asyncio; slow twin _retry ---
        if fast.recv_try(msg_p, self._hot_p, DONTWAIT) != -1:
            return _number(), 0, msg_p
        # --- end hot ---
        if self._hot_p is not None and last_errno() == EAGAIN:
            _give(msg_p)
            raise Again()
        try:
            if not self._handle:
                raise self._closed_error()
            self._retry(lambda now: C.zmq_msg_recv(msg_p, self._handle, now), DONTWAIT, "recv", 0.0)
        except BaseException:
            memory.release(msg_p)
            _give(msg_p)
            raise
        return _number(), 0, msg_p

    def _take_one(self, copy: bool, track: bool) -> Taken:
        item = self._next_part()
        msg_p = item[2]
        if copy:
            return memory.content(msg_p), (self._ledger, None, [item])
        frame = received(msg_p, track)
        return frame, (self._ledger, None, [(item[0], item[1], frame)])

    def _take_bytes(self) -> Taken:
        ledger = self._ledger
        if not ledger.dirty:
            msg_p = _take()
            # --- hot: asyncio; slow twin _take_one ---
            size = fast.recv_try(msg_p, self._hot_p, DONTWAIT)
            if 0 <= size <= _KEPT:
                return fast.msg_data(msg_p)[:size], (ledger, _number(), msg_p)
            # --- end hot ---
            if size >= 0:
                return memory.content(msg_p), (ledger, None, [(_number(), 0, msg_p)])
            _give(msg_p)
            if last_errno() == EAGAIN:
                raise Again()
        return self._take_one(True, False)

    def _take_message(self, copy: bool, track: bool) -> Taken:
        items: list[tuple[int, int, Any]] = []
        message: list[Any] = []
        more = 1
        try:
            while more:
                item = self._next_part()
                msg_p = item[2]
                # --- hot: asyncio; slow twin zmq_msg_more ---
                more = fast.msg_more(msg_p)
                # --- end hot ---
                if copy:
                    items.append(item)
                    message.append(memory.content(msg_p))
                else:
                    frame = received(msg_p, track)
                    items.append((item[0], item[1], frame))
                    message.append(frame)
        except BaseException:
            _loop._hand_back((self._ledger, None, items))
            raise
        return message, (self._ledger, None, items)

    def _take_many(self, most: int, copy: bool) -> Taken:
        message, held = self._take_message(copy, False)
        messages, items = [message], held[2]
        # Others have to have a turn, however many messages there are.
        ends = _clock() + _loop.TURN_S
        while len(messages) < most and _clock() <= ends:
            try:
                message, held = self._take_message(copy, False)
            except ZMQError:
                break  # the next receive raises it, if it lasts
            messages.append(message)
            items += held[2]
        return messages, (self._ledger, None, items)

    def _receive(self, flags: int, take: Callable[[], Taken]) -> Future[Any]:
        """Return the future of what ``take()`` takes, at once or when there is something."""
        watcher = self._current()
        flags = c_flags(flags)
        go = not watcher.receivers
        if go and (flags & DONTWAIT or self._may_go_on()):
            try:
                value, held = take()
            except Again as error:
                go = False
                if flags & DONTWAIT:
                    return self._failed(error)
            except ZMQError as error:
                if error.errno != EFSM or flags & DONTWAIT:
                    return self._failed(error)
                go = False
            except Exception as error:
                return self._failed(error)
            else:
                if self._ledger.shared or watcher.waiting():
                    watcher.used()
                at_once = not flags & DONTWAIT or self._may_go_on()
                future: Any = (_Received if at_once else _loop.ReceivedTurn)(loop=watcher.loop)
                future._held = held
                future.set_result(value)
                return future  # type: ignore[no-any-return]
        elif flags & DONTWAIT:
            return self._failed(Again())
        return self._wait(watcher, watcher.receivers, take, RCVTIMEO, go)

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def recv(
            self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
        ) -> Future[bytes]: ...
        @overload
        def recv(
            self, flags: int = ..., *, copy: Literal[False], track: bool = ...
        ) -> Future[Frame]: ...
        @overload
        def recv(self, flags: int, copy: Literal[False], track: bool = ...) -> Future[Frame]: ...
        @overload
        def recv(self, flags: int = ..., copy: bool = ..., track: bool = ...) -> Future[Any]: ...

    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> Future[Any]:
        """Receive one message part.

        Parameters
        ----------
        flags, copy, track : as zmq.Socket.recv()

        Returns
        -------
        Future of bytes or Frame, complete if there is something to receive; fails with
        zmq.Again when RCVTIMEO (ms) has passed, and is cancelled when the socket is closed

        Notes
        -----
        Cancelling it, as time-outs do, loses nothing: until the result is taken, by
        ``await`` or ``result()``, a message that has arrived goes back to the socket.
        That holds for all receives.
        """
        now = self._now
        if now is None or _running() is not now[1]:
            self._enter()
            now = self._now
        watcher, loop, ledger, turns, hot_p = now
        if (
            flags == 0
            and copy
            and not (watcher.receivers or ledger.dirty)
            and (_clock() < turns.ends or not turns.over())
        ):
            try:
                msg_p = _pop()
            except IndexError:
                msg_p = _take()
            # --- hot: asyncio; slow twin _take_one ---
            size = fast.recv_try(msg_p, hot_p, 1)
            if 0 <= size < _LIMIT:
                data = fast.msg_data(msg_p)[:size]
                future = _Received(loop=loop)
                if size <= _KEPT:
                    future._held = (ledger, _number(), msg_p)
                else:
                    future._held = (ledger, None, [(_number(), 0, msg_p)])
                future.set_result(data)
                if watcher.senders or watcher.polls or ledger.shared:
                    watcher.used()
                return future  # type: ignore[no-any-return]
            # --- end hot ---
            _give(msg_p)
            if size == -1 and last_errno() == EAGAIN:
                return self._wait(watcher, watcher.receivers, self._take_bytes, RCVTIMEO, False)
        # No lambda: what one uses is slower to get at for the rest of the function.
        return self._receive(flags, partial(self._take_one, copy, track))

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def recv_multipart(
            self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
        ) -> Future[list[bytes]]: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., *, copy: Literal[False], track: bool = ...
        ) -> Future[list[Frame]]: ...
        @overload
        def recv_multipart(
            self, flags: int, copy: Literal[False], track: bool = ...
        ) -> Future[list[Frame]]: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., copy: bool = ..., track: bool = ...
        ) -> Future[list[Any]]: ...

    def recv_multipart(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Future[list[Any]]:
        """Receive all parts of a message.

        Parameters
        ----------
        flags, copy, track : as zmq.Socket.recv_multipart()

        Returns
        -------
        Future of a list of bytes or Frame; otherwise as recv()
        """
        now = self._now
        if now is None or _running() is not now[1]:
            self._enter()
            now = self._now
        watcher, loop, ledger, turns, hot_p = now
        if (
            flags == 0
            and copy
            and not (watcher.receivers or ledger.dirty)
            and (_clock() < turns.ends or not turns.over())
        ):
            message, kept = _message_now(ledger, hot_p)
            if kept:
                future = _Received(loop=loop)
                future._held = (ledger, *kept)
                future.set_result(message)
                if watcher.senders or watcher.polls or ledger.shared:
                    watcher.used()
                return future  # type: ignore[no-any-return]
        return self._receive(flags, partial(self._take_message, copy, track))

    def recv_many(self, max: int, flags: int = 0, copy: bool = True) -> Future[list[list[Any]]]:  # noqa: A002
        """Receive the messages that are there, or wait for one.

        Parameters
        ----------
        max : int, the most messages to receive; at least 1
        flags, copy : as recv_multipart()

        Returns
        -------
        Future of a list of 1 to ``max`` messages, each as recv_multipart() gives it;
        otherwise as recv()
        """
        if max < 1:
            raise ValueError(f"max must be at least 1, got {max}")
        return self._receive(flags, lambda: self._take_many(max, copy))

    def _converted(
        self,
        take: Callable[[bool, bool], Taken],
        convert: Callable[[Any], Any],
        flags: int,
        copy: bool = True,
    ) -> Future[Any]:
        def taken() -> Taken:
            message, held = take(copy, False)
            try:
                return convert(Given(self, message)), held
            except BaseException:
                _loop.release(held[2])
                raise

        return self._receive(flags, taken)

    def _converted_part(self, convert: Callable[[Any], Any], flags: int) -> Future[Any]:
        if type(self).recv is not _AsyncSocket.recv:
            return self._converted_later(self.recv(flags), convert)
        return self._converted(self._take_one, convert, flags)

    def _converted_later(
        self, receiving: Awaitable[Any], convert: Callable[[Any], Any]
    ) -> Future[Any]:
        """Return the future of what becomes of a message that a subclass receives in its own way."""
        if _loop is None:
            _load()

        async def received() -> Any:
            return convert(Given(self, await receiving))

        task: Future[Any] = _loop.asyncio.ensure_future(received(), loop=_loop.current_loop())
        return task

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> Future[str]:  # type: ignore[override]
        """Receive a str.

        Parameters
        ----------
        flags, encoding : as zmq.Socket.recv_string()

        Returns
        -------
        Future of str; otherwise as recv()
        """
        return self._converted_part(lambda given: Socket.recv_string(given, 0, encoding), flags)

    recv_unicode = recv_string  # type: ignore[assignment]

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Future[Any]:
        """Receive an object that came as JSON.

        Parameters
        ----------
        flags, **kwargs : as zmq.Socket.recv_json()

        Returns
        -------
        Future of the object; otherwise as recv()
        """
        return self._converted_part(lambda given: Socket.recv_json(given, 0, **kwargs), flags)

    def recv_pyobj(self, flags: int = 0) -> Future[Any]:
        """Receive a Python object that came as a pickle; see zmq.Socket.recv_pyobj().

        Parameters
        ----------
        flags : as recv()

        Returns
        -------
        Future of the object; otherwise as recv()
        """
        return self._converted_part(lambda given: Socket.recv_pyobj(given, 0), flags)

    def recv_serialized(  # type: ignore[override]
        self, deserialize: Callable[[list[Any]], R], flags: int = 0, copy: bool = True
    ) -> Future[R]:
        """Receive a message and return ``deserialize(parts)``.

        Parameters
        ----------
        deserialize, flags, copy : as zmq.Socket.recv_serialized()

        Returns
        -------
        Future of what ``deserialize`` returns; otherwise as recv()
        """

        def convert(given: Any) -> R:
            return Socket.recv_serialized(given, deserialize, 0, copy)

        if type(self).recv_multipart is not _AsyncSocket.recv_multipart:
            return self._converted_later(self.recv_multipart(flags=flags, copy=copy), convert)
        return self._converted(self._take_message, convert, flags, copy)

    def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> Future[int]:  # type: ignore[override]
        """Receive one message part into memory that is there already.

        Parameters
        ----------
        buffer, nbytes, flags : as zmq.Socket.recv_into()

        Returns
        -------
        Future of the size of the part; otherwise as recv()

        Notes
        -----
        The buffer is written to when the result is taken, and not by a receive that is
        cancelled; until one of the two it cannot be resized.
        """
        self._current()
        try:
            memory.writable(buffer).release()
            view = memoryview(buffer).cast("B")
            if nbytes < 0 or nbytes > len(view):
                raise ValueError(f"{nbytes=} too big for memoryview of {len(view)}B")
        except Exception as error:
            return self._failed(error)
        view = view[: nbytes or len(view)]

        def taken() -> Taken:
            item = self._next_part()
            return C.zmq_msg_size(item[2]), (self._ledger, None, [item], view)

        return self._receive(flags, taken)

    def __aiter__(self: T) -> T:
        """Return the messages as they arrive, each as recv_multipart() gives it."""
        return self

    def __anext__(self) -> Future[list[Any]]:
        """Return the future of the next message; ends when the socket is closed."""
        if not self._handle:
            raise StopAsyncIteration
        future = self.recv_multipart()
        if isinstance(future, _loop.Waiter):
            future.iterating = True
        return future

    # ------------------------------------------------------------------
    # sending

    if TYPE_CHECKING:
        # What they return is what send() or send_multipart() returns.
        def send_string(  # type: ignore[override]
            self,
            u: str,
            flags: int = 0,
            copy: bool = True,
            encoding: str = "utf-8",
            **kwargs: Any,
        ) -> Future[MessageTracker | None]: ...
        def send_unicode(  # type: ignore[override]
            self,
            u: str,
            flags: int = 0,
            copy: bool = True,
            encoding: str = "utf-8",
            **kwargs: Any,
        ) -> Future[MessageTracker | None]: ...
        def send_json(  # type: ignore[override]
            self, obj: Any, flags: int = 0, **kwargs: Any
        ) -> Future[MessageTracker | None]: ...
        def send_pyobj(  # type: ignore[override]
            self, obj: Any, flags: int = 0, protocol: int = 4, **kwargs: Any
        ) -> Future[MessageTracker | None]: ...
        def send_serialized(  # type: ignore[override]
            self,
            msg: Any,
            serialize: Callable[[Any], Sequence[Any]],
            flags: int = 0,
            copy: bool = True,
            **kwargs: Any,
        ) -> Future[MessageTracker | None]: ...

    def send(  # type: ignore[override]
        self, data: Any, flags: int = 0, copy: bool = True, track: bool = False, **kwargs: Any
    ) -> Future[MessageTracker | None]:
        """Send one message part.

        Parameters
        ----------
        data, flags, copy, track, **kwargs : as zmq.Socket.send()

        Returns
        -------
        Future of None, or of the MessageTracker if ``track`` and not ``copy``; complete
        if it could be sent; fails with zmq.Again when SNDTIMEO (ms) has passed, and is
        cancelled when the socket is closed

        Notes
        -----
        Cancelling it before it is complete: it was not sent, and will not be.
        """
        now = self._now
        if now is None or _running() is not now[1]:
            if not self._handle:
                return self._send_closed()
            self._enter()
            now = self._now
        watcher, loop, ledger, turns, hot_p = now
        if (
            type(data) is bytes
            and flags == 0
            and copy
            and not (kwargs or watcher.senders or self._midway)
        ):
            size = len(data)
            # --- hot: asyncio; slow twin zmq.Socket.send ---
            if size < _RELEASING and fast.send_now(hot_p, data, size, 1) >= 0:
                # --- end hot ---
                if watcher.receivers or watcher.polls or ledger.shared:
                    watcher.used()
                if _clock() >= turns.ends:
                    return self._complete(None)
                future = _Completed(loop=loop)
                future.set_result(None)
                return future  # type: ignore[no-any-return]
        if copy:
            data = _snapshot(data)
        send = partial(Socket.send, self, data, copy=copy, track=track, **kwargs)
        return self._submit(flags, [data], send, copy, track, kwargs)

    def send_multipart(  # type: ignore[override]
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Future[MessageTracker | None]:
        """Send a message of several parts, which arrives whole or not at all.

        Parameters
        ----------
        msg_parts, flags, copy, track, **kwargs : as zmq.Socket.send_multipart()

        Returns
        -------
        Future, as send()
        """
        now = self._now
        if now is None or _running() is not now[1]:
            if not self._handle:
                return self._send_closed()
            self._enter()
            now = self._now
        watcher, loop, ledger, turns, hot_p = now
        if (
            flags == 0
            and copy
            and type(msg_parts) is list
            and not (kwargs or watcher.senders or self._midway)
        ):
            try:
                sent = _send_parts_now(self, msg_parts, hot_p)
            except Exception as error:
                return self._failed(error)
            if sent:
                if watcher.receivers or watcher.polls or ledger.shared:
                    watcher.used()
                if _clock() >= turns.ends:
                    return self._complete(None)
                future = _Completed(loop=loop)
                future.set_result(None)
                return future  # type: ignore[no-any-return]
        parts = [_snapshot(part) for part in msg_parts] if copy else list(msg_parts)
        send = partial(Socket.send_multipart, self, parts, copy=copy, track=track, **kwargs)
        return self._submit(flags, parts, send, copy, track, kwargs)

    def _send_closed(self) -> Future[Any]:
        if _loop is None:
            _load()
        _set(self, "_loop", _loop.current_loop())
        return self._failed(self._closed_error())

    def _submit(
        self,
        flags: int,
        parts: Sequence[Any],
        begin: Callable[[int], Any],
        copy: bool,
        track: bool,
        kwargs: dict[str, Any],
    ) -> Future[Any]:
        """Return the future of a send, done at once or when there is room; see _send_now()."""
        watcher = self._current()
        try:
            flags = c_flags(flags)
        except Exception as error:
            return self._failed(error)

        def attempt() -> Taken:
            # What is done here is seen here, so the quick forms will do.
            _set(self, "_fast_p", self._hot_p)
            try:
                return self._send_now(begin, parts, flags, copy, track, kwargs), None
            finally:
                _set(self, "_fast_p", None)
                _set(self, "_parked_p", None)

        if not watcher.senders:
            try:
                tracker = attempt()[0]
            except Again as error:
                if flags & DONTWAIT:
                    return self._failed(error)
            except Exception as error:
                return self._failed(error)
            else:
                if self._ledger.shared or watcher.waiting():
                    watcher.used()
                return self._complete(tracker)
        elif flags & DONTWAIT:
            return self._failed(Again())
        ask = self._has_to_ask(parts)
        return self._wait(watcher, watcher.senders, attempt, SNDTIMEO, ask)

    # ------------------------------------------------------------------
    # options and polling

    def get(self, key: int) -> Any:
        """Return the value of an option.

        Parameters
        ----------
        key : int, a zmq.SocketOption; otherwise as zmq.Socket.get()
        """
        return Socket.get(self, key)

    def poll(self, timeout: float | None = None, flags: int = POLLIN) -> Future[int]:  # type: ignore[override]
        """Wait until the socket is ready.

        Parameters
        ----------
        timeout : float, ms; None or negative waits for ever
        flags : int, bitmask of POLLIN and POLLOUT: what to wait for

        Returns
        -------
        Future of int, what it is ready for out of ``flags``; 0 when the time is over

        Raises
        ------
        zmq.ZMQError : the socket is closed (ENOTSUP)
        """
        if not self._handle:
            Socket.poll(self, 0)
        watcher = self._current()
        wanted = int(flags)
        try:
            found = watcher.events() & wanted
        except ZMQError as error:
            return self._failed(error)
        if watcher.waiting() or self._ledger.shared:
            self._ledger.processed()
        if timeout == 0 or (found and self._may_go_on()):
            return self._complete(found)
        poll = (self._poll_type or _loop.Poll)(loop=watcher.loop)
        poll.begin(watcher.loop, lambda events: events & wanted, 0, timeout)
        poll.at_socket(watcher, wanted)
        if found:
            watcher.poke()
        return poll  # type: ignore[no-any-return]


def _message_now(ledger: _wakeup.Ledger, hot_p: Any) -> tuple[list[bytes], Any]:
    """Receive a message that is there, in the usual case.

    Returns
    -------
    the parts, and what Received holds besides the ledger; or nothing: try the other way
    """
    parts: list[bytes] = []
    messages: list[Any] = []
    longest = 0
    # --- hot: asyncio; slow twin _take_message ---
    recv_now, msg_data, msg_more = fast.recv_now, fast.msg_data, fast.msg_more
    while True:
        try:
            msg_p = _pop()
        except IndexError:
            msg_p = _take()
        messages.append(msg_p)
        size = recv_now(msg_p, hot_p, 1)
        if not 0 <= size < _LIMIT:
            break
        parts.append(msg_data(msg_p)[:size])
        if size > longest:
            longest = size
        if not msg_more(msg_p):
            if longest <= _KEPT:
                return parts, (_number(), messages)
            number = _number()
            return parts, (None, [(number, at, part) for at, part in enumerate(messages)])
    # --- end hot ---
    if size < 0:
        _give(messages.pop())
    if messages:
        # What is there goes back, and is received again in the checked form.
        number = _number()
        items = [(number, at, part) for at, part in enumerate(messages)]
        _loop._hand_back((ledger, None, items))
    return [], None


def _send_parts_now(socket: _AsyncSocket, parts: list[Any], hot_p: Any) -> bool:
    """Send a message for which there is room, in the usual case.

    Returns
    -------
    whether it was sent; if not, nothing of it was: try the other way
    """
    for part in parts:
        if type(part) is not bytes or len(part) >= _RELEASING:
            return False
    # --- hot: asyncio; slow twin zmq.Socket.send_multipart ---
    send_try = fast.send_try
    left = len(parts)
    for part in parts:
        left -= 1
        if send_try(hot_p, part, len(part), 3 if left else 1) < 0:
            break
    else:
        return bool(parts)
    # --- end hot ---
    index = len(parts) - left - 1
    if index == 0:
        return False
    refused = last_errno() == EAGAIN
    if refused and socket._taken_back(SNDMORE if left else 0):
        return False
    # A signal came in between, or the peer left a REQ, which has lost the part.
    socket._send_rest(parts[index + refused :], 0, True, False, {})
    _set(socket, "_midway", 0)
    return True


def _snapshot(data: Any) -> Any:
    """Return data that stays as it is while the send waits."""
    if type(data) is bytes or isinstance(data, (str, bytes, Frame)):
        return data
    try:
        return bytes(data) if isinstance(data, (bytearray, memoryview)) else data
    except Exception:
        return data  # what is wrong with it is said when it is sent


class _AsyncPoller(Poller):
    """A poller whose poll() returns a future."""

    _poll_type: Any = None

    def poll(self, timeout: float | None = -1) -> Future[list[tuple[Any, int]]]:  # type: ignore[override]
        """Wait until something is ready.

        Parameters
        ----------
        timeout : float, ms; None or negative waits for ever

        Returns
        -------
        Future of what zmq.Poller.poll() returns; cancelled when a socket is closed
        """
        if timeout is None:
            timeout = -1
        timeout_ms = _poll._milliseconds(timeout)
        if _loop is None:
            _load()
        loop = _loop.current_loop()
        found = Poller.poll(self, 0)
        turns = _loop.turns_of(loop)
        at_once = _clock() < turns.ends or not turns.over()
        if timeout_ms == 0 or (found and at_once):
            future: Future[Any] = (_Completed if at_once else _loop.Turn)(loop=loop)
            future.set_result(found)
            return future
        items = list(self.sockets)
        poll = (self._poll_type or _loop.Poll)(loop=loop)
        poll.begin(loop, lambda _: _poll.zmq_poll(items, 0), [], timeout)
        try:
            _wait_for_items(poll, loop, items)
        except BaseException:
            poll.cancel()
            raise
        if found:
            loop.call_soon(poll.notice, 0)
        return poll  # type: ignore[no-any-return]


def _wait_for_items(poll: Any, loop: Any, items: list[tuple[Any, int]]) -> None:
    """Have a poll wait at sockets and descriptors."""
    for item, flags in items:
        if isinstance(item, Socket):
            watcher = _loop.watcher_for(item, loop)
            poll.at_socket(watcher, flags)
        else:
            fd = _poll._descriptor(item)
            descriptors = _loop.descriptors_of(loop)
            poll.at_descriptor(descriptors, fd, bool(flags & ~OUT), bool(flags & OUT))
