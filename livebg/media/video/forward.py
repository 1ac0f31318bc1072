"""A video file or stream as a source, decoded by PyAV: exact times, upright, one size.

Times come from the file's own time stamps, relative to its first picture. Knows nothing about pace (playback.py);
runs on the thread that iterates it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame

from livebg.core.errors import SourceError
from livebg.core.types import Image
from livebg.media.video.bounds import LONGEST_STEP_S
from livebg.media.video.decode import PictureMaker, losses_of, squared, squared_size
from livebg.media.video.filters import whole_frames
from livebg.media.video.open import best_stream, length_s, name_of, open_media, rate_of, why_it_broke
from livebg.media.video.types import Picture

log = logging.getLogger(__name__)


class MediaFile:
    """A clip from a path or URL. Raises SourceError when it cannot be opened or holds no picture.

    is_exact: colours as well as a film's are converted, which takes twice as long as at a live pace. container: what
    was opened at the place already.
    """

    def __init__(self, place: str, is_exact: bool = False, container: InputContainer | None = None) -> None:
        self.name = name_of(place)
        self._is_stream = "://" in place
        self._container = container or open_media(place, self.name, self._is_stream)
        self._damaged = 0
        self._has_changed_size = False
        try:
            self._stream = best_stream(self._container, self.name)
            # Decoding several frames at a time delays the first ones; a stream is shown as it comes.
            self._stream.thread_type = "SLICE" if self._is_stream else "AUTO"
            self._decoded = whole_frames(self._decode())
            first = next(self._decoded, None)
            if first is None:
                raise SourceError(f"{self.name} holds no picture that can be decoded; try another file")
        except BaseException:
            self._container.close()
            raise
        self._first = first
        self._size = (first.width, first.height)
        self._maker = PictureMaker(self.name, first, is_exact)
        for each in () if self._is_stream else losses_of(self._stream, first):
            log.warning("%s: %s", self.name, each)
        self._aspect = self._maker.pixel_aspect(self._stream)
        self.height, self.width = squared_size(self._maker.height, self._maker.width, self._aspect)
        self.fps = rate_of(self._stream)

    def pictures(self) -> Iterator[Picture]:
        period_s = 1 / self.fps if self.fps else 1 / 25
        origin_s = self._first.time if self._first.time is not None else 0.0
        media_time_s = 0.0
        yield Picture(0.0, partial(self._image, self._first))
        for frame in self._decoded:
            expected_s = media_time_s + period_s
            if frame.time is None:
                media_time_s = expected_s
            else:
                step_s = frame.time - origin_s - media_time_s
                if not 0 < step_s <= LONGEST_STEP_S:  # the file's clock began anew, or jumps: go on from here
                    origin_s = frame.time - expected_s
                media_time_s = frame.time - origin_s
            if self._maker.is_of_other_size(frame):
                self._warn_of_size(frame)
            yield Picture(media_time_s, partial(self._image, frame))
        self._warn_if_cut_off(media_time_s + period_s)

    def _image(self, frame: VideoFrame) -> Image:
        return squared(self._maker.image(frame), self._aspect)

    def close(self) -> None:
        self._container.close()

    def _decode(self) -> Iterator[VideoFrame]:
        """Every frame that can be decoded; damaged packets are skipped and counted."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as cause:
                if self._is_stream:
                    raise SourceError(
                        f"{self.name} stopped: {why_it_broke(cause)}; check the connection and start again"
                    ) from cause
                self._damaged += 1
                return
            if packet is None:
                return
            try:
                frames = self._stream.decode(packet)
            except av.error.FFmpegError:
                self._damaged += 1
                continue
            yield from frames

    def _warn_of_size(self, frame: VideoFrame) -> None:
        if not self._has_changed_size:
            log.warning(
                "%s changes its size to %dx%d; scaled to the first size, %dx%d",
                *(self.name, frame.width, frame.height, *self._size),
            )
        self._has_changed_size = True

    def _warn_if_cut_off(self, end_s: float) -> None:
        claimed_s = length_s(self._container, self._stream)
        if end_s < 0.95 * claimed_s - 0.5:
            log.warning("%s ends after %.1f s of %.1f s: the file is cut off", self.name, end_s, claimed_s)
        elif self._damaged:
            log.warning("%s is damaged or cut off: %d parts could not be decoded", self.name, self._damaged)
