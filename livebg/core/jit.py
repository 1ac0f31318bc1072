"""Pixel loops compiled to machine code by numba, for one type of arguments each, kept on disk between runs.

Compiling takes a second or two in all, once per machine and release; loading from the disk takes milliseconds.
`prepare()` decides when. Any thread; the loops themselves let other threads run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import CodeType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types

Function = TypeVar("Function", bound=Callable[..., Any])

NUMBA_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": True, "no_cfunc_wrapper": True}

BYTES_IN = types.Array(types.uint8, 1, "C", readonly=True)  # takes writable arrays too
BYTES_OUT = types.Array(types.uint8, 1, "C")
FLOATS_IN = types.Array(types.float32, 1, "C", readonly=True)
FLOATS_OUT = types.Array(types.float32, 1, "C")
INTEGERS_IN = types.Array(types.int32, 1, "C", readonly=True)
INTEGERS_OUT = types.Array(types.int32, 1, "C")
PLACES_IN = types.Array(types.uintp, 1, "C", readonly=True)
SIZE = types.uintp
NUMBER = types.float32
FLAG = types.boolean


class Kernel:
    """A function that runs as machine code; `prepare()` or the first call compiles it or loads it from the disk."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function, self._arguments = function, arguments
        self._machine_code: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        return (self._machine_code or self.prepare())(*arguments)

    def prepare(self) -> Callable[..., Any]:
        """Compiles it now, if that is not done. A folder that is read-only or holds rubbish only costs time."""
        if self._machine_code is None:
            try:
                self._machine_code = self._compile(is_kept=True)
            except Exception:  # noqa: BLE001 - rubbish in a pickle raises anything; the second try raises other errors again
                self._machine_code = self._compile(is_kept=False)
        return self._machine_code

    def _compile(self, is_kept: bool) -> Callable[..., Any]:
        dispatcher = numba.njit(**NUMBA_OPTIONS)(self.function)
        if is_kept:
            dispatcher.enable_caching()  # raises where no folder can be written
            # By this stamp numba judges whether what it kept is fresh. Its own is the date of the function's file, but
            # constants and parts come from other files, too.
            kept = dispatcher._cache._cache_file
            kept._source_stamp = kept._source_stamp, fingerprint(self.function)
        dispatcher.compile(self._arguments)
        dispatcher.disable_compile()
        return cast("Callable[..., Any]", dispatcher)


def kernel(*arguments: Any) -> Callable[[Callable[..., Any]], Kernel]:
    """Decorator: the function as a Kernel for arguments of these types (the constants above)."""
    return lambda function: Kernel(function, arguments)


def part(function: Function) -> Function:
    """Decorator: a function that kernels call. It is compiled into them and has no address of its own.

    With one, the linker would use whichever machine code of that name this process already has, in another process that
    of another kernel: each with other optimisations and so with other roundings.
    """
    return cast("Function", numba.njit(**{"no_cpython_wrapper": True, "forceinline": True, **NUMBA_OPTIONS})(function))


def fingerprint(function: Callable[..., Any]) -> str:
    """Of all that this kernel's machine code is made from: its options, code and constants, and those of its parts."""
    digest = hashlib.sha256(repr(sorted(NUMBA_OPTIONS.items())).encode())
    waiting, seen = [function], {function}
    while waiting:
        each = waiting.pop()
        code = each.__code__
        digest.update(code.co_code + repr([one for one in code.co_consts if not isinstance(one, CodeType)]).encode())
        for name in code.co_names:
            value = each.__globals__.get(name)
            if isinstance(value, (bool, int, float, tuple, np.generic)):
                digest.update(f"{name} {value!r}".encode())
            elif (called := getattr(value, "py_func", None)) is not None and called not in seen:
                seen.add(called)
                waiting.append(called)
    return digest.hexdigest()
