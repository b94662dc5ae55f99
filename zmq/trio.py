# SPDX-License-Identifier: BSD-3-Clause
"""Sockets for trio: those of zmq, whose sends, receives and polls are awaited.

>>> import trio
>>> import zmq.trio
>>> async def answer():
...     socket = zmq.trio.Context.instance().socket(zmq.REP)
...     socket.bind("tcp://127.0.0.1:5555")
...     async for request in socket:
...         await socket.send_multipart(request)

Each of them is a checkpoint: other tasks have their turn, and a cancelled scope ends it.
What is cancelled was not done: no message is received, none is sent. RCVTIMEO and SNDTIMEO
are honoured. Needs trio.
"""

from __future__ import annotations

import functools
import math

import zmq

try:
    import trio
    from outcome import Error, Value
    from trio import lowlevel
except ImportError as error:
    raise ImportError("zmq.trio needs trio: pip install trio") from error

from . import _poll, _wakeup
from ._midway import SendsInParts
from ._socket_checked import c_flags
from ._socket_formats import Given
from ._socket_options import read_events
from .constants import Errno, Flag, PollEvent, SocketOption
from .error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["Context", "Poller", "Socket"]

DONTWAIT = int(Flag.DONTWAIT)
POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)
EFSM = int(Errno.EFSM)
ENOTSOCK = int(Errno.ENOTSOCK)
FD = int(SocketOption.FD)
RCVTIMEO = int(SocketOption.RCVTIMEO)
SNDTIMEO = int(SocketOption.SNDTIMEO)

_set = object.__setattr__


class _Waiter:
    """A task that waits; see ``_wakeup.Waiting``.

    What it waits for is done on its behalf, and it is given the result. Nothing comes between
    that and its next step: a task that is to run can no longer be cancelled.
    """

    __slots__ = ("_take", "_task")

    def __init__(self, take: Callable[[], Any]) -> None:
        self._task = lowlevel.current_task()
        self._take = take

    def attempt(self) -> bool:
        """Try, and tell whether the waiting is over."""
        try:
            outcome: Any = Value(self._take())
        except Again:
            return False
        except ZMQError as error:
            if error.errno == EFSM:
                return False
            outcome = Error(error)
        except Exception as error:
            outcome = Error(error)
        lowlevel.reschedule(self._task, outcome)
        return True

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        lowlevel.reschedule(self._task, Error(error))

    def drop(self) -> None:
        """End because the socket is closed."""
        self.fail(ZMQError(ENOTSOCK, "the socket was closed by another task"))


class _Polling:
    """A task that waits for events; see ``_wakeup.Polling``."""

    __slots__ = ("_entry", "_task", "_watcher")

    def __init__(self, watcher: _Watcher, events: int) -> None:
        self._task = lowlevel.current_task()
        self._watcher = watcher
        self._entry = (events, self)
        watcher.polls.append(self._entry)

    def leave(self) -> None:
        """Be told no more."""
        if self._entry in self._watcher.polls:
            self._watcher.polls.remove(self._entry)

    def notice(self, events: int) -> None:
        """End with the events."""
        self.leave()
        lowlevel.reschedule(self._task, Value(events))

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        lowlevel.reschedule(self._task, Error(error))

    drop = _Waiter.drop


class _Watcher(_wakeup.Watcher):
    """Those who wait for a C socket in one run of trio."""

    __slots__ = ("_fd", "_listening", "token")

    _takes = True

    def __init__(self, socket: zmq.Socket[Any], token: lowlevel.TrioToken) -> None:
        handle = socket.underlying
        self._fd: int = socket._get_checked(FD, None)
        self._listening: trio.CancelScope | None = None
        self.token = token
        super().__init__(handle, None, functools.partial(read_events, handle))
        self._socket_p = socket._watched_p()

    def over(self) -> bool:
        """Tell whether the run has ended."""
        try:
            self.token.run_sync_soon(int, idempotent=True)
        except trio.RunFinishedError:
            return True
        return False

    def here(self) -> bool:
        return (
            lowlevel.in_trio_run() and lowlevel.current_trio_token() is self.token
        ) or self.over()

    def soon(self, callback: Callable[[], object]) -> None:
        try:
            self.token.run_sync_soon(callback)
        except trio.RunFinishedError:
            self._scheduled = False

    def later(self, delay_s: float, callback: Callable[[], object]) -> None:
        async def call() -> None:
            await trio.sleep(delay_s)
            callback()

        lowlevel.spawn_system_task(call)

    def arm(self) -> None:
        self._listening = trio.CancelScope()
        lowlevel.spawn_system_task(self._listen, self._listening)

    async def _listen(self, scope: trio.CancelScope) -> None:
        with scope:
            while True:
                try:
                    await lowlevel.wait_readable(self._fd)
                except (trio.BusyResourceError, trio.ClosedResourceError, OSError) as error:
                    if self._listening is scope:
                        self._fail(error)
                    return
                self.check()

    def disarm(self) -> None:
        scope, self._listening = self._listening, None
        if scope is None:
            return
        if self.here():
            scope.cancel()
        else:
            self.soon(scope.cancel)


def _watcher_for(socket: zmq.Socket[Any]) -> _Watcher:
    """Return those who wait for a socket in this run."""
    token = lowlevel.current_trio_token()
    ledger = _wakeup.watched.get(socket.underlying)
    for watcher in ledger.watchers if ledger else ():
        if isinstance(watcher, _Watcher):
            if watcher.token is token:
                return watcher
            if watcher.over():
                watcher.retire()
    return _Watcher(socket, token)


async def _ready(watcher: _Watcher, events: int) -> int:
    """Wait for events, and return those that are there; no checkpoint if they are already."""
    found = watcher.events() & events
    if watcher.waiting() or watcher.ledger.shared:
        watcher.ledger.processed()
    if found:
        return found
    polling = _Polling(watcher, events)
    watcher.expect()

    def abort(_: object) -> lowlevel.Abort:
        polling.leave()
        return lowlevel.Abort.SUCCEEDED

    value: int = await lowlevel.wait_task_rescheduled(abort)
    return value


def _deadline(timeout_ms: float) -> trio.CancelScope:
    """Return a scope that ends after some milliseconds; negative: never."""
    seconds = math.inf if timeout_ms < 0 else timeout_ms / 1000
    return trio.CancelScope(deadline=trio.current_time() + seconds)


class Poller(zmq.Poller):
    """Waits for events on several sockets and descriptors; ``await poller.poll()``.

    What is registered may be a zmq.Socket of any kind, a descriptor or anything
    with a ``fileno()``.
    """

    async def poll(self, timeout: float | None = -1) -> list[tuple[Any, int]]:  # type: ignore[override]
        """Wait until something is ready.

        Parameters
        ----------
        timeout : float, ms; None or negative waits for ever

        Returns
        -------
        what zmq.Poller.poll() returns

        Raises
        ------
        zmq.ZMQError : a socket is closed meanwhile (ENOTSOCK)
        """
        timeout_ms = -1 if timeout is None else _poll._milliseconds(timeout)
        await lowlevel.checkpoint()
        found = zmq.Poller.poll(self, 0)
        if timeout_ms:
            with _deadline(-1 if timeout is None else timeout):
                while not found:
                    await self._something()
                    found = zmq.Poller.poll(self, 0)
        return found

    async def _something(self) -> None:
        """Wait until one of all may be ready."""
        failures: list[Exception] = []
        async with trio.open_nursery() as nursery:

            async def wait(for_what: Callable[..., Any], *args: Any) -> None:
                try:
                    await for_what(*args)
                except Exception as error:
                    failures.append(error)
                nursery.cancel_scope.cancel()

            for item, flags in self.sockets:
                if isinstance(item, zmq.Socket):
                    nursery.start_soon(wait, _ready, _watcher_for(item), flags)
                    continue
                fd = _poll._descriptor(item)
                if flags & POLLOUT:
                    nursery.start_soon(wait, lowlevel.wait_writable, fd)
                if flags & ~POLLOUT:
                    nursery.start_soon(wait, lowlevel.wait_readable, fd)
            if not self.sockets:
                await trio.sleep_forever()
        if failures:
            raise failures[0]


class Socket(SendsInParts):
    """A zmq.Socket whose sends, receives and polls are awaited in trio.

    Parameters
    ----------
    ctx_or_socket : zmq.Context, or a zmq.Socket that this one is to be a view of
    socket_type : int, a zmq.SocketType
    **kwargs
        As zmq.Socket.

    Notes
    -----
    Each method that is awaited takes the arguments of zmq.Socket's, returns and raises the same.
    ``async for message in socket`` gives every message as recv_multipart() does.
    """

    __slots__ = ("_plain", "_watcher")

    _plain: zmq.Socket[bytes] | None
    _watcher: _Watcher | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _set(self, "_plain", None)
        _set(self, "_watcher", None)
        super().__init__(*args, **kwargs)

    def _detach(self, why: str) -> None:
        _set(self, "_plain", None)
        _set(self, "_watcher", None)
        super()._detach(why)

    def _current(self) -> _Watcher:
        watcher = self._watcher
        if watcher is None or watcher.token is not lowlevel.current_trio_token():
            if not self._handle:
                raise self._closed_error()
            watcher = _watcher_for(self)
            _set(self, "_watcher", watcher)
            _set(self, "_plain", zmq.Socket.shadow(self.underlying))
        return watcher

    async def _receive(self, name: str, *args: Any, flags: int, **kwargs: Any) -> Any:
        """Receive by a method of zmq.Socket, without waiting or when there is something."""
        watcher = self._current()
        flags = c_flags(flags)
        receive = getattr(self._plain, name)

        def take() -> Any:
            return receive(*args, flags=flags | DONTWAIT, **kwargs)

        return await self._do(watcher, watcher.receivers, take, flags, RCVTIMEO)

    async def _receive_part(self, name: str, flags: int, **kwargs: Any) -> Any:
        """Receive by a method of zmq.Socket what a subclass may receive in its own way."""
        if type(self).recv is not _recv:
            return getattr(zmq.Socket, name)(Given(self, await self.recv(flags)), **kwargs)
        return await self._receive(name, flags=flags, **kwargs)

    async def _do(
        self,
        watcher: _Watcher,
        queue: deque[Any],
        take: Callable[[], Any],
        flags: int,
        option: int,
        ask: bool = False,
    ) -> Any:
        await lowlevel.checkpoint()
        if not queue:
            try:
                return take()
            except Again:
                if flags & DONTWAIT:
                    raise
            except ZMQError as error:
                # A REQ may wait for its reply before another task has sent the request.
                if error.errno != EFSM or option != RCVTIMEO or flags & DONTWAIT:
                    raise
        elif flags & DONTWAIT:
            raise Again()
        waiter = _Waiter(take)
        queue.append(waiter)
        watcher.expect()
        if ask:
            watcher.poke()

        def abort(_: object) -> lowlevel.Abort:
            if waiter in queue:
                queue.remove(waiter)
            return lowlevel.Abort.SUCCEEDED

        with _deadline(self._read_int(option)):
            return await lowlevel.wait_task_rescheduled(abort)
        raise Again()

    async def recv(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive one message part, as zmq.Socket.recv()."""
        return await self._receive("recv", flags=flags, copy=copy, track=track)

    async def recv_multipart(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive all parts of a message, as zmq.Socket.recv_multipart()."""
        return await self._receive("recv_multipart", flags=flags, copy=copy, track=track)

    async def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> Any:  # type: ignore[override]
        """Receive a str, as zmq.Socket.recv_string()."""
        return await self._receive_part("recv_string", flags=flags, encoding=encoding)

    recv_unicode = recv_string  # type: ignore[assignment]

    async def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive an object that came as JSON, as zmq.Socket.recv_json()."""
        return await self._receive_part("recv_json", flags=flags, **kwargs)

    async def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive a Python object that came as a pickle, as zmq.Socket.recv_pyobj()."""
        return await self._receive_part("recv_pyobj", flags=flags)

    async def recv_serialized(  # type: ignore[override]
        self, deserialize: Callable[[list[Any]], Any], flags: int = 0, copy: bool = True
    ) -> Any:
        """Receive a message and return ``deserialize(parts)``, as zmq.Socket.recv_serialized()."""
        if type(self).recv_multipart is not _recv_multipart:
            return deserialize(await self.recv_multipart(flags=flags, copy=copy))
        return await self._receive("recv_serialized", deserialize, flags=flags, copy=copy)

    async def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> Any:  # type: ignore[override]
        """Receive one message part into memory that is there, as zmq.Socket.recv_into()."""
        return await self._receive("recv_into", buffer, nbytes=nbytes, flags=flags)

    def __aiter__(self) -> Socket:
        """Return the messages as they arrive, each as recv_multipart() gives it."""
        return self

    async def __anext__(self) -> Any:
        """Return the next message; ends when the socket is closed."""
        try:
            return await self.recv_multipart()
        except ZMQError:
            if self.closed:
                raise StopAsyncIteration from None
            raise

    async def send(  # type: ignore[override]
        self, data: Any, flags: int = 0, copy: bool = True, track: bool = False, **kwargs: Any
    ) -> Any:
        """Send one message part, as zmq.Socket.send()."""
        send = functools.partial(zmq.Socket.send, self, data, copy=copy, track=track, **kwargs)
        return await self._submit([data], send, flags, copy, track, kwargs)

    async def send_multipart(  # type: ignore[override]
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Send a message of several parts, as zmq.Socket.send_multipart()."""
        parts = msg_parts if isinstance(msg_parts, (list, tuple)) else list(msg_parts)
        whole = zmq.Socket.send_multipart
        send = functools.partial(whole, self, parts, copy=copy, track=track, **kwargs)
        return await self._submit(parts, send, flags, copy, track, kwargs)

    async def _submit(
        self,
        parts: Sequence[Any],
        send: Callable[..., Any],
        flags: int,
        copy: bool,
        track: bool,
        kwargs: dict[str, Any],
    ) -> Any:
        watcher = self._current()
        flags = c_flags(flags)

        def take() -> Any:
            return self._send_now(send, parts, flags, copy, track, kwargs)

        ask = self._has_to_ask(parts)
        return await self._do(watcher, watcher.senders, take, flags, SNDTIMEO, ask)

    async def poll(self, timeout: float | None = None, flags: int = POLLIN) -> int:  # type: ignore[override]
        """Wait until the socket is ready, as zmq.Socket.poll().

        Parameters
        ----------
        timeout : float, ms; None or negative waits for ever
        flags : int, bitmask of POLLIN and POLLOUT: what to wait for

        Returns
        -------
        int, what it is ready for out of ``flags``; 0 when the time is over
        """
        if not self._handle:
            zmq.Socket.poll(self, 0)
        watcher = self._current()
        await lowlevel.checkpoint()
        if timeout == 0:
            return watcher.events() & int(flags)
        found = 0
        with _deadline(-1 if timeout is None else timeout):
            found = await _ready(watcher, int(flags))
        return found  # noqa: RET504


_recv = Socket.recv
_recv_multipart = Socket.recv_multipart
"""What subclasses and programs may replace: then all other receives are made of theirs."""


class Context(zmq.Context[Socket]):
    """A zmq.Context that makes sockets for trio.

    Parameters
    ----------
    io_threads, shadow : as zmq.Context

    Notes
    -----
    ``Context.instance()`` is another one than that of zmq.Context; to share one, give
    it: ``zmq.trio.Context(zmq.Context.instance())``.
    """

    _socket_class = Socket
    _instance = None
