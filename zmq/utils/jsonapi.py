# SPDX-License-Identifier: BSD-3-Clause
"""JSON as Socket.send_json and Socket.recv_json use it."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "loads"]

jsonmod = json


def dumps(o: Any, **kwargs: Any) -> bytes:
    """Return an object as JSON.

    Parameters
    ----------
    o : any object that the json module knows
    **kwargs : passed to json.dumps

    Returns
    -------
    bytes, UTF-8; ASCII only unless ``ensure_ascii=False`` is given

    Raises
    ------
    TypeError : the json module cannot write such an object
    """
    return jsonmod.dumps(o, **kwargs).encode("utf-8")


def loads(s: str | bytes | bytearray, **kwargs: Any) -> Any:
    """Return the object that JSON text stands for.

    Parameters
    ----------
    s : str, or bytes-like of UTF-8
    **kwargs : passed to json.loads

    Returns
    -------
    dict, list, str, int, float, bool or None

    Raises
    ------
    ValueError : no JSON, or no UTF-8
    """
    if isinstance(s, (bytes, bytearray)):
        s = s.decode("utf-8")
    return jsonmod.loads(s, **kwargs)
