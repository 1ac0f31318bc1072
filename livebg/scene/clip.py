"""Reading a moving picture forward, one picture at a time: `Clip` (video files, PyAV) and `Animation` (GIF, WebP).

Both give (end_s, picture): until when, on the clip's own time line, a picture stands. Know nothing about loops,
frames or fitting, and hold no more than the picture at hand. Run in the thread that calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image as Pillow

from livebg.errors import BackgroundError
from livebg.picture_file import to_rgb
from livebg.scene.catalog import background_file
from livebg.stages import Image

NOT_VIDEO = frozenset({"tty", "image2", "lrc", "srt", "ass", "webvtt"})  # text and numbered files that FFmpeg plays
SHORTEST_S = 0.02  # of a picture: browsers, too, show faster GIF pictures for 0.1 s
TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class Moving(Protocol):
    """A moving picture that can be read forward and begun again."""

    @property
    def name(self) -> str: ...

    @property
    def length_s(self) -> float | None:
        """None where only the end tells."""
        ...

    def read(self) -> tuple[float, Callable[[], Image]] | None:
        """The end of the next picture, s, and how to get its pixels (BGR uint8); None after the last.

        Raises BackgroundError where the file is damaged; the same again until seek().
        """
        ...

    def seek(self, time_s: float) -> None:
        """Read on from this time, or from an earlier one if that is where a decoder can begin."""
        ...

    def close(self) -> None: ...


class Clip:
    """A video file. Skipped pictures are decoded, which later ones need, but not converted."""

    def __init__(self, path: Path) -> None:
        """Raises BackgroundError for what is no video."""
        self.name = str(path)
        self._container = _opened(path)
        self._stream: VideoStream = self._container.streams.video[0]
        self._pictures = self._decoded()
        self._tick = self._stream.time_base or Fraction(1, av.time_base)
        self._start_s = float((self._stream.start_time or 0) * self._tick)
        self._period_s = 1 / float(self._stream.average_rate or 25)

    @property
    def length_s(self) -> float | None:
        if self._stream.duration:
            return float(self._stream.duration * self._tick)
        if self._container.duration:
            return self._container.duration / av.time_base
        return None

    def read(self) -> tuple[float, Callable[[], Image]] | None:
        try:
            picture = next(self._pictures, None)
        except (av.FFmpegError, ValueError) as cause:
            raise BackgroundError(f"background {self.name} cannot be decoded: {_reason(cause)}") from cause
        if picture is None:
            return None
        begin_s = float(picture.time or 0.0) - self._start_s
        own_s = float(picture.duration * picture.time_base) if picture.duration and picture.time_base else 0.0
        return begin_s + (own_s or self._period_s), lambda: _pixels(picture)

    def seek(self, time_s: float) -> None:
        try:
            target = int((time_s + self._start_s) / self._tick)
            self._container.seek(target, stream=self._stream, backward=True)
        except av.FFmpegError:  # a raw stream cannot seek: open it again
            self._container.close()
            self._container = _opened(Path(self.name))
            self._stream = self._container.streams.video[0]
        self._pictures = self._decoded()

    def close(self) -> None:
        self._container.close()

    def _decoded(self) -> Iterator[VideoFrame]:
        return self._container.decode(self._stream)


class Animation:
    """A GIF, animated WebP, PNG or AVIF, each picture as long as the file says."""

    length_s = None  # known only to who has read all pictures

    def __init__(self, path: Path) -> None:
        """Raises BackgroundError."""
        self.name, self._picture = str(path), background_file(path)
        with self._picture.reading():
            self._file = Pillow.open(path)
        self._index, self._end_s = 0, 0.0

    def read(self) -> tuple[float, Callable[[], Image]] | None:
        with self._picture.reading():
            try:
                self._file.seek(self._index)
            except EOFError:  # Pillow's way to say that this was the last
                return None
            self._file.load()
        self._index += 1
        duration_s = float(self._file.info.get("duration", 0)) / 1000
        self._end_s += duration_s if duration_s >= SHORTEST_S else 0.1
        return self._end_s, self._pixels

    def _pixels(self) -> Image:
        with self._picture.reading():
            return np.asarray(cv2.cvtColor(np.asarray(to_rgb(self._file)), cv2.COLOR_RGB2BGR), np.uint8)

    def seek(self, time_s: float) -> None:  # noqa: ARG002 - an animation can only begin at its beginning
        self._index, self._end_s = 0, 0.0

    def close(self) -> None:
        self._file.close()


def clip_size(path: Path) -> tuple[int, int]:
    """(width, height) of a video or GIF as its file says, px. Raises BackgroundError."""
    with _opened(path) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height


def _opened(path: Path) -> InputContainer:
    """Only this file: a playlist in it may not reach for the network."""
    try:
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.FFmpegError, ValueError) as cause:
        raise BackgroundError(
            f"background {path} is neither a picture nor a video that can be decoded: {_reason(cause)}"
        ) from cause
    streams = container.streams.video
    if container.format.name in NOT_VIDEO or not streams or not streams[0].width or not streams[0].height:
        container.close()
        raise BackgroundError(f"background {path} holds no picture and no video; give a picture or a video file")
    return container


def _pixels(picture: VideoFrame) -> Image:
    """BGR uint8 (H, W, 3), turned upright as the file asks."""
    try:
        pixels = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    except (av.FFmpegError, ValueError) as cause:
        raise BackgroundError(f"background: a picture of {picture.format.name} cannot be converted: {cause}") from cause
    turn = TURNS.get(picture.rotation % 360)
    return pixels if turn is None else np.asarray(cv2.rotate(pixels, turn), np.uint8)


def _reason(cause: Exception) -> str:
    return getattr(cause, "strerror", None) or " ".join(str(cause).split()) or type(cause).__name__
