"""What is recorded is the source's own pictures; the loop gives them there and back, and knows what it holds."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from livebg.bench import recording
from livebg.bench.recording import Loop, record, there_and_back
from livebg.capture.synthetic.scene import SyntheticScene
from livebg.core.errors import SourceError
from livebg.core.settings import Settings


@pytest.mark.slow
def test_the_loop_gives_the_scenes_own_pictures_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FRAMES", 3)
    kept = record(Settings(size="64x36", fps=25), tmp_path)
    assert (kept.width, kept.height, kept.fps, kept.count) == (64, 36, 25, 3)
    loop, scene = Loop(kept), SyntheticScene(64, 36, 25)
    pictures = list(islice(loop.pictures(), 6))
    assert [round(each.media_time_s * 25) for each in pictures] == [0, 1, 2, 3, 4, 5]
    assert loop.shown_bytes == 0
    for picture, index in zip(pictures, (0, 1, 2, 1, 0, 1), strict=True):
        assert (picture.render() == scene.image(index / 25)).all()
    assert loop.shown_bytes == 3 * 64 * 36 * 3
    assert loop.name == "synthetic, 3 frames from memory"


@pytest.mark.slow
def test_a_stage_that_writes_into_a_picture_changes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FRAMES", 2)
    kept = record(Settings(size="64x36"), tmp_path)
    before = Path(kept.path).read_bytes()
    next(iter(Loop(kept).pictures())).render()[:] = 0
    assert Path(kept.path).read_bytes() == before


@pytest.mark.slow
def test_large_pictures_are_fewer_and_a_still_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "BUDGET_BYTES", 4 * 64 * 36 * 3)
    assert record(Settings(size="64x36"), tmp_path).count == 4
    cv2.imwrite(str(tmp_path / "me.png"), np.full((36, 64, 3), 7, np.uint8))
    still = record(Settings(source=str(tmp_path / "me.png")), tmp_path)
    assert still.count == 1
    assert [int(each.render()[0, 0, 0]) for each in islice(Loop(still).pictures(), 3)] == [7, 7, 7]


@pytest.mark.slow
def test_what_cannot_be_recorded_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        record(Settings(source="absent.mp4"), tmp_path)
    with pytest.raises(SourceError, match="cannot be kept in"):
        record(Settings(size="64x36"), tmp_path / "absent")


def test_there_and_back() -> None:
    assert list(islice(there_and_back(1), 3)) == [0, 0, 0]
    assert list(islice(there_and_back(4), 9)) == [0, 1, 2, 3, 2, 1, 0, 1, 2]
