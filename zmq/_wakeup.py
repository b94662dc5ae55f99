# SPDX-License-Identifier: BSD-3-Clause
"""Who waits on which C socket: the ledger that keeps event loops from missing a wake-up.

An event loop waits on a descriptor, and libzmq gives one for each socket:
``ZMQ_FD``. But that descriptor does not say "readable". It says "commands are
waiting", and a command is something like "a message was put into one of your
pipes" or "there is room again". What follows is edge-triggered:

- Handling the commands makes the descriptor silent, whether or not anything was
  done about what they announced. A message may then be waiting in the socket, and
  the descriptor will never say so again.
- Commands are handled by nearly everything: each send and receive, on any option
  read of ``ZMQ_EVENTS``, in ``zmq_poll``, in bind and connect. So a program that
  waits for the descriptor and meanwhile merely sends on the same socket, asks for
  its ``EVENTS``, or polls it together with others, may eat the signal that it is
  waiting for, and sleep with a message in the socket.
- The socket may be known to Python through several objects: an asyncio socket, its
  shadow, a ZMQStream's raw socket. What one of them eats, another one waits for.

Two rules follow. After the descriptor has spoken, read ``ZMQ_EVENTS`` until the
awaited bit is gone, never just once. And after commands were handled for any other
reason, by whichever view of the C socket, look at ``ZMQ_EVENTS`` again before
trusting the descriptor.

The first rule is for each event loop's adapter. The second one is here: an adapter
that waits for the C socket at address ``handle`` calls :func:`watch` with what is
to be done when commands may have been handled behind its back, and everything in
this package that lets libzmq handle commands calls :func:`processed`. All views of
a socket share its address, so it does not matter which of them was used.

Programs without an event loop pay nothing: while ``watched`` is empty, a test of
its truth is all that happens, and sending and receiving do not even test that.
Nothing here knows about any particular loop.
"""

from __future__ import annotations

from _thread import allocate_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Callback = Callable[[], object]

watched: dict[int, list[Callback]] = {}
"""Address of a C socket -> what to call after its commands were handled."""

_lock = allocate_lock()


def watch(handle: int, callback: Callback) -> None:
    """Have ``callback`` called whenever the commands of a C socket may have been handled.

    Parameters
    ----------
    handle : int, address of the C socket (``Socket.underlying``)
    callback : callable without arguments
        Called in the thread that used the socket, from the middle of whatever it was
        doing. So it only schedules (``call_soon_threadsafe``), does not use the
        socket, does not raise. Watching twice with one callback calls it twice.
    """
    with _lock:
        # A new list each time: processed() may be going through the old one.
        watched[handle] = [*watched.get(handle, ()), callback]


def unwatch(handle: int, callback: Callback) -> None:
    """Undo one call of :func:`watch`; nothing happens if there was none."""
    with _lock:
        callbacks = list(watched.get(handle, ()))
        if callback in callbacks:
            callbacks.remove(callback)
        if callbacks:
            watched[handle] = callbacks
        else:
            watched.pop(handle, None)


def processed(handle: int) -> None:
    """Tell those who wait on a C socket that its commands may have been handled."""
    for callback in watched.get(handle, ()):
        callback()


def closed(handle: int) -> None:
    """Tell those who wait on a C socket a last time, and forget them.

    The next socket may have the same address.
    """
    with _lock:
        callbacks = watched.pop(handle, ())
    for callback in callbacks:
        callback()
