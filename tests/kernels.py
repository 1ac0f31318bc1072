"""Compiles livebg's loops over pixels before the first test, into a folder that is kept between runs.

So no test pays for them, and two workers do not compile them twice. conftest.py calls it in the process that starts the
workers; `python tests/kernels.py MODULE…` compiles those of some modules.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import llvmlite.binding

STAMPS = "compiled-for"


def compile_kernels(folder: Path) -> float:
    """Sets NUMBA_CACHE_DIR to folder and fills it, on all cores; returns the seconds that it took, 0 where it was full.

    Numba itself sees a kernel's own file change; where a file changes that others take parts from, all is made anew.
    """
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    files = _files_with_kernels()
    stamps = _stamp(_shared(files)), _stamp(files.values())
    kept = (*(folder / STAMPS).read_text().split(), "") if (folder / STAMPS).exists() else ("",)
    if kept[:2] == stamps:
        return 0.0
    began_s = time.monotonic()
    if kept[0] != stamps[0]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / STAMPS).write_text(stamps[0])  # one that is interrupted goes on from where it was
    modules, cores = sorted(files), os.cpu_count() or 1
    shares = [modules[first::cores] for first in range(min(cores, len(modules)))]
    compiling = [subprocess.Popen([sys.executable, __file__, *share]) for share in shares]
    if sum(abs(each.wait()) for each in compiling) == 0:  # else the tests say what is wrong with which kernel
        (folder / STAMPS).write_text(" ".join(stamps))
    return time.monotonic() - began_s


def _files_with_kernels() -> dict[str, Path]:
    """By the names of their modules."""
    package = importlib.util.find_spec("livebg")
    assert package is not None
    assert package.origin is not None
    root = Path(package.origin).parent
    marks = ("@kernel(", "@part\n", "def kernel(")
    files = [each for each in root.rglob("*.py") if any(mark in each.read_text() for mark in marks)]
    return {".".join(("livebg", *each.relative_to(root).with_suffix("").parts)): each for each in files}


def _shared(files: dict[str, Path]) -> list[Path]:
    """Those that others of them import."""
    texts = [each.read_text() for each in files.values()]
    return [path for module, path in files.items() if any(f"from {module} import" in text for text in texts)]


def _stamp(files: Iterable[Path]) -> str:
    """Of what numba's machine code depends on; it tells files apart by time and size, too."""
    states = [(str(each), each.stat().st_mtime_ns, each.stat().st_size) for each in sorted(files)]
    state = repr((states, version("numba"), platform.python_version(), llvmlite.binding.get_host_cpu_name()))
    return hashlib.sha256(state.encode()).hexdigest()


def _prepare(module: str) -> None:
    from livebg.core.jit import Kernel

    for each in vars(importlib.import_module(module)).values():
        if isinstance(each, Kernel):
            each.prepare()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _prepare(name)
