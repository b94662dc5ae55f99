# SPDX-License-Identifier: BSD-3-Clause
"""Has tox find every Python of pyenv, not only the one that is current there."""

from __future__ import annotations

import os
from pathlib import Path

_versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
_pythons = [*_versions.glob("3.9.*/bin/python"), *_versions.glob("3.1[0-9].*/bin/python")]
if _pythons:
    os.environ.setdefault("TOX_DISCOVER", os.pathsep.join(map(str, _pythons)))
