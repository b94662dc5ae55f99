# SPDX-License-Identifier: BSD-3-Clause
"""Authenticator: who may connect, and the answers that libzmq gets when it asks.

Every handshake on a socket that uses PLAIN or CURVE, or that has a ZAP domain, makes
libzmq ask the handler of its context. ``Authenticator._answer()`` turns such a request
into a reply, without any input or output; ``handle_zap_message`` sends it. What receives
requests, a task or a thread, is in the other modules of this folder.

Whatever a request holds, there is an answer to it, for libzmq waits for one and a REP
cannot go on without. Passwords are compared in constant time, and go into no log and no
exception.
"""

from __future__ import annotations

import contextlib

import zmq
from zmq.error import _check_version

from . import _zap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from ipaddress import IPv4Address, IPv6Address
    from os import PathLike
    from typing import Any, Union

    Password = Union[str, bytes]
    Verdict = tuple[int, str, Union[str, bytes]]  # status, text, user id
    # A policy is CURVE_ALLOW_ANY, the keys that may connect, or whom to ask.
    Provider = Callable[[str, bytes], Union[bool, Awaitable[bool]]]
    CurvePolicy = Union[str, Mapping[bytes, bool], Provider]

__all__ = ["CURVE_ALLOW_ANY", "Authenticator"]

CURVE_ALLOW_ANY = "*"
"""Instead of a folder of certificates: any client that knows the server's key may connect."""

VERSION = _zap.VERSION

_ANY_DOMAIN = "*"
_ANONYMOUS = "anonymous"

PROVIDER_PATIENCE_S = 30.0
"""Seconds that an awaitable of a credentials provider may take: libzmq gives up after that."""

_OF_IPC = "localhost:"
"""What the address of an ipc peer begins with; user, group and process follow."""

_REPEAT_AFTER_S = 60.0
_REPEATS_KNOWN = 1000
_CLAIMS_SHOWN = 16
"""How many names or keys from one address are told of in that time, each once."""


class Authenticator:
    """Decides who may connect to the sockets of a context.

    Does not run by itself: see AsyncioAuthenticator and ThreadAuthenticator.

    Without further configuration NULL is accepted, PLAIN and CURVE are refused. A
    configuration is for a ZAP domain (the option ZAP_DOMAIN of the server's socket); that
    of domain ``"*"`` is for all that have none of their own.

    Parameters
    ----------
    context : zmq.Context; zmq.Context.instance() by default
    encoding : str, of user names and passwords
    log : logging.Logger; ``"zmq.auth"`` by default

    Attributes
    ----------
    context, encoding, log : as given
    zap_socket : zmq.Socket, a REP, or None while stopped
    passwords : dict, domain -> {user name: password}

    Notes
    -----
    Answers ZAP 1.0 (ZeroMQ RFC 27). Refusals are logged as warnings, those that repeat
    within a minute at level DEBUG, as is what is accepted. A client that was refused is
    not told why. User ids are the property ``"User-Id"`` of received frames.
    """

    def __init__(
        self, context: zmq.Context[Any] | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        _check_version((4, 0), "security")
        if log is None:
            import logging

            log = logging.getLogger("zmq.auth")
        self.context: zmq.Context[Any] = self._default_context() if context is None else context
        self.encoding = encoding
        self.log = log
        self.zap_socket: Any = None
        self.passwords: dict[str, Mapping[str, Password]] = {}
        self._curve: dict[str, CurvePolicy] = {}
        self._allowed: frozenset[str] = frozenset()
        self._denied: frozenset[str] = frozenset()
        # What was refused -> since when it is counted, and who claimed to be asking.
        self._refused: dict[tuple[str, ...], tuple[float, set[str]]] = {}

    @staticmethod
    def _default_context() -> zmq.Context[Any]:
        return zmq.Context.instance()

    def start(self) -> None:
        """Open the socket at which libzmq asks.

        Raises
        ------
        zmq.ZMQError : the context has a handler already (EADDRINUSE)
        """
        self.zap_socket = _bound(self.context)

    def stop(self) -> None:
        """Close the socket at which libzmq asks."""
        socket, self.zap_socket = self.zap_socket, None
        if socket is None or socket.closed:
            return
        # Closing takes effect in the background; the next handler may come at once. Before
        # libzmq 4.1 it may not.
        with contextlib.suppress(zmq.ZMQError, zmq.ZMQVersionError):
            socket.unbind(_zap.ENDPOINT)
        socket.close(0)

    # ------------------------------------------------------------------
    # configuration

    def allow(self, *addresses: str) -> None:
        """Let only these addresses connect.

        Those that use PLAIN or CURVE also need the right credentials.

        Parameters
        ----------
        *addresses : str, IP addresses; adds to those of earlier calls

        Raises
        ------
        ValueError : there are denied addresses, or one is a network
        TypeError : one is not a str

        Notes
        -----
        An IPv4 address also means its form in IPv6 (``::ffff:127.0.0.1``). Anything but an
        IP address, such as ``localhost:0:0:4711`` over ipc, has to equal what libzmq says of
        the peer. Names are not looked up: one that can be no peer's is warned of in the log.
        """
        if self._denied:
            raise ValueError("Only use allow or deny, not both")
        self._allowed |= self._addresses(addresses)
        self.log.debug("Allowing %s", ", ".join(addresses))

    def deny(self, *addresses: str) -> None:
        """Let these addresses not connect.

        Parameters and what it raises are those of allow().
        """
        if self._allowed:
            raise ValueError("Only use allow or deny, not both")
        self._denied |= self._addresses(addresses)
        self.log.debug("Denying %s", ", ".join(addresses))

    def _addresses(self, addresses: tuple[str, ...]) -> frozenset[str]:
        for address in addresses:
            if not isinstance(address, str):
                raise TypeError(f"an address must be a str, got {address!r}")
            if "/" in address:
                raise ValueError(f"{address!r} is a network; give single addresses")
            if _parsed(address) is None and not address.startswith(_OF_IPC):
                self.log.warning("%r is no IP address: no TCP peer has that one", address)
        return frozenset(_canonical(address) for address in addresses)

    def configure_plain(
        self, domain: str = "*", passwords: Mapping[str, Password] | None = None
    ) -> None:
        """Say who may connect with PLAIN.

        Parameters
        ----------
        domain : str, a ZAP domain; ``"*"`` for all that have no configuration of their own
        passwords : dict, user name -> password; looked at in each handshake, so that later
            changes count

        Raises
        ------
        TypeError : ``passwords`` is no mapping
        """
        if passwords is None:
            passwords = {}
        if not hasattr(passwords, "get"):
            raise TypeError(
                "passwords must be a dict of user names and passwords, not an object of type "
                f"{type(passwords).__name__}"
            )
        self.passwords[_checked_domain(domain)] = passwords
        self.log.debug("Configure plain: %s", domain)

    def configure_curve(self, domain: str = "*", location: str | PathLike[str] = ".") -> None:
        """Say who may connect with CURVE: those whose certificates are in a folder.

        The folder is read now; call this again when it has changed. Where it cannot be
        read, that is logged and nobody may connect.

        Parameters
        ----------
        domain : str, as of configure_plain()
        location : str or path of the folder, or CURVE_ALLOW_ANY
        """
        domain = _checked_domain(domain)
        self.log.debug("Configure curve: %s[%s]", domain, location)
        if location == CURVE_ALLOW_ANY:
            self._curve[domain] = CURVE_ALLOW_ANY
            return
        from .certs import load_certificates

        try:
            self._curve[domain] = load_certificates(location)
        except Exception as error:
            self._curve[domain] = {}
            self.log.error("Failed to load CURVE certs from %s: %s", location, error)

    def configure_curve_callback(self, domain: str = "*", credentials_provider: Any = None) -> None:
        """Say whom to ask who may connect with CURVE.

        Parameters
        ----------
        domain : str, as of configure_plain()
        credentials_provider : object with a method ``callback(domain, key)``, or a callable
            Gets the domain as str, ``"*"`` where the socket has none, and the client's
            public key as bytes, 40 characters of Z85. Returns whether the client may
            connect, or an awaitable of that.

        Raises
        ------
        TypeError : the provider cannot be called

        Notes
        -----
        An exception of the provider refuses the client (status 500). An awaitable that
        takes more than half a minute has it try again later (status 300). A generator, a
        callable, or a future that is not asyncio's, is no answer and refuses.
        """
        callback = getattr(credentials_provider, "callback", credentials_provider)
        if not callable(callback):
            raise TypeError(
                "credentials_provider must have a method callback(domain, key), got "
                f"{credentials_provider!r}"
            )
        self._curve[_checked_domain(domain)] = callback
        self.log.debug("Configure curve callback: %s", domain)

    def configure_gssapi(self, domain: str = "*", location: str | None = None) -> None:
        """Do nothing: whom GSSAPI has authenticated may connect.

        Parameters
        ----------
        domain, location : not used
        """

    def curve_user_id(self, client_public_key: bytes) -> str:
        """Return the user id of a client that connected with CURVE; for subclasses.

        Parameters
        ----------
        client_public_key : bytes, 32

        Returns
        -------
        str, the key as 40 characters of Z85
        """
        return _z85(client_public_key).decode("ascii")

    @property
    def certs(self) -> dict[str, Mapping[bytes, bool]]:
        """The public keys that may connect, of each domain that has a folder of certificates."""
        return {
            domain: policy
            for domain, policy in self._curve.items()
            if not isinstance(policy, str) and not callable(policy)
        }

    @property
    def allow_any(self) -> bool:
        """Whether any client with CURVE may connect to some domain; can be set, for ``"*"``."""
        return CURVE_ALLOW_ANY in self._curve.values()

    @allow_any.setter
    def allow_any(self, allowed: bool) -> None:
        if allowed:
            self._curve[_ANY_DOMAIN] = CURVE_ALLOW_ANY
        else:
            for domain in [name for name, policy in self._curve.items() if policy == "*"]:
                del self._curve[domain]

    # ------------------------------------------------------------------
    # requests

    async def handle_zap_message(self, msg: list[bytes]) -> None:
        """Answer a request.

        Parameters
        ----------
        msg : list of bytes, as ``zap_socket`` received it

        Raises
        ------
        RuntimeError : there is no socket to answer with
        """
        reply = _zap.enforced(msg, await self._answer(msg))
        if self.zap_socket is None:
            raise RuntimeError("this authenticator is not started, or was stopped meanwhile")
        self.zap_socket.send_multipart(reply)

    async def _answer(self, msg: list[bytes]) -> list[bytes]:
        """Return the reply to a request, whatever that is."""
        try:
            request = _zap.parse(msg)
        except _zap.Malformed as malformed:
            self._log_for((malformed.text,))("Invalid ZAP message: %s", malformed.text)
            return _zap.reply(malformed.request_id, 400, malformed.text)
        try:
            status, text, user_id = await self._judge(request)
            reply = _zap.reply(request.request_id, status, text, self._encoded(user_id))
        except Exception as error:
            # Neither the error's text nor its traceback: they may show a password.
            self.log.error(
                "ZAP handler failed for %r: %s, %s", request, type(error).__name__, _where(error)
            )
            return _zap.reply(request.request_id, 500, "Internal error")
        self._log_verdict(request, status, text, user_id)
        return reply

    def _encoded(self, user_id: str | bytes) -> bytes:
        return user_id if isinstance(user_id, bytes) else user_id.encode(self.encoding, "replace")

    async def _judge(self, request: _zap.Request) -> Verdict:
        if self._allowed and not _matches(request.address, self._allowed):
            return 400, "Address not allowed", ""
        if self._denied and _matches(request.address, self._denied):
            return 400, "Address denied", ""
        if request.mechanism == "PLAIN":
            return self._judge_plain(request)
        if request.mechanism == "CURVE":
            return await self._judge_curve(request)
        if request.mechanism == "GSSAPI":
            return 200, "OK", request.credentials[0]
        return 200, "OK", _ANONYMOUS

    def _judge_plain(self, request: _zap.Request) -> Verdict:
        if not self.passwords:
            return 400, "No passwords defined", ""
        passwords = _of_domain(self.passwords, request.domain)
        if passwords is None:
            return 400, "Invalid domain", ""
        try:
            username = request.credentials[0].decode(self.encoding)
        except UnicodeDecodeError:
            return 400, "Invalid username", ""
        expected = passwords.get(username)
        if isinstance(expected, str):
            expected = expected.encode(self.encoding)
        # Names that do not exist take as long as those that do.
        same = _same(request.credentials[1], b"" if expected is None else expected)
        if expected is None:
            return 400, "Invalid username", ""
        return (200, "OK", username) if same else (400, "Invalid password", "")

    async def _judge_curve(self, request: _zap.Request) -> Verdict:
        policy = _of_domain(self._curve, request.domain)
        if policy is None:
            return 400, "Unknown domain", ""
        key = request.credentials[0]
        if callable(policy):
            status = await self._ask(policy, request.domain or _ANY_DOMAIN, _z85(key))
        else:
            known = policy == CURVE_ALLOW_ANY or _z85(key) in policy
            status = 200 if known else 400
        if status == 200:
            return 200, "OK", self.curve_user_id(key)
        return status, "Unknown key" if status == 400 else "Temporary error", ""

    async def _ask(self, provider: Provider, domain: str, key: bytes) -> int:
        """Return the status that a credentials provider decides for."""
        from inspect import isawaitable

        answer: Any = provider(domain, key)
        if isawaitable(answer):
            answer = await _in_time(answer)
            if answer is None:
                self.log.error("the credentials provider gives no answer for domain %r", domain)
                return 300
        elif _is_pending(answer):
            kind = type(answer).__name__
            self.log.error("the credentials provider returned a %s, which is no answer", kind)
            return 400
        return 200 if answer else 400

    # ------------------------------------------------------------------
    # logging

    def _log_verdict(
        self, request: _zap.Request, status: int, text: str, user_id: str | bytes
    ) -> None:
        details = (request.mechanism, request.domain, request.address)
        if status == 200:
            self.log.debug("ALLOWED (%s) domain=%r address=%r user_id=%r", *details, user_id)
            return
        claim = _claim(request)
        log = self._log_for((*details, text), claim)
        log("DENIED (%s) domain=%r address=%r: %s%s", *details, text, claim)

    def _log_for(self, refusal: tuple[str, ...], claim: str = "") -> Callable[..., None]:
        """Return what logs a refusal: quietly one that repeats, of a client that insists.

        So is who tries one name after the other, from some number on.
        """
        import time

        now = time.monotonic()
        since, claims = self._refused.get(refusal, (0.0, None))
        if claims is None or now - since >= _REPEAT_AFTER_S:
            if len(self._refused) >= _REPEATS_KNOWN:
                self._refused.clear()
            claims = set()
            self._refused[refusal] = now, claims
        if claim in claims or len(claims) >= _CLAIMS_SHOWN:
            return self.log.debug  # type: ignore[no-any-return]
        claims.add(claim)
        return self.log.warning  # type: ignore[no-any-return]


def _claim(request: _zap.Request) -> str:
    """Return who a client says it is, for a log; never its password."""
    if request.mechanism == "PLAIN":
        return f" (user name {request.credentials[0]!r})"
    if request.mechanism == "CURVE":
        return f" (key {_z85(request.credentials[0]).decode('ascii')})"
    return ""


def _bound(context: zmq.Context[Any]) -> zmq.Socket[bytes]:
    """Return a new socket at which libzmq asks; a plain one, whatever the context makes."""
    socket: zmq.Socket[bytes] = zmq.Socket(context, zmq.REP)
    try:
        socket.linger = 0
        socket.bind(_zap.ENDPOINT)
    except BaseException:
        socket.close()
        raise
    return socket


def _of_domain(policies: Mapping[str, Any], domain: str) -> Any:
    """Return what is configured for a domain, None if nothing is."""
    # An empty configuration is one: it lets nobody in.
    return policies.get(domain, policies.get(_ANY_DOMAIN))


async def _in_time(awaitable: Awaitable[Any]) -> bool | None:
    """Return whether what is awaited is true; None if it takes too long.

    Raises
    ------
    RuntimeError : it was cancelled, which shall not cancel whoever waits for it
    whatever it raised
    """
    import asyncio

    future = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait({future}, timeout=PROVIDER_PATIENCE_S)
    finally:
        late = not future.done()
        future.cancel()
    if late:
        return None
    if future.cancelled():
        raise RuntimeError("the credentials provider was cancelled")
    return bool(future.result())


def _is_pending(answer: Any) -> bool:
    """Tell whether an answer is one that is still to come, and true only for being an object."""
    from inspect import isasyncgen, isgenerator

    future = hasattr(answer, "add_done_callback")
    return future or callable(answer) or isgenerator(answer) or isasyncgen(answer)


def _same(given: bytes, expected: bytes) -> bool:
    from hmac import compare_digest

    return compare_digest(given, expected)


def _z85(key: bytes) -> bytes:
    from zmq.utils import z85

    return z85.encode(key)


def _checked_domain(domain: str) -> str:
    if not isinstance(domain, str):
        raise TypeError(f"a domain must be a str, got {domain!r}")
    return domain


def _canonical(address: str) -> str:
    """Return an IP address in its one usual form, anything else as it is."""
    parsed = _parsed(address)
    return address if parsed is None else str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(address)
    except ValueError:
        return None


def _matches(address: str, known: frozenset[str]) -> bool:
    canonical = _canonical(address)
    # Without a scope, an address is meant on every interface.
    return canonical in known or canonical.partition("%")[0] in known


def _where(error: BaseException) -> str:
    """Return the line that raised, for a log that must not show the error itself."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    if frames is None:
        return "?"
    return f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}"
