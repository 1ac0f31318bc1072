"""One picture through the Python API."""

from __future__ import annotations

import numpy as np
import pytest

import livebg
from livebg import matting, photo
from livebg.errors import LivebgError, SettingsError
from livebg.matting.fixed import FixedMatter
from livebg.stages import Composite

PICTURE = np.full((36, 64, 3), 200, np.uint8)


@pytest.fixture(autouse=True)
def fixed_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    photo._engine.cache_clear()
    monkeypatch.setattr(matting, "open_matter", lambda _settings, _info: FixedMatter(0.5))


def test_a_matte_has_the_pictures_size() -> None:
    alpha = livebg.matte(PICTURE, presence=False)  # half of everything is no person
    assert alpha.shape == (36, 64)
    assert alpha.dtype == np.float32
    assert np.allclose(alpha, 0.5, atol=0.01)


def test_a_composite_is_bgr_or_bgra() -> None:
    assert np.abs(livebg.composite(PICTURE, background="#000000", presence=False).astype(int) - 100).max() <= 2
    straight = livebg.composite(PICTURE, background="none", presence=False)
    assert straight.shape == (36, 64, 4)
    assert (straight[..., :3] < 100).all(), "nobody is sure, so there is no colour that is surely the person's"
    assert np.abs(straight[..., 3].astype(int) - 128).max() <= 2


def test_the_loop_calls_back_until_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matting, "open_matter", lambda _settings, _info: FixedMatter(0.0))
    seen: list[Composite] = []
    report = livebg.run(seen.append, source="synthetic", size="64x36", seconds=0.5, background="#000000")
    assert len(seen) == report.snapshot.frames > 2


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), "a.jpg", None])
def test_what_is_no_picture_is_said(wrong: object) -> None:
    with pytest.raises(SettingsError, match="BGR uint8"):
        livebg.matte(wrong)  # type: ignore[arg-type]  # the fault under test


def test_a_wrong_setting_is_said() -> None:
    with pytest.raises(LivebgError, match="--smoothing"):
        livebg.composite(PICTURE, smoothing=7)
    with pytest.raises(LivebgError, match="colour"):
        livebg.matte(PICTURE, colour="red")
