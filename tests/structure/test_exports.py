# SPDX-License-Identifier: BSD-3-Clause
"""The public names: each defined in one place, exported once, the same object under each path."""

from __future__ import annotations

import ast
import gc
import importlib
import types
from collections import Counter
from pathlib import Path
from typing import Any

import programs
import pytest

import zmq
from zmq import constants

pytestmark = pytest.mark.once

PACKAGE = Path(zmq.__file__).parent
PRIVATE = sorted(path.stem for path in PACKAGE.glob("_*.py") if path.stem != "__init__")
SHIMS = ("zmq.sugar", "zmq.backend", "zmq.backend.cython", "zmq.backend.cffi")


def defined_names(module: str) -> list[str]:
    """Return what a file defines at its top: functions, classes, variables, but no imports."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    names = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return names


def test_no_name_is_exported_twice() -> None:
    """__all__ names everything once, and everything in it exists."""
    assert [name for name, times in Counter(zmq.__all__).items() if times > 1] == []
    assert [name for name in zmq.__all__ if not hasattr(zmq, name)] == []


def test_everything_public_is_in_all() -> None:
    """What zmq offers besides its submodules is in __all__."""
    offered = {
        name
        for name in dir(zmq)
        if not name.startswith("_") and not isinstance(getattr(zmq, name), types.ModuleType)
    }
    assert offered - {"annotations", "TYPE_CHECKING"} == {
        name for name in zmq.__all__ if not name.startswith("_") and name != "error"
    }


def test_public_names_are_defined_in_one_place() -> None:
    """No two private modules define the same public name."""
    places: dict[str, list[str]] = {}
    for module in PRIVATE:
        for name in set(defined_names(module)) & (set(zmq.__all__) - set(constants.__all__)):
            places.setdefault(name, []).append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_star_import_gives_the_public_names() -> None:
    """``from zmq import *`` gives what __all__ says and nothing else."""
    namespace: dict[str, Any] = {}
    exec("from zmq import *", namespace)
    assert namespace.keys() - {"__builtins__"} == set(zmq.__all__)


@pytest.mark.parametrize("module", SHIMS)
def test_old_paths_lead_to_the_same_objects(module: str) -> None:
    """A public name under an old path is the very object that zmq has under it."""
    shim = importlib.import_module(module)
    for name in shim.__all__:
        if hasattr(zmq, name):
            assert getattr(shim, name) is getattr(zmq, name), name


@pytest.mark.parametrize("module", sorted(path.stem for path in PACKAGE.glob("sugar/[a-z]*.py")))
def test_old_modules_lead_to_the_same_objects(module: str) -> None:
    """zmq.sugar.X offers what zmq offers."""
    shim = importlib.import_module(f"zmq.sugar.{module}")
    for name in shim.__all__:
        if hasattr(zmq, name):
            assert getattr(shim, name) is getattr(zmq, name), name


@pytest.mark.parametrize("collects", [True, False])
def test_importing_leaves_the_collector_as_it_was(collects: bool) -> None:
    """Whether garbage is collected after the import is as before, also when the import fails."""
    said = programs.run(
        f"""
        import gc
        for name in [name for name in sys.modules if name.partition(".")[0] == "zmq"]:
            del sys.modules[name]
        os.environ["LIBZMQ_PATH"] = "/nowhere"
        if not {collects}:
            gc.disable()
        try:
            import zmq.asyncio
        except ImportError:
            print(gc.isenabled())
        os.environ["LIBZMQ_PATH"] = sys.argv[1]
        import zmq
        print(gc.isenabled())
        """,
        zmq.libzmq_path(),
    )
    assert said == f"{collects}\n{collects}\n"


@pytest.mark.skipif(not hasattr(gc, "freeze"), reason="this collector keeps nothing apart")
@pytest.mark.parametrize("frozen", [True, False])
def test_importing_freezes_nothing_and_thaws_nothing(frozen: bool) -> None:
    """What a program has put out of the collector's sight stays there, and nothing is added."""
    said = programs.run(
        f"""
        import gc
        for name in [name for name in sys.modules if name.partition(".")[0] == "zmq"]:
            del sys.modules[name]
        gc.collect()
        if {frozen}:
            gc.freeze()
        before = gc.get_freeze_count()
        import zmq
        print(abs(gc.get_freeze_count() - before) < 100)
        """
    )
    assert said == "True\n"


def test_what_few_programs_need_is_imported_when_it_is_used() -> None:
    """The proxies are public names like any other, but import their modules when asked for."""
    said = programs.run(
        """
        print([name for name in sys.modules if "proxy" in name or "relay" in name])
        names = ["device", "proxy", "proxy_steerable"]
        print(set(names) <= set(dir(zmq)), [callable(getattr(zmq, name)) for name in names])
        from zmq import *
        print(proxy is zmq.proxy is zmq._proxy.proxy)
        """
    )
    assert said == "[]\nTrue [True, True, True]\nTrue\n"
