"""A sound system without hardware, in a time of its own: stands in for the module sounddevice; how a file sounds."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from requirements import lacking

PULSE_S = 0.004
AGE_S = 0.06  # how old a block's first sample is when it comes
CLOCK_S = 1000.0  # PortAudio's clock runs apart from ours


class PortAudioError(Exception): ...


@dataclass
class FakeSounds:
    """The module. now_s: its time, which `advance` alone moves; pulses: instants of it at which a clap is heard."""

    inputs: list[tuple[str, int]] = field(default_factory=lambda: [("Desk Mic", 1), ("Webcam Pro: Audio", 2)])
    knows_age: bool = True
    jitter_s: float = 0.0
    rates_hz: tuple[int, ...] = (44_100, 48_000)
    pulses: list[float] = field(default_factory=list)
    is_unplugged: bool = False
    opened: list[FakeStream] = field(default_factory=list)
    now_s: float = field(default_factory=time.monotonic)  # ahead of the real time from then on, as recordings expect
    PortAudioError = PortAudioError
    default = SimpleNamespace(device=(1, 0))

    def query_devices(self) -> list[dict[str, Any]]:
        speaker = {"name": "Speaker", "max_input_channels": 0, "default_samplerate": 44_100.0}
        inputs = [
            {"name": name, "max_input_channels": count, "default_samplerate": 44_100.0} for name, count in self.inputs
        ]
        return [speaker, *inputs]

    def check_input_settings(self, *, samplerate: int, **_: Any) -> None:
        if samplerate not in self.rates_hz:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def InputStream(self, **options: Any) -> FakeStream:  # noqa: N802 - PortAudio's name
        self.opened.append(FakeStream(self, **options))
        return self.opened[-1]

    def clock(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Time goes on: every block that is due by then has come."""
        until_s = self.now_s + seconds
        for stream in self.opened:
            stream.deliver(until_s)
        self.now_s = until_s


class FakeStream:
    """Calls back with each block AGE_S after its first sample was heard, give or take jitter."""

    latency = AGE_S

    def __init__(
        self,
        world: FakeSounds,
        *,
        samplerate: int,
        channels: int,
        blocksize: int,
        callback: Callable[..., None],
        **_: Any,
    ) -> None:
        self._world, self._rate_hz, self._channels = world, samplerate, channels
        self._block, self._callback = blocksize, callback
        self._generator, self._blocks, self._is_open = np.random.default_rng(5), 0, False
        self._due_s, self.is_closed = 0.0, False

    def start(self) -> None:
        self._begun_s, self._is_open = self._world.now_s, True
        self._plan()

    def close(self) -> None:
        self._is_open, self.is_closed = False, True

    def deliver(self, until_s: float) -> None:
        while self._is_open and self._due_s <= until_s:
            self._world.now_s = max(self._world.now_s, self._due_s)
            if not self._world.is_unplugged:
                self._call()
            self._blocks += 1
            self._plan()

    def _plan(self) -> None:
        self._heard_s = self._begun_s + self._blocks * self._block / self._rate_hz
        self._due_s = self._heard_s + AGE_S + self._world.jitter_s * float(self._generator.random())

    def _call(self) -> None:
        adc_s = self._heard_s + CLOCK_S if self._world.knows_age else 0.0
        times = SimpleNamespace(currentTime=self._world.now_s + CLOCK_S, inputBufferAdcTime=adc_s)
        self._callback(self._samples(self._heard_s), self._block, times, SimpleNamespace(input_overflow=False))

    def _samples(self, from_s: float) -> np.ndarray:
        at_s = from_s + np.arange(self._block) / self._rate_hz
        samples = np.zeros((self._block, self._channels), np.float32)
        for pulse_s in self._world.pulses[-3:]:
            samples[(at_s >= pulse_s) & (at_s < pulse_s + PULSE_S)] = 0.7
        return samples


def needs_ffmpeg() -> None:
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        lacking("ffmpeg", "the programs ffmpeg and ffprobe are not installed")


def heard(path: Path) -> np.ndarray:
    """The file's sound from its 0 on, float32 (n,) at 48 kHz, by the system's ffmpeg."""
    command = ["ffmpeg", "-v", "error", "-copyts", "-i", str(path), "-af", "aresample=48000:async=1:first_pts=0"]
    made = subprocess.run([*command, "-f", "f32le", "-ac", "1", "-"], check=True, capture_output=True)
    assert not made.stderr, made.stderr
    return np.frombuffer(made.stdout, np.float32)


def pulse_times(samples: np.ndarray) -> list[float]:
    """Where each clap begins, s."""
    loud = np.flatnonzero(np.abs(samples) > 0.25)
    return [float(at) / 48_000 for number, at in enumerate(loud) if number == 0 or at - loud[number - 1] > 4800]


def flash_times(path: Path) -> list[float]:
    """When each white picture after a dark one is shown, s, by the system's ffmpeg."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0"]
    told = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True).stdout.split()
    times_s = [float(each.strip(",")) for each in told]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough", "-vf", "scale=1:1:flags=area"]
    made = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "gray", "-"], check=True, capture_output=True)
    bright = np.frombuffer(made.stdout, np.uint8) > 128
    assert len(bright) == len(times_s)
    return [at_s for number, at_s in enumerate(times_s) if bright[number] and not (number and bright[number - 1])]
