# SPDX-License-Identifier: BSD-3-Clause
"""Makes classes generic for type checkers, without importing typing when a program runs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, TypeVar

    X = TypeVar("X")

    class Of(Generic[X]):
        """Base of a class that is written with a type in brackets, such as ``Context[Socket]``."""
else:
    from types import GenericAlias

    class Of:
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)
