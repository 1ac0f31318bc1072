"""Servers for streams on 127.0.0.1: FFmpeg's program as RTMP and RTSP server, aiortc as WHIP server, one that hangs; a
microphone that claps, and what a file received holds."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import psutil
from av.video.frame import PictureType
from composites import LEFT, RIGHT, ROOM, composite
from patience import HANGS_S, until
from requirements import lacking

from livebg.core.types import Composite
from livebg.media.audio.types import SoundBlock, SoundFeed, SoundInfo

CLAP_EVERY_S, CLAP_S = 0.8, 0.2
BLOCK_S = 0.02


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FFmpegServer:
    """Takes one stream, and writes it unchanged to a file. kind: rtmp or rtsp."""

    def __init__(self, kind: str) -> None:
        if shutil.which("ffmpeg") is None:
            lacking("ffmpeg", "the program ffmpeg is not installed")
        self._kind, self._port = kind, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{self._kind}://127.0.0.1:{self._port}/live/secret"

    def start(self, path: Path) -> None:
        """Returns once it listens."""
        listening = ["-listen", "1"] if self._kind == "rtmp" else ["-rtsp_flags", "listen"]
        soon = ["-analyzeduration", "300000", "-fpsprobesize", "0"]  # it writes what comes without long analysis
        command = ["ffmpeg", "-y", "-loglevel", "error", *soon, *listening, "-i", self.address, "-c", "copy"]
        self._process = subprocess.Popen(
            [*command, "-flush_packets", "1", str(path)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        asked = psutil.Process(self._process.pid)
        until(lambda: any(each.status == psutil.CONN_LISTEN for each in asked.net_connections()), "the server")

    def stand_still(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> None:
        """Waits until it has written all, since the stream has ended."""
        assert self._process is not None
        self._process.wait(HANGS_S)


class WhipServer:
    """tests/whip_server.py in a process of its own."""

    def __init__(self) -> None:
        try:
            import aiortc  # noqa: F401
        except ImportError:
            lacking("whip", "the package aiortc is not installed")
        command = [sys.executable, str(Path(__file__).with_name("whip_server.py"))]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def end(self) -> dict[str, object]:
        """What it received, once the stream has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server has ended by itself"
        return dict(json.loads(line))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class HangingServer:
    """Accepts connections and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                self.accepted.append(self._listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for each in self.accepted:
            each.close()


class ClappingMicrophone:
    """A SoundSource in real time: loud for CLAP_S at every whole CLAP_EVERY_S of the monotonic clock."""

    info = SoundInfo("clapping", 48_000, 1)

    def __init__(self) -> None:
        self._from_s = time.monotonic()
        self._feed = SoundFeed(self._look)

    def listen(self) -> SoundFeed:
        return self._feed

    def _look(self) -> None:
        while self._from_s + BLOCK_S <= time.monotonic():
            at_s = self._from_s + np.arange(round(BLOCK_S * self.info.rate_hz)) / self.info.rate_hz
            tone = 0.5 * np.sin(2 * np.pi * 1000 * at_s) * claps(at_s)
            self._feed.put(SoundBlock(tone.astype(np.float32)[:, None], self._from_s))
            self._from_s += BLOCK_S

    def close(self) -> None: ...


def claps(at_s: np.ndarray | float) -> np.ndarray:
    return np.asarray(np.mod(at_s, CLAP_EVERY_S) < CLAP_S)


def frame_now(sequence: int, *, height: int = 120, width: int = 160) -> Composite:
    """Captured at this moment: the person before the background; both flash white with the clap."""
    now_s = time.monotonic()
    made = composite(sequence / 30, height=height, width=width, sequence=sequence)
    assert made.frame is not None
    image = np.full_like(made.image, 255) if claps(now_s) else made.image
    return replace(made, image=image, frame=replace(made.frame, captured_at_s=now_s))


def feed(sink: object, is_enough: Callable[[], bool], fps: float = 30.0) -> float:
    """Frames at this rate until it is enough; returns the longest time that one write took, s."""
    begun_s, longest_s, sequence = time.monotonic(), 0.0, 0

    def one_more() -> bool:
        nonlocal longest_s, sequence
        frame = frame_now(sequence)
        before_s = time.monotonic()
        sink.write(frame)  # type: ignore[attr-defined]
        longest_s = max(longest_s, time.monotonic() - before_s)
        sequence += 1
        time.sleep(max(0.0, begun_s + sequence / fps - time.monotonic()))
        return is_enough()

    until(one_more, "what the stream should come to", rarest_s=0.001)
    return longest_s


@dataclass(frozen=True, slots=True)
class Received:
    """times_s, kinds (I, P, B): of the pictures; flash_s, clap_s: when brightness and sound set in."""

    times_s: list[float]
    kinds: list[str]
    codecs: list[str]
    flash_s: list[float]
    clap_s: list[float]
    farthest: int  # of any pixel, from what was sent
    nearest_to_room: int


def received(path: Path) -> Received:
    times_s, kinds, bright, farthest, nearest = [], [], [], 0, 255
    loud: list[tuple[float, bool]] = []
    with av.open(str(path)) as container:
        codecs = [each.codec_context.name for each in container.streams]
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                image = frame.to_ndarray(format="bgr24").astype(int)
                is_bright = bool(image[60, 40].min() > 200)
                times_s.append(float(frame.time or 0.0))
                kinds.append(PictureType(frame.pict_type).name)
                bright.append((times_s[-1], is_bright))
                halves = image[:, 8:72], image[:, 88:152]
                for half, colour in zip(halves, (LEFT, RIGHT), strict=True):
                    farthest = max(farthest, int(np.abs(half - (255 if is_bright else colour)).max()))
                nearest = min(nearest, int(np.abs(image - ROOM).max(axis=2).min()))
            else:
                samples = np.abs(frame.to_ndarray()[0])
                for index in range(0, len(samples) - 47, 48):  # by the millisecond
                    loud.append(
                        (float(frame.time or 0.0) + index / 48_000, bool(samples[index : index + 48].max() > 0.1))
                    )
    return Received(times_s, kinds, codecs, _onsets(bright), _onsets(loud), farthest, nearest)


def _onsets(states: list[tuple[float, bool]]) -> list[float]:
    """Where it is on, and was off for 0.3 s before (0.1 s at a time for sound's own zero crossings)."""
    found, last_on_s = [], states[0][0] if states else 0.0
    for at_s, is_on in states:
        if is_on:
            if at_s - last_on_s > 0.3:
                found.append(at_s)
            last_on_s = at_s
    return found
