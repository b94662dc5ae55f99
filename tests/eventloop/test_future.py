# SPDX-License-Identifier: BSD-3-Clause
"""zmq.eventloop.future in tornado's coroutines, and the shells of the old loops."""

from __future__ import annotations

import asyncio
import datetime
import gc
import sys
from typing import Any

import programs
import pytest
from support import terminate
from tornado import gen
from tornado.ioloop import IOLoop, PeriodicCallback

import zmq
import zmq.asyncio
from zmq.eventloop import future, ioloop

from .conftest import Run, Said, rounds


@pytest.fixture
def pair(endpoint: Any) -> Any:
    context = future.Context()
    one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    place = endpoint("inproc")
    one.bind(place)
    other.connect(place)
    yield one, other
    one.close(0)
    other.close(0)
    terminate(context)


def test_generator_coroutines(pair: Any, io_loop: IOLoop) -> None:
    """Every send and receive, and polls, may be yielded in a coroutine made of a generator."""
    one, other = pair

    @gen.coroutine
    def main() -> Any:
        poller = future.Poller()
        poller.register(other, zmq.POLLIN)
        yield one.send(b"a")
        assert (yield poller.poll(1000)) == [(other, zmq.POLLIN)]
        assert (yield other.poll(1000)) == zmq.POLLIN
        assert (yield other.recv()) == b"a"
        waiting = other.recv_multipart()
        yield one.send_multipart([b"b", b"c"])
        assert (yield waiting) == [b"b", b"c"]
        waiting = other.recv_json()
        yield one.send_json({"d": 1})
        assert (yield waiting) == {"d": 1}
        assert (yield poller.poll(0)) == []

    io_loop.run_sync(main, timeout=30)


def test_closing_ends_a_generator_coroutine(pair: Any, io_loop: IOLoop) -> None:
    """Coroutines that wait for a socket when it is closed get a CancelledError they can catch."""
    _, other = pair

    @gen.coroutine
    def wait(operation: Any) -> Any:
        try:
            yield operation()
        except Exception as error:
            return error

    @gen.coroutine
    def main() -> Any:
        poller = future.Poller()
        poller.register(other, zmq.POLLIN)
        waiting = [wait(other.recv), wait(other.recv_json), wait(other.poll), wait(poller.poll)]
        yield gen.sleep(0)
        other.close()
        errors = yield waiting
        assert [type(error) for error in errors] == [future.CancelledError] * 4

    io_loop.run_sync(main, timeout=30)


def test_closing_ends_a_native_coroutine(pair: Any, run: Run) -> None:
    """Tasks that await a socket when it is closed get that error too, and are not cancelled."""
    _, other = pair

    async def wait(operation: Any) -> Any:
        try:
            await operation()
        except future.CancelledError as error:
            return error

    async def main() -> None:
        tasks = [asyncio.ensure_future(wait(operation)) for operation in (other.recv, other.poll)]
        await rounds(1)
        other.close()
        assert [type(await task) for task in tasks] == [future.CancelledError] * 2

    run(main())


def test_cancelled_future(pair: Any, run: Run) -> None:
    """A cancelled receive says so to those who ask for its result, and loses no message."""
    one, other = pair

    async def main() -> None:
        waiting = other.recv()
        waiting.cancel()
        with pytest.raises(future.CancelledError):
            await waiting
        with pytest.raises(future.CancelledError):
            waiting.result()
        with pytest.raises(future.CancelledError):
            waiting.exception()
        task = asyncio.ensure_future(other.recv())
        await rounds(1)
        await one.send(b"x")
        task.cancel()
        await rounds()
        assert task.cancelled()
        assert await other.recv() == b"x"

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tasks do not tell that they were cancelled")
def test_future_that_is_cancelled_while_it_is_awaited(pair: Any, run: Run) -> None:
    """Who awaits a receive that somebody cancels gets that error, and is not cancelled itself."""
    _, other = pair

    async def main() -> None:
        waiting = other.recv()
        asyncio.get_running_loop().call_soon(waiting.cancel)
        with pytest.raises(future.CancelledError):
            await waiting

    run(main())


def test_time_outs_of_asyncio(pair: Any, run: Run) -> None:
    """wait_for and timeout() end a receive with TimeoutError, though its error is of another class."""
    one, other = pair

    async def main() -> None:
        for operation in (other.recv, other.recv_multipart, other.poll):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(operation(), 0.001)
            if sys.version_info >= (3, 11):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.001):
                        await operation()
        await one.send(b"x")
        assert await other.recv() == b"x"

    run(main())


@pytest.mark.parametrize("module", [future, zmq.asyncio])
@pytest.mark.parametrize("form", ["recv", "recv_multipart"])
def test_time_outs_of_tornado(module: Any, form: str, io_loop: IOLoop, endpoint: Any) -> None:
    """A receive that with_timeout has given up waiting for leaves its message to the next one."""
    later = datetime.timedelta(milliseconds=1)
    # Where the collector has to be called each time, and goes through the objects of all the tests.
    rounds = 30 if sys.implementation.name == "cpython" else 6

    @gen.coroutine
    def main(one: Any, other: Any) -> Any:
        receive = getattr(other, form)
        for number in range(rounds):
            with pytest.raises(gen.TimeoutError):
                yield gen.with_timeout(later, receive())
            if number % 2:
                waiting = receive()
                yield one.send(b"%d" % number)
            else:
                yield one.send(b"%d" % number)
                yield gen.sleep(0.001)
                gc.collect()
                waiting = receive()
            if sys.implementation.name != "cpython":
                yield gen.sleep(0.001)
                gc.collect()
            message = yield gen.with_timeout(datetime.timedelta(seconds=20), waiting)
            assert message in (b"%d" % number, [b"%d" % number])

    place = endpoint("inproc")
    with module.Context() as context:
        with context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as other:
            one.bind(place)
            other.connect(place)
            io_loop.run_sync(lambda: main(one, other))


def test_a_receive_that_timed_out_may_be_waited_for_again(pair: Any, io_loop: IOLoop) -> None:
    """with_timeout leaves the receive as it is: who has kept it gets the message, or the error."""
    one, other = pair
    later = datetime.timedelta(milliseconds=1)

    @gen.coroutine
    def main() -> Any:
        waiting = other.recv()
        for _ in range(3):
            with pytest.raises(gen.TimeoutError):
                yield gen.with_timeout(later, waiting)
        yield one.send(b"x")
        assert (yield waiting) == b"x"

    io_loop.run_sync(main, timeout=30)


def test_errors_after_a_time_out_of_tornado_are_logged(
    pair: Any, io_loop: IOLoop, said: Said
) -> None:
    """What a receive fails with after with_timeout has given up is logged, unless it is to be quiet."""
    _, other = pair
    later = datetime.timedelta(milliseconds=1)
    other.rcvtimeo = 20

    @gen.coroutine
    def main() -> Any:
        for quiet in ((), zmq.Again):
            waiting = other.recv()
            with pytest.raises(gen.TimeoutError):
                yield gen.with_timeout(later, waiting, quiet)
            yield gen.sleep(0.05)
            assert waiting.done()

    io_loop.run_sync(main, timeout=30)
    assert [line for line in said.take() if "after timeout" in line] != []


def test_old_loops_are_tornados(pair: Any) -> None:
    """install() does nothing and ZMQIOLoop is IOLoop; both say that they are old."""
    with pytest.warns(DeprecationWarning, match="install"):
        ioloop.install()
    with pytest.warns(DeprecationWarning, match="ZMQIOLoop"):
        assert ioloop.ZMQIOLoop is IOLoop
    assert ioloop.IOLoop is zmq.eventloop.IOLoop is IOLoop
    assert ioloop.PeriodicCallback is PeriodicCallback
    with pytest.raises(AttributeError, match="Nothing"):
        ioloop.Nothing  # noqa: B018


@pytest.mark.parametrize("module", ["eventloop", "eventloop.zmqstream", "eventloop.future"])
def test_without_tornado(module: str) -> None:
    """Where tornado is missing, or older than 6, the import says what to install."""
    programs.run(
        f"""
        import types
        for missing in (None, types.ModuleType("tornado")):
            sys.modules["tornado"] = missing
            if missing is not None:
                missing.version_info = (5, 1)
                sys.modules["tornado.ioloop"] = missing.ioloop = types.ModuleType("tornado.ioloop")
                missing.ioloop.IOLoop = None
            try:
                import zmq.{module}
            except ImportError as error:
                assert "pip install 'tornado>=6'" in str(error), error
            else:
                raise AssertionError("imported")
        """
    )


def test_nothing_else_imports_tornado() -> None:
    """zmq, zmq.asyncio and the rest of the package leave tornado alone."""
    programs.run(
        """
        import zmq.asyncio, zmq.auth, zmq.auth.ioloop, zmq.devices, zmq.log.handlers
        assert "tornado" not in sys.modules
        """
    )
