# SPDX-License-Identifier: BSD-3-Clause
"""Everything between Python and libzmq can be observed in one place, and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Connected

import zmq
from zmq._ctypes import fast, observe
from zmq._ctypes.bind import C
from zmq._ctypes.signatures import FUNCTIONS


def everything() -> dict[str, Any]:
    """Return what stands under each name now."""
    found = {f"C.{row.name}": getattr(C, row.name) for row in FUNCTIONS}
    return {**found, **{f"fast.{name}": getattr(fast, name) for name in fast.CALLS}}


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """Whatever a test does, nothing observes after it."""
    before = everything()
    yield
    observe.remove()
    assert everything() == before


@pytest.fixture
def calls() -> list[str]:
    """Observe, and list the C names in the order in which they are called."""
    called: list[str] = []

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def record(*args: Any) -> Any:
            called.append(name)
            return function(*args)

        return record

    observe.install(wrap)
    return called


@pytest.mark.parametrize("fast_path", [True, False], ids=["hot", "checked"])
def test_each_call_is_seen(fast_path: bool, connected: Connected, calls: list[str]) -> None:
    """send, recv, poll and options are seen on the hot path as well as on the checked one."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    for socket in (push, pull):
        if not fast_path:
            object.__setattr__(socket, "_fast_p", None)
    del calls[:]
    for operation, name in (
        (lambda: push.send(b"x"), "zmq_send"),
        (lambda: push.send(b"x" * 10_000), "zmq_send"),
        (lambda: push.send(bytearray(100_000), copy=False), "zmq_msg_send"),
        (lambda: zmq.zmq_poll([(pull, zmq.POLLIN)], 1000), "zmq_poll"),
        (lambda: pull.recv(), "zmq_msg_recv"),
        (lambda: pull.recv(copy=False), "zmq_msg_recv"),
        (lambda: pull.recv_into(bytearray(10)), "zmq_recv"),
        (lambda: push.get(zmq.LINGER), "zmq_getsockopt"),
        (lambda: push.set(zmq.LINGER, 0), "zmq_setsockopt"),
        (lambda: push.close(), "zmq_close"),
    ):
        del calls[:]
        operation()
        assert name in calls


def test_a_context_is_seen_from_birth_to_death(calls: list[str]) -> None:
    """Making and ending contexts and sockets is observed."""
    with zmq.Context() as context, context.socket(zmq.PUB) as pub:
        pub.bind("inproc://observed")
    wanted = ["zmq_ctx_new", "zmq_socket", "zmq_bind", "zmq_close", "zmq_ctx_destroy"]
    assert [name for name in calls if name in wanted] == wanted


def test_faults_can_be_injected(connected: Connected) -> None:
    """What stands before a function may refuse instead of calling it."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    push.send(b"kept")

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(*args: Any) -> Any:
            raise RuntimeError(name)

        return refuse if name == "zmq_msg_recv" else function

    observe.install(wrap)
    with pytest.raises(RuntimeError, match="zmq_msg_recv"):
        pull.recv()
    observe.remove()
    assert pull.recv() == b"kept"


def test_only_one_observes(calls: list[str]) -> None:
    """A second observer is refused, and the first one stays."""
    before = everything()
    with pytest.raises(RuntimeError, match="observe"):
        observe.install(lambda name, function: function)
    assert everything() == before


def test_remove_without_observer_does_nothing() -> None:
    """remove() may be called at any time."""
    before = everything()
    observe.remove()
    assert everything() == before


def test_observer_that_fails_to_wrap_leaves_nothing_behind() -> None:
    """When wrapping one function fails, those that were wrapped before are put back."""
    before = everything()

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if name == "zmq_poll":
            raise ValueError(name)
        return print

    with pytest.raises(ValueError, match="zmq_poll"):
        observe.install(wrap)
    assert everything() == before
    observe.install(lambda name, function: function)


def test_an_observer_is_asked_once_for_each_function() -> None:
    """wrap gets every row of the table, and every call of the hot path, by its C name."""
    names: list[str] = []

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        names.append(name)
        return function

    observe.install(wrap)
    expected = [row.name for row in FUNCTIONS] + [symbol for symbol, *_ in fast.CALLS.values()]
    assert sorted(names) == sorted(expected)
