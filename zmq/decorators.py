# SPDX-License-Identifier: BSD-3-Clause
"""Decorators that give a function a context, or a socket, for the time of a call."""

from __future__ import annotations

from functools import wraps
from inspect import iscoroutinefunction

import zmq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _Function = Callable[..., Any]
    _Make = Callable[[tuple[Any, ...], dict[str, Any]], Any]

__all__ = ["context", "socket"]


def context(*args: Any, **kwargs: Any) -> Callable[[_Function], _Function]:
    """Decorate a function so that each call gets a new context.

    The context comes after the positional arguments of the call, or as the keyword argument
    that ``name`` says. It is terminated when the call ends, that of a coroutine function when
    the coroutine ends.

    Parameters
    ----------
    name : str, the keyword; the first positional argument, if that is a str
    *args, **kwargs : arguments of zmq.Context

    Returns
    -------
    decorator of a function, method or coroutine function

    Examples
    --------
    ::

        @context()
        @socket(zmq.PUSH)
        def work(ctx, push):
            push.connect("tcp://127.0.0.1:5555")
    """
    name, args = _take_name(args, kwargs)

    def make(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Any:
        return zmq.Context(*args, **kwargs)

    return _provider(name, make)


def socket(*args: Any, **kwargs: Any) -> Callable[[_Function], _Function]:
    """Decorate a function so that each call gets a new socket.

    The socket comes after the positional arguments of the call, or as the keyword argument
    that ``name`` says. It is closed when the call ends, that of a coroutine function when the
    coroutine ends. Its context is the call's keyword argument ``context_name``, else the
    first positional argument that is a context, else zmq.Context.instance().

    Parameters
    ----------
    name : str, the keyword; the first positional argument, if that is a str
    context_name : str, keyword of the context, "context" by default
    *args, **kwargs : arguments of zmq.Context.socket, such as the socket type

    Returns
    -------
    decorator of a function, method or coroutine function
    """
    context_name = kwargs.pop("context_name", "context")
    name, args = _take_name(args, kwargs)

    def make(call_args: tuple[Any, ...], call_kwargs: dict[str, Any]) -> Any:
        return _context_of(call_args, call_kwargs, context_name).socket(*args, **kwargs)

    return _provider(name, make)


def _take_name(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str | None, tuple[Any, ...]]:
    if isinstance(kwargs.get("name"), str):
        return kwargs.pop("name"), args
    if args and isinstance(args[0], str):
        return args[0], args[1:]
    return None, args


def _context_of(
    args: tuple[Any, ...], kwargs: dict[str, Any], context_name: str
) -> zmq.Context[Any]:
    for candidate in (kwargs.get(context_name), *args):
        if isinstance(candidate, zmq.Context):
            return candidate
    return zmq.Context.instance()


def _provider(name: str | None, make: _Make) -> Callable[[_Function], _Function]:
    def decorator(func: _Function) -> _Function:
        def extend(
            args: tuple[Any, ...], kwargs: dict[str, Any], made: Any
        ) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if name is None:
                return (*args, made), kwargs
            if name in kwargs:
                raise TypeError(f"{func.__name__}() got multiple values for argument {name!r}")
            return args, {**kwargs, name: made}

        @wraps(func)
        def call(*args: Any, **kwargs: Any) -> Any:
            with make(args, kwargs) as made:
                args, kwargs = extend(args, kwargs, made)
                return func(*args, **kwargs)

        @wraps(func)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            with make(args, kwargs) as made:
                args, kwargs = extend(args, kwargs, made)
                return await func(*args, **kwargs)

        return call_async if iscoroutinefunction(func) else call

    return decorator
