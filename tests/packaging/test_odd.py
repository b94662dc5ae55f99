# SPDX-License-Identifier: BSD-3-Clause
"""The installed package in environments that are not like most."""

from __future__ import annotations

import pytest

from .conftest import Home, find_python, run

pytestmark = pytest.mark.packaging


def fine(done):
    """Whether `python -m zmq` exchanged its messages and warned of nothing."""
    return done.stdout.splitlines()[-1] == "everything came back" and "Warning" not in done.stdout


@pytest.mark.parametrize("options", [["-I"], ["-OO"], ["-S"], ["-X", "dev"], ["-B", "-bb", "-E"]])
def test_options_of_python(home, tmp_path, options):
    """Isolated, without docstrings, without site, with all checks: the package works."""
    path = home.site_packages() if "-S" in options else ""
    done = home.run(*options, "-W", "error", "-m", "zmq", cwd=tmp_path, PYTHONPATH=path)
    assert fine(done), done.stdout


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_of_folders(wheel, tmp_path, locale):
    """A path with spaces and letters beyond ASCII is like any other, whatever the locale."""
    folder = tmp_path / "fünf Wörter, 五 in 漢字"
    folder.mkdir()
    home = Home(folder / "home")
    home.pip("install", "-q", "--no-index", wheel)
    # Python is kept from putting UTF-8 in the place of C.
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": locale}
    done = home.run("-m", "zmq", cwd=folder, **plain)
    assert fine(done), done.stdout
    assert f"at {home.site_packages()}" in done.stdout
    done = home.run("-m", "zmq", cwd=folder, PYTHONIOENCODING="utf-8", **plain)
    assert fine(done), done.stdout


def test_read_only_site_packages(wheel, read_only, tmp_path):
    """Where nothing of the installation can be written, not even caches, the package works."""
    home = Home(tmp_path / "home")
    home.pip("install", "-q", "--no-index", "--no-compile", wheel)
    command = (*read_only(home.folder), home.python, "-W", "error", "-m", "zmq")
    done = run(*command, cwd=tmp_path)
    assert fine(done), done.stdout
    assert not list(home.site_packages().glob("zmq/**/__pycache__"))


WITHOUT_CTYPES = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name == "_ctypes":
            raise ModuleNotFoundError("No module named '_ctypes'", name="_ctypes")

sys.meta_path.insert(0, Blocker())
for name in [name for name in sys.modules if "ctypes" in name]:
    del sys.modules[name]
import zmq
"""


def test_without_ctypes(home):
    """A Python built without libffi gets an ImportError that names it and says what to do."""
    done = home.run("-I", "-c", WITHOUT_CTYPES, check=False)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("ImportError: zmq needs the standard module ctypes, which ")
    assert "No module named '_ctypes'" in last
    assert "built without libffi" in last


# --- interpreters ---------------------------------------------------------------------------------

EXCHANGE = """
import asyncio
import zmq, zmq.asyncio

async def ask():
    with zmq.asyncio.Context() as context, context.socket(zmq.REP) as rep:
        port = rep.bind_to_random_port("tcp://127.0.0.1")
        with context.socket(zmq.REQ) as req:
            req.connect(f"tcp://127.0.0.1:{port}")
            await req.send(b"x" * 100000, copy=False)
            await rep.send_multipart(await rep.recv_multipart())
            assert await req.recv() == b"x" * 100000

asyncio.run(ask())
"""
INTERPRETERS = """
import os, sys, threading, time
import _interpreters

exchange, *left_open = sys.argv[1:]

def of_the_process():
    folders = filter(os.path.isdir, ("/proc/self/task", "/proc/self/fd"))
    return [len(os.listdir(folder)) for folder in folders]

def use():
    for left in left_open:
        number = _interpreters.create()
        for program in (exchange, left):
            failed = _interpreters.exec(number, program)
            if failed is not None:
                print(failed.formatted)
        _interpreters.destroy(number)

before = of_the_process()
threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads:
    thread.start()
exec(exchange)
for thread in threads:
    thread.join()
deadline = time.monotonic() + 30
while of_the_process() > before and time.monotonic() < deadline:
    time.sleep(0.01)
print("more than before" if of_the_process() > before else "end")
"""
LEFT_OPEN = (
    """
context = zmq.Context.instance()
socket = context.socket(zmq.PUSH)
socket.bind("inproc://x")
sent = zmq.Context().socket(zmq.PUSH)
""",
    """
def use():
    context = zmq.Context()
    context.socket(zmq.PUSH).bind("tcp://127.0.0.1:*")

import warnings
warnings.simplefilter("ignore", ResourceWarning)
use()
""",
    """
async def wait():
    global context, monitor, receiving
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.PULL)
    monitor = socket.get_monitor_socket()
    receiving = asyncio.ensure_future(socket.recv())
    await asyncio.sleep(0)

loop = asyncio.new_event_loop()
loop.run_until_complete(wait())
""",
)


def test_subinterpreters(wheel, tmp_path):
    """Isolated interpreters in threads exchange messages, end quietly, and give back what they left open."""
    home = Home(tmp_path / "home", find_python("3.13"))
    home.pip("install", "-q", "--no-index", wheel)
    done = home.run("-I", "-c", INTERPRETERS, EXCHANGE, *LEFT_OPEN)
    assert done.stdout == "end\n"


UNSENT = """
import sys
import _interpreters
import zmq

with zmq.Context() as context, context.socket(zmq.PULL) as pull:
    pull.rcvtimeo = 30000
    port = pull.bind_to_random_port("tcp://127.0.0.1")
    number = _interpreters.create()
    failed = _interpreters.exec(number, sys.argv[1] + f"send({port})")
    print(failed and failed.formatted)
    _interpreters.destroy(number)
    for index in range(40):
        assert pull.recv() == b"%03d" % index * 300000
    print("end")
"""
LEFT_UNSENT = """
import zmq

def send(port):
    socket = zmq.Context.instance().socket(zmq.PUSH)
    socket.connect(f"tcp://127.0.0.1:{port}")
    for index in range(40):
        socket.send((bytes, bytearray)[index % 2](b"%03d" % index * 300000), copy=False)
"""


def test_unsent_by_a_subinterpreter(wheel, tmp_path):
    """What an interpreter sent without a copy arrives whole after its end, which does not wait."""
    home = Home(tmp_path / "home", find_python("3.13"))
    home.pip("install", "-q", "--no-index", wheel)
    assert home.run("-I", "-c", UNSENT, LEFT_UNSENT).stdout == "None\nend\n"


def test_free_threaded(wheel, tmp_path):
    """A Python without a GIL imports the package, keeps its GIL off, and exchanges messages."""
    home = Home(tmp_path / "home", find_python("3.13t"))
    home.pip("install", "-q", "--no-index", wheel)
    program = "import sys, zmq; print(sys._is_gil_enabled())"
    assert home.run("-I", "-W", "error", "-c", program).stdout == "False\n"
    assert fine(home.run("-I", "-m", "zmq"))
