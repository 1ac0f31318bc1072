"""A decoded frame → a BGR picture, upright, in SDR, of the video's first size; and its I420 samples if it has any.

Sources, films and backgrounds all use it, so a clip looks the same as any of them. Runs in the thread that calls it.
"""

from __future__ import annotations

import logging
from fractions import Fraction

import av.error
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from livebg.core.errors import SourceError, reason_of
from livebg.core.types import Image
from livebg.media import tone_map
from livebg.media.image.read import NEUTRAL
from livebg.media.tone_map import DEEP_RGB, ToneMap
from livebg.media.video import dolby_vision, yuv_numba
from livebg.media.video.decode import tells_alpha
from livebg.media.video.open import is_too_large
from livebg.media.video.types import SDR, Colour

log = logging.getLogger(__name__)

RGB, BT709, UNSPECIFIED, BT601_625, BT601_525 = 0, 1, 2, 5, 6  # matrices, as ITU-T H.273 and FFmpeg number them
BT2020 = 9
FULL_RANGE, LIMITED_RANGE = 2, 1
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
ALPHA_DROPPED = "its own transparency is dropped: what was transparent is shown as it was stored"
# Also what has four bytes a pixel must be exact: else swscale leaves out the last columns of a width such as 500 px.
_EXACT = int(
    Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)


class PictureMaker:
    """Makes pictures of one film from its decoded frames, all in the size and colour of the first.

    stream: gives the shape of a pixel; square if it does not. is_exact: if not, rounds every sample down and repeats
    chroma along the line, in half the time. is_backdrop: transparent areas become the neutral tone of stills; else they
    show what the file stores. pixel_aspect: width over height of a pixel of the upright picture.
    """

    def __init__(
        self,
        name: str,
        first: VideoFrame,
        stream: VideoStream | None = None,
        *,
        is_exact: bool = True,
        is_backdrop: bool = False,
    ) -> None:
        self._name, self._is_backdrop = name, is_backdrop
        self._size, self._has_changed_size = (first.width, first.height), False
        self._turn = _TURNS.get(round(first.rotation) % 360)
        is_lying = self._turn not in (None, cv2.ROTATE_180)
        self.width, self.height = self._size[::-1] if is_lying else self._size
        aspect = (stream.sample_aspect_ratio if stream else None) or Fraction(1)
        self.pixel_aspect = 1 / aspect if is_lying else aspect
        self._tags = colour_of(first)
        self._tone_map = ToneMap(first.color_trc) if first.color_trc in (tone_map.PQ, tone_map.HLG) else None
        self.colour = SDR if self._tone_map else self._tags
        self.notes = notes_on(first)
        has_even_sides = first.width % 2 == first.height % 2 == 0
        self._has_planes = has_even_sides and is_i420_like(first) and self._tone_map is None
        self._is_exact, self._interpolation = is_exact, _EXACT if is_exact else int(Interpolation.BILINEAR)
        self._to_bgr, self._to_i420 = VideoReformatter(), VideoReformatter()
        self._to_rgb, self._to_alpha = VideoReformatter(), VideoReformatter()

    @property
    def square_size(self) -> tuple[int, int]:
        """(height, width) of square_image()."""
        return squared_size(self.height, self.width, self.pixel_aspect)

    def square_image(self, frame: VideoFrame) -> Image:
        """image() in square pixels, for users that need those."""
        image, (height, width) = self.image(frame), self.square_size
        return image if (height, width) == image.shape[:2] else np.asarray(cv2.resize(image, (width, height)), np.uint8)

    def image(self, frame: VideoFrame) -> Image:
        """BGR uint8 (H, W, 3), upright."""
        self._tell_size(frame)
        self._tag(frame)
        if self._is_exact and self._is_plain(frame) and frame.colorspace in yuv_numba.LUMA:
            image = _bgr_of(frame)
        else:
            image = np.asarray(self._reformatted(self._to_bgr, self._as_sdr(frame), "bgr24").to_ndarray(), np.uint8)
        if self._is_backdrop and has_alpha(frame):
            with_alpha = self._reformatted(self._to_alpha, frame, "bgra", _EXACT).to_ndarray()
            image = on_neutral(image, np.asarray(cv2.extractChannel(with_alpha, 3), np.uint8))
        return image if self._turn is None else cv2.rotate(image, self._turn)  # type: ignore[return-value]  # uint8 in, uint8 out

    def planes(self, frame: VideoFrame) -> Image | None:
        """I420 uint8 (H * 3/2, W), upright; the decoded samples themselves where they have that form."""
        if not self._has_planes:
            return None
        self._tag(frame)
        planes = (frame if self._is_plain(frame) else self._reformatted(self._to_i420, frame, "yuv420p")).to_ndarray()
        assert planes.dtype == np.uint8
        return planes if self._turn is None else self._turned(planes)  # type: ignore[return-value, arg-type]  # as asserted

    def _is_plain(self, frame: VideoFrame) -> bool:
        """Whether the decoded samples are the planes that planes() wants."""
        is_i420 = frame.format.name in ("yuv420p", "yuvj420p") and (frame.width, frame.height) == self._size
        return self._has_planes and is_i420

    def _tell_size(self, frame: VideoFrame) -> None:
        if (frame.width, frame.height) != self._size and not self._has_changed_size:
            self._has_changed_size = True
            log.warning(
                "%s changes its size to %dx%d; scaled to its first size, %dx%d",
                *(self._name, frame.width, frame.height, *self._size),
            )

    def _tag(self, frame: VideoFrame) -> None:
        """Sets the tags that FFmpeg would guess otherwise."""
        if frame.colorspace == UNSPECIFIED:
            frame.colorspace = self._tags.matrix
        if not frame.color_range and frame.format.name.startswith("yuv"):
            frame.color_range = FULL_RANGE if self._tags.is_full_range else LIMITED_RANGE

    def _as_sdr(self, frame: VideoFrame) -> VideoFrame:
        if self._tone_map is None:
            return frame
        return self._tone_map.apply(self._reformatted(self._to_rgb, frame, DEEP_RGB))

    def _reformatted(
        self, reformatter: VideoReformatter, frame: VideoFrame, form: str, interpolation: int = 0
    ) -> VideoFrame:
        try:
            return reformatter.reformat(frame, *self._size, form, interpolation=interpolation or self._interpolation)
        except (av.error.FFmpegError, ValueError) as cause:
            raise SourceError(
                f"{self._name}: a picture of {frame.format.name} cannot be converted "
                f"({reason_of(cause).lower()}); try another file"
            ) from cause

    def _turned(self, planes: Image) -> Image:
        assert self._turn is not None
        width, height = self._size
        luma, chroma = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
        parts = [cv2.rotate(each, self._turn).reshape(-1, self.width) for each in (luma, *chroma)]
        return np.concatenate(parts).astype(np.uint8, copy=False)


def _bgr_of(frame: VideoFrame) -> Image:
    """BGR uint8 (H, W, 3) of an 8-bit frame in 4:2:0 with even sides, tagged."""
    height, width = frame.height, frame.width
    luma, first, second = frame.planes
    is_full_range = frame.color_range == FULL_RANGE or frame.format.name == "yuvj420p"
    factors = yuv_numba.reading(frame.colorspace, is_full_range)
    sizes = np.array((height, width, luma.line_size, first.line_size), np.uintp)
    scratch = np.empty(4 * width + 4, np.float32), np.empty(3 * width, np.uint8)
    planes = (np.frombuffer(memoryview(each), np.uint8) for each in (luma, first, second))
    image = np.empty((height, width, 3), np.uint8)
    yuv_numba.to_bgr(*planes, sizes, factors, *scratch, image.reshape(-1))
    return image


def squared_size(height: int, width: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """(height, width): enlarges one side, unless the video gets too large or its pixel shape is implausible."""
    if not Fraction(1, 8) <= pixel_aspect <= 8:
        return height, width
    wide, high = (round(width * pixel_aspect), height) if pixel_aspect > 1 else (width, round(height / pixel_aspect))
    return (height, width) if is_too_large(wide, high) else (high, wide)


def colour_of(frame: VideoFrame) -> Colour:
    """As tagged, with a tag wherever one is missing: players would guess by the picture's size.

    Without a matrix it is BT.601: FFmpeg assumes that, and has written most such films that way from RGB. An RGB film
    becomes BT.709 if it is large, else BT.601.
    """
    matrix = frame.colorspace
    if matrix == UNSPECIFIED:
        is_hdr = frame.color_trc in (tone_map.PQ, tone_map.HLG)
        matrix = BT2020 if is_hdr else BT601_625 if frame.height == 576 else BT601_525
    if matrix == RGB:
        is_large = frame.width >= 1280 or frame.height > 576
        matrix = BT709 if is_large else BT601_625 if frame.height == 576 else BT601_525
    is_yuv = frame.format.name.startswith(("yuv", "gray", "nv", "p0"))
    is_full_range = is_yuv and (frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj"))
    usual = BT2020 if matrix == BT2020 else BT709
    primaries = usual if frame.color_primaries in (0, UNSPECIFIED) else frame.color_primaries
    transfer = BT709 if frame.color_trc in (0, UNSPECIFIED) else frame.color_trc
    return Colour(matrix, primaries, transfer, is_full_range)


def is_i420_like(frame: VideoFrame) -> bool:
    """Whether it stores brightness, and one pair of colours for two by two pixels, at any bit depth."""
    parts = frame.format.components
    if frame.format.is_rgb or len(parts) < 3 or frame.format.has_palette:
        return False
    half = (-(-frame.width // 2), -(-frame.height // 2))
    return (parts[1].width, parts[1].height) == half


def notes_on(frame: VideoFrame) -> tuple[str, ...]:
    """What happens to content that 8-bit BGR cannot hold."""
    notes = []
    if frame.color_trc in (tone_map.PQ, tone_map.HLG):
        notes.append(f"HDR ({'PQ' if frame.color_trc == tone_map.PQ else 'HLG'}, BT.2020) tone-mapped to SDR (BT.709)")
    depth = max(part.bits for part in frame.format.components)
    if depth > 8:
        notes.append(f"{depth} bit → 8 bit")
    return tuple(notes)


def losses_of(stream: VideoStream, frame: VideoFrame) -> tuple[str, ...]:
    """What a film or clip loses though its user may not expect it: its own transparency, Dolby's colours."""
    is_transparent = tells_alpha(stream) or (has_alpha(frame) and not (frame.format.is_rgb and is_opaque(frame)))
    return (*((ALPHA_DROPPED,) if is_transparent else ()), *filter(None, (dolby_vision.note_on(stream),)))


def has_alpha(frame: VideoFrame) -> bool:
    return any(part.is_alpha for part in frame.format.components)


def rgba_of(frame: VideoFrame) -> Image:
    """RGBA uint8 (H, W, 4) as stored: neither turned nor tone-mapped."""
    return np.asarray(frame.to_ndarray(format="rgba", interpolation=_EXACT), np.uint8)


def is_opaque(frame: VideoFrame) -> bool:
    """Whether all of an RGB frame with alpha is opaque, as in most GIFs, which cannot be without it."""
    return int(rgba_of(frame)[..., 3].min()) == 255


def on_neutral(colours: Image, alpha: Image) -> Image:
    """BGR uint8 (H, W, 3), alpha uint8 (H, W): transparent areas become a neutral dark tone."""
    if alpha.min() == 255:
        return colours
    shares = cv2.merge([alpha] * 3)
    below = np.full_like(colours, NEUTRAL[::-1])
    over = cv2.multiply(colours, shares, scale=1 / 255)
    return np.asarray(cv2.add(over, cv2.multiply(below, cv2.bitwise_not(shares), scale=1 / 255)), np.uint8)
