# SPDX-License-Identifier: BSD-3-Clause
"""JSON as Socket.send_json and Socket.recv_json use it."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "loads"]

# What json.dumps and json.loads do without further arguments, without asking for them each time.
_encode = json.JSONEncoder().encode
_decode_at_start = json.JSONDecoder().raw_decode


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
    text = json.dumps(o, **kwargs) if kwargs else _encode(o)
    return text.encode("utf-8")


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
    if not kwargs:
        try:
            value, end = _decode_at_start(s)
        except (ValueError, TypeError):
            pass  # space before it, or no JSON: what is said of that, json.loads says
        else:
            if end == len(s):
                return value
    return json.loads(s, **kwargs)
