"""A wheel has the compiled kernels, and the main job runs from them without compiling anything."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from llvmlite import binding as llvm

from livebg.core import build_hook
from livebg.core.build_hook import PLACE, KernelHook, kernels_in
from livebg.core.kernel_store import CHECKSUM_BYTES, SHIPPED, own_folder

ROOT = Path(__file__).resolve().parents[2]

RUN = """
import json, sys
import livebg
from numba.core.event import install_recorder

frames = []
with install_recorder("numba:compile") as compiled:
    livebg.run(frames.append, source="synthetic", seconds=1.0, engine="selfie")
print(json.dumps([livebg.__file__, len(frames), len(compiled.buffer)]))
"""


def _hook(root: Path, said: list[str]) -> Any:
    app = SimpleNamespace(display_warning=said.append, display_info=said.append)
    return KernelHook(str(root), {}, None, None, str(root), "wheel", app)  # type: ignore[arg-type]


def _code(file: Path) -> list[tuple[bytes, bytes]]:
    """The machine code and constants in a stored kernel; without the names, which count what was compiled before."""
    (_, _, (code, _)), *_ = pickle.loads(file.read_bytes()[CHECKSUM_BYTES:])
    sections = ((each.name() or b"", each.data()) for each in llvm.ObjectFileRef.from_data(code).sections())
    return [(name, data) for name, data in sections if name.startswith((b".text", b".rodata"))]


def test_every_kernel_is_found() -> None:
    kernels = kernels_in(ROOT)
    written = sum(each.read_text().count("\n@kernel(") for each in (ROOT / "livebg").rglob("*.py"))
    assert len(set(kernels)) == len(kernels) == written > 30
    assert "livebg.core.resize:average" in kernels


def test_a_wheel_that_cannot_be_compiled_is_built_without(monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()
    hook = _hook(ROOT, said)
    data: dict[str, Any] = {"force_include": {}}
    hook.initialize("editable", data)
    assert not said, "an editable installation has none"

    def fail(*_: object) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(build_hook, "_compile", fail)
    hook.initialize("standard", data)
    hook.finalize("standard", data, "")
    assert data == {"force_include": {}}
    (line,) = said
    assert "no compiled kernels" in line
    assert "no space left" in line


@pytest.mark.process
def test_from_a_wheel_nothing_is_compiled(tmp_path: Path) -> None:
    build = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    built = subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    wheel = tmp_path / built.stdout.split()[-1]
    installed, cache = tmp_path / "installed", tmp_path / "cache"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(installed)], check=True)
    assert len(list((installed / PLACE).glob("*.kernel"))) == len(kernels_in(ROOT))
    for each in (installed / PLACE).glob("*.kernel"):
        others = (folder / each.name for folder in (SHIPPED, own_folder()) if folder)
        assert _code(each) == _code(next(file for file in others if file.exists())), "compiled here, by another process"
    plain = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment = {**plain, "PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}
    ran = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    origin, frames, compiled = json.loads(ran.stdout.splitlines()[-1])
    assert Path(origin).is_relative_to(installed)
    assert frames > 0
    assert compiled == 0, ran.stderr
    assert not (cache / "livebg" / "kernels").exists()
