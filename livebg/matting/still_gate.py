"""The still gate: while nothing moves, a frame gets the alpha of the last frame that the engine looked at.

It compares each picture with that frame's, never with the frame before, so that slow changes add up until it sees them.
It judges luma and both colour differences each by its own noise: a person as bright as the room moves in colour alone.
One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.resize import small_size
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.exposure import Light, lights_between
from livebg.matting.propagation.inference import again, look
from livebg.matting.small_picture import Small, is_cut, small_of

Plane = NDArray[Any]

REFRESH_S = 1.5  # the engine looks this often although nothing moves
WINDOW_PX = 4  # it averages differences over this window: noise falls to a quarter, an edge's shift hardly
# The largest averaged difference that may be noise: a number of the noise's standard deviations, by channel, but never
# outside these bounds. With 37 thousand windows, none may exceed it by chance; the noise of colours is less even.
LOW_LEVELS, HIGH_LEVELS = 2.75, 8.0
NOISE_FACTORS = 6.0, 7.5, 7.5
# Over this wide window, noise and a codec's artefacts reach at most so many levels, or this share of the limit above; a
# person who hardly differs from the room exceeds that.
WIDE_PX, WIDE_LEVELS, WIDE_SHARE = 16, 1.2, 1 / 3
QUARTILE_PER_DEVIATION = 0.319  # lower quartile of |noise|: motion in up to 3/4 of the picture does not change it
GAIN_SPAN = 0.1  # the network does not notice a change of exposure by this share and OFFSET_LEVELS
OFFSET_LEVELS = 12.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames since the start. key_frames: the engine looked at them; propagated: they got a propagated alpha; still:
    they got a key frame's alpha unchanged, since nothing moved. key_frame_s: the engine's time for the newest one."""

    key_frames: int = 0
    propagated: int = 0
    still: int = 0
    key_frame_s: float = 0.0


class StillGate:
    """A MattingEngine over another one, which it owns.

    is_on: as settings.still_gate; while off, the engine looks at every frame. counts: where counting goes on from.
    """

    def __init__(self, engine: MattingEngine, is_on: bool, counts: Counts | None = None) -> None:
        self._engine, self.is_on, self.counts = engine, is_on, counts or Counts()
        self._newest: tuple[int, float, tuple[int, int]] | None = None  # sequence, time and small size
        self._forget()

    @property
    def description(self) -> str:
        return self._engine.description

    def matte(self, frame: Frame) -> Alpha:
        """The alpha, float32 (h, w) in 0..1 at the engine's size.

        Raises ModelError where the engine fails, and for all later frames until something moves.
        """
        self._follow(frame)
        small = small_of(frame) if self.is_on else None
        if small is None or not self._is_kept(small):
            self._look(frame, small)
        elif self._failure is None:
            self.counts = replace(self.counts, still=self.counts.still + 1)
        if self._failure is not None:
            raise again(self._failure) from self._failure
        return Alpha(self._values, frame.sequence)

    def reset(self) -> None:
        """Forgets every frame (a new source or size)."""
        self._newest = None
        self._forget()
        self._engine.reset()

    def close(self) -> None:
        self._engine.close()

    def _forget(self) -> None:
        self._key: Small | None = None  # the last frame that the engine looked at
        self._last: Small | None = None  # the frame before
        self._unseen: Frame | None = None  # while the gate is off, the last frame: it is both
        self._values: Matte = np.empty((0, 0), np.float32)
        self._failure: ModelError | None = None

    def _follow(self, frame: Frame) -> None:
        """Forgets everything where this frame is not the next of the same source."""
        newest = frame.sequence, frame.media_time_s, small_size(frame.height, frame.width)
        last = self._newest
        if last is not None and not (newest[0] > last[0] and newest[1] >= last[1] and newest[2] == last[2]):
            self.reset()
        self._newest = newest

    def _is_kept(self, small: Small) -> bool:
        """Whether the engine need not look at this frame."""
        if self._unseen is not None:
            self._key = self._last = small_of(self._unseen)
            self._unseen = None
        last, self._last = self._last, small
        if last is not None and self._key is not None and is_cut(small, last):
            self._key = None
        key = self._key
        return key is not None and small.at_s - key.at_s < REFRESH_S and is_still(small, key)

    def _look(self, frame: Frame, small: Small | None) -> None:
        answer = look(self._engine, frame)
        self._failure = answer.failure
        if answer.alpha is not None:
            self._key, self._values = small, answer.alpha.values
            self._unseen = frame if small is None else None
        self.counts = replace(self.counts, key_frames=self.counts.key_frames + 1, key_frame_s=answer.duration_s)


def is_still(new: Small, key: Small) -> bool:
    """True where two small pictures, uint8 (h, w, 3), differ by noise and a little exposure only, in every channel."""
    if new.luma.shape != key.luma.shape:
        return False
    lights = lights_between(new.means, key.means)
    if abs(lights[0][0] - 1) > GAIN_SPAN or abs(float(np.mean(new.means[::3] - key.means[::3]))) > OFFSET_LEVELS:
        return False
    return all(
        _is_noise(cv2.extractChannel(new.channels, each), cv2.extractChannel(key.channels, each), light, factor)
        for each, (light, factor) in enumerate(zip(lights, NOISE_FACTORS, strict=True))
    )


def _is_noise(new: Plane, key: Plane, light: Light, factor: float) -> bool:
    """Whether two planes, uint8 (h, w), differ by noise only, once `light` is corrected. factor: see NOISE_FACTORS."""
    gain, offset = light
    difference: Plane = cv2.addWeighted(new, 1.0, key, -gain, -offset, dtype=cv2.CV_32F)
    near = cv2.blur(difference, (WINDOW_PX, WINDOW_PX))
    largest, limit = _largest(near), LOW_LEVELS
    if largest > HIGH_LEVELS:  # somebody moves, the usual case: it is seen at once
        return False
    if largest > LOW_LEVELS:
        limit = factor * float(np.quantile(np.abs(near[::4, ::4]), 0.25)) / QUARTILE_PER_DEVIATION
    most = max(WIDE_LEVELS, WIDE_SHARE * limit if limit > LOW_LEVELS else 0.0)
    return largest <= limit and _largest(cv2.blur(difference, (WIDE_PX, WIDE_PX))) <= most


def _largest(values: Plane) -> float:
    """The largest magnitude."""
    low, high, *_ = cv2.minMaxLoc(values)
    return max(high, -low)
