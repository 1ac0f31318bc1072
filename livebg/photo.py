"""One picture's journey for the Python API: the same stages as the live loop's, without the loop. Caller's thread.

Any number of threads may call: their pictures are done one after another, since an engine looks at one at a time, and
its own threads are what fills the processor.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from livebg.errors import SettingsError
from livebg.journey import HostJourney
from livebg.on_host import journey_over
from livebg.opencv import load_opencv
from livebg.settings import Settings, change
from livebg.stages import Frame, Image, Matte, Matter, SourceInfo
from livebg.stats import Stats

_ONE_AT_A_TIME = threading.Lock()


def matte(image: Image, values: Mapping[str, Any]) -> Matte:
    """Alpha float32 (H, W) in 0..1 of a BGR uint8 (H, W, 3) picture."""
    settings, frame = change(Settings(), values), _frame(image)
    with _ONE_AT_A_TIME:
        load_opencv()
        return journey_of(frame, settings).matte(frame, settings)


def composite(image: Image, values: Mapping[str, Any]) -> Image:
    """BGR uint8 (H, W, 3), or BGRA uint8 (H, W, 4) for the background `none`."""
    settings, frame = change(Settings(), values), _frame(image)
    with _ONE_AT_A_TIME:
        load_opencv()
        from livebg.scene import open_background
        from livebg.sinks.layers import colour_and_alpha

        background = open_background(settings)
        try:
            made = journey_of(frame, settings).composite(frame, settings, background)
            return colour_and_alpha(made) if made.is_transparent else made.image
        finally:
            background.close()


def journey_of(frame: Frame, settings: Settings) -> HostJourney:
    """A new one for each picture: nothing of another is in it, but the engine stays open. Raises ModelError."""
    engine = _engine(change(settings, {"background": "none"}), frame.width > frame.height)
    engine.reset()
    return journey_over(engine, settings, Stats())


def _frame(image: Image) -> Frame:
    if not isinstance(image, np.ndarray):
        raise SettingsError(f"a picture is a BGR uint8 array of shape (H, W, 3), not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise SettingsError(f"a picture is a BGR uint8 array of shape (H, W, 3), not {image.dtype} {image.shape}")
    return Frame(np.ascontiguousarray(image), 0, 0.0, 0.0)


@lru_cache(maxsize=2)
def _engine(settings: Settings, is_wide: bool) -> Matter:
    """Kept open between calls: loading takes longer than a matte."""
    from livebg.matting import open_matter

    width, height = (16, 9) if is_wide else (9, 16)
    return open_matter(settings, SourceInfo("picture", width, height, 0.0, False))
