# SPDX-License-Identifier: BSD-3-Clause
"""How Sphinx builds these pages: ``sphinx-build -n -W -b html docs build/html``."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.append(str(HERE.parent))  # an installed package comes first

import zmq  # noqa: E402

project = "zmq-ctypes"
author = "the zmq-ctypes project"
version = release = zmq.__version__
project_copyright = "the zmq-ctypes project, BSD 3-Clause"

extensions = ["sphinx.ext.autodoc", "pages"]
exclude_patterns = ["_build"]

default_role = "any"
primary_domain = "py"
highlight_language = "none"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say the types
autodoc_class_signature = "mixed"
add_module_names = False
python_display_short_literal_types = True

html_theme = "furo"
html_title = f"zmq-ctypes, API of pyzmq {release}"
html_copy_source = False
html_show_sphinx = False
