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
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import llvmlite.binding

STAMP = "compiled-for"


def compile_kernels(folder: Path) -> float:
    """Sets NUMBA_CACHE_DIR to folder and fills it, on all cores; returns the seconds that it took, 0 where it was full.

    Only what has changed is compiled: livebg itself sees whether a kernel on the disk is fresh. The stamp saves the
    asking where no file with kernels, parts or their parameters has changed.
    """
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    package = importlib.util.find_spec("livebg")
    assert package is not None
    assert package.origin is not None
    root = Path(package.origin).parent
    texts = {each: each.read_text() for each in sorted(root.rglob("*.py"))}
    files = [each for each, text in texts.items() if "livebg.core.jit import" in text or each.stem == "params"]
    stamp = _stamp([*files, root / "core" / "jit.py"])
    if (folder / STAMP).exists() and (folder / STAMP).read_text() == stamp:
        return 0.0
    began_s = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    modules = [_module(each, root) for each in files if "@kernel(" in texts[each]]
    cores = os.cpu_count() or 1
    shares = [modules[first::cores] for first in range(min(cores, len(modules)))]
    compiling = [subprocess.Popen([sys.executable, __file__, *share]) for share in shares]
    if sum(abs(each.wait()) for each in compiling) == 0:  # else the tests say what is wrong with which kernel
        (folder / STAMP).write_text(stamp)
    return time.monotonic() - began_s


def _module(file: Path, root: Path) -> str:
    return ".".join(("livebg", *file.relative_to(root).with_suffix("").parts))


def _stamp(files: list[Path]) -> str:
    states = [(str(each), each.stat().st_mtime_ns, each.stat().st_size) for each in files]
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
