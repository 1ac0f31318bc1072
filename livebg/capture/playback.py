"""Plays a clip: at its own pace, dropping late pictures as a camera would, or every frame in turn.

A clip is anything that yields pictures on its own time line: a file, a stream, the synthetic scene, a still picture (at
its own pace it repeats for ever, like a camera before a motionless room; otherwise it is one frame). OwnPace owns one
thread; EveryFrame runs in its caller's thread.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from livebg.capture.frame import new_frame, next_frame
from livebg.core.errors import SourceError
from livebg.core.threads import Latest, Worker
from livebg.core.types import EndOfSource, Frame, FrameSource, Image, SourceInfo
from livebg.media.image.read import PictureFile
from livebg.media.video.types import Clip, Picture

STALL_S = 1.0  # later than this, the schedule begins again from now instead of skipping what was missed
LONGEST_GAP_S = 0.1  # however late, a picture is shown this often
JOIN_S = 3.0  # longer than one read of a stream may last (media/video/open.py)
_MOVING = frozenset({"GIF", "PNG"})  # these are left to PyAV when they move; FFmpeg cannot play an animated WebP


def play(clip: Clip, pace: str) -> FrameSource:
    """The source for `--pace`: every frame, or the clip's own pace."""
    return EveryFrame(clip) if pace == "every-frame" else OwnPace(clip)


class OwnPace:
    """Plays by the clock in a thread of its own; the clip begins with the first read()."""

    def __init__(self, clip: Clip) -> None:
        self.info = SourceInfo(clip.name, clip.width, clip.height, clip.fps, is_live=True)
        self._clip = clip
        self._period_s = 1 / clip.fps if clip.fps > 0 else LONGEST_GAP_S
        self._slot: Latest[Frame] = Latest()
        self._worker: Worker | None = None
        self._lock = threading.Lock()  # read() starts the worker; close() may come from another thread meanwhile
        self._is_closed = False
        self._skipped = 0

    @property
    def dropped(self) -> int:
        return self._slot.dropped + self._skipped

    def read(self, timeout_s: float) -> Frame | None:
        with self._lock:
            if self._worker is None and not self._is_closed:
                self._worker = Worker("livebg-clip", self._play, self._slot.close, self._slot.close)
        return next_frame(self._slot, timeout_s)

    def rest(self, is_resting: bool) -> None:
        """Nothing to release."""

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._slot.close()
            if self._worker is not None:
                self._worker.stop(JOIN_S)
            self._clip.close()

    def _play(self, stopping: threading.Event) -> None:
        schedule = _Schedule(self._period_s)
        for sequence, picture in enumerate(self._clip.pictures()):
            wait_s = schedule.wait_s(picture.media_time_s)
            if wait_s is None:
                self._skipped += 1
            elif not stopping.wait(wait_s):
                self._slot.put(new_frame(picture.render(), sequence, picture.media_time_s, self.info))
            if stopping.is_set():
                return
        self._slot.close()


class _Schedule:
    """When each picture is due, by the monotonic clock. Missed pictures are skipped, not caught up."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._begun_s: float | None = None
        self._shown_s = 0.0

    def wait_s(self, media_time_s: float) -> float | None:
        """Seconds until this picture is due; 0 if it is late but still shown, None if it is skipped."""
        now_s = time.monotonic()
        if self._begun_s is None or now_s - self._begun_s - media_time_s > STALL_S:
            self._begun_s = now_s - media_time_s
        due_s = self._begun_s + media_time_s
        if now_s - due_s > self._period_s and now_s - self._shown_s < LONGEST_GAP_S:
            return None
        self._shown_s = max(now_s, due_s)
        return max(0.0, due_s - now_s)


class EveryFrame:
    """Returns each picture in turn, as fast as the caller reads, in the caller's thread; drops none."""

    dropped = 0

    def __init__(self, clip: Clip) -> None:
        self.info = SourceInfo(clip.name, clip.width, clip.height, clip.fps, is_live=False)
        self._clip = clip
        self._pictures = clip.pictures()
        self._sequence = 0
        self._lock = threading.Lock()  # close() from another thread waits until the present picture is done
        self._is_closed = False

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002 - the next picture is always at hand
        with self._lock:
            picture = None if self._is_closed else next(self._pictures, None)
            if picture is None:
                raise EndOfSource
            frame = new_frame(picture.render(), self._sequence, picture.media_time_s, self.info)
            self._sequence += 1
            return frame

    def rest(self, is_resting: bool) -> None:
        """Nothing to release."""

    def close(self) -> None:
        self._is_closed = True
        with self._lock:
            self._clip.close()


class Still:
    """A clip of one picture."""

    def __init__(self, path: Path, image: Image, fps: float, pace: str) -> None:
        self.name = path.name
        self.height, self.width = image.shape[:2]
        self.fps = fps
        self._image = image
        self._count = 1 if pace == "every-frame" else None

    def pictures(self) -> Iterator[Picture]:
        numbers = itertools.count() if self._count is None else range(self._count)
        return (Picture(number / self.fps, lambda: self._image) for number in numbers)

    def close(self) -> None:
        """Nothing to close."""


def load_picture(path: Path) -> Image | None:
    """BGR uint8 (H, W, 3), upright, without alpha; None if the file's content is no still picture.

    Raises SourceError for a picture that is damaged or larger than Pillow's limit against decompression bombs.
    """
    file = PictureFile(path, "source", SourceError)
    return file.load() if file.identify(_MOVING) == "still" else None
