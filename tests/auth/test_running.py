# SPDX-License-Identifier: BSD-3-Clause
"""Authenticators start, go on whatever happens, and end."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import programs
import pytest
from programs import run
from support import terminate, until
from zap import request

import zmq
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.thread import ThreadAuthenticator

pytestmark = pytest.mark.libzmq("4.0")

# Before that, an inproc endpoint is free some time after its socket was closed.
restarts = pytest.mark.libzmq("4.1")

SocketFactory = Callable[..., "zmq.Socket[bytes]"]


def ask(socket: SocketFactory, frames: list[bytes]) -> bytes:
    """Send a request and return the status of the reply."""
    with socket(zmq.REQ) as asker:
        asker.connect("inproc://zeromq.zap.01")
        asker.send_multipart(frames)
        return asker.recv_multipart()[2]


def test_context_has_one_handler(auth: Any) -> None:
    """A second authenticator of a context fails to start, says why, and leaves the first alone."""
    second = ThreadAuthenticator(auth.context)
    with pytest.raises(zmq.ZMQError, match="in use") as caught:
        second.start()
    assert caught.value.errno == zmq.EADDRINUSE
    assert second.zap_socket is None
    assert not second.is_alive()
    second.stop()


@restarts
def test_thread_can_be_restarted(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """stop() frees the place of the handler at once, and may be called twice."""
    auth = ThreadAuthenticator(context)
    auth.stop()
    for _ in range(5):
        auth.start()
        assert auth.is_alive()
        assert ask(socket, request("NULL")) == b"200"
        auth.stop()
        assert not auth.is_alive()
        assert auth.zap_socket is None
        auth.stop()


@restarts
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_thread_leaves_no_descriptors(context: zmq.Context[Any]) -> None:
    """Starting and stopping again and again opens no more and more files."""
    auth = ThreadAuthenticator(context)

    def once() -> int:
        auth.start()
        auth.stop()
        return len(os.listdir("/proc/self/fd"))

    before = max(once() for _ in range(5))
    for _ in range(20):
        once()
    until(lambda: once() <= before)


@pytest.mark.parametrize("how", ["term", "destroy"])
def test_thread_ends_with_its_context(how: str) -> None:
    """The end of the context ends the thread; it does not wait for stop()."""
    context: zmq.Context[Any] = zmq.Context()
    auth = ThreadAuthenticator(context)
    auth.start()
    thread = auth.thread
    assert thread is not None
    if how == "term":
        terminate(context)
    else:
        context.destroy()
    thread.join(10)
    assert not auth.is_alive()
    auth.stop()


def test_thread_stopped_by_a_provider(
    context: zmq.Context[Any], socket: SocketFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """stop() called in the thread itself does not wait for itself."""
    auth = ThreadAuthenticator(context)
    auth.configure_curve_callback("*", lambda domain, key: auth.stop())
    auth.start()
    thread = auth.thread
    assert thread is not None
    with socket(zmq.REQ) as asker:
        asker.connect("inproc://zeromq.zap.01")
        asker.send_multipart(request("CURVE", bytes(32)))
        thread.join(10)
    assert not thread.is_alive()


def test_thread_ends_what_providers_left(context: zmq.Context[Any], socket: SocketFactory) -> None:
    """Tasks that a provider has started are cancelled with the thread."""
    auth = ThreadAuthenticator(context)
    tasks: list[asyncio.Task[None]] = []

    async def callback(domain: str, key: bytes) -> bool:
        tasks.append(asyncio.get_running_loop().create_task(asyncio.sleep(3600)))
        await asyncio.sleep(0)
        return True

    auth.configure_curve_callback("*", callback)
    auth.start()
    assert ask(socket, request("CURVE", bytes(32))) == b"200"
    auth.stop()
    assert tasks[0].cancelled()


@restarts
def test_thread_that_cannot_start(
    context: zmq.Context[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread can be started, start() says so and leaves nothing behind."""

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    auth = ThreadAuthenticator(context)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            auth.start()
    auth.start()
    auth.stop()


def test_configured_while_it_runs(auth: Any, socket: SocketFactory) -> None:
    """What is configured after start(), from another thread, counts from then on."""
    frames = request("PLAIN", b"bob", b"builder")
    for password, status in (("builder", b"200"), ("other", b"400"), ("builder", b"200")):
        auth.configure_plain("*", {"bob": password})
        assert ask(socket, frames) == status


def test_handler_of_a_subclass_may_fail(
    auth: Any,
    socket: SocketFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever an overridden method raises is answered with status 500, and logged."""

    async def fail(msg: list[bytes]) -> None:
        raise ValueError("hush")

    with monkeypatch.context() as patch:
        patch.setattr(auth, "handle_zap_message", fail)
        assert ask(socket, request("NULL")) == b"500"
        assert ask(socket, [b""]) == b"500"
    with monkeypatch.context() as patch:
        patch.setattr(auth, "curve_user_id", lambda key: key[99])
        auth.configure_curve("*", "*")
        assert ask(socket, request("CURVE", bytes(32))) == b"500"
    assert ask(socket, request("NULL")) == b"200"
    assert "ValueError" in caplog.text
    assert "IndexError" in caplog.text
    assert "hush" not in caplog.text


def test_slow_provider_does_not_hold_up_the_loop(
    context: zmq.Context[Any], socket: SocketFactory, loop_thread: Any
) -> None:
    """While a provider is awaited, the rest of an asyncio program goes on."""
    auth = AsyncioAuthenticator(context)
    asked = threading.Event()
    may_go_on: asyncio.Event = loop_thread.call(asyncio.Event)

    async def callback(domain: str, key: bytes) -> bool:
        asked.set()
        await may_go_on.wait()
        return True

    auth.configure_curve_callback("*", callback)
    loop_thread.call(auth.start)
    with socket(zmq.REQ) as asker:
        asker.connect("inproc://zeromq.zap.01")
        asker.send_multipart(request("CURVE", bytes(32)))
        assert asked.wait(10)
        loop_thread.call(may_go_on.set)
        assert asker.recv_multipart()[2] == b"200"
    loop_thread.call(auth.stop)


@restarts
def test_asyncio_stopped_while_a_provider_is_awaited(
    context: zmq.Context[Any], socket: SocketFactory, loop_thread: Any
) -> None:
    """stop() ends the wait for a provider too, and the place of the handler is free."""
    auth = AsyncioAuthenticator(context)
    asked = threading.Event()
    futures: list[asyncio.Future[bool]] = []

    def callback(domain: str, key: bytes) -> asyncio.Future[bool]:
        futures.append(asyncio.get_running_loop().create_future())
        asked.set()
        return futures[0]

    auth.configure_curve_callback("*", callback)
    loop_thread.call(auth.start)
    with socket(zmq.REQ) as asker:
        asker.connect("inproc://zeromq.zap.01")
        asker.send_multipart(request("CURVE", bytes(32)))
        assert asked.wait(10)
        loop_thread.call(auth.stop)
        until(futures[0].cancelled)
    loop_thread.call(auth.start)
    assert ask(socket, request("NULL")) == b"200"
    loop_thread.call(auth.stop)


def test_asyncio_in_a_loop_of_its_own(context: zmq.Context[Any]) -> None:
    """Started in a coroutine, it answers while the loop runs; its end needs no more than stop()."""

    async def main() -> bytes:
        auth = AsyncioAuthenticator(context)
        auth.start()
        with context.socket(zmq.REQ) as asker:
            asker.connect("inproc://zeromq.zap.01")
            asker.send_multipart(request("NULL"))
            while not asker.poll(0):
                await asyncio.sleep(0)
            reply: bytes = asker.recv_multipart()[2]
        auth.stop()
        auth.stop()
        return reply

    assert asyncio.run(main(), debug=True) == b"200"


def test_asyncio_with_a_given_loop(context: zmq.Context[Any]) -> None:
    """With a loop given, start() may come before the loop runs, and stop() after it closed."""
    loop = asyncio.SelectorEventLoop()
    auth = AsyncioAuthenticator(context, loop)
    auth.start()
    assert auth._task is not None
    loop.run_until_complete(asyncio.sleep(0))
    auth._task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    auth.stop()


def test_asyncio_ends_with_its_context(loop_thread: Any) -> None:
    """When the context is destroyed in the loop's thread, the task ends by itself."""
    context: zmq.Context[Any] = zmq.Context()
    auth = AsyncioAuthenticator(context)
    loop_thread.call(auth.start)
    task = auth._task
    assert task is not None
    loop_thread.call(context.destroy)
    until(task.done)
    assert task.exception() is None
    loop_thread.call(auth.stop)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_leaves_the_parents_handler_alone() -> None:
    """A forked child may stop its copy of an authenticator, and start another one."""
    assert (
        run("""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
from zmq.auth.thread import ThreadAuthenticator
def ask(context):
    with context.socket(zmq.REQ) as asker:
        asker.rcvtimeo = 5000
        asker.connect("inproc://zeromq.zap.01")
        asker.send_multipart([b"1.0", b"1", b"", b"", b"", b"NULL"])
        return asker.recv_multipart()[2]
context = zmq.Context()
auth = ThreadAuthenticator(context)
auth.start()
child = os.fork()
if not child:
    assert not auth.is_alive()
    auth.stop()
    with zmq.Context() as other:
        auth = ThreadAuthenticator(other)
        auth.start()
        assert ask(other) == b"200"
        auth.stop()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert ask(context) == b"200"
auth.stop()
context.term()
print("done")
""")
        == "done\n"
    )


def test_program_may_end_without_stop() -> None:
    """A program that just ends, with an authenticator running, ends in silence."""
    assert (
        run(
            """
from zmq.auth.thread import ThreadAuthenticator
auth = ThreadAuthenticator(zmq.Context.instance())
auth.start()
print("done")
""",
            stderr="",
        )
        == "done\n"
    )


def test_importing_is_cheap() -> None:
    """zmq.auth imports neither asyncio nor logging, which a program may not need."""
    assert (
        run("""
import zmq.auth
print(sorted({"asyncio", "logging", "tempfile", "hmac", "ipaddress"} & set(sys.modules)))
""")
        == "[]\n"
    )


def test_log_by_default(context: zmq.Context[Any]) -> None:
    """The log is the one called zmq.auth."""
    assert ThreadAuthenticator(context).log is logging.getLogger("zmq.auth")


def test_a_context_that_ends_before_the_loop_goes_round() -> None:
    """An asyncio authenticator that never had a turn says nothing when all is over."""
    program = """
import asyncio
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

async def closed():
    with zmq.asyncio.Context() as context:
        AsyncioAuthenticator(context).start()

async def stopped():
    authenticator = AsyncioAuthenticator(zmq.asyncio.Context())
    authenticator.start()
    authenticator.stop()
    authenticator.context.term()

asyncio.run(closed())
asyncio.run(stopped())
"""
    programs.run(program)
