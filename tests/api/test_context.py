# SPDX-License-Identifier: BSD-3-Clause
"""Contexts: their options and defaults, their sockets, their copies, their end."""

from __future__ import annotations

import copy
import errno
import gc
import inspect
import pickle
import signal
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import programs
import pytest
from support import terminate, until

import zmq
from zmq import _context

# --- making ---------------------------------------------------------------------------------------


def test_fresh_context() -> None:
    """A context is open, has an address in C, one I/O thread, and no defaults."""
    context = zmq.Context()
    assert not context.closed
    assert context.underlying > 0
    assert context.get(zmq.IO_THREADS) == 1
    assert context.sockopts == {}
    context.term()
    assert context.closed
    assert context.underlying == 0
    context.term()
    context.destroy()


@pytest.mark.parametrize("count", [0, 1, 3, True])
def test_io_threads(count: int) -> None:
    """The number of threads is an argument, by position and by name."""
    for context in (zmq.Context(count), zmq.Context(io_threads=count)):
        assert context.io_threads == count
        context.term()


@pytest.mark.parametrize(
    ("count", "error"),
    [
        (-1, zmq.ZMQError),
        ("1", TypeError),
        (b"1", TypeError),
        (None, TypeError),
        (1.5, TypeError),
        ([], TypeError),
        (2**31, OverflowError),
        (2**64, OverflowError),
    ],
)
def test_wrong_io_threads(count: Any, error: type[Exception]) -> None:
    """A number of threads that cannot be is refused, and the text names it."""
    with pytest.raises(error, match="io_threads") as raised:
        zmq.Context(count)
    assert getattr(raised.value, "errno", zmq.EINVAL) == zmq.EINVAL


def test_instance() -> None:
    """Context.instance() is one context, in all threads, until that is closed."""
    one = zmq.Context.instance()
    seen: list[zmq.Context] = []
    threads = [
        threading.Thread(target=lambda: seen.append(zmq.Context.instance())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(context is one for context in seen)
    one.term()
    another = zmq.Context.instance(2)
    assert another is not one
    assert another.io_threads == 2
    assert zmq.Context.instance(5) is another
    another.term()


# --- options --------------------------------------------------------------------------------------


def test_options(context: zmq.Context) -> None:
    """Options are set and got by method and by attribute, in any case."""
    for number, name in enumerate(("max_sockets", "MAX_SOCKETS", "Max_Sockets"), 5):
        setattr(context, name, number)
        assert context.get(zmq.MAX_SOCKETS) == number
        assert context.max_sockets == context.MAX_SOCKETS == context.Max_Sockets == number
    context.set(zmq.IO_THREADS, 2)
    assert context.io_threads == 2
    context.set(option=zmq.IO_THREADS, optval=3)
    assert context.get(option=zmq.IO_THREADS) == 3


@pytest.mark.parametrize(
    ("option", "value", "error"),
    [
        (9999, 1, zmq.ZMQError),
        (-1, 1, zmq.ZMQError),
        (zmq.IO_THREADS, -1, zmq.ZMQError),
        (zmq.MAX_SOCKETS, 0, zmq.ZMQError),
        (zmq.MAX_SOCKETS, -5, zmq.ZMQError),
        (zmq.IO_THREADS, "1", TypeError),
        (zmq.IO_THREADS, b"1", TypeError),
        (zmq.IO_THREADS, None, TypeError),
        (zmq.IO_THREADS, 1.0, TypeError),
        (zmq.IO_THREADS, 2**31, OverflowError),
        ("io_threads", 1, TypeError),
        (None, 1, TypeError),
        (1.0, 1, TypeError),
        ([], 1, TypeError),
        (2**31, 1, OverflowError),
    ],
)
def test_wrong_options(
    option: Any, value: Any, error: type[Exception], context: zmq.Context
) -> None:
    """What cannot be set is refused, and nothing changes."""
    before = context.io_threads
    with pytest.raises(error) as raised:
        context.set(option, value)
    assert getattr(raised.value, "errno", zmq.EINVAL) == zmq.EINVAL
    assert context.io_threads == before
    if option != zmq.IO_THREADS and option != zmq.MAX_SOCKETS:
        with pytest.raises(error):
            context.get(option)


def test_misspelt_attribute(context: zmq.Context) -> None:
    """What is no option is an AttributeError, read, set and deleted."""
    for name in ("nonsense", "lingr", "_private", "__x"):
        assert not hasattr(context, name)
        with pytest.raises(AttributeError):
            setattr(context, name, 5)
        with pytest.raises(AttributeError):
            delattr(context, name)
    for name in ("closed", "underlying"):
        with pytest.raises(AttributeError):
            setattr(context, name, 5)


def test_methods_can_be_replaced(context: zmq.Context) -> None:
    """Tests of programs may put a mock in the place of a method of one context."""
    with mock.patch.object(context, "socket", return_value=5):
        assert context.socket(zmq.PUSH) == 5  # type: ignore[comparison-overlap]
    context.socket(zmq.PUSH).close()


def test_closed_context() -> None:
    """A closed context has no options and makes no sockets, and the text says why."""
    context = zmq.Context()
    context.term()
    for operation in (
        lambda: context.get(zmq.IO_THREADS),
        lambda: context.set(zmq.IO_THREADS, 1),
        lambda: context.io_threads,
        lambda: setattr(context, "io_threads", 1),
    ):
        with pytest.raises(RuntimeError, match=r"has been destroyed.*terminated"):
            operation()
    for operation in (
        lambda: context.socket(zmq.PUSH),
        lambda: zmq.Socket(context, zmq.PUSH),
        lambda: zmq.Context(context),
        lambda: zmq.Context.shadow(context),
        lambda: copy.copy(context),
        lambda: copy.deepcopy(context),
    ):
        with pytest.raises(zmq.ZMQError, match="was terminated: make another") as raised:
            operation()
        assert raised.value.errno == zmq.ENOTSUP
    context.linger = 5
    assert context.linger == context.getsockopt(zmq.LINGER) == 5


# --- defaults of sockets --------------------------------------------------------------------------


def test_defaults(context: zmq.Context) -> None:
    """Socket options set on a context are those of the sockets that it makes from then on."""
    before = context.socket(zmq.PULL)
    context.linger = 5
    context.RCVHWM = 6
    context.RcvTimeo = 7
    context.setsockopt(zmq.ROUTING_ID, b"me")
    assert (context.linger, context.rcvhwm, context.RCVTIMEO) == (5, 6, 7)
    assert context.getsockopt(zmq.ROUTING_ID) == context.identity == b"me"
    assert context.sockopts == {
        zmq.LINGER: 5,
        zmq.RCVHWM: 6,
        zmq.RCVTIMEO: 7,
        zmq.ROUTING_ID: b"me",
    }
    after = context.socket(zmq.PULL)
    assert (after.linger, after.rcvhwm, after.rcvtimeo, after.identity) == (5, 6, 7, b"me")
    assert (before.linger, before.rcvhwm, before.rcvtimeo, before.identity) == (-1, 1000, -1, b"")
    before.close()
    after.close()


def test_no_default(context: zmq.Context) -> None:
    """A default that was not set, or was deleted, is not there."""
    context.linger = 5
    del context.linger
    assert not hasattr(context, "linger")
    with pytest.raises(AttributeError, match="no default for LINGER"):
        context.linger  # noqa: B018
    with pytest.raises(KeyError):
        context.getsockopt(zmq.LINGER)
    with pytest.raises(AttributeError):
        del context.linger
    with context.socket(zmq.PUSH) as one:
        assert one.linger == -1


def test_defaults_that_a_type_lacks(context: zmq.Context) -> None:
    """A default is for those types that have the option; others are made all the same."""
    context.subscribe = b"topic"
    context.router_mandatory = 1
    context.setsockopt(9999, 1)
    publisher = context.socket(zmq.XPUB)
    publisher.bind("inproc://topics")
    subscriber = context.socket(zmq.SUB)
    subscriber.connect("inproc://topics")
    assert publisher.recv() == b"\x01topic"
    publisher.close()
    subscriber.close()


@pytest.mark.parametrize("value", ["x", None, 2**40, 1.5])
def test_defaults_that_cannot_be(value: Any, context: zmq.Context) -> None:
    """A default of a wrong type is found when a socket is made, and no socket is left over."""
    context.linger = value
    with pytest.raises((TypeError, OverflowError)):
        context.socket(zmq.PUSH)
    gc.collect()
    assert repr(context).startswith("<zmq.Context() at")


# --- sockets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (9999, zmq.ZMQError),
        (-1, zmq.ZMQError),
        ("x", TypeError),
        (None, TypeError),
        (1.0, TypeError),
        ([], TypeError),
        (2**31, OverflowError),
        (2**64, OverflowError),
    ],
)
def test_wrong_socket_types(kind: Any, error: type[Exception], context: zmq.Context) -> None:
    """What is no type of socket is refused."""
    for operation in (lambda: context.socket(kind), lambda: zmq.Socket(context, kind)):
        with pytest.raises(error) as raised:
            operation()
        assert getattr(raised.value, "errno", zmq.EINVAL) == zmq.EINVAL


@pytest.mark.parametrize("context", [None, 5, "x", object()])
def test_sockets_need_a_context(context: Any) -> None:
    """A socket without a context is a TypeError that says so."""
    with pytest.raises(TypeError, match="context must be specified"):
        zmq.Socket(context, zmq.PUSH)
    with pytest.raises(TypeError, match="context must be specified"):
        zmq.Socket()


def test_socket_class(context: zmq.Context) -> None:
    """The class of sockets is an argument, or an attribute of a class of contexts."""

    class Special(zmq.Socket):
        def __init__(self, *args: Any, word: str = "", **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.word = word

        word: str

    class SpecialContext(zmq.Context):
        _socket_class = Special

    with context.socket(zmq.PUSH, Special, word="x") as one:
        assert type(one) is Special
        assert (one.word, one.type, one.context) == ("x", zmq.PUSH, context)
    with SpecialContext() as special, special.socket(zmq.PULL, word="y") as other:
        assert type(other) is Special
        assert other.word == "y"
        with special.socket(zmq.PULL, socket_class=zmq.Socket) as plain:
            assert type(plain) is zmq.Socket


def test_class_may_be_a_function(context: zmq.Context) -> None:
    """What makes the socket may be any callable."""
    made: Any = context.socket(zmq.PUSH, socket_class=lambda *args, **kwargs: (args, kwargs), a=1)
    assert made == ((context, zmq.PUSH), {"a": 1})


def test_unknown_arguments(context: zmq.Context) -> None:
    """An argument that nobody knows is a TypeError."""
    with pytest.raises(TypeError):
        context.socket(zmq.PUSH, nonsense=1)
    with pytest.raises(TypeError):
        zmq.Context(nonsense=1)  # type: ignore[call-overload]


def test_too_many_sockets() -> None:
    """One socket too many is EMFILE, and the text says what to do."""
    with zmq.Context() as context:
        context.max_sockets = 2
        sockets = [context.socket(zmq.PUSH) for _ in range(2)]
        with pytest.raises(zmq.ZMQError, match="MAX_SOCKETS") as raised:
            context.socket(zmq.PUSH)
        assert raised.value.errno == errno.EMFILE
        sockets[0].close()
        until(lambda: could_open(context))


def could_open(context: zmq.Context) -> bool:
    try:
        context.socket(zmq.PUSH).close()
    except zmq.ZMQError:
        return False
    return True


def test_subclasses() -> None:
    """A subclass of Context may have attributes of its own."""

    class Special(zmq.Context):
        plain = 1
        annotated: int

        def __init__(self) -> None:
            super().__init__()
            self.annotated = 2

    with Special() as context:
        context.plain = 3
        assert (context.plain, context.annotated) == (3, 2)
        with pytest.raises(AttributeError):
            context.nonsense = 5


# --- looking at it --------------------------------------------------------------------------------


def test_repr() -> None:
    """repr() shows the class, how many sockets are open, and whether it is closed."""

    class Special(zmq.Context):
        pass

    context = zmq.Context()
    assert repr(context) == str(context) == f"<zmq.Context() at {id(context):#x}>"
    one = context.socket(zmq.PUSH)
    assert repr(context) == f"<zmq.Context(1 socket) at {id(context):#x}>"
    other = context.socket(zmq.PUSH)
    assert repr(context) == f"<zmq.Context(2 sockets) at {id(context):#x}>"
    zmq.Socket.shadow(one).close()
    assert repr(context) == f"<zmq.Context(1 socket) at {id(context):#x}>"
    other.close()
    context.term()
    assert repr(context) == f"<zmq.Context() at {id(context):#x} closed>"
    with Special() as special:
        assert f"{Special.__qualname__}()" in repr(special)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol: int, context: zmq.Context) -> None:
    """Contexts and sockets cannot be pickled, and the text says what to do instead."""
    with context.socket(zmq.PUSH) as one:
        for value in (context, one):
            with pytest.raises(TypeError, match="create .* in the process"):
                pickle.dumps(value, protocol)


# --- copies ---------------------------------------------------------------------------------------

SHADOWS: dict[str, Callable[[zmq.Context], zmq.Context]] = {
    "Context(context)": lambda context: zmq.Context(context),
    "Context(shadow=context)": lambda context: zmq.Context(shadow=context),
    "Context(shadow=address)": lambda context: zmq.Context(shadow=context.underlying),
    "shadow(context)": lambda context: zmq.Context.shadow(context),
    "shadow(address)": lambda context: zmq.Context.shadow(context.underlying),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "shadow of a shadow": lambda context: zmq.Context.shadow(zmq.Context.shadow(context)),
}
shadows = pytest.mark.parametrize("shadow", SHADOWS.values(), ids=SHADOWS)


@shadows
def test_shadow(shadow: Any) -> None:
    """A shadow stands for the same C context: sockets of both meet, options are the same."""
    original = zmq.Context()
    other = shadow(original)
    assert other is not original
    assert other.underlying == original.underlying
    original.max_sockets = 77
    assert other.max_sockets == 77
    with original.socket(zmq.PUSH) as a, other.socket(zmq.PULL) as b:
        assert b.context is other
        a.bind("inproc://x")
        b.connect("inproc://x")
        a.send(b"x")
        assert b.recv() == b"x"
    original.term()


@shadows
def test_collecting_a_shadow(shadow: Any) -> None:
    """When a shadow is collected, nothing happens to the original, and nobody is warned."""
    original = zmq.Context()
    other = weakref.ref(shadow(original))
    gc.collect()
    assert other() is None
    original.socket(zmq.PUSH).close()
    original.term()


@shadows
@pytest.mark.parametrize("by_shadow", [False, True])
def test_terminating_either(by_shadow: bool, shadow: Any) -> None:
    """Terminating either closes both."""
    original = zmq.Context()
    other = shadow(original)
    (other if by_shadow else original).term()
    assert original.closed
    assert other.closed
    for context in (original, other):
        context.term()
        context.destroy()
        with pytest.raises(zmq.ZMQError) as raised:
            context.socket(zmq.PUSH)
        assert raised.value.errno == zmq.ENOTSUP


@pytest.mark.parametrize("by_address", [False, True])
def test_collecting_the_original(by_address: bool) -> None:
    """A shadow made of the object keeps it alive; one made of the address is closed with it."""
    original = zmq.Context()
    other = zmq.Context.shadow(original.underlying if by_address else original)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del original
        gc.collect()
    assert other.closed is by_address
    if by_address:
        with pytest.raises(zmq.ZMQError):
            other.socket(zmq.PUSH)
    else:
        other.socket(zmq.PUSH).close()
        other.term()


def test_sockets_of_a_shadow_outlive_the_original(context: zmq.Context) -> None:
    """Sockets that a shadow made are told that the context ends, as all others are."""
    original = zmq.Context()
    one = zmq.Context.shadow(original.underlying).socket(zmq.PULL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del original
        gc.collect()
    with pytest.raises(zmq.ContextTerminated):
        one.recv()
    one.close()


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("x", ValueError),
        (b"x", ValueError),
        (1.5, ValueError),
        (object(), ValueError),
        (-1, OverflowError),
        (2**64, OverflowError),
        (2**70, OverflowError),
        (1, zmq.ZMQError),
        (5, zmq.ZMQError),
        (4095, zmq.ZMQError),
        (2**40 + 1, zmq.ZMQError),
    ],
)
def test_shadow_of_what_is_no_address(address: Any, error: type[Exception]) -> None:
    """What cannot be the address of anything in C is refused before C looks there."""
    for kind, errnum in ((zmq.Context, errno.EFAULT), (zmq.Socket, zmq.ENOTSOCK)):
        with pytest.raises(error) as raised:
            kind.shadow(address)
        assert getattr(raised.value, "errno", errnum) == errnum
        with pytest.raises(error):
            kind(shadow=address)


def test_shadow_pyczmq() -> None:
    """Without pyczmq its contexts are an ImportError."""
    with pytest.raises(ImportError):
        zmq.Context.shadow_pyczmq(5)


# --- the end --------------------------------------------------------------------------------------


def test_with_block() -> None:
    """At the end of a with block the context is destroyed with its sockets, also by an error."""
    with zmq.Context() as context:
        one = context.socket(zmq.PUSH)
    assert context.closed
    assert one.closed
    with pytest.raises(ZeroDivisionError), zmq.Context() as context:
        one = context.socket(zmq.PUSH)
        raise ZeroDivisionError
    assert context.closed
    assert one.closed


@pytest.mark.parametrize("linger", [None, 0, 5, -1])
def test_destroy(linger: int | None) -> None:
    """destroy() closes all sockets of the context, with the linger given."""
    context = zmq.Context()
    sockets = [context.socket(kind) for kind in (zmq.PUSH, zmq.PULL, zmq.PAIR)]
    sockets[0].close()
    with mock.patch.object(sockets[1], "close", wraps=sockets[1].close) as close:
        context.destroy(linger)
    close.assert_called_once_with(linger)
    assert all(one.closed for one in sockets)
    assert context.closed


def test_destroy_drops_what_was_not_sent() -> None:
    """With a linger of 0 destroy() does not wait for what nobody receives."""
    context = zmq.Context()
    one = context.socket(zmq.PUSH)
    one.connect("tcp://127.0.0.1:1")
    one.send(b"never received")
    context.destroy(linger=0)
    assert one.closed


@pytest.mark.parametrize("linger", ["x", 1.5, 2**31])
def test_destroy_with_a_wrong_linger(linger: Any) -> None:
    """A linger that cannot be is refused, and the context can still be destroyed."""
    context = zmq.Context()
    one = context.socket(zmq.PUSH)
    with pytest.raises((TypeError, OverflowError)):
        context.destroy(linger)
    assert not one.closed
    assert not context.closed
    context.destroy(0)


def test_term_waits_for_sockets() -> None:
    """term() waits until the last socket is closed."""
    context = zmq.Context()
    sockets = [context.socket(zmq.PUSH) for _ in range(3)]
    thread = threading.Thread(target=context.term)
    thread.start()
    for one in sockets:
        assert thread.is_alive()
        assert not context.closed
        one.close()
    thread.join()
    assert context.closed


def test_term_ends_what_waits() -> None:
    """Calls that wait, and calls to come, raise ContextTerminated."""
    context = zmq.Context()
    one = context.socket(zmq.PULL)
    one.bind("inproc://x")
    raised: list[BaseException] = []

    def receive() -> None:
        for operation in (one.recv, one.recv_multipart, one.poll, lambda: one.get(zmq.EVENTS)):
            with pytest.raises(zmq.ContextTerminated) as info:
                operation()
            raised.append(info.value)
        one.close()

    thread = threading.Thread(target=receive)
    thread.start()
    terminate(context)
    thread.join()
    assert [error.errno for error in raised] == [zmq.ETERM] * 4
    assert context.closed


def test_making_sockets_while_it_ends() -> None:
    """A context that is ending makes no more sockets: ContextTerminated."""
    context = zmq.Context()
    one = context.socket(zmq.PUSH)
    thread = threading.Thread(target=context.term)
    thread.start()

    def is_ending() -> bool:
        try:
            context.socket(zmq.PUSH).close()
        except zmq.ContextTerminated:
            return True
        return False

    until(is_ending)
    one.close()
    thread.join()


def test_terminating_twice_at_once() -> None:
    """Several threads may terminate one context, through several views; all return."""
    for _ in range(20):
        context = zmq.Context()
        one = context.socket(zmq.PUSH)
        views = [context, zmq.Context.shadow(context), zmq.Context.shadow(context.underlying)]
        threads = [threading.Thread(target=view.term) for view in views for _ in range(2)]
        for thread in threads:
            thread.start()
        one.close()
        for thread in threads:
            thread.join()
        assert all(view.closed for view in views)
    assert not _context._terminating


def test_term_waits_for_messages(socket: Any) -> None:
    """What was sent before close() still arrives: term() waits for it."""
    receiver = socket(zmq.PULL)
    receiver.bind("tcp://127.0.0.1:*")
    with zmq.Context() as other, other.socket(zmq.PUSH) as sender:
        sender.connect(receiver.last_endpoint)
        for _ in range(100):
            sender.send(b"x" * 1000)
    for _ in range(100):
        assert receiver.recv() == b"x" * 1000


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs signals of POSIX")
def test_interrupted_term() -> None:
    """Ctrl-C ends a term() that waits, and the context can be used and terminated after that."""
    programs.run(
        """
        import signal
        context = zmq.Context()
        one = context.socket(zmq.PUSH)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        try:
            context.term()
        except KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert not context.closed and not one.closed
        one.close()
        context.term()
        assert context.closed
        """
    )


# --- being collected ------------------------------------------------------------------------------


@pytest.fixture
def warned() -> Iterator[list[warnings.WarningMessage]]:
    """Collect the warnings of the test instead of failing it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def this_line() -> str:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return f"{__file__}:{frame.f_back.f_lineno}"


def test_collected_context_warns(warned: list[warnings.WarningMessage]) -> None:
    """A context that is collected open is a ResourceWarning that tells where it was made."""
    context, line = zmq.Context(), this_line()
    shown = repr(context)
    del context
    gc.collect()
    [warning] = warned
    assert warning.category is ResourceWarning
    assert str(warning.message) == f"Unclosed context {shown}, created at {line}"


def test_collected_socket_warns(
    context: zmq.Context, warned: list[warnings.WarningMessage]
) -> None:
    """A socket that is collected open is a ResourceWarning that tells where it was made."""
    for make in (lambda: context.socket(zmq.PUSH), lambda: zmq.Socket(context, zmq.PUSH)):
        one = make()
        shown, line = repr(one), make.__code__.co_firstlineno
        del one
        gc.collect()
        warning = warned.pop()
        assert warning.category is ResourceWarning
        assert str(warning.message) == f"Unclosed socket {shown}, created at {__file__}:{line}"
    assert not warned


def test_collected_ones_end_where_warnings_are_errors() -> None:
    """A dropped socket is closed, and a dropped context ends, if their warnings raise, too."""
    programs.run(
        """
        import gc
        from support import until

        with zmq.Context() as context:
            context.socket(zmq.PUSH)
            gc.collect()
        threads = lambda: os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else []
        before = len(threads())
        zmq.Context().socket(zmq.PUSH).close()
        gc.collect()
        until(lambda: gc.collect() or len(threads()) <= before)
        """,
        stderr=None,
    )


def test_socket_of_a_subclass_was_made_by_the_program(
    context: zmq.Context, warned: list[warnings.WarningMessage]
) -> None:
    """The line told is the program's, not one of this package."""

    class Special(zmq.Socket):
        pass

    one, line = context.socket(zmq.PUSH, Special), this_line()
    del one
    gc.collect()
    assert str(warned.pop().message).endswith(f"created at {line}")


def test_closed_ones_do_not_warn(warned: list[warnings.WarningMessage]) -> None:
    """What was closed is collected without a word."""
    context = zmq.Context()
    one = context.socket(zmq.PUSH)
    one.close()
    context.term()
    failed = None
    try:
        zmq.Context(-1)
    except zmq.ZMQError as error:
        failed = error
    assert failed
    del context, one, failed
    gc.collect()
    assert not warned


def test_collected_socket_is_closed(context: zmq.Context) -> None:
    """A socket that is collected gives its endpoint back, and keeps no context from ending."""
    one = context.socket(zmq.PUSH)
    one.bind("inproc://given-back")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del one
        gc.collect()
    other = context.socket(zmq.PUSH)
    until(lambda: could_bind(other))
    other.close()


def could_bind(socket: zmq.Socket) -> bool:
    try:
        socket.bind("inproc://given-back")
    except zmq.ZMQError:
        return False
    return True


def test_collecting_never_waits() -> None:
    """A context is collected at once, although a message of it can never be sent."""
    programs.run(
        """
        import gc, warnings
        warnings.simplefilter("ignore", ResourceWarning)

        def leave():
            context = zmq.Context()
            one = context.socket(zmq.PUSH)
            one.connect("tcp://127.0.0.1:1")
            one.send(b"never received")
            cycle = [context, one]
            cycle.append(cycle)

        for _ in range(5):
            leave()
            gc.collect()
        context = zmq.Context()
        kept = context.socket(zmq.PUSH)
        print("ended")
        """,
        stderr=None,
    )


@pytest.mark.libzmq("4.0")
def test_open_ones_do_not_keep_python_from_ending() -> None:
    """A program that closes nothing ends, whatever refers to what."""
    programs.run(
        """
        import sys, warnings
        warnings.simplefilter("ignore", ResourceWarning)
        context = zmq.Context()
        one = context.socket(zmq.PUSH)
        one.connect("tcp://127.0.0.1:1")
        one.send(b"never received")
        sys.kept = [zmq.Context(), zmq.Context.instance(), zmq.Context.shadow(context)]
        monitor = one.get_monitor_socket()
        """
    )


@pytest.mark.parametrize(
    "how", ["self.socket.close(0); self.context.term()", "self.context.destroy(0)"]
)
def test_ended_by_a_finalizer(how: str) -> None:
    """A context can be ended by the finalizer of an object that the collector is at, or the exit."""
    source = f"""
        import gc, warnings
        warnings.simplefilter("ignore", ResourceWarning)
        class Client:
            def __init__(self):
                self.context = zmq.Context()
                self.socket = self.context.socket(zmq.PUSH)
                self.socket.setsockopt(zmq.LINGER, 0)
                self.me = self
            def __del__(self):
                {how}
                print(self.context.closed)
        for _ in range(3):
            Client()
            gc.collect()
        with zmq.Context() as context:
            context.socket(zmq.PUSH)
        at_exit = Client()
        at_exit.me = None
    """
    out = programs.run(source)
    assert out.split() in (["True"] * 4, ["True"] * 3), out  # PyPy finalizes nothing at its exit
