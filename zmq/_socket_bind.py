# SPDX-License-Identifier: BSD-3-Clause
"""Endpoints of sockets: bind, connect, and back."""

from __future__ import annotations

import errno

from . import _connect_id, _datagram, _endpoints, _inproc, _links, _monitors, _pickle, _socket_views
from ._ctypes import bind as _bind
from ._ctypes import errors, turns
from ._ctypes.bind import C
from ._generic import Of
from ._socket_base import SocketBase, endpoint_text
from ._socket_errors import THREAD_SAFE, endpoint_failure
from .constants import Errno, SocketOption, SocketType
from .error import ZMQBindError, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    SocketT = TypeVar("SocketT", bound="Endpoints")
else:
    SocketT = None

_set = object.__setattr__

EADDRINUSE = int(Errno.EADDRINUSE)
EFSM = int(Errno.EFSM)
EINVAL = int(Errno.EINVAL)
RCVMORE = int(SocketOption.RCVMORE)

_PAIR = int(SocketType.PAIR)
_WITHOUT_HANDSHAKE = (b"inproc", b"udp")
_PORT_TAKEN = frozenset((EADDRINUSE, errno.EACCES))


class SocketContext(Of[SocketT]):
    """What bind() and connect() return: undoes the call at the end of a with block.

    Attributes
    ----------
    socket : Socket
    kind : str, ``"bind"`` or ``"connect"``
    addr : str, the endpoint; after bind the real one, without wildcards
    """

    __slots__ = ("addr", "kind", "socket")

    def __init__(self, socket: SocketT, kind: str, addr: str) -> None:
        self.socket = socket
        self.kind = kind
        self.addr = addr

    def __repr__(self) -> str:
        return f"<SocketContext({self.kind}={self.addr!r})>"

    def __enter__(self) -> SocketT:
        """Return the socket; at the end of the with block the call is undone."""
        return self.socket

    def __exit__(self, *args: object) -> None:
        if self.socket.closed:
            return
        if self.kind == "bind":
            self.socket.unbind(self.addr)
        else:
            self.socket.disconnect(self.addr)


class Endpoints(SocketBase):
    """Where a socket listens, and what it is connected to."""

    __slots__ = ()

    def bind(self: SocketT, addr: str | bytes) -> SocketContext[SocketT]:
        """Listen at an endpoint.

        Parameters
        ----------
        addr : str, such as ``"tcp://*:5555"``, ``"ipc:///tmp/x"``, ``"inproc://x"``;
            ``"tcp://127.0.0.1:*"`` takes any free port. ipc paths may be those of os.fsdecode()

        Returns
        -------
        SocketContext, whose ``addr`` is the real endpoint; used in a with statement it
        unbinds at the end

        Raises
        ------
        zmq.ZMQError : the endpoint is in use (EADDRINUSE), is malformed (EINVAL), has an
            unknown transport (EPROTONOSUPPORT) or no such interface (ENODEV), or its ipc
            path is too long (ENAMETOOLONG); libzmq would not survive who waits, or has waited,
            at the inproc endpoint (EFSM)

        Notes
        -----
        Wraps ``zmq_bind``.
        """
        address = self._endpoint(addr)
        self._check_bind(address, addr)
        self._meets(address, binds=True)
        crowded = self._socket_type in _inproc.ONE_PEER and bool(self.last_endpoint)
        self._call_endpoint(C.zmq_bind, address, addr)
        self._met(address, binds=True, crowded=crowded)
        bound: bytes = self.last_endpoint
        if b"://" not in bound:
            bound = address  # for udp libzmq leaves the transport out
        real = endpoint_text(bound)
        self._bound.append(real)
        _pickle.bound(self, real)
        if bound != address and _bind.library.version < (4, 1):
            given = self._given or {}
            given[real] = address
            _set(self, "_given", given)
        return SocketContext(self, "bind", real)

    def connect(self: SocketT, addr: str | bytes) -> SocketContext[SocketT]:
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
            (EPROTONOSUPPORT); nobody is bound to it (ECONNREFUSED, inproc of libzmq 3), or
            listens at SOCKS_PROXY (ECONNREFUSED, tcp from libzmq 4.3 on, where the proxy is
            asked first, for 3 s at most)

        Notes
        -----
        Wraps ``zmq_connect``.
        """
        address = self._endpoint(addr)
        _monitors.check(self)
        self._check_zap_domain()
        self._check_transport(address, addr)
        _endpoints.check_connect(self, address)
        crowded = False
        if self._handle and address.startswith(b"inproc:"):
            key = self._inproc_key(address)
            crowded = self._socket_type in _inproc.ONE_PEER and bool(self.last_endpoint)
            if self._socket_type == _PAIR:
                _inproc.check_connect(self, address, key)
                if any(view._connected for view in self._all_views()):
                    _monitors.check_listener(self, key)
                else:
                    _monitors.connects(self._handle, key)
            elif _monitors.tells(key) and not _monitors.is_heard(key):
                _monitors.connects(self._handle, key)
        self._meets(address, binds=False)
        names = _connect_id.known.get(self._handle)
        if names is None or names.wanted is None:
            self._call_endpoint(C.zmq_connect, address, addr)
        else:
            self._call_endpoint(
                lambda _, address: _connect_id.connect(self, names, address), address, addr
            )
        self._met(address, binds=False, crowded=crowded)
        name = endpoint_text(address)
        self._connected.append(name)
        return SocketContext(self, "connect", name)

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
        self._check_transport(address, addr)
        self._meets(address, binds=False)
        routing_id: int = self._call_endpoint(_connect_peer, address, addr)
        self._met(address, binds=False)
        self._connected.append(endpoint_text(address))
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
        zmq.ZMQError : the socket is not connected to it (ENOENT); the rest of a message has
            to be received first (EFSM)

        Notes
        -----
        Wraps ``zmq_disconnect``.
        """
        self._leave_endpoint(C.zmq_disconnect, addr, "_connected")

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

    def _meets(self, address: bytes, *, binds: bool) -> None:
        """Take note of what is about to be bound or connected to over inproc."""
        if self._handle and self._socket_type in THREAD_SAFE and address.startswith(b"inproc:"):
            turns.shared.add(self._handle)
            _links.check(self, self._inproc_key(address), binds=binds)

    def _met(self, address: bytes, *, binds: bool, crowded: bool = False) -> None:
        """Take note of what was bound or connected to, by one that may have had its one peer already."""
        if not address.startswith(b"inproc:"):
            return
        handle, key = self._handle, self._inproc_key(address)
        if handle in turns.shared:
            _links.meets(handle, key, binds=binds)
        if binds:
            _inproc.binds(handle, self._socket_type, key, crowded=crowded)
        elif _monitors.tells(key):
            if _monitors.is_heard(key, handle):
                _inproc.connects_in_vain(handle, key)
        else:
            _inproc.connects(handle, self._socket_type, key, crowded=crowded)

    def _call_endpoint(self, function: Callable[..., Any], address: bytes, addr: Any) -> Any:
        self._rouse()
        try:
            return turns.call(self._handle, function, self._handle, address)
        except ZMQError as error:
            if not self._handle:
                raise self._closed_error() from None
            raise endpoint_failure(error, address, addr, self) from None
        finally:
            self._processed()

    def _leave_endpoint(self, function: Callable[..., int], addr: Any, note: str) -> None:
        address = self._endpoint(addr)
        _monitors.check(self)
        noted = getattr(self, note)
        name = endpoint_text(address)
        if _bind.library.version < (4, 1) and self._handle:
            address = self._kept_endpoint(name, address, note)
        # For libzmq both are one: what is not bound to is disconnected from.
        is_bound = name in self._bound
        if address.startswith(b"inproc:"):
            is_bound = _inproc.bound.get(self._inproc_key(address)) == self._handle
        if self._handle and (note == "_connected" or not is_bound):
            self._check_midway(addr)
            if address.startswith(b"inproc:"):
                _monitors.disconnects(self._handle, self._inproc_key(address))
            if _inproc.waiting:
                _inproc.check_leave(self, address, self._inproc_key(address))
            if _connect_id.known:
                _connect_id.disconnected(self._handle, address)
        self._call_endpoint(function, address, addr)
        if address.startswith(b"inproc:"):
            handle, key = self._handle, self._inproc_key(address)
            if handle in turns.shared and not is_bound:
                _links.parts(handle, key)
            _inproc.leaves(handle, key)
            noted = self._bound if is_bound else self._connected
        if name in noted:
            noted.remove(name)

    def _check_midway(self, addr: Any) -> None:
        """Refuse to disconnect between two parts: libzmq ends the process where it misses the rest."""
        if self._socket_type not in THREAD_SAFE and self._read_int(RCVMORE):
            raise errors.failure(
                f"{_bind.strerror(EFSM)} (addr={addr!r}: {self._describe()} has received a part of a "
                "message; receive the rest of it first)",
                EFSM,
            )

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
            raise endpoint_failure(error, address, name, self)
        return address

    def _check_bind(self, address: bytes, addr: Any) -> None:
        _monitors.check(self)
        self._check_zap_domain()
        self._check_transport(address, addr)
        if address.startswith(b"inproc:"):
            _inproc.check_bind(self, address, self._inproc_key(address))
        _endpoints.check_bind(self, address, _socket_views.bound_endpoints)
        if address.startswith(b"udp://"):
            _datagram.check_bind(address)
        _endpoints.check_zap_handler(self, address, self._socket_type)

    def _check_transport(self, address: bytes, addr: Any) -> None:
        """Refuse a type where libzmq does not survive it; stable builds no draft's handshake."""
        if not self._handle:
            return
        try:
            _endpoints.check_transport(self._socket_type, address)
        except ZMQError as error:
            raise endpoint_failure(error, address, addr, self) from None
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


def _connect_peer(handle: int, address: bytes) -> int:
    while True:
        routing_id: int = C.zmq_connect_peer(handle, address)
        if routing_id:
            return routing_id
        errnum = errors.last_errno()
        if errnum != errors.EINTR:
            raise errors.failure(errnum=errnum)
