"""Records composites, or their matte, to a video file; encodes on its own thread behind a bounded queue.

It writes every composite of a source frame at that frame's time, also a standby image (its matte is all zeros). Standby
images between frames have no time, and it leaves them out. Once a second it syncs the file to the disk and checks the
free space: the recording ends, whole, before the disk is full. tracks.py knows pauses, sound and parts;
media/video/writer.py encodes.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livebg.core.errors import SinkError
from livebg.core.threads import Worker
from livebg.core.types import Composite, Reads
from livebg.media.audio.types import SoundSource
from livebg.media.free_space import FreeSpace
from livebg.media.video.formats import Form
from livebg.media.video.layers import Layer
from livebg.media.video.writer import Recording
from livebg.sinks.recording.audio_sync import AudioSync
from livebg.sinks.recording.segments import NO_SPLIT, SegmentedFile, Split
from livebg.sinks.recording.session import RecordingSession
from livebg.sinks.recording.timeline import TimeLine
from livebg.sinks.recording.tracks import TrackWriter

log = logging.getLogger(__name__)

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """How many frames may wait (as many as queue_bytes hold, between queue_least and queue_most), how often the thread
    syncs the file and checks the disk, and how long the end may go without progress."""

    queue_bytes: int = 256 * 2**20  # 1 to 2 s at 720p, so that a short stall of the disk costs no frame
    queue_least: int = 4
    queue_most: int = 30
    look_every_s: float = 1.0
    stalled_s: float = 5.0  # a disk that wakes up, or a stick that empties its cache, takes seconds for one sync


USUAL_LIMITS = Limits()


class Recorder:
    """A FrameSink for one video file, opened at the first frame.

    may_drop: a full queue drops the frame, counts and reports it (live sources); else `write` waits and loses none.
    fps: the source's nominal rate. session: pauses and markers of all recordings of this run. sound: goes into the
    file, sound_delay_s later than its capture. split: into several files.
    """

    is_live = False
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(
        self,
        path: Path,
        layer: Layer,
        form: Form,
        *,
        may_drop: bool,
        fps: float = 30.0,
        force: bool = False,
        session: RecordingSession | None = None,
        sound: SoundSource | None = None,
        sound_delay_s: float = 0.0,
        split: Split = NO_SPLIT,
        limits: Limits = USUAL_LIMITS,
    ) -> None:
        self.name = f"recording {path}"
        self._limits = limits
        self._path, self._layer, self._form = path, layer, form
        self._may_drop, self._fps, self._force = may_drop, fps, force
        self._session = session or RecordingSession()
        self._tracks: TrackWriter | None = None
        self._sound, self._sound_delay_s, self._split = sound, sound_delay_s, split
        self._feed = sound.listen() if sound else None  # from now on, so that the first frame's sound is not lost
        self._busy_s = 0.0  # time that the thread has spent on frames
        self._queue: queue.Queue[Composite] = queue.Queue()
        self._in_hand = 0  # frames that the thread is encoding
        self._worker: Worker | None = None
        self._failure: BaseException | None = None
        self._is_failure_raised = False
        self._is_closed = False
        self.dropped = 0
        self.recorded = 0

    @property
    def progress(self) -> tuple[float, int]:
        """Its length so far, s, and the bytes on the disk. Any thread."""
        tracks = self._tracks
        return (0.0, 0) if tracks is None else (tracks.length_s, tracks.written_bytes)

    def write(self, composite: Composite) -> None:
        """Queues one composite. Raises SinkError if the file could not be made, or the encoder has failed."""
        assert not self._is_closed, "written to after close"
        if composite.frame is None:
            return
        self._raise_failure()
        if self._worker is None:
            self._start(composite)
        if not self._may_drop:
            self._put_waiting(composite)
            return
        try:
            self._queue.put_nowait(composite)
        except queue.Full:
            if not self.dropped:
                log.warning("%s: %s, frames are being left out", self.name, self._why_slow())
            self.dropped += 1
            self._session.left_out += 1

    def _why_slow(self) -> str:
        """Whether the encoder is too slow, and what to choose instead."""
        managed_fps = self.recorded / self._busy_s if self._busy_s else 0.0
        if self.recorded and managed_fps < self._fps:
            codec, lighter = self._form.encoder.name, self._form.lighter
            return f"{codec} manages {managed_fps:.0f} of {self._fps:.4g} fps here (use {lighter} instead)"
        return "encoder or disk is slower than the source"

    def _start(self, composite: Composite) -> None:
        """The thread opens the file: that can take a fifth of a second, which the other outputs do not wait for."""
        height, width = self._layer(composite).shape[:2]
        channels = 0 if self._sound is None else self._sound.info.channels
        marked = len(self._session.markers)
        self._session.begin()
        held_bytes = composite.image.nbytes + (0 if composite.alpha is None else composite.alpha.nbytes)
        limits = self._limits
        self._queue = queue.Queue(max(limits.queue_least, min(limits.queue_most, limits.queue_bytes // held_bytes)))
        self._worker = Worker(
            f"livebg {self.name}",
            lambda stopping: self._encode_all(self._open(height, width, channels, marked), stopping),
            on_failure=self._note,
        )

    def _open(self, height: int, width: int, channels: int, marked: int) -> TrackWriter:
        """The thread: makes the file. marked: markers from before. Raises SinkError."""

        def open_file(path: Path) -> Recording:
            return Recording(path, self._form, height, width, self._fps, self._force, channels)

        line = TimeLine(self._session, 1 / self._fps)
        sound = None
        if self._sound is not None and self._feed is not None:
            sound = AudioSync(self._feed, self._sound.info, line, self._sound_delay_s)
        segments = SegmentedFile(self._path, open_file, self._split, channels=channels, force=self._force)
        self._tracks = TrackWriter(segments, line, sound, self._session, marked)
        sounding = f", sound {self._form.sound_codec}" if channels else ""
        log.info("%s: %dx%d %s%s", self.name, width, height, self._form.encoder.name, sounding)
        return self._tracks

    def _put_waiting(self, composite: Composite) -> None:
        while True:
            try:
                self._queue.put(composite, timeout=_POLL_S)
                return
            except queue.Full:
                self._raise_failure()

    def _encode_all(self, tracks: TrackWriter, stopping: threading.Event) -> None:
        """The thread: encodes until `stopping` is set and the queue is empty. Finishes the files however it ends."""
        space, looked_at_s, seen = FreeSpace(self._path), time.monotonic(), 0
        try:
            while True:
                if self.recorded > seen and time.monotonic() - looked_at_s >= self._limits.look_every_s:
                    tracks.sync()
                    space.check(tracks.written_bytes)
                    looked_at_s, seen = time.monotonic(), self.recorded
                try:
                    composite = self._queue.get(timeout=_POLL_S)
                except queue.Empty:
                    if stopping.is_set():
                        tracks.end()
                        return
                    tracks.wait()
                    continue
                assert composite.frame is not None
                began_s, self._in_hand = time.monotonic(), 1
                if tracks.add(composite.frame, partial(self._layer, composite)):
                    self.recorded += 1
                    self._busy_s += time.monotonic() - began_s
                self._in_hand = 0
        finally:
            tracks.close()

    def _note(self, failure: BaseException) -> None:
        self._failure = failure

    def _raise_failure(self) -> None:
        if self._failure is None:
            return
        self._is_failure_raised = True
        if isinstance(self._failure, SinkError):
            raise self._failure
        raise SinkError(f"{self.name}: the encoder failed: {self._failure!r}") from self._failure

    def close(self) -> None:
        """Encodes the waiting frames, finishes the file, ends the thread. Raises SinkError for a new failure."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._finish()
        finally:
            self._tracks = None  # else the encoder and its threads stay until the garbage of cycles is collected
            if self._feed is not None:
                self._feed.close()

    def _finish(self) -> None:
        if self._worker is None:
            log.warning("%s: not made, since no frame arrived", self.name)
            return
        self._session.end()
        self._join(self._worker)
        self._report(self._queue.qsize() + self._in_hand)
        if not self._is_failure_raised:
            self._raise_failure()

    def _report(self, unwritten: int) -> None:
        """unwritten: frames in the queue or in the encoder when the recording failed."""
        if self._tracks is not None:
            log.info("%s: %d frames written%s", self.name, self.recorded, self._tracks.report)
        if unwritten:
            self._session.left_out += unwritten
            log.warning("%s: %d frames were not written any more", self.name, unwritten)
        if self.dropped:
            total = self.dropped + self.recorded
            log.warning("%s: %s, %d of %d frames left out", self.name, self._why_slow(), self.dropped, total)

    def _join(self, worker: Worker) -> None:
        """Waits for the thread as long as it makes progress."""
        while True:
            before = self.recorded
            try:
                worker.stop(self._limits.stalled_s)
                return
            except TimeoutError as cause:
                if self.recorded == before:
                    self._session.left_out += self._queue.qsize() + self._in_hand
                    raise SinkError(
                        f"{self.name}: nothing was written for {self._limits.stalled_s:g} s, {self._queue.qsize()} "
                        "frames are lost; the file plays up to there; is its disk still there?"
                    ) from cause
