"""The camera's own picture in a frame that nobody overlooks, however it is shown. Whichever thread asks."""

from __future__ import annotations

from livebg.core.types import Image

FRAME_SHARE = 0.03  # of the picture's height
FRAME_COLOUR = (0, 90, 255)  # BGR: a signal's orange


def framed(image: Image) -> Image:
    """A copy of BGR uint8 (H, W, 3) with its rim in FRAME_COLOUR."""
    picture = image.copy()
    rim = max(1, round(FRAME_SHARE * picture.shape[0]))
    for side in (picture[:rim], picture[-rim:], picture[:, :rim], picture[:, -rim:]):
        side[:] = FRAME_COLOUR
    return picture
