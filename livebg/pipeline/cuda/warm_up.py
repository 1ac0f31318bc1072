"""Runs frames that nobody sees, so that the first real ones do not wait for setup (memory, graphs). Main thread."""

from __future__ import annotations

import logging
from typing import Protocol

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Background, Composite, Frame
from livebg.scene.backgrounds.still import ColourBackground

log = logging.getLogger(__name__)

FRAMES = 3  # the second settles on the first, and the third finds everything ready


class Warmed(Protocol):
    """The processor that run_noise warms up."""

    @property
    def is_spent(self) -> bool: ...

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite: ...


def run_noise(processor: Warmed, height: int, width: int) -> None:
    """Noise of this size, with every setting's default. Raises ModelError if the processor gives up."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    for number in range(FRAMES):
        frame = Frame(noise, number, 0.0, number / 30)
        try:
            processor.composite(frame, Settings(), ColourBackground((0, 0, 0)))
        except ModelError as failure:
            if processor.is_spent:
                raise
            log.debug("while warming up: %s", failure)  # for this network, noise may be no valid picture
