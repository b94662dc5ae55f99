# SPDX-License-Identifier: BSD-3-Clause
"""The engine under the proxies that libzmq does not have in the form wanted.

A :class:`Lane` forwards whole messages one way, by handing over the message
structures: bytes are not copied, neither for the other side nor for the capture
socket. A :class:`Relay` runs lanes in turn and waits when none can go on.

Messages are read only when there is room on the other side and on the capture
socket. Until then they stay with their sender, who may have somebody else to give
them to. Asking costs a system call, so it is done once for a batch; if the other
side fills up meanwhile, one message stays in hand, and then every message is asked
for until a whole batch has passed.

Python runs signal handlers between any two steps, and a handler may raise. Where
that cut a message in two, both sockets would be left in the middle of it. So
:class:`Signals` has the handlers run between messages.
"""

from __future__ import annotations

from . import _poll, _socket, _wakeup
from ._ctypes import errors, fast, memory, pollset
from ._ctypes.bind import C
from ._socket_checked import DATAGRAM_SENDERS
from .constants import Errno, Flag, PollEvent, SocketOption, SocketType
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    AnySocket = _socket.Socket[Any]

BATCH = 100
"""Messages that one lane forwards before the others have their turn."""

DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)
MORE_NOW = DONTWAIT | SNDMORE
POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)
EVENTS = int(SocketOption.EVENTS)
EAGAIN = int(Errno.EAGAIN)
EINTR = errors.EINTR

_watched = _wakeup.watched


def _types(*names: str) -> frozenset[int]:
    return frozenset(int(SocketType[name]) for name in names)


_ALWAYS_WRITABLE = _types("PUB", "XPUB", "XSUB", "ROUTER", "STREAM", "RADIO", "SERVER")
# Whether these are writable is always answered with no; sending says why.
_NEVER_WRITABLE = _types("SUB", "PULL", "DISH", "GATHER")
_UNGATED = _ALWAYS_WRITABLE | _NEVER_WRITABLE
# These give up a message when they lose their peer in the middle of it. With DONTWAIT they say so,
# and take what is sent next for a new message; without, they drop the rest too. They never wait.
GIVES_UP = _types("PUSH", "DEALER", "REQ")


def _later_flags(socket: AnySocket) -> tuple[int, int]:
    """Return the flags of a second or later part, if it is the last, and if it is not."""
    return (0, SNDMORE) if socket._socket_type in GIVES_UP else (DONTWAIT, MORE_NOW)


_FIRST_FLAGS = (DONTWAIT, MORE_NOW)


def check(name: str, socket: Any) -> None:
    """Refuse what is no open socket.

    Raises
    ------
    TypeError : ``socket`` is no zmq.Socket
    zmq.ZMQError : it is closed (ENOTSOCK), or an unbound DGRAM (ENOTCONN)
    """
    if not isinstance(socket, _socket.Socket):
        raise TypeError(
            f"Argument {name!r} has incorrect type "
            f"(expected zmq.Socket, got {type(socket).__name__})"
        )
    if not socket._handle:
        raise socket._closed_error()
    if socket._socket_type in DATAGRAM_SENDERS:
        socket._check_datagram(0, b"")


class Signals:
    """Makes Python's signal handlers wait until they are allowed to run.

    Does nothing outside the main thread, where no handler ever runs.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._pending: list[tuple[int, Any]] = []
        self._waiting = False

    def __enter__(self) -> Signals:
        if _poll._in_main_thread():
            import signal

            try:
                for number in range(1, signal.NSIG):
                    handler = signal.getsignal(number)
                    if callable(handler):
                        self._handlers[number] = handler
                        signal.signal(number, self._note)
            except BaseException:
                self._restore()
                raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            self._restore()
        finally:
            self._deliver()

    def _restore(self) -> None:
        """Put the handlers back, all of them, also when one of them already raises."""
        import signal

        self._waiting = False
        raised: BaseException | None = None
        for number, handler in self._handlers.items():
            try:
                if signal.getsignal(number) == self._note:
                    signal.signal(number, handler)
            except BaseException as error:
                raised = error
                signal.signal(number, handler)
        if raised is not None:
            raise raised

    def _note(self, number: int, frame: Any) -> None:
        self._pending.append((number, frame))
        if self._waiting:
            self._deliver()

    def _deliver(self) -> None:
        # A handler may run between a call that failed and the question why.
        with errors.keep_errno():
            while self._pending:
                number, frame = self._pending.pop(0)
                self._handlers[number](number, frame)

    def allow(self) -> None:
        """Run the handlers of the signals that have arrived, and those of others at once.

        What they raise goes on.
        """
        # In this order: what arrives in between must not wait for the end of a wait.
        self._waiting = True
        self._deliver()

    def defer(self) -> None:
        """Keep the signals that arrive from now on."""
        self._waiting = False


class Lane:
    """One direction: what ``source`` receives is sent by ``target``.

    Parameters
    ----------
    source, target : Socket
    signals : Signals
    capture : Socket, optional
        Is sent a copy of everything.
    prefix : bytes, optional
        An additional first part for the copies.
    swap : bool
        Exchange the first two parts: what one ROUTER receives as (sender, addressee)
        another one sends as (addressee, sender).

    Attributes
    ----------
    awaits : (Socket, events), what has to happen before run() is worth while; None
        when it is worth while now
    messages, size : int, messages and bytes forwarded
    source, target : as given
    """

    __slots__ = (
        "_capture",
        "_careful",
        "_cell",
        "_copy_p",
        "_flags",
        "_gates",
        "_in_hand",
        "_part_p",
        "_prefix",
        "_second_p",
        "_signals",
        "_swap",
        "_woken",
        "awaits",
        "messages",
        "size",
        "source",
        "target",
    )

    def __init__(
        self,
        source: AnySocket,
        target: AnySocket,
        signals: Signals,
        capture: AnySocket | None = None,
        prefix: bytes | None = None,
        swap: bool = False,
    ) -> None:
        self.source = source
        self.target = target
        self._signals = signals
        self._capture: Any = capture
        self._prefix = prefix
        self._swap = swap
        written = (target,) if capture is None else (target, capture)
        self._flags = (_later_flags(target), _later_flags(target if capture is None else capture))
        self._gates = [socket for socket in written if socket._socket_type not in _UNGATED]
        self._part_p = memory.new_message()
        self._second_p = memory.new_message()
        self._copy_p = memory.new_message()
        self._cell = memory.take_cell()
        self._woken = False
        self._in_hand = False
        self._careful = self._ask_always()
        self.awaits: tuple[AnySocket, int] | None = None
        self.messages = 0
        self.size = 0

    def _ask_always(self) -> bool:
        """Tell whether to ask for room before each message rather than before each batch.

        Once the target has taken a message the capture socket has to.
        """
        return self._capture in self._gates

    def close(self) -> None:
        """Let go of messages in hand, if they cannot be delivered at once."""
        try:
            if self._in_hand:
                self._pass_on()
        except ZMQError:
            pass  # the reason why the lane is closed is known already
        finally:
            for msg_p in (self._part_p, self._second_p, self._copy_p):
                memory.release(msg_p)
            memory.give_cell(self._cell)

    def wake(self) -> None:
        """Note that what it awaits has happened."""
        self._woken = self.awaits is not None and self.awaits[1] == POLLIN
        self.awaits = None

    def run(self) -> None:
        """Forward up to BATCH messages; if there are fewer, say in ``awaits`` what is missing.

        Raises
        ------
        zmq.ContextTerminated : the context was terminated (ETERM)
        zmq.ZMQError : receiving or sending failed
        """
        # --- hot: thread_monitored_queue; slow twin _receive, _insist ---
        if self._in_hand and not self._pass_on():
            return
        part_p = self._part_p
        source = self.source
        for count in range(BATCH):
            if self._careful or not count:
                for gate in self._gates:
                    if not self._is_writable(gate):
                        self.awaits = (gate, POLLOUT)
                        return
            rc = fast.recv_now(part_p, source._fast_p, DONTWAIT)
            if rc < 0:
                # Why matters only if the poller has just said that there is something.
                rc = self._receive() if self._woken else -1
                if rc < 0:
                    self._woken = False
                    self.awaits = (source, POLLIN)
                    return
            self._woken = False
            self.size += rc
            if not self._pass_on():
                return
        # --- end hot ---
        self._careful = self._ask_always()

    def _is_writable(self, socket: AnySocket) -> bool:
        _, cell_p, size_p, ints = self._cell
        # --- hot: thread_monitored_queue; slow twin zmq_getsockopt ---
        if fast.getsockopt_now(socket._fast_p, EVENTS, cell_p, size_p) < 0:
            C.zmq_getsockopt(socket._handle, EVENTS, cell_p, size_p)
        # --- end hot ---
        return bool(ints[0] & POLLOUT)

    def _pass_on(self) -> bool:
        """Send the message whose first part is in hand, receiving the others.

        Returns
        -------
        False if the target has no room; the first part stays in hand
        """
        # --- hot: thread_monitored_queue; slow twin _insist, _receive_next ---
        part_p = self._part_p
        target = self.target
        capture = self._capture
        more = fast.msg_more(part_p)
        first = True
        flags = copy_flags = _FIRST_FLAGS
        if more and self._swap:
            more = self._send_second()
            first = False
            flags, copy_flags = self._flags
        while True:
            if capture is not None:
                fast.msg_copy(self._copy_p, part_p)
            if fast.msg_send_now(part_p, target._fast_p, flags[more]) < 0 and not self._insist(
                part_p, target, more, first
            ):
                return False
            if capture is not None:
                if first and self._prefix is not None:
                    self._send_prefix()
                    copy_flags = self._flags[1]
                if fast.msg_send_now(self._copy_p, capture._fast_p, copy_flags[more]) < 0:
                    self._insist(self._copy_p, capture, more, first)
            if not more:
                break
            first = False
            flags, copy_flags = self._flags
            self._receive_next(part_p)
            more = fast.msg_more(part_p)
        # --- end hot ---
        self.messages += 1
        self._in_hand = False
        return True

    def _send_second(self) -> int:
        """Send the second part before the first; return whether there is a third."""
        # --- hot: thread_monitored_queue; slow twin _insist, _receive_next ---
        second_p = self._second_p
        capture = self._capture
        self._receive_next(second_p)
        more = fast.msg_more(second_p)
        if capture is not None:
            fast.msg_copy(self._copy_p, second_p)
        if fast.msg_send_now(second_p, self.target._fast_p, MORE_NOW) < 0:
            self._insist(second_p, self.target, 1, True)
        if capture is not None:
            flags = _FIRST_FLAGS
            if self._prefix is not None:
                self._send_prefix()
                flags = self._flags[1]
            if fast.msg_send_now(self._copy_p, capture._fast_p, flags[1]) < 0:
                self._insist(self._copy_p, capture, 1, True)
        # --- end hot ---
        return more

    def _send_prefix(self) -> None:
        capture: Any = self._capture
        prefix: Any = self._prefix
        size = len(prefix)
        # --- hot: thread_monitored_queue; slow twin zmq_send ---
        rc = fast.send_now(capture._fast_p, prefix, size, MORE_NOW)
        # --- end hot ---
        if rc < 0:
            self._repeat(
                "send", capture, SNDMORE, lambda now: C.zmq_send(capture._handle, prefix, size, now)
            )

    def _receive_next(self, msg_p: Any) -> None:
        """Receive a part that is known to be there: messages arrive whole."""
        # --- hot: thread_monitored_queue; slow twin zmq_msg_recv ---
        source = self.source
        rc = fast.recv_now(msg_p, source._fast_p, DONTWAIT)
        # --- end hot ---
        if rc < 0:
            rc = self._repeat(
                "recv", source, 0, lambda now: C.zmq_msg_recv(msg_p, source._handle, now)
            )
        self.size += rc

    def _receive(self) -> int:
        """Receive a first part the checked way; -1 if there is none."""
        rc: int = C.zmq_msg_recv(self._part_p, self.source._handle, DONTWAIT)
        if rc == -1:
            errnum = errors.last_errno()
            if errnum not in (EAGAIN, EINTR):
                raise self.source._error(errnum, "recv")
        return rc

    def _insist(self, msg_p: Any, socket: AnySocket, more: int, first: bool) -> bool:
        """Send a part that could not be sent the fast way.

        Returns
        -------
        False if it is the first of a message, and the target has no room for it now
        """
        if socket._socket_type in DATAGRAM_SENDERS:
            socket._check_message(msg_p)
        first_to_target = first and socket is self.target
        if first_to_target and socket in self._gates:
            return self._try(msg_p, socket, more)
        flags = SNDMORE if more else 0
        try:
            self._repeat(
                "send", socket, flags, lambda now: C.zmq_msg_send(msg_p, socket._handle, now)
            )
        except ZMQError:
            raise
        except BaseException:
            if first_to_target:
                self._drop(more)
            raise
        return True

    def _try(self, msg_p: Any, socket: AnySocket, more: int) -> bool:
        rc: int = C.zmq_msg_send(msg_p, socket._handle, MORE_NOW if more else DONTWAIT)
        if rc != -1:
            return True
        errnum = errors.last_errno()
        if errnum not in (EAGAIN, EINTR):
            raise socket._error(errnum, "send")
        self._in_hand = self._careful = True
        self.awaits = (socket, POLLOUT)
        return False

    def _drop(self, more: int) -> None:
        """Receive the rest of a message of which a signal handler prevented the sending."""
        while more:
            self._receive_next(self._part_p)
            more = C.zmq_msg_more(self._part_p)

    def _repeat(self, doing: str, socket: AnySocket, flags: int, call: Callable[[int], int]) -> int:
        """Make a call, given flags, that may wait, again after each signal."""
        while True:
            socket._rouse()
            rc = call(flags)
            if rc != -1:
                return rc
            errnum = errors.last_errno()
            if errnum != EINTR:
                raise socket._error(errnum, doing)
            self._signals.allow()
            self._signals.defer()


class Relay:
    """Runs lanes until one of them fails, or until it is told to finish.

    Parameters
    ----------
    lanes : sequence of Lane
    signals : Signals, entered
    control : Socket, optional
    obey : callable
        Called with this relay when ``control`` is readable.

    Attributes
    ----------
    active : bool, whether messages are forwarded
    finished : bool, makes run() return
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        signals: Signals,
        control: AnySocket | None = None,
        obey: Callable[[Relay], object] = bool,
    ) -> None:
        self.active = True
        self.finished = False
        self._lanes = lanes
        self._signals = signals
        self._control = control
        self._obey = obey
        self._waits: dict[Any, _poll._Built] = {}
        self._last: _poll._Built | None = None

    def run(self) -> None:
        """Forward messages.

        Raises
        ------
        zmq.ContextTerminated : the context was terminated (ETERM)
        zmq.ZMQError : receiving or sending failed
        whatever ``obey`` and signal handlers raise
        """
        try:
            self._ask(_poll._Built(self._everything()), 0)  # what cannot be polled is refused now
            while not self.finished:
                self._turn(self._lanes if self.active else ())
        finally:
            for lane in self._lanes:
                lane.close()

    def _turn(self, lanes: Sequence[Lane]) -> None:
        sleepers = []
        for lane in lanes:
            if lane.awaits is None:
                lane.run()
            if lane.awaits is not None:
                sleepers.append(lane)
        built = self._wait_set(sleepers)
        # The poll gives the GIL away, also when it is not to wait: a relay that is busy would
        # hold up all other threads.
        busy = len(sleepers) < len(lanes)
        if self._ask(built, 0 if busy else _poll._round_ms(-1)) <= 0:
            return
        found = built.found()
        for lane, events in zip(sleepers, found):
            if events:
                lane.wake()
        if self._control is not None and found[-1]:
            self._obey(self)

    def _ask(self, built: _poll._Built, timeout_ms: int) -> int:
        try:
            self._signals.allow()
            rc = built.poll(timeout_ms)
        except ZMQError as error:
            raise _poll._explained(error, built.items) from None
        finally:
            self._signals.defer()
        built.disturb()
        if _watched:
            _poll._processed(built)
        return rc

    def _everything(self) -> list[tuple[AnySocket, int]]:
        sockets = [socket for lane in self._lanes for socket in (lane.source, lane.target)]
        return [(socket, 0) for socket in sockets]

    def _wait_set(self, sleepers: Sequence[Lane]) -> _poll._Built:
        awaited: list[Any] = [lane.awaits for lane in sleepers]
        if self._control is not None:
            awaited.append((self._control, POLLIN))
        if not awaited:
            # Everybody is busy; asking anything at all lets other threads have their turn.
            awaited = self._everything()
        built = self._last
        if built is None or built.items != awaited:
            built = self._waits.get(tuple(awaited))
        if built is None or built.mark is not pollset.current[0]:
            built = self._waits[tuple(awaited)] = _poll._Built(awaited)
        self._last = built
        return built
