"""Reading a moving picture forward, one picture at a time: `Clip` (video files, PyAV) and `Animation` (GIF, WebP).

Both give (end_s, picture): until when, on the clip's own time line, a picture stands. Know nothing about loops,
frames or fitting, and hold no more than the picture at hand. Run in the thread that calls them.
"""

from __future__ import annotations

import logging
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

from livebg.core.errors import BackgroundError, SourceError
from livebg.core.types import Image
from livebg.media.image.colour_space import colours_of
from livebg.media.image.read import background_file, to_rgb
from livebg.media.video.alpha import frames_of
from livebg.media.video.bounds import LONGEST_STEP_S, OPEN_S, bound, is_list, is_too_large
from livebg.media.video.decode import PictureMaker, squared
from livebg.media.video.dolby_vision import note_on
from livebg.media.video.filters import whole_frames

NOT_VIDEO = frozenset({"tty", "image2", "lrc", "srt", "ass", "webvtt"})  # text and numbered files that FFmpeg plays
SHORTEST_S = 0.02  # of a picture: browsers, too, show faster GIF pictures for 0.1 s

log = logging.getLogger(__name__)


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

    def __init__(self, path: Path, is_exact: bool = True) -> None:
        """is_exact: PictureMaker's. Raises BackgroundError for what is no video."""
        self.name, self._is_exact = str(path), is_exact
        self._maker: PictureMaker | None = None
        self._container = _opened(path)
        self._stream: VideoStream = self._container.streams.video[0]
        if note := note_on(self._stream):
            log.warning("background %s: %s", self.name, note)
        self._pictures = self._decoded()
        self._tick = self._stream.time_base or Fraction(1, av.time_base)
        self._start_s = float((self._stream.start_time or 0) * self._tick)
        self._period_s = min(max(1 / float(self._stream.average_rate or 25), SHORTEST_S), LONGEST_STEP_S)
        self._end_s: float | None = None  # of the last picture; None where none was read since seek()

    @property
    def length_s(self) -> float | None:
        if self._stream.duration and self._stream.duration > 0:
            return float(self._stream.duration * self._tick)
        if self._container.duration and self._container.duration > 0:
            return self._container.duration / av.time_base
        return None

    def read(self) -> tuple[float, Callable[[], Image]] | None:
        try:
            picture = next(self._pictures, None)
        except (av.FFmpegError, ValueError) as cause:
            raise BackgroundError(f"background {self.name} cannot be decoded: {_reason(cause)}") from cause
        if picture is None:
            return None
        self._end_s = self._end_of(picture)
        return self._end_s, lambda: self._pixels(picture)

    def _pixels(self, picture: VideoFrame) -> Image:
        """BGR uint8 (H, W, 3), upright, of square pixels, in the colours that a film of the same file has."""
        try:
            self._maker = self._maker or PictureMaker(self.name, picture, self._is_exact, is_backdrop=True)
            pixels = self._maker.image(picture)
        except SourceError as cause:
            raise BackgroundError(f"background {cause}") from cause
        return squared(pixels, self._maker.pixel_aspect(self._stream))

    def _end_of(self, picture: VideoFrame) -> float:
        """As the file says; one period after the last picture's where it jumps or goes back, or says nothing."""
        own_s = float(picture.duration * picture.time_base) if picture.duration and picture.time_base else 0.0
        own_s = own_s if 0 < own_s <= LONGEST_STEP_S else self._period_s
        if picture.time is None:
            return (self._end_s or 0.0) + own_s
        end_s = picture.time - self._start_s + own_s
        if self._end_s is not None and not 0 < end_s - self._end_s <= LONGEST_STEP_S:
            end_s = self._end_s + self._period_s
        return max(end_s, SHORTEST_S)

    def seek(self, time_s: float) -> None:
        try:
            target = int((time_s + self._start_s) / self._tick)
            self._container.seek(target, stream=self._stream, backward=True)
        except (av.FFmpegError, OverflowError):  # a raw stream cannot seek, nor one whose clock is beyond all bounds
            self._container.close()
            self._container = _opened(Path(self.name))
            self._stream = self._container.streams.video[0]
        self._pictures, self._end_s = self._decoded(), None

    def close(self) -> None:
        self._container.close()

    def _decoded(self) -> Iterator[VideoFrame]:
        return whole_frames(frames_of(self._container, self._stream))


class Animation:
    """A GIF, animated WebP, PNG or AVIF, each picture as long as the file says."""

    length_s = None  # known only to who has read all pictures

    def __init__(self, path: Path) -> None:
        """Raises BackgroundError."""
        self.name, self._picture = str(path), background_file(path)
        with self._picture.reading():
            self._file = Pillow.open(path)
        if is_too_large(*self._file.size):
            self._file.close()
            raise BackgroundError(
                f"background {path} is too large for a moving picture: "
                f"{self._file.width}x{self._file.height}, at most 8192x4320; give a smaller one"
            )
        self._index, self._end_s = 0, 0.0
        with self._picture.reading():
            self._colours = colours_of(self._file, self._picture.content)

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
            return np.asarray(cv2.cvtColor(np.asarray(to_rgb(self._file, self._colours)), cv2.COLOR_RGB2BGR), np.uint8)

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
        if is_list(path):
            raise BackgroundError(f"background {path} names other files or streams; give a picture or a video file")
        options = {"protocol_whitelist": "file"}
        container = av.open(f"file:{path}", options=options, metadata_errors="replace", timeout=(OPEN_S, None))
    except (av.FFmpegError, OSError, ValueError) as cause:
        raise BackgroundError(
            f"background {path} is neither a picture nor a video that can be decoded: {_reason(cause)}"
        ) from cause
    try:
        _check(container, path)
    except BaseException:
        container.close()
        raise
    return container


def _check(container: InputContainer, path: Path) -> None:
    """Raises BackgroundError for what is no video, or one that is not to be decoded."""
    streams = container.streams.video
    if container.format.name in NOT_VIDEO or not streams:
        raise BackgroundError(f"background {path} holds no picture and no video; give a picture or a video file")
    try:
        bound(streams[0])
    except ValueError as cause:
        raise BackgroundError(f"background {path} {cause}; give another video") from cause
    if not streams[0].width or not streams[0].height:
        raise BackgroundError(f"background {path} holds no picture and no video; give a picture or a video file")


def _reason(cause: Exception) -> str:
    return getattr(cause, "strerror", None) or " ".join(str(cause).split()) or type(cause).__name__
