# SPDX-License-Identifier: BSD-3-Clause
"""The messages of ZAP 1.0 (ZeroMQ RFC 27): requests taken apart, replies put together.

No input and output here, and no decisions. What is no request becomes :class:`Malformed`,
whose text may be logged: it repeats nothing of the message, which may hold a password.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ENDPOINT = "inproc://zeromq.zap.01"
VERSION = b"1.0"

_FRAMES = 6  # before the credentials
_LONGEST = 255
"""Bytes of any field but credentials: they come from fields of ZMTP with one byte of length."""

_NO_STATUS = b"---"

_CREDENTIALS: dict[str, tuple[tuple[int, int], ...]] = {
    "NULL": (),
    "PLAIN": ((0, 255), (0, 255)),
    "CURVE": ((32, 32),),
    "GSSAPI": ((0, 1024),),
}
"""Mechanism -> (least, most) bytes of each of its credentials."""


class Malformed(Exception):
    """No request of ZAP 1.0.

    Parameters
    ----------
    request_id : bytes, of the reply
    text : str, what is wrong with it
    """

    def __init__(self, request_id: bytes, text: str) -> None:
        super().__init__(text)
        self.request_id = request_id
        self.text = text


class Request:
    """A request, taken apart.

    Attributes
    ----------
    request_id, identity : bytes
    domain, address, mechanism : str
    credentials : tuple of bytes, as many and as long as the mechanism has
    """

    __slots__ = ("address", "credentials", "domain", "identity", "mechanism", "request_id")

    def __init__(self, frames: Sequence[bytes]) -> None:
        self.request_id = frames[1]
        self.domain = self._text("domain", frames[2])
        self.address = self._text("address", frames[3])
        self.identity = self._checked("identity", frames[4])
        self.mechanism = self._text("mechanism", frames[5])
        self.credentials = tuple(frames[_FRAMES:])
        self._check_credentials()

    def __repr__(self) -> str:
        # Credentials are for nobody's eyes.
        return (
            f"<ZAP request: domain={self.domain!r} address={self.address!r} "
            f"identity={self.identity!r} mechanism={self.mechanism!r}>"
        )

    def _malformed(self, text: str) -> Malformed:
        return Malformed(self.request_id, text)

    def _checked(self, name: str, frame: bytes) -> bytes:
        if len(frame) > _LONGEST:
            raise self._malformed(f"Invalid {name}")
        return frame

    def _text(self, name: str, frame: bytes) -> str:
        try:
            return self._checked(name, frame).decode("utf-8")
        except UnicodeDecodeError:
            raise self._malformed(f"Invalid {name}") from None

    def _check_credentials(self) -> None:
        limits = _CREDENTIALS.get(self.mechanism)
        if limits is None:
            raise self._malformed("Unknown mechanism")
        if len(limits) != len(self.credentials) or not all(
            least <= len(frame) <= most for frame, (least, most) in zip(self.credentials, limits)
        ):
            raise self._malformed("Invalid credentials")


def parse(frames: Sequence[bytes]) -> Request:
    """Take a request apart.

    Parameters
    ----------
    frames : list of bytes, without the envelope

    Raises
    ------
    Malformed : it is none
    """
    request_id = frames[1] if len(frames) > 1 else b""
    if len(frames) > 0 and frames[0] != VERSION:
        raise Malformed(request_id, "Invalid version")
    if len(frames) < _FRAMES:
        raise Malformed(request_id, "Not enough frames")
    return Request(frames)


def reply(request_id: bytes, status: int, text: str, user_id: bytes = b"") -> list[bytes]:
    """Return a reply; one that refuses has neither user id nor metadata."""
    code = b"%d" % status
    return [VERSION, request_id, code, text.encode("utf-8"), user_id if status == 200 else b"", b""]


def enforced(frames: Sequence[bytes], reply: list[bytes]) -> list[bytes]:
    """Return a reply as it has to be for libzmq to do what it says.

    Parameters
    ----------
    frames : list of bytes, the request, whatever it is
    reply : list of bytes

    Notes
    -----
    libzmq (4.2 to 4.3.5) lets a GSSAPI client in when there is a reply, and does not look at
    its status. What it cannot take for a reply ends the connection.
    """
    version, request_id, status, *rest = reply
    if status != b"200" and frames[_FRAMES - 1 : _FRAMES] == [b"GSSAPI"]:
        return [version, request_id, _NO_STATUS, *rest]
    return reply
