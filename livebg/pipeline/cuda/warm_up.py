"""Frames that nobody sees, so that what the first ones would wait for (memory, graphs) is done before. Main thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Frame, Image, Matte

if TYPE_CHECKING:
    from livebg.pipeline.cuda.processor import GpuProcessor

log = logging.getLogger(__name__)

FRAMES = 3  # the second settles on the first, and the third finds everything ready


def rehearse(journey: GpuProcessor, height: int, width: int) -> None:
    """Noise of this size, with every setting's default. Raises ModelError where the journey is spent by it."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    for number in range(FRAMES):
        frame = Frame(noise, number, 0.0, number / 30)
        try:
            journey.composite(frame, Settings(), PlainColour(height, width))
        except ModelError as failure:
            if journey.is_spent:
                raise
            log.debug("while warming up: %s", failure)  # noise may be no picture for this network


class PlainColour:
    """What stands behind meanwhile: a stages.Background."""

    is_transparent = False
    needs_matte = False

    def __init__(self, height: int, width: int) -> None:
        self._picture = np.zeros((height, width, 3), np.uint8)

    def picture(self, frame: Frame, alpha: Matte) -> Image:  # noqa: ARG002 - the Protocol's shape
        return self._picture

    def standby(self, height: int, width: int) -> Image:  # noqa: ARG002 - the Protocol's shape
        return self._picture

    def close(self) -> None:
        pass
