"""Puts compiled kernels into the wheel, so that no start has to compile them. hatchling runs it, livebg never does.

They fit every processor of kernel_store.LEVEL, with this Python and numba; elsewhere livebg compiles its own. A wheel
gets none if anything fails; an editable installation and an sdist never get any.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNEL = re.compile(r"^@kernel\([^)]*\)\ndef (\w+)", re.MULTILINE)
PLACE = "livebg/core/kernels"


class KernelHook(BuildHookInterface[Any]):
    """hatchling's hook `custom`, for wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """version: "standard" or "editable". build_data: gets the compiled files."""
        if version != "standard":
            return
        self._folder = Path(tempfile.mkdtemp(prefix="livebg-kernels-"))
        began_s = time.monotonic()
        try:
            kernels = kernels_in(Path(self.root))
            failure = _compile(Path(self.root), kernels, self._folder)
        except Exception as cause:  # noqa: BLE001 - livebg works without, and its users are better off with that
            failure = f"{type(cause).__name__}: {cause}"
        if failure:
            self.app.display_warning(f"this wheel has no compiled kernels, livebg compiles them itself: {failure}")
            return
        for file in self._folder.glob("*.kernel"):
            build_data["force_include"][str(file)] = f"{PLACE}/{file.name}"
        self.app.display_info(f"{len(kernels)} kernels compiled in {time.monotonic() - began_s:.0f} s")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Removes what the wheel now contains."""
        if version == "standard":
            shutil.rmtree(self._folder, ignore_errors=True)


def kernels_in(root: Path) -> list[str]:
    """Every kernel in the package in this folder, "module:name"; those of long files first, which makes fair shares."""
    found = list[tuple[int, str]]()
    for file in sorted((root / "livebg").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        module = ".".join(file.relative_to(root).with_suffix("").parts)
        found += [(text.count("\n"), f"{module}:{name}") for name in KERNEL.findall(text)]
    return [name for _, name in sorted(found, reverse=True)]


def _compile(root: Path, kernels: list[str], folder: Path) -> str:
    """Returns why it failed, '' if it did not."""
    sys.path.insert(0, str(root))
    try:
        from livebg.core.compile_apart import compile_apart
    finally:
        sys.path.remove(str(root))
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return compile_apart(kernels, folder, min(4, os.cpu_count() or 1), environment=environment)
