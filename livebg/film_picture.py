"""A decoded picture of a film → BGR upright at the film's size, and its I420 samples where there are such.

Knows nothing about files and times; runs in the thread that calls it.
"""

from __future__ import annotations

import av.error
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from livebg import tone_map
from livebg.errors import SourceError
from livebg.film_vocabulary import Colour
from livebg.stages import Image
from livebg.tone_map import DEEP_RGB, ToneMap

RGB, BT709, UNSPECIFIED, BT601_625, BT601_525 = 0, 1, 2, 5, 6  # matrices, as ITU-T H.273 and FFmpeg number them
BT2020 = 9
FULL_RANGE, LIMITED_RANGE = 2, 1
SDR = Colour(BT709, BT709, BT709, is_full_range=False)
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
_EXACT = int(
    Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)


class PictureMaker:
    """Makes pictures of one film, whose first decoded frame is given: all of one size, in one colour.

    is_exact: else every sample is rounded down and chroma is repeated along the line, in half the time.
    """

    def __init__(self, name: str, first: VideoFrame, is_exact: bool = True) -> None:
        self._name = name
        self._size = (first.width, first.height)
        self._turn = _TURNS.get(round(first.rotation) % 360)
        self.is_lying = self._turn not in (None, cv2.ROTATE_180)
        self.width, self.height = self._size[::-1] if self.is_lying else self._size
        self._tags = colour_of(first)
        self._tone_map = ToneMap(first.color_trc) if first.color_trc in (tone_map.PQ, tone_map.HLG) else None
        self.colour = SDR if self._tone_map else self._tags
        self.notes = notes_on(first)
        has_even_sides = first.width % 2 == first.height % 2 == 0
        self._has_planes = has_even_sides and is_i420_like(first) and self._tone_map is None
        self._interpolation = _EXACT if is_exact else int(Interpolation.BILINEAR)
        self._to_bgr, self._to_i420, self._to_rgb = VideoReformatter(), VideoReformatter(), VideoReformatter()

    def image(self, frame: VideoFrame) -> Image:
        """BGR uint8 (H, W, 3), upright. What is transparent is shown as it was stored."""
        self._tag(frame)
        image = self._reformatted(self._to_bgr, self._as_sdr(frame), "bgr24").to_ndarray()
        return image if self._turn is None else cv2.rotate(image, self._turn)  # type: ignore[return-value]  # uint8 in, uint8 out

    def planes(self, frame: VideoFrame) -> Image | None:
        """I420 uint8 (H * 3/2, W), upright; the decoded samples themselves where they are that."""
        if not self._has_planes:
            return None
        self._tag(frame)
        is_it = frame.format.name in ("yuv420p", "yuvj420p") and (frame.width, frame.height) == self._size
        planes = (frame if is_it else self._reformatted(self._to_i420, frame, "yuv420p")).to_ndarray()
        assert planes.dtype == np.uint8
        return planes if self._turn is None else self._turned(planes)  # type: ignore[return-value, arg-type]  # as asserted

    def is_of_other_size(self, frame: VideoFrame) -> bool:
        return (frame.width, frame.height) != self._size

    def _tag(self, frame: VideoFrame) -> None:
        """Says what FFmpeg would guess otherwise."""
        if frame.colorspace == UNSPECIFIED:
            frame.colorspace = self._tags.matrix
        if not frame.color_range and frame.format.name.startswith("yuv"):
            frame.color_range = FULL_RANGE if self._tags.is_full_range else LIMITED_RANGE

    def _as_sdr(self, frame: VideoFrame) -> VideoFrame:
        if self._tone_map is None:
            return frame
        return self._tone_map.apply(self._reformatted(self._to_rgb, frame, DEEP_RGB))

    def _reformatted(self, reformatter: VideoReformatter, frame: VideoFrame, form: str) -> VideoFrame:
        try:
            return reformatter.reformat(frame, *self._size, form, interpolation=self._interpolation)
        except (av.error.FFmpegError, ValueError) as cause:
            raise SourceError(
                f"{self._name}: a picture of {frame.format.name} cannot be converted "
                f"({str(getattr(cause, 'strerror', None) or cause).lower()}); try another file"
            ) from cause

    def _turned(self, planes: Image) -> Image:
        assert self._turn is not None
        width, height = self._size
        luma, chroma = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
        parts = [cv2.rotate(each, self._turn).reshape(-1, self.width) for each in (luma, *chroma)]
        return np.concatenate(parts).astype(np.uint8, copy=False)


def colour_of(frame: VideoFrame) -> Colour:
    """As tagged. What has no matrix keeps none: FFmpeg takes it for BT.601, and most such films were written by it from
    RGB, so they are that. An RGB film becomes BT.709 where it is large, else BT.601."""
    matrix = frame.colorspace
    if matrix == UNSPECIFIED and frame.color_trc in (tone_map.PQ, tone_map.HLG):
        matrix = BT2020
    if matrix == RGB:
        is_large = frame.width >= 1280 or frame.height > 576
        matrix = BT709 if is_large else BT601_625 if frame.height == 576 else BT601_525
    is_yuv = frame.format.name.startswith(("yuv", "gray", "nv", "p0"))
    is_full_range = is_yuv and (frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj"))
    return Colour(matrix, frame.color_primaries, frame.color_trc, is_full_range)


def is_i420_like(frame: VideoFrame) -> bool:
    """Whether its samples are brightness and, for two by two of them, one pair of colour, at whatever depth."""
    parts = frame.format.components
    if frame.format.is_rgb or len(parts) < 3 or frame.format.has_palette:
        return False
    half = (-(-frame.width // 2), -(-frame.height // 2))
    return (parts[1].width, parts[1].height) == half


def notes_on(frame: VideoFrame) -> tuple[str, ...]:
    """What becomes of what 8 bit BGR cannot hold."""
    notes = []
    if frame.color_trc in (tone_map.PQ, tone_map.HLG):
        notes.append(f"HDR ({'PQ' if frame.color_trc == tone_map.PQ else 'HLG'}, BT.2020) tone-mapped to SDR (BT.709)")
    depth = max(part.bits for part in frame.format.components)
    if depth > 8:
        notes.append(f"{depth} bit → 8 bit")
    if any(part.is_alpha for part in frame.format.components):
        notes.append("its own transparency is dropped: what was transparent is shown as it was stored")
    return tuple(notes)
