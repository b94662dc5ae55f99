# SPDX-License-Identifier: BSD-3-Clause
"""ZAP 1.0: what is answered to requests, good and bad, without any socket."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from zap import answer, request, status

import zmq
from zmq.auth import Authenticator
from zmq.utils import z85

pytestmark = pytest.mark.libzmq("4.0")

KEY = bytes(range(32))
OTHER_KEY = bytes(32)


@pytest.fixture
def judge(context: zmq.Context[Any]) -> Authenticator:
    """An authenticator with passwords and keys in two domains."""
    authenticator = Authenticator(context)
    authenticator.configure_plain("*", {"bob": "builder", "empty": ""})
    authenticator.configure_plain("office", {"eve": b"\xffbytes"})
    authenticator._curve["*"] = {z85.encode(KEY): True}
    authenticator._curve["office"] = {z85.encode(OTHER_KEY): True}
    return authenticator


@pytest.mark.parametrize(
    ("frames", "user_id"),
    [
        (request("NULL"), b"anonymous"),
        (request("NULL", domain=b"anything"), b"anonymous"),
        (request("PLAIN", b"bob", b"builder"), b"bob"),
        (request("PLAIN", b"bob", b"builder", domain=b"elsewhere"), b"bob"),
        (request("PLAIN", b"empty", b""), b"empty"),
        (request("PLAIN", b"eve", b"\xffbytes", domain=b"office"), b"eve"),
        (request("CURVE", KEY), z85.encode(KEY)),
        (request("CURVE", OTHER_KEY, domain=b"office"), z85.encode(OTHER_KEY)),
        (request("GSSAPI", b"bob@EXAMPLE.ORG"), b"bob@EXAMPLE.ORG"),
        (request("GSSAPI", b"\xff\xfe"), b"\xff\xfe"),
    ],
)
def test_who_may_connect_is_accepted(
    judge: Authenticator, frames: list[bytes], user_id: bytes
) -> None:
    """A right request gets status 200, with its own id and the user's, and no metadata."""
    frames[1] = b"any id"
    assert answer(judge, frames) == [b"1.0", b"any id", b"200", b"OK", user_id, b""]


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        (request("PLAIN", b"bob", b"Builder"), b"Invalid password"),
        (request("PLAIN", b"bob", b""), b"Invalid password"),
        (request("PLAIN", b"nobody", b""), b"Invalid username"),
        (request("PLAIN", b"\xff", b"builder"), b"Invalid username"),
        (request("PLAIN", b"bob", b"builder", domain=b"office"), b"Invalid username"),
        (request("CURVE", bytes(31) + b"\1"), b"Unknown key"),
        (request("CURVE", KEY, domain=b"office"), b"Unknown key"),
    ],
)
def test_who_may_not_connect_is_refused(
    judge: Authenticator, frames: list[bytes], text: bytes
) -> None:
    """Wrong credentials get status 400, the reason, and neither user id nor metadata."""
    assert answer(judge, frames) == [b"1.0", b"1", b"400", text, b"", b""]


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ([], b"Not enough frames"),
        ([b"1.0"], b"Not enough frames"),
        ([b"1.0", b"1"], b"Not enough frames"),
        (request("NULL")[:5], b"Not enough frames"),
        ([b"2.0", *request("NULL")[1:]], b"Invalid version"),
        ([b"", *request("NULL")[1:]], b"Invalid version"),
        ([b"1.0\0", *request("NULL")[1:]], b"Invalid version"),
        ([b"2.0"], b"Invalid version"),
        (request("NULL", b"more"), b"Invalid credentials"),
        (request("PLAIN"), b"Invalid credentials"),
        (request("PLAIN", b"bob"), b"Invalid credentials"),
        (request("PLAIN", b"bob", b"builder", b"more"), b"Invalid credentials"),
        (request("PLAIN", b"bob", b"b" * 256), b"Invalid credentials"),
        (request("PLAIN", b"b" * 2**20, b"builder"), b"Invalid credentials"),
        (request("CURVE"), b"Invalid credentials"),
        (request("CURVE", KEY[:31]), b"Invalid credentials"),
        (request("CURVE", KEY + b"\0"), b"Invalid credentials"),
        (request("CURVE", KEY, KEY), b"Invalid credentials"),
        (request("GSSAPI"), b"Invalid credentials"),
        (request("GSSAPI", b"p" * 1025), b"Invalid credentials"),
        (request("null"), b"Unknown mechanism"),
        (request("NULL "), b"Unknown mechanism"),
        (request(""), b"Unknown mechanism"),
        (request("X" * 256), b"Invalid mechanism"),
        (request("NULL", domain=b"d" * 256), b"Invalid domain"),
        (request("NULL", domain=b"\xff"), b"Invalid domain"),
        (request("NULL", address=b"1" * 256), b"Invalid address"),
        (request("NULL", address=b"\xc3"), b"Invalid address"),
        ([*request("NULL")[:4], b"i" * 256, b"NULL"], b"Invalid identity"),
    ],
)
def test_what_is_no_request_is_refused(
    judge: Authenticator, frames: list[bytes], text: bytes
) -> None:
    """A malformed, truncated, oversize or other version's request gets status 400 and its id."""
    request_id = frames[1] if len(frames) > 1 else b""
    assert answer(judge, frames) == [b"1.0", request_id, b"400", text, b"", b""]


@pytest.mark.parametrize(("mechanism", "status"), [("GSSAPI", b"---"), ("NULL", b"400")])
def test_gssapi_is_refused_without_a_status(
    auth: Any, socket: Callable[..., zmq.Socket[bytes]], mechanism: str, status: bytes
) -> None:
    """Who is refused with GSSAPI gets no reply that libzmq understands: to any it lets in."""
    credentials = (b"bob@REALM",) if mechanism == "GSSAPI" else ()
    asker = socket(zmq.REQ)
    asker.connect("inproc://zeromq.zap.01")
    asker.send_multipart(request(mechanism, *credentials))
    assert asker.recv_multipart()[2] == b"200"
    auth.deny("127.0.0.1")
    asker.send_multipart(request(mechanism, *credentials))
    assert asker.recv_multipart()[2] == status


def test_replayed_request_is_judged_anew(judge: Authenticator) -> None:
    """A request that is the same as an earlier one is not accepted for that reason."""
    passwords = {"bob": "old"}
    judge.configure_plain("*", passwords)
    frames = request("PLAIN", b"bob", b"old")
    assert [status(judge, frames) for _ in range(3)] == [200, 200, 200]
    passwords["bob"] = "new"
    assert [status(judge, frames) for _ in range(3)] == [400, 400, 400]
    del passwords["bob"]
    assert status(judge, request("PLAIN", b"bob", b"new")) == 400


def test_nothing_but_null_is_accepted_without_configuration(context: zmq.Context[Any]) -> None:
    """An authenticator that was told nothing lets NULL in, and neither PLAIN nor CURVE."""
    fresh = Authenticator(context)
    assert status(fresh, request("NULL")) == 200
    assert answer(fresh, request("PLAIN", b"", b""))[2:4] == [b"400", b"No passwords defined"]
    assert answer(fresh, request("CURVE", KEY))[2:4] == [b"400", b"Unknown domain"]


def test_domain_without_configuration_of_its_own_and_no_general_one(
    context: zmq.Context[Any],
) -> None:
    """Without a configuration for all domains, a domain that has none lets nobody in."""
    authenticator = Authenticator(context)
    authenticator.configure_plain("office", {"bob": "builder"})
    assert status(authenticator, request("PLAIN", b"bob", b"builder", domain=b"office")) == 200
    for domain in (b"", b"*", b"Office", b"home"):
        reply = answer(authenticator, request("PLAIN", b"bob", b"builder", domain=domain))
        assert reply[2:4] == [b"400", b"Invalid domain"]


def test_password_that_cannot_be_compared_is_an_internal_error(
    judge: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    """Passwords of an impossible type or text refuse the client, and do not end the handler."""
    for password in (3, None, "\ud800secret", [b"builder"]):
        judge.configure_plain("*", {"bob": password})  # type: ignore[dict-item]
        assert status(judge, request("PLAIN", b"bob", b"builder")) in (400, 500)
    assert status(judge, request("NULL")) == 200
    assert "secret" not in caplog.text


def test_encoding_is_that_of_names_and_passwords(context: zmq.Context[Any]) -> None:
    """User names and passwords are compared in the encoding that was asked for."""
    authenticator = Authenticator(context, encoding="latin-1")
    authenticator.configure_plain("*", {"zoë": "naïve"})
    frames = request("PLAIN", b"zo\xeb", b"na\xefve")
    assert answer(authenticator, frames)[2:5:2] == [b"200", b"zo\xeb"]
    assert status(authenticator, request("PLAIN", "zoë".encode(), "naïve".encode())) == 400


# ----------------------------------------------------------------------
# fuzz

Mutation = Callable[[random.Random, "list[bytes]"], None]

USERS = [
    (b"bob", b"builder"),
    (b"bob", b"wrong"),
    (b"eve", b"\xffbytes"),
    (b"", b""),
    (b"empty", b""),
    (b"nobody", b"builder"),
]
DOMAINS = [b"", b"*", b"office", b"global", b"Office", b"\xff", b"d" * 256]
ADDRESSES = [
    b"127.0.0.1",
    b"127.0.0.1",
    b"::ffff:127.0.0.1",
    b"::1",
    b"10.0.0.1",
    b"",
    b"\xfe",
    b"127.0.0.1/32",
    b"localhost",
    b"127.0.0.1\0",
]


def plausible(chance: random.Random) -> list[bytes]:
    """Return what is at least nearly a request."""
    mechanism = chance.choice(["NULL", "PLAIN", "CURVE", "GSSAPI", "curve", ""])
    credentials: tuple[bytes, ...] = {
        "PLAIN": chance.choice(USERS),
        "CURVE": (chance.choice([KEY, OTHER_KEY, b"\1" * 32]),),
        "GSSAPI": (b"principal",),
    }.get(mechanism, ())
    return request(
        mechanism,
        *credentials,
        domain=chance.choice(DOMAINS),
        address=chance.choice(ADDRESSES),
        request_id=chance.choice([b"1", b"", b"\0\xff" * 50]),
    )


def drop(chance: random.Random, frames: list[bytes]) -> None:
    del frames[chance.randrange(len(frames))]


def truncate(chance: random.Random, frames: list[bytes]) -> None:
    del frames[chance.randrange(len(frames)) :]


def insert(chance: random.Random, frames: list[bytes]) -> None:
    frames.insert(chance.randrange(len(frames) + 1), chance.choice([b"", b"x", b"y" * 300, KEY]))


def shorten(chance: random.Random, frames: list[bytes]) -> None:
    index = chance.randrange(len(frames))
    frames[index] = frames[index][: chance.randrange(len(frames[index]) + 1)]


def flip(chance: random.Random, frames: list[bytes]) -> None:
    index = chance.randrange(len(frames))
    if frames[index]:
        changed = bytearray(frames[index])
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        frames[index] = bytes(changed)


def swap(chance: random.Random, frames: list[bytes]) -> None:
    one, other = chance.randrange(len(frames)), chance.randrange(len(frames))
    frames[one], frames[other] = frames[other], frames[one]


def noise(chance: random.Random, frames: list[bytes]) -> None:
    size = chance.choice([0, 1, 31, 32, 33, 255, 256, 5000])
    frames[chance.randrange(len(frames))] = bytes(chance.getrandbits(8) for _ in range(size))


MUTATIONS: list[Mutation] = [drop, truncate, insert, shorten, flip, swap, noise]


def requests(count: int, seed: int) -> Iterator[list[bytes]]:
    """Yield random requests, a third of them as they should be."""
    chance = random.Random(seed)
    for _ in range(count):
        frames = plausible(chance)
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            if frames:
                chance.choice(MUTATIONS)(chance, frames)
        yield frames


def expected_user(frames: list[bytes]) -> bytes | None:
    """Return the user id of a request to be accepted by ``judge``, None for all others."""
    if len(frames) < 6 or frames[0] != b"1.0" or max(map(len, frames[2:6])) > 255:
        return None
    _, _, domain, address, _, mechanism, *credentials = frames
    if address.lower() not in (b"127.0.0.1", b"::ffff:127.0.0.1", b"::1"):
        return None
    try:
        domain.decode()
    except UnicodeDecodeError:
        return None
    office = domain == b"office"
    if (mechanism, credentials) == (b"NULL", []):
        return b"anonymous"
    if mechanism == b"PLAIN":
        users = [(b"eve", b"\xffbytes")] if office else [(b"bob", b"builder"), (b"empty", b"")]
        return credentials[0] if tuple(credentials) in users else None
    if mechanism == b"CURVE":
        return z85.encode(credentials[0]) if credentials == [OTHER_KEY if office else KEY] else None
    if mechanism == b"GSSAPI" and len(credentials) == 1 and len(credentials[0]) <= 1024:
        return credentials[0]
    return None


@pytest.mark.any_libzmq
def test_random_requests(judge: Authenticator) -> None:
    """Of 100,000 random requests each is answered, and those are accepted that should be."""
    judge.log = logging.getLogger("zmq.auth.fuzz")
    judge.log.setLevel(logging.CRITICAL)
    judge.allow("127.0.0.1", "::1")
    accepted = 0
    for frames in requests(100_000, seed=27):
        user = expected_user(frames)
        version, request_id, code, text, user_id, metadata = answer(judge, frames)
        assert version == b"1.0"
        assert metadata == b""
        assert request_id == (frames[1] if len(frames) > 1 else b"")
        if user is None:
            assert (code, user_id) == (b"400", b""), frames
            assert text not in (b"", b"OK")
        else:
            assert (code, text, user_id) == (b"200", b"OK", user), frames
            accepted += 1
    # Otherwise the requests were too random to tell anything.
    assert 2_000 < accepted < 50_000


@pytest.mark.parametrize("kind", ["delimited", "bare"])
def test_random_requests_over_sockets(
    auth: Any,
    socket: Callable[..., zmq.Socket[bytes]],
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever arrives at the handler's socket, it answers what is right after that."""
    caplog.set_level(logging.CRITICAL, "zmq.auth")
    asker = socket(zmq.DEALER)
    asker.connect("inproc://zeromq.zap.01")
    for number, frames in enumerate(requests(1500, seed=28)):
        if kind == "bare":
            # Without the empty part before it, this is no message for a REP.
            asker.send_multipart(frames or [b"x"])
            if number % 100:
                continue
            frames = request("NULL", request_id=b"%d" % number)
        elif not frames:
            continue
        asker.send_multipart([b"", *frames])
        _, version, request_id, code, *_ = asker.recv_multipart()
        if kind == "bare" and request_id != b"%d" % number:
            continue  # one of the frames was empty, and what follows it a request
        assert version == b"1.0"
        assert request_id == (frames[1] if len(frames) > 1 else b"")
        assert code in (b"200", b"---" if frames[5:6] == [b"GSSAPI"] else b"400")
    asker.send_multipart([b"", *request("NULL", request_id=b"last")])
    while asker.recv_multipart()[2] != b"last":
        pass
