"""The card while nobody is in the picture: shown after a chosen time, and gone softly when somebody is back.

Knows nothing about how people are found: a composite says how much of it is foreground. Main thread.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from livebg.core.types import Composite, Image

NOBODY = 0.002  # of the picture: less foreground is nobody
FADE_S = 0.5


class Away:
    """Remembers since when nobody is there, and how much of the card shows."""

    def __init__(self) -> None:
        self._empty_since_s: float | None = None
        self._shown, self._at_s = 0.0, 0.0

    def share(self, composite: Composite, after_s: float, now_s: float) -> float:
        """How much of the card this composite gets, 0..1. after_s: 0 for never; now_s: monotonic clock."""
        if composite.coverage >= NOBODY:
            self._empty_since_s = None
        elif self._empty_since_s is None:
            self._empty_since_s = now_s
        is_away = after_s > 0 and self._empty_since_s is not None and now_s - self._empty_since_s >= after_s
        step = min(now_s - self._at_s, FADE_S) / FADE_S
        self._shown = min(1.0, self._shown + step) if is_away else max(0.0, self._shown - step)
        self._at_s = now_s
        return self._shown


def faded(composite: Composite, card: Image, share: float) -> Composite:
    """The composite with so much of the card over it; card: BGR uint8 (H, W, 3). Unchanged where it is transparent."""
    if share <= 0 or composite.is_transparent:
        return composite
    if composite.image.ndim == 2:
        card = np.asarray(cv2.cvtColor(card, cv2.COLOR_BGR2YUV_I420), np.uint8)
    if card.shape != composite.image.shape:
        return composite
    image = cv2.addWeighted(composite.image, 1 - share, card, share, 0)
    return replace(composite, image=np.asarray(image, np.uint8))
