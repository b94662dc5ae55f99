# SPDX-License-Identifier: BSD-3-Clause
"""What the pages take from the code: docstrings in the project's shape, and tables of data."""

from __future__ import annotations

import enum
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import zmq
from zmq import constants
from zmq._ctypes import signatures
from zmq._ctypes.bind import dotted
from zmq._ctypes.signatures import CALLER, HOLD
from zmq._options import KEY, KINDS, NOTED

# ----------------------------------------------------------------------
# docstrings

LISTS = {"Parameters", "Attributes", "Raises", "Warns"}
TEXTS = {"Returns", "Yields", "Notes", "Examples", "See Also"}

ITEM = re.compile(r"(?P<names>[^:`]+?) : (?P<rest>.*)")
OURS = re.compile(r"zmq\.\w+")


def sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield (title, lines) of a docstring; the part before the first title has none."""
    title, body = "", []
    skip = False
    for line, below in zip(lines, [*lines[1:], ""]):
        if skip:
            skip = False
        elif line in LISTS | TEXTS and below == "-" * len(line):
            yield title, body
            title, body, skip = line, [], True
        else:
            body.append(line)
    yield title, body


def items(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the lines of each entry of a list: what is indented belongs to the line above it."""
    item: list[str] = []
    for line in filter(None, map(str.rstrip, lines)):
        continues = line.startswith(" ") or (item and not ITEM.match(line) and is_prose(item))
        if item and not continues:
            yield item
            item = []
        item.append(line.strip())
    if item:
        yield item


def is_prose(item: list[str]) -> bool:
    return not ITEM.match(item[0]) and " " in item[0]


def entry(item: list[str]) -> str:
    """Return an entry of a list on one line."""
    found = ITEM.fullmatch(item[0])
    if not found:
        if is_prose(item):
            return " ".join(item)
        return f"``{item[0]}`` -- {' '.join(item[1:])}"
    names = ", ".join(
        f":exc:`{name}`" if OURS.fullmatch(name) and name[4].isupper() else f"``{name}``"
        for name in found["names"].split(", ")
    )
    rest = found["rest"]
    more = " ".join(item[1:])
    if more[:1].isupper() and rest[-1] not in ".;,:":
        rest += "."
    return f"{names} -- {rest} {more}".rstrip()


def as_rst(lines: list[str]) -> Iterator[str]:
    """Yield a docstring with its sections as fields."""
    for title, body in sections(lines):
        if not title:
            yield from body
            continue
        yield ""
        yield f":{title}:"
        if title in LISTS:
            for item in items(body):
                yield f"    * {entry(item)}"
        else:
            for line in body:
                yield f"    {line}" if line else ""
    yield ""


def on_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    lines[:] = list(as_rst(list(lines)))


def on_member(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Leave out options, some hundred entries that say the same, and second names."""
    doc = getattr(obj, "__doc__", None) or ""
    if isinstance(obj, property) and doc.startswith("The option "):
        return True
    if inspect.isfunction(obj) and obj.__name__ != name and what == "class":
        return True  # a second name of a method
    return None


# ----------------------------------------------------------------------
# tables

HEADER: dict[str, dict[str, Any]] = {
    function["name"]: function
    for function in json.loads(
        (Path(__file__).parent.parent / "tests" / "structure" / "functions.json").read_text()
    )["functions"]
}
"""libzmq's header, which the tests hold the table against."""


def table(head: tuple[str, ...], widths: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table."""
    yield ".. list-table::"
    yield "   :header-rows: 1"
    yield f"   :widths: {widths}"
    yield ""
    for row in (head, *rows):
        for number, cell in enumerate(row):
            yield f"   * - {cell}" if number == 0 else f"     - {cell}"
    yield ""


def c_functions() -> Iterator[str]:
    """Yield every function that is bound."""

    def cells(row: Any) -> tuple[str, ...]:
        declared = HEADER[row.name]
        arguments = ", ".join(declared["arguments"]) or "void"
        since = dotted(row.since) + (", drafts" if row.draft else "")
        if row.until:
            since += f", until {dotted(row.until)}"
        failure = str(row.on_failure)
        if row.on_failure == CALLER:
            failure += f": {row.on_failure.why}"
        gil = str(row.gil)
        if row.gil == HOLD:
            gil += f": {row.gil.why}"
        return (f"``{declared['returns']} {row.name}({arguments})``", since, failure, gil)

    head = ("Function", "Since", "Failure", "GIL")
    yield from table(head, "45 13 22 20", map(cells, signatures.FUNCTIONS))


def not_bound() -> Iterator[str]:
    """Yield every function that is not bound, by reason."""
    reasons: dict[str, list[str]] = {}
    for name, why in signatures.NOT_BOUND.items():
        reasons.setdefault(why, []).append(f"``{name}``")
    rows = [(", ".join(names), why) for why, names in reasons.items()]
    yield from table(("Functions", "Why not"), "50 50", rows)


def names_of(members: Iterable[tuple[str, Any]]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for name, member in members:
        names.setdefault(int(member), []).append(f"``{name}``")
    return names


def socket_options() -> Iterator[str]:
    """Yield every option of sockets."""
    what = {KEY: "bytes, 32 or 40", NOTED: "int"}
    rows = []
    for number, names in sorted(names_of(constants.SocketOption.__members__.items()).items()):
        since = constants.OPTION_SINCE.get(number)
        told = dotted(since[:2] if since and not since[2] else since) if since else ""
        if number in constants.DRAFT_OPTIONS:
            told += ", drafts"
        kind = KINDS[number]
        rows.append((", ".join(names), str(number), what.get(kind, kind), told))
    yield from table(("Names", "Number", "Value", "Since"), "55 10 20 15", rows)


def context_options() -> Iterator[str]:
    """Yield every option of contexts."""
    rows = []
    for number, names in sorted(names_of(constants.ContextOption.__members__.items()).items()):
        since = constants.CONTEXT_OPTION_SINCE.get(number)
        told = dotted(since[:2] if since and not since[2] else since) if since else ""
        rows.append((", ".join(names), str(number), told))
    yield from table(("Names", "Number", "Since"), "65 15 20", rows)


def enums() -> Iterator[str]:
    """Yield every enum but those of options, which have tables of their own."""
    others = (constants.SocketOption, constants.ContextOption)
    for name, value in sorted(vars(constants).items()):
        if not (isinstance(value, type) and issubclass(value, enum.Enum)):
            continue
        if name.startswith("_") or value in others or value.__module__ != constants.__name__:
            continue
        yield f".. py:class:: zmq.{name}"
        yield ""
        for line in (value.__doc__ or "").partition("\n\n")[0].splitlines():
            yield f"   {line.strip()}"
        yield ""
        listed = names_of(value.__members__.items())
        members = [f"{', '.join(names)} = {number}" for number, names in listed.items()]
        yield f"   {'; '.join(members)}"
        yield ""


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "c-functions": c_functions,
    "not-bound": not_bound,
    "socket-options": socket_options,
    "context-options": context_options,
    "enums": enums,
}


class FromCode(SphinxDirective):
    """``.. from-code:: NAME`` puts one of TABLES there."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes("\n".join(TABLES[self.arguments[0]]()))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("from-code", FromCode)
    app.connect("autodoc-process-docstring", on_docstring)
    app.connect("autodoc-skip-member", on_member)
    return {"version": zmq.__version__, "parallel_read_safe": True}
