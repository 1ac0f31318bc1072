"""Streams composites to a server; its own thread takes the newest ones, so the live loop never waits for the network.

What goes out is what any viewer may see: the composites and standby images that the output gate gives. Where the
network is slower than the frames, the thread leaves frames out before they are encoded. A lost server is tried again;
each connection begins with a key frame, at time 0.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from livebg.core.errors import SinkError
from livebg.core.threads import POLL_S, Latest, Worker
from livebg.core.types import Composite, Reads
from livebg.media.audio.types import SoundSource
from livebg.media.video.layers import colour
from livebg.sinks.recording.audio_sync import AudioSync
from livebg.sinks.streaming.address import Address
from livebg.sinks.streaming.connection import Connection, Lost

log = logging.getLogger(__name__)

_BITS_PER_PIXEL = 0.1  # 2.8 Mbit/s at 720p and 30 fps, 6.2 at 1080p: what the large services recommend
_BITS_PER_S = (300_000, 12_000_000)
_LATE_S = 1.0  # one frame took so long: the network is too slow
_LEAVE_S = 1.0  # at the end, before the sender is killed


@dataclass(frozen=True, slots=True)
class Pauses:
    """Between two tries: doubled from first_s up to longest_s, and again first_s after a connection of steady_s."""

    first_s: float = 1.0
    longest_s: float = 30.0
    steady_s: float = 10.0


USUAL_PAUSES = Pauses()
Connect = Callable[[Address, int, int, int, float, int], Connection]


class Streamer:
    """A FrameSink for one server. bits_per_s: 0 for one by size. sound: goes along, sound_delay_s later than its
    capture. connect: makes a Connection.

    write() raises SinkError if the first connection fails; later ones are tried again.
    """

    is_live = True
    is_watched = True
    reads: Reads = "image"

    def __init__(
        self,
        address: Address,
        fps: float,
        *,
        bits_per_s: int = 0,
        sound: SoundSource | None = None,
        sound_delay_s: float = 0.0,
        pauses: Pauses = USUAL_PAUSES,
        connect: Connect = Connection,
    ) -> None:
        self.name = f"stream to {address}"
        self._address, self._fps, self._bits_per_s = address, fps, bits_per_s
        self._sound, self._sound_delay_s = sound, sound_delay_s
        self._feed = sound.listen() if sound else None
        self._pauses, self._connect = pauses, connect
        self._newest: Latest[tuple[Composite, float]] = Latest()
        self._connection: Connection | None = None
        self._worker: Worker | None = None
        self._failure: BaseException | None = None
        self._ended = threading.Event()  # the thread has nothing to send any more
        self._is_closed, self._is_slow_logged = False, False
        self._lost_at_s = 0.0  # 0 while connected
        self.connections = self.sent = 0

    @property
    def dropped(self) -> int:
        """Frames left out: the network was slow, or the server away."""
        return self._newest.dropped

    def write(self, composite: Composite) -> None:
        """Hands over one composite; never waits. Raises SinkError once if the server never took the stream."""
        assert not self._is_closed, "written to after close"
        self._raise_failure()
        if self._worker is None:
            self._worker = Worker("livebg-stream", self._run, self._unblock, self._note)
        frame = composite.frame
        self._newest.put((composite, time.monotonic() if frame is None else frame.captured_at_s))

    def _note(self, failure: BaseException) -> None:
        self._failure = failure
        self._ended.set()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if isinstance(failure, SinkError):
            raise failure
        if failure is not None:
            raise SinkError(f"{self.name}: failed: {failure!r}") from failure

    def _run(self, stopping: threading.Event) -> None:
        """The thread: connects, sends, connects again. Raises SinkError if the first connection fails."""
        pause_s = self._pauses.first_s
        while not stopping.is_set():
            began_s = time.monotonic()
            try:
                self._stream(stopping)
            except Lost as why:
                if stopping.is_set():
                    break
                if not self.connections:
                    raise SinkError(f"{self.name}: cannot be sent: {why}; check the address and the server") from None
                self._say_lost(why)
                if time.monotonic() - began_s >= self._pauses.steady_s:
                    pause_s = self._pauses.first_s
                stopping.wait(pause_s)
                pause_s = min(2 * pause_s, self._pauses.longest_s)
        self._ended.set()

    def _say_lost(self, why: Lost) -> None:
        if not self._lost_at_s:
            self._lost_at_s = time.monotonic()
            log.warning("%s: lost: %s. Frames are dropped until it is back; livebg tries again", self.name, why)
        else:
            log.debug("%s: still lost: %s", self.name, why)

    def _say_connected(self, height: int, width: int, bits_per_s: int) -> None:
        self.connections += 1
        if self._lost_at_s:
            log.warning("%s: is back after %.0f s", self.name, time.monotonic() - self._lost_at_s)
        else:
            sounding = ", with sound" if self._sound else ""
            log.info("%s: %dx%d, H.264 at %d kbit/s%s", self.name, width, height, bits_per_s // 1000, sounding)
        self._lost_at_s = 0.0

    def _stream(self, stopping: threading.Event) -> None:
        """One connection, to its end. Raises Lost."""
        (composite, _), channels = self._next(stopping), self._sound.info.channels if self._sound else 0
        height, width = composite.image.shape[:2]
        bits_per_s = self._bits_per_s or usual_bits_per_s(height, width, self._fps)
        connection = self._connection = self._connect(self._address, bits_per_s, height, width, self._fps, channels)
        try:
            connection.connect()
            self._say_connected(height, width, bits_per_s)
            self._send(connection, stopping)
        finally:
            connection.close()

    def _send(self, connection: Connection, stopping: threading.Event) -> None:
        """Sends until `stopping`. Raises Lost."""
        composite, begin_s = self._next(stopping)
        sound = None
        if self._sound is not None and self._feed is not None:
            self._feed.take()  # what came before this connection
            sound = AudioSync(self._feed, self._sound.info, StreamLine(begin_s), self._sound_delay_s)
        connection.picture(colour(composite), 0.0)
        self.sent += 1
        while not stopping.is_set():
            if (taken := self._newest.get(POLL_S)) is not None:
                composite, captured_s = taken
                taken_s = time.monotonic()
                connection.picture(colour(composite), captured_s - begin_s)
                self.sent += 1
                if time.monotonic() - taken_s > _LATE_S:
                    self._say_slow()
            if sound is not None:
                for samples in sound.until(time.monotonic()):
                    connection.sound(samples)

    def _say_slow(self) -> None:
        if not self._is_slow_logged:
            self._is_slow_logged = True
            log.warning(
                "%s: the network or the server is too slow, frames are left out; a lower --stream-bitrate may help",
                self.name,
            )

    def _next(self, stopping: threading.Event) -> tuple[Composite, float]:
        while not stopping.is_set():
            if (taken := self._newest.get(POLL_S)) is not None:
                return taken
        raise Lost("ended")

    def _unblock(self) -> None:
        """Gives the thread a moment to end the stream properly, then ends its waiting."""
        if not self._ended.wait(_LEAVE_S) and self._connection is not None:
            self._connection.kill()

    def close(self) -> None:
        """Ends the stream and its thread, within about two seconds; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._feed is not None:
            self._feed.close()
        if self._worker is not None:
            self._worker.stop()
            log.info("%s: %d frames sent, %d left out", self.name, self.sent, self.dropped)
            self._raise_failure()


class StreamLine:
    """Where captured sound lies in a stream (recording.timeline.TimeLine without pauses).

    begin_captured_s: the stream's 0, monotonic clock.
    """

    def __init__(self, begin_captured_s: float) -> None:
        self.begin_captured_s = begin_captured_s

    def pieces(self, from_s: float, to_s: float) -> Iterator[tuple[float, float, float]]:
        """The part of [from_s, to_s), captured, that belongs to the stream: (begin, end, where it begins there), s."""
        begin_s = max(from_s, self.begin_captured_s)
        if begin_s < to_s:
            yield begin_s, to_s, begin_s - self.begin_captured_s


def usual_bits_per_s(height: int, width: int, fps: float) -> int:
    low, high = _BITS_PER_S
    return round(min(max(_BITS_PER_PIXEL * height * width * fps, low), high))
