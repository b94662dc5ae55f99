# SPDX-License-Identifier: BSD-3-Clause
"""Which file may import which."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import zmq

pytestmark = pytest.mark.once

PACKAGE = Path(zmq.__file__).parent

# Each imports only from those above it. A new file goes where that stays true.
CORE = (
    "zmq._version",
    "zmq._generic",
    "zmq._installation",
    "zmq.constants",
    "zmq._ctypes",
    "zmq._ctypes.loader",
    "zmq._ctypes.types",
    "zmq._ctypes.pypy",
    "zmq._ctypes.windows",
    "zmq._ctypes.signatures",
    "zmq.error",
    "zmq._ctypes.errors",
    "zmq._ctypes.bind",
    "zmq._ctypes.fast",
    "zmq._ctypes.observe",
    "zmq._ctypes.memory",
    "zmq._ctypes.turns",
    "zmq._ctypes.pollset",
    "zmq._ctypes.signaler",
    "zmq._idle",
    "zmq._wakeup",
    "zmq._options",
    "zmq._tracker",
    "zmq._frame",
    "zmq._datagram",
    "zmq._pickle",
    "zmq._connect_id",
    "zmq._monitors",
    "zmq._fence",
    "zmq._socket_views",
    "zmq._socket_errors",
    "zmq._inproc",
    "zmq._endpoints",
    "zmq._links",
    "zmq._marks",
    "zmq._socket_base",
    "zmq._socket_options",
    "zmq._socket_bind",
    "zmq._socket_monitor",
    "zmq._socket_formats",
    "zmq._socket_checked",
    "zmq._socket_send",
    "zmq._socket_recv",
    "zmq._socket",
    "zmq._context",
    "zmq._poll",
    "zmq._relay",
    "zmq._proxy",
    "zmq._monitored_queue",
    "zmq._misc",
    "zmq._midway",
    "zmq._selecting",
    "zmq._loop",
    "zmq._future",
    "zmq",
    "zmq.green._hub",
    "zmq.green.poll",
    "zmq.green.core",
    "zmq.green.device",
    "zmq.trio",
)

# What is built on the public names may import these besides the standard library and itself.
PUBLIC = frozenset(
    (
        *("zmq", "zmq.constants", "zmq.error", "zmq._wakeup", "zmq._future"),
        *("zmq.green.core", "zmq.green.device", "zmq.green.poll"),
    )
)

# Old paths of pyzmq: they hold nothing, and lead to anything of the core.
SHIMS = ("zmq.sugar", "zmq.backend")

# (importing, imported) -> why, for imports that go against the list.
UPWARD = {
    ("zmq._pickle", "zmq"): "programs set zmq.pickle_policy, which has to be read when it is used",
    ("zmq._socket", "zmq._poll"): "Socket.poll is made of a Poller, and a Poller knows sockets",
    ("zmq._socket_formats", "zmq.utils.jsonapi"): "programs replace zmq.utils.jsonapi.dumps",
    ("zmq._socket_base", "zmq.utils.interop"): "reads addresses of other libraries' pointers, rarely",
    ("zmq.__main__", "zmq._installation"): "has to run where the rest of zmq is pyzmq's",
    ("zmq.devices.monitoredqueue", "zmq._monitored_queue"): "its public name is here",
    ("zmq.auth._serve", "zmq._loop"): "must not be imported while another thread may fork",
    ("zmq.eventloop.zmqstream", "zmq._loop"): "tornado's loops are asyncio's: one way to wait",
    ("zmq.eventloop.future", "zmq._loop"): "its futures are those of asyncio but for an error",
    ("zmq.utils.win32", "zmq._ctypes.windows"): "the console's Ctrl-C is Windows' C API",
}

# Optional packages, each imported where it is used.
OPTIONAL = {"pyczmq"}

# Part of PyPy itself, and imported there only.
PYPY_OWN = {"_cffi_backend"}


class Import(NamedTuple):
    module: str
    line: int
    at_import: bool  # false inside functions
    checked_only: bool  # true under TYPE_CHECKING


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(name: str) -> list[Import]:
    """Return what a module imports, from the modules' full names."""
    path = MODULES[name]
    found: list[Import] = []
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]

    def visit(node: ast.AST, at_import: bool, checked_only: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inside = at_import and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            checked = checked_only
            if isinstance(child, ast.If) and isinstance(child.test, ast.Name):
                checked = checked or child.test.id == "TYPE_CHECKING"
            for module in targets(child, package):
                found.append(Import(module, child.lineno, at_import, checked_only))  # type: ignore[attr-defined]
            visit(child, inside, checked)

    visit(ast.parse(path.read_text(encoding="utf-8")), True, False)
    return found


def targets(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")
            base = ".".join(above[: len(above) - node.level + 1] + ([base] if base else []))
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            yield whole if whole in MODULES else base


def is_ours(module: str) -> bool:
    return module == "zmq" or module.startswith("zmq.")


def is_shim(name: str) -> bool:
    return any(name == shim or name.startswith(shim + ".") for shim in SHIMS)


IMPORTS = {name: imports(name) for name in MODULES}


def test_only_the_lowest_folder_imports_ctypes() -> None:
    """ctypes is imported in zmq/_ctypes and nowhere else."""
    found = [
        f"{name}:{line}"
        for name, made in IMPORTS.items()
        for module, line, *_ in made
        if module.partition(".")[0] in ("ctypes", "_ctypes", "cffi", *PYPY_OWN)
        and not name.startswith("zmq._ctypes")
    ]
    assert found == []


def test_core_imports_follow_the_list() -> None:
    """A file of the core imports only from files above it, or the exception has a reason."""
    wrong = []
    for position, name in enumerate(CORE):
        for module, line, at_import, checked_only in IMPORTS[name]:
            if not is_ours(module) or checked_only or module in CORE[:position]:
                continue
            if (name, module) not in UPWARD:
                wrong.append(f"line {line}: {name} is above {module}")
            elif at_import:
                wrong.append(f"line {line}: {name} needs {module} in functions only")
    assert wrong == []


def test_what_is_above_the_core_uses_public_names() -> None:
    """What is built on top reaches for public names, and never into the core."""
    wrong = [
        f"line {line}: {name} uses {module}, which is private"
        for name, made in IMPORTS.items()
        if name not in CORE and not is_shim(name)
        for module, line, _, checked_only in made
        if module in CORE and not checked_only and module not in PUBLIC
        if (name, module) not in UPWARD
    ]
    assert wrong == []


def test_every_file_of_the_core_is_in_the_list() -> None:
    """A file directly in zmq/ with a private name, or in zmq/_ctypes, has its place in the list."""
    private = {
        name
        for name in MODULES
        if name.startswith("zmq._") and not name.startswith("zmq.__") and name not in PUBLIC
    }
    assert private - set(CORE) == set()
    assert set(CORE) - MODULES.keys() == set()
    assert len(CORE) == len(set(CORE))


def test_every_exception_is_used() -> None:
    """An exception from the list that nothing needs any more is taken out of it."""
    used = {(name, found.module) for name, made in IMPORTS.items() for found in made}
    assert UPWARD.keys() - used == set()


def test_map_of_the_lowest_folder_names_every_file() -> None:
    """The docstring of zmq._ctypes names each file of the folder, in an order of imports."""
    doc = ast.get_docstring(ast.parse(MODULES["zmq._ctypes"].read_text(encoding="utf-8")))
    assert doc is not None
    words = [line for line in doc.splitlines() if line and " " not in line]
    here = [name.rpartition(".")[2] for name in CORE if name.startswith("zmq._ctypes.")]
    assert sorted(words) == sorted(here)
    for position, word in enumerate(words):
        for module, _, _, checked_only in IMPORTS[f"zmq._ctypes.{word}"]:
            folder, _, file = module.rpartition(".")
            if folder == "zmq._ctypes" and not checked_only:
                assert file in words[:position], f"{word} is above {file}"


@pytest.mark.skipif(sys.version_info < (3, 10), reason="needs sys.stdlib_module_names")
def test_nothing_but_the_standard_library_is_needed() -> None:
    """What is imported at import time is the package itself or the standard library."""
    optional = ("gevent", "tornado", "trio", "outcome", "paramiko", "pexpect")
    wrong = []
    for name, made in IMPORTS.items():
        for module, line, at_import, checked_only in made:
            top = module.partition(".")[0]
            if checked_only or is_ours(module) or top in sys.stdlib_module_names:
                continue
            adapter = name.startswith(("zmq.green", "zmq.eventloop", "zmq.trio", "zmq.ssh"))
            if top in OPTIONAL | PYPY_OWN or (top in optional and (adapter or not at_import)):
                continue
            wrong.append(f"{name}:{line}: {module}")
    assert wrong == []


def holds_nothing(statement: ast.stmt) -> bool:
    """Tell whether a statement only gives names to what is elsewhere."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, ast.Assign):
        return False
    value = statement.value
    if isinstance(value, ast.List):
        return all(isinstance(element, ast.Constant) for element in value.elts)
    return isinstance(value, (ast.Name, ast.Attribute))


def test_shims_hold_no_logic() -> None:
    """A module under an old path has imports, __all__ and second names, and nothing that runs."""
    logic = [
        f"{name}: {ast.unparse(statement)}"
        for name, path in MODULES.items()
        if is_shim(name)
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        if not holds_nothing(statement)
    ]
    assert logic == []
