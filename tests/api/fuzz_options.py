# SPDX-License-Identifier: BSD-3-Clause
"""A program that tries any option with any value on sockets in use; test_hypothesis_options runs it.

Usage: fuzz_options.py EXAMPLES SEED NOTE USE, where NOTE is a file that says what was tried last; a
SEED of 0 tries the same every time; USE is "use" where the sockets are to be used as well.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import zmq
from zmq.constants import SocketOption, SocketType

DOCUMENTED = (
    zmq.ZMQError,
    zmq.ZMQVersionError,
    TypeError,
    ValueError,  # OverflowError is an ArithmeticError
    OverflowError,
    AttributeError,
)
ENDS = [0, 1, -1, 2**15, 2**31 - 1, 2**31, -(2**31), 2**32, 2**63 - 1, 2**63, 2**64, 2**100]
NUMBERS = st.one_of(
    st.integers(-3, 130), st.sampled_from([end + step for end in ENDS for step in (-1, 0, 1)])
)
STRINGS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"x" * size for size in (32, 40, 41, 254, 255, 256, 257, 1000, 100_000)]
        + [b"X-name:value", b"name", b":", b"\0", b"x\0y", b"lo", b"127.0.0.1/8", b"0" * 40]
    ),
)
VALUES = st.one_of(
    NUMBERS,
    STRINGS,
    STRINGS.map(bytearray),
    STRINGS.map(memoryview),
    st.text(max_size=5),
    st.none(),
    st.booleans(),
    st.floats(),
    st.lists(st.integers(), max_size=2),
    st.just(object()),
)
# libzmq 4.3.5 ends the process when the proxy cannot be reached, whatever this package does.
OPTIONS = [option for option in SocketOption if option.name != "SOCKS_PROXY"]
NAMES = st.sampled_from([case(option.name) for option in OPTIONS for case in (str, str.lower)])
FITTING = {"int": NUMBERS, "int64": NUMBERS, "bytes": STRINGS, "fd": NUMBERS}
CHANGES = st.one_of(
    st.sampled_from(OPTIONS).flatmap(
        lambda option: st.tuples(st.just(option), FITTING[option._opt_type.name])
    ),
    st.tuples(st.one_of(st.sampled_from(OPTIONS), st.integers(-5, 300), VALUES), VALUES),
)
METHODS = st.sampled_from(["set", "setsockopt", "set_string", "attribute"])
PAIRS = [
    ("PUSH", "PULL"), ("PUB", "SUB"), ("XPUB", "XSUB"), ("REQ", "REP"), ("ROUTER", "DEALER"),
    ("PAIR", "PAIR"), ("STREAM", "STREAM"), ("REP", "DEALER"), ("ROUTER", "ROUTER"),
]  # fmt: skip

if zmq.zmq_version_info() < (4, 0):
    PAIRS.remove(("STREAM", "STREAM"))

note = Path(sys.argv[3])


def change(socket: zmq.Socket, method: str, name: str, option: Any, value: Any) -> None:
    try:
        if method == "attribute":
            setattr(socket, name, value)
        else:
            getattr(socket, method)(option, value)
    except DOCUMENTED:
        pass


def read(socket: zmq.Socket, name: str, option: Any) -> None:
    for get in (
        lambda: socket.get(option),
        lambda: socket.get_string(option),
        lambda: getattr(socket, name),
    ):
        try:
            get()
        except DOCUMENTED:
            pass


def use(sockets: list[zmq.Socket], transport: str) -> None:
    """Bind one, connect the other, and let them talk a little."""
    a, b = sockets
    try:
        a.bind({"tcp": "tcp://127.0.0.1:*", "inproc": "inproc://fuzz"}.get(transport, "ipc://*"))
        b.connect(a.last_endpoint)
        b.connect(a.last_endpoint)
    except zmq.ZMQError:
        return
    for socket in sockets:
        for attempt in (
            lambda socket: socket.send_multipart([b"1", b"2" * 100], zmq.DONTWAIT),
            lambda socket: socket.poll(1),
            lambda socket: socket.recv_multipart(zmq.DONTWAIT),
        ):
            try:
                attempt(socket)
            except zmq.ZMQError:
                pass


@given(
    kinds=st.sampled_from(PAIRS),
    changes=st.lists(st.tuples(st.booleans(), METHODS, NAMES, CHANGES), min_size=1, max_size=6),
    transport=st.sampled_from(["tcp", "ipc", "inproc", ""]),
)
def attempt(kinds: tuple[str, str], changes: list[Any], transport: str) -> None:
    note.write_text(repr((kinds, changes, transport)), encoding="utf-8")
    with zmq.Context() as context:
        sockets = [context.socket(SocketType[kind]) for kind in kinds]
        try:
            for first, method, name, (option, value) in changes:
                socket = sockets[first]
                change(socket, method, name, option, value)
                read(socket, name, option)
            if transport and sys.argv[4] == "use":
                use(sockets, transport)
        finally:
            for socket in sockets:
                socket.close(0)


if __name__ == "__main__":
    warnings.simplefilter("error")
    examples, start = int(sys.argv[1]), int(sys.argv[2])
    run = settings(
        max_examples=examples,
        deadline=None,
        derandomize=not start,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(attempt)
    (seed(start)(run) if start else run)()
    print("ended")
