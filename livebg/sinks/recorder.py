"""Records composites, or their matte, to a video file; encodes on its own thread behind a bounded queue.

Every composite that stands for a source frame is written at that frame's time on the source's time line, also when
its image is a standby card (then the picture is the card and the matte is all zeros). Standby cards between frames
carry no time and are left out. Once a second the file is brought to the disk and the disk looked at: the recording
ends, whole, before that is full. Knows nothing about encoding, see video_file.py.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from pathlib import Path

from livebg.errors import SinkError
from livebg.mailbox import Worker
from livebg.sinks.encodings import Encoding
from livebg.sinks.free_space import Room
from livebg.sinks.layers import Layer
from livebg.sinks.video_file import VideoFile
from livebg.stages import Composite, Reads

log = logging.getLogger(__name__)

_QUEUE_BYTES = 256 * 2**20  # what may wait: 1 to 2 s at 720p, so that a disk that hesitates costs no frame
_QUEUE_LEAST, _QUEUE_MOST = 4, 30
_POLL_S = 0.05
_LOOK_EVERY_S = 1.0
_STALLED_S = 5.0  # a disk that wakes up, or a stick that empties its cache, takes seconds for one sync


class Recorder:
    """A FrameSink for one video file, opened at the first frame.

    may_drop: a full queue drops the frame, counted and reported (live sources); else `write` waits (no frame is lost).
    fps: the source's nominal rate.
    """

    def __init__(
        self, path: Path, layer: Layer, encoding: Encoding, *, may_drop: bool, fps: float = 30.0, force: bool = False
    ) -> None:
        self._path, self._layer, self._encoding = path, layer, encoding
        self._may_drop, self._fps, self._force = may_drop, fps, force
        self._queue: queue.Queue[Composite] = queue.Queue()
        self._worker: Worker | None = None
        self._failure: BaseException | None = None
        self._is_failure_told = False
        self._is_closed = False
        self.dropped = 0
        self.recorded = 0

    @property
    def name(self) -> str:
        return f"recording {self._path}"

    @property
    def reads(self) -> Reads:
        return "image and alpha"

    @property
    def is_live(self) -> bool:
        return False

    @property
    def is_watched(self) -> bool:
        return True

    def write(self, composite: Composite) -> None:
        """Hand one composite over. Raises SinkError if the file cannot be made or the encoder has failed."""
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
                log.warning("%s: encoder or disk is slower than the source, frames are being left out", self.name)
            self.dropped += 1

    def _start(self, composite: Composite) -> None:
        picture = self._layer(composite)
        height, width = picture.shape[:2]
        file = VideoFile(self._path, self._encoding, height, width, self._fps, self._force)
        held_bytes = composite.image.nbytes + (0 if composite.alpha is None else composite.alpha.nbytes)
        self._queue = queue.Queue(max(_QUEUE_LEAST, min(_QUEUE_MOST, _QUEUE_BYTES // held_bytes)))
        self._worker = Worker(
            f"livebg {self.name}", lambda stopping: self._encode_all(file, stopping), on_failure=self._note
        )
        log.info("%s: %dx%d %s", self.name, width, height, self._encoding.codec)

    def _put_waiting(self, composite: Composite) -> None:
        while True:
            try:
                self._queue.put(composite, timeout=_POLL_S)
                return
            except queue.Full:
                self._raise_failure()

    def _encode_all(self, file: VideoFile, stopping: threading.Event) -> None:
        """The thread: encodes until asked to stop with an empty queue. The file is finished on every way out."""
        room, looked_at_s, seen = Room(self._path), time.monotonic(), 0
        try:
            while True:
                if self.recorded > seen and time.monotonic() - looked_at_s >= _LOOK_EVERY_S:
                    file.sync()
                    room.check(file.written_bytes)
                    looked_at_s, seen = time.monotonic(), self.recorded
                try:
                    composite = self._queue.get(timeout=_POLL_S)
                except queue.Empty:
                    if stopping.is_set():
                        return
                    continue
                assert composite.frame is not None
                file.add(self._layer(composite), composite.frame.media_time_s)
                self.recorded += 1
        finally:
            file.close()

    def _note(self, failure: BaseException) -> None:
        self._failure = failure

    def _raise_failure(self) -> None:
        if self._failure is None:
            return
        self._is_failure_told = True
        if isinstance(self._failure, SinkError):
            raise self._failure
        raise SinkError(f"{self.name}: the encoder failed: {self._failure!r}") from self._failure

    def close(self) -> None:
        """Encode what waits, finish the file, end the thread. Raises SinkError for a failure not told before."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._worker is None:
            log.warning("%s: not made, since no frame arrived", self.name)
            return
        self._join(self._worker)
        if self.dropped:
            log.warning("%s: %d of %d frames left out", self.name, self.dropped, self.dropped + self.recorded)
        if not self._is_failure_told:
            self._raise_failure()

    def _join(self, worker: Worker) -> None:
        """Wait for the thread as long as it gets anything done."""
        while True:
            before = self.recorded
            try:
                worker.stop(_STALLED_S)
                return
            except TimeoutError as cause:
                if self.recorded == before:
                    raise SinkError(
                        f"{self.name}: nothing was written for {_STALLED_S:g} s, {self._queue.qsize()} frames "
                        "are lost; the file plays up to there; is its disk still there?"
                    ) from cause
