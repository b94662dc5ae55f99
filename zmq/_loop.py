# SPDX-License-Identifier: BSD-3-Clause
"""What asyncio's loops need of :mod:`zmq._wakeup`: a watcher, and futures that lose nothing.

A future is complete before anybody has its result. In between a task may be
cancelled, a time-out may pass, whoever asked may have gone away. A message that was
received for it would be lost, so :class:`Received` keeps libzmq's message until the
result is taken, by ``await`` or by ``result()``. Up to then cancelling works, as on
a future that is not complete: it gives the message back to the socket and makes the
future a cancelled one. A future that is collected with its message does the same.

The module imports asyncio, which takes longer to import than all the rest; it is
itself imported when a socket is first used.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
import weakref
from asyncio import Future
from time import monotonic

from . import _socket, _wakeup
from ._ctypes import errors, memory
from ._ctypes.bind import C
from ._frame import Frame
from ._socket_options import read_events
from .constants import Errno, SocketOption
from .error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Generator
    from typing import Any

    AnySocket = _socket.Socket[Any]
    Loop = asyncio.AbstractEventLoop
    _Future = Future[Any]
else:
    _Future = Future

EFSM = int(Errno.EFSM)
ENOTSOCK = int(Errno.ENOTSOCK)
FD = int(SocketOption.FD)

TURN_S = 0.003
"""Seconds for which operations of one loop may succeed at once, one after the other.

After at most twice that time who awaits the next one waits for a round of the loop, so
that other tasks have their turn. Set it to 0 to have every operation wait for a
round, to ``float("inf")`` to have none.
"""

running_loop: Callable[[], Loop | None] = asyncio._get_running_loop
_set = object.__setattr__

_iterate = Future.__await__
_result = Future.result
_exception = Future.exception
_add_done_callback = Future.add_done_callback
_cancel = Future.cancel
_cancelled = Future.cancelled
_done = Future.done
_future_del: Callable[[Any], None] = getattr(Future, "__del__", lambda future: None)

_TAKEN_BACK = "taken back"
_give = memory.give
_give_all = memory.spare.extend


class Received(_Future):
    """The future of a message: who cancels or forgets it gives the message back.

    ``_held`` is None when there is nothing to give back (any more), or _TAKEN_BACK, or
    a tuple: (ledger, number, message) or (ledger, number, list of messages), which are
    so small that they need not be released (``memory.KEPT``); or (ledger, None, items),
    perhaps with a buffer to be filled, where items are (number, position, message or
    Frame).
    """

    __slots__ = ("_held",)

    _held: Any

    def _deliver(self) -> None:
        """Let go of the message: somebody takes the result."""
        held = self._held
        if held is _TAKEN_BACK:
            raise self._make_cancelled_error()
        self._held = None
        kept = held[2]
        if held[1] is None:
            if len(held) > 3:
                _fill(held[3], kept[0][2])
            release(kept)
        elif type(kept) is list:
            _give_all(kept)
        else:
            _give(kept)

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the message, and take it."""
        held = self._held
        if held is not None:
            if type(held) is tuple and held[1] is not None:
                # As _deliver(), in the usual case.
                self._held = None
                kept = held[2]
                if type(kept) is list:
                    _give_all(kept)
                else:
                    _give(kept)
            else:
                self._deliver()
        return _iterate(self)

    __iter__ = __await__

    if TYPE_CHECKING:

        def _make_cancelled_error(self) -> BaseException: ...

    def result(self) -> Any:
        """Return the message, and take it."""
        if self._held is not None:
            self._deliver()
        return _result(self)

    def exception(self) -> BaseException | None:
        """Return why there is no message, if so."""
        if self._held is _TAKEN_BACK:
            raise self._make_cancelled_error()
        return _exception(self)

    def cancelled(self) -> bool:
        """Tell whether it was cancelled before the message was taken."""
        return self._held is _TAKEN_BACK or _cancelled(self)

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it, and give the message back unless it was taken."""
        held = self._held
        if type(held) is not tuple:
            return _cancel(self) if msg is None else _cancel(self, msg)
        self._held = _TAKEN_BACK
        self._cancel_message = msg
        _hand_back(held)
        return True

    def __del__(self, is_finalizing: Any = sys.is_finalizing) -> None:
        held = self._held
        if held is not None and type(held) is tuple and not is_finalizing():
            self._held = None
            _forgotten(held)


def _fill(view: memoryview, msg_p: Any) -> None:
    """Store a message in a buffer, as far as it fits."""
    data = memory.content(msg_p)
    size = min(len(view), len(data))
    view[:size] = data[:size]
    view.release()


def release(items: list[Any]) -> None:
    """Let go of the messages of (number, position, message or Frame)."""
    for item in items:
        if not isinstance(item[2], Frame):
            memory.release(item[2])
            _give(item[2])


def _hand_back(held: Any) -> None:
    ledger, number, kept = held[:3]
    if number is not None:
        parts = kept if type(kept) is list else [kept]
        ledger.hand_back([(number, position, part) for position, part in enumerate(parts)])
        return
    items = []
    for item in kept:
        if isinstance(item[2], Frame):
            msg_p = memory.take()
            C.zmq_msg_copy(msg_p, item[2]._msg_p)
            item = (item[0], item[1], msg_p)
        items.append(item)
    ledger.hand_back(items)


def _forgotten(held: Any) -> None:
    """Hand back from a finalizer."""
    with errors.keep_errno():
        _hand_back(held)


class Turn(_Future):
    """The future of what is done, which lets others have a turn when it is awaited."""

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for a round of the loop."""
        yield
        return self.result()

    __iter__ = __await__


class ReceivedTurn(Received):
    """The same of a message: it goes back if whoever awaits it is cancelled in that round."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for a round of the loop, and take the message."""
        try:
            yield
        except BaseException:
            # At once: what was raised keeps this future, for as long as somebody keeps it.
            with errors.keep_errno():
                self.cancel()
            raise
        return self.result()

    __iter__ = __await__


class Waiter(Received):
    """The future of an operation that has to wait; see ``_wakeup.Waiting``.

    Attributes
    ----------
    iterating : bool, whether it is a step of ``async for``, which ends when the socket is closed
    """

    __slots__ = ("_queue", "_take", "_timer", "iterating")

    _queue: deque[Any]
    _take: Callable[[], tuple[Any, Any]] | None
    _timer: asyncio.TimerHandle | None

    def begin(
        self,
        watcher: LoopWatcher,
        queue: deque[Any],
        take: Callable[[], tuple[Any, Any]],
        timeout_ms: int,
    ) -> None:
        """Wait in a queue of a watcher.

        Parameters
        ----------
        watcher : LoopWatcher
        queue : its receivers or senders
        take : callable, returns (result, what Received holds) or raises; Again and
            the errors EFSM and ENOTSOCK keep it waiting
        timeout_ms : int, milliseconds until Again is raised; negative: no limit
        """
        self._held = None
        self.iterating = False
        self._queue = queue
        self._take = take
        self._timer = None
        if timeout_ms >= 0:
            self._timer = watcher.loop.call_later(timeout_ms / 1000, self._expire, watcher)
        queue.append(self)

    def attempt(self) -> bool:
        """Try, and tell whether the waiting is over."""
        take = self._take
        if take is None or _done(self):
            return True
        try:
            value, held = take()
        except Again:
            return False
        except ZMQError as error:
            if error.errno in (EFSM, ENOTSOCK):
                return False  # it comes before its request; it is about to be dropped
            self.fail(error)
        except Exception as error:
            self.fail(error)
        else:
            self._end()
            self._held = held
            self.set_result(value)
        return True

    def _end(self) -> None:
        self._take = None
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _leave(self) -> None:
        queue = self._queue
        if queue and queue[-1] is self:
            queue.pop()
        elif self in queue:
            queue.remove(self)
        self._end()

    def _expire(self, watcher: LoopWatcher) -> None:
        self._timer = None
        if _done(self):
            return
        # Perhaps it has only waited for its turn.
        tried = self._queue[0] is self
        if tried and self.attempt():
            if self._queue and self._queue[0] is self:
                self._queue.popleft()
        else:
            self._leave()
            self.set_exception(Again())
        if tried:
            watcher.poke()  # the others may have what the try has brought to light

    def fail(self, error: BaseException) -> None:
        """End with an error, unless it is over."""
        self._end()
        if not _done(self):
            _set_exception(self, error)

    def drop(self) -> None:
        """End because the socket is closed."""
        if not self.iterating:
            _drop(self)
        elif not _done(self):
            self._end()
            with contextlib.suppress(RuntimeError):  # its loop is closed, and nobody can be told
                self.set_exception(StopAsyncIteration())
            self._log_traceback = False

    def add_done_callback(self, fn: Callable[[Any], object], /, *, context: Any = None) -> None:
        """Have a callback called when it is over."""
        if context is None and getattr(fn, "__qualname__", None) == _DROPS:
            fn = functools.partial(_if_failed, fn)
        _add_done_callback(self, fn, context=context)

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it: what it waited for is not done."""
        if not _done(self):
            self._leave()
        return Received.cancel(self, msg)

    def __del__(
        self, is_finalizing: Any = sys.is_finalizing, future_del: Any = _future_del
    ) -> None:
        held = self._held
        if type(held) is tuple:
            if not is_finalizing():
                self._held = None
                _forgotten(held)
        elif self._log_traceback:
            future_del(self)


_DROPS = "with_timeout.<locals>.error_callback"
"""What tornado.gen.with_timeout has called with the future that it has given up waiting for."""


def _if_failed(callback: Callable[[Any], object], waiter: Waiter) -> None:
    """Tell of an error; a message that nobody took is not to be taken by who only drops it."""
    if waiter._held is None:
        callback(waiter)


def _set_exception(future: _Future, error: BaseException) -> None:
    try:
        future.set_exception(error)
    except TypeError as refused:  # StopIteration
        refused.__cause__ = error
        future.set_exception(refused)


def _drop(future: _Future) -> None:
    with contextlib.suppress(RuntimeError):  # its loop is closed, and nobody can be told
        future.cancel()


class Poll(_Future):
    """The future of a poll; see ``_wakeup.Polling``."""

    __slots__ = ("_descriptors", "_look", "_nothing", "_places", "_timer")

    def begin(
        self, loop: Loop, look: Callable[[int], Any], nothing: Any, timeout: float | None
    ) -> None:
        """Wait for events; add places to wait at.

        Parameters
        ----------
        loop : event loop
        look : callable, takes events and returns the result, or something false to stay
        nothing : the result when the time is over
        timeout : float, milliseconds; None or negative waits for ever
        """
        self._look = look
        self._nothing = nothing
        self._places: list[tuple[LoopWatcher, tuple[int, Any]]] = []
        self._descriptors: list[tuple[Descriptors, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        if timeout is not None and timeout >= 0:
            self._timer = loop.call_later(timeout / 1000, self._expire)

    def at_socket(self, watcher: LoopWatcher, events: int) -> None:
        """Wait for events of a C socket."""
        entry = (events, self)
        self._places.append((watcher, entry))
        watcher.polls.append(entry)
        watcher.expect()

    def at_descriptor(self, descriptors: Descriptors, fd: int, read: bool, write: bool) -> None:
        """Wait for a descriptor to be readable or writable."""
        self._descriptors.append((descriptors, fd))
        descriptors.add(fd, self, read, write)

    def notice(self, events: int) -> None:
        """Look what there is."""
        if _done(self):
            return
        try:
            found = self._look(events)
        except Exception as error:
            self.fail(error)
            return
        if found:
            self._end()
            self.set_result(found)

    def _end(self) -> None:
        places, self._places = self._places, []
        for watcher, entry in places:
            if entry in watcher.polls:
                watcher.polls.remove(entry)
        waited, self._descriptors = self._descriptors, []
        for descriptors, fd in waited:
            descriptors.remove(fd, self)
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _expire(self) -> None:
        self._timer = None
        if not _done(self):
            self._end()
            self.set_result(self._nothing)

    def fail(self, error: BaseException) -> None:
        """End with an error, unless it is over."""
        self._end()
        if not _done(self):
            _set_exception(self, error)

    def drop(self) -> None:
        """End because the socket is closed."""
        _drop(self)

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it; nothing stays behind."""
        if not _done(self):
            self._end()
        return _cancel(self) if msg is None else _cancel(self, msg)


class Turns:
    """How long operations of a loop have succeeded without anybody else having a turn.

    Attributes
    ----------
    ends : float, monotonic time until which they may go on without asking
    """

    __slots__ = ("_loop", "_marked", "ends")

    def __init__(self, loop: Loop) -> None:
        self._loop = weakref.ref(loop)
        self._marked = False
        self.ends = 0.0

    def over(self) -> bool:
        """Tell whether the next operation has to wait for a round of the loop."""
        loop = self._loop()
        if loop is None or not loop.is_running():
            return False
        if self._marked:
            return True
        # A mark in the loop's queue tells whether a round passes; it is put there so seldom that it
        # costs nothing, and every operation that finds it there has been at it for TURN_S already.
        self._marked = True
        loop.call_soon(self._next)
        self.ends = monotonic() + TURN_S
        return TURN_S <= 0

    def _next(self) -> None:
        self._marked = False
        self.ends = monotonic() + TURN_S


class LoopWatcher(_wakeup.Watcher):
    """Those who wait for a C socket in an asyncio loop.

    Attributes
    ----------
    loop : event loop
    turns : Turns of that loop
    """

    __slots__ = ("_fd", "loop", "turns")

    _takes = True

    def __init__(self, socket: AnySocket, loop: Loop) -> None:
        handle = socket._handle
        self._fd: int = socket._get_checked(FD, None)
        self.loop = loop
        self.turns = turns_of(loop)
        super().__init__(handle, None, functools.partial(read_events, handle))
        self._socket_p = socket._watched_p()

    def here(self) -> bool:
        return running_loop() is self.loop or not self.loop.is_running()

    def over(self) -> bool:
        return self.loop.is_closed()

    def soon(self, callback: Callable[[], object]) -> None:
        try:
            if running_loop() is self.loop:
                self.loop.call_soon(callback)
            else:
                self.loop.call_soon_threadsafe(callback)
        except RuntimeError:
            self._scheduled = False  # the loop is closed

    def later(self, delay_s: float, callback: Callable[[], object]) -> None:
        self.loop.call_later(delay_s, callback)

    def arm(self) -> None:
        add_reader(self.loop, self._fd, self.check)

    def disarm(self) -> None:
        if self.here() or isinstance(self.loop, asyncio.SelectorEventLoop):
            remove_reader(self.loop, self._fd)
        else:
            self.soon(functools.partial(remove_reader, self.loop, self._fd))

    def done_here(self, view: AnySocket, operation: Callable[..., Any], *args: Any) -> Any:
        """Return ``operation(*args)``, an operation of a view of the socket, in its hot form.

        Nobody is told that it handles commands: see to that, as by :meth:`used`.
        """
        _set(view, "_fast_p", None if self.ledger.dirty else self._socket_p)
        try:
            return operation(*args)
        finally:
            _set(view, "_fast_p", None)
            _set(view, "_parked_p", None)


def add_reader(loop: Loop, fd: int, callback: Callable[[], object]) -> None:
    """Have a loop, of any kind, call ``callback`` while a descriptor is readable."""
    try:
        loop.add_reader(fd, callback)
    except NotImplementedError:
        from ._selecting import selecting_for

        selecting_for(loop).add_reader(fd, callback)


def remove_reader(loop: Loop, fd: int) -> None:
    """Undo add_reader(); also when the loop or the descriptor is gone."""
    try:
        loop.remove_reader(fd)
    except NotImplementedError:
        from ._selecting import selecting_for

        selecting_for(loop).remove_reader(fd)
    except (RuntimeError, OSError, ValueError):
        pass


class Descriptors:
    """Those who wait for plain descriptors in a loop, which has room for one callback each."""

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: Loop) -> None:
        self._loop = weakref.ref(loop)
        self._waiting: dict[int, list[tuple[Poll, bool, bool]]] = {}

    def add(self, fd: int, poll: Poll, read: bool, write: bool) -> None:
        """Have ``poll`` look when a descriptor is readable or writable."""
        before = self._wanted(fd)
        self._waiting.setdefault(fd, []).append((poll, read, write))
        self._apply(fd, before)

    def remove(self, fd: int, poll: Poll) -> None:
        """Undo add()."""
        before = self._wanted(fd)
        left = [entry for entry in self._waiting.get(fd, ()) if entry[0] is not poll]
        if left:
            self._waiting[fd] = left
        else:
            self._waiting.pop(fd, None)
        self._apply(fd, before)

    def _wanted(self, fd: int) -> tuple[bool, bool]:
        entries = self._waiting.get(fd, ())
        return any(entry[1] for entry in entries), any(entry[2] for entry in entries)

    def _apply(self, fd: int, before: tuple[bool, bool]) -> None:
        loop = self._loop()
        if loop is None:
            return
        target: Any = loop
        if not _has_readers(loop):
            from ._selecting import selecting_for

            target = selecting_for(loop)
        wanted = self._wanted(fd)
        try:
            for what, old, new in zip(("reader", "writer"), before, wanted):
                if new and not old:
                    getattr(target, f"add_{what}")(fd, self._look, fd)
                elif old and not new:
                    getattr(target, f"remove_{what}")(fd)
        except RuntimeError:
            if not loop.is_closed():
                raise

    def _look(self, fd: int) -> None:
        for poll, _, _ in self._waiting.get(fd, [])[:]:
            poll.notice(0)


def _has_readers(loop: Loop) -> bool:
    try:
        loop.remove_reader(-1)
    except NotImplementedError:
        return False
    except (RuntimeError, OSError, ValueError):
        pass
    return True


_turns: weakref.WeakKeyDictionary[Any, Turns] = weakref.WeakKeyDictionary()
_descriptors: weakref.WeakKeyDictionary[Any, Descriptors] = weakref.WeakKeyDictionary()


def turns_of(loop: Loop) -> Turns:
    """Return the Turns of a loop."""
    found = _turns.get(loop)
    if found is None:
        _wakeup.forget_ended()
        found = _turns[loop] = Turns(loop)
    return found


def descriptors_of(loop: Loop) -> Descriptors:
    """Return the Descriptors of a loop."""
    found = _descriptors.get(loop)
    if found is None:
        found = _descriptors[loop] = Descriptors(loop)
    return found


def current_loop() -> Loop:
    """Return the running loop; outside of any the one that would run next, with a warning."""
    loop = running_loop()
    if loop is None:
        import warnings

        warnings.warn(
            "No running event loop. zmq.asyncio should be used from within an asyncio loop.",
            RuntimeWarning,
            stacklevel=4,
        )
        loop = asyncio.get_event_loop_policy().get_event_loop()
    return loop


def watcher_for(socket: AnySocket, loop: Loop) -> LoopWatcher:
    """Return those who wait for a socket in a loop.

    Raises
    ------
    zmq.ZMQError : the socket is closed (ENOTSOCK), or cannot be waited for
    """
    ledger = _wakeup.watched.get(socket._handle)
    if ledger is not None:
        for watcher in ledger.watchers:
            if isinstance(watcher, LoopWatcher):
                if watcher.loop is loop:
                    return watcher
                if watcher.over():
                    watcher.retire()
    return LoopWatcher(socket, loop)
