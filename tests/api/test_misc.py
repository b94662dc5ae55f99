# SPDX-License-Identifier: BSD-3-Clause
"""Functions about the library: versions, abilities, error texts, keys, folders, clocks."""

from __future__ import annotations

import errno
import gc
import os
from typing import Any

import pytest

import zmq

# --- versions -------------------------------------------------------------------------------------


def test_version_of_libzmq() -> None:
    """The version of libzmq is told as three numbers and as text."""
    numbers = zmq.zmq_version_info()
    assert [type(number) for number in numbers] == [int] * 3
    assert numbers >= (3, 2, 2)
    assert zmq.zmq_version() == ".".join(map(str, numbers))


def test_version_of_the_interface() -> None:
    """The version of pyzmq whose interface this is, is told as text and numbers."""
    assert zmq.__version__ == zmq.pyzmq_version() == "27.3.0"
    assert zmq.pyzmq_version_info()[:3] == (27, 3, 0)


def test_where_libzmq_is() -> None:
    """The path of the library that was loaded is told, and it is there."""
    assert os.path.exists(zmq.libzmq_path())
    assert zmq.get_library_dirs() == [os.path.dirname(zmq.libzmq_path())]


def test_folders_for_compilers() -> None:
    """get_includes and get_library_dirs are lists of folders."""
    for folders in (zmq.get_includes(), zmq.get_library_dirs()):
        assert folders
        assert all(isinstance(folder, str) and os.path.isdir(folder) for folder in folders)


# --- abilities ------------------------------------------------------------------------------------


@pytest.mark.libzmq("4.1")
def test_has() -> None:
    """What libzmq can do is true, what it cannot is false."""
    for name in ("ipc", "curve", "draft", "pgm", "norm", "gssapi", "tipc", "vmci"):
        assert isinstance(zmq.has(name), bool)
    assert zmq.has("draft") is zmq.DRAFT_API
    for name in ("", "nonsense", "IPC", "ipc ", "ipc\0", "€"):
        assert zmq.has(name) is False
    assert zmq.has(capability="nonsense") is False


@pytest.mark.parametrize("name", [None, 5, b"ipc", ["ipc"]])
def test_has_wants_a_str(name: Any) -> None:
    """The name of an ability is a str."""
    with pytest.raises(TypeError):
        zmq.has(name)


# --- errors ---------------------------------------------------------------------------------------


def test_strerror() -> None:
    """Error numbers have a text, the system's and libzmq's own."""
    assert zmq.strerror(errno.ENOENT) == os.strerror(errno.ENOENT)
    assert zmq.strerror(zmq.EFSM) == "Operation cannot be accomplished in current state"
    assert zmq.strerror(zmq.ETERM) == "Context was terminated"
    for number in (0, -1, 99999, 2**31 - 1, -(2**31)):
        assert isinstance(zmq.strerror(number), str)


@pytest.mark.parametrize(
    ("number", "error"),
    [
        ("1", TypeError),
        (None, TypeError),
        (1.5, TypeError),
        (2**31, OverflowError),
        (2**64, OverflowError),
    ],
)
def test_strerror_wants_a_number(number: Any, error: type[Exception]) -> None:
    """An error number is an int of C."""
    with pytest.raises(error):
        zmq.strerror(number)


def test_errno_of_the_last_call(socket: Any) -> None:
    """zmq_errno is the number of the last failure."""
    with pytest.raises(zmq.ZMQError):
        socket(zmq.REP).send(b"x")
    assert zmq.zmq_errno() == zmq.EFSM


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.libzmq("4.0.1")
def test_keypair() -> None:
    """A key pair is two different keys of 40 characters, another one each time."""
    if zmq.zmq_version_info() >= (4, 1) and not zmq.has("curve"):
        with pytest.raises(zmq.ZMQError) as raised:
            zmq.curve_keypair()
        assert raised.value.errno == zmq.ENOTSUP
        return
    try:
        keys = [key for _ in range(10) for key in zmq.curve_keypair()]
    except zmq.ZMQError as error:
        assert error.errno == zmq.ENOTSUP
        return
    assert len(set(keys)) == 20
    assert {(type(key), len(key)) for key in keys} == {(bytes, 40)}


@pytest.mark.libzmq("4.2")
@pytest.mark.capability("curve")
def test_public_key_of_a_secret_one() -> None:
    """The public key is found again from the secret one, whatever kind of bytes or str it is."""
    for _ in range(5):
        public, secret = zmq.curve_keypair()
        for key in (secret, secret.decode(), bytearray(secret), memoryview(secret)):
            assert zmq.curve_public(key) == public


@pytest.mark.parametrize("key", [b"", b"x" * 39, b"x" * 41, "", "€" * 40, b"\0" * 40, b"x" * 5000])
def test_what_is_no_key(key: Any) -> None:
    """What has not 40 characters is refused without repeating it."""
    with pytest.raises(ValueError, match="40 byte z85") as raised:
        zmq.curve_public(key)
    assert "xxx" not in str(raised.value)


@pytest.mark.parametrize("key", [None, 5, ["x" * 40], object()])
def test_keys_are_text(key: Any) -> None:
    """A key that is neither bytes nor str is a TypeError that does not show it."""
    with pytest.raises(TypeError, match=type(key).__name__):
        zmq.curve_public(key)


# --- clocks ---------------------------------------------------------------------------------------


def test_stopwatch() -> None:
    """A stopwatch counts microseconds from its start, or from its last one."""
    watch = zmq.Stopwatch()
    watch.start()
    first = watch.stop()
    watch.start()
    watch.start()
    watch.sleep(0)
    second = watch.stop()
    assert type(first) is type(second) is int
    assert first >= 0
    assert second >= 0


def test_stopwatch_that_does_not_run() -> None:
    """Stopping what does not run is EINVAL."""
    watch = zmq.Stopwatch()
    for _ in range(2):
        with pytest.raises(zmq.ZMQError, match="call start") as raised:
            watch.stop()
        assert raised.value.errno == zmq.EINVAL
        watch.start()
        watch.stop()


def test_stopwatch_is_collected() -> None:
    """A stopwatch that runs, or was never made, can be collected."""
    watch = zmq.Stopwatch()
    watch.start()
    del watch
    with pytest.raises(TypeError):
        zmq.Stopwatch(5)  # type: ignore[call-arg]
    gc.collect()
