"""The host's journey with stages whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame
from livebg.models.constant import ConstantEngine
from livebg.pipeline.cpu import CpuProcessor
from livebg.scene.backgrounds.still import ColourBackground, TransparentBackground
from tests.engines import FlatEdges

FRAME = Frame(np.full((36, 64, 3), 200, np.uint8), 0, 0.0, 0.0)


class Scaled:
    """A correction that scales alpha by the smoothing, unless that is 0."""

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002 - the Protocol's
        return Alpha(alpha.values * np.float32(settings.smoothing), alpha.sequence)

    def reset(self) -> None:
        """Nothing is remembered."""


def _journey(value: float, stats: Stats | None = None) -> CpuProcessor:
    return CpuProcessor(ConstantEngine(value), {"scaled": Scaled()}, FlatEdges(), stats or Stats())


def test_each_stage_takes_what_the_one_before_gave() -> None:
    composite = _journey(0.5).composite(FRAME, Settings(smoothing=1.0), ColourBackground((100, 100, 100)))
    assert (composite.image == 150).all()
    assert composite.alpha is not None
    assert (composite.alpha == 0.5).all()
    assert composite.frame is FRAME


def test_every_stage_gets_the_settings() -> None:
    black = ColourBackground((0, 0, 0))
    assert (_journey(1.0).composite(FRAME, Settings(smoothing=0.25), black).image == 50).all()
    assert (_journey(1.0).composite(FRAME, Settings(smoothing=0.25, edges="plain"), black).image == 150).all()


def test_an_alpha_that_a_correction_has_spoilt_is_no_matte() -> None:
    class Spoiling(Scaled):
        def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002
            return Alpha(alpha.values * np.float32("nan"), alpha.sequence)

    journey = CpuProcessor(ConstantEngine(0.5), {"spoiling": Spoiling()}, FlatEdges(), Stats())
    with pytest.raises(ModelError, match="not 0 to 1"):
        journey.composite(FRAME, Settings(), ColourBackground((0, 0, 0)))


def test_the_matte_alone_is_the_composites_alpha() -> None:
    alone = _journey(0.5).matte(FRAME, Settings(smoothing=1.0))
    whole = _journey(0.5).composite(FRAME, Settings(smoothing=1.0), ColourBackground((0, 0, 0))).alpha
    assert whole is not None
    assert np.array_equal(alone, whole)


def test_a_transparent_background_leaves_the_straight_colour() -> None:
    composite = _journey(1.0).composite(FRAME, Settings(smoothing=1.0), TransparentBackground())
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
    assert list(stats.snapshot().stages) == ["matte", "scaled", "edges", "framing", "background", "compose"]
