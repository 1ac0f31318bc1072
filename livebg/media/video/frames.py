"""A picture as the encoder's frame: colours by exactly the file's matrix and range, unchanged pixels unchanged.

Where a film's composite is surely the person, and shows the source's own pixels over a whole 2x2 block, livebg uses the
decoded samples, not ones converted to BGR and back. What equals the source only by chance, a background of the room's
own colour or black before a dark room, keeps none of its samples: they are finer than the colours. Runs in the thread
that calls it.
"""

from __future__ import annotations

from dataclasses import replace

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from livebg.core.jit import Bits
from livebg.core.types import Composite, Image
from livebg.media.video import layers, yuv_numba
from livebg.media.video.formats import Form
from livebg.media.video.types import Colour, FilmFrame, FilmInfo

_BT709 = 1
# swscale's number of each matrix; swscale, and so the reader, takes an unspecified one for BT.601.
_MATRICES = {
    1: Colorspace.ITU709,
    2: Colorspace.ITU601,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
_FAST = Interpolation.BILINEAR
_EXACT = _FAST | Interpolation.ACCURATE_RND


def colour_of(form: Form, info: FilmInfo) -> Colour:
    """The film's tags and its conversion target: the source's colour if the form can hold that."""
    colour = info.colour
    if colour.matrix not in _MATRICES:  # of an RGB film, or one that swscale cannot convert to
        colour = replace(colour, matrix=_BT709)
    if form.codec == "prores":
        return replace(colour, is_full_range=False)  # readers assume that
    return replace(colour, is_full_range=True) if form.content == "matte" or not form.is_yuv else colour


def takes_planes(form: Form, info: FilmInfo) -> bool:
    """Whether Pictures.frame() takes composites in I420, in the film's colour."""
    return form.content == "composite" and form.pixel_format == "yuv420p" and colour_of(form, info) == info.colour


class Pictures:
    """Frames of one form and size: the film's, made even by a repeated row or column if the form needs that. Not
    for two threads at once."""

    def __init__(self, form: Form, info: FilmInfo) -> None:
        self._form, self.colour = form, colour_of(form, info)
        self._takes_planes = "420" in form.pixel_format and self.colour == info.colour
        self._reformatter = VideoReformatter()
        self.height, self.width = info.height, info.width
        if form.needs_even_size:
            self.height, self.width = layers.even(info.height), layers.even(info.width)

    def frame_of(self, picture: Image) -> av.VideoFrame:
        """The layer of this form (layers.py), uint8 of the film's size, in the form's pixel format, tagged."""
        return self._tagged(self._converted(layers.padded(picture, self.height, self.width)))

    def frame(self, composite: Composite, source: FilmFrame) -> av.VideoFrame:
        """The composite's layer as in frame_of(), with the source's own samples where it shows the source."""
        form = self._form
        if form.content == "composite" and composite.image.ndim == 2:
            frame = self._of_planes(composite.image)
        else:
            picture = layers.padded(layer(form, composite), self.height, self.width)
            is_quick = picture.ndim == 3 and form.pixel_format in ("yuv420p", "yuva420p")
            frame = self._from_bgr(picture, composite, source) if is_quick else self._converted(picture)
        if form.encoder.is_hardware:
            frame = self._reformatter.reformat(frame, format="nv12")
        return self._tagged(frame)

    def _of_planes(self, picture: Image) -> av.VideoFrame:
        """An I420 picture, uint8 (H * 3/2, W), both sides even; nobody may write to it afterwards."""
        if self.height % 4 == 0:  # of such heights PyAV takes the samples without a copy
            return av.VideoFrame.from_numpy_buffer(picture, "yuv420p", self.width)
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        _view(frame, 0)[:] = picture[: self.height]
        first, second = picture[self.height :].reshape(2, self.height // 2, self.width // 2)
        _view(frame, 1)[:], _view(frame, 2)[:] = first, second
        return frame

    def _from_bgr(self, picture: Image, composite: Composite, source: FilmFrame) -> av.VideoFrame:
        """A BGR or BGRA picture in 4:2:0, with the source's samples where it shows the source."""
        frame = av.VideoFrame(self.width, self.height, self._form.pixel_format)
        if picture.shape[2] == 4:
            _view(frame, 3)[:] = cv2.extractChannel(picture, 3)
            picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR), np.uint8)
        kept: tuple[Image, Bits, Image] = yuv_numba.NO_SOURCE
        is_of_source = composite.frame is not None and composite.frame.image is source.image  # no crop of it
        if self._takes_planes and is_of_source and source.planes is not None and composite.alpha is not None:
            alpha = np.ascontiguousarray(composite.alpha, np.float32)
            kept = source.image.reshape(-1), alpha.view(np.int32).reshape(-1), source.planes.reshape(-1)
        luma, first, second = frame.planes[:3]
        sizes = np.array((self.height, self.width, luma.line_size, first.line_size), np.uintp)
        factors = yuv_numba.writing(self.colour.matrix, self.colour.is_full_range)
        planes = (np.frombuffer(memoryview(each), np.uint8) for each in (luma, first, second))
        flat = np.ascontiguousarray(picture).reshape(-1)
        yuv_numba.from_bgr(flat, sizes, factors, np.empty(6 * (self.width + 1), np.float32), *planes, *kept)
        return frame

    def _tagged(self, frame: av.VideoFrame) -> av.VideoFrame:
        frame.color_range = ColorRange.JPEG if self.colour.is_full_range else ColorRange.MPEG
        if self._form.is_yuv:
            frame.colorspace = self.colour.matrix
            frame.color_primaries, frame.color_trc = self.colour.primaries, self.colour.transfer
        return frame

    def _converted(self, picture: Image) -> av.VideoFrame:
        if picture.ndim == 2 and self._form.pixel_format == "yuv420p":
            return self._matte(picture)
        source = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=_array_format(picture))
        return self._reformatter.reformat(
            source,
            format=self._form.pixel_format,
            dst_colorspace=_MATRICES[self.colour.matrix] if self._form.is_yuv else None,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.JPEG if self.colour.is_full_range else ColorRange.MPEG,
            interpolation=_EXACT if self._form.profile.is_exact else _FAST,
            threads=1,  # with several, swscale gives ProRes 4444 wrong samples where a thread's lines begin
        )

    def _matte(self, picture: Image) -> av.VideoFrame:
        """Full range: the matte's own numbers are the luma."""
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        _view(frame, 0)[:] = picture
        _view(frame, 1)[:] = 128
        _view(frame, 2)[:] = 128
        return frame


def layer(form: Form, composite: Composite) -> Image:
    """BGR, BGRA or gray uint8: the composite's layer in this form, straight or premultiplied as it says."""
    if form.content == "matte":
        return layers.matte(composite)
    if form.content == "composite":
        return layers.colour(composite)
    if form.content == "foreground":
        if composite.alpha is None:
            return np.zeros_like(composite.image)
        return layers.colour(composite) if form.is_premultiplied else composite.image
    picture = layers.colour_and_alpha(composite)
    if form.is_premultiplied and composite.alpha is not None:
        picture[:, :, :3] = layers.colour(composite)
    return picture


def _array_format(picture: Image) -> str:
    return "gray" if picture.ndim == 2 else {3: "bgr24", 4: "bgra"}[picture.shape[2]]


def _view(frame: av.VideoFrame, index: int) -> Image:
    """A plane's samples, writable: uint8 (h, w)."""
    plane = frame.planes[index]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
