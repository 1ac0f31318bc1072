"""The host's journey with stages whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.errors import ModelError
from livebg.journey import HostJourney
from livebg.matting.fixed import FixedMatter
from livebg.scene.image import ColourBackground, TransparentBackground
from livebg.settings import Settings
from livebg.stages import Alpha, Frame
from livebg.stats import Stats

FRAME = Frame(np.full((36, 64, 3), 200, np.uint8), 0, 0.0, 0.0)


def _journey(value: float, stats: Stats | None = None) -> HostJourney:
    def whole(values: np.ndarray, frame: Frame) -> np.ndarray:
        return np.full((frame.height, frame.width), values[0, 0], np.float32)

    return HostJourney(
        FixedMatter(value),
        lambda alpha, _frame, strength: Alpha(alpha.values * np.float32(strength), alpha.sequence),
        {"guided": whole, "plain": lambda values, frame: 1 - whole(values, frame)},
        stats or Stats(),
    )


def test_each_stage_takes_what_the_one_before_gave() -> None:
    composite = _journey(0.5).composite(FRAME, Settings(smoothing=1.0), ColourBackground((100, 100, 100)))
    assert (composite.image == 150).all()
    assert composite.alpha is not None
    assert (composite.alpha == 0.5).all()
    assert composite.frame is FRAME


def test_the_settings_choose_the_way_up_and_the_strength() -> None:
    black = ColourBackground((0, 0, 0))
    assert (_journey(1.0).composite(FRAME, Settings(smoothing=0.25), black).image == 50).all()
    assert (_journey(1.0).composite(FRAME, Settings(smoothing=0.25, edges="plain"), black).image == 150).all()


def test_a_transparent_background_leaves_the_straight_colour() -> None:
    composite = _journey(0.5).composite(FRAME, Settings(smoothing=1.0), TransparentBackground())
    assert composite.is_transparent
    assert (composite.image == 200).all()


def test_an_invalid_matte_ends_the_journey() -> None:
    stats = Stats()
    with pytest.raises(ModelError, match="not 0 to 1"):
        _journey(1.5, stats).composite(FRAME, Settings(), ColourBackground((0, 0, 0)))
    assert set(stats.snapshot().stages) <= {"matte"}


def test_every_stage_is_timed() -> None:
    stats = Stats()
    _journey(0.5, stats).composite(FRAME, Settings(), ColourBackground((0, 0, 0)))
    assert list(stats.snapshot().stages) == ["matte", "smooth", "edges", "background", "compose"]
