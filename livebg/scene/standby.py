"""The standby image: the background with a caption, or the user's own picture. It contains nothing of the camera.

It also appears when nobody has been in the picture for a chosen time, and fades away when somebody comes back; a
composite says how much of it is foreground. Main thread.
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
from livebg.media.video.layers import even, padded
from livebg.scene.backgrounds.still import LARGEST_PX, fit

WAIT, AWAY = "One moment, please", "Back in a moment"
TEXT_SHARE = 0.045  # of the picture's height: readable in a call's tile, unobtrusive in the full picture
DARKER = 0.45  # share of the background's light that remains under the caption
NOBODY = 0.002  # share of the picture: with less foreground, nobody is there
FADE_S = 0.5
MOST_MADE = 3  # finished images; one of 1080p takes 6 MB


class StandbyImages:
    """The standby images for one background, `base`: BGR uint8 (H, W, 3); nobody may write to it afterwards.

    own: the user's picture, BGR uint8 (h, w, 3), which replaces background and caption.
    """

    def __init__(self, base: Image, own: Image | None = None) -> None:
        self._base, self._own = base, own
        self._made: dict[str, Image] = {}

    @property
    def base(self) -> Image:
        """The background: BGR uint8 (H, W, 3). A new one discards the finished images."""
        return self._base

    @base.setter
    def base(self, base: Image) -> None:
        if base is not self._base:
            self._base = base
            self._made.clear()

    def image(self, caption: str) -> Image:
        """BGR uint8 (H, W, 3), not writeable; the object keeps it for a few captions until `base` changes."""
        if caption not in self._made:
            if len(self._made) >= MOST_MADE:
                self._made.clear()
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
    """A copy of BGR uint8 (H, W, 3) with the caption on a dark bar in its lower third, if it fits."""
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
    bar = picture[y : y + round(high), x : x + round(wide)]
    text = Pillow.new("L", (bar.shape[1], bar.shape[0]))
    ImageDraw.Draw(text).text((size_px - left, size_px / 2 - top), caption, fill=230, font=font)
    letters = np.asarray(text)[..., None].astype(np.float32) / 255
    soft = cv2.GaussianBlur(np.asarray(bar), (0, 0), size_px / 2)
    bar[:] = (soft * DARKER * (1 - letters) + 245 * letters).astype(np.uint8)
    return picture


class AbsenceFade:
    """Remembers since when nobody is there, and how much of the standby image shows."""

    def __init__(self) -> None:
        self._empty_since_s: float | None = None
        self._shown, self._at_s = 0.0, 0.0

    def share(self, composite: Composite, after_s: float, now_s: float) -> float:
        """How much of the standby image covers this composite, 0..1. after_s: 0 for never; now_s: monotonic clock."""
        if composite.coverage >= NOBODY:
            self._empty_since_s = None
        elif self._empty_since_s is None:
            self._empty_since_s = now_s
        is_away = after_s > 0 and self._empty_since_s is not None and now_s - self._empty_since_s >= after_s
        step = min(now_s - self._at_s, FADE_S) / FADE_S
        self._shown = min(1.0, self._shown + step) if is_away else max(0.0, self._shown - step)
        self._at_s = now_s
        return self._shown


def faded(composite: Composite, standby: Image, share: float) -> Composite:
    """The composite with a share 0..1 of the standby image, BGR uint8 (H, W, 3), over it. A transparent one stays."""
    if share <= 0 or composite.is_transparent:
        return composite
    if composite.image.ndim == 2:
        standby = padded(standby, *(even(side) for side in standby.shape[:2]))
        standby = np.asarray(cv2.cvtColor(standby, cv2.COLOR_BGR2YUV_I420), np.uint8)
    if standby.shape != composite.image.shape:
        return composite
    image = cv2.addWeighted(composite.image, 1 - share, standby, share, 0)
    return replace(composite, image=np.asarray(image, np.uint8))
