# SPDX-License-Identifier: BSD-3-Clause
"""ZMQStream: a socket whose messages are given to callbacks, by a tornado loop.

A stream is one of those that wait at the Watcher of its socket (``zmq._wakeup``), and it
stays there. When it hears of messages it receives them, one after the other, and calls
the callback with each. It gives the loop its turn when a callback has given the loop
something to do or has stopped it, so that what a message brings about happens before the
next message comes, and when it has been at it for as long as everything in one loop may
(``zmq._loop.TURN_S``). A loop that does not tell what it has to do has its turn after
each message.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from functools import partial
from inspect import isawaitable
from time import monotonic as _clock

from tornado.ioloop import IOLoop
from tornado.log import gen_log

import zmq
from zmq._future import _AsyncSocket, _snapshot
from zmq._loop import watcher_for
from zmq.constants import POLLIN, POLLOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any, Union

    Parts = list[Any]
    Result = Union[Awaitable[Any], Any]
    OnReceive = Callable[[Parts], Result]
    OnReceiveStream = Callable[["ZMQStream", Parts], Result]
    OnSend = Callable[[Any, Any], Result]
    OnSendStream = Callable[["ZMQStream", Any, Any], Result]
    Sending = tuple[Any, Callable[[], Any]]

__all__ = ["ZMQStream"]

IN = int(POLLIN)
OUT = int(POLLOUT)
DONTWAIT = int(zmq.DONTWAIT)

_PASSED_ON = (
    "bind",
    "bind_to_random_port",
    "connect",
    "getsockopt",
    "getsockopt_string",
    "getsockopt_unicode",
    "setsockopt",
    "setsockopt_string",
    "setsockopt_unicode",
)
_tasks: set[Any] = set()
"""What asynchronous callbacks are at: a loop itself keeps its tasks only weakly."""


class _Place:
    """A stream's place at its watcher, where it does not keep the stream when its loop is gone."""

    __slots__ = ("_stream",)

    def __init__(self, stream: ZMQStream) -> None:
        self._stream = weakref.ref(stream)

    def notice(self, events: int) -> None:
        stream = self._stream()
        if stream is not None:
            stream._notice(events)

    def fail(self, error: BaseException) -> None:
        stream = self._stream()
        if stream is not None:
            stream._fail(error)

    def drop(self) -> None:
        stream = self._stream()
        if stream is not None:
            stream._drop()


class ZMQStream:
    """A socket whose messages are given to callbacks, by a tornado loop.

    Parameters
    ----------
    socket : zmq.Socket
        Of any kind; one whose receives return futures is used through its plain view.
    io_loop : tornado.ioloop.IOLoop; the current one by default

    Attributes
    ----------
    socket : zmq.Socket; None once the stream is closed
    io_loop : tornado.ioloop.IOLoop
    poller : zmq.Poller, empty

    Raises
    ------
    zmq.ZMQError : the socket is closed (ENOTSOCK), or cannot be waited for

    Notes
    -----
    The methods ``bind``, ``connect``, ``getsockopt`` and ``setsockopt``, and their
    variants, are the socket's own. The socket may be used directly, and by any other
    view of it, without keeping a message from the callback.

    Callbacks may be coroutine functions: what they return is awaited, while the next
    messages are received. What they raise is logged by ``tornado.general``.

    Use a stream in the thread of its loop, or while the loop does not run. Only the
    ``send`` methods may be called in any thread, as long as just one uses the socket.
    """

    socket: Any
    io_loop: IOLoop
    poller: zmq.Poller
    if TYPE_CHECKING:
        bind: Callable[..., Any]
        bind_to_random_port: Callable[..., int]
        connect: Callable[..., Any]
        getsockopt: Callable[..., Any]
        getsockopt_string: Callable[..., str]
        getsockopt_unicode: Callable[..., str]
        setsockopt: Callable[..., None]
        setsockopt_string: Callable[..., None]
        setsockopt_unicode: Callable[..., None]

    def __init__(self, socket: zmq.Socket[Any], io_loop: IOLoop | None = None) -> None:
        if isinstance(socket, _AsyncSocket):
            socket = socket._shadow_sock
        chosen: Any = io_loop or IOLoop.current()
        self.io_loop = chosen
        loop = chosen.asyncio_loop
        self._watcher = watcher_for(socket, loop)
        self.socket = socket
        self.poller = zmq.Poller()
        self._loop = loop
        to_do = getattr(loop, "_ready", None)
        self._to_do = to_do if hasattr(loop, "_stopping") and isinstance(to_do, deque) else None
        self._receive_callback: Any = None
        self._send_callback: Any = None
        self._close_callback: Any = None
        self._copy = True
        self._paused = False
        self._queue: deque[Sending] = deque()
        self._place: tuple[int, _Place] | None = None
        for name in _PASSED_ON:
            setattr(self, name, getattr(socket, name))
        self._enlist()

    def _enlist(self) -> None:
        """Have tornado keep the stream, and close its socket in ``IOLoop.close(all_fds=True)``."""
        self._fd: int = self.socket.fileno()
        self.io_loop.remove_handler(self._fd)  # of a socket that was closed beneath its stream
        self.io_loop.add_handler(self.socket, self._do_nothing, 0)

    def _do_nothing(self, socket: Any, events: int) -> None:
        """Stand where tornado wants a handler, but wait for no event of the descriptor."""

    # ------------------------------------------------------------------
    # callbacks

    def on_recv(self, callback: OnReceive | None, copy: bool = True) -> None:
        """Have a callback called with each message.

        Parameters
        ----------
        callback : callable, takes the list of parts; None to receive no more
        copy : bool; True gives bytes, False Frames

        Raises
        ------
        OSError : the stream is closed

        Notes
        -----
        Replaces any other callback for messages. While there is none, messages stay
        in the socket.
        """
        self._check_open()
        _check_callable(callback)
        self._copy = copy
        self._receive_callback = callback
        self._wait()

    def on_recv_stream(self, callback: OnReceiveStream | None, copy: bool = True) -> None:
        """Have a callback called with the stream and each message.

        Parameters
        ----------
        callback : callable, takes the stream and the list of parts; None to receive no
            more
        copy : bool, as on_recv()

        Raises
        ------
        OSError : the stream is closed
        """
        _check_callable(callback)
        if callback is None:
            self.on_recv(None)
        else:
            self.on_recv(lambda message: callback(self, message), copy)

    def stop_on_recv(self) -> None:
        """Receive no more, as ``on_recv(None)``."""
        self.on_recv(None)

    def on_send(self, callback: OnSend | None) -> None:
        """Have a callback called with each message that was sent.

        Parameters
        ----------
        callback : callable, takes the sequence of parts and either a MessageTracker, if
            one was asked for, or None, or the zmq.ZMQError that kept it from being sent;
            None to have none

        Raises
        ------
        OSError : the stream is closed
        """
        self._check_open()
        _check_callable(callback)
        self._send_callback = callback

    def on_send_stream(self, callback: OnSendStream | None) -> None:
        """Have a callback called with the stream and each message that was sent.

        Parameters
        ----------
        callback : callable, takes the stream and what that of on_send() takes

        Raises
        ------
        OSError : the stream is closed
        """
        _check_callable(callback)
        if callback is None:
            self.on_send(None)
        else:
            self.on_send(lambda message, status: callback(self, message, status))

    def stop_on_send(self) -> None:
        """Have no callback for what was sent, as ``on_send(None)``."""
        self.on_send(None)

    def on_err(self, callback: Callable[..., Any] | None) -> None:
        """DEPRECATED: do nothing but say so in the log, as sockets have no such event."""
        gen_log.warning("ZMQStream.on_err does nothing: sockets have no errors to tell of")

    def stop_on_err(self) -> None:
        """DEPRECATED: do nothing, as on_err()."""
        self.on_err(None)

    def set_close_callback(self, callback: Callable[[], Result] | None) -> None:
        """Have a callback called once the stream is closed.

        Parameters
        ----------
        callback : callable without arguments; None to have none

        Notes
        -----
        If the socket is closed by somebody else, the loop closes the stream.
        """
        _check_callable(callback)
        self._close_callback = callback
        if self.socket is not None:
            self._wait()

    # ------------------------------------------------------------------
    # sending

    def send(
        self,
        msg: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a message of one part.

        Parameters
        ----------
        msg : bytes-like or Frame
        flags, copy, track, callback, **kwargs : as send_multipart()

        Raises
        ------
        OSError : the stream is closed
        """
        if type(self).send_multipart is not _send_multipart:
            self.send_multipart(
                [msg], flags=flags, copy=copy, track=track, callback=callback, **kwargs
            )
            return
        if self._watcher.closed:
            self._check_open()
        if callback is not None:
            self.on_send(callback)
        at_once = not self._queue and self._send_callback is None and self._watcher.here()
        if not (at_once and self._send_now(self.socket.send, msg, flags, copy, track, kwargs)):
            self._send_later([msg], flags, copy, track, kwargs)

    def send_multipart(
        self,
        msg: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a message, at once if that is possible, or when the loop finds that it is.

        Never blocks. Messages that have to wait are sent in their order.

        Parameters
        ----------
        msg : sequence of bytes-like or Frame, at least one
        flags, copy, track, **kwargs : as zmq.Socket.send_multipart()
        callback : as ``on_send(callback)``, which it calls

        Raises
        ------
        OSError : the stream is closed

        Notes
        -----
        What is wrong with a message, or keeps it from being sent, is logged by
        ``tornado.general``, and an error of libzmq is told to the callback of on_send().
        """
        self._check_open()
        if callback is not None:
            self.on_send(callback)
        if not isinstance(msg, (list, tuple)):
            msg = tuple(msg)
        at_once = not self._queue and self._send_callback is None and self._watcher.here()
        send = self.socket.send_multipart
        if not (at_once and self._send_now(send, msg, flags, copy, track, kwargs)):
            self._send_later(msg, flags, copy, track, kwargs)

    def send_string(
        self,
        u: str,
        flags: int = 0,
        encoding: str = "utf-8",
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a str, encoded.

        Parameters
        ----------
        u : str
        encoding : str
        flags, callback, **kwargs : as send_multipart()

        Raises
        ------
        TypeError : not a str
        OSError : the stream is closed
        """
        if callback is not None:
            self.on_send(callback)
        zmq.Socket.send_string(self, u, flags, encoding=encoding, **kwargs)  # type: ignore[arg-type]

    send_unicode = send_string

    def send_json(
        self, obj: Any, flags: int = 0, callback: OnSend | None = None, **kwargs: Any
    ) -> None:
        """Send an object as JSON.

        Parameters
        ----------
        obj : object that json.dumps takes
        flags, callback : as send_multipart()
        **kwargs : as zmq.Socket.send_json()

        Raises
        ------
        TypeError, ValueError : JSON cannot express it
        OSError : the stream is closed
        """
        if callback is not None:
            self.on_send(callback)
        zmq.Socket.send_json(self, obj, flags, **kwargs)  # type: ignore[arg-type]

    def send_pyobj(
        self,
        obj: Any,
        flags: int = 0,
        protocol: int = -1,
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a Python object as a pickle.

        Parameters
        ----------
        obj : object that can be pickled
        protocol : int, pickle's; -1 is the newest
        flags, callback, **kwargs : as send_multipart()

        Raises
        ------
        pickle.PicklingError, TypeError : it cannot be pickled
        OSError : the stream is closed
        """
        if callback is not None:
            self.on_send(callback)
        zmq.Socket.send_pyobj(self, obj, flags, protocol, **kwargs)  # type: ignore[arg-type]

    def _send_now(
        self,
        send: Callable[..., Any],
        what: Any,
        flags: int,
        copy: bool,
        track: bool,
        kwargs: dict[str, Any],
    ) -> bool:
        """Send, and tell whether that was possible; if not, the loop will find why."""
        watcher = self._watcher
        if kwargs:
            send = partial(send, **kwargs)
        try:
            watcher.done_here(self.socket, send, what, flags | DONTWAIT, copy, track)
        except Exception:
            return False
        finally:
            if self._place is not None or watcher.ledger.shared or watcher.waiting():
                watcher.used()
        return True

    def _send_later(
        self, msg: Any, flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> None:
        """Put a message last in the queue."""
        parts = [_snapshot(part) for part in msg] if copy else list(msg)
        send = partial(
            self.socket.send_multipart, parts, flags | DONTWAIT, copy, track, **kwargs
        )
        self._queue.append((msg, send))
        self._wait()

    # ------------------------------------------------------------------
    # state

    def receiving(self) -> bool:
        """Tell whether there is a callback for messages."""
        return self._receive_callback is not None

    def sending(self) -> bool:
        """Tell whether messages wait to be sent."""
        return bool(self._queue)

    def closed(self) -> bool:
        """Tell whether the stream is closed; it is if its socket is."""
        if self.socket is None:
            return True
        if self.socket.closed:
            self.close()
            return True
        return False

    def flush(self, flag: int = POLLIN | POLLOUT, limit: int | None = None) -> int:
        """Receive and send what can be now, and call the callbacks.

        Parameters
        ----------
        flag : int, bitmask of POLLIN and POLLOUT: what to do
        limit : int, most messages, received and sent ones together; None for no limit

        Returns
        -------
        int, how many messages were received and sent

        Raises
        ------
        OSError : the stream is closed
        """
        self._check_open()
        watcher = self._watcher
        done = before = 0
        while not watcher.closed:
            events = watcher.events() & flag
            for event, act in ((IN, self._receive), (OUT, self._send_first)):
                if events & event and (limit is None or done < limit):
                    done += act()
            if done == before:
                self._wait()
                watcher.used()
                break
            before = done
        return done

    def close(self, linger: int | None = None) -> None:
        """Close the stream and its socket, and call the callback of set_close_callback().

        Messages that wait are sent if that is possible at once. Closing a closed stream
        does nothing.

        Parameters
        ----------
        linger : int, ms, as zmq.Socket.close()
        """
        socket = self.socket
        if socket is None:
            return
        self._leave()
        while self._queue and not socket.closed:
            try:
                self._queue.popleft()[1]()
            except Exception:
                break
        self._queue.clear()
        self.socket = None
        if not socket.closed:
            self.io_loop.remove_handler(self._fd)
        socket.close(linger)
        callback, self._close_callback = self._close_callback, None
        if callback is not None:
            self._run(callback)

    def _check_open(self) -> None:
        if self._watcher.closed and self.closed():
            raise OSError("Stream is closed")

    # ------------------------------------------------------------------
    # waiting: see zmq._wakeup.Polling

    def _wait(self) -> None:
        """Wait for what there is a use for, in the loop."""
        watcher = self._watcher
        if not watcher.here():
            watcher.soon(self._wait_here)
        else:
            self._wait_here()

    def _wait_here(self) -> None:
        wanted = (IN if self._receive_callback else 0) | (OUT if self._queue else 0)
        waits = wanted != 0 or self._close_callback is not None
        if self._place is not None:
            if waits and self._place[0] == wanted:
                return
            self._leave()
        watcher = self._watcher
        if waits and not watcher.closed:
            self._place = (wanted, _Place(self))
            watcher.polls.append(self._place)
            watcher.expect()
            watcher.poke()

    def _leave(self) -> None:
        if self._place is not None and self._place in self._watcher.polls:
            self._watcher.polls.remove(self._place)
        self._place = None

    def _notice(self, events: int) -> None:
        """Receive and send until nothing is left, or the loop is to have its turn."""
        if self._paused:
            return
        watcher, to_do = self._watcher, self._to_do
        before = 0
        while events:
            if to_do is not None:
                before = len(to_do)
            acted = bool(events & IN) and self._receive()
            if events & OUT and not watcher.closed:
                acted |= self._send_first()
            if watcher.closed:
                return
            wanted = (IN if self._receive_callback else 0) | (OUT if self._queue else 0)
            if self._place is None or self._place[0] != wanted:
                self._wait_here()
            if not acted:
                return
            if watcher.ledger.shared or len(watcher.polls) > 1 or watcher.receivers or watcher.senders:
                self._tell_others()
            if to_do is None or len(to_do) > before or self._is_over():
                self._pause()
                return
            events = watcher.events() & wanted

    def _tell_others(self) -> None:
        """Have those look again who wait for the socket as well."""
        watcher = self._watcher
        if watcher.ledger.shared:
            watcher.ledger.processed()
        watcher.soon(watcher.check)

    def _pause(self) -> None:
        """Do nothing until all that the loop has to do now is done."""
        self._watcher.soon(self._resume)
        self._paused = True

    def _resume(self) -> None:
        self._paused = False
        self._watcher.check()

    def _is_over(self) -> bool:
        """Tell whether the loop is to have its turn, or is to stop."""
        turns = self._watcher.turns
        stopping: bool = self._loop._stopping
        return stopping or (_clock() >= turns.ends and turns.over())

    def _fail(self, error: BaseException) -> None:
        """Wait no more: the socket is beyond use."""
        self._place = None
        gen_log.warning("%r cannot be used any more: %s", self.socket, error)

    def _drop(self) -> None:
        """Have the loop close the stream, as its socket is closed."""
        self._place = None
        self.io_loop.remove_handler(self._fd)
        self._watcher.soon(self.close)

    # ------------------------------------------------------------------
    # doing

    def _receive(self) -> bool:
        """Receive a message for the callback, and tell whether there was one."""
        callback = self._receive_callback
        if callback is None:
            return False
        socket = self.socket
        try:
            message = self._watcher.done_here(socket, socket.recv_multipart, DONTWAIT, self._copy)
        except zmq.Again:
            return False
        self._run(callback, message)
        return True

    def _send_first(self) -> bool:
        """Send the message that has waited longest, and tell whether its waiting is over."""
        if not self._queue:
            return False
        first = self._queue.popleft()
        msg, send = first
        status: Any
        try:
            status = self._watcher.done_here(self.socket, send)
        except zmq.Again:
            # libzmq does not tell when a certain peer can be sent to.
            self._queue.appendleft(first)
            self._watcher.try_again()
            return False
        except zmq.ZMQError as error:
            gen_log.error("SEND Error: %s", error)
            status = error
        except Exception:
            gen_log.exception("Uncaught exception in ZMQStream, which cannot send %r", msg)
            return True
        self._watcher.pause_s = 0.0
        if self._send_callback is not None:
            self._run(self._send_callback, msg, status)
        return True

    def _run(self, callback: Callable[..., Any], *args: Any) -> None:
        """Call a callback, and log what it raises."""
        try:
            result = callback(*args)
            if result is not None and isawaitable(result):
                task = asyncio.ensure_future(result, loop=self._loop)
                _tasks.add(task)
                task.add_done_callback(_finished)
        except Exception:
            gen_log.exception("Uncaught exception in ZMQStream callback")


_send_multipart = ZMQStream.send_multipart
"""What subclasses may replace: then all other sends are made of theirs."""


def _finished(task: asyncio.Future[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and task.exception() is not None:
        gen_log.error("Uncaught exception in ZMQStream callback", exc_info=task.exception())


def _check_callable(callback: Any) -> None:
    assert callback is None or callable(callback), f"a callable or None is needed, got {callback!r}"
