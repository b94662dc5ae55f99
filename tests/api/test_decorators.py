# SPDX-License-Identifier: BSD-3-Clause
"""zmq.decorators: contexts and sockets for the time of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import zmq
from zmq.decorators import context, socket


@pytest.fixture
def ctx() -> Iterator[zmq.Context[Any]]:
    """Yield a context that the test passes itself."""
    with zmq.Context() as outer:
        yield outer


def test_context_comes_last_and_is_terminated() -> None:
    """The context follows the positional arguments, and is closed when the call has ended."""

    @context()
    def call(first: int, made: Any, *, key: str) -> Any:
        assert (first, made.closed, key) == (1, False, "value")
        return made

    assert call(1, key="value").closed


@pytest.mark.parametrize("decorator", [context("made", 3), context(3, name="made")])
def test_context_by_name(decorator: Any) -> None:
    """A name makes the context a keyword argument; the rest goes to zmq.Context."""

    @decorator
    def call(*args: Any, made: Any) -> Any:
        return args, made.get(zmq.IO_THREADS)

    assert call(1) == ((1,), 3)


def test_name_given_twice_is_a_type_error() -> None:
    """A keyword that the decorator provides cannot be passed as well."""
    call = context("made")(lambda made: made)
    with pytest.raises(TypeError, match="multiple values for argument 'made'"):
        call(made=1)


def test_socket_of_the_context_before_it() -> None:
    """Sockets nested in a context are of that context, and closed after the call."""

    @context()
    @socket(zmq.PUB)
    @socket("sub", socket_type=zmq.SUB)
    def call(made: Any, pub: Any, sub: Any) -> Any:
        assert (pub.type, sub.type) == (zmq.PUB, zmq.SUB)
        assert pub.context is sub.context is made
        assert not pub.closed
        return pub, sub

    assert all(each.closed for each in call())


def test_socket_of_a_context_by_name(ctx: zmq.Context[Any]) -> None:
    """context_name, "context" if not given, says which keyword argument is the context."""
    by_default = socket("made", zmq.PAIR)(lambda context, made: made.context is context)
    by_name = socket("made", zmq.PAIR, context_name="c")(lambda c, made: made.context is c)
    assert by_default(context=ctx)
    assert by_name(c=ctx)


def test_first_context_of_the_arguments_counts(ctx: zmq.Context[Any]) -> None:
    """Of several contexts among the positional arguments the first is used."""
    call = socket(zmq.PAIR)(lambda *args: args[-1].context)
    with zmq.Context() as other:
        assert call(1, ctx, other) is ctx


def test_socket_without_a_context_is_of_the_instance() -> None:
    """Without any context among the arguments the socket is of zmq.Context.instance()."""
    call = socket(zmq.PAIR)(lambda made: made.context)
    instance = zmq.Context.instance()
    try:
        assert call() is instance
    finally:
        instance.term()


def test_exception_closes_too() -> None:
    """What raises out of the call is passed on, after closing."""
    made: list[Any] = []

    @context()
    @socket(zmq.PAIR)
    def call(*args: Any) -> None:
        made.extend(args)
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        call()
    assert [each.closed for each in made] == [True, True]


def test_coroutine_keeps_its_socket_until_it_ends() -> None:
    """A decorated coroutine function has its context and socket open while it runs."""

    @context()
    @socket(zmq.PAIR)
    async def call(made: Any, pair: Any) -> Any:
        await asyncio.sleep(0)
        assert not pair.closed
        return made, pair

    assert [each.closed for each in asyncio.run(call())] == [True, True]


def test_methods_and_names_survive() -> None:
    """Methods can be decorated, and a decorated function keeps its name and docstring."""

    class Worker:
        @context()
        def work(self, made: Any) -> Any:
            """Work."""
            return self, made.closed

    worker = Worker()
    assert worker.work() == (worker, False)
    assert (Worker.work.__name__, Worker.work.__doc__) == ("work", "Work.")
