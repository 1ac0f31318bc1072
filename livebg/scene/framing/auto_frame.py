"""`--auto-frame`: crops the picture so that it follows the person, as a calm camera operator would.

The matte says where the person is. The crop ignores small moves (a dead zone) and follows larger ones with limited
speed and acceleration, in seconds of media time. The approach is the square-root controller of autopilots: the highest
speed from which braking still works, and near the goal a speed that fades with the distance, so nothing overshoots.
Main thread.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from livebg.core.settings import Settings
from livebg.core.types import Frame, Matte
from livebg.scene.framing.composition import (
    WHOLE,
    Bounds,
    Crop,
    is_cut_aside,
    kept_inside,
    leaves_out,
    person_bounds,
    wanted_crop,
)
from livebg.scene.framing.crop_numba import crop

Vector = NDArray[np.float64]  # (3,): as a Crop, per second

STEP_S = 1 / 60  # time step of the controller, so that its path is the same at any frame rate
LONGEST_STEP_S = 1.0  # a longer pause between two frames counts as this long
SPEED, SPEED_HOME = 0.5, 0.15  # of the picture per second; SPEED_HOME: back to the whole picture when nobody is there
ACCELERATION = 1.0  # of the picture per second, per second
BRAKING = 0.7 * ACCELERATION  # an approach assumes less than ACCELERATION, so that it is never too fast
FADE_S = 0.3  # in this time a small distance shrinks to about a third
SNAP = 1e-4  # of the picture: an invisible distance, an eighth of a pixel at 1280
DEAD_ZONE = 0.07  # of the crop's size: how far off the wanted crop may be before following begins
SLACK = 0.015  # of the picture: how far off it may be while following
ARRIVED, AT_REST = 0.006, 0.01  # distance and speed at which following ends
HOLD_S, HOLD_CUT_S = 0.3, 0.1  # it must be off, or cut somebody off, for this long: one wrong matte moves nothing
GONE_S = 1.0  # after this long without a person the crop returns to the whole picture
CALM_S = 0.15  # averaging time of the person's bounds


class AutoFraming:
    """Holds the crop, its speed and its goal; `reset()` forgets them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The next frame begins with the whole picture (a new source)."""
        self._at: Crop | None = None
        self._goal: Crop = np.array(WHOLE)
        self._speed: Vector = np.zeros(3)
        self._bounds: Bounds | None = None
        self._shape: tuple[int, ...] = ()
        self._last_s = self._off_s = self._gone_s = 0.0
        self._is_following = False

    @property
    def crop(self) -> Crop:
        """The visible part: float64 (3,), the crop's centre across and down and half its size, 0..1 of the picture."""
        return np.array(WHOLE) if self._at is None else self._at.copy()

    def follow(self, frame: Frame, alpha: Matte, settings: Settings) -> tuple[Frame, Matte]:
        """The visible part of a BGR uint8 (H, W, 3) frame and its alpha, float32 (H, W) in 0..1, enlarged to full size.

        Returns the same frame and alpha where that is the whole picture: with `auto_frame` off, always, once the crop
        has moved back there.
        """
        if alpha.shape != self._shape:
            self.reset()
        is_on = settings.auto_frame
        if not is_on and self._at is None:
            return frame, alpha
        elapsed_s = 0.0 if self._at is None else min(max(frame.media_time_s - self._last_s, 0.0), LONGEST_STEP_S)
        self._last_s, self._shape = frame.media_time_s, alpha.shape
        if is_on:
            self._aim(person_bounds(alpha), settings.auto_frame_zoom, elapsed_s)
        else:
            self._goal = np.array(WHOLE)
        self._at = self._moved(self.crop, elapsed_s, SPEED_HOME if is_on and self._bounds is None else SPEED)
        if np.array_equal(self._at, WHOLE):
            if not is_on:
                self.reset()
            return frame, alpha
        across, down, half = (float(each) for each in self._at)
        image, matte = crop(frame.image, alpha, across - half, down - half, 2 * half)
        return Frame(image, frame.sequence, frame.captured_at_s, frame.media_time_s), matte

    def _aim(self, seen: Bounds | None, zoom: float, elapsed_s: float) -> None:
        """Sets a new goal if the person has needed one, or has been away, for long enough."""
        if seen is None:
            self._gone_s += elapsed_s
            if self._gone_s >= GONE_S:
                self._bounds, self._goal, self._is_following = None, np.array(WHOLE), False
            return
        self._gone_s = 0.0
        last = seen if self._bounds is None else self._bounds
        self._bounds = last + (seen - last) * (1 - math.exp(-elapsed_s / CALM_S))
        wanted = wanted_crop(self._bounds, zoom)
        self._goal = kept_inside(self._goal, zoom)
        if is_cut_aside(seen):  # no zoom towards somebody who is leaving or only half in
            wanted = kept_inside(np.maximum(wanted, (0, 0, self._goal[2])), zoom)
        off = wanted - self._goal
        distance = float(np.linalg.norm(off))
        is_cutting = leaves_out(self._goal, self._bounds)
        is_off = is_cutting or distance > 2 * DEAD_ZONE * self._goal[2]
        self._off_s = self._off_s + elapsed_s if is_off else 0.0
        if self._off_s >= (HOLD_CUT_S if is_cutting else HOLD_S):
            self._is_following = True
        if self._is_following and distance > SLACK:
            self._goal = kept_inside(self._goal + off * (1 - SLACK / distance), zoom)

    def _moved(self, at: Crop, elapsed_s: float, top_speed: float) -> Crop:
        """The crop after this time, moved towards the goal."""
        steps = math.ceil(elapsed_s / STEP_S - 1e-6)
        for _ in range(steps):
            step_s = elapsed_s / steps
            way = self._goal - at
            distance = float(np.linalg.norm(way))
            if distance < SNAP:
                self._speed, at = np.zeros(3), self._goal.copy()
                break
            change = way * (min(approach_speed(distance), top_speed) / distance) - self._speed
            most = ACCELERATION * step_s
            self._speed = self._speed + change * min(1.0, most / max(float(np.linalg.norm(change)), 1e-12))
            at = kept_inside(at + self._speed * step_s, math.inf)
        is_there = float(np.linalg.norm(self._goal - at)) < ARRIVED
        if is_there and float(np.linalg.norm(self._speed)) < AT_REST:
            self._is_following = False
        return at


def approach_speed(distance: float) -> float:
    """The speed, per second, at this distance from the goal: BRAKING from here, then fading, stops exactly there."""
    if distance < BRAKING * FADE_S**2:
        return distance / FADE_S
    return math.sqrt(2 * BRAKING * (distance - BRAKING * FADE_S**2 / 2))
