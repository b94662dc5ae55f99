# SPDX-License-Identifier: BSD-3-Clause
"""Small tools around zmq: JSON, Z85, monitor events, addresses from other bindings."""

from __future__ import annotations

from . import interop as interop
from . import jsonapi as jsonapi
