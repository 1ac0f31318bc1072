"""What is remembered of the empty room at one small size, and what it says about an alpha. Knows nothing about when the
room may be learnt or must be let go of (plate.py). Main thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from livebg.core.types import Image, Matte
from livebg.matting.plate import learn_numba as kernels
from livebg.matting.plate import weigh_numba as weighing

TRUSTED_S = 1.2  # a pixel that has looked the same for so long is the room
LONGEST_STEP_S = 0.4  # a longer gap between frames teaches no more than this
MEMORY_S = 0.7  # of what persons and room look like
FEWEST_SEEN = 60.0  # pixels of each, before they say anything
RARE, MOST = 0.02, 2.5  # what was never seen is not impossible; no pixel's evidence is stronger (natural logarithm)
ISLAND = 0.3  # alpha above it is part of one
SAME_DISTANCE, SAME_SHARE, FEWEST_CELLS = 0.5, 0.85, 4  # of an island that is the room: its pixels' distance, how many


@dataclass(slots=True)
class Room:
    """What is remembered, of one small size: mean colour, noise (levels) and age (s) per pixel, and their scratch."""

    mean: Matte  # (h·w·3,)
    noise: Matte  # (h·w,)
    age: Matte  # (h·w,)
    distances: Matte  # (h·w,)
    steepness: Matte  # (w,)
    gain: Matte = field(default_factory=lambda: np.ones(3, np.float32))  # picture / mean
    tables: Matte = field(default_factory=lambda: np.zeros(2 * weighing.BINS**2, np.float32))
    counts: Matte = field(default_factory=lambda: np.empty(3 * kernels.GAIN_BINS, np.float32))
    seen: Matte = field(default_factory=lambda: np.empty(5, np.float32))
    logarithms: Matte = field(default_factory=lambda: np.zeros(weighing.BINS**2, np.float32))
    measures: Matte = field(default_factory=lambda: np.empty(int(weighing.CHUNK * weighing.MEASURES), np.float32))
    is_informed: bool = False  # logarithms say something
    turn: int = 0
    taught_at_s: list[float] = field(default_factory=lambda: [math.inf] * kernels.TURNS)

    def next_turn(self, now_s: float) -> tuple[int, float]:
        """Which rows are to learn from this frame, and of how many seconds."""
        self.turn = (self.turn + 1) % kernels.TURNS
        elapsed_s = max(0.0, now_s - self.taught_at_s[self.turn])
        self.taught_at_s[self.turn] = now_s
        return self.turn, min(elapsed_s, LONGEST_STEP_S)

    @classmethod
    def of(cls, small: Image, age_s: float) -> Room:
        mean = small.reshape(-1).astype(np.float32)
        ones = np.ones(mean.size // 3, np.float32)
        return cls(mean, ones, ones * np.float32(age_s), ones * 0, np.empty(small.shape[1], np.float32))


def decided(room: Room, small: Image, values: Matte, near: Matte, elapsed_s: float) -> Matte | None:
    """The alpha moved by what its pixels look like, float32 (h, w); None where too little was seen to say anything."""
    width, flat, given = values.shape[1], near.reshape(-1), values.reshape(-1)
    evidence = np.empty_like(values)
    fade = np.float32(np.exp(-elapsed_s / MEMORY_S))
    room.tables *= fade
    knobs = np.array([*room.gain, TRUSTED_S, 1 - fade], np.float32)
    planes = (room.mean, room.noise, room.age)
    weighing.look(
        small, given, flat, *planes, width, knobs, room.logarithms, room.measures, evidence.reshape(-1), room.tables
    )
    was_informed = room.is_informed
    room.is_informed = weighing.compare(room.tables, RARE / weighing.BINS**2, MOST, room.logarithms) >= FEWEST_SEEN
    if not was_informed:
        return None
    around = np.asarray(cv2.blur(evidence, (3, 3), borderType=cv2.BORDER_REPLICATE), np.float32)
    result = np.empty_like(values)
    weighing.decide(given, flat, room.age, TRUSTED_S, around.reshape(-1), result.reshape(-1))
    return result


def drop_islands(room: Room, values: Matte) -> None:
    """Islands of `values`, float32 (h, w), that look just like the room become background; never the largest, which may
    be somebody who was learnt with it. Looked at in every TURNS-th row and column, those that ask() has just compared.
    """
    height, width = values.shape
    rows, columns = slice(room.turn, None, kernels.TURNS), slice(None, None, kernels.TURNS)
    count, labels, sizes, _ = cv2.connectedComponentsWithStats((values[rows, columns] > ISLAND).view(np.uint8))
    if count < 3:  # the background and one
        return
    is_same = room.distances.reshape(height, width)[rows, columns] < SAME_DISTANCE
    is_same &= room.age.reshape(height, width)[rows, columns] >= TRUSTED_S
    areas = sizes[:, cv2.CC_STAT_AREA]
    shares = np.bincount(labels[is_same], minlength=count) / areas
    is_room = (shares > SAME_SHARE) & (areas >= FEWEST_CELLS) & (areas < areas[1:].max())
    is_room[0] = False
    if not is_room.any():
        return
    around = np.ones((3, 3), np.uint8)
    wide = cv2.dilate(is_room[labels].view(np.uint8), around)
    wide[(labels > 0) & ~is_room[labels]] = 0
    values[cv2.resize(wide, (width, height), interpolation=cv2.INTER_NEAREST) > 0] = 0
