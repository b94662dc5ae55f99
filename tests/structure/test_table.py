# SPDX-License-Identifier: BSD-3-Clause
"""The table of C functions against libzmq's header."""

from __future__ import annotations

import ast
import ctypes
import json
from pathlib import Path
from typing import Any

import pytest

import zmq
from zmq._ctypes import bind, fast, signatures, types
from zmq._ctypes.signatures import (
    CALLER,
    COLD,
    FUNCTIONS,
    HOLD,
    HOT,
    MINUS_ONE,
    NEVER,
    NOT_BOUND,
    NULL,
    RELEASE,
    RETRY,
)

pytestmark = pytest.mark.once

HEADER: dict[str, dict[str, Any]] = {
    function["name"]: function
    for function in json.loads(
        Path(__file__).with_name("functions.json").read_text(encoding="utf-8")
    )["functions"]
}

ROWS = {row.name: row for row in FUNCTIONS}

C_TYPES: dict[str, Any] = {
    "void": None,
    "int": ctypes.c_int,
    "long": ctypes.c_long,
    "unsigned long": ctypes.c_ulong,
    "size_t": ctypes.c_size_t,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "void *": ctypes.c_void_p,
    "const char *": ctypes.c_char_p,
    "char *": ctypes.POINTER(ctypes.c_char),
    "int *": ctypes.POINTER(ctypes.c_int),
    "size_t *": ctypes.POINTER(ctypes.c_size_t),
    "zmq_msg_t *": ctypes.POINTER(types.zmq_msg_t),
    "zmq_pollitem_t *": ctypes.c_void_p,
    "zmq_free_fn *": ctypes.c_void_p,
    "zmq_thread_fn *": ctypes.c_void_p,
    "zmq_poller_event_t *": ctypes.c_void_p,
    "zmq_fd_t *": ctypes.POINTER(types.zmq_fd_t),
    "void **": ctypes.POINTER(ctypes.c_void_p),
    "short": ctypes.c_short,
}

# The functions that process commands or wait; no other fails with EINTR.
INTERRUPTIBLE = {
    "zmq_bind",
    "zmq_connect",
    "zmq_ctx_destroy",
    "zmq_disconnect",
    "zmq_getsockopt",
    "zmq_msg_recv",
    "zmq_msg_send",
    "zmq_poll",
    "zmq_proxy",
    "zmq_proxy_steerable",
    "zmq_recv",
    "zmq_send",
    "zmq_unbind",
}

each_row = pytest.mark.parametrize("row", FUNCTIONS, ids=[row.name for row in FUNCTIONS])


def c_type(name: str) -> Any:
    return C_TYPES[name if name in C_TYPES else name.replace("const ", "")]


def release(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_every_function_of_the_header_is_bound_or_says_why_not() -> None:
    """Each function of zmq.h is in the table or in NOT_BOUND, never in both, nothing else is."""
    assert not ROWS.keys() & NOT_BOUND.keys()
    assert ROWS.keys() | NOT_BOUND.keys() == HEADER.keys()
    assert len(ROWS) == len(FUNCTIONS)


@pytest.mark.parametrize("name", NOT_BOUND)
def test_what_is_not_bound_has_a_reason(name: str) -> None:
    """A reason is a sentence, not a word."""
    assert len(NOT_BOUND[name].split()) >= 4


@each_row
def test_row_takes_and_returns_what_the_header_says(row: Any) -> None:
    """Types of arguments and result are the header's, in its order."""
    header = HEADER[row.name]
    assert row.result is c_type(header["returns"])
    assert list(row.arguments) == [c_type(argument) for argument in header["arguments"]]


@each_row
def test_row_knows_the_releases_that_have_the_function(row: Any) -> None:
    """since, until and draft are the header's history."""
    header = HEADER[row.name]
    assert row.since == release(header["since"])
    assert row.until == (header["removed"] and release(header["removed"]))
    assert row.draft is header["draft"]


@each_row
def test_row_knows_the_failure(row: Any) -> None:
    """What is tested for is what the function returns when it fails."""
    policies = {None: {NEVER}, -1: {MINUS_ONE, RETRY}, "NULL": {NULL}, 0: set()}
    assert row.on_failure in policies[HEADER[row.name]["on_failure"]] | {CALLER}


@each_row
def test_row_lets_other_threads_run_where_the_function_waits(row: Any) -> None:
    """A function that may wait releases the GIL."""
    if HEADER[row.name]["blocks"]:
        assert row.gil == RELEASE


@pytest.mark.parametrize("name", sorted(INTERRUPTIBLE & ROWS.keys()))
def test_row_starts_again_after_a_signal(name: str) -> None:
    """A function that a signal may interrupt is called again, here or by its caller."""
    assert ROWS[name].on_failure in {RETRY, CALLER}


@each_row
def test_row_explains_what_is_not_self_evident(row: Any) -> None:
    """Holding the GIL and leaving the result to the caller come with a reason."""
    if row.gil == HOLD:
        assert row.gil.why
    if row.on_failure == CALLER:
        assert row.on_failure.why


@each_row
def test_row_uses_known_policies(row: Any) -> None:
    """Each policy is one of those that the table's head describes."""
    assert row.on_failure in {NEVER, MINUS_ONE, NULL, RETRY, CALLER}
    assert row.gil in {RELEASE, HOLD}
    assert row.heat in {HOT, COLD}


def test_hot_rows_are_those_with_an_untyped_form() -> None:
    """A row is hot if and only if fast has an untyped form of it, with as many arguments."""
    symbols = {symbol for symbol, _, _ in fast.CALLS.values()}
    assert {row.name for row in FUNCTIONS if row.heat == HOT} == symbols
    for symbol, _, arguments in fast.CALLS.values():
        assert len(arguments) == len(ROWS[symbol].arguments)


def test_no_column_has_a_default() -> None:
    """Every row says everything: nine values, in their order, none left out."""
    assert not signatures.Function.__init__.__defaults__
    tree = ast.parse(Path(signatures.__file__).read_text(encoding="utf-8"))
    rows = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Function"
    ]
    assert len(rows) == len(FUNCTIONS)
    for row in rows:
        assert len(row.args) == len(signatures.Function.__slots__)
        assert not row.keywords


@each_row
def test_loaded_library_has_what_the_table_says(row: Any) -> None:
    """The loaded libzmq exports every function that its release has."""
    version = zmq.zmq_version_info()
    has_release = row.since <= version and not (row.until and row.until <= version)
    if has_release and not row.draft:
        assert bind.exports(row.name)
    assert callable(getattr(bind.C, row.name))
