# SPDX-License-Identifier: BSD-3-Clause
"""Socket: one libzmq socket.

Here are the life of a socket, from its opening to its end, and the hot forms of its
options and polls; what hot forms are is told in ``_socket_send.py``. What else a
socket does has a file for each subject, ``_socket_*.py``, with a class that Socket
is made of.
"""

from __future__ import annotations

import errno
import operator
import sys
import time
from _weakref import ref
from types import FunctionType

from . import (
    _connect_id,
    _idle,
    _inproc,
    _links,
    _monitors,
    _pickle,
    _socket_views,
    _wakeup,
)
from ._ctypes import bind as _bind
from ._ctypes import errors, fast, memory, pollset, turns
from ._ctypes.bind import C
from ._ctypes.signaler import known as _signalers
from ._frame import copy_threshold as _default_threshold
from ._generic import Of
from ._marks import MARKS
from ._options import INT, KINDS, c_int, c_int_bytes
from ._socket_base import SocketBase, bytes_count, caller, checked_address
from ._socket_bind import Endpoints
from ._socket_checked import ALWAYS_CHECKED, Checked
from ._socket_errors import THREAD_SAFE, socket_failure
from ._socket_formats import Formats
from ._socket_monitor import Monitored
from ._socket_options import Named, Options
from ._socket_recv import Receiving
from ._socket_send import Sending
from .constants import Errno, PollEvent, SocketOption
from .error import ContextTerminated, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import TypeVar

    DataT = TypeVar("DataT", default=bytes)
    T = TypeVar("T", bound="Socket[Any]")
else:
    DataT = None


ENOTSOCK = int(Errno.ENOTSOCK)
ENOTSUP = int(Errno.ENOTSUP)

EVENTS = int(SocketOption.EVENTS)
LINGER = int(SocketOption.LINGER)
TYPE = int(SocketOption.TYPE)

_REAPER_PATIENCE = 0.4

_cells = memory.cells
_new_cell = memory.new_cell
_POLLIN = PollEvent.POLLIN
# Options whose value is an int, each under itself: what is found there mostly is what was asked for.
_INTS: dict[int, int] = {option: option for option in SocketOption if KINDS[option] is INT}
_SET = {option: option for option in _INTS if option not in MARKS}
_set = object.__setattr__


class Socket(Endpoints, Options, Monitored, Formats, Sending, Receiving, Named, Of[DataT]):
    """A ZeroMQ socket.

    Usually made by ``context.socket(zmq.REQ)``.

    Parameters
    ----------
    ctx_or_socket : Context or Socket
        The context to open the socket in; a Socket makes this one its shadow.
    socket_type : int, a zmq.SocketType
    shadow : int or Socket
        Address of a C socket (``Socket.underlying``) to stand for, which somebody
        else owns: it is not closed when this object is collected.
    copy_threshold : int, optional
        Bytes below which ``copy=False`` copies; defaults to ``zmq.COPY_THRESHOLD``.

    Attributes
    ----------
    Options are attributes, in any case: ``socket.linger = 0``, ``socket.LAST_ENDPOINT``.

    Raises
    ------
    zmq.ZMQError : no such type (EINVAL); too many sockets (EMFILE); the context is
        terminated (ETERM) or closed (ENOTSUP)
    zmq.ZMQVersionError : the loaded libzmq is too old for the type

    Notes
    -----
    Wraps ``zmq_socket``. Not thread-safe: hand a socket from one thread to another
    through a lock or a queue, never use it in two at once. A socket made before a
    fork is closed in the child.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_bound",
        "_connected",
        "_context",
        "_copy_threshold",
        "_created",
        "_fast_p",
        "_handle",
        "_pid",
        "_socket_type",
    )

    def __init__(
        self,
        ctx_or_socket: Any = None,
        socket_type: int = 0,
        *,
        shadow: Any = 0,
        copy_threshold: int | None = None,
    ) -> None:
        _set(self, "_handle", 0)
        _set(self, "_fast_p", None)
        _set(self, "_context", None)
        if isinstance(ctx_or_socket, Socket):
            shadow = ctx_or_socket
            ctx_or_socket = None
        if copy_threshold is None:
            copy_threshold = _default_threshold()
        _set(self, "_copy_threshold", bytes_count(copy_threshold))
        _set(self, "_bound", [])
        _set(self, "_connected", [])
        _set(self, "_pid", _socket_views.pid)
        _set(self, "_created", caller())
        if shadow:
            self._become_shadow(shadow, ctx_or_socket)
        else:
            self._open(ctx_or_socket, socket_type)

    # How to wait for some seconds.
    _nap: Callable[[float], object] = staticmethod(time.sleep)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition(".")[0] != "zmq":
            cls._calls_send = cls._calls_send or "send" in vars(cls)
            cls._calls_recv = cls._calls_recv or "recv" in vars(cls)

    def _open(self, context: Any, socket_type: int) -> None:
        address = getattr(context, "underlying", None)
        if not isinstance(address, int):
            raise TypeError(f"context must be specified, a zmq.Context, got {context!r}")
        _set(self, "_context", context)
        kind = c_int(socket_type, "the socket type")
        _set(self, "_socket_type", kind)
        opened: list[int] = []
        try:
            handle = _open_socket(context, address, kind, self._nap, opened)
            self._attach(handle)
            _socket_views.contexts[handle] = address
        except BaseException as error:
            if opened:
                # A signal handler raised; nobody else knows of it, and its context could not end.
                self._detach("it was never open")
                _socket_views.views.pop(opened[0], None)
                _close_handle(opened[0])
            elif isinstance(error, ZMQError):
                raise socket_failure(error, context, kind) from None
            raise

    def _become_shadow(self, shadow: Any, context: Any) -> None:
        if isinstance(shadow, Socket):
            _set(self, "_shadow_obj", shadow)
            if context is None:
                context = shadow._context
            address = shadow._handle
            if not address:
                raise shadow._closed_error()
        else:
            address = checked_address(shadow, ENOTSOCK, "socket")
            _idle.lend(address)
        _set(self, "_shadow", True)
        _set(self, "_context", context)
        _set(self, "_handle", address)
        _set(self, "_socket_type", 0)
        _set(self, "_socket_type", self._read_int(TYPE))
        self._attach(address)

    def _attach(self, handle: int) -> None:
        _set(self, "_handle", handle)
        if self._socket_type not in ALWAYS_CHECKED and handle not in _wakeup.watched:
            _set(self, "_fast_p", fast.pointer(handle))
        if self._socket_type in THREAD_SAFE and not _bind.DRAFT_API:
            turns.shared.add(handle)  # there is nothing but inproc for them
        views = _socket_views.views.setdefault(handle, [])
        for reference in list(views):
            view = reference()
            if view is None:
                views.remove(reference)
            else:
                # What one of them binds and connects, all of them have.
                _set(self, "_bound", view._bound)
                _set(self, "_connected", view._connected)
        views.append(ref(self))
        if handle in _idle.resting:
            _idle.rouse(handle)

    def _detach(self, why: str) -> None:
        """Stand for no C socket any more."""
        _set(self, "_handle", 0)
        _set(self, "_fast_p", None)
        if self._parked_p is not None:
            _set(self, "_parked_p", None)
        if why:
            _set(self, "_closed_why", why)

    def __del__(
        self, keep_errno: Any = errors.keep_errno, is_finalizing: Any = sys.is_finalizing
    ) -> None:
        # First of all: a Python without a GIL takes modules apart before it collects.
        if is_finalizing():
            return
        if getattr(self, "_handle", 0) and not self._shadow:
            with keep_errno():
                self._collected()

    def _collected(self) -> None:
        try:
            # None where a subinterpreter ends: nothing can be imported there.
            if sys.meta_path:
                import warnings

                warnings.warn(
                    f"Unclosed socket {self!r}, created at {self._created_at()}",
                    ResourceWarning,
                    stacklevel=3,
                    source=self,
                )
        finally:
            # Where warnings are errors as well: its context could never end otherwise.
            self.close()

    @classmethod
    def shadow(cls: type[T], address: Any) -> T:
        """Return a second Socket for an existing C socket.

        Parameters
        ----------
        address : int, Socket, or pointer of cffi or ctypes

        Notes
        -----
        The shadow is not closed when it is collected. Calling close() on either
        closes both.
        """
        return cls(shadow=address)

    def __copy__(self: T, memo: Any = None) -> T:
        """Return a shadow of this socket."""
        return self.__class__.shadow(self)

    __deepcopy__ = __copy__

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"cannot pickle {self!r}: a socket belongs to one process; create the context and its "
            "sockets in the process that uses them"
        )

    def __enter__(self: T) -> T:
        """Return the socket; it is closed at the end of the with block."""
        return self

    def __exit__(self, *args: Any, **kwargs: Any) -> None:
        self.close()

    # ------------------------------------------------------------------
    # options

    def get(self, option: int) -> Any:
        """Return the value of an option.

        Parameters
        ----------
        option : int, a zmq.SocketOption

        Returns
        -------
        int or bytes, as the option has it; times are ms, sizes bytes

        Raises
        ------
        TypeError : ``option`` is not an int
        zmq.ZMQError : no such option, or it cannot be read (EINVAL); the socket is closed
            (ENOTSOCK)
        zmq.ZMQVersionError : the loaded libzmq lacks the option

        Notes
        -----
        Wraps ``zmq_getsockopt``. Reading EVENTS takes up what happened on the network.
        """
        try:
            known = _INTS.get(option)
        except TypeError:
            known = None
        # --- hot: getsockopt; slow twin _get_checked ---
        if known is not None and (known is option or isinstance(option, int)):
            try:
                cell = _cells.pop()
            except IndexError:
                cell = _new_cell()
            rc = fast.getsockopt_now(self._fast_p, option, cell[1], cell[2])
            value = cell[3][0]
            _cells.append(cell)
            if rc == 0:
                return value
        # --- end hot ---
        return self._get_checked(option, None)

    getsockopt = get

    def set(self, option: int, optval: Any) -> None:
        """Set an option.

        Parameters
        ----------
        option : int, a zmq.SocketOption
        optval : int or bytes, as the option has it; times are ms, sizes bytes

        Raises
        ------
        TypeError : ``option`` is not an int, ``optval`` not of the option's type
        OverflowError : the number does not fit
        zmq.ZMQError : no such option, or a value it does not take (EINVAL); the socket is
            closed (ENOTSOCK)
        zmq.ZMQVersionError : the loaded libzmq lacks the option
        zmq.Again : SNDHWM or RCVHWM, and connections begin and end all the time

        Notes
        -----
        Wraps ``zmq_setsockopt``. Most options act on the binds and connects that follow. SNDHWM and
        RCVHWM act at once, from libzmq 4.2 on; where there may be connections it waits for those
        that are ending, and so, a second at most, for libzmq's threads.
        """
        try:
            known = _SET.get(option)
        except TypeError:
            known = None
        # --- hot: attribute; slow twin _set_checked ---
        if (
            known is not None
            and (known is option or isinstance(option, int))
            and type(optval) is int
            and -0x80000000 <= optval <= 0x7FFFFFFF
        ):
            try:
                cell = _cells.pop()
            except IndexError:
                cell = _new_cell()
            cell[3][0] = optval
            rc = fast.setsockopt_now(self._fast_p, option, cell[1], 4)
            _cells.append(cell)
            if rc == 0:
                return
        # --- end hot ---
        self._set_checked(option, optval)

    # ------------------------------------------------------------------
    # waiting, monitoring, closing

    def poll(self, timeout: int | None = None, flags: int = PollEvent.POLLIN) -> int:
        """Wait until the socket is ready.

        Parameters
        ----------
        timeout : int, ms; None or negative waits for ever
        flags : int, bitmask of POLLIN and POLLOUT: what to wait for

        Returns
        -------
        int, what it is ready for out of ``flags``; 0 when the time is over

        Raises
        ------
        zmq.ZMQError : the socket is closed (ENOTSUP)
        zmq.ContextTerminated : the context was terminated (ETERM)

        Notes
        -----
        Wraps ``zmq_poll``. Retries EINTR with the time that is left.
        """
        if timeout == 0:
            # --- hot: socket_poll; slow twin Poller.poll ---
            try:
                cell = _cells.pop()
            except IndexError:
                cell = _new_cell()
            rc = fast.getsockopt_now(self._fast_p, EVENTS, cell[1], cell[2])
            value: int = cell[3][0]
            _cells.append(cell)
            if rc == 0:
                return value & (1 if flags is _POLLIN else int(operator.index(flags or 0)))
            # --- end hot ---
        if self.closed:
            raise errors.failure(
                f"{_bind.strerror(ENOTSUP)} (polling {self._describe()}: "
                f"{self._closed_why or 'it is closed'})",
                ENOTSUP,
            )
        from ._poll import Poller

        self._rouse()
        poller = Poller()
        poller.register(self, flags)
        events: int = dict(poller.poll(timeout)).get(self, 0)
        return events

    def close(self, linger: int | None = None) -> None:
        """Close the socket.

        Returns at once. Messages not sent yet are kept for LINGER ms, for which
        Context.term() waits. Closing a closed socket does nothing.

        Parameters
        ----------
        linger : int, ms: sets LINGER first; -1 keeps them until sent, 0 drops them

        Notes
        -----
        Wraps ``zmq_close``. Any shadow of the same C socket is closed as well.
        """
        handle = self._handle
        if not handle:
            return
        if linger is not None:
            self._set_linger(linger)
        views: list[Any] = []
        closed: list[int] = []
        try:
            self._close(handle, views, closed)
        finally:
            # A signal handler has raised: nobody else could close it.
            if not closed:
                self._close(handle, views, closed)

    def _close(self, handle: int, views: list[Any], closed: list[int]) -> None:
        """Close a C socket, or go on with that; both lists are added to as it is done."""
        if not views:
            views.extend(map(_socket_views.views.pop, (handle,), ((),)))
        for reference in views[0]:
            view = reference()
            if view is not None and view is not self:
                view._detach("its C socket was closed")
        self._detach("")
        if views[0]:
            _close_once(handle, closed)
        else:
            closed.append(0)  # by somebody else

    def _set_linger(self, linger: int) -> None:
        try:
            self._set_checked(LINGER, linger)
        except ContextTerminated:
            return  # too late for options, but the context waits for the socket to close


def _close_handle(handle: int) -> None:
    """Close a C socket that nothing stands for any more."""
    closed: list[int] = []
    try:
        _close_once(handle, closed)
    finally:
        if not closed:
            _close_once(handle, closed)


def _close_once(handle: int, closed: list[int]) -> None:
    """Forget a C socket and close it; ``closed`` is added to in one step with that."""
    if _monitors.keeps(handle):
        closed.append(0)
        return
    context = _socket_views.contexts.pop(handle, 0)
    _pickle.closed(handle)
    pollset.invalidate()
    if _signalers:
        signaler = _signalers.pop(handle, None)
        if signaler is not None:
            signaler.close()
    _idle.closed(handle)
    _connect_id.known.pop(handle, None)
    closes_now = _inproc.closes(handle)
    if _wakeup.watched:
        _wakeup.closed(handle)
    if handle in turns.shared:
        _monitors.closes(handle)
        _links.close(handle, context, closed)
    elif _monitors.closes(handle) and closes_now:
        closed.extend(map(C.zmq_close, (handle,)))
    else:
        closed.append(0)


def close_forgotten(context: int, linger: int | None) -> None:
    """Close the sockets of a C context that are the collector's: no reference leads to them."""
    for handle, known in list(_socket_views.contexts.items()):
        if known != context or _socket_views.living(handle):
            continue
        if linger is not None:
            C.zmq_setsockopt(handle, LINGER, c_int_bytes(linger), 4)
        if _socket_views.views.pop(handle, None) is not None:
            _close_handle(handle)


def _open_socket(
    context: Any, address: int, kind: int, nap: Callable[[float], object], opened: list[int]
) -> int:
    """Open a C socket, waiting a moment for the slots of sockets that are still being closed.

    ``address`` is that of the C context; ``nap`` waits for some seconds; ``opened`` is added to.
    """
    pause = 0.0005
    while True:
        try:
            handle = _bind.open_socket(address or context._checked_handle(), kind, opened)
        except ZMQError as error:
            # libzmq closes sockets in the background, and counts them until it is done.
            behind = error.errno == errno.EMFILE and len(context._sockets) < context.max_sockets
            if not behind or pause > _REAPER_PATIENCE:
                raise
        else:
            return handle
        nap(pause)
        pause *= 2
        address = 0  # somebody may have closed it meanwhile


for _room in (Endpoints, Options, Monitored, Formats, Sending, Receiving, Checked, SocketBase):
    for _name, _member in vars(_room).items():
        if isinstance(_member, FunctionType):
            _member.__qualname__ = f"Socket.{_name}"  # what users see it as

SyncSocket = Socket
