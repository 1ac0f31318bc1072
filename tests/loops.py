"""The loop around parts made by a test or a bench: a source, one processor, one background, sinks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Background, Frame, FrameSink, FrameSource, Image, Matte
from livebg.pipeline.live.feed import Feed
from livebg.pipeline.live.loop import Pipeline, Stages
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.supervisor import Supervisor
from livebg.pipeline.live.worker import Openers
from livebg.pipeline.processor import Processor
from livebg.scene.output_gate import OutputGate
from livebg.scene.standby import StandbyImages

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
    open_processor: Callable[[Settings], Processor],
    sinks: Sequence[FrameSink],
    stats: Stats,
    *,
    background: Background | None = None,
    controls: LiveSettings | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    feed: Feed | None = None,
) -> Supervisor:
    """Until the source ends; the making comes back closed."""
    background, controls = background or PlainBackground(), controls or LiveSettings(Settings())
    cards = StandbyImages(background.standby(source.info.height, source.info.width))
    openers = Openers(lambda settings: (open_processor(settings), source), lambda: Always(background))
    pictures = Supervisor(openers, controls, stats)
    with closing(pictures):
        stages = Stages(source, pictures, OutputGate(cards, source.info.is_live), LiveOutputs(sinks))
        Pipeline(stages, controls, stats, feed).run(should_stop)
    return pictures
