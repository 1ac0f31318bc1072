"""Passes every composite to a function of the caller: the Python API's live loop. Main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from livebg.core.keywords import with_keywords
from livebg.core.types import Composite, Reads


class CallbackSink:
    """Calls `function(composite)`; its exceptions end the loop and reach the caller of livebg.run.

    The function owns the image, and may draw on it. is_rgb: the image has its colours in the order RGB.
    """

    name = "callback"
    is_live = False
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(self, function: Callable[[Composite], None], is_rgb: bool = False) -> None:
        self._function, self._is_rgb = function, is_rgb

    def write(self, composite: Composite) -> None:
        """An alpha of another frame than the image's would show the room to who composites with it: there is none."""
        image = np.asarray(cv2.cvtColor(composite.image, cv2.COLOR_BGR2RGB), np.uint8) if self._is_rgb else None
        alpha = None if composite.fault else composite.alpha
        image = composite.image.copy() if image is None else image
        self._function(replace(composite, image=image, alpha=alpha, fault=with_keywords(composite.fault)))

    def close(self) -> None:
        """Nothing to release."""
