"""The loop around parts made by a test or a bench: a source, one journey, one background, sinks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from livebg.controls import Controls
from livebg.making import Making
from livebg.pipeline import Pipeline, Stages
from livebg.scene.card import Cards
from livebg.scene.shutter import Shutter
from livebg.settings import Settings
from livebg.shift import Openers
from livebg.stages import Background, Frame, FrameSink, FrameSource, Image, Matte
from livebg.stats import Stats
from livebg.tickets import Journey

BACKGROUND = 50


class PlainBackground:
    """One level everywhere."""

    is_transparent = False
    needs_matte = False

    def picture(self, frame: Frame, alpha: Matte) -> Image:
        assert alpha.shape == (frame.height, frame.width)
        return self.standby(frame.height, frame.width)

    def standby(self, height: int, width: int) -> Image:
        return np.full((height, width, 3), BACKGROUND, np.uint8)

    def close(self) -> None: ...


@dataclasses.dataclass
class Always:
    """The same background, whatever the settings say."""

    background: Background

    def of(self, settings: Settings) -> Background:
        del settings
        return self.background

    def close(self) -> None:
        self.background.close()


def run_loop(
    source: FrameSource,
    open_journey: Callable[[Settings], Journey],
    sinks: Sequence[FrameSink],
    stats: Stats,
    *,
    background: Background | None = None,
    controls: Controls | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Making:
    """Until the source ends; the making comes back closed."""
    background, controls = background or PlainBackground(), controls or Controls(Settings())
    cards = Cards(background.standby(source.info.height, source.info.width))
    openers = Openers(lambda settings: (open_journey(settings), source), lambda: Always(background))
    pictures = Making(openers, controls, stats)
    with closing(pictures):
        stages = Stages(source, pictures, Shutter(cards, source.info.is_live), sinks)
        Pipeline(stages, controls, stats).run(should_stop)
    return pictures
