# SPDX-License-Identifier: BSD-3-Clause
"""A real program, unchanged, on this zmq: a Jupyter kernel and its client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Home

pytestmark = pytest.mark.packaging

NOTED = "Kernel is running over TCP without encryption"
"""What a kernel that was not given keys remarks when it starts."""


@pytest.fixture(scope="module")
def jupyter(shim, wheel, tmp_path_factory):
    """An environment with ipykernel and jupyter_client, and no zmq but ours."""
    home = Home(tmp_path_factory.mktemp("jupyter"))
    home.pip("install", "-q", wheel, shim, "ipykernel", "jupyter_client")
    return home


def run(home, program):
    """Run a program that drives kernels; return what it printed as JSON in its last line."""
    begin = "import warnings; warnings.simplefilter('error', ResourceWarning)\n"
    places = {
        f"JUPYTER_{kind}_DIR": home.folder / "jupyter" / kind.lower()
        for kind in ("CONFIG", "DATA", "RUNTIME")
    }
    ran = home.run("-c", begin + program, IPYTHONDIR=home.folder / "ipython", **places)
    lines = [line for line in ran.stdout.splitlines() if NOTED not in line]
    assert len(lines) == 1, ran.stdout
    return json.loads(lines[0])


START = """
import json, time
from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name="python3")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)

def execute(code):
    "Return how a cell ended, and all that it put out."
    said = []

    def put_out(message):
        content = message["content"]
        if message["msg_type"] == "stream":
            said.append(content["text"])
        elif message["msg_type"] == "execute_result":
            said.append(content["data"]["text/plain"])
        elif message["msg_type"] == "error":
            said.append(content["ename"])

    reply = client.execute_interactive(code, timeout=30, output_hook=put_out)
    return [reply["content"]["status"], "".join(said)]

def await_output(text):
    while True:
        message = client.get_iopub_msg(timeout=30)
        if text in message["content"].get("text", ""):
            return

def end():
    "End the kernel as a client does, by asking it to."
    client.shutdown()
    for _ in range(3000):
        if not manager.is_alive():
            break
        time.sleep(0.01)
    ended = not manager.is_alive()
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    return ended
"""

SESSION = """
import signal
place = execute("import zmq; print(zmq.__file__, end='')")
for number in range(200):
    result = execute(f"print('cell', {number}); {number} * 2")
    assert result == ["ok", f"cell {number}\\n{number * 2}"], result
much = execute("for number in range(5000): print(number)")
assert much == ["ok", "".join(f"{number}\\n" for number in range(5000))]

asked = client.execute("import time; print('sleeps', flush=True); time.sleep(60)")
await_output("sleeps")
manager.interrupt_kernel()
interrupted = client.get_shell_msg(timeout=30)["content"]["ename"]
after = execute("'still ' + 'there'")

manager.restart_kernel()
client.wait_for_ready(timeout=60)
forgotten = execute("number")
again = execute("40 + 2")
print(json.dumps([place, interrupted, after, forgotten, again, end()]))
"""


def test_session(jupyter):
    """A kernel runs 200 cells with output, is interrupted, restarted and ends when asked to."""
    place, interrupted, after, forgotten, again, ended = run(jupyter, START + SESSION)
    assert place[0] == "ok"
    assert Path(place[1]).parents[1] == jupyter.site_packages()
    assert interrupted == "KeyboardInterrupt"
    assert after == ["ok", "'still there'"]
    assert forgotten == ["error", "NameError"]
    assert again == ["ok", "42"]
    assert ended
