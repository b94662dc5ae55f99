# SPDX-License-Identifier: BSD-3-Clause
"""Messages that are not bytes: text, JSON, pickles, and what a program makes of them."""

from __future__ import annotations

from . import _pickle
from ._socket_base import SocketBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from ._socket_base import Part
    from ._tracker import MessageTracker

    R = TypeVar("R")


class Formats(SocketBase):
    """Sending and receiving what has to be made bytes first."""

    __slots__ = ()

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
        if kwargs:
            return self.send(u.encode(encoding), flags, copy=copy, **kwargs)
        return self.send(u.encode(encoding), flags, copy=copy)

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
        return _pickle.loads(data, self)

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
        jsonapi = _jsonapi or _json()
        data = jsonapi.dumps(obj, **kwargs) if kwargs else jsonapi.dumps(obj)
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
        data = self.recv(flags)
        jsonapi = _jsonapi or _json()
        return jsonapi.loads(data, **kwargs) if kwargs else jsonapi.loads(data)

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
        self, deserialize: Callable[[list[Any]], R], flags: int = 0, copy: bool = True
    ) -> R:
        """Receive a message and return ``deserialize(parts)``.

        Parameters
        ----------
        deserialize : callable, takes a list of bytes, or of Frame if not ``copy``
        flags, copy : as recv_multipart()
        """
        return deserialize(self.recv_multipart(flags=flags, copy=copy))


class Given:
    """Stands in for a socket that has received a message, so that Formats converts it."""

    __slots__ = ("_message", "_socket")

    def __init__(self, socket: SocketBase, message: Any) -> None:
        self._socket = socket
        self._message = message

    def recv(self, flags: int = 0) -> Any:
        return self._message

    def recv_multipart(self, flags: int = 0, copy: bool = True) -> Any:
        return self._message

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


_jsonapi: Any = None


def _json() -> Any:
    """Return zmq.utils.jsonapi, imported when it is first needed."""
    global _jsonapi
    if _jsonapi is None:
        from .utils import jsonapi

        _jsonapi = jsonapi
    return _jsonapi
