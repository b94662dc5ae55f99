# SPDX-License-Identifier: BSD-3-Clause
"""The table of libzmq's functions: what each takes, returns and means by it.

Data only. A row says

name
    the C name.
result, arguments
    ctypes types, in the order of ``zmq.h``.
since
    the first release that exports the function.
until
    the first release that no longer does, or None.
draft
    True while only builds with the draft API export it.
on_failure
    how the result tells a failure: ``NEVER``; ``MINUS_ONE`` or ``NULL`` with
    errno set; ``RETRY``, which is MINUS_ONE and starts again after EINTR;
    ``CALLER("why")`` where the caller has to look at the result itself.
gil
    ``RELEASE`` lets other Python threads run during the call;
    ``HOLD("why it cannot block")`` does not.
heat
    ``HOT`` functions have an untyped twin in :mod:`zmq._ctypes.fast`.

What is not here is in ``NOT_BOUND``, with the reason.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    c_char,
    c_char_p,
    c_int,
    c_long,
    c_short,
    c_size_t,
    c_uint32,
    c_uint64,
    c_ulong,
    c_void_p,
)

from .types import zmq_fd_t, zmq_msg_t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Function:
    """One row."""

    __slots__ = (
        "arguments", "draft", "gil", "heat", "name", "on_failure", "result", "since", "until"
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        result: Any,
        arguments: tuple[Any, ...],
        since: tuple[int, ...],
        until: tuple[int, ...] | None,
        draft: bool,
        on_failure: Policy,
        gil: Policy,
        heat: Policy,
    ) -> None:
        self.name = name
        self.result = result
        self.arguments = arguments
        self.since = since
        self.until = until
        self.draft = draft
        self.on_failure = on_failure
        self.gil = gil
        self.heat = heat


class Policy(str):
    """A named policy; ``why`` explains a choice that is not self-evident."""

    why: str = ""

    def __call__(self, why: str) -> Policy:
        """Return this policy with its reason."""
        explained = Policy(self)
        explained.why = why
        return explained


NEVER = Policy("never")
MINUS_ONE = Policy("minus one")
NULL = Policy("null")
RETRY = Policy("retry")
CALLER = Policy("caller")
RELEASE = Policy("release")
HOLD = Policy("hold")
HOT = Policy("hot")
COLD = Policy("cold")

handle = c_void_p
text = c_char_p
chars = POINTER(c_char)
int_p = POINTER(c_int)
size_p = POINTER(c_size_t)
msg_p = POINTER(zmq_msg_t)
handle_p = POINTER(c_void_p)
fd_p = POINTER(zmq_fd_t)

_READS = HOLD("reads memory, touches no lock")
_LOCKS = HOLD("takes a lock that nobody keeps while waiting")
_TIMED = CALLER("a retry must use what is left of the time-out")
_MUTEX = RELEASE("thread-safe sockets wait for their mutex here")

# fmt: off
FUNCTIONS = (
    # errors, version, capabilities
    Function("zmq_errno", c_int, (), (2, 1), None, False, NEVER, _READS, COLD),
    Function("zmq_strerror", text, (c_int,), (2, 1), None, False, NEVER, _READS, COLD),
    Function("zmq_version", None, (int_p, int_p, int_p), (2, 1), None, False, NEVER, _READS, COLD),
    Function("zmq_has", c_int, (text,), (4, 1), None, False, NEVER, _READS, COLD),

    # contexts
    Function("zmq_ctx_new", handle, (), (3, 2), None, False, NULL, _LOCKS, COLD),
    Function("zmq_ctx_destroy", c_int, (handle,), (3, 2), None, False, CALLER("a signal handler may have ended it"), RELEASE, COLD),
    Function("zmq_threadstart", handle, (c_void_p, c_void_p), (4, 0), None, False, NEVER, HOLD("starts a thread and waits for nothing"), COLD),
    Function("zmq_ctx_shutdown", c_int, (handle,), (4, 0), None, False, MINUS_ONE, _LOCKS, COLD),
    Function("zmq_ctx_get", c_int, (handle, c_int), (3, 2), None, False, CALLER("-1 is also a value of THREAD_SCHED_POLICY"), _LOCKS, COLD),
    Function("zmq_ctx_set", c_int, (handle, c_int, c_int), (3, 2), None, False, MINUS_ONE, _LOCKS, COLD),
    Function("zmq_ctx_set_ext", c_int, (handle, c_int, c_void_p, c_size_t), (4, 3, 3), None, True, MINUS_ONE, _LOCKS, COLD),
    Function("zmq_ctx_get_ext", c_int, (handle, c_int, c_void_p, size_p), (4, 3, 3), None, True, MINUS_ONE, _LOCKS, COLD),

    # messages
    Function("zmq_msg_init", c_int, (msg_p,), (2, 1), None, False, NEVER, _READS, COLD),
    Function("zmq_msg_init_size", c_int, (msg_p, c_size_t), (2, 1), None, False, MINUS_ONE, HOLD("one malloc"), COLD),
    Function("zmq_msg_init_data", c_int, (msg_p, c_void_p, c_size_t, c_void_p, c_void_p), (2, 1), None, False, MINUS_ONE, HOLD("one malloc"), HOT),
    Function("zmq_msg_close", c_int, (msg_p,), (2, 1), None, False, MINUS_ONE, HOLD("one free"), COLD),
    Function("zmq_msg_copy", c_int, (msg_p, msg_p), (2, 1), None, False, MINUS_ONE, _READS, HOT),
    Function("zmq_msg_move", c_int, (msg_p, msg_p), (2, 1), None, False, MINUS_ONE, _READS, COLD),
    Function("zmq_msg_data", c_void_p, (msg_p,), (2, 1), None, False, NEVER, _READS, HOT),
    Function("zmq_msg_size", c_size_t, (msg_p,), (2, 1), None, False, NEVER, _READS, HOT),
    Function("zmq_msg_more", c_int, (msg_p,), (3, 2), None, False, NEVER, _READS, HOT),
    Function("zmq_msg_get", c_int, (msg_p, c_int), (3, 2), None, False, MINUS_ONE, _READS, COLD),
    Function("zmq_msg_set", c_int, (msg_p, c_int, c_int), (3, 2), None, False, MINUS_ONE, _READS, COLD),
    Function("zmq_msg_gets", text, (msg_p, text), (4, 1), None, False, NULL, _READS, COLD),
    Function("zmq_msg_send", c_int, (msg_p, handle, c_int), (3, 2), None, False, _TIMED, RELEASE, HOT),
    Function("zmq_msg_recv", c_int, (msg_p, handle, c_int), (3, 2), None, False, _TIMED, RELEASE, HOT),
    Function("zmq_msg_group", text, (msg_p,), (4, 2), None, True, NEVER, _READS, COLD),
    Function("zmq_msg_set_group", c_int, (msg_p, text), (4, 2), None, True, MINUS_ONE, _READS, COLD),
    Function("zmq_msg_routing_id", c_uint32, (msg_p,), (4, 2), None, True, NEVER, _READS, COLD),
    Function("zmq_msg_set_routing_id", c_int, (msg_p, c_uint32), (4, 2), None, True, MINUS_ONE, _READS, COLD),

    # sockets
    Function("zmq_socket", handle, (handle, c_int), (2, 1), None, False, CALLER("a signal handler may come before it is noted; see bind.open_socket"), _LOCKS, COLD),
    Function("zmq_close", c_int, (handle,), (2, 1), None, False, CALLER("a signal handler may come before it is noted"), _MUTEX, COLD),
    Function("zmq_setsockopt", c_int, (handle, c_int, c_void_p, c_size_t), (2, 1), None, False, MINUS_ONE, _MUTEX, HOT),
    Function("zmq_getsockopt", c_int, (handle, c_int, c_void_p, size_p), (2, 1), None, False, RETRY, _MUTEX, HOT),
    Function("zmq_bind", c_int, (handle, text), (2, 1), None, False, RETRY, RELEASE, COLD),
    Function("zmq_connect", c_int, (handle, text), (2, 1), None, False, RETRY, RELEASE, COLD),
    Function("zmq_unbind", c_int, (handle, text), (3, 2), None, False, RETRY, RELEASE, COLD),
    Function("zmq_disconnect", c_int, (handle, text), (3, 2), None, False, RETRY, RELEASE, COLD),
    Function("zmq_send", c_int, (handle, c_void_p, c_size_t, c_int), (3, 1), None, False, _TIMED, RELEASE, HOT),
    Function("zmq_recv", c_int, (handle, c_void_p, c_size_t, c_int), (3, 1), None, False, _TIMED, RELEASE, COLD),
    Function("zmq_join", c_int, (handle, text), (4, 2), None, True, MINUS_ONE, RELEASE, COLD),
    Function("zmq_leave", c_int, (handle, text), (4, 2), None, True, MINUS_ONE, RELEASE, COLD),
    Function("zmq_connect_peer", c_uint32, (handle, text), (4, 3, 3), None, True, CALLER("0, not -1, is the failure"), RELEASE, COLD),
    Function("zmq_disconnect_peer", c_int, (handle, c_uint32), (4, 3, 6), None, True, MINUS_ONE, RELEASE, COLD),
    Function("zmq_socket_get_peer_state", c_int, (handle, c_void_p, c_size_t), (4, 2, 3), None, True, CALLER("EHOSTUNREACH is an answer"), _MUTEX, COLD),
    Function("zmq_socket_monitor", c_int, (handle, text, c_int), (3, 2, 1), None, False, CALLER("a signal handler may come before it is noted; see bind.monitor"), RELEASE, COLD),
    Function("zmq_socket_monitor_versioned", c_int, (handle, text, c_uint64, c_int, c_int), (4, 3, 2), None, True, MINUS_ONE, RELEASE, COLD),
    Function("zmq_socket_monitor_pipes_stats", c_int, (handle,), (4, 3, 2), None, True, MINUS_ONE, RELEASE, COLD),

    # waiting and forwarding
    Function("zmq_poll", c_int, (c_void_p, c_int, c_long), (2, 1), None, False, _TIMED, RELEASE, HOT),
    Function("zmq_proxy", c_int, (handle, handle, handle), (3, 2, 1), None, False, CALLER("a signal handler may have closed a socket"), RELEASE, COLD),

    # the descriptor of a thread-safe socket
    Function("zmq_poller_new", handle, (), (4, 2), None, True, NULL, HOLD("one malloc"), COLD),
    Function("zmq_poller_destroy", c_int, (handle_p,), (4, 2), None, True, MINUS_ONE, _MUTEX, COLD),
    Function("zmq_poller_add", c_int, (handle, handle, c_void_p, c_short), (4, 2), None, True, MINUS_ONE, _MUTEX, COLD),
    Function("zmq_poller_fd", c_int, (handle, fd_p), (4, 3, 2), None, True, MINUS_ONE, _READS, COLD),
    Function("zmq_poller_wait", c_int, (handle, c_void_p, c_long), (4, 2), None, True, CALLER("finding nothing is no failure"), RELEASE, COLD),

    # keys, clocks
    Function("zmq_curve_keypair", c_int, (chars, chars), (4, 0, 1), None, False, MINUS_ONE, RELEASE, COLD),
    Function("zmq_curve_public", c_int, (chars, text), (4, 2), None, False, MINUS_ONE, RELEASE, COLD),
    Function("zmq_stopwatch_start", c_void_p, (), (2, 1), None, False, NEVER, _READS, COLD),
    Function("zmq_stopwatch_stop", c_ulong, (c_void_p,), (2, 1), None, False, NEVER, _READS, COLD),
    Function("zmq_sleep", None, (c_int,), (2, 1), None, False, NEVER, RELEASE, COLD),
)
# fmt: on

_OLD_NAME = "an older name of a function that is bound"
_DRAFT_POLLER = "zmq_poll serves every socket that has a descriptor, in every release"
_PYTHON_HAS = "Python's own does the same without crossing into C"
_REMOVED = "no supported release exports it"

NOT_BOUND = {
    "zmq_init": _OLD_NAME,
    "zmq_term": _OLD_NAME,
    "zmq_ctx_term": "zmq_ctx_destroy is the same function, under the name that 3.2 has as well",
    "zmq_ctx_set_monitor": _REMOVED,
    "zmq_getmsgopt": _REMOVED,
    "zmq_sendmsg": _OLD_NAME,
    "zmq_recvmsg": _OLD_NAME,
    "zmq_msg_init_buffer": "zmq_msg_init_size and a copy do the same in every release",
    "zmq_send_const": "memory that Python owns is never constant for ever",
    "zmq_sendiov": "its failure in mid-message cannot say which parts were sent",
    "zmq_recviov": "it drops the parts read so far when a later one fails",
    "zmq_ppoll": "Python runs its signal handlers between calls; a mask would hide them",
    "zmq_poller_modify": _DRAFT_POLLER,
    "zmq_poller_remove": _DRAFT_POLLER,
    "zmq_poller_add_fd": _DRAFT_POLLER,
    "zmq_poller_modify_fd": _DRAFT_POLLER,
    "zmq_poller_remove_fd": _DRAFT_POLLER,
    "zmq_poller_wait_all": _DRAFT_POLLER,
    "zmq_poller_size": _DRAFT_POLLER,
    "zmq_device": "zmq_proxy is what it calls",
    "zmq_proxy_steerable": "some releases abort, stall or do the opposite on a command; zmq._proxy has a loop of its own",
    "zmq_z85_encode": "zmq.utils.z85 does it without a buffer to size",
    "zmq_z85_decode": "zmq.utils.z85 does it without a buffer to size",
    "zmq_atomic_counter_new": _PYTHON_HAS,
    "zmq_atomic_counter_set": _PYTHON_HAS,
    "zmq_atomic_counter_inc": _PYTHON_HAS,
    "zmq_atomic_counter_dec": _PYTHON_HAS,
    "zmq_atomic_counter_value": _PYTHON_HAS,
    "zmq_atomic_counter_destroy": _PYTHON_HAS,
    "zmq_timers_new": _PYTHON_HAS,
    "zmq_timers_destroy": _PYTHON_HAS,
    "zmq_timers_add": _PYTHON_HAS,
    "zmq_timers_cancel": _PYTHON_HAS,
    "zmq_timers_set_interval": _PYTHON_HAS,
    "zmq_timers_reset": _PYTHON_HAS,
    "zmq_timers_timeout": _PYTHON_HAS,
    "zmq_timers_execute": _PYTHON_HAS,
    "zmq_stopwatch_intermediate": _PYTHON_HAS,
    "zmq_threadclose": "it waits for the thread, and the threads that are started may take for ever",
}
