# SPDX-License-Identifier: BSD-3-Clause
"""Whole programs with gevent: patched, forked, interrupted, idle, in several threads."""

from __future__ import annotations

import os
import signal
import sys
import time

import programs
import pytest
from effort import times

pytestmark = pytest.mark.any_libzmq


def run(source: str, *arguments: str, **changes: str) -> str:
    """Run a program; it may say that gevent cannot watch a fork."""
    return programs.run(source, *arguments, limit_s=50, **changes)


PATCH = "import gevent.monkey; gevent.monkey.patch_all()\n"

LATE_OR_EARLY = pytest.mark.parametrize("patched", ["before zmq", "after zmq"])


def patched_program(source: str, patched: str) -> str:
    """Return a program that patches before it imports zmq, or after."""
    source = f"import gevent\nimport zmq.green as zmq\n{source}"
    if patched == "after zmq":
        # The head of every program has imported zmq.
        return PATCH + source
    forget = "for name in [n for n in sys.modules if n.split('.')[0] == 'zmq']:\n"
    return forget + "    del sys.modules[name]\n" + PATCH + source


@LATE_OR_EARLY
def test_patched(patched: str) -> None:
    """In a patched program sockets, pollers, threads that are greenlets, and term() work."""
    out = run(
        patched_program(
            """
import threading, time
context = zmq.Context()
push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
port = pull.bind_to_random_port("tcp://127.0.0.1")
push.connect(f"tcp://127.0.0.1:{port}")
got = []
def receive():
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    while len(got) < 100:
        assert poller.poll(10_000)
        got.append(pull.recv_json())
thread = threading.Thread(target=receive)
thread.start()
for n in range(100):
    push.send_json(n)
    time.sleep(0.0001)
thread.join()
assert got == list(range(100))
pull.rcvtimeo = 20
try:
    pull.recv()
except zmq.Again:
    print("again")
tracker = push.send(bytes(100_000), copy=False, track=True)
pull.rcvtimeo = -1
pull.recv()
tracker.wait(10)
push.close()
pull.close()
context.term()
print("done")
""",
            patched,
        )
    )
    assert out == "again\ndone\n"


def test_plain_zmq_beside_green() -> None:
    """A program may use zmq in native threads beside zmq.green in greenlets, over one context."""
    out = run(
        """
import threading
import gevent
import zmq.green
context = zmq.Context()
green_context = zmq.green.Context(context)
def answer():
    with context.socket(zmq.REP) as rep:
        rep.bind("inproc://answer")
        ready.set()
        while True:
            message = rep.recv()
            rep.send(message)
            if message == b"end":
                return
ready = threading.Event()
thread = threading.Thread(target=answer)
thread.start()
ready.wait()
def ask(name):
    with green_context.socket(zmq.REQ) as req:
        req.connect("inproc://answer")
        for n in range(50):
            req.send_string(f"{name} {n}")
            assert req.recv_string() == f"{name} {n}"
gevent.joinall([gevent.spawn(ask, name) for name in "abcd"], raise_error=True)
with green_context.socket(zmq.REQ) as req:
    req.connect("inproc://answer")
    req.send(b"end")
    req.recv()
thread.join()
context.term()
print("done")
"""
    )
    assert out == "done\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to processes")
@pytest.mark.parametrize(
    "wait",
    [
        "pull.recv()",
        "pull.recv_multipart()",
        "pull.poll()",
        "poller.poll()",
        "push.send(b'')",
        "context.term()",
        "zmq.green.proxy(pull, push)",
        "gevent.spawn(pull.recv).join()",
    ],
)
def test_ctrl_c(wait: str) -> None:
    """Ctrl-C raises KeyboardInterrupt in the main greenlet, whatever it waits for."""
    source = f"""
import gevent
import zmq.green
context = zmq.green.Context()
pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
poller = zmq.green.Poller()
poller.register(pull, zmq.POLLIN)
def say():
    gevent.sleep(0.01)
    print("waiting", flush=True)
gevent.spawn(say)
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted")
context.destroy(0)
print("ended")
"""
    with programs.start(source, limit_s=40) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline() == "waiting\n"
            time.sleep(0.02)
            program.send_signal(signal.SIGINT)
            begin = time.monotonic()
            out, err = program.communicate(timeout=30)
        except BaseException:
            programs.stop(program)
            raise
    assert time.monotonic() - begin < 20
    assert out == "interrupted\nended\n", err
    assert program.returncode == 0


IDLE = """
import resource, time
import gevent
import zmq.green
context = zmq.green.Context()
pull, push, dealer = (context.socket(kind) for kind in (zmq.PULL, zmq.PUSH, zmq.DEALER))
for one in (pull, push, dealer):
    one.linger = 0
port = pull.bind_to_random_port("tcp://127.0.0.1")
dealer.reconnect_ivl = 60_000
rounds = 0
hub = gevent.get_hub()
def count():
    global rounds
    rounds += 1
def waits():
    poller = zmq.green.Poller()
    poller.register(dealer, zmq.POLLIN)
    return [
        gevent.spawn(pull.recv), gevent.spawn(pull.recv), gevent.spawn(pull.poll),
        gevent.spawn(dealer.recv), gevent.spawn(poller.poll),
    ]
push.connect(f"tcp://127.0.0.1:{port}")
server = context.socket(zmq.ROUTER)
dealer.connect("tcp://127.0.0.1:%d" % server.bind_to_random_port("tcp://127.0.0.1"))
dealer.send(b"hello")
server.recv_multipart()
waiting = waits()
gevent.sleep(0.1)
"""

COUNT = """
watcher = hub.loop.check()
watcher.start(count)
hub.loop.unref()
gevent.sleep(0.3)
rounds = 0
before = time.process_time()
gevent.sleep(1)
print(rounds, time.process_time() - before)
gevent.killall(waiting)
"""


@pytest.mark.parametrize("what", ["idle", "peer gone", "unread"])
def test_idle(what: str) -> None:
    """Waiting costs nothing: the hub wakes less than 5 times a second, also when a peer has gone."""
    change = {
        "idle": "",
        "peer gone": "push.close(); server.close(); gevent.sleep(0.2)",
        "unread": "gevent.killall(waiting); push.send(b'x'); push.send(b'y'); waiting = []",
    }[what]
    rounds, cpu_s = run(IDLE + change + COUNT + "\ncontext.destroy(0)\n").split()
    assert int(rounds) < 5
    assert float(cpu_s) < 0.2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("patched", [True, False])
def test_fork(patched: bool) -> None:
    """In a forked child waits for the parent's sockets fail, new sockets work, the parent goes on."""
    source = """
import gevent, gevent.os, os
import zmq.green
context = zmq.green.Context()
push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
push.bind("inproc://fork")
pull.connect("inproc://fork")
failed = []
def wait():
    try:
        return pull.recv()
    except zmq.ZMQError as error:
        failed.append(error.errno)
waiting = gevent.spawn(wait)
gevent.sleep(0)
pid = gevent.os.fork()
if pid == 0:
    waiting.join(20)
    assert failed == [zmq.ENOTSOCK], failed
    with zmq.green.Context() as own:
        a, b = own.socket(zmq.PAIR), own.socket(zmq.PAIR)
        a.bind("inproc://own")
        b.connect("inproc://own")
        got = gevent.spawn(a.recv)
        gevent.sleep(0)
        b.send(b"x")
        assert got.get(timeout=20) == b"x"
        a.close(); b.close()
    os._exit(7)
assert os.waitpid(pid, 0)[1] >> 8 == 7
push.send(b"x")
assert waiting.get(timeout=20) == b"x"
push.close()
pull.close()
context.term()
print("done")
"""
    # Python warns of forks in processes with threads, which libzmq has.
    quiet = "import warnings; warnings.simplefilter('ignore')\n"
    assert run(quiet + (PATCH if patched else "") + source) == "done\n"


def test_hub_that_is_destroyed() -> None:
    """A socket that somebody waited for in a hub that is destroyed can be waited for in the next."""
    out = run(
        """
import gevent
import zmq.green
context = zmq.green.Context()
push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
push.bind("inproc://hubs")
pull.connect("inproc://hubs")
for _ in range(3):
    lost = gevent.spawn(pull.recv)
    gevent.sleep(0)
    gevent.get_hub().destroy(destroy_loop=True)
    waiting = gevent.spawn(pull.recv)
    gevent.sleep(0)
    push.send(b"x")
    assert waiting.get(timeout=20) == b"x"
push.close()
pull.close()
context.term()
print("done")
"""
    )
    assert out == "done\n"


def test_end_of_the_program() -> None:
    """A program that ends while greenlets wait ends without a word."""
    out = run(
        """
import gevent
import zmq.green
context = zmq.green.Context.instance()
pull = context.socket(zmq.PULL)
waiting = [gevent.spawn(pull.recv), gevent.spawn(pull.poll)]
gevent.sleep(0.01)
print("end")
pull.close()
""",
    )
    assert out == "end\n"


def test_without_gevent() -> None:
    """Where gevent is not installed, the import says what to install, and zmq itself works."""
    out = run(
        """
sys.modules["gevent"] = None
try:
    import zmq.green
except ImportError as error:
    print(error)
"""
    )
    assert "pip install gevent" in out


LOOPS = ["libuv-cffi", "libev-cffi"]
if sys.implementation.name == "cpython":
    LOOPS.append("libev-cext")


@pytest.mark.parametrize("loop", LOOPS)
def test_loops_of_gevent(loop: str) -> None:
    """Each kind of loop that gevent has serves: waits, time-outs, kills, many times."""
    out = run(
        f"""
import gevent, gevent.exceptions
try:
    hub = gevent.get_hub()
except Exception as error:
    print("lacks it", error)
    raise SystemExit
import zmq.green
count = {times(300, 20_000)}
context = zmq.green.Context()
one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
one.bind("inproc://loop")
other.connect("inproc://loop")
def echo():
    for _ in range(count):
        other.send(other.recv())
echoing = gevent.spawn(echo)
for n in range(count):
    one.send(b"%d" % n)
    while True:
        with gevent.Timeout(0.001, False):
            assert one.recv() == b"%d" % n
            break
one.rcvtimeo = 10
try:
    one.recv()
except zmq.Again:
    print("again", one.poll(10))
one.close()
other.close()
context.term()
""",
        GEVENT_LOOP=loop,
    )
    assert out == "again 0\n"
