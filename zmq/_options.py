# SPDX-License-Identifier: BSD-3-Clause
"""Options of sockets and contexts: from a name or number to bytes in C, and back.

Everything about an option that can be known beforehand is in a dict keyed by its
number, so that an access costs one look-up. :class:`OptionAttributes` lets a
class offer its options as attributes, in any mixture of cases.
"""

from __future__ import annotations

import operator
import sys

from ._ctypes import bind, errors
from .constants import DRAFT_OPTIONS, OPTION_SINCE, Errno, SocketOption, _OptType
from .error import ZMQError, ZMQVersionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EINVAL = int(Errno.EINVAL)
EFAULT = int(Errno.EFAULT)

INT, INT64, BYTES, KEY = "int", "int64", "bytes", "key"
NOTED = "noted int"
"""An int whose value has to be known, because libzmq does not tell it."""

_KIND_OF = {
    _OptType.int: INT,
    _OptType.fd: INT,
    _OptType.int64: INT64,
    _OptType.bytes: BYTES,
}

KINDS: dict[int, str] = {option: _KIND_OF[option._opt_type] for option in SocketOption}
"""How the value of each socket option travels."""

for _key in (
    SocketOption.CURVE_PUBLICKEY,
    SocketOption.CURVE_SECRETKEY,
    SocketOption.CURVE_SERVERKEY,
):
    KINDS[int(_key)] = KEY

_RANGES = {INT: (-(2**31), 2**31), NOTED: (-(2**31), 2**31), INT64: (-(2**63), 2**63)}


def c_int(value: Any, what: str) -> int:
    """Return ``value`` as an int that fits C's.

    Raises
    ------
    TypeError : it is not an integer
    OverflowError : it needs more than 32 bits
    """
    return _integer(value, INT, what)


def c_int_bytes(value: int) -> bytes:
    """Return a C int as it is in memory."""
    return value.to_bytes(4, sys.byteorder, signed=True)


def _integer(value: Any, kind: str, what: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"expected int, got: {value!r} (for {what})") from None
    lowest, beyond = _RANGES[kind]
    if not lowest <= number < beyond:
        bits = 64 if kind == INT64 else 32
        raise OverflowError(f"value too large to convert to int{bits}: {value!r} (for {what})")
    return number


def name_of(option: int) -> str:
    """Return an option's name for a text, or its number."""
    try:
        return SocketOption(option).name
    except ValueError:
        return f"option {option}"


def encode(option: int, value: Any, kind: str) -> int | bytes:
    """Return the value of a socket option as it goes to C.

    Raises
    ------
    TypeError : not the type that the option takes
    OverflowError : an integer that the option cannot hold
    """
    if isinstance(value, str):
        # The value may be a password: it is not repeated.
        raise TypeError(f"unicode not allowed, use setsockopt_string (for {name_of(option)})")
    if kind in _RANGES:
        return _integer(value, kind, name_of(option))
    if type(value) is bytes:
        return value
    if not isinstance(value, (bytes, bytearray, memoryview)):
        kind = type(value).__name__
        raise TypeError(f"expected bytes, got: an object of type {kind} (for {name_of(option)})")
    return exact_bytes(value)


def exact_bytes(value: bytes | bytearray | memoryview) -> bytes:
    """Return the bytes that there really are, whatever a subclass says about itself."""
    return memoryview(value).tobytes()


class MissingOptionError(ZMQVersionError, ZMQError, AttributeError):
    """The loaded libzmq lacks an option.

    Programs that take an option for optional catch ZMQError (EINVAL); as an attribute it
    does not exist.
    """

    errno = EINVAL

    def __init__(self, min_version: str, msg: str = "Feature") -> None:
        ZMQVersionError.__init__(self, min_version, msg)

    def __str__(self) -> str:
        return ZMQVersionError.__str__(self)

    strerror = property(__str__)


def refused(error: ZMQError, option: int, doing: str) -> Exception:
    """Return what to raise when libzmq refuses an option.

    Parameters
    ----------
    error : ZMQError
        What libzmq said.
    option : int
    doing : str
        ``"get"`` or ``"set"``, with the value.
    """
    if error.errno != EINVAL:
        return error
    since = OPTION_SINCE.get(option)
    name = name_of(option)
    if since and bind.library.version < since:
        return MissingOptionError(bind.dotted(since), name)
    if option in DRAFT_OPTIONS and not bind.DRAFT_API:
        missing = bind.missing(name, since or (4, 2), draft=True)
        missed = MissingOptionError(missing.min_version, name)
        missed.version = missing.version
        return missed
    return errors.failure(f"{error} ({doing})", error.errno)


class OptionAttributes:
    """Options as attributes, whatever the case of their letters.

    A class that uses it has ``_option_names`` (name in lower and upper case ->
    number) and the methods ``get(number)`` and ``set(number, value)``. Any other
    attribute has to be known to the class, so that a misspelt option is an error.
    """

    __slots__ = ()

    _option_names: dict[str, int] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Leave the names that a subclass defines to the subclass."""
        super().__init_subclass__(**kwargs)
        own = [name for name in (*vars(cls), *_annotated(cls)) if name in cls._option_names]
        if own and "_option_names" not in vars(cls):
            names = dict(cls._option_names)
            for name in own:
                del names[name]
            cls._option_names = names

    def get(self, option: int) -> Any:
        """Return an option; a class that has options overrides this."""
        raise NotImplementedError("override in subclass")

    def set(self, option: int, value: Any) -> None:
        """Set an option; a class that has options overrides this."""
        raise NotImplementedError("override in subclass")

    def __setattr__(self, name: str, value: Any) -> None:
        option = self._option_names.get(name)
        if option is not None:
            self.set(option, value)
        else:
            self._set_attribute(name, value)

    def _set_attribute(self, name: str, value: Any) -> None:
        cls = type(self)
        if hasattr(cls, name) or any(name in _annotated(base) for base in cls.__mro__):
            object.__setattr__(self, name, value)
            return
        option = self._option_names.get(name.lower())
        if option is None:
            raise AttributeError(f"{cls.__name__} has no such option: {name.upper()}")
        self.set(option, value)

    def __getattr__(self, name: str) -> Any:
        """Return an option whose name is written in mixed case."""
        option = self._option_names.get(name.lower())
        if option is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__} has no such option: {name.upper()}")
        return self._get_attribute(option, name)

    def _get_attribute(self, option: int, name: str) -> Any:
        try:
            return self.get(option)
        except ZMQError as error:
            if _is_no_attribute(error):
                raise AttributeError(f"{name} attribute is write-only") from error
            raise


def _is_no_attribute(error: ZMQError) -> bool:
    return error.errno in (EINVAL, EFAULT) and not isinstance(error, AttributeError)


def _annotated(cls: type) -> Any:
    return vars(cls).get("__annotations__") or ()


def option_property(option: int, name: str) -> property:
    """Return a property that reads an option; writing goes through ``__setattr__``."""

    def read(self: Any) -> Any:
        try:
            return self.get(option)
        except ZMQError as error:
            if _is_no_attribute(error):
                raise AttributeError(f"{name} attribute is write-only") from error
            raise

    return property(read, doc=f"The option {name.upper()}.")
