# SPDX-License-Identifier: BSD-3-Clause
"""The pages say what is so: their programs run, and print what is said."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from programs import run

import zmq
from zmq._ctypes.signatures import FUNCTIONS

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]
PACKAGE = Path(zmq.__file__).parent


class Program(NamedTuple):
    page: str
    line: int
    source: str
    output: str | None


def indented(lines: list[str], start: int) -> tuple[str, int]:
    """Return the indented block that begins at or after a line, and the line after it."""
    end = start
    while end < len(lines) and (not lines[end] or lines[end].startswith(" ")):
        end += 1
    return textwrap.dedent("\n".join(lines[start:end])).strip("\n") + "\n", end


def said(lines: list[str], start: int) -> str | None:
    """Return what the text after a program says that it prints."""
    if lines[start:] and lines[start] == "prints::":
        return indented(lines, start + 1)[0]
    found = re.match(r"prints ``(.+?)``", lines[start]) if lines[start:] else None
    return f"{found.group(1)}\n" if found else None


def programs() -> Iterator[Program]:
    for page in PAGES:
        lines = page.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if line.strip() == ".. code-block:: python":
                source, end = indented(lines, number + 1)
                yield Program(page.name, number + 1, source, said(lines, end))


PROGRAMS = list(programs())


@pytest.mark.parametrize(
    "program", PROGRAMS, ids=[f"{program.page}:{program.line}" for program in PROGRAMS]
)
def test_program_runs(program: Program) -> None:
    """A program in a page runs without warnings, ends, and prints what the page says."""
    if "curve_" in program.source and not zmq.has("curve"):
        pytest.skip("this libzmq has no curve")
    if "zmq.green" in program.source and sys.implementation.name != "cpython":
        pytest.skip("gevent is a requirement of the tests with CPython only")
    printed = run(program.source)
    if program.output is not None:
        assert printed == program.output


def test_there_are_programs() -> None:
    """The pages have programs, and those of the first steps say what they print."""
    first_steps = [program for program in PROGRAMS if program.page == "first-steps.rst"]
    assert len(first_steps) >= 10
    assert None not in [program.output for program in first_steps]


def test_every_room_is_named() -> None:
    """The page about the inside names every private file, and no file that is not there."""
    text = (ROOT / "docs" / "developing.rst").read_text(encoding="utf-8")
    files = {
        path.relative_to(PACKAGE.parent).as_posix()
        for folder in (PACKAGE, PACKAGE / "_ctypes")
        for path in folder.glob("_*.py" if folder is PACKAGE else "*.py")
    } - {"zmq/_ctypes/__init__.py", "zmq/__main__.py"}
    named = set(re.findall(r"``(zmq/[\w/]+\.py)``", text))
    assert files - named == set()
    assert [name for name in named if not (PACKAGE.parent / name).exists()] == []


def test_paths_exist() -> None:
    """Paths of the project that a page names are there."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"``((?:tests|docs|packaging|examples|\.ci)/[\w/.-]*)``", text):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_c_functions_that_docstrings_name() -> None:
    """A function of libzmq that a docstring or a page says is wrapped is bound."""
    bound = {row.name for row in FUNCTIONS} | {"zmq_ctx_term"}
    for path in sorted(PACKAGE.glob("*.py")):
        for names in re.findall(r"Wraps (``.*)", path.read_text(encoding="utf-8")):
            for name in re.findall(r"``(zmq_\w+)", names):
                assert name in bound, f"{path.name}: {name}"
