# SPDX-License-Identifier: BSD-3-Clause
"""Untyped calls stay between their fences, and calls to C can be observed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import zmq
from zmq._ctypes import fast
from zmq._ctypes.signatures import FUNCTIONS

PACKAGE = Path(zmq.__file__).parent
SOURCES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}

OPEN = re.compile(
    r" *# --- hot: (?P<benches>\w+(, \w+)*); slow twin (?P<twins>[\w.]+(, [\w.]+)*) ---"
)
CLOSE = re.compile(r" *# --- end hot ---")

# (file, what is captured) -> why
CAPTURED = {
    ("_ctypes/bind.py", "C.zmq_errno"): "asking for errno must not be observed: that changes it",
}

each_source = pytest.mark.parametrize("file", SOURCES)


def text_of(file: str) -> str:
    return SOURCES[file].read_text(encoding="utf-8")


def fences(file: str) -> list[tuple[int, int, str]]:
    """Return (first line, last line, slow twins) of each fenced stretch."""
    found = []
    start = None
    for number, line in enumerate(text_of(file).splitlines(), 1):
        if "--- hot" in line and line.strip().startswith("#"):
            opened = OPEN.fullmatch(line)
            assert opened, (
                f"{file}:{number}: not '# --- hot: BENCHMARK; slow twin NAME ---': {line}"
            )
            assert start is None, f"{file}:{number}: a fence in a fence"
            start = (number, opened["twins"])
        elif "end hot" in line and line.strip().startswith("#"):
            assert CLOSE.fullmatch(line), f"{file}:{number}: not '# --- end hot ---': {line}"
            assert start is not None, f"{file}:{number}: nothing to end"
            found.append((start[0], number, start[1]))
            start = None
    assert start is None, f"{file}: a fence is not closed"
    return found


def untyped_calls(file: str) -> list[tuple[int, str]]:
    """Return (line, name) wherever a file speaks of an untyped call."""
    return [
        (node.lineno, node.attr)
        for node in ast.walk(ast.parse(text_of(file)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "fast"
        and node.attr in fast.CALLS
    ]


FUNCTION_NAMES = {
    node.name
    for path in SOURCES.values()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
} | {row.name for row in FUNCTIONS}


@each_source
def test_untyped_calls_are_fenced(file: str) -> None:
    """An untyped call stands between fences that name its benchmark and its slow twin."""
    stretches = fences(file)
    for line, name in untyped_calls(file):
        assert any(first < line < last for first, last, _ in stretches), f"{file}:{line}: {name}"


@each_source
def test_fences_enclose_something(file: str) -> None:
    """A fence without an untyped call in it is taken away."""
    lines = [line for line, _ in untyped_calls(file)]
    for first, last, _ in fences(file):
        assert any(first < line < last for line in lines), f"{file}:{first}"


@each_source
def test_slow_twins_exist(file: str) -> None:
    """The slow twin that a fence names is a function of the package or of the table."""
    for first, _, twins in fences(file):
        for twin in twins.split(", "):
            assert twin.rpartition(".")[2] in FUNCTION_NAMES, f"{file}:{first}: {twin}"


@each_source
def test_untyped_calls_have_one_name(file: str) -> None:
    """They are reached as fast.NAME only, so that this test and an observer see all of them."""
    for node in ast.walk(ast.parse(text_of(file))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith("fast"):
            assert not {alias.name for alias in node.names} & fast.CALLS.keys()


def captures(tree: ast.Module) -> list[str]:
    """Return the C functions that are looked up when the module is imported."""
    found = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = f"{node.value.id}.{node.attr}"
            if whole.startswith("C.zmq_") or (node.value.id == "fast" and node.attr in fast.CALLS):
                found.append(whole)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            evaluated = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            for default in evaluated:
                visit(default)
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


@each_source
def test_calls_are_looked_up_when_they_are_made(file: str) -> None:
    """No module, class or default argument keeps a C function: an observer would be passed by."""
    name = file.replace("\\", "/")
    kept = [found for found in captures(ast.parse(text_of(file))) if (name, found) not in CAPTURED]
    assert kept == []


@each_source
def test_finalizers_keep_errno(file: str) -> None:
    """A __del__ that reaches C does so inside keep_errno, or through what does."""
    for node in ast.walk(ast.parse(text_of(file))):
        if isinstance(node, ast.FunctionDef) and node.name == "__del__":
            source = ast.unparse(node)
            if "C." in source or "fast." in source or "memory." in source:
                assert "keep_errno" in source or "discard" in source, f"{file}:{node.lineno}"
