"""A still picture of PQ or HLG as SDR, by the same table as films, from all its bits where they can be had.

Pillow brings AVIF and HEIC to 8 bits, in which PQ shows steps. Knows nothing about alpha or orientation. Runs in the
thread that calls it.
"""

from __future__ import annotations

import importlib
import io
from functools import cache
from typing import Any

import av
import av.error
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from PIL import Image as Pillow

from livebg.core.types import Image
from livebg.media.tone_map import DEEP_RGB, ToneMap

ROWS = 256  # mapped together: a photo's memory is not needed several times
STEP = 257  # levels of 16 bits in one of 8
_MATRIX, _UNTOLD, _FULL_RANGE = 9, 2, 2  # BT.2020; as FFmpeg numbers them

Deep = NDArray[np.uint16]


def in_sdr(picture: Pillow.Image, content: bytes, transfer: int) -> Image:
    """RGB uint8 (H, W, 3) of the opened picture that `content` holds, as it lies in the file.

    content: b"" for one of several pictures, of which Pillow gives 8 bits.
    """
    deep = _deep(picture, content)
    height, width = deep.shape[:2]
    rows, mapping = min(ROWS, height), ToneMap(transfer)
    result, to_planes, to_rgb = np.empty((height, width, 3), np.uint8), VideoReformatter(), VideoReformatter()
    for top in range(0, height, rows):
        first = min(top, height - rows)  # all of one size, as a filter needs them
        place = slice(first, first + rows)
        strip = VideoFrame.from_ndarray(np.ascontiguousarray(deep[place]), format="rgb48le")
        mapped = mapping.apply(to_planes.reformat(strip, format=DEEP_RGB))
        result[place] = _as_srgb()[to_rgb.reformat(mapped, format="rgb48le").to_ndarray()]
    return result


@cache
def _as_srgb() -> Image:
    """uint8 (65536,): sRGB of each of the table's numbers, which are a film's: for a screen of BT.1886, gamma 2.4."""
    light = np.linspace(0, 1, 65536) ** 2.4
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * code), np.uint8)


def _deep(picture: Pillow.Image, content: bytes) -> Deep:
    """RGB uint16 (H, W, 3)."""
    found: Any = None
    if picture.format == "AVIF":
        found = _by_ffmpeg(content, picture.width * picture.height)
    elif picture.format == "HEIF" and content:
        heif = importlib.import_module("pillow_heif").open_heif(io.BytesIO(content), convert_hdr_to_8bit=False)
        found = np.asarray(heif)
    elif picture.format == "PNG" and content:
        decoded = cv2.imdecode(
            np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
        )
        found = None if decoded is None else decoded[..., ::-1]
    if (
        found is None
        or found.dtype != np.uint16
        or found.shape[:2] != (picture.height, picture.width)
        or found.ndim != 3
    ):
        found = np.asarray(picture.convert("RGB")).astype(np.uint16) * STEP
    return np.asarray(found[..., :3], np.uint16)


def _by_ffmpeg(content: bytes, most_px: int) -> Deep | None:
    """None where it cannot; of a picture in tiles it gives one, which is then of another size."""
    try:
        with av.open(io.BytesIO(content), "r") as container:
            context = container.streams.video[0].codec_context
            if context is None:
                return None
            context.options = {"max_pixels": str(most_px)}
            frame = next(container.decode(video=0))
            if frame.colorspace == _UNTOLD and not frame.format.is_rgb:
                frame.colorspace = _MATRIX
            return np.asarray(frame.to_ndarray(format="rgb48le"), np.uint16)
    except (av.error.FFmpegError, OSError, ValueError, IndexError, StopIteration):
        return None
