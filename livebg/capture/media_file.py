"""A video file or stream as a source, decoded by PyAV: exact times, upright, one size.

Times come from the file's own time stamps, relative to its first picture. Knows nothing about pace (playback.py);
runs on the thread that iterates it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import av
import av.error
import cv2
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from livebg.capture.playback import Picture
from livebg.errors import SourceError
from livebg.stages import Image
from livebg.video_bounds import LONGEST_STEP_S, OPEN_S, bound, is_list

log = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 2.5  # a read cannot be interrupted, so this is also the longest that closing a stream may take
RATES_FPS = (0.01, 1000.0)  # what else a header claims is no rate
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class MediaFile:
    """A clip from a path or URL. Raises SourceError when it cannot be opened or holds no picture."""

    def __init__(self, place: str) -> None:
        self.name = name_of(place)
        self._is_stream = "://" in place
        self._container = _open(place, self.name, self._is_stream)
        self._reformatter = VideoReformatter()
        self._damaged = 0
        self._has_changed_size = False
        try:
            self._stream = self._best_stream()
            self._decoded = self._decode()
            first = next(self._decoded, None)
            if first is None:
                raise SourceError(f"{self.name} holds no picture that can be decoded; try another file")
        except BaseException:
            self._container.close()
            raise
        self._first = first
        self._size = (first.width, first.height)
        self._turn = _TURNS.get(round(first.rotation) % 360)
        is_lying = self._turn not in (None, cv2.ROTATE_180)
        self.width, self.height = self._size[::-1] if is_lying else self._size
        rate = float(self._stream.average_rate or 0)
        self.fps = rate if RATES_FPS[0] <= rate <= RATES_FPS[1] else 0.0

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
            if (frame.width, frame.height) != self._size:
                self._warn_of_size(frame)
            yield Picture(media_time_s, partial(self._image, frame))
        self._warn_if_cut_off(media_time_s + period_s)

    def close(self) -> None:
        self._container.close()

    def _best_stream(self) -> av.VideoStream:
        # A song's cover picture is stored as a video stream of one frame.
        streams = [each for each in self._container.streams.video if not each.disposition & Disposition.attached_pic]
        if not streams:
            held = ", ".join(sorted({each.type for each in self._container.streams if each.type != "video"}))
            raise SourceError(f"{self.name} holds no video{f' (only {held})' if held else ''}; try another file")
        best = self._container.streams.best("video")
        stream = best if best in streams else streams[0]
        assert isinstance(stream, av.VideoStream)
        try:
            bound(stream)
        except ValueError as cause:
            raise SourceError(f"{self.name} {cause}; try another file") from cause
        # Decoding several frames at a time delays the first ones; a stream is shown as it comes.
        stream.thread_type = "SLICE" if self._is_stream else "AUTO"
        return stream

    def _decode(self) -> Iterator[VideoFrame]:
        """Every frame that can be decoded; damaged packets are skipped and counted."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as cause:
                if self._is_stream:
                    raise SourceError(
                        f"{self.name} stopped: {_told(cause)}; check the connection and start again"
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

    def _image(self, frame: VideoFrame) -> Image:
        """BGR uint8, upright, at the size of the first frame."""
        width, height = self._size
        try:
            image = self._reformatter.reformat(frame, width, height, "bgr24").to_ndarray()
        except (av.error.FFmpegError, ValueError) as cause:
            raise SourceError(
                f"{self.name}: a picture of {frame.format.name} cannot be converted ({_told(cause)}); try another file"
            ) from cause
        return image if self._turn is None else cv2.rotate(image, self._turn)  # type: ignore[return-value]  # uint8 in, uint8 out

    def _warn_of_size(self, frame: VideoFrame) -> None:
        if not self._has_changed_size:
            log.warning(
                "%s changes its size to %dx%d; scaled to the first size, %dx%d",
                *(self.name, frame.width, frame.height, *self._size),
            )
        self._has_changed_size = True

    def _warn_if_cut_off(self, end_s: float) -> None:
        stream, container = self._stream, self._container
        length_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        if not length_s and container.duration and len(container.streams) == 1:
            length_s = container.duration / av.time_base
        if end_s < 0.95 * length_s - 0.5:
            log.warning("%s ends after %.1f s of %.1f s: the file is cut off", self.name, end_s, length_s)
        elif self._damaged:
            log.warning("%s is damaged or cut off: %d parts could not be decoded", self.name, self._damaged)


def name_of(place: str) -> str:
    """The last part of a path, or a URL without its user, password and query: safe to show and log."""
    if "://" not in place:
        return place.replace("\\", "/").rsplit("/", 1)[-1]
    try:
        parts = urlsplit(place)
    except ValueError:  # half an IPv6 address
        return f"{place.split('://')[0]}://..."
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}{parts.path}"


def _open(place: str, name: str, is_stream: bool) -> av.container.InputContainer:
    limits_s = (OPEN_TIMEOUT_S, READ_TIMEOUT_S) if is_stream else (OPEN_S, None)
    try:
        if not is_stream and is_list(Path(place)):
            raise SourceError(f"{name} names other files or streams; give one of those, by its path or address")
        container = av.open(place, metadata_errors="replace", timeout=limits_s)
    except av.error.ProtocolNotFoundError as cause:
        scheme = place.split("://")[0]
        raise SourceError(
            f"{name} cannot be opened: {scheme}:// is not supported; try http, https, rtsp or rtmp"
        ) from cause
    except (av.error.FFmpegError, OSError) as cause:
        what = f"stream {name}" if is_stream else f"{name}: not a video or picture that can be read"
        hint = "check the address and the network" if is_stream else "play it in a video player, or try another file"
        told = f"nothing came within {limits_s[0]:g} s" if isinstance(cause, av.error.ExitError) else _told(cause)
        raise SourceError(f"{what} ({told}); {hint}") from None  # the cause repeats the address, password included
    if container.format.name == "tty":  # FFmpeg plays any .txt file as a film of letters
        container.close()
        raise SourceError(f"{name} is a text, not a video or picture; try another file")
    return container


def _told(cause: Exception) -> str:
    return str(getattr(cause, "strerror", None) or cause).lower()
