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
import operator
import os
import sys
import time
import weakref
from types import GenericAlias

from . import _connect_id, _datagram, _endpoints, _monitors, _pickle, _wakeup
from ._ctypes import bind as _bind
from ._ctypes import errors, fast, memory, pollset
from ._ctypes.bind import C
from ._ctypes.errors import last_errno
from ._ctypes.signaler import Signaler
from ._frame import Frame, copy_threshold, group_name
from ._options import (
    BYTES,
    INT,
    INT64,
    KEY,
    KINDS,
    NOTED,
    OptionAttributes,
    c_int,
    c_int_bytes,
    encode,
    exact_bytes,
    option_property,
    refused,
)
from ._tracker import _FINISHED_TRACKER, MessageTracker
from .constants import TYPE_SINCE, Errno, Event, Flag, PollEvent, SocketOption, SocketType
from .error import Again, ContextTerminated, DraftFDWarning, ZMQBindError, ZMQError

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

_KEPT = memory.KEPT
_RELEASING = fast.RELEASING
_take = memory.take
_pop = memory.spare.pop
_give = memory.give
_set = object.__setattr__

# Every live view of every C socket: handle -> weak references.
_views: dict[int, list[weakref.ref[Any]]] = {}

# C sockets of thread-safe types whose descriptor was asked for.
_signalers: dict[int, Signaler] = {}


def _abandon_all() -> None:
    """In a forked child: no socket of the parent may be touched any more."""
    pid = os.getpid()
    for references in _views.values():
        for reference in references:
            view = reference()
            if view is not None:
                view._detach(
                    f"it was made in process {view._pid} and this is its child {pid}; "
                    "make contexts and sockets after the fork"
                )
    _views.clear()
    _signalers.clear()


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

    def __enter__(self) -> Socket[Any]:
        """Return the socket; at the end of the with block the call is undone."""
        return self.socket

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
        "_closed_why",
        "_connected",
        "_context",
        "_copy_threshold",
        "_created",
        "_fast_p",
        "_given",
        "_handle",
        "_monitor_socket",
        "_parked_p",
        "_pid",
        "_shadow",
        "_shadow_obj",
        "_socket_type",
    )

    _handle: int
    _fast_p: Any
    _context: Context[Any] | None
    _socket_type: int
    _copy_threshold: int
    _bound: list[str]
    _connected: list[str]

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
        _set(self, "_parked_p", None)
        _set(self, "_closed_why", None)
        _set(self, "_shadow", False)
        _set(self, "_shadow_obj", None)
        _set(self, "_context", None)
        if isinstance(ctx_or_socket, Socket):
            shadow = ctx_or_socket
            ctx_or_socket = None
        if copy_threshold is None:
            copy_threshold = _default_threshold()
        _set(self, "_copy_threshold", _bytes_count(copy_threshold))
        _set(self, "_bound", [])
        _set(self, "_connected", [])
        _set(self, "_given", None)
        _set(self, "_monitor_socket", None)
        _set(self, "_pid", os.getpid())
        _set(self, "_created", _caller())
        if shadow:
            self._become_shadow(shadow, ctx_or_socket)
        else:
            self._open(ctx_or_socket, socket_type)

    def _open(self, context: Any, socket_type: int) -> None:
        if not isinstance(getattr(context, "underlying", None), int):
            raise TypeError(f"context must be specified, a zmq.Context, got {context!r}")
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
            address = checked_address(shadow, ENOTSOCK, "socket")
        _set(self, "_shadow", True)
        _set(self, "_context", context)
        _set(self, "_handle", address)
        _set(self, "_socket_type", 0)
        _set(self, "_socket_type", self._read_int(TYPE))
        self._attach(address)

    def _attach(self, handle: int) -> None:
        _set(self, "_handle", handle)
        if self._socket_type not in _ALWAYS_CHECKED and handle not in _wakeup.watched:
            _set(self, "_fast_p", fast.pointer(handle))
        views = _views.setdefault(handle, [])
        for reference in list(views):
            view = reference()
            if view is None:
                views.remove(reference)
            else:
                # What one of them binds and connects, all of them have.
                _set(self, "_bound", view._bound)
                _set(self, "_connected", view._connected)
        views.append(weakref.ref(self))

    def _detach(self, why: str) -> None:
        """Stand for no C socket any more."""
        _set(self, "_handle", 0)
        _set(self, "_fast_p", None)
        _set(self, "_parked_p", None)
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
    def copy_threshold(self) -> int:
        """Bytes below which ``copy=False`` copies."""
        return self._copy_threshold

    @copy_threshold.setter
    def copy_threshold(self, size: int) -> None:
        _set(self, "_copy_threshold", _bytes_count(size))

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
        bound: bytes = self.last_endpoint
        if b"://" not in bound:
            bound = address  # for udp libzmq leaves the transport out
        real = bound.decode("utf-8", "replace")
        self._bound.append(real)
        _pickle.bound(self, real)
        if bound != address and _bind.library.version < (4, 1):
            given = self._given or {}
            given[real] = address
            _set(self, "_given", given)
        return SocketContext(self, "bind", _text(bound))

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
        _monitors.check(self)
        self._check_zap_domain()
        self._check_transport(address)
        _endpoints.check_connect(self, address)
        if self._socket_type == _PAIR and self._handle and address.startswith(b"inproc:"):
            _monitors.connects(self._handle, self._inproc_key(address))
        names = _connect_id.known.get(self._handle)
        if names is None or names.wanted is None:
            self._call_endpoint(C.zmq_connect, address, addr)
        else:
            self._call_endpoint(
                lambda _, address: _connect_id.connect(self, names, address), address, addr
            )
        self._connected.append(address.decode("utf-8", "replace"))
        return SocketContext(self, "connect", _text(address))

    def connect_peer(self, addr: str | bytes) -> int:
        """Connect to an endpoint and return who is there; PEER only (draft API).

        Parameters
        ----------
        addr : str, as connect()

        Returns
        -------
        int, the ``routing_id`` for messages to that peer

        Raises
        ------
        zmq.ZMQVersionError : needs libzmq 4.3.3, built with its draft API
        zmq.ZMQError : not a PEER (ENOTSUP); otherwise as connect()

        Notes
        -----
        Wraps ``zmq_connect_peer``.
        """
        address = self._endpoint(addr)
        _monitors.check(self)
        self._check_zap_domain()
        self._check_transport(address)
        routing_id: int = self._call_endpoint(_connect_peer, address, addr)
        self._connected.append(address.decode("utf-8", "replace"))
        return routing_id

    def unbind(self, addr: str | bytes) -> None:
        """Stop listening at an endpoint.

        Parameters
        ----------
        addr : str, the real endpoint: ``last_endpoint`` after bind, not a wildcard

        Raises
        ------
        zmq.ZMQError : the socket is not bound to it (ENOENT)
        zmq.ZMQVersionError : unbinding from inproc needs libzmq 4.1

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
            address = str.encode(addr, "utf-8")
        elif isinstance(addr, bytes):
            address = exact_bytes(addr)
        else:
            raise TypeError(f"Expected addr to be str, got addr={addr!r}")
        if b"\0" in address:
            raise errors.failure(
                f"{_bind.strerror(EINVAL)} (addr={addr!r}: an endpoint has no NUL)", EINVAL
            )
        return address

    def _call_endpoint(self, function: Callable[..., Any], address: bytes, addr: Any) -> Any:
        try:
            return function(self._handle, address)
        except ZMQError as error:
            if not self._handle:
                raise self._closed_error() from None
            raise _endpoint_failure(error, address, addr, self) from None
        finally:
            self._processed()

    def _leave_endpoint(self, function: Callable[..., int], addr: Any, note: str) -> None:
        address = self._endpoint(addr)
        _monitors.check(self)
        noted = getattr(self, note)
        name = address.decode("utf-8", "replace")
        if _bind.library.version < (4, 1) and self._handle:
            address = self._kept_endpoint(name, address, note)
        if note == "_connected" and self._handle:
            if self._socket_type == _PAIR:
                _monitors.disconnects(self._handle, self._inproc_key(address))
            elif _connect_id.known:
                _connect_id.disconnected(self._handle, address)
        self._call_endpoint(function, address, addr)
        if name in noted:
            noted.remove(name)

    def _kept_endpoint(self, name: str, address: bytes, note: str) -> bytes:
        """Return an endpoint as releases before 4.1 know it: the way it was given."""
        unbinds = note == "_bound"
        if address.startswith(b"inproc://"):
            since = (4, 1) if unbinds else (4, 0)
            if _bind.library.version < since:
                feature = "unbinding from inproc" if unbinds else "disconnecting from inproc"
                raise _bind.missing(feature, since, draft=False)
        if self._given and unbinds and name in self._given:
            address = self._given[name]
            if list(self._given.values()).count(address) > 1:
                # libzmq would leave all of them.
                feature = f"unbinding from one of several {address.decode('utf-8', 'replace')}"
                raise _bind.missing(feature, (4, 1), draft=False)
            del self._given[name]
        elif name not in getattr(self, note) and not self._shadow:
            # Release 3 fails without a reason.
            error = errors.failure(errnum=errno.ENOENT)
            raise _endpoint_failure(error, address, name, self)
        return address

    def _check_bind(self, address: bytes) -> None:
        _monitors.check(self)
        self._check_zap_domain()
        self._check_transport(address)
        _endpoints.check_bind(self, address, _bound_endpoints)
        if address.startswith(b"udp://"):
            _datagram.check_bind(address)
        self._check_zap_handler(address, self._socket_type)

    def _check_zap_handler(self, address: bytes, kind: int) -> None:
        if address == b"inproc://zeromq.zap.01" and kind not in _ZAP_TYPES:
            raise errors.failure(
                f"{_bind.strerror(EINVAL)} (addr={address.decode()!r}: an authentication handler "
                f"is a REP, ROUTER or SERVER; anything else there, for {self._describe()}, would end "
                "the process at the next handshake)",
                EINVAL,
            )

    def _check_transport(self, address: bytes) -> None:
        """Refuse a draft type where stable builds end the process: in a handshake."""
        if self._socket_type not in THREAD_SAFE or _bind.DRAFT_API:
            return
        transport, found, _ = address.partition(b"://")
        if found and transport not in _WITHOUT_HANDSHAKE:
            feature = f"{SocketType(self._socket_type).name} over {transport.decode()}"
            raise _bind.missing(feature, (4, 2), draft=True)

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
        # --- hot: getsockopt; slow twin _get_checked ---
        if kind is INT and isinstance(option, int):
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
        if self._socket_type in THREAD_SAFE:
            if option == FD:
                return self._signaler_fd()
            if option == EVENTS and self._handle in _signalers:
                _signalers[self._handle].clear()
        try:
            value = self._read(option, kind or INT)
        except ZMQError as error:
            raise refused(error, option, f"getting {_option_name(option)}") from None
        finally:
            if option == EVENTS:
                self._processed()
        ledger = _wakeup.watched.get(self._handle)
        return value if ledger is None else ledger.corrected(option, value)

    def _signaler_fd(self) -> int:
        """Return a descriptor for a thread-safe type, which has none by itself."""
        handle = self._handle
        signaler = _signalers.get(handle)
        if signaler is None:
            if not _bind.exports("zmq_poller_fd"):
                raise errors.failure(
                    f"{_bind.strerror(EINVAL)} (getting FD: {self._describe()} is of a thread-safe "
                    "type; only draft builds of libzmq 4.3.2 or later give a descriptor for those)",
                    EINVAL,
                )
            import warnings

            warnings.warn(DraftFDWarning(), stacklevel=4)
            signaler = Signaler(handle)
            known = _signalers.setdefault(handle, signaler)
            if known is not signaler:
                signaler.close()
                signaler = known
            # News are signalled only to who has taken up all there were before.
            self._read_int(EVENTS)
            self._processed()
        return signaler.fd

    def _read(self, option: int, kind: str) -> Any:
        if kind in (INT, NOTED):
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
            closed (ENOTSOCK)
        zmq.ZMQVersionError : the loaded libzmq lacks the option

        Notes
        -----
        Wraps ``zmq_setsockopt``. Most options act on the binds and connects that follow.
        """
        try:
            kind = KINDS.get(option)
        except TypeError:
            kind = None
        # --- hot: attribute; slow twin _set_checked ---
        if (
            kind is INT
            and type(optval) is int
            and -0x80000000 <= optval <= 0x7FFFFFFF
            and isinstance(option, int)
        ):
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
        value: Any = encode(option, optval, kind or (BYTES if isinstance(optval, bytes) else INT))
        if not self._handle:
            raise self._closed_error()
        if option == CONNECT_ROUTING_ID and value and _connect_id.keeps(self._socket_type):
            _connect_id.want(self._handle, value)
            return
        raw: Any = value
        if isinstance(value, int):
            raw = memory.int64_bytes(value) if kind == INT64 else c_int_bytes(value)
        try:
            C.zmq_setsockopt(self._handle, option, raw, len(raw))
        except ZMQError as error:
            raise refused(
                error, option, f"setting {_option_name(option)} of {self._describe()}"
            ) from None
        if kind == NOTED:
            _connect_id.note(self._handle, option, value)

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
        ValueError : no such option
        UnicodeDecodeError : it is not text in that encoding
        """
        if KINDS[SocketOption(option)] not in (BYTES, KEY):
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
        self.set(option, str.encode(optval, encoding))

    getsockopt_string = getsockopt_unicode = get_string
    setsockopt_string = setsockopt_unicode = set_string

    def get_hwm(self) -> int:
        """Return the high water mark, in messages: that of sending, if the type sends."""
        try:
            return self.get(SNDHWM)  # type: ignore[no-any-return]
        except ZMQError:
            return self.get(RCVHWM)  # type: ignore[no-any-return]

    def set_hwm(self, value: int) -> None:
        """Set both high water marks, in messages.

        Parameters
        ----------
        value : int; 0 is no limit

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
        self.set(SocketOption.SUBSCRIBE, _topic(topic))

    def unsubscribe(self, topic: str | bytes) -> None:
        """Take back one subscription to ``topic``; SUB only.

        Notes
        -----
        Wraps ``zmq_setsockopt(UNSUBSCRIBE)``.
        """
        self.set(SocketOption.UNSUBSCRIBE, _topic(topic))

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
        zmq.ZMQError : not a DISH (ENOTSUP); joined already (EINVAL); the socket is closed
            (ENOTSOCK)

        Notes
        -----
        Wraps ``zmq_join``.
        """
        self._call_group(C.zmq_join, group, "it has joined already")

    def leave(self, group: str | bytes) -> None:
        """Receive messages of a group no longer; DISH only (draft API).

        Parameters
        ----------
        group : str or bytes

        Raises
        ------
        zmq.ZMQError : not joined (EINVAL); otherwise as join()

        Notes
        -----
        Wraps ``zmq_leave``.
        """
        self._call_group(C.zmq_leave, group, "it has not joined")

    def _call_group(self, function: Callable[..., int], group: str | bytes, why: str) -> None:
        name = group_name(group)
        try:
            function(self._handle, name)
        except ZMQError as error:
            if not self._handle:
                raise self._closed_error() from None
            hint = f"a group that {why}" if error.errno == EINVAL else "only a DISH has groups"
            text = f"{error} ({self._describe()}, {group!r}: {hint})"
            raise errors.failure(text, error.errno) from None

    # ------------------------------------------------------------------
    # waiting, in the checked form

    def _wait_done(self, operation: Callable[[int], int], flags: int, doing: str) -> int:
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
                # Why it failed is not asked: while it waited, a signal handler may have closed the
                # socket, or failed calls of its own. The next try does not wait, and tells.
                if not self._handle:
                    raise self._closed_error()
            return self._retry(operation, flags, doing, started)
        finally:
            self._processed()

    def _retry(
        self, operation: Callable[[int], int], flags: int, doing: str, started: float
    ) -> int:
        timeout_ms = 0 if flags & DONTWAIT else self._timeout(doing)
        pause = 0.0
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
        """Wait until the operation may succeed, in steps that let signals through.

        Parameters
        ----------
        doing : ``"send"`` or ``"recv"``
        remaining : float, seconds, or None for ever
        pause : float, seconds to sleep first; 0 for the first time

        Returns
        -------
        float, seconds to sleep first the next time
        """
        time.sleep(pause if remaining is None else min(pause, remaining))
        longer = min(max(pause * 2, 0.0001), 0.005)
        if self._socket_type in THREAD_SAFE and not _bind.DRAFT_API:
            return longer  # these cannot be polled in stable builds
        step = _SLICE if remaining is None or _must_slice_here() else remaining
        step = step if remaining is None else min(step, remaining)
        events = POLLOUT if doing == "send" else POLLIN
        waiting = pollset.PollSet([(self._handle, 0, events)], False, pollset.current[0])
        ready = waiting.poll(-int(-step * 1000 // 1)) > 0
        # Some types say that they are ready to send, and then are not, for the peer that is meant.
        return longer if ready else 0.0

    def _must_slice(self) -> bool:
        """Tell whether a signal would not end libzmq's own wait."""
        if self._socket_type in THREAD_SAFE:
            return _in_main_thread()
        return _must_slice_here()

    def _processed(self) -> None:
        """Tell who watches this C socket that libzmq has taken up its news."""
        if _wakeup.watched and self._handle in _wakeup.watched:
            _wakeup.processed(self._handle)

    def _watched_p(self) -> Any:
        """Have every view of this C socket tell what it does, for one who waits for it.

        Returns
        -------
        pointer for the hot forms of the one who waits, and tells by itself; None where
        there are none
        """
        for view in self._all_views():
            _set(view, "_fast_p", None)
            _set(view, "_parked_p", None)
        pollset.invalidate()
        return None if self._socket_type in _ALWAYS_CHECKED else fast.pointer(self._handle)

    # ------------------------------------------------------------------
    # sending

    def _park(self) -> None:
        """Send what follows in the checked form, until a message is complete.

        When the peer goes away between two parts, libzmq drops the rest of the message if
        it may wait; if it may not, as in the hot form, it takes back what was sent and
        refuses the part, which would be the first of another message if it were sent again.
        """
        if self._fast_p is not None and self._socket_type in _TAKES_BACK:
            _set(self, "_parked_p", self._fast_p)
            _set(self, "_fast_p", None)

    def _unpark(self, flags: int) -> None:
        """Go back to the hot form if the part just sent was the last of its message."""
        if self._parked_p is not None and not flags & SNDMORE:
            _set(self, "_fast_p", self._parked_p)
            _set(self, "_parked_p", None)

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
        MessageTracker if ``track`` and not ``copy``, or where there is one anyway: that of a
        Frame, or of data that was copied at once; otherwise None

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
        if type(data) is bytes and flags == 0 and copy and routing_id is None and group is None:
            size = len(data)
            if size < _RELEASING and fast.send_now(self._fast_p, data, size, 1) >= 0:
                return None
            self._send_bytes(data, size, 0)
            return None
        # --- end hot ---
        # --- hot: log_record; slow twin _send_copy ---
        if (
            flags == SNDMORE
            and type(data) is bytes
            and len(data) < _RELEASING
            and (copy and routing_id is None and group is None)
            and self._socket_type not in _TAKES_BACK
            and fast.send_now(self._fast_p, data, len(data), MORE_NOW) >= 0
        ):
            return None
        # --- end hot ---
        flags = _flags(flags)
        if flags & SNDMORE:
            self._park()
        if routing_id is not None or group is not None:
            data = self._addressed(data, copy, track, routing_id, group)
        if isinstance(data, Frame):
            return self._send_frame(data, flags, track)
        if copy:
            self._send_copy(data, flags)
            return None
        return self._send_shared(data, flags, track)

    def _addressed(
        self, data: Any, copy: bool, track: bool, routing_id: int | None, group: str | None
    ) -> Frame:
        """Return a Frame with a draft address; a Frame that is given stays as it is."""
        if isinstance(data, Frame):
            frame = data.fast_copy()
        else:
            threshold = self.copy_threshold
            frame = Frame(data, track=track, copy=copy or None, copy_threshold=threshold)
        if routing_id is not None:
            frame.routing_id = routing_id
        if group is not None:
            frame.group = group
        return frame

    def _send_copy(self, data: Any, flags: int) -> None:
        if type(data) is bytes:
            size = len(data)
            # --- hot: multipart; slow twin _send_bytes ---
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

    def _send_long(self, data: Any, size: int, flags: int) -> None:
        msg_p = memory.take_empty()
        try:
            memory.fill(msg_p, data, size)
            self._send_message(msg_p, flags)
        finally:
            memory.release(msg_p)
            _give(msg_p)

    def _send_bytes(self, data: Any, size: int, flags: int) -> None:
        """Send a copy of ``size`` bytes at ``data`` (bytes or an address); the checked form."""
        if self._socket_type in DATAGRAM_SENDERS:
            self._check_datagram(size, b"")
        if size > _LIMIT:
            # zmq_send of libzmq 4.1 takes the size that it is to return for a failure.
            self._send_long(data, size, flags)
            return
        self._wait_done(lambda now: C.zmq_send(self._handle, data, size, now), flags, "send")
        self._unpark(flags)

    def _check_message(self, msg_p: Any) -> None:
        group = C.zmq_msg_group(msg_p) if _bind.DRAFT_API else b""
        self._check_datagram(C.zmq_msg_size(msg_p), group)

    def _check_datagram(self, size: int, group: bytes) -> None:
        """Refuse what libzmq does not survive being sent over udp."""
        if not self._handle:
            return
        if self._socket_type != _DGRAM:
            longest = _datagram.LONGEST_GROUP
            long = len(group) > longest or size > _datagram.LONGEST - longest - 1
            if long and self._uses_udp():
                _datagram.check_send(self, size, group)
            return
        if not self._is_bound():
            raise errors.failure(
                f"{_bind.strerror(ENOTCONN)} ({self._describe()}: libzmq ends the process when an "
                "unbound DGRAM sends; bind it to a udp:// endpoint first)",
                ENOTCONN,
            )
        _datagram.check_send(self, size, None)

    def _check_datagram_parts(self, parts: Sequence[Any]) -> None:
        """Refuse a message before its first part is sent: libzmq would not get back into step."""
        if len(parts) != 2:
            raise self._error(EINVAL, "send")
        for part in parts:
            if isinstance(part, Frame):
                part = part.buffer
            self._check_datagram(memoryview(part).nbytes, b"")

    def _all_views(self) -> list[Any]:
        views = [reference() for reference in _views.get(self._handle, ())]
        return [view for view in views if view is not None]

    def _is_bound(self) -> bool:
        known = [view._bound for view in self._all_views() if view._bound is not None]
        # libzmq remembers the endpoint even when the socket has left it; a shadow knows no more.
        return any(known) if known else bool(self.last_endpoint)

    def _uses_udp(self) -> bool:
        if b"://" not in (self.last_endpoint or b"://"):
            return True  # for udp libzmq leaves the transport out
        endpoints = [name for view in self._all_views() for name in view._connected or ()]
        return any(name.startswith("udp://") for name in endpoints)

    def _send_shared(self, data: Any, flags: int, track: bool) -> MessageTracker | None:
        if isinstance(data, str):
            raise TypeError("unicode not allowed, use send_string")
        size = len(data) if type(data) is bytes else memoryview(data).nbytes
        if size < self._copy_threshold:
            self._send_copy(data, flags)
            return _FINISHED_TRACKER
        msg_p = memory.take_empty()
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
        return frame.tracker

    def _send_message(self, msg_p: Any, flags: int) -> None:
        """Send the message ``msg_p``, which is empty after that; it is kept when that fails."""
        # --- hot: no_copy; slow twin zmq_msg_send ---
        if (
            0 <= flags <= MORE_NOW
            and fast.msg_send_now(msg_p, self._fast_p, flags | DONTWAIT) != -1
        ):
            return
        # --- end hot ---
        if self._socket_type in DATAGRAM_SENDERS:
            self._check_message(msg_p)
        self._wait_done(lambda now: C.zmq_msg_send(msg_p, self._handle, now), flags, "send")
        self._unpark(flags)

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
        if self._socket_type == _DGRAM:
            self._check_datagram_parts(msg_parts)
        if not copy or kwargs:
            return self._send_parts(msg_parts, flags, copy, track, kwargs)
        if self._socket_type in _TAKES_BACK:
            self._send_whole(msg_parts, flags)
            return None
        part_flags = flags | SNDMORE
        for index, part in enumerate(msg_parts):
            if index == last:
                part_flags = flags
            # --- hot: multipart; slow twin _send_copy ---
            if type(part) is bytes:
                size = len(part)
                if (
                    size < _RELEASING
                    and fast.send_now(self._fast_p, part, size, part_flags | DONTWAIT) >= 0
                ):
                    continue
            # --- end hot ---
            self._send_part(part, part_flags)
        return None

    def _send_part(self, part: Any, flags: int) -> None:
        if isinstance(part, Frame):
            self._send_frame(part, flags, False)
        else:
            self._send_copy(part, flags)

    def _send_whole(self, parts: Sequence[Any], flags: int) -> None:
        """Send a message by a type that takes its parts back when the peer goes away."""
        last = len(parts) - 1
        part_flags = flags | SNDMORE
        for index, part in enumerate(parts):
            if index == last:
                part_flags = flags
            size = len(part) if type(part) is bytes else _RELEASING
            if size < _RELEASING and self._fast_p is not None:
                # --- hot: multipart; slow twin _send_bytes ---
                rc = fast.send_try(self._fast_p, part, size, part_flags | DONTWAIT)
                # --- end hot ---
                if rc >= 0:
                    continue
                errnum = last_errno()
                if index and errnum == EAGAIN:
                    # The peer is gone, and the message with it, as it is when libzmq may wait.
                    if flags & DONTWAIT and self._taken_back(part_flags):
                        raise Again()
                    continue
                if index and errnum != errors.EINTR:
                    raise self._error(errnum, "send")
            self._park()
            try:
                self._send_part(part, part_flags)
            except Again:
                if index == 0 or self._taken_back(part_flags):
                    raise
            finally:
                if index == 0:
                    self._unpark(0)

    def _taken_back(self, flags: int) -> bool:
        """Begin anew after a part that was refused in mid-message: its peer is gone.

        From version 4.3 on libzmq drops the parts that follow the refused one, up to the last of
        its message. The next message would be taken for them, so they are ended here.

        Returns
        -------
        whether the message can be sent again; not by a REQ, which has counted it as begun
        """
        if self._socket_type == _REQ:
            return False
        if flags & SNDMORE and self._socket_type in _TAKES_BACK and _DROPS_REST:
            C.zmq_send(self._handle, b"", 0, DONTWAIT)
        return True

    def _send_parts(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, kwargs: dict[str, Any]
    ) -> MessageTracker | None:
        trackers = []
        tracker = None
        last = len(parts) - 1
        if track and not copy:
            for index, part in enumerate(parts):
                if isinstance(part, Frame) and part.tracker is None:
                    raise ValueError(f"Not a tracked message: create Frame {index} with track=True")
        for index, part in enumerate(parts):
            part_flags = flags if index == last else flags | SNDMORE
            try:
                tracker = Socket.send(self, part, part_flags, copy=copy, track=track, **kwargs)
            except Again:
                if index == 0 or self._taken_back(part_flags):
                    raise
            if tracker is not None:
                trackers.append(tracker)
        if not track or copy:
            return tracker
        return trackers[0] if len(trackers) == 1 else MessageTracker(*trackers)

    # ------------------------------------------------------------------
    # receiving

    if TYPE_CHECKING:

        @overload
        def recv(self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...) -> bytes: ...
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
        if flags != 0 or not copy:
            return self._recv_flagged(_flags(flags), copy, track)
        # --- hot: recv; slow twin _recv_bytes ---
        try:
            msg_p = _pop()
        except IndexError:
            msg_p = _take()
        size = fast.recv_now(msg_p, self._fast_p, 1)
        if 0 <= size <= _KEPT:
            data: bytes = fast.msg_data(msg_p)[:size]
            _give(msg_p)
            return data
        if 0 < size < _LIMIT:
            data = fast.msg_data(msg_p)[:size]
            fast.msg_close(msg_p)
            fast.msg_init(msg_p)
            _give(msg_p)
            return data
        # --- end hot ---
        return self._recv_bytes(msg_p, size, 0)

    def _recv_flagged(self, flags: int, copy: bool, track: bool) -> bytes | Frame:
        if not copy:
            return self._recv_frame(flags, track)
        msg_p = _take()
        size = -1
        if flags == DONTWAIT:
            # --- hot: again; slow twin _recv_bytes ---
            size = fast.recv_try(msg_p, self._fast_p, DONTWAIT)
            if size == -1 and last_errno() == EAGAIN:
                _give(msg_p)
                raise Again()
            if 0 <= size <= _KEPT:
                data: bytes = fast.msg_data(msg_p)[:size]
                _give(msg_p)
                return data
            # --- end hot ---
        return self._recv_bytes(msg_p, size, flags)

    def _recv_bytes(self, msg_p: Any, size: int, flags: int) -> bytes:
        """Receive a part into ``msg_p`` unless it is there, and copy it; the checked form."""
        try:
            if size == -1:
                self._recv_message(msg_p, flags)
            data = memory.content(msg_p)
        finally:
            memory.release(msg_p)
            _give(msg_p)
        return data

    def _recv_message(self, msg_p: Any, flags: int) -> None:
        ledger = _wakeup.watched.get(self._handle)
        if ledger is not None and ledger.dirty and ledger.take(msg_p):
            return
        self._wait_done(lambda now: C.zmq_msg_recv(msg_p, self._handle, now), flags, "recv")

    def _recv_frame(self, flags: int, track: bool) -> Frame:
        msg_p = _take()
        # --- hot: frame_bytes; slow twin _recv_message ---
        if fast.recv_now(msg_p, self._fast_p, DONTWAIT) != -1:
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
            # --- hot: multipart; slow twin _recv_part ---
            size = fast.recv_now(msg_p, self._fast_p, DONTWAIT)
            if 0 <= size < _LIMIT:
                parts.append(fast.msg_data(msg_p)[:size])
                more = fast.msg_more(msg_p)
                continue
            # --- end hot ---
            more = self._recv_part(parts, msg_p, size, flags)
        # --- hot: multipart; slow twin memory.release ---
        if size > _KEPT:
            fast.msg_close(msg_p)
            fast.msg_init(msg_p)
        # --- end hot ---
        _give(msg_p)
        return parts

    def _recv_part(self, parts: list[bytes], msg_p: Any, size: int, flags: int) -> int:
        """Receive a part into ``msg_p`` unless it is there; append it and tell if more follow."""
        try:
            if size == -1:
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
            nbytes = _bytes_count(nbytes)
            if nbytes < 0 or nbytes > borrowed.size:
                raise ValueError(f"{nbytes=} too big for memoryview of {borrowed.size}B")
            size = nbytes or borrowed.size
            flags = _flags(flags)
            ledger = _wakeup.watched.get(self._handle)
            if ledger is not None and ledger.dirty:
                # What an event loop handed back is a message already.
                data = Socket.recv(self, flags)
                memory.store(borrowed.data, data, min(size, len(data)))
                return len(data)
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
        flags, copy, **kwargs : as send()
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
        pickle.UnpicklingError : it is no pickle; or ``zmq.pickle_policy`` is "deny" and the
            socket is bound where other machines reach it, without CURVE. It is lost.
        zmq.ZMQError : as recv()

        Warns
        -----
        RuntimeWarning : once a socket: ``zmq.pickle_policy`` is "warn", the default, and the
            socket is bound so
        """
        return self._unpickle(self.recv(flags))

    def _unpickle(self, data: bytes) -> Any:
        return _pickle.loads(data, _views.get(self._handle, ()))

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
                return value & (1 if flags is PollEvent.POLLIN else int(operator.index(flags or 0)))
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
        events: int = dict(poller.poll(timeout)).get(self, 0)
        return events

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
        events = c_int(events, "the events")
        if not self._handle:
            raise self._closed_error()
        if addr is None:
            _monitors.stop(self._handle)
            return
        address = self._endpoint(addr)
        self._check_zap_handler(address, _PAIR)
        key = self._inproc_key(address)
        try:
            if _bind.library.version < (4, 1, 5) and self._is_taken(key):
                # These wait for ever for somebody to hear that the monitor did not start.
                raise errors.failure(errnum=EADDRINUSE)
            _monitors.start(self._handle, key, events)
        except ZMQError as error:
            raise _endpoint_failure(error, address, addr, self) from None

    def _is_taken(self, key: _monitors.Key) -> bool:
        """Tell whether a socket that Python knows is bound to an inproc endpoint."""
        name = key[1].decode("utf-8", "replace")
        known = [reference() for references in list(_views.values()) for reference in references]
        return any(
            name in (view._bound or ()) and view._inproc_key(key[1]) == key
            for view in known
            if view is not None
        )

    def _inproc_key(self, address: bytes) -> _monitors.Key:
        """Return an inproc endpoint with its context, or 0 where no view knows that."""
        context = self._known_context()
        return (0 if context is None else context.underlying, address)

    def _known_context(self) -> Any:
        """Return the context that this or another view of the socket knows, or None."""
        for reference in _views.get(self._handle, ()):
            view = reference()
            if view is not None and view._context is not None:
                return view._context
        return None

    def get_monitor_socket(self: T, events: int | None = None, addr: str | None = None) -> T:
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
        if not self._handle:
            raise self._closed_error()
        if _bind.library.version < (4, 0):
            raise _bind.missing("get_monitor_socket", (4, 0), draft=False)
        if self._known_context() is None:
            raise TypeError(
                f"context must be specified: the context of {self._describe()} is not known; make "
                "the shadow as Socket(context, shadow=address)"
            )
        known: T | None = self._monitor_socket
        if known is not None:
            if not known.closed:
                return known
            _set(self, "_monitor_socket", None)
        if addr is None:
            addr = f"inproc://monitor.s-{self._handle:x}-{next(_monitor_numbers)}"
        reader: T = self._known_context().socket(_PAIR)
        try:
            self.monitor(addr, Event.ALL if events is None else events)
            reader.connect(addr)
        except BaseException:
            reader.close()
            raise
        _set(self, "_monitor_socket", reader)
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
            self._set_linger(linger)
        views = _views.pop(handle, None)
        if views is None:
            return
        for reference in views:
            view = reference()
            if view is not None:
                view._detach("it is closed" if view is self else "its C socket was closed")
                if view._context is not None:
                    view._context._rm_socket(view)
        self._detach("it is closed")
        pollset.invalidate()
        if _signalers:
            signaler = _signalers.pop(handle, None)
            if signaler is not None:
                signaler.close()
        _connect_id.known.pop(handle, None)
        if _wakeup.watched:
            _wakeup.closed(handle)
        if _monitors.closes(handle):
            C.zmq_close(handle)
        if self._context is not None:
            self._context._rm_socket(self)

    def _set_linger(self, linger: int) -> None:
        try:
            self._set_checked(LINGER, linger, INT)
        except ContextTerminated:
            return  # too late for options, but the context waits for the socket to close


_PAIR = int(SocketType.PAIR)
_DGRAM = int(SocketType.DGRAM)
DATAGRAM_SENDERS = frozenset((_DGRAM, int(SocketType.RADIO)))
_ALWAYS_CHECKED = THREAD_SAFE | {_DGRAM}
_REQ = int(SocketType.REQ)
_TAKES_BACK = frozenset(map(int, (SocketType.PUSH, SocketType.DEALER, SocketType.REQ)))
_DROPS_REST = _bind.library.version >= (4, 3)
_WITHOUT_HANDSHAKE = (b"inproc", b"udp")
_ZAP_TYPES = frozenset(map(int, (SocketType.REP, SocketType.ROUTER, SocketType.SERVER)))
_PORT_TAKEN = frozenset((EADDRINUSE, errno.EACCES))
_LIMIT = fast.LIMIT
_SLICE = 0.05
_REAPER_PATIENCE = 0.1
_FORCE_SLICES = sys.platform == "win32"

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


def _connect_peer(handle: int, address: bytes) -> int:
    while True:
        routing_id: int = C.zmq_connect_peer(handle, address)
        if routing_id:
            return routing_id
        errnum = errors.last_errno()
        if errnum != errors.EINTR:
            raise errors.failure(errnum=errnum)


def _bound_endpoints() -> list[str]:
    """Return what all sockets are bound to."""
    views = (reference() for references in list(_views.values()) for reference in references)
    return [endpoint for view in views if view is not None for endpoint in view._bound]


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


def _text(address: bytes) -> Any:
    """Return an endpoint as str, or as it is where it is no text."""
    try:
        return address.decode("utf-8")
    except UnicodeDecodeError:
        return address


def _topic(topic: Any) -> Any:
    return str.encode(topic, "utf-8") if isinstance(topic, str) else topic


def _bytes_count(value: Any) -> int:
    """Return a number of bytes.

    Raises
    ------
    TypeError : not an int
    """
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"an integer is required, a number of bytes, got {value!r}") from None


_KNOWN_FLAGS: dict[Any, int] = {flags: flags for flags in range(4)}


def _flags(flags: Any) -> int:
    """Return flags as the plain int that C takes.

    Raises
    ------
    TypeError : not an int
    OverflowError : too large for C
    """
    if isinstance(flags, int):
        known = _KNOWN_FLAGS.get(flags)
        if known is not None:
            return known
    else:
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


_SENDS_NOT = frozenset(
    map(int, (SocketType.PULL, SocketType.SUB, SocketType.DISH, SocketType.GATHER))
)
_RECEIVES_NOT = frozenset(
    map(int, (SocketType.PUSH, SocketType.PUB, SocketType.RADIO, SocketType.SCATTER))
)


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
        if socket_type in THREAD_SAFE:
            return "no peer has this routing_id; take that of a message received"
        return "no peer has the routing id of the first part"
    if errnum == EINVAL and doing == "send":
        if socket_type in THREAD_SAFE:
            return "messages of this type have one part"
        if socket_type == _DGRAM:
            return "a message has two parts: the peer's address, and what is sent to it"
    return ""


def read_events(handle: int) -> int:
    """Return the EVENTS of a C socket, in the checked form, and tell nobody."""
    signaler = _signalers.get(handle)
    if signaler is not None:
        signaler.clear()
    cell, cell_p, size_p = memory.take_cell()
    C.zmq_getsockopt(handle, EVENTS, cell_p, size_p)
    value: int = cell.value
    memory.give_cell((cell, cell_p, size_p))
    return value


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


def _socket_failure(error: ZMQError, context: Any, kind: int) -> Exception:
    if error.errno == EINVAL:
        since = TYPE_SINCE.get(kind)
        if since and _bind.library.version < since:
            return _bind.missing(f"socket type {SocketType(kind).name}", since, draft=False)
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
    elif errnum == int(Errno.ENOCOMPATPROTO) and transport == "udp":
        text += f": over udp a RADIO connects, a DISH and a DGRAM bind, not {socket._describe()}"
    elif errnum == int(Errno.ENOCOMPATPROTO):
        text += f": {socket._describe()} cannot use transport {transport!r}"
    elif errnum == errno.ENAMETOOLONG:
        path = address.partition(b"://")[2].decode("utf-8", "replace")
        text = (
            f"{error}: ipc path {path!r} is {len(path.encode())} bytes long, at most "
            f"{IPC_PATH_MAX_LEN} are possible (sizeof(sockaddr_un.sun_path)) (addr={addr!r}"
        )
    elif errnum == errno.ENOENT and transport == "udp":
        text += ": libzmq takes no udp endpoint back; close the socket"
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


def checked_address(address: Any, errnum: int, what: str) -> int:
    """Return the address of a C object, given as int or as a pointer of cffi or ctypes.

    Raises
    ------
    ValueError : neither
    OverflowError : no address has this many bits
    zmq.ZMQError : ``errnum``; no object can be there
    """
    from .utils.interop import cast_int_addr

    number: int = cast_int_addr(address)
    if not 0 <= number < 2**64:
        raise OverflowError(f"value too large to convert to an address: {number}")
    # The first page is never mapped, and C aligns its objects: following such an address crashes.
    if number < 4096 or number % 4:
        raise errors.failure(
            f"{_bind.strerror(errnum)} (there is no {what} at address {number:#x})", errnum
        )
    return number


_add_options()

SyncSocket = Socket
