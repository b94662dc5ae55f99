# SPDX-License-Identifier: BSD-3-Clause
"""What README.rst promises."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from .conftest import ROOT


def code_block():
    """Cut the first Python example out of README.rst."""
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    lines = text.split(".. code-block:: python\n", 1)[1].splitlines()
    end = next(at for at, line in enumerate(lines) if line and not line.startswith(" "))
    return textwrap.dedent("\n".join(lines[:end]))


def test_first_example():
    """The first example runs as it stands and prints what the text says."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code_block()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "You said: hello"
    assert f"prints ``{done.stdout.strip()}``" in (ROOT / "README.rst").read_text(encoding="utf-8")


def test_places():
    """Each place that the table names is there."""
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    table = text.split("Where things are", 1)[1].split("Licence", 1)[0]
    names = [line.split("``")[1] for line in table.splitlines() if line.startswith("``")]
    assert len(names) > 5
    assert [name for name in names if not (ROOT / name).exists()] == []
