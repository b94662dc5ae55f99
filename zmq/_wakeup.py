# SPDX-License-Identifier: BSD-3-Clause
"""Who waits on which C socket: the ledger that keeps event loops from missing a wake-up.

An event loop waits on a descriptor, and libzmq gives one for each socket:
``ZMQ_FD``. But that descriptor does not say "readable". It says "commands are
waiting", and a command is something like "a message was put into one of your
pipes" or "there is room again". What follows is edge-triggered:

- Handling the commands makes the descriptor silent, whether or not anything was
  done about what they announced. A message may then be waiting in the socket, and
  the descriptor will never say so again.
- Commands are handled by nearly everything: each send and receive, on any option
  read of ``ZMQ_EVENTS``, in ``zmq_poll``, in bind and connect. So a program that
  waits for the descriptor and meanwhile merely sends on the same socket, asks for
  its ``EVENTS``, or polls it together with others, may eat the signal that it is
  waiting for, and sleep with a message in the socket.
- The socket may be known to Python through several objects: an asyncio socket, its
  shadow, a ZMQStream's raw socket. What one of them eats, another one waits for.

Two rules follow. After the descriptor has spoken, read ``ZMQ_EVENTS`` until the
awaited bit is gone, never just once. And after commands were handled for any other
reason, by whichever view of the C socket, look at ``ZMQ_EVENTS`` again before
trusting the descriptor.

The first rule is for each event loop's adapter. The second one is here: an adapter
that waits for the C socket at address ``handle`` calls :func:`watch` with what is
to be done when commands may have been handled behind its back, and everything in
this package that lets libzmq handle commands calls :func:`processed`. All views of
a socket share its address, so it does not matter which of them was used.

A :class:`Watcher` is what an adapter makes of this: the queues of those who wait for
one C socket in one loop, and the order in which they are served. It knows no loop;
an adapter gives it five methods.

Receiving ahead of the receiver. A loop receives a message on behalf of a task, and
the task is woken later. If it is cancelled meanwhile, or has lost interest, the
message must not be lost: it is handed back to the ledger, which keeps it in front
of what libzmq has, in the order of reception. So the ledger's messages are part of
the C socket: every view's next receive takes them first, ``EVENTS`` and polls count
them. They are libzmq's own structures, with all that belongs to a part: whether more
follow, properties, the peer it came from.

Programs without an event loop pay nothing: while ``watched`` is empty, a test of
its truth is all that happens, and sending and receiving do not even test that:
views of a socket that has a Watcher have no pointer for the hot forms.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from bisect import insort
from collections import deque
from itertools import count

from . import _idle
from ._ctypes import fast, memory
from ._ctypes.bind import C
from .constants import PollEvent, SocketOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    Callback = Callable[[], object]
    Item = tuple[int, int, Any]

    class Waiting(Protocol):
        """One who waits to receive or to send."""

        def attempt(self) -> bool:
            """Try, and tell whether the waiting is over; the outcome is the waiter's affair."""

        def fail(self, error: BaseException) -> None:
            """End with an error, unless it is over."""

        def drop(self) -> None:
            """End because the socket is closed."""

    class Polling(Protocol):
        """One who waits for events, and takes nothing away."""

        def notice(self, events: int) -> None:
            """Hear of events that it waits for; it may stay, and is told again later."""

        def fail(self, error: BaseException) -> None:
            """End with an error, unless it is over."""

        def drop(self) -> None:
            """End because the socket is closed."""


POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)
EVENTS = int(SocketOption.EVENTS)
RCVMORE = int(SocketOption.RCVMORE)

SHORTEST_PAUSE_S = 0.001
LONGEST_PAUSE_S = 0.05
"""Seconds between tries where libzmq says that one can send, or receive, and then one cannot."""

numbers = count()
"""Numbers received messages in their order."""


class Ledger:
    """What there is to know about a C socket besides what libzmq knows.

    Attributes
    ----------
    callbacks : list of callables
        To be called after commands were handled; replaced, not changed.
    closed : bool
    dirty : bool
        Whether receiving has to ask here first.
    more : int or None
        What RCVMORE is where the last part came from here; None: ask libzmq.
    shared : bool
        Whether there is more than one callback.
    watchers : list of Watcher, one for each loop
    """

    __slots__ = (
        "_messages",
        "_returned",
        "callbacks",
        "closed",
        "dirty",
        "more",
        "shared",
        "watchers",
    )

    def __init__(self) -> None:
        self.callbacks: list[Callback] = []
        self.watchers: list[Watcher] = []
        self.closed = self.dirty = self.shared = False
        self.more: int | None = None
        self._messages: list[Item] = []
        # Finalizers append to it, at any time and in any thread.
        self._returned: deque[Item] = deque()

    def hand_back(self, items: list[Item]) -> None:
        """Put received parts back in front of those to come.

        Parameters
        ----------
        items : list of (number, position, msg_p)
            Parts in the order of the numbers of their messages, and of their positions
            there. They belong to the ledger from now on.
        """
        if self.closed:
            discard(items)
            return
        self._returned.extend(items)
        self.dirty = True
        self.processed()

    def has_messages(self) -> bool:
        """Tell whether there are parts that were handed back."""
        return bool(self._returned or self._messages)

    def pop(self) -> Item | None:
        """Return the next part that was handed back, or None: the next one is libzmq's."""
        while self._returned:
            insort(self._messages, self._returned.popleft())
        if self._messages:
            item = self._messages.pop(0)
            self.more = C.zmq_msg_more(item[2])
            return item
        self.more = None
        self.dirty = False
        if self._returned:
            self.dirty = True
        return None

    def take(self, msg_p: Any) -> bool:
        """Move the next part that was handed back to ``msg_p``; False if there is none."""
        item = self.pop()
        if item is None:
            return False
        C.zmq_msg_move(msg_p, item[2])
        memory.give(item[2])
        return True

    def corrected(self, option: int, value: Any) -> Any:
        """Return an option's value with what libzmq does not know."""
        if option == EVENTS and self.has_messages():
            return value | POLLIN
        if option == RCVMORE and self.more is not None:
            return self.more
        return value

    def processed(self) -> None:
        """Tell those who wait that commands may have been handled."""
        for callback in self.callbacks:
            callback()

    def close(self) -> None:
        """End all waiting, and forget the messages."""
        self.closed = True
        for watcher in self.watchers:
            watcher.close()
        returned = list(self._returned)
        self._returned.clear()
        discard([*self._messages, *returned])
        self._messages = []
        self.dirty = False


def discard(items: list[Item]) -> None:
    """Let go of parts that nobody will receive."""
    for item in items:
        memory.discard(item[2])


watched: dict[int, Ledger] = {}
"""Address of a C socket -> its ledger; only sockets that somebody waits for have one."""

_lock = allocate_lock()


def _abandon_all() -> None:
    """In a forked child: it has neither the parent's sockets nor its loops, nor who held the lock."""
    global _lock
    _lock = allocate_lock()
    watched.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)


def ledger(handle: int) -> Ledger:
    """Return the ledger of a C socket, made at the first call."""
    _idle.rouse(handle)
    with _lock:
        found = watched.get(handle)
        if found is None:
            found = watched[handle] = Ledger()
        return found


def _set_callbacks(entry: Ledger, callbacks: list[Callback]) -> None:
    # A new list each time: processed() may be going through the old one.
    entry.callbacks = callbacks
    entry.shared = len(callbacks) > 1


def watch(handle: int, callback: Callback) -> None:
    """Have ``callback`` called whenever the commands of a C socket may have been handled.

    Parameters
    ----------
    handle : int, address of the C socket (``Socket.underlying``)
    callback : callable without arguments
        Called in the thread that used the socket, from the middle of whatever it was
        doing. So it only schedules (``call_soon_threadsafe``), does not use the
        socket, does not raise. Watching twice with one callback calls it twice.
    """
    entry = ledger(handle)
    with _lock:
        _set_callbacks(entry, [*entry.callbacks, callback])


def unwatch(handle: int, callback: Callback) -> None:
    """Undo one call of :func:`watch`; nothing happens if there was none."""
    with _lock:
        entry = watched.get(handle)
        if entry is None:
            return
        callbacks = list(entry.callbacks)
        if callback in callbacks:
            callbacks.remove(callback)
        _set_callbacks(entry, callbacks)
        if not callbacks and not entry.watchers and not entry.has_messages():
            del watched[handle]


def processed(handle: int) -> None:
    """Tell those who wait on a C socket that its commands may have been handled."""
    _idle.rouse(handle)
    entry = watched.get(handle)
    if entry is not None:
        entry.processed()


def closed(handle: int) -> None:
    """Tell those who wait on a C socket a last time, and forget them; before it is closed.

    The next socket may have the same address, and its descriptor the same number.
    """
    with _lock:
        entry = watched.pop(handle, None)
    if entry is not None:
        entry.processed()
        entry.close()


def forget_ended() -> None:
    """Let go of those who wait in loops that have ended: they would keep their sockets open."""
    for entry in list(watched.values()):
        for watcher in entry.watchers:
            if watcher.over():
                watcher.close()


class Watcher:
    """Those who wait for one C socket in one event loop.

    An adapter's subclass says how its loop does five things: :meth:`here`,
    :meth:`soon`, :meth:`later`, :meth:`arm` and :meth:`disarm`; and one whose waiters outlive
    their loop, when it is :meth:`over`. Everything but that, :meth:`poke`, :meth:`close`
    and :meth:`retire` is called in the loop's thread.

    Parameters
    ----------
    handle : int, address of the C socket
    socket_p : pointer for the hot forms, or None
    read_events : callable, returns ``ZMQ_EVENTS`` or raises ZMQError; for where
        ``socket_p`` does not serve

    Attributes
    ----------
    receivers, senders : deques of Waiting, in the order in which they are served
    polls : list of (events, Polling)
    pause_s : float, seconds before the last :meth:`try_again`; 0 after a success
    """

    __slots__ = (
        "__weakref__",
        "_armed",
        "_read_events",
        "_retrying",
        "_scheduled",
        "_socket_p",
        "closed",
        "handle",
        "ledger",
        "pause_s",
        "polls",
        "receivers",
        "senders",
    )

    _takes = False
    """Whether receivers that try take what is there, and are not only woken to do it themselves."""

    def __init__(self, handle: int, socket_p: Any, read_events: Callable[[], int]) -> None:
        self.handle = handle
        self.closed = False
        self.receivers: deque[Waiting] = deque()
        self.senders: deque[Waiting] = deque()
        self.polls: list[tuple[int, Polling]] = []
        self._socket_p = socket_p
        self._read_events = read_events
        self._armed = self._retrying = self._scheduled = False
        self.pause_s = 0.0
        self.ledger = ledger(handle)
        with _lock:
            self.ledger.watchers = [*self.ledger.watchers, self]
        watch(handle, self.poke)

    def here(self) -> bool:
        """Tell whether this is the loop's thread, or the loop does not run."""
        raise NotImplementedError

    def soon(self, callback: Callback) -> None:
        """Have the loop call ``callback`` in its next round; from any thread."""
        raise NotImplementedError

    def later(self, delay_s: float, callback: Callback) -> None:
        """Have the loop call ``callback`` after some seconds."""
        raise NotImplementedError

    def arm(self) -> None:
        """Have the loop call :meth:`check` whenever the descriptor is readable."""
        raise NotImplementedError

    def disarm(self) -> None:
        """Undo :meth:`arm`; from any thread, also when the loop is gone."""
        raise NotImplementedError

    def over(self) -> bool:
        """Tell whether the loop has ended, so that nobody will be served here; from any thread."""
        return False

    def waiting(self) -> bool:
        """Tell whether anybody waits here."""
        return bool(self.receivers or self.senders or self.polls)

    def events(self) -> int:
        """Handle all commands and return what the socket is ready for.

        Raises
        ------
        zmq.ZMQError : as getting EVENTS
        """
        cell = memory.take_cell()
        # --- hot: asyncio; slow twin read_events ---
        rc = fast.getsockopt_now(self._socket_p, EVENTS, cell[1], cell[2])
        # --- end hot ---
        value: int = cell[0].value
        memory.give_cell(cell)
        if rc != 0:
            value = self._read_events()
        if self.ledger.dirty and self.ledger.has_messages():
            value |= POLLIN
        return value

    def expect(self) -> None:
        """See to it that a waiter just queued, who found nothing, will be served."""
        if not self._armed:
            self._armed = True
            self.arm()
        # What the newcomer found is new to the others as well.
        if len(self.receivers) + len(self.senders) + len(self.polls) > 1:
            self.poke()

    def poke(self) -> None:
        """Have the waiters served in the loop's next round, if there are any."""
        if self._scheduled or self.closed or not self.waiting():
            return
        self._scheduled = True
        self.soon(self.check)

    def used(self) -> None:
        """Take note that this loop has used the socket while somebody waited."""
        if self.ledger.shared:
            self.ledger.processed()
        elif not self._scheduled:
            try:
                events = self.events()
            except Exception:
                self.poke()  # which tells those who wait
                return
            if (
                (self.receivers and events & POLLIN)
                or (self.senders and events & POLLOUT)
                or any(events & wanted for wanted, _ in self.polls)
            ):
                self.poke()

    def check(self) -> None:
        """Serve those who wait, until nothing of what they wait for is there."""
        if self.closed:
            return
        if not self.waiting():
            # The signal is somebody else's, perhaps of another thread, who has the socket now.
            self._scheduled = False
            self._disarm()
            return
        # What the waiters do to the socket here is seen here.
        self._scheduled = True
        try:
            if self._takes and self._served_first(self.receivers):
                # To try is cheaper than to ask, and nearly always there is one message for one.
                self.pause_s = 0.0
                if not self.waiting():
                    return
            events = self.events()
            while (self.receivers or self.senders) and self._serve(events):
                if not self.waiting():
                    return
                events = self.events()
            if self.polls:
                self._tell(events)
        except Exception as error:
            # The socket is beyond use, and its descriptor may stay readable; unless another
            # thread has just closed it, which drops those who wait.
            if not self.closed:
                self._fail(error)
        except BaseException:
            # Interrupted, as by Ctrl-C: the descriptor does not say again what it has said.
            self.soon(self.check)
            raise
        finally:
            self._scheduled = False

    def _served_first(self, queue: deque[Waiting]) -> bool:
        """Let the first one try, and tell whether it ended."""
        if not queue:
            return False
        first = queue[0]
        if not first.attempt():
            return False
        if queue and queue[0] is first:
            queue.popleft()
        return True

    def _serve(self, events: int) -> bool:
        """Let receivers and senders try, and tell whether any of them ended."""
        served = stuck = False
        for bit, queue in ((POLLIN, self.receivers), (POLLOUT, self.senders)):
            while queue and events & bit:
                if not self._served_first(queue):
                    stuck = True
                    break
                served = True
        if served:
            self.pause_s = 0.0
        elif stuck:
            self.try_again()
        return served

    def try_again(self) -> None:
        """Try later: libzmq does not tell when a certain peer, say, can be sent to."""
        if not self._retrying:
            self._retrying = True
            self.pause_s = min(max(self.pause_s * 2, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
            self.later(self.pause_s, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        self.check()

    def _tell(self, events: int) -> None:
        for entry in self.polls[:]:
            if entry[0] & events and entry in self.polls:
                entry[1].notice(entry[0] & events)

    def _take_all(self) -> list[Any]:
        everybody = [*self.receivers, *self.senders, *(polling for _, polling in self.polls)]
        self.receivers.clear()
        self.senders.clear()
        self.polls.clear()
        return everybody

    def _disarm(self) -> None:
        if self._armed:
            self._armed = False
            self.disarm()

    def _fail(self, error: BaseException) -> None:
        self._disarm()
        for waiting in self._take_all():
            waiting.fail(error)

    def close(self) -> None:
        """End all waiting: the socket is about to be closed. From any thread."""
        self.retire()
        if not self.waiting():
            return
        if self.here():
            self._drop_all()
        else:
            self.soon(self._drop_all)

    def retire(self) -> None:
        """Do nothing any more: the socket or the loop is at its end."""
        self.closed = True
        self._socket_p = None
        self._disarm()
        unwatch(self.handle, self.poke)
        with _lock:
            self.ledger.watchers = [one for one in self.ledger.watchers if one is not self]

    def _drop_all(self) -> None:
        for waiting in self._take_all():
            waiting.drop()
