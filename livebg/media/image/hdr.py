"""Converts a still picture of PQ or HLG to SDR, by the same table as films, from all its bits if possible.

Pillow reduces AVIF and HEIC to 8 bits, in which PQ shows steps. Knows nothing about alpha or orientation. Caller's
thread.
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

ROWS = 256  # mapped at a time, so that a photo does not need its memory several times
STEP = 257  # levels of 16 bits in one of 8
_MATRIX, _UNTOLD = 9, 2  # BT.2020; as FFmpeg numbers them

Deep = NDArray[np.uint16]


def in_sdr(picture: Pillow.Image, content: bytes, transfer: int) -> Image:
    """RGB uint8 (H, W, 3) of the opened picture in `content`, not yet upright.

    content: the file's bytes; b"" for one of several pictures, of which Pillow returns 8 bits. transfer: PQ or HLG.
    """
    deep = _deep(picture, content)
    height, width = deep.shape[:2]
    rows, mapping = min(ROWS, height), ToneMap(transfer)
    result, to_planes, to_rgb = np.empty((height, width, 3), np.uint8), VideoReformatter(), VideoReformatter()
    for top in range(0, height, rows):
        first = min(top, height - rows)  # all of one size, which the filter requires
        place = slice(first, first + rows)
        rows_frame = VideoFrame.from_ndarray(np.ascontiguousarray(deep[place]), format="rgb48le")
        mapped = mapping.apply(to_planes.reformat(rows_frame, format=DEEP_RGB))
        result[place] = _as_srgb()[to_rgb.reformat(mapped, format="rgb48le").to_ndarray()]
    return result


@cache
def _as_srgb() -> Image:
    """uint8 (65536,): sRGB of each of the table's numbers, which are for a film's screen (BT.1886, gamma 2.4)."""
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
    """RGB uint16 (H, W, 3); None if FFmpeg cannot. Of a tiled picture it returns one tile, which has another size."""
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
