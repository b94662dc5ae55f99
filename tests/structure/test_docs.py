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

pytestmark = pytest.mark.once

PACKAGE = Path(zmq.__file__).parent
ROOT = Path(__file__).parent.parent.parent

LICENCE = "# SPDX-License-Identifier: BSD-3-Clause"

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
    "a private host": r"\b[\w-]+\.(internal|corp|lan)\b",
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
    """Yield (name, object) of what a class has of its own and of the classes it is made of."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("zmq"):
            found.update(vars(base))
    for member, value in found.items():
        if isinstance(value, (classmethod, staticmethod)):
            value = value.__func__
        if not member.startswith("_") and (
            inspect.isfunction(value) or isinstance(value, property)
        ):
            yield f"{name}.{member}", value


OBJECTS = dict(public_objects())
FUNCTIONS = {name: value for name, value in OBJECTS.items() if inspect.isfunction(value)}


def test_public_things_have_docstrings() -> None:
    """Each public class, function, method and property says what it does, in a sentence."""
    speechless = []
    for name, value in OBJECTS.items():
        summary = (inspect.getdoc(value) or "").partition("\n\n")[0]
        if not summary.endswith((".", ":", ")")) or len(summary) > 200:
            speechless.append(f"{name}: {summary!r}")
    assert speechless == []


def test_sections_are_numpydoc() -> None:
    """Sections of a docstring are those of numpydoc, underlined, in their order."""
    wrong = []
    for name, value in OBJECTS.items():
        lines = (inspect.getdoc(value) or "").splitlines()
        underlined = [
            (title, line) for title, line in zip(lines, lines[1:]) if line and set(line) == {"-"}
        ]
        if any(title not in SECTIONS or len(title) != len(line) for title, line in underlined):
            wrong.append(f"{name}: {underlined}")
            continue
        order = [SECTIONS.index(title) for title, _ in underlined]
        if order != sorted(set(order)):
            wrong.append(f"{name}: {[title for title, _ in underlined]}")
    assert wrong == []


def test_parameters_are_described() -> None:
    """A docstring speaks of each parameter of its function."""
    wrong = []
    for name, function in FUNCTIONS.items():
        doc = inspect.getdoc(function) or ""
        if re.search(r"older name of|as [\w.]+\(\)|the same as|Undo ", doc.partition("\n")[0]):
            continue
        names = [
            one for one in inspect.signature(function).parameters if one not in ("self", "cls")
        ]
        missing = [one for one in names if not re.search(rf"\b{one}\b", doc)]
        if missing or (len(names) > 1 and "\nParameters\n----------\n" not in doc):
            wrong.append(f"{name}({', '.join(names)}): {missing}")
    assert wrong == []


def test_each_file_names_the_licence() -> None:
    """A Python file starts with its SPDX line, and has no other licence text."""
    wrong = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        first = text.splitlines()[text.startswith("#!")] if text else LICENCE
        if first != LICENCE or "All rights " + "reserved" in text:
            wrong.append(str(path))
    assert wrong == []


def test_each_module_has_a_docstring() -> None:
    """A Python file that holds anything says what it holds."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    wrong = [str(path) for path, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    assert wrong == []


def test_the_project_speaks_of_itself_alone() -> None:
    """No text knows the machine, the people or the plans behind it."""
    said = [
        f"{path}: {what}: {found.group()}"
        for path in TEXTS
        if path != Path(__file__)
        for what, pattern in NOT_SAID.items()
        for found in re.finditer(pattern, path.read_text(encoding="utf-8"))
    ]
    assert said == []


def test_tests_say_what_must_hold() -> None:
    """Each test has a docstring: one sentence."""
    silent = [
        f"{path}:{node.lineno}"
        for path in SOURCES
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
