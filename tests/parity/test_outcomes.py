# SPDX-License-Identifier: BSD-3-Clause
"""What expressions come to, here and with genuine pyzmq.

The environment variable ZMQ_TEST_PEER names a Python that has pyzmq of the same API level. Where
the outcomes differ on purpose, DIFFERENCES says why.
"""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zmq

HERE = Path(__file__).parent
PEER = os.environ.get("ZMQ_TEST_PEER")
PATIENCE_S = 20

_spec = importlib.util.spec_from_file_location("outcome_table", HERE / "outcome_table.py")
assert _spec
assert _spec.loader
outcome_table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(outcome_table)
CASES: list[str] = outcome_table.cases()

# why -> patterns of the expressions that differ because of it
DIFFERENCES: dict[str, tuple[str, ...]] = {
    "a float is no integer": (r".*[( =]1\.[05]\b.*",),
    "whatever can be an index is an integer, as everywhere in Python": (r".*\bIndex\(\d+\).*",),
    "bytearray and memoryview are bytes": (
        r".*\.set\(zmq\.\w+, (bytearray|memoryview)\(b'x'\)\)",
        r"s\(zmq\.SUB\)\.subscribe\(bytearray\(b'x'\)\)",
    ),
    "a subclass of bytes is bytes": (r"s\(\)\.\w+\(Bytes\(b'nope://y'\)\); 1",),
    "any iterable of parts is a message": (r"echo_multipart\((iter|part|\{|collections).*",),
    "what is not known is refused, not ignored": (
        r"pair\(\)\[0\]\.send_multipart\(\[b'(a|x)'\], (nonsense|routing_id)=1\)",
        r"s\(\)\.close\(-5\)",
        r"x = s\(\); x\.monitor\('inproc://m' \+ chr\(0\)\)",
    ),
    "arguments of the draft API are looked at first": (
        r"pair\(\)\[0\]\.send\(b'x', (routing_id='x'|group=5)\)",
        r"s\(\)\.join\((5|None|'g' \* 300)\)",
    ),
    "more than the buffer has is one error, however much more": (
        r"into\(bytearray\(5\), nbytes=2\*\*\d+\)",
    ),
    "options that this package does not know take bytes as well": (
        r"s\(\)\.set(_string)?\(9999, b?'x'\)",
    ),
    "hwm is an attribute in any case": (r".*\bHWM\b.*", r"hasattr\(s\(\), 'HWM'\)"),
    "keys can be read": (r".*(CURVE_|curve_)(public|server|secret)key.*", r".*zmq\.CURVE_\w+KEY\)"),
    "a closed context says ENOTSUP to everybody": (
        r"x = zmq\.Context\(\); x\.term\(\); (zmq\.|copy\.).*",
    ),
    "terminating a context closes all views of it": (
        r"x = zmq\.Context\(\); y = zmq\.Context\.shadow\(x\); .*",
    ),
    "what ends the process later is refused": (r"s\(zmq\.REP\)\.set\(zmq\.ROUTER_MANDATORY, 1\)",),
    "-1 is no type of socket, and not the default either": (r"ctx\.socket\(-1\)",),
    "sockets are made by any callable": (r"ctx\.socket\(zmq\.PAIR, socket_class=lambda .*",),
    "options are listed": (r"'(IO_THREADS|linger)' in dir\(.*",),
    "there is one class of synchronous sockets": (r"zmq\.Sync(Context|Socket) is zmq\..*",),
    "what a socket is cannot be assigned": (
        r"(x = s\(\); x|ctx)\.(type|context|closed|io_threads) = .*",
    ),
    "what bind returns is a class of its own, with the address as str": (
        r"x = s\(\); c = x\.(bind|connect)\(b?'inproc://x'\); (type.*|c\.addr)",
    ),
    "any time is a time to wait": (r".*\.poll\((10\*\*30|float\('inf'\)), .*", r".*2\*\*31\)"),
    "a clock that does not run says so, and there is a sleep": (r"w = zmq\.Stopwatch\(\); .*",),
    "a key with NUL is no key, as one of another length": (r"zmq\.curve_public\(b'\\0' \* 40\)",),
    "on a closed socket a wrong argument is still one": (
        r"closed\(\)\.(send\('x'\)|recv_into\(b'readonly'\)|set\(zmq\.LINGER, 'x'\))",
    ),
    "closing what is closed does nothing": (r"closed\(\)\.close\('x'\)",),
    "a copy of a closed socket is ENOTSOCK": (
        r"(copy\.(deep)?copy|zmq\.Socket(\.shadow)?)\(closed\(\)\)",
    ),
    "a closed socket is not polled": (r"p = zmq\.Poller\(\); p\.register\(closed\(\)\); .*",),
}

Outcome = list[Any]


def run(command: list[str], environment: dict[str, str]) -> dict[str, Outcome]:
    """Return what each expression comes to; the program that answers is started as often as needed."""
    outcomes: dict[str, Outcome] = {}
    left = list(CASES)
    while left:
        answers = answer(command, environment, left)
        for source, outcome in answers:
            outcomes[source] = outcome
        left = left[len(answers) :]
    return outcomes


def answer(
    command: list[str], environment: dict[str, str], sources: list[str]
) -> list[tuple[str, Outcome]]:
    """Return the answers of one program, the last of which may be that it died or hung."""
    with subprocess.Popen(
        [*command, str(HERE / "outcomes.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as program:
        assert program.stdin
        assert program.stdout
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=feed, args=(program.stdin, sources), daemon=True).start()
        threading.Thread(target=drain, args=(program.stdout, lines), daemon=True).start()
        answers: list[tuple[str, Outcome]] = []
        for source in sources:
            try:
                line = lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                answers.append((source, ["hangs"]))
                break
            if not line:
                answers.append((source, ["dies", program.wait()]))
                break
            answers.append((source, json.loads(line)))
        program.kill()
        return answers


def feed(stream: Any, sources: list[str]) -> None:
    try:
        stream.writelines(json.dumps(source) + "\n" for source in sources)
        stream.close()
    except (OSError, ValueError):
        pass


def drain(stream: Any, lines: queue.Queue[str]) -> None:
    try:
        for line in stream:
            lines.put(line)
    except ValueError:
        pass
    lines.put("")


@pytest.fixture(scope="module")
def ours() -> dict[str, Outcome]:
    library = str(Path(zmq.__file__).parent.parent)
    return run(
        [sys.executable],
        {**os.environ, "LIBZMQ_PATH": zmq.libzmq_path(), "PYTHONPATH": library},
    )


@pytest.fixture(scope="module")
def theirs() -> Iterator[dict[str, Outcome]]:
    if not PEER:
        pytest.skip("ZMQ_TEST_PEER names no Python with genuine pyzmq")
    told = subprocess.run(
        [PEER, "-I", "-c", "import zmq; print(zmq.__version__, zmq.zmq_version())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    if told != [zmq.__version__, zmq.zmq_version()]:
        pytest.skip(f"the peer has pyzmq {told[0]} and libzmq {told[1]}")
    yield run([PEER, "-I"], dict(os.environ))


def agree(our: Outcome, their: Outcome) -> bool:
    """Tell whether ours is as theirs: an exception may be of a more special class."""
    if our == their:
        return True
    if our[0] != "raises" or their[0] != "raises":
        return False
    return their[1][0] in our[1] and their[2] in (our[2], None)


def why(source: str) -> str:
    """Return why the outcomes of an expression differ, or nothing."""
    for reason, patterns in DIFFERENCES.items():
        if any(re.fullmatch(pattern, source, re.DOTALL) for pattern in patterns):
            return reason
    return ""


@pytest.mark.parametrize("kind", ["dies", "hangs"])
def test_every_expression_ends(kind: str, ours: dict[str, Outcome]) -> None:
    """Each expression has a value or raises; none ends the process, or does not end."""
    assert [source for source, outcome in ours.items() if outcome[0] == kind] == []


def test_exceptions_are_documented(ours: dict[str, Outcome]) -> None:
    """What is raised is Python's class for the mistake, or one of zmq's."""
    known = {"TypeError", "ValueError", "OverflowError", "LookupError", "BufferError"}
    known |= {"AttributeError", "RuntimeError", "PicklingError", "UnpicklingError", "EOFError"}
    known |= {"ZMQBaseError", "ZeroDivisionError", "ImportError"}
    unknown = {
        source: outcome[1][0]
        for source, outcome in ours.items()
        if outcome[0] == "raises" and not known & set(outcome[1])
    }
    assert unknown == {}


def test_outcomes_agree(ours: dict[str, Outcome], theirs: dict[str, Outcome]) -> None:
    """Where nothing is said about it, class, number and value are those of pyzmq."""
    unexplained = [
        f"{source!r}: {ours[source]} here, {theirs[source]} there"
        for source in CASES
        if not agree(ours[source], theirs[source]) and not why(source)
    ]
    assert not unexplained, "\n".join(unexplained)


def test_differences_exist(ours: dict[str, Outcome], theirs: dict[str, Outcome]) -> None:
    """Each reason that is given for a difference explains one."""
    found = {why(source) for source in CASES if not agree(ours[source], theirs[source])}
    assert set(DIFFERENCES) <= found
