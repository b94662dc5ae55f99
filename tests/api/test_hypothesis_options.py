# SPDX-License-Identifier: BSD-3-Clause
"""Any option with any value: documented exceptions only, and never the end of the process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import programs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zmq
from zmq._options import BYTES, INT, INT64, KEY, KINDS
from zmq.constants import ContextOption, SocketOption, SocketType

FUZZER = Path(__file__).with_name("fuzz_options.py")
EXAMPLES = 200

quick = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_any_option_on_sockets_in_use(tmp_path: Path) -> None:
    """Whatever is set on whatever sockets, nothing but documented exceptions comes out of it."""
    note = tmp_path / "note"
    note.touch()
    try:
        said = programs.run(
            f"import runpy\nrunpy.run_path({str(FUZZER)!r}, run_name='__main__')",
            str(EXAMPLES),
            "0",
            str(note),
            # Earlier releases do not survive what their users do with some types and options.
            "use" if zmq.zmq_version_info() >= (4, 3, 4) else "leave",
        )
    except AssertionError as error:
        raise AssertionError(f"{error}\nat {note.read_text(encoding='utf-8')}") from None
    assert said.endswith("ended\n")


KIND_OF_ERROR = {INT: OverflowError, INT64: OverflowError}
NUMBERS = st.one_of(st.integers(), st.integers(-5, 5), st.integers(-(2**33), 2**33))


@quick
@given(option=st.sampled_from(SocketOption), value=NUMBERS, kind=st.sampled_from(SocketType))
def test_numbers(option: SocketOption, value: int, kind: SocketType, context: zmq.Context) -> None:
    """A number is taken, or is EINVAL, or does not fit, or is not what the option wants."""
    try:
        one = context.socket(kind)
    except (zmq.ZMQError, zmq.ZMQVersionError):
        return
    travels = KINDS[option]
    with one:
        try:
            one.set(option, value)
        except OverflowError:
            assert not -(2**31) <= value < 2**31 if travels != INT64 else abs(value) >= 2**63
        except TypeError:
            assert travels in (BYTES, KEY)
        except zmq.ZMQError as error:
            assert error.errno in (zmq.EINVAL, zmq.ENOTSUP)
        else:
            one.linger = 0


@quick
@given(value=st.integers(-(2**63), 2**63 - 1))
def test_64_bits_come_back(value: int, context: zmq.Context) -> None:
    """What fits into an option of 64 bits comes back as it was."""
    with context.socket(zmq.PAIR) as one:
        one.maxmsgsize = value
        one.affinity = value
        assert (one.maxmsgsize, one.affinity) == (value, value)


@quick
@given(value=st.binary(max_size=254).map(lambda name: b"x" + name))
def test_bytes_come_back(value: bytes, context: zmq.Context) -> None:
    """What fits into an option of bytes comes back as it was, NULs included."""
    with context.socket(zmq.DEALER) as one:
        one.routing_id = value
        assert one.routing_id == value
        try:
            text = value.decode()
        except UnicodeDecodeError:
            with pytest.raises(UnicodeDecodeError):
                one.get_string(zmq.ROUTING_ID)
        else:
            assert one.get_string(zmq.ROUTING_ID) == text
            one.set_string(zmq.ROUTING_ID, text)
            assert one.routing_id == value


@quick
@given(
    option=st.one_of(st.sampled_from(ContextOption), st.integers()),
    value=st.one_of(
        st.integers(-5, 1000), st.integers(), st.none(), st.text(), st.binary(), st.floats()
    ),
)
def test_options_of_contexts(option: Any, value: Any) -> None:
    """Any option of a context with any value is taken, or is a documented exception."""
    context = zmq.Context()
    try:
        for operation in (lambda: context.set(option, value), lambda: context.get(option)):
            try:
                operation()
            except (zmq.ZMQError, zmq.ZMQVersionError, TypeError, OverflowError):
                pass
    finally:
        context.term()


@quick
@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=10))
def test_any_attribute(name: str, context: zmq.Context) -> None:
    """A name is that of an option or of something else that there is; otherwise AttributeError."""
    with context.socket(zmq.PAIR) as one:
        if not hasattr(one, name):
            with pytest.raises(AttributeError):
                setattr(one, name, 5)
            with pytest.raises(AttributeError):
                delattr(one, name)


@pytest.mark.libzmq("4.0.4")  # earlier ones do not end with connections to nobody
@quick
@given(
    address=st.one_of(
        st.text(max_size=20),
        st.binary(max_size=20),
        st.builds(
            "{}://{}".format,
            st.sampled_from(["tcp", "ipc", "inproc", "udp", "ws", "pgm", "tipc", "vmci", "x"]),
            st.text(max_size=20),
        ),
    ),
    call=st.sampled_from(["connect", "unbind", "disconnect", "monitor"]),
)
def test_any_address(address: Any, call: str, context: zmq.Context) -> None:
    """Any text as an address is taken, or is a documented exception that repeats it."""
    with context.socket(zmq.PAIR) as one:
        one.linger = 0
        try:
            getattr(one, call)(address)
        except UnicodeEncodeError:
            assert isinstance(address, str)
        except zmq.ZMQVersionError:
            assert call == "unbind"
        except zmq.ZMQError as error:
            assert "addr=" in str(error)
