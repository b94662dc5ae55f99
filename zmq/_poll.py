# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for several sockets and descriptors at once."""

from __future__ import annotations

import sys
from _thread import _count as _other_threads
from _weakref import ref
from operator import index
from time import monotonic

from . import _idle, _socket, _socket_views, _wakeup
from ._ctypes import errors, fast, memory, pollset
from ._ctypes.bind import strerror
from ._socket_checked import ALWAYS_CHECKED
from ._socket_errors import THREAD_SAFE
from .constants import Errno, PollEvent, SocketOption
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Optional

    Item = tuple[Any, int]
    Items = Sequence[Item]
    Timeout = Optional[float]

POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)
POLLERR = int(PollEvent.POLLERR)
EVENTS = int(SocketOption.EVENTS)
FD = int(SocketOption.FD)
EINVAL = int(Errno.EINVAL)

_SLICE_MS = 50 if sys.platform == "win32" else 0
"""Milliseconds that the main thread waits at most where no signal interrupts it; 0: no limit."""

_MAY_REST = sys.platform != "win32"
"""Whether ZMQ_FD is a number that zmq_poll takes for a descriptor."""

_PATIENCE = 4
_MOST_PATIENCE = 1024
"""Polls after which to put to rest what has nothing: at first, and at most."""

_SOON = 16
"""A rest that ends within so many polls did not pay."""

_FEW = 8
"""Up to so many descriptors select.poll costs less than zmq_poll."""

_current = pollset.current
_watched = _wakeup.watched
_resting = _idle.resting


class _Built(pollset.PollSet):
    """The array for a list of items, and what is needed to use it again.

    A C socket is in the array once, whatever it is called there. Were it in it twice,
    reading its events for the second entry would take away the news that the first
    has just missed, and zmq_poll would wait for them for ever.

    Attributes
    ----------
    items : list, a copy of what it was built from
    keys : list, what each item is called in the result
    places : list of (entry, events) for each item; None if the entries are the items
    alone_p : pointer of the only entry, if that is a socket, else None; its ZMQ_EVENTS
        cost one system call, zmq_poll two
    cell : what memory.take_cell() returns
    wanted : int, the events of the first entry
    asked : dict, address of a C socket -> its entry; others rest, see ``_idle``
    polls : int, how often it was polled
    due : int, the number of polls after which to put to rest what has nothing
    glance : callable, ``select.poll`` over a few descriptors if all that is here rests, or
        None; it costs less than zmq_poll, but gives the GIL away
    """

    __slots__ = (
        "__weakref__",
        "_descriptors",
        "_patience",
        "_rests",
        "alone_p",
        "asked",
        "cell",
        "due",
        "glance",
        "items",
        "keys",
        "places",
        "polls",
        "wanted",
    )

    def __init__(self, items: Items) -> None:
        mark = _current[0]
        self.items = list(items)
        self.keys: list[Any] = []
        entries: list[tuple[int, int, int]] = []
        places: list[tuple[int, int]] = []
        known: dict[int, int] = {}
        held = True
        for item, flags in self.items:
            events = _events(flags)
            if isinstance(item, _socket.Socket):
                handle = item._handle
                if not handle:
                    raise item._closed_error()
                if handle in _resting:
                    _idle.rouse(handle)
                held = held and item._socket_type not in ALWAYS_CHECKED
                place = known.setdefault(handle, len(entries))
                if place < len(entries):
                    entries[place] = (handle, 0, entries[place][2] | events)
                else:
                    entries.append((handle, 0, events))
                self.keys.append(item)
            else:
                fd = _descriptor(item)
                place = len(entries)
                entries.append((0, fd, events))
                self.keys.append(fd)
            places.append((place, events))
        super().__init__(entries, held, mark)
        self.places = None if len(entries) == len(places) else places
        self.wanted = entries[0][2]
        alone = len(places) == 1 and held and entries[0][0]
        self.alone_p = fast.pointer(entries[0][0]) if alone else None
        self.cell = memory.take_cell()
        self.asked = known
        self.polls = 0
        self.due = self._patience = _PATIENCE
        # Place of an entry -> the number of the poll after which it was put to rest.
        self._rests: dict[int, int] = {}
        self._descriptors: dict[int, int] = {}
        self.glance: Callable[[int], list[Any]] | None = None

    def rest(self, found: Sequence[int]) -> None:
        """Put to rest what has nothing; ``found`` is what the last poll found for each entry."""
        self.due = self.polls + self._patience
        if not _MAY_REST or self.array_p is None or not fast.enabled:
            return
        for item, _ in self.items:
            place = self.asked.get(item._handle) if isinstance(item, _socket.Socket) else None
            if place is not None and not found[place] and self.mark is _current[0]:
                self._rest(item, place)
        if len(self._rests) == self.count <= _FEW:
            glance = _glance(self._descriptors.values())
            self.glance = None if self.asked else glance

    def _rest(self, socket: Any, place: int) -> None:
        handle = socket._handle
        resting = _resting.get(handle) or self._put_to_rest(socket)
        if resting is None:
            return
        if resting.events & self.entries[place][2]:
            _idle.rouse(handle)
            return
        if place not in self._descriptors:
            self._descriptors[place] = socket._read_int(FD)
        resting.known_to(ref(self), place)
        self._rests[place] = self.polls
        self.asked.pop(handle, None)
        self.watch_descriptor(place, self._descriptors[place])
        if resting.roused:
            # Perhaps before all of this was done.
            self._rests[place] = self.polls
            self.stir(place)

    def _put_to_rest(self, socket: Any) -> _idle.Resting | None:
        _, cell_p, size_p, ints = self.cell
        socket_p, handle = socket._fast_p, socket._handle
        views = _socket_views.views.get(handle)
        if views is None or handle in _watched:
            return None
        resting = _idle.rest(handle, socket_p, views)
        if resting is None or self.mark is not _current[0]:
            return None
        # --- hot: poller; slow twin _poll ---
        rc = fast.getsockopt_now(socket_p, EVENTS, cell_p, size_p)
        # --- end hot ---
        if rc < 0 or resting.roused:
            _idle.rouse(handle)
            return None
        resting.events = ints[0]
        return resting

    def stir(self, place: int) -> None:
        """Ask the socket of an entry again, from now on."""
        since = self._rests.pop(place, None)
        if since is None:
            return
        self.glance = None
        self.watch_socket(place)
        self.asked[self.entries[place][0]] = place
        soon = self.polls - since < _SOON
        self._patience = min(2 * self._patience, _MOST_PATIENCE) if soon else _PATIENCE
        self.due = self.polls + self._patience

    def stirred(self) -> bool:
        """Rouse the sockets whose descriptors have spoken, and tell whether there are any."""
        if not self._rests:
            return False
        revents = self.revents
        spoken = [place for place in list(self._rests) if revents[place]]
        for place in spoken:
            _idle.rouse(self.entries[place][0])
        return bool(spoken)

    def disturb(self) -> None:
        """Tell others that the sockets that are asked are used."""
        if not _resting.keys().isdisjoint(self.asked.keys()):
            for handle in list(self.asked):
                _idle.rouse(handle)

    def found(self) -> Sequence[int]:
        """Return the events that the last poll found for each item."""
        if self.places is None:
            return self.revents
        return [self.revents[place] & events for place, events in self.places]

    def ready(self) -> list[tuple[Any, int]]:
        """Return what the last poll found, as ``(socket or descriptor, events)``."""
        return [(key, events) for key, events in zip(self.keys, self.found()) if events]


def _glance(descriptors: Iterable[int]) -> Callable[[int], list[Any]] | None:
    """Return the ``poll`` of a ``select.poll`` object, if that is the interpreter's own."""
    import select

    make_poll: Any = getattr(select, "poll", None)
    if make_poll is None or isinstance(make_poll, type):
        return None  # a class is that of gevent, and lets others run
    poll = make_poll()
    for fd in descriptors:
        poll.register(fd, select.POLLIN)
    return poll.poll  # type: ignore[no-any-return]


def _descriptor(item: Any) -> int:
    if isinstance(item, int):
        fd = int(item)
    else:
        try:
            fileno = item.fileno
        except AttributeError:
            raise TypeError(
                f"Socket must be a 0MQ socket, an integer fd or have a fileno() method: {item!r}"
            ) from None
        try:
            fd = index(fileno())
        except Exception as error:
            raise ValueError(f"fileno() must return a valid integer fd: {item!r}") from error
    if fd < 0:
        raise ValueError(f"a file descriptor cannot be negative: {fd} ({item!r}; is it closed?)")
    if fd >= 2**31 and sys.platform != "win32":
        raise OverflowError(f"value too large to convert to a file descriptor: {fd}")
    return fd


def _events(flags: Any) -> int:
    try:
        number = int(index(flags))
    except TypeError:
        raise TypeError(f"an integer is required as poll flags, not {flags!r}") from None
    if not -(2**15) <= number < 2**16:
        raise OverflowError(f"poll flags do not fit 16 bits: {flags!r}")
    return number


def _milliseconds(timeout: Any) -> int:
    """Return a time-out as C has it: whole milliseconds, or -1 for ever."""
    try:
        if timeout < 0 or timeout == float("inf"):
            return -1
    except TypeError:
        raise TypeError(f"timeout must be a number of milliseconds, not {timeout!r}") from None
    return int(timeout)


def _round_ms(left_ms: int) -> int:
    """Return for how much of the time left to wait in one call."""
    longest = pollset.LONGEST_MS
    if _SLICE_MS and _in_main_thread():
        longest = _SLICE_MS
    elif left_ms < 0:
        return -1
    return left_ms if 0 <= left_ms < longest else longest


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


def _wait(built: _Built, timeout_ms: int) -> tuple[_Built, int]:
    """Wait until something happens or the time is over, through signals.

    Parameters
    ----------
    built : _Built
    timeout_ms : int, milliseconds of any size, or -1 for ever

    Returns
    -------
    the array that was polled last, and how many entries have events
    """
    deadline = monotonic() + timeout_ms / 1000
    left_ms = timeout_ms
    while True:
        # A signal handler may have closed a socket since the last round.
        if built.mark is not _current[0]:
            built = _Built(built.items)
        try:
            rc = built.poll(_round_ms(left_ms))
        except ZMQError as error:
            raise _explained(error, built.items) from None
        if rc > 0 and not built.stirred():
            return built, rc
        if timeout_ms >= 0:
            left_ms = max(0, -int((monotonic() - deadline) * 1000 // 1))
            if rc == 0 and not left_ms:
                return built, 0


def _explained(error: ZMQError, items: Items) -> ZMQError:
    if error.errno == EINVAL:
        for item, _ in items:
            if isinstance(item, _socket.Socket) and item._socket_type in THREAD_SAFE:
                return errors.failure(
                    f"{strerror(EINVAL)} ({item._describe()} is of a thread-safe type: only "
                    "builds of libzmq with the draft API can poll it)",
                    EINVAL,
                )
    return error


def _processed(built: _Built) -> None:
    """Tell event loops that the commands of the polled sockets were handled."""
    for key in built.keys:
        if isinstance(key, _socket.Socket) and key._handle in _watched:
            _wakeup.processed(key._handle)


def _kept_for(handle: int) -> int:
    """Tell event loops that a socket was used; return POLLIN if they have handed back messages."""
    ledger = _watched.get(handle)
    if ledger is None:
        return 0
    ledger.processed()
    return POLLIN if ledger.has_messages() else 0


def _handed_back(built: _Built) -> list[int]:
    """Return the entries that wait for what an event loop has received and handed back."""
    found = []
    for position, (item, flags) in enumerate(built.items):
        if isinstance(item, _socket.Socket) and flags & POLLIN:
            ledger = _watched.get(item._handle)
            if ledger is not None and ledger.has_messages():
                found.append(position if built.places is None else built.places[position][0])
    return found


def _ask(built: _Built) -> int:
    """Poll without waiting; -1 if that cannot be done this way."""
    array_p = built.array_p
    # Draft builds read the array without looking whether there is one.
    while array_p is not None and built.mark is _current[0]:
        # --- hot: poller; slow twin _wait ---
        rc = fast.poll_now(array_p, built.count, 0)
        # --- end hot ---
        if rc <= 0 or not built.stirred():
            return rc
    return -1


def _poll(built: _Built, timeout_ms: int) -> tuple[_Built, list[tuple[Any, int]]]:
    """Poll, at once if something is ready, else waiting."""
    readable = _handed_back(built) if _watched else []
    if readable:
        timeout_ms = 0
    built.polls += 1
    if _resting:
        built.disturb()
    rc = _ask(built)
    if built.polls >= built.due and built.asked and rc >= 0:
        built.rest(built.revents)
    if rc < 0 or (timeout_ms and not rc):
        built, rc = _wait(built, timeout_ms)
    if _resting:
        built.disturb()
    if _watched:
        _processed(built)
        for position in readable:
            built.revents[position] |= POLLIN
    return built, built.ready() if rc or readable else []


class Poller:
    """Waits for events on several sockets and descriptors.

    Attributes
    ----------
    sockets : list of (socket, flags), in the order of registration

    Notes
    -----
    Wraps ``zmq_poll``. What is registered may be a :class:`zmq.Socket`, a descriptor
    (int) or anything with a ``fileno()``.
    """

    sockets: list[tuple[Any, int]]
    _map: dict[Any, int]
    _built: _Built | None

    def __init__(self) -> None:
        self.sockets = []
        self._map = {}
        self._built = None

    def __contains__(self, socket: Any) -> bool:
        """Tell whether a socket or descriptor is registered."""
        return socket in self._map

    def register(self, socket: Any, flags: int = PollEvent.POLLIN | PollEvent.POLLOUT) -> None:
        """Have poll() watch a socket, or watch it for other events than before.

        Parameters
        ----------
        socket : zmq.Socket, int, or object with fileno()
        flags : int, bitmask of zmq.PollEvent; 0 unregisters

        Raises
        ------
        TypeError : ``socket`` is not hashable. Whether it can be polled, and whether
            flags make sense, is found out by poll().
        """
        if flags:
            self._built = None
            position = self._map.get(socket)
            if position is None:
                self._map[socket] = len(self.sockets)
                self.sockets.append((socket, flags))
            else:
                self.sockets[position] = (socket, flags)
        elif socket in self._map:
            self.unregister(socket)

    def modify(self, socket: Any, flags: int = PollEvent.POLLIN | PollEvent.POLLOUT) -> None:
        """Change the events that a socket is watched for; the same as register().

        Parameters
        ----------
        socket : zmq.Socket, int, or object with fileno()
        flags : int, bitmask of zmq.PollEvent; 0 unregisters
        """
        self.register(socket, flags)

    def unregister(self, socket: Any) -> None:
        """Stop watching a socket.

        Parameters
        ----------
        socket : what was registered

        Raises
        ------
        KeyError : it is not registered
        """
        position = self._map.pop(socket)
        self._built = None
        del self.sockets[position]
        for moved in range(position, len(self.sockets)):
            self._map[self.sockets[moved][0]] = moved

    def poll(self, timeout: Timeout = None) -> list[tuple[Any, int]]:
        """Wait until something is ready.

        Parameters
        ----------
        timeout : float, milliseconds of any size, of which whole ones count; 0 returns
            at once; None or a negative number waits for ever

        Returns
        -------
        list of (socket or descriptor, events), empty when the time is over; what was
        registered as an object with fileno() is called by its descriptor; events are
        a bitmask of zmq.PollEvent. When nothing is registered, an empty list, at once.

        Raises
        ------
        zmq.ContextTerminated : the context of a socket was terminated (ETERM)
        zmq.ZMQError : a socket is closed (ENOTSOCK); a socket is of a thread-safe type,
            which libzmq polls only when built with the draft API (EINVAL)
        TypeError : something registered cannot be polled; ``timeout`` is no number
        ValueError : fileno() does not return a descriptor

        Notes
        -----
        Wraps ``zmq_poll``. Restarts after signals with the time that is left, unless
        their handler raises.
        """
        timeout_ms = 0 if timeout == 0 else -1 if timeout is None else _milliseconds(timeout)
        # The array is taken, so that a signal handler or another thread that polls meanwhile
        # builds its own.
        built = self._built
        self._built = None
        if built is None or built.mark is not _current[0] or built.items != self.sockets:
            if not self.sockets:
                return []
            built = _Built(self.sockets)
        # --- hot: poller; slow twin _poll ---
        elif not built.asked:
            glance = None if _other_threads() else built.glance
            if not timeout_ms and not (
                fast.poll_now(built.array_p, built.count, 0) if glance is None else glance(0)
            ):
                built.polls += 1
                self._built = built
                return []
        elif built.alone_p is not None:
            _, cell_p, size_p, ints = built.cell
            handle = built.entries[0][0]
            if (
                handle not in _resting
                and fast.getsockopt_now(built.alone_p, EVENTS, cell_p, size_p) == 0
            ):
                found = ints[0] & built.wanted
                if handle in _watched:
                    found |= _kept_for(handle) & built.wanted
                if found or not timeout_ms:
                    built.polls += 1
                    if built.polls >= built.due:
                        built.rest((found,))
                    self._built = built
                    return [(built.keys[0], found)] if found else []
        # --- end hot ---
        self._built, events = _poll(built, timeout_ms)
        return events


def zmq_poll(sockets: Iterable[Item], timeout: float = -1) -> list[tuple[Any, int]]:
    """Poll a list of sockets and descriptors.

    Parameters
    ----------
    sockets : iterable of (socket, flags)
        ``socket`` is a zmq.Socket, a descriptor (int) or an object with fileno();
        ``flags`` a bitmask of zmq.PollEvent.
    timeout : float, milliseconds; a negative number waits for ever

    Returns
    -------
    list of (socket or descriptor, events), as Poller.poll

    Raises
    ------
    as Poller.poll

    Notes
    -----
    Wraps ``zmq_poll``. A :class:`Poller` that is used again is faster.
    """
    timeout_ms = _milliseconds(timeout)
    items = list(sockets)
    if not items:
        return []
    return _poll(_Built(items), timeout_ms)[1]


def select(
    rlist: Iterable[Any],
    wlist: Iterable[Any],
    xlist: Iterable[Any],
    timeout: Timeout = None,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait like ``select.select``, for sockets as well.

    Parameters
    ----------
    rlist, wlist, xlist : iterables of zmq.Socket, int or objects with fileno()
        What to watch for being readable, writable, and in error.
    timeout : float, seconds, counted in whole milliseconds; None or -1 waits for ever

    Returns
    -------
    (readable, writable, in error), three lists of sockets and descriptors

    Raises
    ------
    as Poller.poll

    Notes
    -----
    Wraps ``zmq_poll``.
    """
    return select_with(zmq_poll, rlist, wlist, xlist, timeout)


def select_with(
    poll: Callable[[Items, int], list[Item]],
    rlist: Iterable[Any],
    wlist: Iterable[Any],
    xlist: Iterable[Any],
    timeout: Timeout,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Do what select() does, with another zmq_poll()."""
    timeout_ms = -1
    if timeout is not None and timeout != float("inf"):
        try:
            timeout_ms = max(-1, int(timeout * 1000.0))
        except TypeError:
            raise TypeError(f"timeout must be a number of seconds, not {timeout!r}") from None
    wanted: dict[Any, int] = {}
    for group, flag in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLERR)):
        for socket in group:
            wanted[socket] = wanted.get(socket, 0) | flag
    ready = poll(list(wanted.items()), timeout_ms)
    readable = [socket for socket, events in ready if events & POLLIN]
    writable = [socket for socket, events in ready if events & POLLOUT]
    failed = [socket for socket, events in ready if events & POLLERR]
    return readable, writable, failed
