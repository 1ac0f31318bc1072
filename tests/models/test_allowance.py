"""What the benchmark found is kept for this processor, and covers what is no harder than what it measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livebg.core.types import SourceInfo
from livebg.models import allowance
from livebg.models.allowance import FILE, Allowance, remember, remembered

MODEL = "schirrmacher/ormbg"
HELD = Allowance(MODEL, 1280, 720, 30.0, "a processor")
CAMERA = SourceInfo("camera", 1280, 720, 30.0, True)


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(allowance, "state_folder", lambda: tmp_path / "state")
    monkeypatch.setattr(allowance, "processor", lambda: "a processor")
    return tmp_path / "state"


def test_the_newest_finding_stays_and_a_failure_ends_it() -> None:
    assert remembered() is None
    remember(replace(HELD, fps=25.0))
    remember(HELD)
    assert remembered() == HELD
    remember(None)
    assert remembered() is None
    remember(None)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"model": 1}', "\x00", '{"model": "a", "width": "b"}'])
def test_a_file_with_anything_else_allows_nothing(state: Path, text: str) -> None:
    state.mkdir()
    (state / FILE).write_text(text)
    assert remembered() is None


def test_values_of_another_kind_allow_nothing(state: Path) -> None:
    remember(replace(HELD, fps="fast"))  # type: ignore[arg-type]
    assert (state / FILE).exists()
    assert remembered() is None


def test_a_folder_that_cannot_be_written_is_no_failure(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    state.write_text("a file")
    remember(HELD)
    assert remembered() is None
    assert "cannot store what was measured of rmbg" in caplog.text


def test_it_covers_what_is_no_harder_on_the_same_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HELD.covers(MODEL, CAMERA)
    assert HELD.covers(MODEL, replace(CAMERA, width=720, height=1280))
    assert HELD.covers(MODEL, replace(CAMERA, width=640, height=480, fps=25.0))
    assert HELD.covers(MODEL, replace(CAMERA, fps=0.0))
    assert replace(HELD, fps=29.97).covers(MODEL, CAMERA)
    assert not HELD.covers("briaai/RMBG-1.4", CAMERA)
    assert not HELD.covers(MODEL, replace(CAMERA, width=1920, height=1080))
    assert not HELD.covers(MODEL, replace(CAMERA, fps=60.0))
    monkeypatch.setattr(allowance, "processor", lambda: "another")
    assert not HELD.covers(MODEL, CAMERA)
