# SPDX-License-Identifier: BSD-3-Clause
"""Frame: what it holds, what it shares, and for how long."""

from __future__ import annotations

import array
import copy
import gc
import mmap
import pickle
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Connected
from hypothesis import given
from hypothesis import strategies as st
from programs import run
from support import until

import zmq
from zmq._ctypes import memory

BIG = 100_000

needs_sharing = pytest.mark.skipif(not memory.ZERO_COPY, reason="here messages are copied")
needs_buffers = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="classes offer buffers from Python 3.12 on"
)


def body(size: int) -> bytes:
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def same_memory(frame: zmq.Frame, data: bytearray) -> bool:
    """Tell whether a change of data shows in the frame."""
    before = frame.buffer[7]
    data[7] ^= 0xFF
    changed = frame.buffer[7] == before ^ 0xFF
    data[7] ^= 0xFF
    return changed


def test_empty() -> None:
    """A Frame without data is an empty message."""
    for frame in (zmq.Frame(), zmq.Frame(None), zmq.Frame(b"")):
        assert (frame.bytes, bytes(frame.buffer), len(frame)) == (b"", b"", 0)
        assert not frame
        assert not frame.more


def test_empty_after_others(connected: Connected) -> None:
    """An empty Frame is empty whatever the structure it uses held before."""
    push, pull = connected(zmq.PUSH, zmq.PULL, "tcp")
    push.send_multipart([b"first", b"last"])
    assert pull.poll(5000)
    assert pull.recv() == b"first"
    frame = zmq.Frame()
    assert (frame.bytes, len(frame), frame.more) == (b"", 0, False)
    with pytest.raises((zmq.ZMQError, zmq.ZMQVersionError)):
        frame.get("Socket-Type")


@given(data=st.binary(max_size=300), share=st.booleans())
def test_holds_its_data(data: bytes, share: bool) -> None:
    """bytes, buffer and len say what went in."""
    frame = zmq.Frame(data, copy=not share)
    assert (frame.bytes, bytes(frame), bytes(frame.buffer), len(frame)) == (
        data,
        data,
        data,
        len(data),
    )


@pytest.mark.parametrize("share", [True, False, None])
@pytest.mark.parametrize("size", [1, 33, 34, 63, 64, BIG])
def test_kinds_of_data(share: bool | None, size: int) -> None:
    """Anything with contiguous bytes will do: writable or not, of any shape and item type."""
    data = body(size)

    class Bytes(bytes):
        """A subclass of bytes."""

    mapped = mmap.mmap(-1, size)
    mapped[:] = data
    kinds = [
        data,
        Bytes(data),
        bytearray(data),
        memoryview(data),
        memoryview(bytearray(data)),
        memoryview(data + data)[size // 2 :][: size // 2],
        array.array("B", data),
        array.array("d", [1.0, 2.5]),
        memoryview(data + data).cast("B", (2, size)),
        mapped,
        zmq.Frame(data),
    ]
    for kind in kinds:
        wanted = kind.bytes if isinstance(kind, zmq.Frame) else bytes(kind)
        frame = zmq.Frame(kind, copy=None if share is None else not share)
        assert frame.bytes == wanted
        assert bytes(frame.buffer) == wanted
        del frame
    gc.collect()
    mapped.close()


def test_read_only_memory(tmp_path: Path) -> None:
    """A file mapped for reading is sent from where it is."""
    path = tmp_path / "file"
    path.write_bytes(body(BIG))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        frame = zmq.Frame(mapped, copy=False, track=True)
        assert frame.bytes == body(BIG)
        tracker = frame.tracker
        del frame
        gc.collect()
        assert tracker is not None
        assert tracker.done


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("data", ["text", 5, 1.5, [1], object()])
def test_what_has_no_bytes(data: Any, share: bool) -> None:
    """Text, numbers and the like are a TypeError that says what would do."""
    with pytest.raises(TypeError, match="bytes|buffer"):
        zmq.Frame(data, copy=not share)


@pytest.mark.parametrize("share", [True, False, None])
def test_bytes_that_are_not_contiguous(share: bool | None) -> None:
    """A view with gaps is a BufferError, and is not kept."""
    data = bytearray(BIG)
    with pytest.raises(BufferError, match="contiguous"):
        zmq.Frame(memoryview(data)[::2], copy=None if share is None else not share)
    gc.collect()
    data.append(0)


def test_a_copy_is_a_copy() -> None:
    """With copy=True the data may change at once."""
    data = bytearray(body(BIG))
    frame = zmq.Frame(data, copy=True)
    data[7] = 0xEE
    data.append(1)
    assert frame.buffer[7] == 7


@needs_sharing
def test_sharing_shares() -> None:
    """With copy=False the Frame's memory is that of the data."""
    data = bytearray(body(BIG))
    frame = zmq.Frame(data, copy=False)
    assert same_memory(frame, data)
    with pytest.raises(BufferError):
        data.append(1)


@needs_sharing
@pytest.mark.parametrize("transport", ["inproc"])
def test_sharing_goes_through_a_socket(transport: str, connected: Connected) -> None:
    """What is sent without a copy over inproc is received without a copy."""
    push, pull = connected(zmq.PUSH, zmq.PULL, transport)
    data = bytearray(body(BIG))
    push.send(data, copy=False)
    frame = pull.recv(copy=False)
    assert same_memory(frame, data)


@needs_sharing
def test_threshold_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without copy=... data is shared from copy_threshold bytes on, zmq.COPY_THRESHOLD by default."""
    small, large = bytearray(33000), bytearray(zmq.COPY_THRESHOLD)
    assert not same_memory(zmq.Frame(small), small)
    assert same_memory(zmq.Frame(large), large)
    assert same_memory(zmq.Frame(small, copy_threshold=33000), small)
    assert not same_memory(zmq.Frame(small, copy_threshold=33001), small)
    monkeypatch.setattr(zmq, "COPY_THRESHOLD", 500)
    assert same_memory(zmq.Frame(small), small)


def test_bytes_is_made_once(connected: Connected) -> None:
    """frame.bytes is the same object each time, and that of a Frame of bytes is those bytes."""
    data = body(50)
    assert zmq.Frame(data).bytes is data
    push, pull = connected(zmq.PUSH, zmq.PULL)
    push.send(data)
    frame = pull.recv(copy=False)
    assert frame.bytes is frame.bytes
    assert frame.bytes == data


@pytest.mark.parametrize("size", [1, 33, 34, BIG])
def test_buffer_is_writable(size: int, connected: Connected) -> None:
    """frame.buffer is a writable, flat view of bytes, and a change goes with the message."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    frame = zmq.Frame(bytearray(size), copy=True)
    view = frame.buffer
    assert (view.readonly, view.format, view.ndim, view.nbytes) == (False, "B", 1, size)
    view[0] = 65
    view[-1] = 66
    push.send(frame)
    received = pull.recv()
    assert (received[-1:], len(received)) == (b"B", size)


@pytest.mark.parametrize("size", [5, BIG])
def test_buffer_outlives_everything(size: int) -> None:
    """A view of a received message works after Frame, socket and context are gone."""
    context = zmq.Context()
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.bind("inproc://outlive")
    pull.connect("inproc://outlive")
    data = bytearray(body(size))
    push.send(data, copy=False)
    frame = pull.recv(copy=False)
    view = frame.buffer
    kept = weakref.ref(frame)
    del frame, data
    push.close()
    pull.close()
    context.term()
    gc.collect()
    assert kept() is not None
    assert bytes(view) == body(size)
    del view
    until(lambda: (gc.collect(), kept() is None)[1])


@needs_buffers
def test_buffer_protocol() -> None:
    """Where Python lets a class offer its buffer, a Frame is bytes-like."""
    data = body(BIG)
    frame = zmq.Frame(data)
    with memoryview(frame) as view:
        assert not view.readonly
        assert view == data
    assert b"".join([frame, b"!"]) == data + b"!"
    assert zmq.Frame(frame).bytes == data


@pytest.mark.parametrize("size", [10, BIG])
def test_copies_share(size: int) -> None:
    """copy.copy gives another Frame with the same body, tracker and life."""
    frame = zmq.Frame(bytearray(body(size)), track=True, copy=False)
    for twin in (copy.copy(frame), frame.fast_copy()):
        assert twin is not frame
        assert (twin.bytes, twin.more, twin.tracker) == (frame.bytes, frame.more, frame.tracker)
    twin = copy.copy(frame)
    if size == BIG:
        frame.buffer[3] = 0xEE
        assert twin.buffer[3] == 0xEE
    del frame
    gc.collect()
    assert len(twin.buffer) == size


def test_copies_of_a_subclass() -> None:
    """A copy is of the class of the original."""

    class Special(zmq.Frame):
        """Has a name for itself."""

    assert type(copy.copy(Special(b"x"))) is Special


@pytest.mark.parametrize("travel", [copy.deepcopy, pickle.dumps])
def test_no_deep_copies(travel: Callable[[zmq.Frame], object]) -> None:
    """A Frame is not pickled or copied deeply, and the error says what to do."""
    with pytest.raises(TypeError, match=r"frame\.bytes"):
        travel(zmq.Frame(b"x"))


def test_identity() -> None:
    """A Frame equals itself alone, and can be a key."""
    one, other = zmq.Frame(b"same"), zmq.Frame(b"same")
    assert one == one
    assert one != other
    assert one != b"same"
    assert {one: 1, other: 2}[one] == 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "<zmq.Frame(b'')>"),
        (b"short \xff", r"<zmq.Frame(b'short \xff')>"),
        (b"a" * 1000, "<zmq.Frame(b'aaaaaaaaaaaa'...1000B)>"),
    ],
)
def test_repr(data: bytes, text: str) -> None:
    """repr and str show a short body whole, and the beginning and size of a long one."""
    assert repr(zmq.Frame(data)) == text
    assert str(zmq.Frame(data)) == text


def test_more(connected: Connected) -> None:
    """more tells whether parts follow, also as an option and on copies."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    push.send_multipart([b"first", b"last"])
    first, last = pull.recv_multipart(copy=False)
    assert (first.more, last.more) == (True, False)
    assert (first.get(zmq.MORE), last[zmq.MORE]) == (1, 0)
    assert copy.copy(first).more
    assert not zmq.Frame(b"x").more


@pytest.mark.parametrize("size", [10, BIG])
@pytest.mark.parametrize("share", [True, False])
def test_sent_again_and_again(size: int, share: bool, connected: Connected) -> None:
    """A Frame can be sent any number of times, alone and among parts, and stays as it is."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    frame = zmq.Frame(body(size), copy=not share)
    for _ in range(3):
        push.send(frame)
    push.send_multipart([frame, b"between", frame])
    assert [pull.recv() for _ in range(3)] == [body(size)] * 3
    assert pull.recv_multipart() == [body(size), b"between", body(size)]
    assert frame.bytes == body(size)


def test_received_frames_are_sent_on(connected: Connected) -> None:
    """What was received as a Frame can be sent as it is, without its MORE."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    push.send_multipart([b"first", b"last"])
    first, _ = pull.recv_multipart(copy=False)
    push.send(first)
    assert pull.recv_multipart() == [b"first"]


@pytest.mark.libzmq("4.1")
def test_properties(connected: Connected) -> None:
    """Messages that came over tcp know the type, the address and the identity of their sender."""
    dealer, router = connected(zmq.DEALER, zmq.ROUTER, "tcp")
    dealer.send(b"x")
    identity, frame = router.recv_multipart(copy=False)
    assert frame.get("Socket-Type") == frame["Socket-Type"] == "DEALER"
    assert frame.get("Peer-Address") == "127.0.0.1"
    assert frame.get("Identity") == ""
    assert copy.copy(frame).get("Socket-Type") == "DEALER"
    assert identity.more


@pytest.mark.libzmq("4.1")
@pytest.mark.parametrize("name", ["No-Such-Property", "", "User-Id", "Sócket"])
def test_properties_that_are_not_there(name: str, connected: Connected) -> None:
    """A property that the message has not is EINVAL, and the text names it."""
    push, pull = connected(zmq.PUSH, zmq.PULL, "tcp")
    push.send(b"x")
    with pytest.raises(zmq.ZMQError) as caught:
        pull.recv(copy=False).get(name)
    assert caught.value.errno == zmq.EINVAL
    assert repr(name) in str(caught.value)


@pytest.mark.libzmq("4.1")
def test_properties_of_what_did_not_travel() -> None:
    """A message made here has no properties; a NUL in a name is refused."""
    for name in ("Socket-Type", "Socket\0Type"):
        with pytest.raises(zmq.ZMQError, match="propert") as caught:
            zmq.Frame(b"x").get(name)
        assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("option", [None, b"Socket-Type", 1.5, ()])
def test_options_of_other_types(option: Any) -> None:
    """An option is a number or a name, anything else a TypeError."""
    frame = zmq.Frame(b"x")
    with pytest.raises(TypeError):
        frame.get(option)
    with pytest.raises(TypeError):
        frame.set(option, 1)
    with pytest.raises(TypeError):
        frame[option]


@pytest.mark.parametrize("option", [99, -1, 2**31 - 1])
def test_options_that_do_not_exist(option: int) -> None:
    """An unknown number is EINVAL."""
    for operation in (lambda: zmq.Frame(b"x").get(option), lambda: zmq.Frame(b"x").set(option, 1)):
        with pytest.raises(zmq.ZMQError) as caught:
            operation()
        assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("option", [2**31, 2**32 + 1, -(2**40)])
def test_options_that_are_no_c_int(option: int) -> None:
    """A number that C's int cannot hold is an OverflowError, and not the option it would be cut to."""
    with pytest.raises(OverflowError):
        zmq.Frame(b"x").get(option)
    with pytest.raises(OverflowError):
        zmq.Frame(b"x").set(option, 1)
    with pytest.raises(OverflowError):
        zmq.Frame(b"x").set(1, option)


@pytest.mark.libzmq("4.1")
@needs_sharing
def test_shared_option() -> None:
    """SHARED tells whether somebody else has the same body."""
    frame = zmq.Frame(body(BIG), copy=False)
    assert frame.get(zmq.SHARED) == 0
    twin = copy.copy(frame)
    assert frame.get(zmq.SHARED) == twin.get(zmq.SHARED) == 1


@pytest.mark.skipif(zmq.DRAFT_API, reason="this libzmq has drafts")
def test_drafts_are_refused_without_drafts() -> None:
    """group and routing_id say that this libzmq was built without them."""
    frame = zmq.Frame(b"x")
    for operation in (
        lambda: frame.group,
        lambda: frame.routing_id,
        lambda: frame.get("group"),
        lambda: frame.get("routing_id"),
        lambda: frame.set("group", "name"),
        lambda: frame.set("routing_id", 1),
    ):
        with pytest.raises(zmq.ZMQVersionError):
            operation()


def test_drafts_check_their_values() -> None:
    """Values that a group or a routing_id cannot have are refused before libzmq sees them."""
    for group in ("x" * 256, "a\0b", "\N{SNOWMAN}" * 86):
        with pytest.raises(zmq.ZMQError) as caught:
            zmq.Frame(b"x").group = group
        assert caught.value.errno == zmq.EINVAL
    for routing_id in (0, -1, 2**32):
        with pytest.raises((zmq.ZMQError, OverflowError)):
            zmq.Frame(b"x").routing_id = routing_id
    for wrong in (None, 1.5):
        with pytest.raises(TypeError):
            zmq.Frame(b"x").group = wrong
        with pytest.raises(TypeError):
            zmq.Frame(b"x").routing_id = wrong


@pytest.mark.draft
def test_drafts_with_drafts() -> None:
    """With drafts a Frame has a group and a routing_id; a long group cannot be replaced."""
    frame = zmq.Frame(b"x")
    assert (frame.group, frame.routing_id) == ("", 0)
    frame.group = "short"
    frame.group = "other"
    frame.routing_id = 2**32 - 1
    assert (frame.group, frame.routing_id) == ("other", 2**32 - 1)
    frame.group = "g" * 255
    with pytest.raises(zmq.ZMQError, match="replaced"):
        frame.group = "short"


def test_no_attributes_of_their_own() -> None:
    """A misspelt attribute is an error."""
    with pytest.raises(AttributeError):
        zmq.Frame(b"x").byte = b""
    with pytest.raises(AttributeError):
        zmq.Frame(b"x").nothing  # noqa: B018


def test_a_frame_that_was_never_made() -> None:
    """A Frame whose __init__ did not run, or failed, is harmless, and so is a finalized one."""

    class Careless(zmq.Frame):
        """Forgets the base class."""

        def __init__(self) -> None:
            pass

    for made in (Careless(), zmq.Frame.__new__(zmq.Frame)):
        with pytest.raises(AttributeError):
            made.bytes  # noqa: B018
    frame = zmq.Frame(b"x")
    frame.__del__()
    with pytest.raises(AttributeError):
        frame.buffer  # noqa: B018
    frame.__del__()


def test_frames_travel_between_threads() -> None:
    """Frames made in one thread may be read, copied and dropped in others."""
    frames = [zmq.Frame(bytearray(body(BIG)), copy=False, track=True) for _ in range(20)]
    trackers = [frame.tracker for frame in frames]
    wrong: list[int] = []

    def use() -> None:
        while True:
            try:
                frame = copy.copy(frames.pop())
            except IndexError:
                return
            if frame.bytes != body(BIG):
                wrong.append(len(frame))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert wrong == []
    assert all(tracker and tracker.done for tracker in trackers)


def test_a_burst_of_frames_does_not_stay() -> None:
    """Of the message structures that a burst of Frames needed, a bounded number is kept."""
    frames = [zmq.Frame(b"x") for _ in range(3 * memory.SPARES)]
    del frames
    gc.collect()
    assert len(memory.spare) <= memory.SPARES


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
@pytest.mark.parametrize("form", ["0", "1"])
def test_no_memory(form: str) -> None:
    """When there is no memory for a copy, the error is ENOMEM, and everything goes on."""
    said = run(
        """
        import errno, resource
        data = bytes(300_000_000)
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000, -1))
        context = zmq.Context()
        push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        push.bind("inproc://x")
        pull.connect("inproc://x")
        for attempt in (
            lambda: zmq.Frame(data, copy=True),
            lambda: zmq.Frame(bytearray(0) or memoryview(data), copy=True),
            lambda: push.send(data),
        ):
            try:
                attempt()
            except MemoryError:
                print(True)  # it was Python that wanted memory
            except zmq.ZMQError as error:
                print(error.errno == errno.ENOMEM)
        push.send(b"still")
        print(pull.recv().decode())
        context.destroy(0)
        """,
        ZMQ_FAST=form,
    )
    assert said.split() == ["True", "True", "True", "still"]


def test_frames_that_are_left_when_python_ends() -> None:
    """Frames in modules, cycles and threads when the interpreter ends say nothing and do no harm."""
    run(
        """
        import gc, threading
        gc.disable()
        frames = [zmq.Frame(bytearray(100_000), copy=False, track=True) for _ in range(10)]
        sys.modules["kept"] = frames
        views = [frame.buffer for frame in frames]
        class Cycle: pass
        cycle = Cycle()
        cycle.itself, cycle.frame = cycle, zmq.Frame(b"in a cycle")
        del cycle
        zmq.kept = zmq.Frame(b"in the package")
        os.kept = zmq.Frame(b"in another module")
        """
    )
