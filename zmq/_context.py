# SPDX-License-Identifier: BSD-3-Clause
"""Context: the container of sockets, and of the threads that do their I/O."""

from __future__ import annotations

import atexit
import os
import sys
from _thread import RLock, allocate_lock
from _weakref import ref

from . import _inproc, _monitors, _options, _socket_views, _wakeup
from ._ctypes import bind as _bind
from ._ctypes import errors
from ._ctypes.bind import C
from ._generic import Of
from ._options import OptionAttributes, c_int
from ._socket import Socket, close_forgotten
from ._socket_base import caller, checked_address, place, public_name
from .constants import CONTEXT_OPTION_SINCE, ContextOption, Errno, SocketOption
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, overload

    from typing_extensions import TypeVar

    SocketT = TypeVar("SocketT", bound="Socket[Any]", default="Socket[bytes]")
    OtherT = TypeVar("OtherT", bound="Socket[Any]")
    T = TypeVar("T", bound="Context[Any]")
else:
    SocketT = None


EINVAL = int(Errno.EINVAL)
EFAULT = int(Errno.EFAULT)
ENOTSUP = int(Errno.ENOTSUP)

_set = object.__setattr__

# Every Context object, so that a forked child can abandon what belongs to its parent.
_contexts: set[ref[Any]] = set()


# C context -> what keeps two threads from terminating it at once, which libzmq would not survive.
_terminating: dict[int, Any] = {}


def _living() -> list[Any]:
    found = [reference() for reference in list(_contexts)]
    return [context for context in found if context is not None]


def _abandon_all() -> None:
    """In a forked child: the parent's contexts have no threads here."""
    # Another thread of the parent may have been holding it.
    Context._instance_lock = allocate_lock()
    _terminating.clear()
    for context in _living():
        _set(context, "_handle", 0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)


class Context(OptionAttributes, Of[SocketT]):
    """A ZeroMQ context: makes sockets and runs the threads that do their I/O.

    Parameters
    ----------
    io_threads : int
        Threads for I/O; 0 allows inproc only. A Context here makes this one its
        shadow.
    shadow : int or Context
        Address of a C context (``Context.underlying``) to stand for, which
        somebody else owns: it is not terminated when this object is collected.

    Attributes
    ----------
    sockopts : dict
        Options that new sockets of this context get, where their type takes them.
    Options are attributes, in any case: those of contexts (``context.max_sockets``)
    are set at once, those of sockets (``context.linger = 0``) go to ``sockopts``.

    Raises
    ------
    zmq.ZMQError : a negative number of threads (EINVAL)

    Notes
    -----
    Wraps ``zmq_ctx_new``. May be used from any thread. A context made before a fork
    is closed in the child. One that is collected without term() is terminated in the
    background, where it may wait for messages to be sent.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_created",
        "_handle",
        "_pid",
        "_shadow",
        "_shadow_obj",
        "sockopts",
    )

    _handle: int
    sockopts: dict[int, Any]

    _socket_class: Callable[..., Any] = Socket
    _instance: Any = None
    _instance_lock = allocate_lock()
    _instance_pid: int | None = None

    if TYPE_CHECKING:

        @overload
        def __init__(self: Context[Socket[bytes]]) -> None: ...
        @overload
        def __init__(
            self: Context[Socket[bytes]], io_threads: int | Context[Any] = ..., shadow: Any = ...
        ) -> None: ...

    def __init__(self, io_threads: int | Context[Any] = 1, shadow: Any = 0) -> None:
        _set(self, "_handle", 0)
        _set(self, "_shadow", False)
        _set(self, "_shadow_obj", None)
        _set(self, "sockopts", {})
        _set(self, "_pid", os.getpid())
        _set(self, "_created", caller())
        if isinstance(io_threads, Context):
            shadow = io_threads
            io_threads = 1
        if isinstance(shadow, Context):
            _set(self, "_shadow_obj", shadow)
            shadow = shadow._checked_handle()
        if shadow:
            _set(self, "_handle", checked_address(shadow, EFAULT, "context"))
            _set(self, "_shadow", True)
        else:
            self._open(c_int(io_threads, "io_threads"))
        _contexts.add(ref(self, _contexts.discard))

    def _open(self, io_threads: int) -> None:
        handle = C.zmq_ctx_new()
        try:
            if io_threads != 1:
                C.zmq_ctx_set(handle, ContextOption.IO_THREADS, io_threads)
        except ZMQError as error:
            C.zmq_ctx_destroy(handle)
            raise errors.failure(f"{error} (io_threads={io_threads})", error.errno) from None
        _set(self, "_handle", handle)

    def __del__(
        self, keep_errno: Any = errors.keep_errno, is_finalizing: Any = sys.is_finalizing
    ) -> None:
        if is_finalizing() or not getattr(self, "_handle", 0) or self._shadow:
            return
        if not sys.meta_path:
            return  # the end of a subinterpreter: _end_with_interpreter came before
        with keep_errno():
            self._collected()

    def _collected(self) -> None:
        """Terminate in the background: a finalizer must not wait for peers."""
        import warnings

        filename, line = place(self._created)
        try:
            warnings.warn(
                f"Unclosed context {self!r}, created at {filename}:{line}",
                ResourceWarning,
                stacklevel=3,
                source=self,
            )
        finally:  # where warnings are errors as well
            self._leave()

    def _leave(self) -> None:
        handle = self._handle
        for socket in self._sockets:
            socket.close()
        _detach_views(handle)
        _set(self, "_handle", 0)
        _monitors.context_ends(handle)
        try:
            _inproc.check_end(handle, int)
        except ZMQError:
            return  # rather than end the process
        finally:
            _inproc.context_ends(handle)
        _end_in_background(handle)

    def __repr__(self) -> str:
        count = len(self._sockets)
        sockets = f"{count} socket{'s' if count != 1 else ''}" if count else ""
        closed = " closed" if self.closed else ""
        return f"<{public_name(type(self))}({sockets}) at {hex(id(self))}{closed}>"

    def __enter__(self: T) -> T:
        """Return the context; at the end of the with block it is destroyed."""
        return self

    def __exit__(self, *args: object) -> None:
        self.destroy()

    def __copy__(self: T, memo: Any = None) -> T:
        """Return a shadow of this context."""
        return self.__class__.shadow(self)

    __deepcopy__ = __copy__

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"cannot pickle {self!r}: a context belongs to one process; create it in the process "
            "that uses it"
        )

    @classmethod
    def shadow(cls: type[T], address: Any) -> T:
        """Return a second Context for an existing C context.

        Parameters
        ----------
        address : int, Context, or pointer of cffi or ctypes
        """
        return cls(shadow=address)

    @classmethod
    def shadow_pyczmq(cls: type[T], ctx: Any) -> T:
        """Return a Context for one of pyczmq, the binding of czmq.

        Parameters
        ----------
        ctx : a pyczmq context

        Raises
        ------
        ImportError : pyczmq is not installed
        """
        from pyczmq import zctx  # type: ignore[import-not-found]

        return cls(shadow=zctx.underlying(ctx))

    @classmethod
    def instance(cls: type[T], io_threads: int = 1) -> T:
        """Return the one Context that the parts of a program share.

        Made at the first call, and again after it was closed or the process forked.

        Parameters
        ----------
        io_threads : int, used when it is made
        """
        if cls._instance is None or cls._instance_pid != os.getpid() or cls._instance.closed:
            with cls._instance_lock:
                if (
                    cls._instance is None
                    or cls._instance_pid != os.getpid()
                    or cls._instance.closed
                ):
                    cls._instance = cls(io_threads=io_threads)
                    cls._instance_pid = os.getpid()
        return cls._instance  # type: ignore[no-any-return]

    @property
    def underlying(self) -> int:
        """Address of the C context, 0 when closed; for zmq_* functions of other bindings."""
        return self._handle

    @property
    def closed(self) -> bool:
        """Whether the context is terminated, through this object or another view of it."""
        return not self._handle

    def _checked_handle(self) -> int:
        """Return the handle for a new socket.

        Raises
        ------
        zmq.ZMQError : the context is closed (ENOTSUP)
        """
        if self.closed:
            raise errors.failure(
                f"{_bind.strerror(ENOTSUP)} ({self!r} {self._why_closed()})", ENOTSUP
            )
        return self._handle

    def _why_closed(self) -> str:
        if self._pid != os.getpid():
            return (
                f"was made in process {self._pid} and this is its child {os.getpid()}: make "
                "contexts after the fork"
            )
        return "was terminated: make another, or call Context.instance() again"

    @property
    def _sockets(self) -> list[Any]:
        """The open sockets that were made through this object."""
        return [
            view
            for view in _socket_views.all_living()
            if view._context is self and not view._shadow
        ]

    if TYPE_CHECKING:

        @overload
        def socket(
            self, socket_type: int, socket_class: type[OtherT], **kwargs: Any
        ) -> OtherT: ...
        @overload
        def socket(
            self, socket_type: int, socket_class: Callable[..., OtherT], **kwargs: Any
        ) -> OtherT: ...
        @overload
        def socket(self, socket_type: int, socket_class: None = None, **kwargs: Any) -> SocketT: ...

    def socket(self, socket_type: int, socket_class: Any = None, **kwargs: Any) -> Any:
        """Open a socket.

        Parameters
        ----------
        socket_type : int, a zmq.SocketType
        socket_class : type, optional; a subclass of Socket
        **kwargs
            Go to the class.

        Returns
        -------
        Socket, with the options of ``sockopts`` set where its type takes them

        Raises
        ------
        zmq.ZMQError : the context is closed (ENOTSUP); as Socket
        """
        if not self._handle:
            self._checked_handle()
        made = (socket_class or self._socket_class)(self, socket_type, **kwargs)
        if self.sockopts:
            try:
                self._set_defaults(made)
            except BaseException:
                made.close()
                raise
        return made

    def _set_defaults(self, made: Any) -> None:
        for option, value in list(self.sockopts.items()):
            try:
                made.set(option, value)
            except ZMQError:
                # Defaults are for every type; not all types have every option.
                pass

    # ------------------------------------------------------------------
    # options

    def get(self, option: int) -> int:
        """Return an option of the context.

        Parameters
        ----------
        option : int, a zmq.ContextOption

        Raises
        ------
        zmq.ZMQError : no such option (EINVAL)
        RuntimeError : the context is closed

        Notes
        -----
        Wraps ``zmq_ctx_get``.
        """
        option = c_int(option, "the option")
        if self.closed:
            raise RuntimeError(f"Context has been destroyed: {self!r} {self._why_closed()}")
        value: int = C.zmq_ctx_get(self._handle, option)
        may_be_negative = option == ContextOption.THREAD_SCHED_POLICY and _bind.library.version >= (
            4,
            1,
        )
        if value == -1 and not may_be_negative:
            raise self._refused(errors.failure(), option)
        return value

    def set(self, option: int, optval: int) -> None:
        """Set an option of the context.

        Most are read when the first socket is opened.

        Parameters
        ----------
        option : int, a zmq.ContextOption
        optval : int

        Raises
        ------
        TypeError : ``optval`` is not an int
        zmq.ZMQError : no such option, or a value it does not take (EINVAL)
        RuntimeError : the context is closed

        Notes
        -----
        Wraps ``zmq_ctx_set``.
        """
        option = c_int(option, "the option")
        value = c_int(optval, _context_option_name(option))
        if self.closed:
            raise RuntimeError(f"Context has been destroyed: {self!r} {self._why_closed()}")
        try:
            C.zmq_ctx_set(self._handle, option, value)
        except ZMQError as error:
            raise self._refused(error, option) from None

    def _refused(self, error: ZMQError, option: int) -> Exception:
        since = CONTEXT_OPTION_SINCE.get(option)
        if error.errno == EINVAL and since and _bind.library.version < since:
            return _bind.missing(_context_option_name(option), since, draft=False)
        return errors.failure(f"{error} ({_context_option_name(option)})", error.errno)

    def getsockopt(self, opt: int) -> Any:
        """Return the value that new sockets get for an option.

        Parameters
        ----------
        opt : int, a zmq.SocketOption

        Raises
        ------
        KeyError : none was set
        """
        return self.sockopts[opt]

    def setsockopt(self, opt: int, value: Any) -> None:
        """Set an option of all sockets that will be opened.

        Parameters
        ----------
        opt : int, a zmq.SocketOption
        value : int or bytes
        """
        self.sockopts[opt] = value

    def _set_attribute(self, name: str, value: Any) -> None:
        option = _SOCKET_OPTIONS.get(name.lower())
        if option is None or hasattr(type(self), name):
            super()._set_attribute(name, value)
        else:
            self.sockopts[option] = value

    def __getattr__(self, name: str) -> Any:
        """Return an option of the context, or the default of a socket option."""
        option = _SOCKET_OPTIONS.get(name.lower())
        if option is None or name.startswith("__"):
            return super().__getattr__(name)
        try:
            return self.sockopts[option]
        except KeyError:
            raise AttributeError(
                f"{type(self).__name__} has no default for {name.upper()}"
            ) from None

    def __delattr__(self, name: str) -> None:
        """Forget the default of a socket option."""
        option = _SOCKET_OPTIONS.get(name.lower())
        if option in self.sockopts:
            del self.sockopts[option]
        else:
            super().__delattr__(name)

    # ------------------------------------------------------------------
    # ending

    def term(self) -> None:
        """Terminate the context.

        Blocks until every socket is closed and what they had to send is sent, or
        their LINGER is over; blocked calls of sockets raise ContextTerminated.
        Other threads run meanwhile, and Ctrl-C interrupts it.

        Raises
        ------
        zmq.ZMQError : MAX_SOCKETS sockets are open and one waits for somebody to bind an inproc
            endpoint, so that libzmq would end the process (EMFILE)

        Notes
        -----
        Wraps ``zmq_ctx_destroy`` (``zmq_ctx_term``). Retries EINTR. Does nothing on a
        closed context, or in a child of the process that made it.
        """
        # A signal handler may terminate it too, in the middle of this.
        while not self.closed:
            handle = self._handle
            with _terminating.setdefault(handle, RLock()):
                if self._handle == handle:
                    _terminate(self, handle)

    def destroy(self, linger: int | None = None) -> None:
        """Close all sockets of this context and terminate it.

        Only from the thread that uses the sockets, or when no thread does.

        Parameters
        ----------
        linger : int, ms: set on each socket first
        """
        if self.closed:
            return
        for socket in self._sockets:
            if not socket.closed:
                socket.close(linger)
        if _socket_views.contexts:
            close_forgotten(self._handle, linger)
        self.term()


_SOCKET_OPTIONS: dict[str, int] = {
    name.lower(): option for name, option in SocketOption.__members__.items()
}


def _add_options() -> None:
    names: dict[str, int] = {}
    for member, option in ContextOption.__members__.items():
        for name in (member, member.lower()):
            names[name] = int(option)
            setattr(Context, name, _options.option_property(int(option), name))
    Context._option_names = names


def _context_option_name(option: int) -> str:
    try:
        return ContextOption(option).name
    except ValueError:
        return f"context option {option}"


def _detach_views(handle: int) -> list[Any]:
    """Return the Context objects for a C context; from now on they stand for none."""
    views = [context for context in _living() if context._handle == handle]
    for context in views:
        _set(context, "_handle", 0)
    return views


def _terminate(context: Context[Any], handle: int) -> None:
    """Terminate a C context, or be interrupted by a signal."""
    _inproc.check_end(handle, lambda: len(context._sockets))
    _monitors.context_ends(handle)
    _wakeup.forget_ended()
    result: list[int] = []
    known = False
    try:
        # In one step: what a signal handler raises must not hide that the context is gone.
        result.extend(map(C.zmq_ctx_destroy, (handle,)))
        if result == [0]:
            _is_gone(context, handle)
            known = True
    finally:
        if result == [0] and not known:
            _is_gone(context, handle)
    # Nothing but a signal ends this before its time. Its handler may have failed calls of its own, so
    # errno is not asked for more than whether there is such a context.
    if result != [0] and errors.last_errno() == EFAULT:
        raise errors.failure()


def _is_gone(context: Context[Any], handle: int) -> None:
    """Let what stands for a C context, or for its sockets, know that there is none."""
    # The collector, which may be at the context, has taken it out of the weak set then.
    for view in {context, *_detach_views(handle)}:
        _set(view, "_handle", 0)
        for socket in view._sockets:
            socket._detach("its context was terminated")
    _inproc.context_ends(handle)
    _terminating.pop(handle, None)


def _end(handle: int) -> None:
    while C.zmq_ctx_destroy(handle) == -1 and errors.last_errno() == errors.EINTR:
        pass


def _end_in_background(handle: int) -> None:
    import _thread

    if _in_subinterpreter():
        # Its end waits for a thread of Python, or ends the process because of it.
        _bind.end_without_python(handle)
        return
    try:
        _thread.start_new_thread(_end, (handle,))
    except RuntimeError:
        # No threads any more: the interpreter is going away, and the system takes it all back.
        pass


def _in_subinterpreter() -> bool:
    import _thread

    is_main = getattr(_thread, "_is_main_interpreter", None)  # CPython 3.12
    if is_main is not None:
        return not is_main()
    try:
        interpreters: Any = __import__("_xxsubinterpreters")
    except ImportError:
        return False
    return bool(interpreters.get_current() != interpreters.get_main())


def _end_with_interpreter() -> None:
    """Give back what a subinterpreter leaves open, and wait for nothing.

    The end of the main one is the end of the process, and the system takes it all back.
    """
    if _in_subinterpreter():
        for context in _living():
            if context._handle and not context._shadow:
                context._leave()


atexit.register(_end_with_interpreter)

_add_options()

SyncContext = Context
