"""Runs frames that nobody sees, so that the first real ones do not wait for setup (memory, graphs). Main thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Background, Composite, Frame
from livebg.models.crop import Crop
from livebg.models.guided.guide import Guide
from livebg.models.guided.region import SHAPES, Region, sizes
from livebg.scene.backgrounds.still import ColourBackground

log = logging.getLogger(__name__)

FRAMES = 3  # the second settles on the first, and the third finds everything ready


class Warmed(Protocol):
    """The processor that run_noise warms up."""

    @property
    def is_spent(self) -> bool: ...

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite: ...


def run_noise(processor: Warmed, height: int, width: int, numbers: Sequence[int] = range(FRAMES)) -> float:
    """Noise of this size, with every setting's default, in frames of these numbers. Returns the last one's time, s.
    Raises ModelError if the processor gives up."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    for number in numbers:
        frame = Frame(noise, number, 0.0, number / 30)
        began_s = time.perf_counter()
        try:
            processor.composite(frame, Settings(), ColourBackground((0, 0, 0)))
        except ModelError as failure:
            if processor.is_spent:
                raise
            log.debug("while warming up: %s", failure)  # for this network, noise may be no valid picture
    return time.perf_counter() - began_s


class EveryShape(Guide):
    """A guide for noise: somebody is in the middle, and each frame's region has another shape. guide: the real one.

    each: the numbers of frames of which every shape has one; alike: of frames with one shape.
    """

    each = range(max(FRAMES, len(SHAPES)))
    alike = range(0, FRAMES * len(SHAPES), len(SHAPES))

    def __init__(self, guide: Guide) -> None:
        self._guide, self._bound = guide, None

    @property
    def description(self) -> str:
        return self._guide.description

    def find(self, frame: Frame) -> Alpha:
        """As large as the finder's own. Raises ModelError."""
        belief = np.zeros_like(self._guide.find(frame).values)
        height, width = belief.shape
        belief[height // 4 :, width // 4 : width - width // 4] = 1
        return Alpha(belief, frame.sequence)

    def region(self, belief: Alpha, frame: Frame, short_px: int) -> Region:  # noqa: ARG002 - the same call as Guide's
        shapes = sizes(frame.height, frame.width, short_px)
        return Region(Crop.whole(frame.width, frame.height), shapes[frame.sequence % len(shapes)])
