"""What the window shows of a composite: matte, before/after, mirror, overlays, and the keys that switch them.

Also the warning frame around the camera's own picture. Knows nothing about windows: composites and keys in, pictures
out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from livebg.core.types import Composite, Image, usable
from livebg.media.video.layers import fitted, matte

HELP = (
    ("n", "next background"),
    ("b", "blur on/off"),
    ("x", "hide me, show me"),
    ("1 to 9", "your presets"),
    ("m", "matte"),
    ("c", "before | after"),
    ("f", "mirror (only here)"),
    ("s", "statistics"),
    ("space", "hold this picture"),
    ("r", "record, end the recording"),
    ("p", "pause recordings"),
    ("k", "marker in recordings"),
    ("h", "these keys"),
    ("q Esc", "quit"),
)
_ACTIONS = {
    "n": "next-background",
    "b": "blur",
    "x": "hide-or-show",
    "r": "record-or-stop",
    "p": "pause",
    "k": "marker",
    "q": "quit",
    "\x1b": "quit",
    **{str(key): f"preset-{key}" for key in range(1, 10)},
}
_SWITCHES = {
    "m": "is_matte",
    "c": "is_split",
    "f": "is_mirrored",
    "s": "has_statistics",
    " ": "is_held",
    "h": "has_help",
}
_CHECK_PX = 16
_CHECK_GRAYS = (153, 204)
_WHITE = (255, 255, 255)
_PANEL_BRIGHTNESS = 0.3
WARNING_FRAME_SHARE = 0.03  # of the picture's height
WARNING_FRAME_COLOUR = (0, 90, 255)  # BGR: a signal's orange


@dataclass(slots=True)
class View:
    """The window's state. Holding stops only the window; other outputs go on."""

    is_mirrored: bool = False
    is_matte: bool = False
    is_split: bool = False
    has_statistics: bool = False
    has_help: bool = False
    is_held: bool = False
    _held: Composite | None = field(default=None, repr=False)

    def press(self, key: str) -> str | None:
        """Switches what the key stands for. Returns the name of an action outside the window, else None."""
        key = key.lower()
        if key in _SWITCHES:
            name = _SWITCHES[key]
            setattr(self, name, not getattr(self, name))
        return _ACTIONS.get(key)

    def picture(self, composite: Composite, statistics: Callable[[], str], notice: str = "") -> Image:
        """BGR uint8 (H, W, 3) of the composite's size: a new array, or its own image (do not write to it)."""
        if not self.is_held:
            self._held = None
        elif self._held is None:
            self._held = composite
        shown = self._held or composite
        picture = cv2.merge([matte(shown)] * 3) if self.is_matte else over_checks(shown)
        picture = np.asarray(picture, np.uint8)
        if self.is_mirrored:
            picture = np.asarray(cv2.flip(picture, 1), np.uint8)  # 20 times faster than a reversed view
        if self.is_split and shown.frame is not None:
            picture = _split(shown.frame.image, picture, self.is_mirrored)
        lines = self._lines(statistics, notice)
        return _with_text(picture, lines) if lines else picture

    def _lines(self, statistics: Callable[[], str], notice: str) -> list[str]:
        lines = [notice] * bool(notice) + ["held (space goes on)"] * self.is_held
        if self.has_statistics:
            lines += statistics().splitlines()
        if self.has_help:
            lines += [f"{key}   {what}" for key, what in HELP]
        return lines


def _split(before: Image, after: Image, is_mirrored: bool) -> Image:
    """The left half of the camera's picture in the warning frame | a white line | the right half of `after`."""
    height, width = after.shape[:2]
    before = with_warning_frame(fitted(before, height, width))
    middle = width // 2
    picture = after.copy()
    picture[:, :middle] = before[:, ::-1][:, :middle] if is_mirrored else before[:, :middle]
    picture[:, middle : middle + 1] = 255
    return picture


def over_checks(composite: Composite) -> Image:
    """A transparent composite over a checkerboard of grays; any other composite unchanged."""
    if not composite.is_transparent:
        return composite.image
    height, width = composite.image.shape[:2]
    checks = _checkerboard(height, width)
    if composite.alpha is None:
        return checks
    alpha = usable(composite.alpha)
    return np.asarray(cv2.blendLinear(composite.image, checks, alpha, 1 - alpha), np.uint8)


@functools.lru_cache(maxsize=1)
def _checkerboard(height: int, width: int) -> Image:
    """BGR uint8 (height, width, 3), not writeable. Kept, because making it takes longer than showing it."""
    rows, columns = np.arange(height) // _CHECK_PX % 2, np.arange(width) // _CHECK_PX % 2
    grays = np.array(_CHECK_GRAYS, np.uint8)[rows[:, None] ^ columns[None]]
    checks = np.asarray(cv2.cvtColor(grays, cv2.COLOR_GRAY2BGR), np.uint8)
    checks.setflags(write=False)
    return checks


def _with_text(picture: Image, lines: list[str]) -> Image:
    """A copy with the lines at its top left, white on a dark panel; outlined letters would be wider."""
    picture = picture.copy()
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, max(0.4, picture.shape[0] / 1080)
    step = round(34 * scale)
    texts = [line.encode("ascii", "replace").decode() for line in lines]  # OpenCV's own font is ASCII
    width = max(cv2.getTextSize(text, font, scale, 1)[0][0] for text in texts) + 2 * step
    panel = picture[: round((len(texts) + 0.7) * step), :width]
    panel[:] = cv2.convertScaleAbs(panel, alpha=_PANEL_BRIGHTNESS)
    for row, text in enumerate(texts, start=1):
        cv2.putText(picture, text, (step // 2, row * step), font, scale, _WHITE, 1, cv2.LINE_AA)
    return picture


def with_warning_frame(image: Image) -> Image:
    """A copy of BGR uint8 (H, W, 3) with a frame in WARNING_FRAME_COLOUR inside its borders."""
    picture = image.copy()
    rim = max(1, round(WARNING_FRAME_SHARE * picture.shape[0]))
    for side in (picture[:rim], picture[-rim:], picture[:, :rim], picture[:, -rim:]):
        side[:] = WARNING_FRAME_COLOUR
    return picture
