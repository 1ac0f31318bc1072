"""A moving picture read forward, one picture at a time: `VideoClip` (video files and streams) and `Animation` (GIF,
WebP).

Each picture has its time on the clip's own time line; livebg converts it only if it shows it. Holds no more than the
current picture. Runs in the thread that calls it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from PIL import Image as Pillow

from livebg.core.errors import SourceError
from livebg.core.types import Image
from livebg.media.image.colour_space import colours_of
from livebg.media.image.read import PictureFile, to_rgb
from livebg.media.video.convert import ALPHA_DROPPED, PictureMaker, losses_of
from livebg.media.video.decode import Decoder
from livebg.media.video.filters import whole_frames
from livebg.media.video.open import LONGEST_STEP_S, is_too_large, name_of
from livebg.media.video.types import Picture

USUAL_FPS = 25.0  # where a file gives neither its rate nor its pictures' times
SHORTEST_S = 0.02  # of an animation's picture: browsers also show faster ones for 0.1 s

log = logging.getLogger(__name__)


class VideoClip:
    """A video from a path or URL. Decodes skipped pictures, because later ones need them, but does not convert them.

    name: for messages; else the path's or URL's. is_exact: converts colours as for a film, which takes twice as long as
    for live use. is_backdrop: the clip is a background: transparent areas become a neutral tone, and the clip repeats.
    container: the file or stream, if it is open already. Raises SourceError when it cannot be opened or holds no
    picture.
    """

    def __init__(
        self,
        place: str,
        name: str = "",
        *,
        is_exact: bool = False,
        is_backdrop: bool = False,
        container: InputContainer | None = None,
    ) -> None:
        self.name = name or name_of(place)
        is_stream = "://" in place
        self._decoder = Decoder(
            place,
            self.name,
            is_stream=is_stream,
            is_prompt=is_stream or is_backdrop,
            with_alpha=is_backdrop,
            container=container,
        )
        try:
            self._frames = whole_frames(self._decoder.frames())
            first = next(self._frames, None)
            if first is None:
                raise SourceError(f"{self.name} holds no picture that can be decoded; try another file")
        except BaseException:
            self._decoder.close()
            raise
        stream = self._decoder.stream
        self._converter = PictureMaker(self.name, first, stream, is_exact=is_exact, is_backdrop=is_backdrop)
        for each in () if is_stream else losses_of(stream, first):
            if not is_backdrop or each != ALPHA_DROPPED:
                log.warning("%s: %s", self.name, each)
        self.height, self.width = self._converter.square_size
        self.fps = self._decoder.fps
        self._period_s = 1 / (self.fps or USUAL_FPS)
        self._first: VideoFrame | None = first
        self._first_s = self._origin_s = first.time or 0.0  # on the file's clock
        self._at_s: float | None = None  # of the picture before; None if seek() was called since
        self._has_reported_end = False

    @property
    def length_s(self) -> float | None:
        return self._decoder.length_s(of_all=True) or None

    def pictures(self) -> Iterator[Picture]:
        """All that follow. Raises SourceError."""
        return iter(self.read, None)

    def read(self) -> Picture | None:
        frame, self._first = next(self._frames, None) if self._first is None else self._first, None
        if frame is None:
            self._report_end()
            return None
        self._at_s = self._media_time_s(frame)
        lasts_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
        lasts_s = lasts_s if 0 < lasts_s <= LONGEST_STEP_S else self._period_s
        return Picture(self._at_s, partial(self._converter.square_image, frame), lasts_s)

    def _media_time_s(self, frame: VideoFrame) -> float:
        """The file's own time, from its first picture on; where it jumps or is missing, one period after the last."""
        own_s = None if frame.time is None else frame.time - self._origin_s
        if self._at_s is None:
            return max(own_s or 0.0, 0.0)
        expected_s = self._at_s + self._period_s
        if own_s is None:
            return expected_s
        if not 0 < own_s - self._at_s <= LONGEST_STEP_S:  # the file's clock restarted or jumps: continue from here
            self._origin_s += own_s - expected_s
            return expected_s
        return own_s

    def seek(self, time_s: float) -> None:
        self._decoder.seek(time_s + self._first_s)
        self._frames = whole_frames(self._decoder.frames())
        self._first, self._at_s, self._origin_s = None, None, self._first_s

    def close(self) -> None:
        self._decoder.close()

    def _report_end(self) -> None:
        """Warns once if not all of it was there."""
        if self._has_reported_end:
            return
        self._has_reported_end = True
        end_s, claimed_s = (self._at_s or 0.0) + self._period_s, self._decoder.length_s()
        if end_s < 0.95 * claimed_s - 0.5:
            log.warning("%s ends after %.1f s of %.1f s: the file is cut off", self.name, end_s, claimed_s)
        elif parts := self._decoder.damaged + self._decoder.is_cut_off:
            log.warning("%s is damaged or cut off: %d parts could not be decoded", self.name, parts)


class Animation:
    """A GIF, animated WebP, PNG or AVIF; each picture lasts as long as the file says. Raises as `picture` does."""

    length_s = None  # nobody knows it before all pictures are read

    def __init__(self, picture: PictureFile) -> None:
        self.name, self._picture = f"{picture.what} {picture.path}", picture
        self._index, self._end_s = 0, 0.0
        with ExitStack() as unusable:
            with picture.reading():
                self._file = unusable.enter_context(Pillow.open(picture.path))
                self._colours = colours_of(self._file, picture.content)
            if is_too_large(*self._file.size):
                raise picture.failure(
                    f"{self.name} is too large for a moving picture: {self._file.width}x{self._file.height}, at most "
                    "8192x4320; give a smaller one"
                )
            unusable.pop_all()

    def read(self) -> Picture | None:
        with self._picture.reading():
            try:
                self._file.seek(self._index)
            except EOFError:  # Pillow raises it after the last picture
                return None
            self._file.load()
        self._index += 1
        duration_s = float(self._file.info.get("duration", 0)) / 1000
        lasts_s = duration_s if duration_s >= SHORTEST_S else 0.1
        begins_s, self._end_s = self._end_s, self._end_s + lasts_s
        return Picture(begins_s, self._pixels, lasts_s)

    def _pixels(self) -> Image:
        with self._picture.reading():
            return np.asarray(cv2.cvtColor(np.asarray(to_rgb(self._file, self._colours)), cv2.COLOR_RGB2BGR), np.uint8)

    def seek(self, time_s: float) -> None:  # noqa: ARG002 - an animation can only begin at its beginning
        self._index, self._end_s = 0, 0.0

    def close(self) -> None:
        self._file.close()
