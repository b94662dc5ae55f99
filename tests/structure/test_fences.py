# SPDX-License-Identifier: BSD-3-Clause
"""Untyped calls stay between their fences, and calls to C can be observed."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

import zmq
from zmq._ctypes import fast
from zmq._ctypes.signatures import FUNCTIONS

pytestmark = pytest.mark.once

PACKAGE = Path(zmq.__file__).parent
BENCH = Path(__file__).parent.parent.parent / "bench"

OPEN = re.compile(
    r" *# --- hot: (?P<benches>\w+(, \w+)*); slow twin (?P<twins>[\w.]+(, [\w.]+)*) ---"
)
CLOSE = re.compile(r" *# --- end hot ---")

# (file, what is captured) -> why
CAPTURED = {
    ("_ctypes/bind.py", "C.zmq_errno"): "asking for errno must not be observed: that changes it",
}

# Whole programs measure these.
MEASURED_ELSEWHERE = {"asyncio"}


class Source(NamedTuple):
    name: str
    text: str
    tree: ast.Module


class Fence(NamedTuple):
    where: str
    first: int
    last: int
    benches: list[str]
    twins: list[str]


def read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(PACKAGE).as_posix(), text, ast.parse(text))


SOURCES = [read(path) for path in sorted(PACKAGE.rglob("*.py"))]


def fences(source: Source) -> list[Fence]:
    """Return the fenced stretches of a file."""
    found = []
    opened: tuple[int, re.Match[str]] | None = None
    for number, line in enumerate(source.text.splitlines(), 1):
        where = f"{source.name}:{number}: {line.strip()}"
        comment = line.strip().startswith("# ---")
        if comment and "hot" in line and "end hot" not in line:
            match = OPEN.fullmatch(line)
            assert match, f"not '# --- hot: BENCHMARK; slow twin NAME ---': {where}"
            assert opened is None, f"a fence in a fence: {where}"
            opened = (number, match)
        elif comment and "end hot" in line:
            assert CLOSE.fullmatch(line), f"not '# --- end hot ---': {where}"
            assert opened, f"nothing to end: {where}"
            first, match = opened
            benches, twins = match["benches"].split(", "), match["twins"].split(", ")
            found.append(Fence(f"{source.name}:{first}", first, number, benches, twins))
            opened = None
    assert opened is None, f"a fence of {source.name} is not closed"
    return found


def untyped_calls(source: Source) -> list[tuple[int, str]]:
    """Return (line, name) wherever a file speaks of an untyped call."""
    return [
        (node.lineno, node.attr)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "fast"
        and node.attr in fast.CALLS
    ]


def functions(sources: list[ast.Module]) -> set[str]:
    return {
        node.name
        for tree in sources
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def test_untyped_calls_are_fenced() -> None:
    """An untyped call stands between fences that name its benchmark and its slow twin."""
    loose = [
        f"{source.name}:{line}: fast.{name}"
        for source in SOURCES
        for line, name in untyped_calls(source)
        if not any(fence.first < line < fence.last for fence in fences(source))
    ]
    assert loose == []


def test_fences_enclose_something() -> None:
    """A fence without an untyped call in it is taken away."""
    empty = [
        fence.where
        for source in SOURCES
        for fence in fences(source)
        if not any(fence.first < line < fence.last for line, _ in untyped_calls(source))
    ]
    assert empty == []


def test_slow_twins_exist() -> None:
    """The slow twin that a fence names is a function of the package or of the table."""
    known = functions([source.tree for source in SOURCES]) | {row.name for row in FUNCTIONS}
    unknown = [
        f"{fence.where}: {twin}"
        for source in SOURCES
        for fence in fences(source)
        for twin in fence.twins
        if twin.rpartition(".")[2] not in known
    ]
    assert unknown == []


@pytest.mark.skipif(not BENCH.is_dir(), reason="the benchmarks are in the source tree")
def test_benchmarks_exist() -> None:
    """The benchmark that a fence names is one of bench/."""
    known = functions([ast.parse(path.read_text(encoding="utf-8")) for path in BENCH.glob("*.py")])
    unknown = [
        f"{fence.where}: {bench}"
        for source in SOURCES
        for fence in fences(source)
        for bench in fence.benches
        if bench not in known | MEASURED_ELSEWHERE
    ]
    assert unknown == []


def test_untyped_calls_have_one_name() -> None:
    """They are reached as fast.NAME only, so that these tests and an observer see all of them."""
    renamed = [
        f"{source.name}:{node.lineno}: {alias.name}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("fast")
        for alias in node.names
        if alias.name in fast.CALLS or alias.name == "*"
    ]
    renamed += [
        f"{source.name}:{node.lineno}: {alias.asname}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "fast" and alias.asname
    ]
    assert renamed == []


def captures(tree: ast.Module) -> list[str]:
    """Return the C functions that are looked up when the module is imported."""
    found = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = f"{node.value.id}.{node.attr}"
            if whole.startswith("C.zmq_") or (node.value.id == "fast" and node.attr in fast.CALLS):
                found.append(whole)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                visit(default)
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def test_calls_are_looked_up_when_they_are_made() -> None:
    """No module, class or default argument keeps a C function: an observer would be passed by."""
    kept = {(source.name, name) for source in SOURCES for name in captures(source.tree)}
    assert kept - CAPTURED.keys() == set()
    assert CAPTURED.keys() - kept == set()


def test_finalizers_keep_errno() -> None:
    """A __del__ that reaches C does so inside keep_errno, or through what does."""
    careless = []
    for source in SOURCES:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and node.name == "__del__":
                text = ast.unparse(node)
                reaches_c = re.search(r"\b(C|fast|memory)\.", text)
                if reaches_c and not re.search(r"keep_errno|discard", text):
                    careless.append(f"{source.name}:{node.lineno}")
    assert careless == []


def test_locks_are_made_anew_in_a_child() -> None:
    """A file that has a lock for the whole process does something about it after a fork."""
    makers = {"Lock", "RLock", "allocate_lock", "Condition"}
    forgetful = []
    for source in SOURCES:
        for node in source.tree.body:
            value = getattr(node, "value", None)
            if isinstance(value, ast.Call):
                name = ast.unparse(value.func).rpartition(".")[2]
                if name in makers and "register_at_fork" not in source.text:
                    forgetful.append(f"{source.name}:{node.lineno}")
    assert forgetful == []
