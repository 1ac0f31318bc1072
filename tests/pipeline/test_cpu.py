"""The CPU's processor with stages whose answers are known by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Background, Composite, Frame
from livebg.matting.item import Item
from livebg.matting.steps import CheckAlpha
from livebg.models.constant import ConstantEngine
from livebg.pipeline.cpu import CpuProcessor, SceneCompositor
from livebg.pipeline.processor import Unmatted
from livebg.scene.backgrounds.still import ColourBackground, TransparentBackground
from tests.chains import FlatEdges, processor

FRAME = Frame(np.full((36, 64, 3), 200, np.uint8), 0, 0.0, 0.0)


class Scaled:
    """A Stage that scales alpha by the smoothing, unless that is 0."""

    def apply(self, item: Item, settings: Settings) -> Item:
        return replace(item, alpha=Alpha(item.alpha.values * np.float32(settings.smoothing), item.alpha.sequence))

    def reset(self) -> None:
        """Nothing is remembered."""


def _processor(value: float, stats: Stats | None = None) -> CpuProcessor:
    return processor(ConstantEngine(value), stats or Stats(), Scaled(), FlatEdges())


def _composite(one: CpuProcessor, settings: Settings, background: Background) -> Composite:
    return one.begin(FRAME, settings, background).finish()


def test_each_stage_takes_what_the_one_before_gave() -> None:
    composite = _composite(_processor(0.5), Settings(smoothing=1.0), ColourBackground((100, 100, 100)))
    assert (composite.image == 150).all()
    assert composite.alpha is not None
    assert (composite.alpha == 0.5).all()
    assert composite.frame is FRAME


def test_every_stage_gets_the_settings() -> None:
    black = ColourBackground((0, 0, 0))
    assert (_composite(_processor(1.0), Settings(smoothing=0.25), black).image == 50).all()
    assert (_composite(_processor(1.0), Settings(smoothing=0.25, edges="plain"), black).image == 150).all()


def test_an_alpha_that_a_correction_has_spoilt_is_no_matte() -> None:
    class Spoiling(Scaled):
        def apply(self, item: Item, settings: Settings) -> Item:  # noqa: ARG002
            return replace(item, alpha=Alpha(item.alpha.values * np.float32("nan"), item.alpha.sequence))

    spoilt = processor(ConstantEngine(0.5), Stats(), Spoiling(), CheckAlpha(), FlatEdges())
    with pytest.raises(ModelError, match="not 0 to 1"):
        _composite(spoilt, Settings(), ColourBackground((0, 0, 0)))


def test_a_transparent_background_leaves_the_straight_colour() -> None:
    composite = _composite(_processor(1.0), Settings(smoothing=1.0), TransparentBackground())
    assert composite.is_transparent
    assert (composite.image == 200).all()


def test_an_invalid_matte_ends_the_processor() -> None:
    stats = Stats()
    with pytest.raises(ModelError, match="not 0 to 1"):
        _composite(_processor(1.5, stats), Settings(), ColourBackground((0, 0, 0)))
    assert set(stats.snapshot().stages) <= {"matte"}


def test_every_stage_is_timed() -> None:
    stats = Stats()
    _composite(_processor(0.5, stats), Settings(), ColourBackground((0, 0, 0)))
    assert list(stats.snapshot().stages) == ["matte", "scaled", "flatedges", "framing", "background", "compose"]


def test_a_failed_frame_comes_out_with_its_reason_and_closing_closes_the_engine() -> None:
    class Failing(ConstantEngine):
        closes = 0

        def matte(self, frame: Frame) -> Alpha:
            raise ModelError(f"no answer to {frame.sequence}")

        def close(self) -> None:
            self.closes += 1

    engine = Failing(0.5)
    one = processor(engine, Stats(), FlatEdges())
    (made,) = one.feed(FRAME, Settings(), ColourBackground((0, 0, 0)))
    assert isinstance(made, Unmatted)
    assert made.frame is FRAME
    assert str(made.failure) == "no answer to 0"
    assert not list(one.flush(Settings(), ColourBackground((0, 0, 0))))
    one.reset()
    one.close()
    assert engine.closes == 1


def test_framing_and_compositing_begin_anew_with_another_scene() -> None:
    full = np.zeros((36, 64), np.float32)
    full[12:, 8:20] = 1
    settings, black = Settings(auto_frame=True), ColourBackground((0, 0, 0))
    compositor = SceneCompositor(None, Stats())
    for index in range(60):
        compositor.composite(_item(index, full), settings, black)
    assert compositor.framing.crop[2] < 0.5
    compositor.composite(replace(_item(60, full), is_cut=True), settings, black)
    assert compositor.framing.crop[2] == 0.5


def _item(index: int, full: np.ndarray) -> Item:
    return Item(Frame(FRAME.image, index, index / 30, index / 30), Alpha(full, index), full=full)
