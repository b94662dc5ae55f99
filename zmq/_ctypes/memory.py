# SPDX-License-Identifier: BSD-3-Clause
"""Who owns what memory between Python and libzmq.

Message structures. A ``zmq_msg_t`` is passed as ``byref`` of the structure,
which also keeps it alive; that is what is called ``msg_p`` everywhere. Receiving
releases what the structure held, so structures are used again: :func:`take` one,
:func:`give` it back. A list is the store, because popping and appending are
atomic: a signal handler, a finalizer or a second thread that receives at the
same time takes another structure. A structure that holds as much as somebody may
have lent (more than :data:`KEPT` bytes) is released first, or it would keep the
sender's buffer waiting; less than that may stay until the next use.

Reading Python memory. :func:`readable` borrows any contiguous buffer for one
call, without a copy where this Python tells addresses.

Zero-copy. libzmq calls a function ``free(data, hint)``, from whichever thread
drops the last reference, when it is done with a buffer. If that function were
Python's it would have to take the GIL in libzmq's I/O thread, stall all I/O of
the context behind a busy Python thread, and crash a process that is exiting. So
it is a function of the C library that knows nothing of Python:
``pthread_mutexattr_getpshared(attr, int *)`` reads a few bytes at its first
argument and stores 0 or 1 at its second. With the buffer as the one and an int
of ours that holds -1 as the other, libzmq itself marks a :class:`Loan` as
returned, in nanoseconds, and Python looks at the mark when it wants to know.

A loan keeps the Python buffer exported until the mark is seen: when its tracker
is asked, when another loan is made, or when the garbage collector runs. The ints
are never freed, and a loan that is still out when the interpreter ends keeps its
buffer, so nothing libzmq may still touch goes away before the process does.
Where the function is missing or does not behave (:data:`ZERO_COPY` is False),
messages are copied instead.

Nobody can tell whether the memory of ``bytes`` was shared or copied, since they do
not change. So large ones are lent also by who asked for a copy, as long as what is
lent that way stays below :data:`MOST_LENT`: libzmq may be done with a buffer long
before anybody looks. Such loans need no object each: :func:`lend_bytes`.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import sys
from collections import deque
from ctypes import addressof, byref, c_char, c_int, c_size_t, c_void_p, memmove

from . import errors, fast, pypy
from .bind import C
from .types import Py_buffer, zmq_msg_t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CPYTHON = sys.implementation.name == "cpython"

SMALLEST_LOAN = 32 * 1024
"""Shorter buffers are always copied, which is quicker."""

KEPT = 8 * 1024 - 1
"""The most bytes that a structure may hold until its next use: less than anybody waits for."""

KEPT_IN_ASKS = SMALLEST_LOAN - 1
"""The same for those in :data:`asks`, which are few."""

_PROBED = 64

_copy: Any = pypy.by_address(memmove) if pypy.PYPY else memmove

spare: list[Any] = []
give = spare.append

SPARES = 1024
"""How many structures finalizers leave for later; the rest of a burst of Frames goes."""


def new_message() -> Any:
    """Return a fresh, empty message as ``msg_p``."""
    msg_p = byref(zmq_msg_t())
    C.zmq_msg_init(msg_p)
    return msg_p


NOTHING: Any = new_message()
"""An empty message, never to be changed: what is copied over another that has to let go."""

asks: list[tuple[Any]] = []
"""Messages like those in :data:`spare`, each as the arguments of the calls that ask about it.

ctypes makes a tuple of its arguments unless they are one already.
"""


def new_ask() -> tuple[Any]:
    """Return a fresh message for :data:`asks`."""
    return (new_message(),)


def take() -> Any:
    """Return a message as ``msg_p``, to receive into or to copy to; :func:`give` it back.

    It may still hold up to :data:`KEPT` bytes of another message, and its properties.
    """
    try:
        return spare.pop()
    except IndexError:
        return new_message()


def take_empty() -> Any:
    """Return an empty message as ``msg_p``, to fill or to lend memory to; :func:`give` it back."""
    msg_p = take()
    release(msg_p)
    return msg_p


def release(msg_p: Any) -> None:
    """Let go of what a message holds; it is empty and usable afterwards."""
    # --- hot: frame_bytes; slow twin C.zmq_msg_copy ---
    fast.msg_copy(msg_p, NOTHING)  # closes what is there, in one call where close and init are two
    # --- end hot ---


def discard(msg_p: Any, is_finalizing: Any = sys.is_finalizing) -> None:
    """Release a message that no one will use any more; for finalizers.

    When the interpreter ends, what this needs may be gone already, and the
    message goes with the process.
    """
    if is_finalizing():
        return
    if fast.enabled:
        release(msg_p)  # these calls do not capture errno, so they keep it
    else:
        with errors.keep_errno():
            release(msg_p)
    if len(spare) < SPARES:
        give(msg_p)


def content(msg_p: Any) -> bytes:
    """Return a copy of a message's body, of any length."""
    # --- hot: recv; slow twin C.zmq_msg_size, C.zmq_msg_data ---
    size = fast.msg_size(msg_p)
    if size < fast.LIMIT:
        data: bytes = fast.msg_data(msg_p)[:size]
        return data
    # --- end hot ---
    # ctypes' own string_at takes a C int.
    return bytes(window(C.zmq_msg_data(msg_p), size, None))


def fill(msg_p: Any, data: Any, size: int) -> None:
    """Make an empty message one of ``size`` bytes copied from ``data`` (bytes or an address).

    Raises
    ------
    zmq.ZMQError : there is no memory for it (ENOMEM); the message is empty still
    """
    try:
        C.zmq_msg_init_size(msg_p, size)
    except BaseException:
        # libzmq leaves it half made: closing it would follow a NULL pointer.
        C.zmq_msg_init(msg_p)
        raise
    if size:
        _copy(C.zmq_msg_data(msg_p), data, size)


def store(address: int, data: bytes, size: int) -> None:
    """Copy the first ``size`` bytes of ``data`` to borrowed memory."""
    memmove(address, data, size)


# Array types cost tens of microseconds each and are cached for ever by ctypes, so views are cut
# from one of 48 types whose lengths are powers of two.
_WINDOWS: dict[int, Any] = {}


def window(address: int, size: int, owner: object) -> memoryview:
    """Return a writable view of ``size`` bytes of C memory that keeps ``owner`` alive."""
    if not size:
        return memoryview(bytearray())
    if pypy.PYPY:
        return pypy.window(address, size, owner)
    bits = (size - 1).bit_length()
    kind: Any = _WINDOWS.get(bits)
    if kind is None:
        kind = _WINDOWS[bits] = type("_Window", (c_char * (1 << bits),), {"owner": None})
    array = kind.from_address(address)
    array.owner = owner
    return memoryview(array).cast("B")[:size]


class Borrowed:
    """A Python buffer whose memory C may read, or write, until it is released.

    Attributes
    ----------
    data : int or bytes
        What to pass to C as the address: a number, or bytes where this Python
        does not tell addresses.
    size : int
        Bytes.
    """

    __slots__ = ("_view", "data", "size")

    data: Any
    size: int
    _view: Any

    def release(self) -> None:
        """End the loan; the object may be resized again."""
        view, self._view = self._view, None
        if view is not None:
            _PyBuffer_Release(byref(view))


if CPYTHON:
    _PyObject_GetBuffer = ctypes.pythonapi["PyObject_GetBuffer"]
    _PyObject_GetBuffer.argtypes = (ctypes.py_object, ctypes.POINTER(Py_buffer), c_int)
    _PyObject_GetBuffer.restype = c_int
    _PyBuffer_Release: Any = ctypes.pythonapi["PyBuffer_Release"]
    _PyBuffer_Release.argtypes = (ctypes.POINTER(Py_buffer),)
    _PyBuffer_Release.restype = None

    def _borrow(data: Any, flags: int) -> Borrowed:
        view = Py_buffer()
        _PyObject_GetBuffer(data, view, flags)
        borrowed = Borrowed()
        borrowed._view = view
        borrowed.data = view.buf or 0
        borrowed.size = view.len
        return borrowed

else:

    def _PyBuffer_Release(view: Any) -> None:
        """Do nothing: here a borrowed object is only kept alive."""

    def _borrow(data: Any, flags: int) -> Borrowed:
        with memoryview(data) as view:
            if not view.c_contiguous:
                raise BufferError("memoryview: underlying buffer is not C-contiguous")
            if flags and view.readonly:
                raise BufferError("Object is not writable.")
            borrowed = Borrowed()
            borrowed.size = view.nbytes
            if flags:
                borrowed._view = None
                borrowed.data = _writable_address(data, view.nbytes)
            else:
                borrowed._view = pypy.pinned(bytes(view)) if view.nbytes else None
                borrowed.data = addressof(borrowed._view) if view.nbytes else 0
            return borrowed

    def _writable_address(data: Any, size: int) -> int:
        return addressof((c_char * size).from_buffer(data)) if size else 0


def readable(data: Any) -> Borrowed:
    """Borrow the memory of ``data`` to read it.

    Raises
    ------
    TypeError : it has no buffer
    BufferError : its bytes are not one contiguous run
    """
    return _borrow(data, 0)


def writable(data: Any) -> Borrowed:
    """Borrow the memory of ``data`` to write to it.

    Raises
    ------
    TypeError : it has no buffer
    BufferError : it is read-only, or its bytes are not one contiguous run
    """
    return _borrow(data, 1)


INT_SIZE = 4

_OUT = -1
_SLAB = 256

# Places for the marks of loans: (ints, position there, pointer to it, address of it).
_marks: list[tuple[Any, int, Any, int]] = []


def _take_mark() -> tuple[Any, int, Any, int]:
    """Return a place for a mark, which says that the loan is out."""
    try:
        mark = _marks.pop()
    except IndexError:
        _more_marks()
        mark = _marks.pop()
    mark[0][mark[1]] = _OUT
    return mark


def _more_marks() -> None:
    slab = (c_int * _SLAB)()
    _keep_for_ever(slab)
    ints = memoryview(slab).cast("B").cast("i")
    for index in range(_SLAB):
        address = addressof(slab) + index * INT_SIZE
        _marks.append((ints, index, c_void_p.from_param(address), address))


def _keep_for_ever(owner: Any) -> None:
    """Have something outlive the interpreter: libzmq may use its memory until the process is gone."""
    ctypes.pythonapi["Py_IncRef"](ctypes.py_object(owner))


def _find_free_function() -> int | None:
    """Return the address of a C function that can mark loans as returned, or None."""
    if not CPYTHON or not sys.platform.startswith(("linux", "android")):
        return None
    try:
        function = ctypes.CDLL(None)["pthread_mutexattr_getpshared"]
    except (AttributeError, OSError):
        return None
    mark = c_int()
    for pattern in (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xaa", b"\x55", b"\x01"):
        buffer = ctypes.create_string_buffer(pattern * _PROBED)
        before = buffer.raw
        mark.value = _OUT
        function(buffer, byref(mark))
        if mark.value == _OUT or buffer.raw != before:
            return None
    return ctypes.cast(function, c_void_p).value


_free_function: int | None = _find_free_function()

ZERO_COPY: bool = _free_function is not None
"""Whether messages can share the memory of Python objects here."""

_free_function_p: Any = c_void_p.from_param(_free_function) if ZERO_COPY else None


class Loan:
    """A Python buffer that libzmq reads until it says that it is done.

    It has the two methods of ``threading.Event`` that a tracker asks for.
    """

    __slots__ = ("_held", "_mark")

    def __init__(self, msg_p: Any, borrowed: Borrowed) -> None:
        """Make the empty message ``msg_p`` one that shares the borrowed memory."""
        self._mark = mark = _take_mark()
        # Whoever takes it out of the list cleans up: popping is atomic, and this may be asked by
        # several threads, by finalizers and by signal handlers at once.
        self._held: list[Borrowed] = [borrowed]
        try:
            C.zmq_msg_init_data(msg_p, borrowed.data, borrowed.size, _free_function, mark[3])
        except BaseException:
            # libzmq leaves it half made: closing it would follow a NULL pointer.
            C.zmq_msg_init(msg_p)
            mark[0][mark[1]] = 0
            self.is_set()
            raise
        _loans.append(self)

    def is_set(self) -> bool:
        """Tell whether libzmq is done with the buffer; if so, let the buffer go."""
        held = self._held
        ints, index, _, _ = self._mark
        if held and ints[index] == _OUT:
            # The mark may be another loan's by now, if this one was cleaned up meanwhile.
            return not held
        try:
            borrowed = held.pop()
        except IndexError:
            return True
        borrowed.release()
        _marks.append(self._mark)
        return True


_loans: deque[Loan] = deque()

lent: dict[int, bytes] = {}
"""Address of a mark -> the bytes that are lent until it says otherwise."""

# Those marks, in the order in which they are looked at. Who looks may be interrupted, or be one of
# several: what gets lost then is a mark, never the bytes.
_lent_marks: deque[tuple[Any, int, Any, int]] = deque()
if ZERO_COPY:
    _keep_for_ever(lent)


def _abandon_all() -> None:
    """In a forked child: nothing that the parent has lent is ever given back here."""
    lent.clear()
    _lent_marks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)

MOST_LENT = 64 * 1024 * 1024 if ZERO_COPY else 0
"""Bytes that may be out at once, were all loans as large, when copies were asked for."""

NO_LIMIT = sys.maxsize if ZERO_COPY else 0
"""The same when they were not."""

# Messages that hold nothing, for loans.
_empty: list[Any] = []
give_empty = _empty.append
"""Give back a message of :func:`lend_bytes` that was sent."""

_SWEPT = 64
"""How many loans a garbage collection looks at, unless it is a full one: that looks at all."""


def sweep(most: int) -> None:
    """Let go of returned buffers, looking at ``most`` loans of each kind, oldest first."""
    _sweep_bytes(most)
    _sweep_loans(most)


def _sweep_loans(most: int) -> None:
    for _ in range(min(most, len(_loans))):
        try:
            loan = _loans.popleft()
        except IndexError:
            return
        if not loan.is_set():
            _loans.append(loan)


def _sweep_bytes(most: int) -> None:
    for _ in range(min(most, len(_lent_marks))):
        try:
            mark = _lent_marks.popleft()
        except IndexError:
            return
        if mark[0][mark[1]] == _OUT:
            _lent_marks.append(mark)
        else:
            lent.pop(mark[3], None)
            _marks.append(mark)


def _after_collection(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and (_loans or lent):
        sweep(max(len(_loans), len(lent)) if info["generation"] == 2 else _SWEPT)


def lend_bytes(data: bytes, size: int, most: int) -> Any:
    """Return a message that shares the memory of ``data``, as ``msg_p``.

    After it was sent, :func:`give_empty` it back; if it was not, :func:`release` it
    before.

    Parameters
    ----------
    data : bytes of ``size`` bytes, less than ``fast.LIMIT``
    most : int
        None is lent if so many bytes would be out at once, were all loans as large.

    Returns
    -------
    message, or None

    Raises
    ------
    zmq.ZMQError : there is no memory for it (ENOMEM)
    """
    if size * (len(lent) + 1) > most:
        _sweep_bytes(_SWEPT)
        return None
    if _loans:
        _sweep_loans(8)
    try:
        mark = _lent_marks.popleft()
        if mark[0][mark[1]] == _OUT:
            _lent_marks.append(mark)
            mark = _take_mark()
        else:
            mark[0][mark[1]] = _OUT
    except IndexError:
        mark = _take_mark()
    try:
        msg_p = _empty.pop()
    except IndexError:
        msg_p = new_message()
    lent[mark[3]] = data
    # --- hot: no_copy; slow twin C.zmq_msg_init_data ---
    rc = fast.init_data_now(msg_p, data, size, _free_function_p, mark[2])
    # --- end hot ---
    _lent_marks.append(mark)
    if rc != 0:
        # libzmq leaves it half made: closing it would follow a NULL pointer.
        C.zmq_msg_init(msg_p)
        give_empty(msg_p)
        mark[0][mark[1]] = 0
        raise errors.failure(errnum=errno.ENOMEM)
    return msg_p


def lend(msg_p: Any, data: Any) -> Loan | None:
    """Make the empty message ``msg_p`` one that shares the memory of ``data``.

    Returns
    -------
    Loan, or None when the bytes were copied because the buffer is too short to be
    worth it or this platform cannot share

    Raises
    ------
    TypeError, BufferError : as :func:`readable`
    """
    borrowed = readable(data)
    if ZERO_COPY and borrowed.size >= SMALLEST_LOAN:
        _sweep_loans(8)
        return Loan(msg_p, borrowed)
    try:
        fill(msg_p, borrowed.data, borrowed.size)
    finally:
        borrowed.release()
    return None


if ZERO_COPY:
    gc.callbacks.append(_after_collection)

# (cell, pointer to it, pointer to its size, view of it): for options whose value is an int. The view
# of one int is read in half the time.
cells: list[tuple[Any, Any, Any, Any]] = []
give_cell = cells.append


def new_cell() -> tuple[Any, Any, Any, Any]:
    """Return a fresh int for C to read or write, as (cell, cell_p, size_p, ints)."""
    cell = c_int()
    return cell, byref(cell), byref(c_size_t(INT_SIZE)), memoryview(cell).cast("B").cast("i")


def take_cell() -> tuple[Any, Any, Any, Any]:
    """Return an int for C to read or write, as (cell, cell_p, size_p, ints)."""
    try:
        return cells.pop()
    except IndexError:
        return new_cell()


# Popping from a list of one or two, and appending again, allocates each time.
for _ in range(4):
    give(new_message())
    asks.append(new_ask())
    give_cell(new_cell())


def int64_bytes(value: int) -> bytes:
    """Return an int64 as C has it in memory."""
    return value.to_bytes(8, sys.byteorder, signed=True)


def read_option(handle: int, option: int, size: int) -> bytes:
    """Return the raw value of a socket option of at most ``size`` bytes.

    Raises
    ------
    zmq.ZMQError : libzmq refuses, also when the value is longer (EINVAL)
    """
    buffer = ctypes.create_string_buffer(size)
    length = c_size_t(size)
    C.zmq_getsockopt(handle, option, buffer, length)
    return buffer.raw[: length.value]


def keypair() -> tuple[bytes, bytes]:
    """Return a new CURVE key pair, (public, secret), in Z85."""
    public = ctypes.create_string_buffer(41)
    secret = ctypes.create_string_buffer(41)
    C.zmq_curve_keypair(public, secret)
    return public.raw[:40], secret.raw[:40]


def public_key(secret: bytes) -> bytes:
    """Return the public key of ``secret``, exactly 40 characters of Z85."""
    public = ctypes.create_string_buffer(41)
    C.zmq_curve_public(public, secret)
    return public.raw[:40]
