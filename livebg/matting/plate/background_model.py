"""The background model at one small size: what livebg remembers of the empty room, and how that corrects an alpha.

correction.py decides when the model learns and when it is dropped. One thread at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from livebg.core.types import Image, Matte
from livebg.matting.plate import learn_numba as kernels
from livebg.matting.plate import weigh_numba as weighing
from livebg.matting.plate.params import PLATE

LONGEST_STEP_S = 0.4  # a longer gap between frames teaches no more than this
MEMORY_S = 0.7  # how long the tables remember what person and background look like
FEWEST_SEEN = 60.0  # pixels of person and of background that must be counted before the tables are used
RARE, MOST = 0.02, 2.5  # count for what was never seen; the strongest evidence of one pixel (natural logarithm)
COMPONENT = 0.3  # alpha above it belongs to a component
SAME_DISTANCE, SAME_SHARE, FEWEST_CELLS = 0.5, 0.85, 4  # a component is background if so many pixels are so near to it


@dataclass(slots=True)
class BackgroundModel:
    """Mean colour (levels), noise (levels) and age (s) of each pixel of a picture of h x w, and scratch memory.

    All float32.
    """

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
    is_informed: bool = False  # the logarithms rest on enough pixels
    turn: int = 0
    taught_at_s: list[float] = field(default_factory=lambda: [math.inf] * kernels.TURNS)

    def next_turn(self, now_s: float) -> tuple[int, float]:
        """Which rows learn from this frame (every TURNS-th, from this one on), and how many seconds they learn."""
        self.turn = (self.turn + 1) % kernels.TURNS
        elapsed_s = max(0.0, now_s - self.taught_at_s[self.turn])
        self.taught_at_s[self.turn] = now_s
        return self.turn, min(elapsed_s, LONGEST_STEP_S)

    @classmethod
    def of(cls, small: Image, age_s: float) -> BackgroundModel:
        """A model that knows one picture, BGR uint8 (h, w, 3), for age_s seconds."""
        mean = small.reshape(-1).astype(np.float32)
        ones = np.ones(mean.size // 3, np.float32)
        return cls(mean, ones, ones * np.float32(age_s), ones * 0, np.empty(small.shape[1], np.float32))


def corrected(model: BackgroundModel, small: Image, values: Matte, near: Matte, elapsed_s: float) -> Matte | None:
    """The alpha moved by what its pixels look like, float32 (h, w) in 0..1; None while too few pixels were counted.

    small: BGR uint8 (3·h·w,); values: the alpha, float32 (h, w); near: its local mean, float32 (h, w), both in 0..1.
    """
    width, flat, given = values.shape[1], near.reshape(-1), values.reshape(-1)
    evidence = np.empty_like(values)
    fade = np.float32(np.exp(-elapsed_s / MEMORY_S))
    model.tables *= fade
    planes = (model.mean, model.noise, model.age)
    weighing.weigh_evidence(
        small,
        given,
        flat,
        *planes,
        model.gain,
        width,
        1 - fade,
        model.logarithms,
        model.measures,
        evidence.reshape(-1),
        model.tables,
    )
    was_informed = model.is_informed
    model.is_informed = weighing.compare(model.tables, RARE / weighing.BINS**2, MOST, model.logarithms) >= FEWEST_SEEN
    if not was_informed:
        return None
    around = np.asarray(cv2.blur(evidence, (3, 3), borderType=cv2.BORDER_REPLICATE), np.float32)
    result = np.empty_like(values)
    weighing.move_alpha(given, flat, model.age, around.reshape(-1), result.reshape(-1))
    return result


def drop_background_components(model: BackgroundModel, values: Matte) -> None:
    """Set components of `values`, float32 (h, w) in 0..1, to 0 where they look just like the background model.

    The largest component always stays: it may be a person who was learnt together with the room. Compares every
    TURNS-th row and column, those that measure_distances() has just measured.
    """
    height, width = values.shape
    rows, columns = slice(model.turn, None, kernels.TURNS), slice(None, None, kernels.TURNS)
    count, labels, sizes, _ = cv2.connectedComponentsWithStats((values[rows, columns] > COMPONENT).view(np.uint8))
    if count < 3:  # label 0 and a single component
        return
    is_same = model.distances.reshape(height, width)[rows, columns] < SAME_DISTANCE
    is_same &= model.age.reshape(height, width)[rows, columns] >= PLATE.trusted_s
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
