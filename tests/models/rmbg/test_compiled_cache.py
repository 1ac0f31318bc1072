"""Compiled networks on disk: read again where they fit, made anew where they do not."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import SmallNetwork

from livebg.models.openvino import the_core
from livebg.models.rmbg import compiled_cache
from livebg.models.rmbg.compiled_cache import HEAD, compile_or_read
from livebg.models.rmbg.openvino_cache import from_torch

OPTIONS = {"INFERENCE_PRECISION_HINT": "f32"}
PIXELS = np.linspace(-0.5, 0.5, 3 * 64 * 96, dtype=np.float32).reshape(1, 3, 64, 96)


class CountingCore:
    """The real one, and how often it compiled."""

    def __init__(self) -> None:
        self.compiled = 0
        self.get_property, self.import_model = the_core().get_property, the_core().import_model

    def compile_model(self, *arguments: Any) -> Any:
        self.compiled += 1
        return the_core().compile_model(*arguments)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> CountingCore:
    """With a cache that finds everything worth keeping."""
    counting = CountingCore()
    monkeypatch.setattr(compiled_cache, "the_core", lambda: counting)
    monkeypatch.setattr(compiled_cache, "WORTH_KEEPING_S", 0.0)
    return counting


@pytest.fixture(scope="module")
def model() -> Any:
    return from_torch(SmallNetwork())


def answer(model: Any, file: Path | None, **more: Any) -> Any:
    compiled = compile_or_read(model, "CPU", {**OPTIONS, **more}, file)
    return compiled.create_infer_request().infer({0: PIXELS})[0].copy()


def test_the_second_start_does_not_compile(core: CountingCore, model: Any, tmp_path: Path) -> None:
    file = tmp_path / "network.blob"
    first, second = answer(model, file), answer(model, file)
    assert core.compiled == 1
    np.testing.assert_array_equal(first, second)
    assert [each.name for each in tmp_path.iterdir()] == ["network.blob"]


def test_other_options_are_compiled(core: CountingCore, model: Any, tmp_path: Path) -> None:
    file = tmp_path / "network.blob"
    answer(model, file)
    answer(model, file, INFERENCE_NUM_THREADS=1)
    answer(model, file, INFERENCE_NUM_THREADS=1)
    assert core.compiled == 2


@pytest.mark.parametrize("damage", ["cut", "changed", "no head", "empty"])
def test_a_damaged_one_is_made_anew_with_one_line(
    core: CountingCore, model: Any, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "network.blob"
    expected = answer(model, file)
    whole = file.read_bytes()
    file.write_bytes(
        {
            "cut": whole[:-100],
            "changed": whole[: HEAD + 50] + b"?" + whole[HEAD + 51 :],
            "no head": b"\xff" * len(whole),
            "empty": b"",
        }[damage]
    )
    with caplog.at_level(logging.INFO):
        np.testing.assert_array_equal(answer(model, file), expected)
    assert core.compiled == 2
    assert ["compiling again" in each.getMessage() for each in caplog.records] == [True]
    answer(model, file)
    assert core.compiled == 2


def test_what_compiles_quickly_is_not_kept(
    core: CountingCore, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_cache, "WORTH_KEEPING_S", 1e9)
    answer(model, tmp_path / "network.blob")
    assert core.compiled == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_failure(core: CountingCore, model: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer(model, tmp_path / "file" / "network.blob")
    answer(model, None)
    assert core.compiled == 2
