"""Occlusion handling: where a propagated alpha is certain, and what fills the unknown places, so that nothing smears.

Either the key picture (moved along the flow, or at rest) or the background remembered there explains a pixel of the new
picture: the best explanation gives its alpha, and how well the colours agree its certainty. An unknown place, which
nothing explains, takes the alpha of certain places near it with its colour (as a cross bilateral filter does: Eisemann
and Durand 2004, Petschnigg et al. 2004), and becomes background where there are none. The caller's thread.
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

LOW_LEVELS, HIGH_LEVELS = 14.0, 30.0  # colour differences: certain below, unknown above
NOISE_FACTOR = 2.2  # LOW_LEVELS is at least this many times the picture's own median difference,
NOISY_LEVELS = 28.0  # and at most this: a picture that nothing explains must not pass for a noisy one
# A difference that a whole window of this size shares is no error of the flow, and counts so many times: this shows a
# person whose colours are nearly the room's.
WIDE_PX, WIDE_FACTOR = 7, 4.0
COLOUR_SPREAD = 18.0  # levels: colours this far apart are hardly similar
BIAS = 0.1  # weight of background, in numbers of certain places
RIM_PX = 2.0  # a flow that points further past the rim explains nothing
NEVER = 255  # the difference of what explains nothing; also of places past the rim
HALF = 0.5  # alpha below which a place is a gap in the foreground
BACKGROUND_ALPHA = 0.03  # up to this, the plate may remember the place as background
LOST_LEVELS = 25.0
MARGIN_PX = 7  # the plate learns no place with foreground within half of this

_LIKENESS = np.exp(-np.arange(kernels.COLOUR_STEPS) * 8 / (2 * COLOUR_SPREAD**2)).astype(np.float32)
_OFFSETS = np.arange(kernels.REACH + 1) ** 2
_NEARNESS = np.exp(-(_OFFSETS[:, None] + _OFFSETS[None]) / (2 * (0.7 * kernels.REACH) ** 2)).astype(np.float32)


def prepare() -> None:
    """Compiles the loops now, so that the first frames do not wait for them."""
    for each in (kernels.choose, kernels.fill):
        each.prepare()


class Plate:
    """The background that key frames showed: colour uint8 (h, w, 3); known uint8 (h, w), not 0 where one did."""

    def __init__(self, small: Small) -> None:
        self.colour = np.zeros_like(small.colour)
        self.known = np.zeros_like(small.luma)

    def learn(self, small: Small, alpha: Matte) -> None:
        """Remembers the background of a key picture. alpha: its own, float32 (h, w) in 0..1."""
        sure = cv2.inRange(alpha, -1.0, BACKGROUND_ALPHA)
        sure = np.asarray(cv2.erode(sure, np.ones((MARGIN_PX, MARGIN_PX), np.uint8)), np.uint8)
        cv2.copyTo(small.colour, sure, self.colour)
        cv2.bitwise_or(self.known, sure, self.known)

    def is_of(self, differences: Plane) -> bool:
        """False where most of it differs by LOST_LEVELS: the camera or the light moved. differences: uint8 (h, w)."""
        seen = differences[::4, ::4][self.known[::4, ::4] > 0]
        return seen.size == 0 or float(np.median(seen)) < LOST_LEVELS

    def forget(self) -> None:
        self.known[:] = 0


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What one key frame says about a picture: all float32 (h, w) in 0..1, but covered uint8 (h, w).

    propagated: its alpha along the flow; held: the lesser of that and its alpha at rest; values: the alpha of the best
    explanation; covered: not 0 where something hides a known background. unknown: number of pixels with certainty
    below 1.
    """

    propagated: Matte
    held: Matte
    values: Matte
    certainty: Matte
    covered: NDArray[np.uint8]
    unknown: int


def judge(new: Small, key: Small, alpha: Matte, flow: Flow, plate: Plate) -> Side:
    """What `key` says about `new`; the plate forgets its background where the camera or the light moved.

    alpha: the key picture's, float32 (h, w) in 0..1; flow: float32 (h, w, 2), from new to key.
    """
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
    propagated = np.asarray(taken(alpha, where), np.float32)
    values, certainty = np.empty_like(propagated), np.empty_like(propagated)
    sides = (np.ascontiguousarray(alpha).reshape(-1), propagated.reshape(-1))
    planes = (by_motion.reshape(-1), by_rest.reshape(-1), by_plate.reshape(-1))
    unknown = kernels.choose(*sides, *planes, low, high, values.reshape(-1), certainty.reshape(-1))
    covered = np.asarray(cv2.bitwise_and(cv2.inRange(by_plate, high, NEVER), plate.known), np.uint8)
    held = np.asarray(cv2.min(propagated, alpha), np.float32)
    return Side(propagated, held, values, certainty, covered, int(unknown))


def fill_unknown(new: Small, side: Side) -> Matte:
    """The side's values, float32 (h, w) in 0..1, with unknown places filled from certain ones.

    An unknown place inside foreground that was foreground stays so: a hand of the wall's colour in front of the body is
    no hole.
    """
    if not side.unknown:
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
    """Keeps the earlier alpha in gaps without certain background that do not touch the picture's rim; in place."""
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
    """Weight of the key frame before against the one after, float32 (h, w) in 0..1; place: 0 at it, 1 at the other."""
    mine = before.certainty * before.certainty * np.float32(1 - place) + np.float32(1e-6)
    others = after.certainty * after.certainty * np.float32(place) + np.float32(1e-6)
    return np.asarray(mine / (mine + others), np.float32)


def both(before: Side, after: Side, share: Matte) -> Side:
    """Blends two sides into one. share: of `before`, float32 (h, w) in 0..1 (share_of_before)."""
    certainty = np.asarray(np.maximum(before.certainty, after.certainty), np.float32)
    values, propagated = (
        np.asarray(theirs + share * (mine - theirs), np.float32)
        for mine, theirs in ((before.values, after.values), (before.propagated, after.propagated))
    )
    held = np.asarray(cv2.min(before.held, after.held), np.float32)
    unknown = int(np.count_nonzero(certainty < 1))
    covered = np.asarray(cv2.bitwise_and(before.covered, after.covered), np.uint8)
    return Side(propagated, held, values, certainty, covered, unknown)


def _difference(one: Plane, other: Plane) -> NDArray[np.uint8]:
    """The largest of the channels' differences, uint8 (h, w)."""
    return _largest(cv2.absdiff(one, other))


def _wide_difference(one: Plane, other: Plane) -> NDArray[np.uint8]:
    """WIDE_FACTOR times the largest of the channels' mean signed differences over a window, uint8 (h, w)."""
    mean = cv2.blur(cv2.subtract(one, other, dtype=cv2.CV_16S), (WIDE_PX, WIDE_PX))
    return _largest(cv2.convertScaleAbs(mean, alpha=WIDE_FACTOR))


def _largest(colours: Plane) -> NDArray[np.uint8]:
    """The largest of three channels, uint8 (h, w)."""
    blue, green, red = cv2.split(colours)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _brighter(new: Small, old: Small) -> tuple[float, float, float, float]:
    """Levels by which the new picture is brighter, by channel: a change of exposure, not motion."""
    step = (slice(None, None, 4), slice(None, None, 4))
    difference = new.colour[step].astype(np.int16) - old.colour[step]
    blue, green, red = np.median(difference.reshape(-1, 3), axis=0).tolist()
    return blue, green, red, 0.0
