"""A stored kernel is found where all that made it is the same, and nowhere else; a damaged file counts as absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from livebg.core import kernel_store
from livebg.core.jit import FLOATS_OUT, NUMBER, Kernel, fingerprint, noting
from livebg.core.kernel_store import LEVEL, LEVEL_FEATURES, file_in, has_level, key_of, own_folder, target

STEP = 1.0


def add_step(values: Any) -> None:
    for index in range(values.size):
        values[index] += STEP


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kernel add_step."""
    folder = tmp_path_factory.mktemp("kernels")
    Kernel(add_step, (FLOATS_OUT,)).compile_into(folder)
    return folder


def _answer(kernel: Kernel) -> list[float]:
    values = np.zeros(3, np.float32)
    kernel(values)
    return list(values)


@pytest.mark.slow
def test_what_is_stored_loads_without_compiling(stored: Path) -> None:
    kernel = Kernel(add_step, (FLOATS_OUT,))
    assert file_in(stored, kernel.name, kernel.key).exists()
    from numba.core.event import install_recorder

    with install_recorder("numba:compile") as compiled:
        assert kernel.load(stored)
        assert _answer(kernel) == [1, 1, 1]
    assert not compiled.buffer


@pytest.mark.slow
@pytest.mark.parametrize(("kept", "end"), [(0, b""), (-1, b""), (-1, b"?")])
def test_a_damaged_file_counts_as_absent(stored: Path, tmp_path: Path, kept: int, end: bytes) -> None:
    (file,) = stored.iterdir()
    (tmp_path / file.name).write_bytes(file.read_bytes()[:kept] + end)
    assert not Kernel(add_step, (FLOATS_OUT,)).load(tmp_path)


@pytest.mark.slow
def test_another_code_numba_or_processor_finds_nothing(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(add_step, (FLOATS_OUT,))
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "STEP", 2.0)
        assert not kernel.load(stored)
    with monkeypatch.context() as patch:
        patch.setattr(numba, "__version__", "0.0.1")
        assert not kernel.load(stored)
    with monkeypatch.context() as patch:
        patch.setattr(kernel_store, "_targets", [kernel_store.Target(target().context, "an older processor")])
        assert not kernel.load(stored)
    assert kernel.load(stored)


def test_the_key_holds_everything_that_decides() -> None:
    keys = {
        key_of("a", (NUMBER,), "one"),
        key_of("b", (NUMBER,), "one"),
        key_of("a", (FLOATS_OUT,), "one"),
        key_of("a", (NUMBER,), "another"),
    }
    assert len(keys) == 4
    assert key_of("a", (NUMBER,), "one") in keys
    assert fingerprint(add_step) == fingerprint(add_step)


def test_the_level_is_for_processors_that_have_all_of_it() -> None:
    features = dict.fromkeys(LEVEL_FEATURES, True)
    assert has_level("x86_64", features)
    assert has_level("AMD64", {**features, "avx512f": True})
    assert not has_level("aarch64", features)
    assert not any(has_level("x86_64", {**features, each: False}) for each in LEVEL_FEATURES)
    import platform

    from llvmlite import binding

    is_level = has_level(platform.machine(), binding.get_host_cpu_features())
    assert (LEVEL in target().processor) == is_level


def test_the_users_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert own_folder() == tmp_path / "livebg"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert own_folder() is not None


def test_noting_only_notes() -> None:
    kernel = Kernel(add_step, (FLOATS_OUT,))
    with noting() as kernels:
        kernel.prepare()
    assert kernels == [kernel]
    assert kernel._machine_code is None
