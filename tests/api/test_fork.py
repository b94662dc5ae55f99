# SPDX-License-Identifier: BSD-3-Clause
"""After a fork: the child has nothing of its parent's, and the parent notices nothing."""

from __future__ import annotations

import os
import sys

import pytest
from programs import run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# Forking with threads is what these tests are about; newer Pythons warn of it.
_PROGRAM = """
import gc, threading, traceback, warnings
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

context = zmq.Context()
push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
push.linger = 0
pull.rcvtimeo = 5000
push.bind("tcp://127.0.0.1:*")
pull.connect(push.last_endpoint)
push.send(b"before")
poller = zmq.Poller()
poller.register(pull, zmq.POLLIN)
assert poller.poll(5000)
assert pull.recv() == b"before"
parent = os.getpid()

def in_child(child):
    "Fork, run child() there, and go on here when it ended well."
    pid = os.fork()
    if not pid:
        signal.alarm(20)
        status = 1
        try:
            child()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0

def check_parent():
    for number in range(100):
        push.send(b"%d" % number)
        assert pull.recv() == b"%d" % number
    push.close()
    pull.close()
    context.term()
    print("parent")
"""


def fork(child: str, after: str = "check_parent()") -> str:
    """Run a program that forks; child is the body of what runs in the child."""
    lines = "\n".join("    " + line for line in child.strip().splitlines())
    return run(f"{_PROGRAM}\ndef child():\n{lines}\n\nin_child(child)\n{after}\n")


def test_sockets_are_closed_in_the_child() -> None:
    """Each operation on an inherited socket raises ZMQError and names both processes."""
    said = fork(
        """
for operation in (
    lambda: push.send(b"x"),
    lambda: push.send(b"x", copy=False),
    lambda: push.send(bytes(100000), copy=False),
    lambda: push.send_multipart([b"x", b"y"]),
    lambda: push.send_string("x"),
    lambda: pull.recv(),
    lambda: pull.recv(zmq.DONTWAIT),
    lambda: pull.recv(copy=False),
    lambda: pull.recv_multipart(),
    lambda: pull.recv_into(bytearray(9)),
    lambda: pull.poll(0),
    lambda: pull.poll(),
    lambda: poller.poll(),
    lambda: zmq.zmq_poll([(pull, zmq.POLLIN)]),
    lambda: pull.get(zmq.RCVHWM),
    lambda: pull.set(zmq.RCVHWM, 1),
    lambda: push.bind("tcp://127.0.0.1:*"),
    lambda: pull.connect("inproc://x"),
    lambda: zmq.proxy(pull, push),
    lambda: zmq.Socket.shadow(push),
):
    try:
        operation()
    except zmq.ZMQError as error:
        text = str(error)
        assert str(parent) in text and str(os.getpid()) in text, text
    else:
        raise AssertionError("no error")
assert push.closed and pull.closed
push.close()
pull.close(0)
print("child")
"""
    )
    assert said.split() == ["child", "parent"]


def test_context_is_closed_in_the_child() -> None:
    """An inherited context opens no sockets, says why, and does not wait when it is ended."""
    said = fork(
        """
try:
    context.socket(zmq.PUSH)
except zmq.ZMQError as error:
    text = str(error)
    assert str(parent) in text and str(os.getpid()) in text, text
else:
    raise AssertionError("no error")
assert context.closed
context.term()
context.destroy(0)
print("child")
"""
    )
    assert said.split() == ["child", "parent"]


def test_child_collects_what_it_inherited() -> None:
    """Collecting inherited objects closes nothing of the parent's, warns of nothing, and returns."""
    said = fork(
        """
global context, push, pull, poller
frame = zmq.Frame(bytearray(100000), copy=False, track=True)
del context, push, pull, poller, frame
gc.collect()
print("child")
"""
    )
    assert said.split() == ["child", "parent"]


def test_child_makes_its_own() -> None:
    """The child works with new contexts and sockets, also with the parent's endpoints."""
    said = fork(
        """
endpoint = "ipc:///nowhere" if False else "tcp://127.0.0.1:*"
with zmq.Context() as mine, mine.socket(zmq.REP) as rep, mine.socket(zmq.REQ) as req:
    rep.rcvtimeo = req.rcvtimeo = 5000
    rep.bind(endpoint)
    req.connect(rep.last_endpoint)
    for number in range(100):
        req.send(b"question")
        assert rep.recv() == b"question"
        rep.send(bytes(100000), copy=False)
        assert req.recv() == bytes(100000)
print("child")
"""
    )
    assert said.split() == ["child", "parent"]


def test_instance() -> None:
    """Context.instance() gives the child one of its own, also while the parent holds the lock."""
    said = run(
        _PROGRAM
        + """
before = zmq.Context.instance()

def child():
    mine = zmq.Context.instance()
    assert mine is not before and not mine.closed and before.closed
    assert mine is zmq.Context.instance()
    with mine.socket(zmq.PUSH) as socket:
        socket.bind("inproc://mine")
    mine.term()
    print("child")

with zmq.Context._instance_lock:
    in_child(child)
assert zmq.Context.instance() is before
before.term()
check_parent()
"""
    )
    assert said.split() == ["child", "parent"]


def test_shadows_are_closed_in_the_child() -> None:
    """Shadows of inherited sockets and contexts are closed with them."""
    said = run(
        _PROGRAM
        + """
shadow, other = zmq.Socket.shadow(push), zmq.Context.shadow(context.underlying)

def child():
    assert shadow.closed and other.closed
    for operation in (lambda: shadow.send(b"x"), lambda: other.socket(zmq.PUSH)):
        try:
            operation()
        except zmq.ZMQError:
            continue
        raise AssertionError("no error")
    print("child")

in_child(child)
assert not shadow.closed and not other.closed
del shadow, other
check_parent()
"""
    )
    assert said.split() == ["child", "parent"]


def test_fork_while_threads_wait() -> None:
    """A fork from one thread while others wait in libzmq disturbs neither process."""
    said = run(
        _PROGRAM
        + """
def wait():
    with context.socket(zmq.PULL) as quiet:
        try:
            quiet.recv()
        except zmq.ContextTerminated:
            pass

threads = [threading.Thread(target=wait) for _ in range(3)]
for thread in threads:
    thread.start()

def child():
    with zmq.Context() as mine, mine.socket(zmq.PUSH) as a, mine.socket(zmq.PULL) as b:
        a.bind("inproc://child")
        b.connect("inproc://child")
        a.send(b"x")
        assert b.recv() == b"x"

for _ in range(5):
    in_child(child)
check_parent()
for thread in threads:
    thread.join()
"""
    )
    assert said.split() == ["parent"]


def test_fork_inside_a_child() -> None:
    """A grandchild has nothing of its parent's either."""
    said = fork(
        """
mine = zmq.Context()
socket = mine.socket(zmq.PUSH)
def grandchild():
    assert mine.closed and socket.closed and context.closed
    print("grandchild")
in_child(grandchild)
socket.close()
mine.term()
print("child")
"""
    )
    assert said.split() == ["grandchild", "child", "parent"]


def test_messages_under_way_belong_to_the_parent() -> None:
    """Shared memory that is under way at the fork is delivered by the parent, once."""
    said = run(
        _PROGRAM
        + """
data = [bytearray(100000) for _ in range(20)]
trackers = [push.send(one, copy=False, track=True) for one in data]

def child():
    gc.collect()
    print("child")

in_child(child)
for tracker in trackers:
    assert pull.recv() == bytes(100000)
    tracker.wait(5)
check_parent()
"""
    )
    assert said.split() == ["child", "parent"]


@pytest.mark.parametrize("ending", ["os._exit(0)", "sys.exit(0)"])
def test_child_exits(ending: str) -> None:
    """A child that just exits, by either way, neither hangs nor ends its parent's sockets."""
    said = run(
        _PROGRAM
        + f"""
pid = os.fork()
if not pid:
    signal.alarm(20)
    {ending}
assert os.waitpid(pid, 0)[1] == 0
check_parent()
"""
    )
    assert said.split() == ["parent"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Processes of multiprocessing talk to their parent, however they are started."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "worker_for_multiprocessing.py").write_text(
        "import zmq\n"
        "def double(endpoint):\n"
        "    with zmq.Context.instance().socket(zmq.REP) as rep:\n"
        "        rep.connect(endpoint)\n"
        "        while True:\n"
        "            number = int(rep.recv())\n"
        "            rep.send(b'%d' % (2 * number))\n"
        "            if not number:\n"
        "                break\n"
        "    zmq.Context.instance().term()\n",
        encoding="utf-8",
    )
    said = run(
        f"""
        import multiprocessing, warnings
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        sys.path.insert(0, {str(folder)!r})
        import worker_for_multiprocessing as worker
        context = zmq.Context.instance()
        req = context.socket(zmq.REQ)
        req.rcvtimeo = req.sndtimeo = 30_000
        req.bind("tcp://127.0.0.1:*")
        process = multiprocessing.get_context({method!r}).Process(
            target=worker.double, args=(req.last_endpoint.decode(),)
        )
        process.start()
        for number in (1, 21, 0):
            req.send(b"%d" % number)
            print(int(req.recv()))
        process.join()
        assert process.exitcode == 0
        req.close()
        context.term()
        """,
        PYTHONPATH=os.pathsep.join([str(folder), *sys.path]),
    )
    assert said.split() == ["2", "42", "0"]


def test_wake_ups_are_forgotten_in_the_child() -> None:
    """What the parent's event loops wait for is not called in the child."""
    said = run(
        _PROGRAM
        + """
from zmq import _wakeup
called = []
_wakeup.watch(push.underlying, lambda: called.append(os.getpid()))

def child():
    assert not _wakeup.watched and not called
    _wakeup.watch(1, print)
    print("child")

with _wakeup._lock:
    in_child(child)
assert push.underlying in _wakeup.watched
check_parent()
"""
    )
    assert said.split() == ["child", "parent"]
