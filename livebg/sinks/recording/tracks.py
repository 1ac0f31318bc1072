"""The tracks of one recording: writes each frame at its place, then the sound and markers up to it.

Sound and markers follow the frames, so that a pause or a split cuts them where it cuts the picture. Recorder's thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from livebg.core.types import Frame, Image
from livebg.media.audio.encode import RATE_HZ
from livebg.sinks.recording.audio_sync import AudioSync
from livebg.sinks.recording.segments import SegmentedFile
from livebg.sinks.recording.session import RecordingSession
from livebg.sinks.recording.timeline import TimeLine

_NO_FRAME_S = 2.5  # longer than any frame takes (STALE_S, scene/output_gate.py): the camera is lost, the sound goes on
_LAST_SOUND_S = 0.5  # at the end: the wait for the last frame's sound


class TrackWriter:
    """sound: None for a recording without sound. session: the one that `line` uses, for its markers. marked: how many
    of these are older than the recording."""

    def __init__(
        self,
        segments: SegmentedFile,
        line: TimeLine,
        sound: AudioSync | None,
        session: RecordingSession,
        marked: int = 0,
    ) -> None:
        self._segments, self._line, self._sound, self._session = segments, line, sound, session
        self._marked = marked

    def add(self, frame: Frame, picture: Callable[[], Image]) -> bool:
        """Adds a frame; picture() makes its image. Returns False for a frame in a pause. Raises SinkError."""
        at_s = self._line.place(frame)
        if at_s is not None:
            self._segments.add(picture(), at_s)
        self._follow()
        return at_s is not None

    def wait(self) -> None:
        """Called while no frame comes. Raises SinkError."""
        self._line.wait(time.monotonic() - _NO_FRAME_S)
        self._follow()

    def _follow(self) -> None:
        if self._sound is not None:
            for samples in self._sound.until(self._line.known_until_s):
                self._segments.add_sound(samples)
        self._mark(self._line.known_until_s)

    def _mark(self, until_s: float) -> None:
        for at_s in self._session.markers[self._marked :]:
            if at_s > until_s:
                return
            self._marked += 1
            self._segments.mark(self._line.at(at_s), f"marker {self._marked}")

    def end(self) -> None:
        """No frame follows: adds the last frame's sound, to its end. Raises SinkError."""
        end_s = self._line.at(self._line.end_captured_s)
        if self._sound is not None:
            for samples in self._sound.rest(self._line.end_captured_s, _LAST_SOUND_S):
                self._segments.add_sound(samples[: max(0, round((end_s - self._segments.sound_s) * RATE_HZ))])
        self._mark(time.monotonic())

    @property
    def report(self) -> str:
        """The files, if there are several, and the sound's corrections, as text; '' for neither."""
        paths, sound = self._segments.paths, "" if self._sound is None else self._sound.report
        in_parts = f" in {len(paths)} parts: {', '.join(each.name for each in paths)}" if len(paths) > 1 else ""
        return in_parts + (f"; sound: {sound}" if sound else "")

    def sync(self) -> None:
        """Waits until the written data is on the disk; that can take long. Raises SinkError."""
        self._segments.sync()

    @property
    def length_s(self) -> float:
        """Of the recording so far. Any thread."""
        return self._line.at(self._line.end_captured_s)

    @property
    def written_bytes(self) -> int:
        return self._segments.written_bytes

    def close(self) -> None:
        """Finishes the files, also after a failure. Raises SinkError."""
        self._segments.close(self._line.at(self._line.end_captured_s))
