# SPDX-License-Identifier: BSD-3-Clause
"""What gevent's hubs need of :mod:`zmq._wakeup`: a watcher, and greenlets that wait.

A greenlet that waits is only woken here. What it waits for it does itself, in its own
step, when it runs again. So nothing is received on behalf of somebody who may have been
killed meanwhile, and nothing has to be handed back. It stays in its queue until it has
what it waits for; of all in a queue only the first one is awake, and when it leaves, for
whatever reason, the hub looks again whether there is something for the next one.

While nobody waits for a C socket, all its views use their hot forms, and its descriptor
is not watched. While somebody does, every view tells what it does (see ``_wakeup``).
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
import weakref
from time import monotonic

from .. import _poll, _socket_views, _wakeup
from .._ctypes import fast, memory
from .._ctypes.bind import C
from .._socket import Socket
from .._socket_checked import ALWAYS_CHECKED
from .._socket_options import read_events
from ..constants import PollEvent, SocketOption
from ..error import Again

try:
    from gevent import get_hub as get_hub
    from gevent import getcurrent, monkey, sleep
    from gevent._hub_local import get_hub_if_exists
except ImportError as error:
    raise ImportError("zmq.green needs gevent: pip install gevent") from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    ResultT = TypeVar("ResultT")
    Hub = Any
    AnySocket = Socket[Any]

FD = int(SocketOption.FD)
POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)

TURN_S = 0.001
"""Seconds for which operations of one hub may succeed at once, one after the other.

After at most twice that time a greenlet lets others run before its next one. Set it to 0
to have it do so each time, to ``float("inf")`` to have it never do so.
"""

LONGEST_S = 1e8
"""Seconds that a timer runs at most, some years."""

_SPURIOUS_S = 0.001
"""Seconds to wait before looking again at a descriptor that is ready for something else."""

_set = object.__setattr__
_start_thread = monkey.get_original("_thread", "start_new_thread")


class Waiter:
    """A greenlet that waits; as ``_wakeup.Waiting`` and ``_wakeup.Polling`` it is woken.

    Parameters
    ----------
    hub : of this thread
    timeout_ms : float, milliseconds after which it is woken as late; negative: never

    Attributes
    ----------
    error : BaseException; what makes waiting useless
    late : bool, whether the time is over
    woken : bool, whether it runs, or is about to
    """

    __slots__ = ("_deadline", "_greenlet", "_hub", "_paused", "_timer", "error", "late", "woken")

    def __init__(self, hub: Hub, timeout_ms: float) -> None:
        self._greenlet = getcurrent()
        self._hub = hub
        self._timer: Any = None
        self.error: BaseException | None = None
        self._paused = self.late = False
        self.woken = True
        if timeout_ms >= 0:
            self._deadline = monotonic() + timeout_ms / 1000
            self._start_timer(timeout_ms / 1000)

    def _start_timer(self, delay_s: float) -> None:
        self._timer = self._hub.loop.timer(min(delay_s, LONGEST_S))
        self._timer.start(self._expire, update=True)

    def _expire(self) -> None:
        self.end()
        remaining = self._deadline - monotonic()
        if remaining > 0:
            self._start_timer(max(remaining, 0.001))  # libuv counts in milliseconds
            return
        self.late = self.woken = True
        self.resume()

    def pause(self) -> None:
        """Let other greenlets run until this one is woken."""
        self.woken = False
        self._paused = True
        try:
            while not self.woken:
                self._hub.switch()
        finally:
            self._paused = False

    def resume(self) -> None:
        """Run the greenlet now, if it has not gone on already; in the hub."""
        if self._paused:
            self._greenlet.switch()

    def wake(self) -> None:
        """Have the greenlet run in the hub's next round; in the hub's thread."""
        if not self.woken:
            self.woken = True
            self._hub.loop.run_callback(self.resume)

    def end(self) -> None:
        """Stop the timer."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.stop()
            timer.close()

    def attempt(self) -> bool:
        """Wake up, and try alone."""
        self.wake()
        return False

    def notice(self, events: int) -> None:
        """Wake up, and look what there is."""
        self.wake()

    def fail(self, error: BaseException) -> None:
        """Wake up, and find out what is wrong."""
        self.error = error
        self.wake()

    def drop(self) -> None:
        """Wake up, and find the socket closed."""
        self.wake()


class HubWatcher(_wakeup.Watcher):
    """Those who wait for a C socket in a hub."""

    __slots__ = ("_held", "_hot_p", "_io", "_loop", "_midway", "_views", "_woken", "hub")

    def __init__(self, socket: AnySocket, hub: Hub) -> None:
        handle = socket._handle
        fd: int = socket._get_checked(FD, None)
        self.hub = hub
        self._loop = hub.loop
        self._io = hub.loop.io(fd, 1)
        self._woken: list[Waiter] = []
        self._midway: list[AnySocket] = []
        self._held = False
        self._views = _socket_views.views.get(handle, [])
        always_checked = socket._socket_type in ALWAYS_CHECKED
        self._hot_p = None if always_checked else fast.pointer(handle)
        super().__init__(handle, None, functools.partial(read_events, handle))
        self._socket_p = self._hot_p
        _watchers.add(self)

    # ------------------------------------------------------------------
    # what a Watcher asks of its loop

    def here(self) -> bool:
        return get_hub_if_exists() is self.hub

    def soon(self, callback: Callable[[], object]) -> None:
        if get_hub_if_exists() is self.hub:
            self._loop.run_callback(callback)
            return
        try:
            self._loop.run_callback_threadsafe(callback)
        except Exception:  # the hub's thread has destroyed its loop
            self._scheduled = False

    def later(self, delay_s: float, callback: Callable[[], object]) -> None:
        timer = self._loop.timer(delay_s)

        def run() -> None:
            timer.stop()
            timer.close()
            callback()

        timer.start(run, update=True)

    def arm(self) -> None:
        self._io.start(self.check)

    def disarm(self) -> None:
        self._in_loop(self._io.stop)

    def _in_loop(self, callback: Callable[[], object]) -> None:
        """Call something of the loop, from any thread, if the loop is still there."""
        if self.here():
            callback()
        elif not self.dead():
            with contextlib.suppress(Exception):
                self._loop.run_callback_threadsafe(callback)

    def dead(self) -> bool:
        """Tell whether the hub was destroyed, and with it all that waited in it."""
        return self.hub.loop is not self._loop

    def retire(self) -> None:
        super().retire()
        self._in_loop(self._io.close)

    # ------------------------------------------------------------------
    # serving

    def check(self) -> None:
        if self.polls or len(self.receivers) + len(self.senders) != 1 or self.closed:
            super().check()
        else:
            # Who waits alone finds out by trying, which takes up the same news.
            self._scheduled = False
            self._mark((self.receivers or self.senders)[0])
        self._run_woken()

    def _mark(self, waiter: Any) -> None:
        if not waiter.woken:
            waiter.woken = True
            self._woken.append(waiter)

    def _run_woken(self) -> None:
        woken = self._woken
        while woken:
            waiter = woken.pop(0)
            try:
                waiter.resume()
            except BaseException:
                # Perhaps it was not even reached: a signal interrupts the hub anywhere.
                self._loop.run_callback(waiter.resume)
                self._loop.run_callback(self._run_woken)
                raise

    def _serve(self, events: int) -> bool:
        """Wake the first of those who may go on; it sees to it that the next one is woken."""
        for bit, queue in ((POLLIN, self.receivers), (POLLOUT, self.senders)):
            if queue and events & bit:
                self._mark(queue[0])
        return False

    def _hold(self) -> None:
        """Have every view of the C socket tell what it does."""
        self._held = True
        for reference in self._views:
            view = reference()
            if view is not None:
                if view._parked_p is not None:
                    self._midway.append(view)
                    _set(view, "_parked_p", None)
                _set(view, "_fast_p", None)

    def _release(self) -> None:
        """Let the views use their hot forms again, if nobody else waits for the C socket."""
        self._held = self._armed = False
        self._io.stop()
        if self.ledger.shared or self.ledger.dirty:
            return
        midway = self._midway
        for reference in self._views:
            view = reference()
            if view is not None:
                # In the middle of a message the checked form goes on.
                begun = getattr(view, "_midway", False) or (midway and view in midway)
                _set(view, "_parked_p" if begun else "_fast_p", self._hot_p)
        midway.clear()

    def _left(self) -> None:
        """See to those who still wait, after one has gone."""
        if self.receivers or self.senders or self.polls:
            self.poke()
        elif self._held and not self.closed:
            self._release()

    def wait(self, queue: deque[Any], attempt: Callable[[], int | None], timeout_ms: int) -> int:
        """Have the current greenlet wait in a queue until it has done something.

        Parameters
        ----------
        queue : receivers or senders
        attempt : callable, returns its result, or None to go on waiting
        timeout_ms : int, milliseconds until Again is raised; negative: no limit

        Raises
        ------
        zmq.Again : the time is over
        what ``attempt`` raises, and what is thrown into the greenlet: nothing was done then
        """
        bit = POLLIN if queue is self.receivers else POLLOUT
        waiter = Waiter(self.hub, timeout_ms)
        if not self._held:
            self._hold()
        queue.append(waiter)
        try:
            self.expect()
            while True:
                waiter.pause()
                result = attempt()
                if result is not None:
                    self.pause_s = 0.0
                    return result
                if waiter.error is not None:
                    raise waiter.error
                if waiter.late:
                    raise Again()
                if self.events() & bit:
                    self.try_again()
        finally:
            if waiter._timer is not None:
                waiter.end()
            if queue and queue[0] is waiter:
                queue.popleft()
            elif waiter in queue:
                queue.remove(waiter)
            self._left()

    def timeout_ms(self, option: int) -> int:
        """Return RCVTIMEO or SNDTIMEO."""
        cell = memory.take_cell()
        # --- hot: green_ping_pong; slow twin zmq_getsockopt ---
        rc = fast.getsockopt_now(self._socket_p, option, cell[1], cell[2])
        # --- end hot ---
        if rc != 0:
            C.zmq_getsockopt(self.handle, option, cell[1], cell[2])
        value: int = cell[0].value
        memory.give_cell(cell)
        return value

    def watch_for(self, entry: tuple[int, Waiter]) -> None:
        """Have a waiter woken when there are events."""
        if not self._held:
            self._hold()
        self.polls.append(entry)
        self.expect()

    def unwatch_for(self, entry: tuple[int, Waiter]) -> None:
        """Undo watch_for()."""
        if entry in self.polls:
            self.polls.remove(entry)
        self._left()


_watchers: weakref.WeakSet[HubWatcher] = weakref.WeakSet()


def _abandon_all() -> None:
    """In a forked child: those who wait find that the sockets are not theirs any more."""
    for watcher in list(_watchers):
        watcher.closed = True
        watcher._socket_p = None
        watcher._armed = False
        if watcher.here():
            watcher._io.stop()
            watcher._drop_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)


def watcher_for(socket: AnySocket, hub: Hub) -> HubWatcher:
    """Return those who wait for a socket in a hub.

    Raises
    ------
    zmq.ZMQError : the socket is closed (ENOTSOCK), or cannot be waited for
    """
    entry = _wakeup.watched.get(socket._handle)
    if entry is not None:
        for watcher in entry.watchers:
            if isinstance(watcher, HubWatcher):
                if watcher.hub is hub and not watcher.dead():
                    return watcher
                # The socket was handed over, or the hub is gone.
                if watcher.dead() or not watcher.waiting():
                    watcher.retire()
    return HubWatcher(socket, hub)


def wait_for_events(
    items: Iterable[tuple[Any, int]],
    look: Callable[[], ResultT],
    timeout_ms: float,
) -> ResultT:
    """Have the current greenlet wait until something is ready.

    Parameters
    ----------
    items : iterable of (socket or descriptor, events)
    look : callable, returns what there is, or something false to go on waiting
    timeout_ms : float, milliseconds; negative waits for ever

    Returns
    -------
    what ``look`` returns, something false when the time is over
    """
    hub = get_hub()
    waiter = Waiter(hub, timeout_ms)
    places: list[tuple[HubWatcher, tuple[int, Waiter]]] = []
    descriptors: list[Any] = []
    try:
        for item, events in items:
            if isinstance(item, Socket):
                place = (watcher_for(item, hub), (events, waiter))
                places.append(place)
                place[0].watch_for(place[1])
            else:
                kinds = bool(events & ~POLLOUT) | 2 * bool(events & POLLOUT)
                descriptors.append(hub.loop.io(_poll._descriptor(item), kinds))
                descriptors[-1].start(waiter.wake)
        while True:
            waiter.pause()
            found = look()
            if found or waiter.late:
                return found
            if waiter.error is not None:
                raise waiter.error
            if descriptors:
                sleep(_SPURIOUS_S)
    finally:
        waiter.end()
        for watcher, entry in places:
            watcher.unwatch_for(entry)
        for descriptor in descriptors:
            descriptor.stop()
            descriptor.close()


class Turns:
    """How long operations of a hub have succeeded without anybody else having a turn.

    Attributes
    ----------
    ends : float, monotonic time until which they may go on without asking
    """

    __slots__ = ("_hub", "_marked", "ends")

    def __init__(self, hub: Hub) -> None:
        self._hub = weakref.ref(hub)
        self._marked = False
        self.ends = 0.0

    def over(self) -> bool:
        """Tell whether others have to have a turn now."""
        if self._marked:
            return True
        hub = self._hub()
        if hub is None or hub.loop is None:
            return False
        # A mark in the hub's queue tells whether others had a turn anyway.
        self._marked = True
        hub.loop.run_callback(self._next)
        self.ends = monotonic() + TURN_S
        return TURN_S <= 0

    def _next(self) -> None:
        self._marked = False
        self.ends = monotonic() + TURN_S

    def give(self) -> None:
        """Let others run, if it is time and this is not the hub itself."""
        hub: Hub = self._hub()
        if self.ends <= monotonic() and self.over() and getcurrent() is not hub:
            # Not sleep(0): it may return many times before descriptors and timers are looked at.
            timer = hub.loop.timer(0.0)
            try:
                hub.wait(timer)
            finally:
                timer.close()
            self.ends = monotonic() + TURN_S


class NoTurns:
    """Stands in for the Turns of what was not used yet."""

    ends = 0.0


_turns: weakref.WeakKeyDictionary[Any, Turns] = weakref.WeakKeyDictionary()


def current_turns() -> Turns:
    """Return the Turns of this thread's hub."""
    hub = get_hub()
    found = _turns.get(hub)
    if found is None:
        found = _turns[hub] = Turns(hub)
    return found


def nap(seconds: float) -> None:
    """Wait, while other greenlets run; in the hub itself they have to wait."""
    if getcurrent() is get_hub():
        time.sleep(seconds)
    else:
        sleep(seconds)


def in_thread(function: Callable[[], object]) -> None:
    """Call something that blocks in a thread of its own, while other greenlets run.

    Goes on in the background when the greenlet is killed. In the hub itself it blocks.
    """
    hub = get_hub()
    if getcurrent() is hub:
        function()
        return
    loop = hub.loop
    waiter = Waiter(hub, -1)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            function()
        except BaseException as error:
            failures.append(error)
        finished.append(True)
        with contextlib.suppress(Exception):  # the hub may be gone
            loop.run_callback_threadsafe(waiter.wake)

    finished: list[bool] = []
    # Without it the hub would find that nothing can ever happen.
    alive = loop.timer(LONGEST_S)
    alive.start(bool)
    try:
        try:
            _start_thread(work, ())
        except RuntimeError:  # no threads any more: the interpreter ends
            work()
        while not finished:
            waiter.pause()
    finally:
        alive.stop()
        alive.close()
    if failures:
        raise failures[0]
