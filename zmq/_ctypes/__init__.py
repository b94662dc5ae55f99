# SPDX-License-Identifier: BSD-3-Clause
"""Everything between Python and libzmq; the only folder that imports :mod:`ctypes`.

A call travels down this list; each file imports only from those above it.

loader
    finds libzmq, opens it, and can say what it tried.
types
    the C structures, and how this platform lays them out.
windows
    the one thing of Windows' own C library that is needed.
signatures
    the table: one row per C function, and why the others are not bound.
pypy
    what PyPy's ctypes does byte by byte, done at once.
errors
    the one place where a C result becomes a Python exception.
bind
    turns the table into ``C``, a namespace of checked callables.
fast
    the few untyped callables of the hot path, and their contract.
observe
    what may stand between Python and ``C`` when it is switched on.
memory
    Python buffers seen as C memory, message structures, zero-copy lifetimes.
turns
    one at a time, where two threads inside libzmq would wait for each other.
pollset
    the array that zmq_poll reads, kept from one call to the next.
signaler
    a descriptor for sockets of thread-safe types, in draft builds.
"""
