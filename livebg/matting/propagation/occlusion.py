"""What a carried alpha may be believed, and what stands where it may not: nothing is smeared.

A pixel of the new picture is explained by the key picture (moved along the flow, or at rest) or by the background
remembered there; the best explanation gives its alpha, and how well the colours agree its certainty. A place that
nothing explains asks certain places near it that are of its colour (as a cross bilateral filter does: Eisemann and
Durand 2004, Petschnigg et al. 2004), and becomes background where none is. The caller's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Matte
from livebg.matting.propagation import occlusion_numba as kernels
from livebg.matting.propagation.optical_flow import Flow, past_rim, places, taken
from livebg.matting.small_picture import Small

Plane = NDArray[Any]

LOW_LEVELS, HIGH_LEVELS = 14.0, 30.0  # colour differences: explained below, not at all above
NOISE_FACTOR = 2.2  # LOW_LEVELS is at least this many times the picture's own median difference,
NOISY_LEVELS = 28.0  # and at most this: a picture that is nowhere explained must not pass for a noisy one
# A difference that all of such a window shares is no flow's error, and counts so many times: somebody whose colours are
# nearly the room's goes by it.
WIDE_PX, WIDE_FACTOR = 7, 4.0
COLOUR_SPREAD = 18.0  # levels: colours this far apart are hardly alike
BIAS = 0.1  # weight of the lean to background, in places asked
RIM_PX = 2.0  # a flow that points further past the rim explains nothing
NEVER = 255  # a difference that nothing explains; also that of places past the rim
HALF = 0.5  # alpha below which a place is a gap in the foreground
BACKGROUND_ALPHA = 0.03  # up to it, what is there may be remembered as background
LOST_LEVELS = 25.0
MARGIN_PX = 7  # and no foreground within half of this

_LIKENESS = np.exp(-np.arange(kernels.COLOUR_STEPS) * 8 / (2 * COLOUR_SPREAD**2)).astype(np.float32)
_OFFSETS = np.arange(kernels.REACH + 1) ** 2
_NEARNESS = np.exp(-(_OFFSETS[:, None] + _OFFSETS[None]) / (2 * (0.7 * kernels.REACH) ** 2)).astype(np.float32)


def prepare() -> None:
    """Compile the loops now, so that the first frames need not wait for them."""
    for each in (kernels.choose, kernels.fill):
        each.prepare()


class Plate:
    """The background as key frames showed it: colour uint8 (h, w, 3), `known` not 0 where one did."""

    def __init__(self, small: Small) -> None:
        self.colour = np.zeros_like(small.colour)
        self.known = np.zeros_like(small.luma)

    def learn(self, small: Small, alpha: Matte) -> None:
        """alpha: float32 (h, w) of this key picture."""
        sure = cv2.inRange(alpha, -1.0, BACKGROUND_ALPHA)
        sure = np.asarray(cv2.erode(sure, np.ones((MARGIN_PX, MARGIN_PX), np.uint8)), np.uint8)
        cv2.copyTo(small.colour, sure, self.colour)
        cv2.bitwise_or(self.known, sure, self.known)

    def is_of(self, differences: Plane) -> bool:
        """False where most of what is remembered looks otherwise, by LOST_LEVELS: the camera or the light moved."""
        seen = differences[::4, ::4][self.known[::4, ::4] > 0]
        return seen.size == 0 or float(np.median(seen)) < LOST_LEVELS

    def forget(self) -> None:
        self.known[:] = 0


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What one key frame says of a picture: all float32 (h, w) but covered, uint8.

    carried: its alpha along the flow; held: that, or its alpha at rest where it is less; values: the best explained
    alpha; certainty: 0..1; covered: not 0 where something stands before a known background. doubtful: pixels with
    certainty below 1.
    """

    carried: Matte
    held: Matte
    values: Matte
    certainty: Matte
    covered: NDArray[np.uint8]
    doubtful: int


def judge(new: Small, key: Small, alpha: Matte, flow: Flow, plate: Plate) -> Side:
    """alpha: the key picture's, float32 (h, w) at the small size; flow: from new to key."""
    like_key = cv2.add(new.colour, np.array(_brighter(key, new)))
    where = places(flow)
    moved = np.asarray(taken(key.colour, where), np.uint8)
    by_motion = cv2.max(_difference(like_key, moved), past_rim(where, RIM_PX))
    by_rest = _difference(like_key, key.colour)
    by_plate = cv2.max(_difference(like_key, plate.colour), cv2.bitwise_not(plate.known))
    for each in (by_motion, by_rest, by_plate):
        cv2.blur(each, (3, 3), each)
    cv2.max(by_motion, _wide_difference(like_key, moved), by_motion)
    cv2.max(by_rest, _wide_difference(like_key, key.colour), by_rest)
    if not plate.is_of(by_plate):
        plate.forget()
        by_plate[:] = NEVER
    noise = float(np.median(cv2.min(by_motion, by_rest)[::4, ::4]))
    low = min(max(LOW_LEVELS, NOISE_FACTOR * noise), NOISY_LEVELS)
    high = low * HIGH_LEVELS / LOW_LEVELS
    carried = np.asarray(taken(alpha, where), np.float32)
    values, certainty = np.empty_like(carried), np.empty_like(carried)
    sides = (np.ascontiguousarray(alpha).reshape(-1), carried.reshape(-1))
    planes = (by_motion.reshape(-1), by_rest.reshape(-1), by_plate.reshape(-1))
    doubtful = kernels.choose(*sides, *planes, low, high, values.reshape(-1), certainty.reshape(-1))
    covered = np.asarray(cv2.bitwise_and(cv2.inRange(by_plate, high, NEVER), plate.known), np.uint8)
    held = np.asarray(cv2.min(carried, alpha), np.float32)
    return Side(carried, held, values, certainty, covered, int(doubtful))


def settle(new: Small, side: Side) -> Matte:
    """The side's values float32 (h, w), doubtful places filled from certain ones.

    A doubtful place that foreground encloses and that was foreground stays so: a hand of the wall's colour before the
    body is no hole.
    """
    if not side.doubtful:
        return side.values
    result = np.empty_like(side.values)
    planes = (side.values.reshape(-1), side.certainty.reshape(-1), side.covered.reshape(-1))
    wide = np.uintp(new.luma.shape[1])
    weights = (BIAS, _LIKENESS, _NEARNESS.reshape(-1))
    kernels.fill(new.colour.reshape(-1), *planes, wide, *weights, result.reshape(-1))
    cv2.copyTo(cv2.blur(result, (3, 3)), cv2.inRange(side.certainty, -1.0, float(kernels.ENOUGH)), result)
    _close_gaps(result, side)
    return result


def _close_gaps(result: Matte, side: Side) -> None:
    """Where no certain background is in a gap, nor the picture's rim, what held before holds on; in place."""
    if not ((result < HALF) & (side.held > HALF) & (side.certainty < 1)).any():
        return
    count, labels = cv2.connectedComponents(cv2.inRange(result, -1.0, HALF), connectivity=4)
    is_open = np.zeros(count, np.bool_)
    is_open[labels[(side.certainty >= kernels.ENOUGH) & (side.values < HALF)]] = True
    for rim in (labels[0], labels[-1], labels[:, 0], labels[:, -1], 0):
        is_open[rim] = True
    if is_open.all():
        return
    closed = cv2.dilate(np.asarray(~is_open[labels], np.uint8), np.ones((MARGIN_PX, MARGIN_PX), np.uint8))
    np.maximum(result, side.held, out=result, where=(closed > 0) & (side.certainty < 1))


def share_of_before(before: Side, after: Side, place: float) -> Matte:
    """How much the key frame before counts against the one after, float32 (h, w); place: 0 at it, 1 at the other."""
    mine = before.certainty * before.certainty * np.float32(1 - place) + np.float32(1e-6)
    others = after.certainty * after.certainty * np.float32(place) + np.float32(1e-6)
    return np.asarray(mine / (mine + others), np.float32)


def both(before: Side, after: Side, share: Matte) -> Side:
    """One side out of two, with share_of_before."""
    certainty = np.asarray(np.maximum(before.certainty, after.certainty), np.float32)
    values, carried = (
        np.asarray(theirs + share * (mine - theirs), np.float32)
        for mine, theirs in ((before.values, after.values), (before.carried, after.carried))
    )
    held = np.asarray(cv2.min(before.held, after.held), np.float32)
    doubtful = int(np.count_nonzero(certainty < 1))
    covered = np.asarray(cv2.bitwise_and(before.covered, after.covered), np.uint8)
    return Side(carried, held, values, certainty, covered, doubtful)


def _difference(one: Plane, other: Plane) -> NDArray[np.uint8]:
    """The largest of the channels' differences, uint8 (h, w)."""
    return _largest(cv2.absdiff(one, other))


def _wide_difference(one: Plane, other: Plane) -> NDArray[np.uint8]:
    """WIDE_FACTOR times the largest of the channels' mean signed differences over a window, uint8 (h, w)."""
    mean = cv2.blur(cv2.subtract(one, other, dtype=cv2.CV_16S), (WIDE_PX, WIDE_PX))
    return _largest(cv2.convertScaleAbs(mean, alpha=WIDE_FACTOR))


def _largest(colours: Plane) -> NDArray[np.uint8]:
    """Of three channels, uint8 (h, w)."""
    blue, green, red = cv2.split(colours)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _brighter(new: Small, old: Small) -> tuple[float, float, float, float]:
    """Levels by which the new picture is brighter, by channel: the exposure's doing, not motion's."""
    step = (slice(None, None, 4), slice(None, None, 4))
    difference = new.colour[step].astype(np.int16) - old.colour[step]
    blue, green, red = np.median(difference.reshape(-1, 3), axis=0).tolist()
    return blue, green, red, 0.0
