"""Compiled kernels as files: first those that came with livebg, then the user's own. Loading them compiles nothing.

A file's name holds a key of all that its machine code is made from and runs on. So what fits is found by its name; a
file of another livebg, numba or processor is never opened. Any thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import platform
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llvmlite
import numba
from llvmlite import binding as llvm
from numba.core import config as numba_config
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from livebg.core.errors import LivebgError
from livebg.core.user_folders import cache_folder

log = logging.getLogger(__name__)
config: Any = numba_config  # its attributes come from the environment

SHIPPED = Path(__file__).parent / "kernels"  # build_hook.py fills it, in a wheel
# Kernels for this level run on nearly every PC since 2013 and cost at most a few percent against those for the
# processor at hand (tests/bench/RESULTS.md).
LEVEL = "x86-64-v3"
LEVEL_FEATURES = {
    *("avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf"),
    *("sse3", "sse4.1", "sse4.2", "ssse3"),
}
CHECKSUM_BYTES = hashlib.sha256().digest_size
_TARGETING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Target:
    """What numba compiles for in this process. context: numba's; processor: all that decides which code runs there."""

    context: Any
    processor: str


_targets: list[Target] = []  # one in a process, as in numba


def target() -> Target:
    """Decides it, the first time. Call this before numba makes its first dispatcher: then numba decides.

    A program that has used numba before livebg keeps what numba chose, the processor at hand.
    """
    with _TARGETING:
        if not _targets:
            _targets.append(_chosen())
        return _targets[0]


def has_level(machine: str, features: Mapping[str, bool]) -> bool:
    """Whether a processor of this kind (platform.machine()), with these LLVM features, runs code for LEVEL."""
    return machine.lower() in ("x86_64", "amd64") and all(features.get(each) for each in LEVEL_FEATURES)


def _chosen() -> Target:
    is_open = "_toplevel_target_context" not in vars(cpu_target) and config.CPU_NAME is None  # else others have chosen
    is_open = is_open and config.CPU_FEATURES is None and bool(config.ENABLE_AVX)
    if not is_open or not has_level(platform.machine(), llvm.get_host_cpu_features()):
        return _described()
    config.CPU_NAME, config.CPU_FEATURES = LEVEL, ""
    try:
        return _described()
    finally:
        config.CPU_NAME = config.CPU_FEATURES = None


def _described() -> Target:
    context = cpu_target.target_context
    # With Intel's vector library beside it, numba's code needs that library.
    return Target(context, repr((context.codegen().magic_tuple(), bool(config.USING_SVML))))


def key_of(fingerprint: str, arguments: tuple[Any, ...], processor: str) -> str:
    """Of all that decides whether a file's machine code is this kernel's, here. fingerprint: jit.fingerprint()'s."""
    versions = numba.__version__, llvmlite.__version__, sys.implementation.cache_tag, sys.platform
    return hashlib.sha256(repr((fingerprint, arguments, processor, versions)).encode()).hexdigest()[:32]


def own_folder() -> Path | None:
    """The user's kernels: in NUMBA_CACHE_DIR, else in livebg's cache folder; None for a user without one."""
    folder = None
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        folder = Path(named) / "livebg"
    else:
        with contextlib.suppress(LivebgError):
            folder = cache_folder() / "kernels"
    return folder if folder is not None and _is_own(folder) else None


def _is_own(folder: Path) -> bool:
    """Whether no stranger could have put files there: loading one runs what is in it."""
    try:
        about = folder.stat()
    except OSError:
        return True  # not there yet
    user = getattr(os, "geteuid", lambda: about.st_uid)()
    return about.st_uid in (0, user) and not (hasattr(os, "geteuid") and about.st_mode & 0o002)


def file_in(folder: Path, name: str, key: str) -> Path:
    """name: of the kernel, with its module."""
    return folder / f"{name}-{key}.kernel"


def load(name: str, key: str, folders: list[Path]) -> Any:
    """numba's CompileResult from the first folder that has it whole; None if none has.

    Raises nothing: a file that cannot be read or is damaged counts as absent.
    """
    for folder in folders:
        file = file_in(folder, name, key)
        try:
            content = file.read_bytes()
            checksum, packed = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
            if hashlib.sha256(packed).digest() == checksum:
                return _unpacked(packed)
            log.debug("%s is damaged", file)
        except FileNotFoundError:
            continue
        except Exception as cause:  # noqa: BLE001 - what a pickle needs may be gone; then it is compiled anew
            log.debug("%s cannot be loaded: %s", file, cause)
    return None


def save(name: str, key: str, folder: Path, result: Any) -> None:
    """Writes numba's CompileResult, just compiled, whole or not at all. Raises OSError."""
    packed = _packed(result)
    file = file_in(folder, name, key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(0o700, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_native_id()}.part")
    try:
        part.write_bytes(hashlib.sha256(packed).digest() + packed)
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _packed(result: Any) -> bytes:
    """Machine code and what Python needs to call it.

    Without LLVM's bitcode, by which numba would build this function into others: it is most of the size, and of the
    memory and time that loading costs. A stub takes its place, for the names that numba looks up in it.
    """
    (library, kind, (code, _)), function, environment, signature, *flags, _, initial, environments = result._reduce()
    names = function.llvm_func_name, function.llvm_cpython_wrapper_name
    stub = llvm.parse_assembly("".join(f'define void @"{each}"() {{\n unreachable\n}}\n' for each in names))
    library = library, kind, (code, stub.as_bitcode())
    parts = library, function, environment, signature, *flags, "", initial, environments
    packed: bytes = dumps(parts)  # type: ignore[no-untyped-call]
    return packed


def _unpacked(packed: bytes) -> Any:
    from numba.core.compiler import CompileResult

    _let_code_find_runtime()
    return CompileResult._rebuild(target().context, *pickle.loads(packed))  # type: ignore[no-untyped-call]


def _let_code_find_runtime() -> None:
    """Gives LLVM the addresses of numba's runtime, as numba's own start does, which then also compiles."""
    from numba.core.runtime import _nrt_python  # type: ignore[attr-defined]

    for name, address in _nrt_python.c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
