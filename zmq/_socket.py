# SPDX-License-Identifier: BSD-3-Clause
"""Socket: one libzmq socket.

Each send and receive exists twice. The hot form, between the fences, tries the
operation at once, with the GIL held, through :mod:`zmq._ctypes.fast`; it serves
plain data on a socket that is ready, which is nearly every call of a busy
program. Whatever it cannot do, for whatever reason, the checked form does again
from the start: it waits, explains errors, takes any type of argument, restarts
after signals. ``_fast_p`` is the only thing the hot form looks at, and None there
sends every call to the checked form: closed sockets, types that must not be
entered with the GIL held, sockets that an event loop watches.

``_views`` knows every Python object that stands for a C socket, so that closing
one closes all, and a forked child abandons what belongs to its parent.
"""

from __future__ import annotations

import errno
import itertools
import math
import os
import sys
import time
import weakref
from types import GenericAlias

from . import _wakeup
from ._ctypes import bind as _bind
from ._ctypes import errors, fast, memory, pollset
from ._ctypes.bind import C
from ._ctypes.errors import last_errno
from ._frame import Frame, copy_threshold, group_name
from ._options import (
    BYTES,
    INT,
    INT64,
    KEY,
    KINDS,
    OptionAttributes,
    c_int,
    encode,
    option_property,
    refused,
)
from ._tracker import _FINISHED_TRACKER, MessageTracker
from .constants import Errno, Event, Flag, PollEvent, SocketOption, SocketType
from .error import Again, ZMQBindError, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Generic, Literal, TypeVar, Union, overload

    from ._context import Context

    DataT = TypeVar("DataT")
    T = TypeVar("T", bound="Socket[Any]")
    Part = Union[bytes, bytearray, memoryview, Frame, Any]

    class _Base(Generic[DataT]):
        """Makes Socket generic for type checkers, without importing typing."""
else:
    DataT = None

    class _Base:
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)


DONTWAIT = int(Flag.DONTWAIT)
SNDMORE = int(Flag.SNDMORE)
MORE_NOW = DONTWAIT | SNDMORE
POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)

EAGAIN = int(Errno.EAGAIN)
EFSM = int(Errno.EFSM)
EINVAL = int(Errno.EINVAL)
EADDRINUSE = int(Errno.EADDRINUSE)
ENOTCONN = int(Errno.ENOTCONN)
ENOTSOCK = int(Errno.ENOTSOCK)
ENOTSUP = int(Errno.ENOTSUP)
ETERM = int(Errno.ETERM)

RCVMORE = int(SocketOption.RCVMORE)
RCVTIMEO = int(SocketOption.RCVTIMEO)
SNDTIMEO = int(SocketOption.SNDTIMEO)
EVENTS = int(SocketOption.EVENTS)
LINGER = int(SocketOption.LINGER)
RCVHWM = int(SocketOption.RCVHWM)
SNDHWM = int(SocketOption.SNDHWM)
FD = int(SocketOption.FD)
LAST_ENDPOINT = int(SocketOption.LAST_ENDPOINT)
ROUTING_ID = int(SocketOption.ROUTING_ID)
CONNECT_ROUTING_ID = int(SocketOption.CONNECT_ROUTING_ID)
TYPE = int(SocketOption.TYPE)

THREAD_SAFE = frozenset(
    map(
        int,
        (
            SocketType.CLIENT,
            SocketType.SERVER,
            SocketType.RADIO,
            SocketType.DISH,
            SocketType.GATHER,
            SocketType.SCATTER,
            SocketType.PEER,
            SocketType.CHANNEL,
        ),
    )
)
"""Types that lock a mutex in every call and cannot be polled in stable builds."""

_INLINE = memory.INLINE
_RELEASING = fast.RELEASING
_take = memory.take
_give = memory.give
_set = object.__setattr__

# Every live view of every C socket: handle -> weak references.
_views: dict[int, list[weakref.ref[Any]]] = {}

# (context handle, endpoint) of monitors -> the monitored socket.
_monitors: dict[tuple[int, bytes], weakref.ref[Any]] = {}


def _abandon_all() -> None:
    """In a forked child: no socket of the parent may be touched any more."""
    pid = os.getpid()
    for references in _views.values():
        for reference in references:
            view = reference()
            if view is not None:
                view._detach(f"it was made in process {view._pid} and this is its child {pid}; "
                             "make contexts and sockets after the fork")
    _views.clear()
    _monitors.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)


class SocketContext:
    """What bind() and connect() return: undoes the call at the end of a with block.

    Attributes
    ----------
    socket : Socket
    kind : str, ``"bind"`` or ``"connect"``
    addr : str, the endpoint; after bind the real one, without wildcards
    """

    __slots__ = ("addr", "kind", "socket")

    def __init__(self, socket: Socket[Any], kind: str, addr: str) -> None:
        self.socket = socket
        self.kind = kind
        self.addr = addr

    def __repr__(self) -> str:
        return f"<SocketContext({self.kind}={self.addr!r})>"

    def __enter__(self) -> SocketContext:
        return self

    def __exit__(self, *args: object) -> None:
        if self.socket.closed:
            return
        if self.kind == "bind":
            self.socket.unbind(self.addr)
        else:
            self.socket.disconnect(self.addr)


class Socket(OptionAttributes, _Base[DataT]):
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

    Notes
    -----
    Wraps ``zmq_socket``. Not thread-safe: hand a socket from one thread to another
    through a lock or a queue, never use it in two at once. A socket made before a
    fork is closed in the child.
    """

    __slots__ = (
        "__weakref__",
        "_bound",
        "_closed_why",
        "_connect_ids",
        "_connected",
        "_context",
        "_created",
        "_fast_p",
        "_handle",
        "_monitor_endpoint",
        "_monitor_socket",
        "_pending_connect_id",
        "_pid",
        "_shadow",
        "_shadow_obj",
        "_socket_type",
        "copy_threshold",
    )

    _handle: int
    _fast_p: Any
    _context: Context[Any] | None
    _socket_type: int
    copy_threshold: int

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
        _set(self, "_closed_why", None)
        _set(self, "_shadow", False)
        _set(self, "_shadow_obj", None)
        _set(self, "_context", None)
        if isinstance(ctx_or_socket, Socket):
            shadow = ctx_or_socket
            ctx_or_socket = None
        if copy_threshold is None:
            copy_threshold = _default_threshold()
        _set(self, "copy_threshold", copy_threshold)
        _set(self, "_bound", None)
        _set(self, "_connected", None)
        _set(self, "_connect_ids", None)
        _set(self, "_pending_connect_id", None)
        _set(self, "_monitor_socket", None)
        _set(self, "_monitor_endpoint", None)
        _set(self, "_pid", os.getpid())
        _set(self, "_created", _caller())
        if shadow:
            self._become_shadow(shadow, ctx_or_socket)
        else:
            self._open(ctx_or_socket, socket_type)

    def _open(self, context: Any, socket_type: int) -> None:
        if context is None:
            raise TypeError("context must be specified")
        _set(self, "_context", context)
        kind = c_int(socket_type, "the socket type")
        _set(self, "_socket_type", kind)
        try:
            handle = _open_socket(context, kind)
        except ZMQError as error:
            raise _socket_failure(error, context, kind) from None
        self._attach(handle)
        context._add_socket(self)

    def _become_shadow(self, shadow: Any, context: Any) -> None:
        if isinstance(shadow, Socket):
            _set(self, "_shadow_obj", shadow)
            if context is None:
                context = shadow._context
            address = shadow.underlying
            if not address:
                raise shadow._closed_error()
        else:
            address = cast_int_addr(shadow)
        _set(self, "_shadow", True)
        _set(self, "_context", context)
        _set(self, "_handle", address)
        _set(self, "_socket_type", 0)
        _set(self, "_socket_type", self._read_int(TYPE))
        self._attach(address)

    def _attach(self, handle: int) -> None:
        _set(self, "_handle", handle)
        if self._socket_type not in THREAD_SAFE:
            _set(self, "_fast_p", fast.pointer(handle))
        _views.setdefault(handle, []).append(weakref.ref(self))

    def _detach(self, why: str) -> None:
        """Stand for no C socket any more."""
        _set(self, "_handle", 0)
        _set(self, "_fast_p", None)
        _set(self, "_closed_why", why)

    def __del__(self, keep_errno: Any = errors.keep_errno) -> None:
        if getattr(self, "_handle", 0) and not self._shadow:
            with keep_errno():
                self._collected()

    def _collected(self) -> None:
        if sys.is_finalizing():
            return
        import warnings

        warnings.warn(
            f"Unclosed socket {self!r}, created at {self._created_at()}",
            ResourceWarning,
            stacklevel=3,
            source=self,
        )
        self.close()

    def _created_at(self) -> str:
        filename, line = self._created
        return f"{filename}:{line}"

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

    def __repr__(self) -> str:
        cls = type(self)
        module = cls.__module__
        if module == "zmq._socket":
            module = "zmq"
        try:
            kind = f"zmq.{SocketType(self._socket_type).name}"
        except ValueError:
            kind = f"zmq.UNKNOWN({self._socket_type})"
        closed = " closed" if self.closed else ""
        return f"<{module}.{cls.__qualname__}({kind}) at {hex(id(self))}{closed}>"

    @property
    def context(self) -> Context[Any]:
        """The Context that the socket was made in."""
        return self._context  # type: ignore[return-value]

    @property
    def underlying(self) -> int:
        """Address of the C socket, 0 when closed; for zmq_* functions of other bindings."""
        return self._handle

    @property
    def closed(self) -> bool:
        """Whether the socket is closed, or belongs to the parent of a forked process."""
        return not self._handle

    _closed = closed

    @property
    def socket_type(self) -> int:
        """The type, a zmq.SocketType."""
        try:
            return SocketType(self._socket_type)
        except ValueError:
            return self._socket_type

    type = socket_type

    # ------------------------------------------------------------------
    # errors

    def _describe(self) -> str:
        """Return the socket for a text: its type and what it is bound and connected to."""
        try:
            kind = SocketType(self._socket_type).name
        except ValueError:
            kind = f"type {self._socket_type}"
        where = [f"bound to {_names(self._bound)}"] if self._bound else []
        if self._connected:
            where.append(f"connected to {_names(self._connected)}")
        return f"zmq.Socket(zmq.{kind})" + (" " + " and ".join(where) if where else "")

    def _closed_error(self) -> ZMQError:
        why = self._closed_why or "it is closed"
        return errors.failure(
            f"{_bind.strerror(ENOTSOCK)} ({self._describe()}, created at {self._created_at()}: "
            f"{why})",
            ENOTSOCK,
        )

    def _error(self, errnum: int, doing: str) -> ZMQError:
        """Return the exception for a failed operation, with what to do about it."""
        if errnum == EAGAIN:
            return Again()
        if not self._handle:
            return self._closed_error()
        hint = _hint(errnum, doing, self._socket_type)
        if not hint:
            return errors.failure(errnum=errnum)
        return errors.failure(f"{_bind.strerror(errnum)} ({self._describe()}: {hint})", errnum)

    # ------------------------------------------------------------------
    # endpoints

    def bind(self, addr: str | bytes) -> SocketContext:
        """Listen at an endpoint.

        Parameters
        ----------
        addr : str, such as ``"tcp://*:5555"``, ``"ipc:///tmp/x"``, ``"inproc://x"``;
            ``"tcp://127.0.0.1:*"`` takes any free port

        Returns
        -------
        SocketContext, whose ``addr`` is the real endpoint; used in a with statement it
        unbinds at the end

        Raises
        ------
        zmq.ZMQError : the endpoint is in use (EADDRINUSE), is malformed (EINVAL), has an
            unknown transport (EPROTONOSUPPORT) or no such interface (ENODEV), or its ipc
            path is too long (ENAMETOOLONG)

        Notes
        -----
        Wraps ``zmq_bind``.
        """
        address = self._endpoint(addr)
        self._check_bind(address)
        self._call_endpoint(C.zmq_bind, address, addr)
        real = self.last_endpoint.decode("utf-8", "replace")
        self._note("_bound", real)
        return SocketContext(self, "bind", real)

    def connect(self, addr: str | bytes) -> SocketContext:
        """Connect to an endpoint.

        Returns at once: libzmq connects in the background, and again when the
        connection is lost.

        Parameters
        ----------
        addr : str, such as ``"tcp://localhost:5555"``

        Returns
        -------
        SocketContext; used in a with statement it disconnects at the end

        Raises
        ------
        zmq.ZMQError : the endpoint is malformed (EINVAL) or has an unknown transport
            (EPROTONOSUPPORT); nobody is bound to it (ECONNREFUSED, inproc of libzmq 3)

        Notes
        -----
        Wraps ``zmq_connect``.
        """
        address = self._endpoint(addr)
        self._check_monitor_is_read()
        self._check_zap_domain()
        self._becomes_reader(address)
        self._call_endpoint(C.zmq_connect, address, addr)
        name = address.decode("utf-8", "replace")
        self._note("_connected", name)
        if self._pending_connect_id is not None:
            ids = self._connect_ids or set()
            ids.add(self._pending_connect_id)
            _set(self, "_connect_ids", ids)
            _set(self, "_pending_connect_id", None)
        return SocketContext(self, "connect", name)

    def unbind(self, addr: str | bytes) -> None:
        """Stop listening at an endpoint.

        Parameters
        ----------
        addr : str, the real endpoint: ``last_endpoint`` after bind, not a wildcard

        Raises
        ------
        zmq.ZMQError : the socket is not bound to it (ENOENT)

        Notes
        -----
        Wraps ``zmq_unbind``.
        """
        self._leave_endpoint(C.zmq_unbind, addr, "_bound")

    def disconnect(self, addr: str | bytes) -> None:
        """Disconnect from an endpoint; messages that wait for it are dropped.

        Parameters
        ----------
        addr : str, as given to connect

        Raises
        ------
        zmq.ZMQError : the socket is not connected to it (ENOENT)

        Notes
        -----
        Wraps ``zmq_disconnect``.
        """
        self._leave_endpoint(C.zmq_disconnect, addr, "_connected")

    def _endpoint(self, addr: str | bytes) -> bytes:
        if isinstance(addr, str):
            address = addr.encode("utf-8")
        elif isinstance(addr, bytes):
            address = addr
        else:
            raise TypeError(f"Expected addr to be str, got addr={addr!r}")
        if b"\0" in address:
            raise errors.failure(
                f"{_bind.strerror(EINVAL)} (addr={addr!r}: an endpoint has no NUL)", EINVAL
            )
        return address

    def _call_endpoint(self, function: Callable[..., int], address: bytes, addr: Any) -> None:
        try:
            function(self._handle, address)
        except ZMQError as error:
            if not self._handle:
                raise self._closed_error() from None
            raise _endpoint_failure(error, address, addr, self) from None
        finally:
            self._processed()

    def _leave_endpoint(self, function: Callable[..., int], addr: Any, note: str) -> None:
        address = self._endpoint(addr)
        self._check_monitor_is_read()
        self._call_endpoint(function, address, addr)
        noted = getattr(self, note)
        name = address.decode("utf-8", "replace")
        if noted and name in noted:
            noted.remove(name)

    def _note(self, where: str, name: str) -> None:
        noted = getattr(self, where)
        if noted is None:
            _set(self, where, [name])
        else:
            noted.append(name)

    def _check_bind(self, address: bytes) -> None:
        self._check_monitor_is_read()
        self._check_zap_domain()
        if address == b"inproc://zeromq.zap.01" and self._socket_type not in _ZAP_TYPES:
            raise errors.failure(
                f"{_bind.strerror(EINVAL)} (addr={address.decode()!r}: an authentication handler "
                f"is a REP, ROUTER or SERVER; {self._describe()} would end the process at the next "
                "handshake)",
                EINVAL,
            )

    def _check_connect_id(self, wanted: bytes) -> None:
        if wanted in (self._connect_ids or ()) or self._has_peer(wanted):
            raise errors.failure(
                f"{_bind.strerror(EADDRINUSE)} (connect_routing_id={wanted!r}: {self._describe()} "
                "has a peer of that name, and libzmq does not survive a second one)",
                EADDRINUSE,
            )

    def _has_peer(self, routing_id: bytes) -> bool:
        """Tell whether a ROUTER knows a peer; only draft builds can be asked."""
        if not _bind.exports("zmq_socket_get_peer_state"):
            return False
        state: int = C.zmq_socket_get_peer_state(self._handle, routing_id, len(routing_id))
        return state != -1

    def _check_zap_domain(self) -> None:
        """Refuse the one combination of PLAIN options on which libzmq ends the process."""
        if _bind.library.version < (4, 3) or not self._handle:
            return
        try:
            if (
                self._read_int(int(SocketOption.ZAP_ENFORCE_DOMAIN))
                and self._read_int(int(SocketOption.PLAIN_SERVER))
                and not self.get(SocketOption.ZAP_DOMAIN)
            ):
                raise errors.failure(
                    f"{_bind.strerror(EINVAL)} ({self._describe()} is a PLAIN server that enforces "
                    "a ZAP domain but has none: set zap_domain first)",
                    EINVAL,
                )
        except ZMQError as error:
            if "ZAP domain" in str(error):
                raise

    def bind_to_random_port(
        self, addr: str, min_port: int = 49152, max_port: int = 65536, max_tries: int = 100
    ) -> int:
        """Listen at a free port.

        Parameters
        ----------
        addr : str, an endpoint without a port, such as ``"tcp://127.0.0.1"``
        min_port, max_port : int
            Ports to choose from: ``min_port <= port < max_port``. With the defaults
            the system chooses a free one.
        max_tries : int

        Returns
        -------
        int, the port

        Raises
        ------
        zmq.ZMQBindError : no port was free in ``max_tries`` tries
        """
        if min_port == 49152 and max_port == 65536 and _bind.library.version >= (3, 2):
            # The system knows which ports are free.
            self.bind(f"{addr}:*")
            endpoint: str = self.last_endpoint.decode("ascii", "replace")
            return int(endpoint.rsplit(":", 1)[-1])
        from random import randrange

        for _ in range(max_tries):
            port = randrange(min_port, max_port)
            try:
                self.bind(f"{addr}:{port}")
            except ZMQError as error:
                if error.errno not in _PORT_TAKEN:
                    raise
            else:
                return port
        raise ZMQBindError(
            f"Could not bind socket to random port: none of {max_tries} tries in "
            f"{min_port}..{max_port - 1} at {addr} was free"
        )

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
            kind = KINDS.get(option)
        except TypeError:
            kind = None
        # --- hot: getsockopt_int; slow twin _get_checked ---
        if kind is INT:
            cell = memory.take_cell()
            rc = fast.getsockopt_now(self._fast_p, option, cell[1], cell[2])
            value = cell[0].value
            memory.give_cell(cell)
            if rc == 0:
                return value
        # --- end hot ---
        return self._get_checked(option, kind)

    def _get_checked(self, option: int, kind: str | None) -> Any:
        if not isinstance(option, int):
            raise TypeError(f"an integer is required, a zmq.SocketOption, got {option!r}")
        option = c_int(option, "the option")
        if not self._handle:
            raise self._closed_error()
        try:
            return self._read(option, kind or INT)
        except ZMQError as error:
            raise refused(error, option, f"getting {_option_name(option)}") from None
        finally:
            if option == EVENTS:
                self._processed()

    def _read(self, option: int, kind: str) -> Any:
        if kind == INT:
            return self._read_int(option)
        if kind == INT64:
            raw = memory.read_option(self._handle, option, 8)
            return int.from_bytes(raw, sys.byteorder, signed=True)
        raw = memory.read_option(self._handle, option, 41 if kind == KEY else 512)
        if option != ROUTING_ID and raw.endswith(b"\0"):
            raw = raw[:-1]
        return raw

    def _read_int(self, option: int) -> int:
        cell, cell_p, size_p = memory.take_cell()
        C.zmq_getsockopt(self._handle, option, cell_p, size_p)
        value: int = cell.value
        memory.give_cell((cell, cell_p, size_p))
        return value

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
            closed (ENOTSOCK); a CONNECT_ROUTING_ID that is in use (EADDRINUSE)
        zmq.ZMQVersionError : the loaded libzmq lacks the option

        Notes
        -----
        Wraps ``zmq_setsockopt``. Most options act on the binds and connects that follow.
        """
        try:
            kind = KINDS.get(option)
        except TypeError:
            kind = None
        # --- hot: setsockopt_int; slow twin _set_checked ---
        if kind is INT and type(optval) is int and -0x80000000 <= optval <= 0x7FFFFFFF:
            cell = memory.take_cell()
            cell[0].value = optval
            rc = fast.setsockopt_now(self._fast_p, option, cell[1], 4)
            memory.give_cell(cell)
            if rc == 0:
                return
        # --- end hot ---
        self._set_checked(option, optval, kind)

    def _set_checked(self, option: int, optval: Any, kind: str | None) -> None:
        if not isinstance(option, int):
            raise TypeError(f"an integer is required, a zmq.SocketOption, got {option!r}")
        option = c_int(option, "the option")
        value = encode(option, optval, kind or (BYTES if isinstance(optval, bytes) else INT))
        if isinstance(value, int):
            value = (
                memory.int64_bytes(value)
                if kind == INT64
                else value.to_bytes(4, sys.byteorder, signed=True)
            )
        elif option == CONNECT_ROUTING_ID:
            self._check_connect_id(value)
        if not self._handle:
            raise self._closed_error()
        try:
            C.zmq_setsockopt(self._handle, option, value, len(value))
        except ZMQError as error:
            raise refused(
                error, option, f"setting {_option_name(option)} of {self._describe()}"
            ) from None
        if option == CONNECT_ROUTING_ID:
            _set(self, "_pending_connect_id", value)

    def getsockopt(self, option: int) -> Any:
        """Return the value of an option; the older name of get()."""
        return self.get(option)

    def setsockopt(self, option: int, optval: Any) -> None:
        """Set an option; the older name of set()."""
        self.set(option, optval)

    def get_string(self, option: int, encoding: str = "utf-8") -> str:
        """Return the value of a bytes option as str.

        Parameters
        ----------
        option : int, a zmq.SocketOption
        encoding : str

        Raises
        ------
        TypeError : the option's value is not bytes
        UnicodeDecodeError : it is not text in that encoding
        """
        if KINDS.get(option) not in (BYTES, KEY):
            raise TypeError(f"option {option!r} will not return a string to be decoded")
        value: bytes = self.get(option)
        return value.decode(encoding)

    def set_string(self, option: int, optval: str, encoding: str = "utf-8") -> None:
        """Set a bytes option from a str.

        Parameters
        ----------
        option : int, a zmq.SocketOption
        optval : str
        encoding : str

        Raises
        ------
        TypeError : ``optval`` is not a str
        zmq.ZMQError : as set()
        """
        if not isinstance(optval, str):
            raise TypeError(f"strings only, use set() for bytes and int, got {optval!r}")
        self.set(option, optval.encode(encoding))

    getsockopt_string = getsockopt_unicode = get_string
    setsockopt_string = setsockopt_unicode = set_string

    def get_hwm(self) -> int:
        """Return the high water mark, in messages: that of sending, if the type sends."""
        try:
            return self.get(SNDHWM)  # type: ignore[no-any-return]
        except ZMQError:
            return self.get(RCVHWM)  # type: ignore[no-any-return]

    def set_hwm(self, value: int) -> None:
        """Set both high water marks, in messages; 0 is no limit.

        Raises
        ------
        zmq.ZMQError : as set()
        """
        failed = None
        for option in (SNDHWM, RCVHWM):
            try:
                self.set(option, value)
            except ZMQError as error:
                failed = error
        if failed is not None:
            raise failed

    @property
    def hwm(self) -> int:
        """Both high water marks, in messages: SNDHWM and RCVHWM."""
        return self.get_hwm()

    @hwm.setter
    def hwm(self, value: int) -> None:
        self.set_hwm(value)

    HWM = hwm

    def fileno(self) -> int:
        """Return the descriptor that turns readable when libzmq has news (FD).

        It is edge-triggered: after it fires, and after each send and receive, read EVENTS.
        """
        return self.get(FD)  # type: ignore[no-any-return]

    def subscribe(self, topic: str | bytes) -> None:
        """Receive messages that begin with ``topic``; SUB only.

        Parameters
        ----------
        topic : bytes, or str in UTF-8; empty for all messages

        Raises
        ------
        zmq.ZMQError : not a SUB socket (EINVAL)

        Notes
        -----
        Wraps ``zmq_setsockopt(SUBSCRIBE)``.
        """
        self.set(SocketOption.SUBSCRIBE, topic.encode("utf-8") if isinstance(topic, str) else topic)

    def unsubscribe(self, topic: str | bytes) -> None:
        """Take back one subscription to ``topic``; SUB only.

        Notes
        -----
        Wraps ``zmq_setsockopt(UNSUBSCRIBE)``.
        """
        self.set(
            SocketOption.UNSUBSCRIBE, topic.encode("utf-8") if isinstance(topic, str) else topic
        )

    def _set_attribute(self, name: str, value: Any) -> None:
        # The methods hide two options that can only be set; assigning means the option.
        lowered = name.lower()
        if lowered == "subscribe":
            self.subscribe(value)
        elif lowered == "unsubscribe":
            self.unsubscribe(value)
        elif lowered == "hwm":
            self.set_hwm(value)
        else:
            super()._set_attribute(name, value)

    def join(self, group: str | bytes) -> None:
        """Receive messages of a group; DISH only (draft API).

        Parameters
        ----------
        group : str or bytes, up to 255 bytes (15 before libzmq 4.3.3)

        Raises
        ------
        zmq.ZMQVersionError : libzmq was built without its draft API
        zmq.ZMQError : not a DISH, or joined already (EINVAL)

        Notes
        -----
        Wraps ``zmq_join``.
        """
        C.zmq_join(self._handle, group_name(group))

    def leave(self, group: str | bytes) -> None:
        """Receive messages of a group no longer; DISH only (draft API).

        Notes
        -----
        Wraps ``zmq_leave``.
        """
        C.zmq_leave(self._handle, group_name(group))

    # ------------------------------------------------------------------
    # waiting, in the checked form

    def _wait_done(
        self, operation: Callable[[int], int], flags: int, doing: str
    ) -> int:
        """Call ``operation(flags)`` until it succeeds, fails or its time is over.

        Signals restart it with what is left of its time-out.
        """
        if not self._handle:
            raise self._closed_error()
        started = time.monotonic()
        try:
            if not (flags & DONTWAIT or self._must_slice()):
                rc = operation(flags)
                if rc != -1:
                    return rc
                errnum = errors.last_errno()
                if errnum != errors.EINTR:
                    raise self._error(errnum, doing)
            return self._retry(operation, flags, doing, started)
        finally:
            self._processed()

    def _retry(
        self, operation: Callable[[int], int], flags: int, doing: str, started: float
    ) -> int:
        timeout_ms = 0 if flags & DONTWAIT else self._timeout(doing)
        pause = 0.0001
        while True:
            rc = operation(flags | DONTWAIT)
            if rc != -1:
                return rc
            errnum = errors.last_errno()
            if errnum == errors.EINTR:
                continue
            if errnum != EAGAIN or timeout_ms == 0:
                raise self._error(errnum, doing)
            remaining = None
            if timeout_ms > 0:
                remaining = timeout_ms / 1000 - (time.monotonic() - started)
                if remaining <= 0:
                    raise Again()
            pause = self._pause(doing, remaining, pause)

    def _timeout(self, doing: str) -> int:
        return self._read_int(SNDTIMEO if doing == "send" else RCVTIMEO)

    def _pause(self, doing: str, remaining: float | None, pause: float) -> float:
        """Wait until the operation may succeed, in steps that let signals through."""
        if self._socket_type in THREAD_SAFE:
            # These cannot be polled in stable builds.
            time.sleep(pause if remaining is None else min(pause, remaining))
            return min(pause * 2, 0.005)
        step = _SLICE if remaining is None or _must_slice_here() else remaining
        step = step if remaining is None else min(step, remaining)
        events = POLLOUT if doing == "send" else POLLIN
        waiting = pollset.PollSet([(self._handle, 0, events)], False, pollset.current[0])
        waiting.poll(math.ceil(step * 1000))
        return pause

    def _must_slice(self) -> bool:
        """Tell whether a signal would not end libzmq's own wait."""
        if self._socket_type in THREAD_SAFE:
            return _in_main_thread()
        return _must_slice_here()

    def _processed(self) -> None:
        """Tell who watches this C socket that libzmq has taken up its news."""
        if _wakeup.watched and self._handle in _wakeup.watched:
            _wakeup.processed(self._handle)

    # ------------------------------------------------------------------
    # sending

    def send(
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | None = None,
    ) -> MessageTracker | None:
        """Send one message part.

        Blocks while no peer can take it, until SNDTIMEO (ms) passes or the context is
        terminated; some types drop it instead of waiting.

        Parameters
        ----------
        data : bytes-like or Frame, any length including 0
        flags : int, bitmask of zmq.Flag; DONTWAIT raises instead of waiting, SNDMORE says
            that more parts of the same message follow
        copy : bool; False shares the memory of ``data`` with libzmq when it has
            ``copy_threshold`` bytes or more: do not change it before libzmq is done
        track : bool; return what tells when libzmq is done with ``data``
        routing_id : int, the peer of a SERVER or PEER message (draft API)
        group : str, the group of a RADIO message (draft API)

        Returns
        -------
        MessageTracker if ``track`` and not ``copy``, otherwise None

        Raises
        ------
        TypeError : ``data`` is a str or has no buffer
        BufferError : ``data`` is not contiguous
        ValueError : ``track`` with a Frame that is not tracked
        zmq.Again : it could not be sent in time (EAGAIN)
        zmq.ContextTerminated : the context was terminated (ETERM)
        zmq.ZMQError : not now (EFSM: REQ and REP alternate); never (ENOTSUP: this type
            does not send); to nobody (EHOSTUNREACH: ROUTER with ROUTER_MANDATORY); the
            socket is closed (ENOTSOCK)

        Notes
        -----
        Wraps ``zmq_send`` and ``zmq_msg_send``. Not thread-safe. Retries EINTR.
        """
        # --- hot: send; slow twin _send_bytes ---
        if type(data) is bytes and copy and flags == 0 and routing_id is None and group is None:
            size = len(data)
            if size >= _RELEASING or fast.send_now(self._fast_p, data, size, DONTWAIT) < 0:
                self._send_bytes(data, size, 0)
            return None
        # --- end hot ---
        flags = _flags(flags)
        if routing_id is not None or group is not None:
            frame = data if isinstance(data, Frame) else Frame(data, track=track, copy=copy or None,
                                                               copy_threshold=self.copy_threshold)
            if routing_id is not None:
                frame.routing_id = routing_id
            if group is not None:
                frame.group = group
            data = frame
        if isinstance(data, Frame):
            return self._send_frame(data, flags, track)
        if copy:
            self._send_copy(data, flags)
            return None
        return self._send_shared(data, flags, track)

    def _send_copy(self, data: Any, flags: int) -> None:
        if type(data) is bytes:
            size = len(data)
            # --- hot: send_multipart; slow twin _send_bytes ---
            if (
                size >= _RELEASING
                or not 0 <= flags <= MORE_NOW
                or fast.send_now(self._fast_p, data, size, flags | DONTWAIT) < 0
            ):
                self._send_bytes(data, size, flags)
            # --- end hot ---
            return
        if isinstance(data, str):
            raise TypeError("unicode not allowed, use send_string")
        borrowed = memory.readable(data)
        try:
            self._send_bytes(borrowed.data, borrowed.size, flags)
        finally:
            borrowed.release()

    def _send_bytes(self, data: Any, size: int, flags: int) -> None:
        """Send a copy of ``size`` bytes at ``data`` (bytes or an address); the checked form."""
        self._check_send()
        self._wait_done(lambda now: C.zmq_send(self._handle, data, size, now), flags, "send")

    def _check_send(self) -> None:
        if self._socket_type == _DGRAM and self._handle and not (self._bound or self._shadow):
            raise errors.failure(
                f"{_bind.strerror(ENOTCONN)} ({self._describe()}: libzmq ends the process when an "
                "unbound DGRAM sends; bind it to a udp:// endpoint first)",
                ENOTCONN,
            )

    def _send_shared(self, data: Any, flags: int, track: bool) -> MessageTracker | None:
        if isinstance(data, str):
            raise TypeError("unicode not allowed, use send_string")
        size = len(data) if type(data) is bytes else memoryview(data).nbytes
        if size < self.copy_threshold:
            self._send_copy(data, flags)
            return _FINISHED_TRACKER if track else None
        msg_p = memory.take()
        try:
            loan = memory.lend(msg_p, data)
            self._send_message(msg_p, flags)
        except BaseException:
            memory.release(msg_p)
            raise
        finally:
            _give(msg_p)
        if not track:
            return None
        return MessageTracker(loan) if loan else _FINISHED_TRACKER

    def _send_frame(self, frame: Frame, flags: int, track: bool) -> MessageTracker | None:
        if track and frame.tracker is None:
            raise ValueError("Not a tracked message: create the Frame with track=True")
        msg_p = memory.take()
        C.zmq_msg_copy(msg_p, frame._msg_p)
        try:
            self._send_message(msg_p, flags)
        except BaseException:
            memory.release(msg_p)
            raise
        finally:
            _give(msg_p)
        return frame.tracker if track else None

    def _send_message(self, msg_p: Any, flags: int) -> None:
        """Send the message ``msg_p``, which is empty after that; it is kept when that fails."""
        # --- hot: send_frame; slow twin zmq_msg_send ---
        if (
            0 <= flags <= MORE_NOW
            and fast.msg_send_now(msg_p, self._fast_p, flags | DONTWAIT) >= 0
        ):
            return
        # --- end hot ---
        self._check_send()
        self._wait_done(lambda now: C.zmq_msg_send(msg_p, self._handle, now), flags, "send")

    def send_multipart(
        self,
        msg_parts: Sequence[Part],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send a message of several parts, which arrives whole or not at all.

        Blocks as send() does.

        Parameters
        ----------
        msg_parts : sequence of bytes-like or Frame, at least one
        flags : int, bitmask of zmq.Flag, for all parts
        copy, track : bool, as send()
        **kwargs
            ``routing_id`` and ``group``, as send().

        Returns
        -------
        MessageTracker if ``track`` and not ``copy``: done when libzmq is done with every
        part; otherwise None

        Raises
        ------
        TypeError : a part is not bytes-like; nothing has been sent then
        IndexError : there is no part
        zmq.ZMQError : as send()
        """
        if not isinstance(msg_parts, (list, tuple)):
            msg_parts = tuple(msg_parts)
        for part in msg_parts:
            if type(part) is not bytes:
                _check_parts(msg_parts)
                break
        flags = _flags(flags)
        last = len(msg_parts) - 1
        if last < 0:
            raise IndexError("send_multipart needs at least one part, got none")
        if not copy or kwargs:
            return self._send_parts(msg_parts, flags, copy, track, kwargs)
        part_flags = flags | SNDMORE
        for index, part in enumerate(msg_parts):
            if index == last:
                part_flags = flags
            # --- hot: send_multipart; slow twin _send_copy ---
            if type(part) is bytes:
                size = len(part)
                if (
                    size < _RELEASING
                    and fast.send_now(self._fast_p, part, size, part_flags | DONTWAIT) >= 0
                ):
                    continue
            # --- end hot ---
            if isinstance(part, Frame):
                self._send_frame(part, part_flags, False)
            else:
                self._send_copy(part, part_flags)
        return None

    def _send_parts(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> MessageTracker | None:
        trackers = []
        last = len(parts) - 1
        if track and not copy:
            for index, part in enumerate(parts):
                if isinstance(part, Frame) and part.tracker is None:
                    raise ValueError(
                        f"Not a tracked message: create Frame {index} with track=True"
                    )
        for index, part in enumerate(parts):
            part_flags = flags if index == last else flags | SNDMORE
            tracker = Socket.send(self, part, part_flags, copy=copy, track=track, **kwargs)
            if tracker is not None:
                trackers.append(tracker)
        if not track or copy:
            return None
        return trackers[0] if len(trackers) == 1 else MessageTracker(*trackers)

    # ------------------------------------------------------------------
    # receiving

    if TYPE_CHECKING:

        @overload
        def recv(
            self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
        ) -> bytes: ...
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
        if flags != 0:
            flags = _flags(flags)
        if not copy:
            return self._recv_frame(flags, track)
        msg_p = _take()
        # --- hot: recv, recv_again; slow twin _recv_bytes ---
        if flags == DONTWAIT:
            size = fast.recv_try(msg_p, self._fast_p, DONTWAIT)
            if size == -1 and last_errno() == EAGAIN:
                _give(msg_p)
                raise Again()
        else:
            size = fast.recv_now(msg_p, self._fast_p, DONTWAIT)
        if 0 <= size < _LIMIT:
            data: bytes = fast.msg_data(msg_p)[:size]
            if size > _INLINE:
                fast.msg_close(msg_p)
                fast.msg_init(msg_p)
            _give(msg_p)
            return data
        # --- end hot ---
        return self._recv_bytes(msg_p, size, flags)

    def _recv_bytes(self, msg_p: Any, size: int, flags: int) -> bytes:
        """Receive a part into ``msg_p`` unless it is there, and copy it; the checked form."""
        try:
            if size < 0:
                self._recv_message(msg_p, flags)
            data = memory.content(msg_p)
        finally:
            memory.release(msg_p)
            _give(msg_p)
        return data

    def _recv_message(self, msg_p: Any, flags: int) -> None:
        self._wait_done(lambda now: C.zmq_msg_recv(msg_p, self._handle, now), flags, "recv")

    def _recv_frame(self, flags: int, track: bool) -> Frame:
        msg_p = _take()
        # --- hot: recv_frame; slow twin _recv_message ---
        if fast.recv_now(msg_p, self._fast_p, DONTWAIT) >= 0:
            return Frame._received(msg_p, track)
        # --- end hot ---
        try:
            self._recv_message(msg_p, flags)
        except BaseException:
            memory.release(msg_p)
            _give(msg_p)
            raise
        return Frame._received(msg_p, track)

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
        if flags != 0:
            flags = _flags(flags)
        if not copy:
            frames = [self._recv_frame(flags, track)]
            while frames[-1].more:
                frames.append(self._recv_frame(flags, track))
            return frames
        parts: list[bytes] = []
        more = 1
        msg_p = _take()
        while more:
            # --- hot: recv_multipart; slow twin _recv_part ---
            size = fast.recv_now(msg_p, self._fast_p, DONTWAIT)
            if 0 <= size < _LIMIT:
                parts.append(fast.msg_data(msg_p)[:size])
                more = fast.msg_more(msg_p)
                continue
            # --- end hot ---
            more = self._recv_part(parts, msg_p, size, flags)
        # --- hot: recv_multipart; slow twin memory.release ---
        if size > _INLINE:
            fast.msg_close(msg_p)
            fast.msg_init(msg_p)
        # --- end hot ---
        _give(msg_p)
        return parts

    def _recv_part(self, parts: list[bytes], msg_p: Any, size: int, flags: int) -> int:
        """Receive a part into ``msg_p`` unless it is there; append it and tell if more follow."""
        try:
            if size < 0:
                self._recv_message(msg_p, flags)
            parts.append(memory.content(msg_p))
            more: int = C.zmq_msg_more(msg_p)
        except BaseException:
            memory.release(msg_p)
            _give(msg_p)
            raise
        memory.release(msg_p)
        return more

    def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> int:
        """Receive one message part into memory that is there already.

        Blocks as recv() does.

        Parameters
        ----------
        buffer : writable bytes-like
        nbytes : int, the most bytes to store; 0 means the whole buffer
        flags : int, bitmask of zmq.Flag

        Returns
        -------
        int, the size of the part, in bytes: if it is more than was to be stored, the part
        was cut off

        Raises
        ------
        BufferError : the buffer is read-only or not contiguous; nothing was received then
        ValueError : ``nbytes`` is negative, or more than the buffer has
        zmq.ZMQError : as recv()

        Notes
        -----
        Wraps ``zmq_recv``.
        """
        borrowed = memory.writable(buffer)
        try:
            if nbytes < 0 or nbytes > borrowed.size:
                raise ValueError(f"{nbytes=} too big for memoryview of {borrowed.size}B")
            size = nbytes or borrowed.size
            flags = _flags(flags)
            return self._wait_done(
                lambda now: C.zmq_recv(self._handle, borrowed.data, size, now), flags, "recv"
            )
        finally:
            borrowed.release()

    # ------------------------------------------------------------------
    # other forms of data

    def send_string(
        self,
        u: str,
        flags: int = 0,
        copy: bool = True,
        encoding: str = "utf-8",
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send a str, encoded.

        Parameters
        ----------
        u : str
        flags, copy : as send()
        encoding : str

        Raises
        ------
        TypeError : not a str
        UnicodeEncodeError : a character that the encoding lacks
        zmq.ZMQError : as send()
        """
        if not isinstance(u, str):
            raise TypeError(f"str objects only, use send for bytes, got {u!r}")
        return self.send(u.encode(encoding), flags, copy, **kwargs)

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> str:
        """Receive a str.

        Parameters
        ----------
        flags : as recv()
        encoding : str

        Raises
        ------
        UnicodeDecodeError : the message is not text in that encoding; it is lost
        zmq.ZMQError : as recv()
        """
        return self.recv(flags).decode(encoding)

    send_unicode = send_string
    recv_unicode = recv_string

    def send_pyobj(
        self, obj: Any, flags: int = 0, protocol: int = 4, **kwargs: Any
    ) -> MessageTracker | None:
        """Send a Python object as a pickle.

        Parameters
        ----------
        obj : object that can be pickled
        flags : as send()
        protocol : int, pickle's
        **kwargs : as send()

        Raises
        ------
        pickle.PicklingError, TypeError : it cannot be pickled
        zmq.ZMQError : as send()
        """
        import pickle

        return self.send(pickle.dumps(obj, protocol), flags=flags, **kwargs)

    def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive a Python object that came as a pickle.

        A pickle can run any code when it is loaded: receive objects only from
        senders that you would let run code here, on sockets that nobody else
        reaches.

        Parameters
        ----------
        flags : as recv()

        Raises
        ------
        zmq.ZMQError : as recv()
        """
        import pickle

        return pickle.loads(self.recv(flags))

    def send_json(self, obj: Any, flags: int = 0, **kwargs: Any) -> MessageTracker | None:
        """Send an object as JSON.

        Parameters
        ----------
        obj : object that json.dumps takes
        flags : as send()
        **kwargs : those of send(), all others go to json.dumps

        Raises
        ------
        TypeError, ValueError : JSON cannot express it
        zmq.ZMQError : as send()
        """
        send_kwargs: dict[str, Any] = {}
        if kwargs:
            for name in ("routing_id", "group"):
                if name in kwargs:
                    send_kwargs[name] = kwargs.pop(name)
        data = _json().dumps(obj, **kwargs)
        if send_kwargs:
            return self.send(data, flags, **send_kwargs)
        return self.send(data, flags)

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive an object that came as JSON.

        Parameters
        ----------
        flags : as recv()
        **kwargs : go to json.loads

        Raises
        ------
        ValueError : the message is not JSON; it is lost
        zmq.ZMQError : as recv()
        """
        return _json().loads(self.recv(flags), **kwargs)

    def send_serialized(
        self,
        msg: Any,
        serialize: Callable[[Any], Sequence[Part]],
        flags: int = 0,
        copy: bool = True,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send what ``serialize(msg)`` returns, a sequence of parts.

        Parameters
        ----------
        msg : object
        serialize : callable, returns a sequence of bytes-like
        flags, copy, **kwargs : as send_multipart()
        """
        return self.send_multipart(serialize(msg), flags=flags, copy=copy, **kwargs)

    def recv_serialized(
        self, deserialize: Callable[[list[Any]], Any], flags: int = 0, copy: bool = True
    ) -> Any:
        """Receive a message and return ``deserialize(parts)``.

        Parameters
        ----------
        deserialize : callable, takes a list of bytes, or of Frame if not ``copy``
        flags, copy : as recv_multipart()
        """
        return deserialize(self.recv_multipart(flags=flags, copy=copy))

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
            cell = memory.take_cell()
            rc = fast.getsockopt_now(self._fast_p, EVENTS, cell[1], cell[2])
            value: int = cell[0].value
            memory.give_cell(cell)
            if rc == 0:
                return value & (1 if flags is PollEvent.POLLIN else int(flags))
            # --- end hot ---
        if self.closed:
            raise errors.failure(
                f"{_bind.strerror(ENOTSUP)} (polling {self._describe()}: "
                f"{self._closed_why or 'it is closed'})",
                ENOTSUP,
            )
        from ._poll import Poller

        poller = Poller()
        poller.register(self, flags)
        return dict(poller.poll(timeout)).get(self, 0)

    def monitor(self, addr: str | bytes | None, events: int = Event.ALL) -> None:
        """Publish what happens to this socket's connections, as messages.

        Connect a PAIR socket of the same context to ``addr`` at once: libzmq waits for
        it with every event, and while it waits nothing else happens in the context.
        get_monitor_socket() does all of it.

        Parameters
        ----------
        addr : str, an inproc endpoint of its own; None stops
        events : int, bitmask of zmq.Event

        Raises
        ------
        zmq.ZMQError : not inproc (EPROTONOSUPPORT); in use (EADDRINUSE)

        Notes
        -----
        Wraps ``zmq_socket_monitor``, of libzmq 4.0. The reading PAIR's RCVHWM is lifted when
        it connects, and when it closes first the monitor is stopped, because an event that
        nobody takes would stop libzmq's I/O thread.
        """
        if addr is None:
            self._stop_monitor()
            return
        address = self._endpoint(addr)
        if not self._handle:
            raise self._closed_error()
        self._stop_monitor_unread()
        try:
            C.zmq_socket_monitor(self._handle, address, c_int(events, "the events"))
        except ZMQError as error:
            raise _endpoint_failure(error, address, addr, self) from None
        _set(self, "_monitor_endpoint", address)
        _monitors[self._monitor_key(address)] = weakref.ref(self)

    def _monitor_key(self, address: bytes) -> tuple[int, bytes]:
        context = self._context
        return (context.underlying if context is not None else 0, address)

    def _becomes_reader(self, address: bytes) -> None:
        """Take note if this socket is about to read a monitor's events."""
        if not _monitors or self._socket_type != _PAIR:
            return
        monitored = _monitors.get(self._monitor_key(address))
        if monitored is not None:
            self.set(RCVHWM, 0)
            _readers[self._handle] = (monitored, address)

    def _check_monitor_is_read(self) -> None:
        address = self._monitor_endpoint
        if address is None or not self._handle or self._monitor_has_reader(address):
            return
        raise errors.failure(
            f"{_bind.strerror(EFSM)} ({self._describe()}: nobody is connected to its monitor at "
            f"{address.decode('utf-8', 'replace')}, and libzmq would wait for ever; connect a PAIR "
            "socket of the same context to it first, or use get_monitor_socket())",
            EFSM,
        )

    def _monitor_has_reader(self, address: bytes) -> bool:
        return any(
            monitored() is self and endpoint == address
            for monitored, endpoint in list(_readers.values())
        )

    def _stop_monitor_unread(self) -> None:
        """Give a monitor that nobody reads a reader, so that stopping it does not wait."""
        address = self._monitor_endpoint
        if address is None or self._monitor_has_reader(address) or self._context is None:
            return
        from ._context import Context

        with Context.shadow(self._context.underlying).socket(_PAIR, socket_class=Socket) as drain:
            drain.connect(address)
            self._forget_monitor()
            C.zmq_socket_monitor(self._handle, None, 0)

    def _stop_monitor(self) -> None:
        self._stop_monitor_unread()
        self._forget_monitor()
        if not self._handle:
            raise self._closed_error()
        C.zmq_socket_monitor(self._handle, None, 0)

    def _forget_monitor(self) -> None:
        address = self._monitor_endpoint
        if address is not None:
            _monitors.pop(self._monitor_key(address), None)
            _set(self, "_monitor_endpoint", None)

    def get_monitor_socket(
        self: T, events: int | None = None, addr: str | None = None
    ) -> T:
        """Return a PAIR socket that receives what happens to this socket's connections.

        Parameters
        ----------
        events : int, bitmask of zmq.Event; all by default
        addr : str, an inproc endpoint; made up by default

        Returns
        -------
        Socket, the same one until it or the monitor is closed; read it with
        zmq.utils.monitor.recv_monitor_message

        Raises
        ------
        zmq.ZMQVersionError : needs libzmq 4.0

        Notes
        -----
        Wraps ``zmq_socket_monitor``. It may be left unread: events then use memory.
        """
        if _bind.library.version < (4, 0):
            raise _bind.missing("get_monitor_socket", (4, 0), draft=False)
        known: T | None = self._monitor_socket
        if known is not None:
            if not known.closed:
                return known
            _set(self, "_monitor_socket", None)
        if addr is None:
            addr = f"inproc://monitor.s-{self._handle:x}-{next(_monitor_numbers)}"
        self.monitor(addr, Event.ALL if events is None else events)
        reader: T = self.context.socket(_PAIR)
        _set(self, "_monitor_socket", reader)
        reader.connect(addr)
        return reader

    def disable_monitor(self) -> None:
        """Stop the monitor.

        Its reader gets MONITOR_STOPPED, and nothing after that.

        Notes
        -----
        Wraps ``zmq_socket_monitor(NULL)``.
        """
        _set(self, "_monitor_socket", None)
        self.monitor(None, 0)

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
            self._set_checked(LINGER, linger, INT)
        self._end_monitors(handle)
        if not self._handle:
            return
        views = _views.pop(handle, None)
        if views is None:
            return
        for reference in views:
            view = reference()
            if view is not None:
                view._detach("it is closed" if view is self else "its C socket was closed")
        self._detach("it is closed")
        pollset.invalidate()
        C.zmq_close(handle)
        if _wakeup.watched:
            _wakeup.closed(handle)
        context = self._context
        if context is not None:
            context._rm_socket(self)

    def _end_monitors(self, handle: int) -> None:
        """Stop what would make libzmq wait for this socket, or for its reader."""
        read = _readers.get(handle)
        if read is not None:
            monitored = read[0]()
            if (
                monitored is not None
                and monitored._handle
                and monitored._monitor_endpoint == read[1]
            ):
                monitored._forget_monitor()
                C.zmq_socket_monitor(monitored._handle, None, 0)
            del _readers[handle]
        if self._monitor_endpoint is not None:
            self._stop_monitor_unread()
            self._forget_monitor()


_PAIR = int(SocketType.PAIR)
_DGRAM = int(SocketType.DGRAM)
_ZAP_TYPES = frozenset(map(int, (SocketType.REP, SocketType.ROUTER, SocketType.SERVER)))
_PORT_TAKEN = frozenset((EADDRINUSE, int(Errno.EADDRNOTAVAIL), errno.EACCES))
_LIMIT = fast.LIMIT
_SLICE = 0.05
_REAPER_PATIENCE = 0.1
_FORCE_SLICES = sys.platform == "win32"

# PAIR sockets that read a monitor: handle -> (the monitored socket, the endpoint)
_readers: dict[int, tuple[weakref.ref[Any], bytes]] = {}
_monitor_numbers = itertools.count()

_HIDDEN = frozenset(("hwm", "subscribe", "unsubscribe"))


def _add_options() -> None:
    """Give Socket its options as attributes."""
    names: dict[str, int] = {}
    for member, option in SocketOption.__members__.items():
        for name in (member, member.lower()):
            if name.lower() not in _HIDDEN:
                names[name] = int(option)
            if not hasattr(Socket, name):
                setattr(Socket, name, option_property(int(option), name))
    Socket._option_names = names


_jsonapi: Any = None


def _json() -> Any:
    """Return zmq.utils.jsonapi, imported when it is first needed."""
    global _jsonapi
    if _jsonapi is None:
        from .utils import jsonapi

        _jsonapi = jsonapi
    return _jsonapi


def _default_threshold() -> int:
    return copy_threshold()


def _caller() -> tuple[str, int]:
    """Return the line of the program that makes a socket."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "zmq":
        frame = frame.f_back
    if frame is None:
        return ("?", 0)
    return (frame.f_code.co_filename, frame.f_lineno)


_KNOWN_FLAGS: dict[Any, int] = {flags: flags for flags in range(4)}


def _flags(flags: Any) -> int:
    """Return flags as the plain int that C takes.

    Raises
    ------
    TypeError : not an int
    OverflowError : too large for C
    """
    known = _KNOWN_FLAGS.get(flags)
    if known is not None:
        return known
    if not isinstance(flags, int):
        raise TypeError(f"an integer is required for flags, a bitmask of zmq.Flag, got {flags!r}")
    return c_int(int(flags), "flags")


def _check_parts(parts: Sequence[Any]) -> None:
    """Refuse a multipart message of which a part cannot be sent, before any is."""
    for index, part in enumerate(parts):
        if isinstance(part, (bytes, Frame)):
            continue
        try:
            view = memoryview(part)
        except TypeError:
            shown = repr(part)
            if len(shown) > 32:
                shown = shown[:32] + "..."
            raise TypeError(
                f"Frame {index} ({shown}) does not support the buffer interface."
            ) from None
        if not view.contiguous:
            raise BufferError(f"Frame {index}: its buffer is not contiguous")


def _names(endpoints: list[str]) -> str:
    shown = ", ".join(endpoints[:3])
    return f"{shown} and {len(endpoints) - 3} more" if len(endpoints) > 3 else shown


def _option_name(option: int) -> str:
    try:
        return SocketOption(option).name
    except ValueError:
        return f"unknown option {option}"


_SENDS_NOT = frozenset(map(int, (SocketType.PULL, SocketType.SUB, SocketType.DISH, SocketType.GATHER)))
_RECEIVES_NOT = frozenset(map(int, (SocketType.PUSH, SocketType.PUB, SocketType.RADIO, SocketType.SCATTER)))


def _hint(errnum: int, doing: str, socket_type: int) -> str:
    """Return what to do about a failed send or recv, or nothing."""
    if errnum == ENOTSUP:
        if doing == "send" and socket_type in _SENDS_NOT:
            return "this type only receives"
        if doing == "recv" and socket_type in _RECEIVES_NOT:
            return "this type only sends"
    if errnum == EFSM:
        if socket_type == SocketType.REQ:
            return (
                "a REQ must recv the reply before the next send; set req_relaxed to give it up"
                if doing == "send"
                else "a REQ must send a request before it can recv"
            )
        if socket_type == SocketType.REP:
            return (
                "a REP must recv a request before it can send"
                if doing == "send"
                else "a REP must send its reply before the next recv"
            )
    if errnum == int(Errno.EHOSTUNREACH):
        return "no peer has the routing id of the first part"
    return ""


def _open_socket(context: Any, kind: int) -> int:
    """Open a C socket, waiting a moment for the slots of sockets that are still being closed."""
    pause = 0.0005
    while True:
        try:
            handle: int = C.zmq_socket(context._checked_handle(), kind)
        except ZMQError as error:
            # libzmq closes sockets in the background, and counts them until it is done.
            behind = error.errno == errno.EMFILE and len(context._sockets) < context.max_sockets
            if not behind or pause > _REAPER_PATIENCE:
                raise
        else:
            return handle
        time.sleep(pause)
        pause *= 2


def _socket_failure(error: ZMQError, context: Any, kind: int) -> ZMQError:
    if error.errno == EINVAL:
        text = f"{error} (no socket type {kind} in libzmq {_bind.dotted(_bind.library.version)})"
        return errors.failure(text, EINVAL)
    if error.errno == errno.EMFILE:
        text = (
            f"{error} ({context!r}: close sockets, raise zmq.MAX_SOCKETS of the context, or the "
            "process's limit of open files)"
        )
        return errors.failure(text, error.errno)
    return error


def _endpoint_failure(error: ZMQError, address: bytes, addr: Any, socket: Any) -> ZMQError:
    errnum = error.errno
    text = f"{error} (addr={addr!r}"
    if isinstance(addr, bytes):
        text = f"{error} (addr={address.decode('utf-8', 'replace')!r}"
    transport = address.partition(b"://")[0].decode("utf-8", "replace")
    if errnum == int(Errno.EPROTONOSUPPORT):
        text += f": this libzmq has no transport {transport!r}"
    elif errnum == int(Errno.ENOCOMPATPROTO):
        text += f": {socket._describe()} cannot use transport {transport!r}"
    elif errnum == errno.ENAMETOOLONG:
        path = address.partition(b"://")[2].decode("utf-8", "replace")
        text = (
            f"{error}: ipc path {path!r} is {len(path.encode())} bytes long, at most "
            f"{IPC_PATH_MAX_LEN} are possible (sizeof(sockaddr_un.sun_path)) (addr={addr!r}"
        )
    elif errnum == errno.ENOENT:
        text += f": {socket._describe()} has no such endpoint"
    elif errnum == EINVAL:
        text += ": expected transport://address"
    return errors.failure(text + ")", errnum)


IPC_PATH_MAX_LEN: int = 107 if sys.platform.startswith(("linux", "android")) else 103


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


def _must_slice_here() -> bool:
    """Tell whether waits are cut in slices: where no signal ends a C call, in the main thread."""
    return _FORCE_SLICES and _in_main_thread()


def cast_int_addr(address: Any) -> int:
    """Return an address given as int or as a pointer of cffi or ctypes."""
    from .utils.interop import cast_int_addr as cast

    return cast(address)


_add_options()

SyncSocket = Socket
