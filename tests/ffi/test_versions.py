# SPDX-License-Identifier: BSD-3-Clause
"""What the loaded libzmq lacks says so when it is used."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import SocketFactory

import zmq
from zmq._ctypes import bind
from zmq._ctypes.bind import C, dotted
from zmq._ctypes.signatures import COLD, FUNCTIONS, MINUS_ONE, RELEASE, Function

HAVE = zmq.zmq_version_info()
LACKING = [row for row in FUNCTIONS if not bind.exports(row.name)]


@pytest.mark.parametrize("row", LACKING, ids=[row.name for row in LACKING])
def test_lacking_function_names_what_is_needed(row: Any) -> None:
    """Calling it names the function, the release that has it, and the release that is loaded."""
    with pytest.raises(zmq.ZMQVersionError) as caught:
        getattr(C, row.name)()
    text = str(caught.value)
    assert text.startswith(f"{row.name} requires libzmq >= {dotted(row.since)}")
    assert f", have {zmq.zmq_version()}" in text
    assert ("draft API" in text) == (row.draft and row.since <= HAVE)


def test_function_of_a_later_release() -> None:
    """A function that only a later libzmq has is a stub that names all three, whatever it is given."""
    row = Function("zmq_later", None, (), (99, 1), None, False, MINUS_ONE, RELEASE, COLD)
    with pytest.raises(zmq.ZMQVersionError) as caught:
        bind._bind(row)(1, 2, 3)
    assert str(caught.value) == f"zmq_later requires libzmq >= 99.1, have {zmq.zmq_version()}"


def test_function_of_draft_builds() -> None:
    """A function that this release has in draft builds only says that it is the build."""
    row = Function("zmq_unfinished", None, (), (3, 2), None, True, MINUS_ONE, RELEASE, COLD)
    with pytest.raises(zmq.ZMQVersionError) as caught:
        bind._bind(row)()
    assert str(caught.value) == (
        "zmq_unfinished requires libzmq >= 3.2 built with its draft API, "
        f"have {zmq.zmq_version()} built without"
    )


def test_every_function_has_its_attribute() -> None:
    """C has one attribute for each row, whether this libzmq has the function or not."""
    assert all(callable(getattr(C, row.name)) for row in FUNCTIONS)
    with pytest.raises(AttributeError, match="zmq_nothing"):
        C.zmq_nothing  # noqa: B018
    assert vars(C).keys() == {row.name for row in FUNCTIONS}


@pytest.mark.skipif(zmq.DRAFT_API, reason="this libzmq has drafts")
@pytest.mark.parametrize(
    "use",
    [
        lambda socket: socket.join("group"),
        lambda socket: socket.leave("group"),
        lambda socket: setattr(zmq.Frame(b"x"), "group", "group"),
        lambda socket: zmq.Frame(b"x").group,
        lambda socket: setattr(zmq.Frame(b"x"), "routing_id", 1),
        lambda socket: zmq.Frame(b"x").routing_id,
        lambda socket: socket.send(b"x", group="group"),
        lambda socket: socket.send(b"x", routing_id=1),
    ],
    ids=["join", "leave", "set group", "group", "set id", "id", "send group", "send id"],
)
def test_draft_methods_say_that_drafts_are_missing(use: Any, socket: SocketFactory) -> None:
    """Methods for draft sockets raise ZMQVersionError, and nothing was sent."""
    with pytest.raises(zmq.ZMQVersionError, match="libzmq"):
        use(socket(zmq.PUSH))


@pytest.mark.skipif(HAVE >= (4, 2), reason="this libzmq has zmq_curve_public")
def test_public_functions_say_it_too() -> None:
    """curve_public() on a libzmq before 4.2 names the function and the release."""
    with pytest.raises(zmq.ZMQVersionError, match=r"zmq_curve_public requires libzmq >= 4\.2"):
        zmq.curve_public(b"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")


@pytest.mark.skipif(HAVE >= (4, 1), reason="this libzmq has zmq_msg_gets")
def test_properties_need_4_1() -> None:
    """Frame.get of a property on a libzmq before 4.1 names what is needed."""
    with pytest.raises(zmq.ZMQVersionError, match=r"zmq_msg_gets requires libzmq >= 4\.1"):
        zmq.Frame(b"x").get("Socket-Type")
