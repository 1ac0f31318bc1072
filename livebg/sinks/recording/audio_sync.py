"""Puts a microphone's sound on a recording's time line: samples without a gap, in step with the frames.

A sound card's clock is not the computer's: where the two drift apart, libswresample stretches the sound by parts per
million. Silence replaces missing sound. Recorder's thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
from av.audio.resampler import AudioResampler

from livebg.media.audio.encode import RATE_HZ
from livebg.media.audio.types import Samples, SoundBlock, SoundFeed, SoundInfo

PATIENCE_S = 1.0  # silence replaces sound that is later than this
_JUMP_S, _JUMP_LASTS_S = 0.06, 0.3  # stamps this far off for this long: sound is missing, not merely late
_STEADY_BLOCKS = 200  # number of blocks over which it averages the stamps' jitter
_DRIFT_FROM_S = 10.0  # a shorter time says nothing about a clock
# At most 0.5 % faster or slower, which nobody hears; from 50 ms on it inserts silence or leaves samples out.
_STRETCH = {"async": "240", "min_comp": "0.001", "min_hard_comp": "0.05", "first_pts": "0"}


class BlockClock:
    """The capture time of each block, from the steady sequence of samples instead of its own stamp, which jitters."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._next_s: float | None = None
        self._blocks = 0
        self._off_s = 0.0  # how long the stamps have been far off
        self._since_s = self._samples = 0.0

    def start_s(self, sound: SoundBlock) -> float:
        """When the block's first sample was captured, monotonic clock."""
        length_s = len(sound.samples) / self._rate_hz
        error_s = 0.0 if self._next_s is None else sound.captured_at_s - self._next_s
        self._off_s = self._off_s + length_s if abs(error_s) > _JUMP_S else 0.0
        if self._next_s is None or sound.is_after_gap or self._off_s > _JUMP_LASTS_S:
            self._next_s, self._blocks, self._off_s = sound.captured_at_s, 0, 0.0
        elif abs(error_s) <= _JUMP_S:
            self._next_s += error_s / min(self._blocks + 1, _STEADY_BLOCKS)
        self._blocks += 1
        if self._blocks <= _STEADY_BLOCKS:
            self._since_s, self._samples = self._next_s, 0
        start_s = self._next_s
        self._next_s += length_s
        self._samples += len(sound.samples)
        return start_s

    def restart(self) -> None:
        self._next_s = None

    @property
    def drift(self) -> float | None:
        """How much slower the sound card's clock runs than the computer's (3e-5: 30 ppm); None: not known yet."""
        if self._next_s is None or self._next_s - self._since_s < _DRIFT_FROM_S:
            return None
        return (self._next_s - self._since_s) * self._rate_hz / self._samples - 1


class Line(Protocol):
    """Where captured moments lie in the output: a recording's TimeLine, or a stream's."""

    @property
    def begin_captured_s(self) -> float | None: ...

    def pieces(self, from_s: float, to_s: float) -> Iterator[tuple[float, float, float]]:
        """As TimeLine.pieces()."""
        ...


class AudioSync:
    """delay_s: moves the sound this much later, for a camera that is slower than its driver says."""

    def __init__(self, feed: SoundFeed, info: SoundInfo, line: Line, delay_s: float = 0.0) -> None:
        self._feed, self._info, self._line, self._delay_s = feed, info, line, delay_s
        self._lost_before = feed.lost_samples  # before the recording
        layout = "mono" if info.channels == 1 else "stereo"
        self._resampler = AudioResampler("fltp", layout, RATE_HZ, options=_STRETCH)
        self._layout = layout
        self._clock = BlockClock(info.rate_hz)
        self._waiting: deque[SoundBlock] = deque()
        self._heard_until_s: float | None = None  # captured; silence included
        self.silent_s = 0.0

    def until(self, captured_s: float) -> Iterator[Samples]:
        """The sound captured before this moment (monotonic clock), as far as it has arrived.

        Yields float32 (n, channels) in -1..1 at RATE_HZ; each piece continues the one before, the first is at the
        recording's 0.
        """
        self._waiting.extend(self._feed.take())
        while self._waiting and self._end_s(self._waiting[0]) <= captured_s:
            sound = self._waiting.popleft()
            yield from self._placed(sound.samples, self._clock.start_s(sound) + self._delay_s)
        yield from self._silence(captured_s - PATIENCE_S)

    def rest(self, captured_s: float, wait_s: float) -> Iterator[Samples]:
        """As until(), and complete: waits wait_s for late sound, then uses silence. The last piece ends there.

        Yields float32 (n, channels) in -1..1 at RATE_HZ.
        """
        deadline_s = time.monotonic() + wait_s
        while (self._heard_until_s or 0.0) < captured_s:
            yield from self.until(captured_s + 0.1)  # blocks do not end exactly there; the caller cuts the rest off
            if time.monotonic() > deadline_s:
                yield from self._silence(captured_s)
                break
            time.sleep(0.01)
        yield from self._arrays(self._resampler.resample(None))

    def _end_s(self, sound: SoundBlock) -> float:
        return sound.captured_at_s + len(sound.samples) / self._info.rate_hz + self._delay_s

    def _placed(self, samples: Samples, from_s: float) -> Iterator[Samples]:
        rate_hz = self._info.rate_hz
        to_s = from_s + len(samples) / rate_hz
        self._heard_until_s = max(self._heard_until_s or to_s, to_s)
        for begin_s, end_s, at_s in self._line.pieces(from_s, to_s):
            first, last = round((begin_s - from_s) * rate_hz), round((end_s - from_s) * rate_hz)
            if first == last:
                continue
            packed = np.ascontiguousarray(samples[first:last]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
            frame.sample_rate, frame.pts = rate_hz, round(at_s * rate_hz)
            frame.time_base = Fraction(1, rate_hz)
            yield from self._arrays(self._resampler.resample(frame))

    def _silence(self, until_s: float) -> Iterator[Samples]:
        """Silence instead of missing sound, up to this moment."""
        from_s = self._line.begin_captured_s if self._heard_until_s is None else self._heard_until_s
        if self._waiting or from_s is None or until_s <= from_s:
            return
        missing = round((until_s - from_s) * self._info.rate_hz)
        self.silent_s += missing / self._info.rate_hz
        self._clock.restart()
        yield from self._placed(np.zeros((missing, self._info.channels), np.float32), from_s)

    def _arrays(self, frames: list[av.AudioFrame]) -> Iterator[Samples]:
        for frame in frames:
            yield np.ascontiguousarray(frame.to_ndarray().T, np.float32)

    @property
    def report(self) -> str:
        """The corrections up to now, as text; '' for none."""
        lost_s = (self._feed.lost_samples - self._lost_before) / self._info.rate_hz
        drift = self._clock.drift
        parts = [] if drift is None else [f"its clock drifts by {1e6 * drift:+.0f} ppm, evened out"]
        parts += [f"{lost_s:.2f} s lost"] * (lost_s > 0) + [f"{self.silent_s:.1f} s missing, silent"] * (
            self.silent_s > 0
        )
        return ", ".join(parts)
