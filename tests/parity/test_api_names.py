# SPDX-License-Identifier: BSD-3-Clause
"""Names, signatures and values against pyzmq 27.3, as its API file lists them."""

from __future__ import annotations

import errno
import importlib
import inspect
import json
import re
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.any_libzmq

API: dict[str, Any] = json.loads(
    (Path(__file__).parent / "pyzmq-27.3-api.json").read_text(encoding="utf-8")
)
MODULES: dict[str, dict[str, Any]] = API["modules"]

PRIVATE = ("zmq._typing",)
"""Modules in which pyzmq keeps nothing for programs."""

VARIES = ("DRAFT_API", "IPC_PATH_MAX_LEN", "PYZMQ_DRAFT_API", "Z85CHARS")
"""Values that depend on the platform or the loaded libzmq, or that the API file cuts short."""

GENERIC_ALIASES = ("SyncContext", "SyncSocket")
"""What pyzmq makes by subscripting a class; the signature of a subscript says nothing."""


OWN = {"zmq.green": ("proxy", "proxy_steerable", "select", "zmq_poll")}
"""What pyzmq takes from zmq as it is, where all other greenlets wait with it."""


def problems(module_name: str) -> list[str]:
    """Return what a module lacks of the API file's module, one line each."""
    listed = MODULES[module_name]
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        return [f"import {module_name}: {error}"]
    found = []
    for name in listed.get("from_constants", ()):
        constants = importlib.import_module("zmq.constants")
        if getattr(module, name, None) is not getattr(constants, name):
            found.append(f"{name} is not the one of zmq.constants")
    for name in listed.get("same_as_zmq", ()):
        if name in OWN.get(module_name, ()):
            continue
        if getattr(module, name, None) is not getattr(importlib.import_module("zmq"), name):
            found.append(f"{name} is not the one of zmq")
    for name, entry in listed["names"].items():
        if not hasattr(module, name):
            found.append(f"{name} is missing")
        else:
            found += [f"{name}: {text}" for text in differences(name, entry, module)]
    if listed["names_from"] == "__all__":
        every = {*listed["names"], *listed.get("from_constants", ())}
        found += [f"{name} is not in __all__" for name in every - set(module.__all__)]
    return found


def differences(name: str, entry: dict[str, Any], module: Any) -> list[str]:
    """Return how a name differs from its entry in the API file."""
    ours = getattr(module, name)
    kind = entry["kind"]
    if kind == "reexport":
        original = getattr(importlib.import_module(entry["from"]), name, None)
        return [] if ours is original else [f"not the one of {entry['from']}"]
    if kind == "enum":
        return enum_differences(name, entry, ours)
    if kind in ("constant", "value"):
        return value_differences(name, entry, ours)
    if kind == "object":
        return [] if type(ours).__name__ == entry["type"] else [f"is a {type(ours).__name__}"]
    if kind == "function":
        if name in GENERIC_ALIASES:
            return [] if callable(ours) else ["is not callable"]
        return signature_differences(entry["params"], ours)
    return class_differences(entry, ours)


def enum_differences(name: str, entry: dict[str, Any], ours: type[Enum]) -> list[str]:
    theirs = entry["members"]
    members = {key: member.value for key, member in ours.__members__.items()}
    if name == "Errno":
        theirs = {key: getattr(errno, key, value) for key, value in theirs.items()}
    return [] if members == theirs else [f"members {set(members.items()) ^ set(theirs.items())}"]


def value_differences(name: str, entry: dict[str, Any], ours: Any) -> list[str]:
    if type(ours).__name__ != entry["type"]:
        return [f"is a {type(ours).__name__}, not a {entry['type']}"]
    if name in VARIES or entry["type"] == "Errno":
        return []
    theirs = entry["value"]
    same = ours == theirs if isinstance(theirs, int) else same_repr(theirs, ours)
    return [] if same else [f"is {ours!r}, not {theirs}"]


def same_repr(theirs: str, ours: Any) -> bool:
    """Tell whether a repr is that of our value; enums print differently in each Python."""
    member = re.fullmatch(r"<(\w+)\.(.*): (-?\d+)>", theirs)
    if member is None:
        return repr(int(ours) if isinstance(ours, Enum) else ours) == theirs
    enum_name, _, number = member.groups()
    return type(ours).__name__ == enum_name and int(ours) == int(number)


def class_differences(entry: dict[str, Any], ours: Any) -> list[str]:
    if not isinstance(ours, type):
        return ["is not a class"]
    found = []
    if entry["kind"] == "exception":
        names = {f"{base.__module__}.{base.__qualname__}" for base in ours.__mro__}
        bases = {base if "." in base else f"builtins.{base}" for base in entry["bases"]}
        found += [f"is no {base}" for base in bases - names]
    if "init" in entry:
        found += signature_differences(entry["init"], ours)
    for name, member in entry.get("members", {}).items():
        if not hasattr(ours, name):
            found.append(f"{name} is missing")
        else:
            found += [f"{name} {text}" for text in member_differences(name, member, ours)]
    return found


def member_differences(name: str, member: dict[str, Any], ours: type) -> list[str]:
    static = inspect.getattr_static(ours, name)
    kind = member["kind"]
    if kind == "property":
        if not hasattr(static, "__get__"):
            return ["is not a property"]
        settable = getattr(static, "fset", None) or type(static).__name__ == "member_descriptor"
        return [] if settable or not member.get("settable") else ["cannot be set"]
    if kind == "attribute":
        return [] if repr(getattr(ours, name)) == member["value"] else ["has another value"]
    if kind == "classmethod" and not isinstance(static, classmethod):
        return ["is not a class method"]
    if kind == "coroutine" and not inspect.iscoroutinefunction(static):
        return ["is not a coroutine function"]
    if not callable(getattr(ours, name)):
        return ["is not callable"]
    if name.startswith("__") or member.get("params") is None:
        return []
    return signature_differences(member["params"], getattr(ours, name))


def signature_differences(theirs: list[dict[str, str]] | None, ours: Any) -> list[str]:
    """Return why a call that pyzmq takes would not do the same here."""
    if theirs is None:
        return []
    parameters = list(inspect.signature(ours).parameters.values())
    kinds = {parameter.kind.name.lower() for parameter in parameters}
    positional = [p for p in parameters if p.kind.name.startswith("POSITIONAL")]
    by_name = {p.name: p for p in parameters if p.kind.name != "POSITIONAL_ONLY"}
    found = []
    for index, their in enumerate(theirs):
        if their["kind"].startswith("var_"):
            if their["kind"] not in kinds:
                found.append(f"takes no {their['kind']}")
            continue
        if their["kind"].startswith("positional"):
            our = positional[index] if index < len(positional) else None
        else:
            our = by_name.get(their["name"])
        found += parameter_differences(their, our)
    taken = {their["name"] for their in theirs}
    found += [
        f"wants {p.name}"
        for p in parameters
        if p.name not in taken
        and p.default is p.empty
        and not p.kind.name.startswith("VAR_")
        and positional.index(p) >= len(theirs)
    ]
    return found


def parameter_differences(their: dict[str, str], our: inspect.Parameter | None) -> list[str]:
    if our is None:
        return [f"takes no {their['name']}"]
    if their["kind"] != "positional_only" and our.name != their["name"]:
        return [f"calls {their['name']} {our.name}"]
    default = their.get("default")
    if default is not None and (our.default is our.empty or not same_repr(default, our.default)):
        return [f"defaults {our.name} to {our.default!r}, not {default}"]
    return []


@pytest.mark.parametrize("module_name", sorted(set(MODULES) - set(PRIVATE)))
def test_module_is_complete(module_name: str) -> None:
    """A module has every name of pyzmq's, callable in the same way and of the same value."""
    if module_name.startswith("zmq.green") and sys.implementation.name != "cpython":
        pytest.skip("gevent is a requirement of the tests with CPython only")
    assert problems(module_name) == []


@pytest.mark.parametrize("module_name", PRIVATE)
def test_private_module_has_no_names(module_name: str) -> None:
    """A module that is left out has nothing that a program could use."""
    assert MODULES[module_name]["names"] == {}


@pytest.mark.parametrize(
    "path",
    [
        "zmq.backend.Socket",
        "zmq.backend.cython.Context",
        "zmq.backend.select.public_api",
        "zmq.constants.LINGER",
        "zmq.error.ZMQError",
        "zmq.sugar.attrsettr.AttributeSetter",
        "zmq.sugar.context.Context",
        "zmq.sugar.frame.Frame",
        "zmq.sugar.poll.Poller",
        "zmq.sugar.socket.Socket",
        "zmq.sugar.stopwatch.Stopwatch",
        "zmq.sugar.tracker.MessageTracker",
        "zmq.sugar.version.zmq_version",
        "zmq.utils.interop.cast_int_addr",
        "zmq.utils.jsonapi.dumps",
    ],
)
def test_path_resolves_after_import_zmq(path: str) -> None:
    """Programs that only say ``import zmq`` reach these through attributes."""
    subprocess.run([sys.executable, "-c", f"import zmq; {path}"], check=True)


@pytest.mark.parametrize("module_name", ["zmq.backend", "zmq.backend.cython", "zmq.backend.cffi"])
def test_backend_paths_lead_to_the_public_classes(module_name: str) -> None:
    """The old backend modules, which the API file does not list, have the public objects."""
    zmq = importlib.import_module("zmq")
    module = importlib.import_module(module_name)
    for name in ("Context", "Socket", "Frame", "Message", "zmq_poll", "proxy", "strerror"):
        assert getattr(module, name) is getattr(zmq, name)
    monitored_queue = importlib.import_module("zmq._monitored_queue").monitored_queue
    assert module.monitored_queue is monitored_queue


def test_sugar_constants_are_the_constants() -> None:
    """The path that older programs import constants from has the same objects."""
    constants = importlib.import_module("zmq.constants")
    old = importlib.import_module("zmq.sugar.constants")
    assert all(getattr(old, name) is getattr(constants, name) for name in constants.__all__)
