"""One recording as its recorder's thread sees it: each frame in its place, then the sound and markers up to it.

Sound and markers follow the frames, so that a pause or a split cuts them where it cuts the picture. Knows nothing
about queues or threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from livebg.core.types import Frame, Image
from livebg.media.audio.encode import RATE_HZ
from livebg.sinks.recording.audio_sync import SoundLine
from livebg.sinks.recording.segments import SegmentedFile
from livebg.sinks.recording.session import RecordingSession
from livebg.sinks.recording.timeline import TimeLine

_NO_FRAME_S = 2.5  # longer than any frame is on its way (scene/shutter.py): the camera is lost, the sound goes on
_LAST_SOUND_S = 0.5  # at the end: how long the last frame's sound is waited for


class TrackWriter:
    """sound: None for a recording without. take: whose pauses `line` knows already."""

    def __init__(self, reel: SegmentedFile, line: TimeLine, sound: SoundLine | None, take: RecordingSession) -> None:
        self._reel, self._line, self._sound, self._take = reel, line, sound, take
        self._marked = 0

    def add(self, frame: Frame, picture: Callable[[], Image]) -> bool:
        """False: it belongs to a pause. Raises SinkError."""
        at_s = self._line.place(frame)
        if at_s is not None:
            self._reel.add(picture(), at_s)
        self._follow()
        return at_s is not None

    def wait(self) -> None:
        """No frame has come for a moment. Raises SinkError."""
        self._line.wait(time.monotonic() - _NO_FRAME_S)
        self._follow()

    def _follow(self) -> None:
        if self._sound is not None:
            for samples in self._sound.until(self._line.known_until_s):
                self._reel.add_sound(samples)
        self._mark(self._line.known_until_s)

    def _mark(self, until_s: float) -> None:
        for at_s in self._take.markers[self._marked :]:
            if at_s > until_s:
                return
            self._marked += 1
            self._reel.mark(self._line.at(at_s), f"marker {self._marked}")

    def end(self) -> None:
        """Nothing follows: the sound of the last frame, to its end. Raises SinkError."""
        end_s = self._line.at(self._line.end_captured_s)
        if self._sound is not None:
            for samples in self._sound.rest(self._line.end_captured_s, _LAST_SOUND_S):
                self._reel.add_sound(samples[: max(0, round((end_s - self._reel.sound_s) * RATE_HZ))])
        self._mark(time.monotonic())

    @property
    def report(self) -> str:
        """How many files it became, and what was the matter with the sound; '' for nothing to tell."""
        paths, sound = self._reel.paths, "" if self._sound is None else self._sound.report
        in_parts = f" in {len(paths)} parts: {', '.join(each.name for each in paths)}" if len(paths) > 1 else ""
        return in_parts + (f"; sound: {sound}" if sound else "")

    def sync(self) -> None:
        """Wait until what is written lies on the disk; that can take long. Raises SinkError."""
        self._reel.sync()

    @property
    def written_bytes(self) -> int:
        return self._reel.written_bytes

    def close(self) -> None:
        """Finish the files, however it came to that. Raises SinkError."""
        self._reel.close(self._line.at(self._line.end_captured_s))
