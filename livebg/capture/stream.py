"""A live network stream as live_source.py needs it: played like a camera, without trust in its time stamps.

A thread of its own takes packets off the network as they arrive, so that none waits there and grows old; livebg decodes
and shows the newest. Nothing interrupts FFmpeg's calls: livebg asks the two threads that may be inside one (opening,
draining) to end, and leaves them to their time limit; nobody waits for them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import av
import av.error
from av.codec.context import Flags
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame

from livebg.capture.live_source import LiveSource, Lost
from livebg.core.errors import SourceError
from livebg.core.threads import Closed, Latest, Worker
from livebg.core.types import Image
from livebg.media.video.convert import PictureMaker
from livebg.media.video.decode import Decoder
from livebg.media.video.filters import whole_at_once
from livebg.media.video.open import name_of, open_media, why_it_broke

log = logging.getLogger(__name__)

FIRST_PICTURE_S = 10.0  # cameras send a whole picture, from which on the others can be decoded, as seldom as that
READ_S = 0.1
LATE_S = 0.15  # packets that waited longer are dropped where a later whole picture has come
LONGEST_GAP_S = 0.1  # however much waits for decoding, a picture is shown this often
JOIN_S = 0.3
UNTIMED = ("mpjpeg", "mjpeg")  # FFmpeg invents their rate: 25 a second
_LIVE = (
    "rtsp",
    "rtsps",
    "rtmp",
    "rtmps",
    "rtmpt",
    "rtmpe",
    "rtp",
    "srtp",
    "srt",
    "udp",
    "udplite",
    "tcp",
    "tls",
    "mms",
)
_IN_PIECES = ("hls", "dash")  # come some seconds at a time, to be played by their time stamps


def is_live(place: str, container: InputContainer) -> bool:
    """Whether to play it like a camera: a protocol of live streams, or a stream without a known end."""
    form = container.format.name
    if set(form.split(",")) & set(_IN_PIECES):
        return False
    if place.split("://")[0].lower() in _LIVE or form == "mpjpeg":
        return True
    if place.lower().startswith("file:") or form.endswith("_pipe") or form in ("image2", "gif", "apng"):
        return False
    return container.duration is None and container.size <= 0


def open_aside(place: str, is_over: Callable[[], bool]) -> InputContainer:
    """open_media() of an address, in a thread of its own. Raises SourceError.

    KeyboardInterrupt when is_over() is True.
    """
    slot: Latest[InputContainer] = Latest()

    def body(_: threading.Event) -> None:
        container = open_media(place, name_of(place), is_stream=True)
        try:
            slot.put(container)
        except Closed:
            container.close()

    Worker("livebg-opening", body, on_failure=slot.close)
    try:
        while not is_over():
            if (container := slot.get(READ_S)) is not None:
                return container
    finally:
        slot.close()
    with suppress(Closed, SourceError):
        if (container := slot.get(0)) is not None:
            container.close()
    raise KeyboardInterrupt


def open_stream(place: str, container: InputContainer, is_over: Callable[[], bool]) -> LiveSource:
    """The stream opened there, as a live source.

    Closes the container where it raises SourceError or KeyboardInterrupt.
    """
    stream = Stream(place)
    device, first = stream.begin(container, is_over)
    return LiveSource(stream, (device, first), device.fps)


class Stream:
    """A live_source.Place: a stream by its address."""

    has_noise = False  # for a motionless room an encoder sends identical pictures
    patience_s = 2.0  # a network stands still for a second and goes on; to connect anew takes longer
    longest_pause_s = 1.0

    def __init__(self, place: str) -> None:
        self._place, self._name = place, name_of(place)
        self._logged = ""

    def __str__(self) -> str:
        return self._name

    def find(self, is_over: Callable[[], bool]) -> tuple[OpenStream, Image] | None:
        """The stream, connected again, and its first picture, BGR uint8 (H, W, 3); None while that fails."""
        try:
            opened = self.begin(open_aside(self._place, is_over), is_over)
        except KeyboardInterrupt:
            return None
        except SourceError as failure:
            if str(failure) != self._logged:
                log.info("not back yet: %s", failure)
            self._logged = str(failure)
            return None
        self._logged = ""
        return opened

    def begin(self, container: InputContainer, is_over: Callable[[], bool]) -> tuple[OpenStream, Image]:
        """Reads the stream up to its first picture, BGR uint8 (H, W, 3).

        Raises SourceError; KeyboardInterrupt when is_over() is True.
        """
        try:
            device = OpenStream(container, self._name)
        except BaseException:
            container.close()
            raise
        try:
            return device, self._first_of(device, is_over)
        except BaseException:
            device.release()
            raise

    def _first_of(self, device: OpenStream, is_over: Callable[[], bool]) -> Image:
        ends_s = time.monotonic() + FIRST_PICTURE_S
        hint = "check that the camera or program there sends"
        try:
            while not is_over():
                if (picture := device.read()) is not None:
                    return picture
                if time.monotonic() > ends_s:
                    reason = device.why_silent()
                    raise SourceError(
                        f"stream {self._name} was opened, but no picture came within {FIRST_PICTURE_S:g} s: {reason}; "
                        f"{hint}"
                    )
        except Lost as cause:
            raise SourceError(f"stream {self._name} was opened, but no picture came: {cause}; {hint}") from cause
        raise KeyboardInterrupt


class OpenStream:
    """A live_source.Device: a thread that drains the stream, and a decoder of its newest pictures.

    It owns the container.
    """

    def __init__(self, container: InputContainer, name: str) -> None:
        self._name = name
        self._decoder = Decoder(name, name, is_stream=True, is_prompt=True, container=container)
        self._context = self._decoder.stream.codec_context
        self._context.flags |= Flags.low_delay
        self.fps = 0.0 if container.format.name in UNTIMED else self._decoder.fps
        self._packets = _Packets()
        self._maker: PictureMaker | None = None
        self._made_of: tuple[object, ...] = ()
        self._before: VideoFrame | None = None  # the newest that was decoded, and the one before that
        self._newest: VideoFrame | None = None
        self._shown_s = 0.0
        self._drain = Worker("livebg-stream", self._take_all)

    def read(self) -> Image | None:
        """The newest picture, BGR uint8 (H, W, 3); None where none came within a moment. Raises Lost."""
        ends_s = time.monotonic() + READ_S
        while (packet := self._packets.take(ends_s - time.monotonic())) is not None:
            try:
                frame = self._decoded(packet)
                now_s = time.monotonic()
                if frame is not None and (not self._packets or now_s - self._shown_s >= LONGEST_GAP_S):
                    self._shown_s = now_s
                    return self._image(frame)
            except SourceError as cause:
                raise Lost(str(cause)) from cause
            if now_s >= ends_s:
                return None
        return None

    def why_silent(self) -> str:
        fault = self._decoder.fault
        return f"what comes cannot be decoded ({fault})" if fault else "nothing came over the network"

    def release(self) -> None:
        with suppress(TimeoutError):  # it is inside a read, which has a time limit
            self._drain.stop(JOIN_S)

    def _take_all(self, stopping: threading.Event) -> None:
        reason = "the other side ended it"
        try:
            for packet in self._decoder.packets():
                if stopping.is_set():
                    break
                if packet.size:
                    self._packets.put(packet)
        except av.error.FFmpegError as cause:
            reason = why_it_broke(cause)
        finally:
            self._packets.end(reason)
            stopping.wait()  # the decoder may use the container until then
            self._decoder.close()

    def _decoded(self, packet: Packet[av.VideoStream]) -> VideoFrame | None:
        """The newest frame that this packet completes."""
        if self._packets.has_left_out:
            self._packets.has_left_out = False
            self._context.flush_buffers()
            self._newest = None
        frames = self._decoder.decoded(packet)
        for each in frames:
            self._before, self._newest = self._newest, each
        return self._newest if frames else None

    def _image(self, frame: VideoFrame) -> Image:
        made_of = (frame.width, frame.height, frame.format.name, frame.rotation)
        if self._maker is None or made_of != self._made_of:
            stream = self._decoder.stream
            self._maker, self._made_of = PictureMaker(self._name, frame, stream, is_exact=False), made_of
        return self._maker.square_image(whole_at_once(self._before, frame))


class _Packets:
    """Packets that wait for decoding. One thread puts, one takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[float, Packet[av.VideoStream]]] = deque()
        self._end = ""
        self.has_left_out = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, packet: Packet[av.VideoStream]) -> None:
        with self._changed:
            self._waiting.append((time.monotonic(), packet))
            self._changed.notify()

    def end(self, reason: str) -> None:
        with self._changed:
            self._end = reason
            self._changed.notify()

    def take(self, timeout_s: float) -> Packet[av.VideoStream] | None:
        """The next packet to decode, or None if none came in time. Raises Lost after the last one."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._end, max(0.0, timeout_s))
            if not self._waiting:
                if self._end:
                    raise Lost(self._end)
                return None
            if time.monotonic() - self._waiting[0][0] > LATE_S:
                self._leave_out()
            return self._waiting.popleft()[1]

    def _leave_out(self) -> None:
        """Drops what lies before the newest whole picture."""
        for place in range(len(self._waiting) - 1, 0, -1):
            if self._waiting[place][1].is_keyframe:
                for _ in range(place):
                    self._waiting.popleft()
                self.has_left_out = True
                return
