"""Pixel loops as machine code, made by numba for one type of arguments each: kernels.

kernel_store.py has their files. Loading one takes milliseconds, compiling it a second. `prepare()` decides when. Any
thread; the loops themselves let other threads run.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from livebg.core.kernel_store import SHIPPED, key_of, load, own_folder, save, target

log = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., Any])

NUMBA_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": True, "no_cfunc_wrapper": True}

BYTES_IN = types.Array(types.uint8, 1, "C", readonly=True)  # takes writable arrays too
BYTES_OUT = types.Array(types.uint8, 1, "C")
FLOATS_IN = types.Array(types.float32, 1, "C", readonly=True)
FLOATS_OUT = types.Array(types.float32, 1, "C")
INTEGERS_IN = types.Array(types.int32, 1, "C", readonly=True)
INTEGERS_OUT = types.Array(types.int32, 1, "C")
SHORTS_IN = types.Array(types.uint16, 1, "C", readonly=True)
SHORTS_OUT = types.Array(types.uint16, 1, "C")
PLACES_IN = types.Array(types.uintp, 1, "C", readonly=True)
SIZE = types.uintp
NUMBER = types.float32
FLAG = types.boolean

Place = Any  # one uintp: a position in a run of numbers
Places = NDArray[np.uintp]
Bits = NDArray[np.int32]  # the memory of float32 numbers: from 0 up these compare as the numbers do

_LOADING = threading.Lock()
COMPILING = threading.Lock()  # one at a time, in this process or in children of it (compile_apart.py)
_THREAD = threading.local()


class Kernel:
    """A function that runs as machine code; `prepare()` or the first call loads it from a file, or compiles it.

    plain: the same by numpy and OpenCV, slower; it returns NotImplemented for arguments that it does not take.
    is_coming: somebody compiles it elsewhere and will load it. Until then, calls run the plain form where it answers,
    and prepare() does nothing.
    """

    def __init__(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], plain: Callable[..., Any] | None = None
    ) -> None:
        self.function, self._arguments, self.plain = function, arguments, plain
        self.name = f"{function.__module__}.{function.__name__}"  # of its file
        self.is_coming = False
        self._machine_code: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        if self._machine_code is None and self.is_coming and self.plain is not None:
            answer = self.plain(*arguments)
            if answer is not NotImplemented:
                return answer
        return (self._machine_code or self._code())(*arguments)

    def prepare(self) -> None:
        """Loads it now, if that is not done; compiles and stores it where no file fits. What cannot be stored, or is
        damaged, only costs time."""
        if (noted := getattr(_THREAD, "noted", None)) is not None:
            noted.append(self)
        elif not self.is_coming:
            self._code()

    def _code(self) -> Callable[..., Any]:
        if self._machine_code is None and not self.load():
            with COMPILING:  # whoever compiles now may leave this one, too
                if not self.load():
                    self._machine_code = self._compile()
        assert self._machine_code is not None
        return self._machine_code

    def load(self, *folders: Path) -> bool:
        """Loads it from these folders, else from livebg's own and the user's; compiles nothing. False: none has it."""
        with _LOADING:
            result = None if self._machine_code else load(self.name, self.key, [*folders, *_folders()])
            if result is not None:
                dispatcher = _dispatcher(self.function, NUMBA_OPTIONS)
                dispatcher.add_overload(result)
                dispatcher.disable_compile()
                self._machine_code = dispatcher
        return self._machine_code is not None

    @property
    def path(self) -> str:
        """ "module:name", by which another process finds it."""
        return f"{self.function.__module__}:{self.function.__name__}"

    @property
    def key(self) -> str:
        return key_of(fingerprint(self.function), self._arguments, target().processor)

    def compile_into(self, folder: Path) -> None:
        """Compiles it into a file in this folder. Raises OSError."""
        save(self.name, self.key, folder, *_compiled(self.function, self._arguments).overloads.values())

    def _compile(self) -> Callable[..., Any]:
        compiled = _compiled(self.function, self._arguments)
        try:
            if folder := own_folder():
                save(self.name, self.key, folder, *compiled.overloads.values())
        except Exception as cause:  # noqa: BLE001 - another numba may fail in any way; then each start compiles
            log.debug("%s cannot be stored: %s", self.name, cause)
        return cast("Callable[..., Any]", compiled)


@contextmanager
def noting() -> Iterator[list[Kernel]]:
    """Meanwhile `prepare()` only adds each kernel to the list, in this thread: so it shows what a start needs."""
    _THREAD.noted = noted = list[Kernel]()
    try:
        yield noted
    finally:
        del _THREAD.noted


def _folders() -> list[Path]:
    return [SHIPPED, *filter(None, [own_folder()])]


def _compiled(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    dispatcher = _dispatcher(function, NUMBA_OPTIONS)
    dispatcher.compile(arguments)
    dispatcher.disable_compile()
    return dispatcher


def _dispatcher(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    target()  # before numba chooses one
    return numba.njit(**options)(function)


def kernel(*arguments: Any, plain: Callable[..., Any] | None = None) -> Callable[[Callable[..., Any]], Kernel]:
    """Decorator: the function as a Kernel for arguments of these types (the constants above). plain: see Kernel."""
    return lambda function: Kernel(function, arguments, plain)


def part(function: Function) -> Function:
    """Decorator: a function that kernels call. It is compiled into them and has no address of its own.

    With one, the linker would use whichever machine code of that name this process already has, in another process that
    of another kernel: each with other optimisations and so with other roundings.
    """
    return cast("Function", _dispatcher(function, {"no_cpython_wrapper": True, "forceinline": True, **NUMBA_OPTIONS}))


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
