# SPDX-License-Identifier: BSD-3-Clause
"""What is said about the code: docstrings, licence lines, and what is not said."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zmq

PACKAGE = Path(zmq.__file__).parent
ROOT = Path(__file__).parent.parent.parent

SECTIONS = (
    "Parameters",
    "Attributes",
    "Returns",
    "Yields",
    "Raises",
    "Warns",
    "See Also",
    "Notes",
    "Examples",
)

SOURCES = sorted(
    {*PACKAGE.rglob("*.py"), *ROOT.glob("*.py")}
    | {
        path
        for folder in ("tests", "packaging", "bench", "examples", "docs")
        for path in (ROOT / folder).rglob("*.py")
    }
)

TEXTS = sorted(
    {*SOURCES}
    | {
        path
        for folder in ("", "docs", "packaging", ".ci")
        for path in (ROOT / folder).glob("*")
        if path.suffix in {".rst", ".md", ".toml", ".ini", ".in", ".cfg", ".txt"} or folder == ".ci"
    }
)

NOT_SAID = {
    "somebody's folder": r"(?<![\w.:/])/(home|root|work|Users|mnt|scratch)/(?!linuxbrew|me\b)\w|(?i:c:\\users\\\w)",
    "a temporary folder": r"(?<![\w.:/])/tmp/\w\w",
    "a mail address": r"\b[\w.+-]+@(?!example\b)[\w-]+\.(com|org|net|io|dev|de)\b",
    "a date": r"\b20[0-4]\d-[01]\d-[0-3]\d\b",
    "an issue number": r"""(?<![\w&"':])#\d{1,5}\b""",
    "work to be done": r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b",
    "a private host": r"\b(\d{1,3}\.){3}\d{1,3}:(3128|8081)\b|\b[\w-]+\.(internal|corp|lan)\b",
}


def public_objects() -> Iterator[tuple[str, Any]]:
    """Yield (name, object) of the public classes, their methods and properties, and functions."""
    for name in zmq.__all__:
        value = getattr(zmq, name)
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and value.__module__.startswith("zmq"):
            yield name, value
            yield from members(name, value)


def members(name: str, cls: type) -> Iterator[tuple[str, Any]]:
    for member, value in vars(cls).items():
        if isinstance(value, (classmethod, staticmethod)):
            value = value.__func__
        if not member.startswith("_") and (
            inspect.isfunction(value) or isinstance(value, property)
        ):
            yield f"{name}.{member}", value


OBJECTS = dict(public_objects())
FUNCTIONS = {name: value for name, value in OBJECTS.items() if inspect.isfunction(value)}


@pytest.mark.parametrize("name", OBJECTS)
def test_public_things_have_docstrings(name: str) -> None:
    """Each public class, function, method and property says what it does, in a sentence."""
    doc = inspect.getdoc(OBJECTS[name])
    assert doc, name
    summary = doc.partition("\n\n")[0]
    assert summary.endswith((".", ":", ")")), summary
    assert len(summary) <= 200


@pytest.mark.parametrize("name", OBJECTS)
def test_sections_are_numpydoc(name: str) -> None:
    """Sections of a docstring are those of numpydoc, underlined, in their order."""
    lines = (inspect.getdoc(OBJECTS[name]) or "").splitlines()
    found = [
        line
        for line, below in zip(lines, lines[1:])
        if below and set(below) == {"-"} and len(below) == len(line)
    ]
    underlined = [line for line in lines if line and set(line) == {"-"}]
    assert len(found) == len(underlined), "an underline is as long as its title"
    assert [SECTIONS.index(section) for section in found] == sorted(map(SECTIONS.index, found))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_are_described(name: str) -> None:
    """A docstring speaks of each parameter of its function."""
    doc = inspect.getdoc(FUNCTIONS[name]) or ""
    if re.search(r"older name of|as [\w.]+\(\)|the same as|Undo ", doc.partition("\n")[0]):
        return
    names = [
        name
        for name in inspect.signature(FUNCTIONS[name]).parameters
        if name not in ("self", "cls")
    ]
    missing = [name for name in names if not re.search(rf"\b{name}\b", doc)]
    assert missing == []
    if len(names) > 1:
        assert "\nParameters\n----------\n" in doc


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_each_file_names_the_licence(path: Path) -> None:
    """A Python file starts with its SPDX line, and has no other licence text."""
    text = path.read_text(encoding="utf-8")
    if text:
        first = text.splitlines()[1] if text.startswith("#!") else text.splitlines()[0]
        assert first == "# SPDX-License-Identifier: BSD-3-Clause"
        assert "All rights " + "reserved" not in text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_each_module_has_a_docstring(path: Path) -> None:
    """A Python file that holds anything says what it holds."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_project_speaks_of_itself_alone(path: Path) -> None:
    """No text knows the machine, the people or the plans behind it."""
    if path == Path(__file__):
        return
    text = path.read_text(encoding="utf-8")
    for what, pattern in NOT_SAID.items():
        found = re.search(pattern, text)
        assert not found, f"{what}: {found and found.group()}"


@pytest.mark.parametrize("path", [path for path in SOURCES if "tests" in path.parts], ids=str)
def test_tests_say_what_must_hold(path: Path) -> None:
    """Each test has a docstring: one sentence."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{path.name}:{node.lineno}"
