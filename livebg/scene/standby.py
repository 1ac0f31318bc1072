"""The standby image: the background with a quiet caption, or the user's own picture. Nothing of the camera is in it.

It also stands in while nobody is in the picture: after a chosen time, and it fades when somebody is back. A composite
says how much of it is foreground. Main thread.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from livebg.core.errors import BackgroundError
from livebg.core.types import Composite, Image
from livebg.media.image.read import load_named
from livebg.scene.backgrounds.still import LARGEST_PX, fit

WAIT, AWAY = "One moment, please", "Back in a moment"
TEXT_SHARE = 0.045  # of the picture's height: readable in a call's tile, quiet in the full picture
DARKER = 0.45  # what is left of the background's light under the caption
KEPT = 2  # cards: one of each caption
NOBODY = 0.002  # of the picture: less foreground is nobody
FADE_S = 0.5


class StandbyImages:
    """Cards of one size and background, which `base` says: BGR uint8 (H, W, 3), not to be written to afterwards.

    own: the user's picture, shown instead, without a caption.
    """

    def __init__(self, base: Image, own: Image | None = None) -> None:
        self._base, self._own = base, own
        self._made: dict[str, Image] = {}

    @property
    def base(self) -> Image:
        return self._base

    @base.setter
    def base(self, base: Image) -> None:
        if base is not self._base:
            self._base = base
            self._made.clear()

    def card(self, caption: str) -> Image:
        """BGR uint8 (H, W, 3), made once for each caption and base; not writeable."""
        if caption not in self._made:
            height, width = self._base.shape[:2]
            made = (
                captioned(self._base, caption) if self._own is None else fit(self._own, height, width, "cover").copy()
            )
            made.flags.writeable = False
            self._made[caption] = made
        return self._made[caption]


def load_standby_image(name: str) -> Image | None:
    """The picture of `--standby`, BGR uint8 (H, W, 3); None for ''. Raises BackgroundError."""
    if not name:
        return None
    return load_named(name, "standby", BackgroundError, "give a picture file", LARGEST_PX)


def captioned(base: Image, caption: str) -> Image:
    """A copy of BGR uint8 (H, W, 3) with the caption on a darkened strip in its lower third; none where too small."""
    picture = base.copy()
    height, width = picture.shape[:2]
    size_px = round(height * TEXT_SHARE)
    if size_px < 6:
        return picture
    font = ImageFont.load_default(size_px)
    left, top, right, bottom = font.getbbox(caption)
    wide, high = right - left + 2 * size_px, bottom - top + size_px
    x, y = (width - round(wide)) // 2, round(height * 0.8) - round(high) // 2
    if x < 0:
        return picture
    strip = picture[y : y + round(high), x : x + round(wide)]
    text = Pillow.new("L", (strip.shape[1], strip.shape[0]))
    ImageDraw.Draw(text).text((size_px - left, size_px / 2 - top), caption, fill=230, font=font)
    letters = np.asarray(text)[..., None].astype(np.float32) / 255
    soft = cv2.GaussianBlur(np.asarray(strip), (0, 0), size_px / 2)
    strip[:] = (soft * DARKER * (1 - letters) + 245 * letters).astype(np.uint8)
    return picture


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
