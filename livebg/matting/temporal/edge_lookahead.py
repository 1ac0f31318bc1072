"""A full-size edge that comes to rest with what comes after it, too: for files, which can look ahead.

What settling.py remembers makes a calm edge that follows late. Run over the same frames from the future backwards, it
is as calm and leads; their mean is calm and in its place (fixed-interval smoothing by a forward and a backward filter:
Fraser and Potter 1969; begun at the end from the forward one's state: Rauch, Tung and Striebel 1965). Where the two
disagree by more than trembling does, something moved, and the new alpha counts as far as it lies between them. Knows
nothing about engines or files. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, FLOATS_OUT, NUMBER, kernel
from livebg.core.types import Image, Matte
from livebg.matting.refine.cells import Cells
from livebg.matting.refine.unknown_region import Places
from livebg.matting.temporal.edge import Settler
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.window import Window

Item = TypeVar("Item")
Bytes = NDArray[np.uint8]

TREMBLING = np.float32(24)  # of 255: so far apart the two ways may be where nothing moved; 8: MAD less, flicker more
HALF, NOTHING, MOST, STEP = np.float32(0.5), np.float32(0), np.float32(255), np.float32(1 / 255)


def prepare() -> None:
    """Compile the loops now, so that the first frame need not wait for them."""
    for each in (in_bytes, in_shares, between):
        each.prepare()


@dataclass(slots=True, eq=False)
class _Held(Generic[Item]):
    """A frame that waits. new, settled: uint8 (H, W), its alpha as it came and as it came to rest from before."""

    item: Item
    new: Image
    settled: Image
    stretches: Places
    cells: Cells
    motion: Motion
    at_s: float


class Resting(Generic[Item]):
    """Holds so many frames; half of them come out, in order, when it is full. Nothing is carried over a cut.

    An item stands for its frame: whatever the caller wants back with the alpha. An alpha is held in 8 bits.
    """

    def __init__(self, frames: int) -> None:
        self._window: Window[_Held[Item]] = Window(frames, _look_back)
        self._forward = Settler()

    def add(
        self, item: Item, alpha: Matte, stretches: Places, cells: Cells, motion: Motion, media_time_s: float
    ) -> Iterator[tuple[Item, Matte]]:
        """The frames that are done. alpha: float32 (H, W) in 0..1, written to; the rest as Settler.settle wants it."""
        new = _in_bytes(alpha)
        self._forward.settle(alpha, stretches, cells, motion, media_time_s)
        held = _Held(item, new, _in_bytes(alpha), stretches, cells, motion, media_time_s)
        return _opened(self._window.add(held, motion.is_cut))

    def flush(self) -> Iterator[tuple[Item, Matte]]:
        """All that are left; the next frame is the first."""
        self._forward.reset()
        return _opened(self._window.flush())


def _look_back(held: Sequence[_Held[Any]], count: int) -> None:
    """From the newest, as it came to rest from before, to the oldest; `new` becomes the result of those done."""
    backward, motion = Settler(), held[-1].motion
    spare = [np.empty(held[-1].new.shape, np.float32) for _ in range(2)]  # the Settler keeps the last one
    for index in range(len(held) - 1, -1, -1):
        each, alpha = held[index], spare[index % 2]
        in_shares((each.settled if index == len(held) - 1 else each.new).reshape(-1), alpha.reshape(-1))
        backward.settle(alpha, each.stretches, each.cells, motion, -each.at_s)
        motion = _turned(each.motion)
        if index < count:
            new = each.new.reshape(-1)
            between(new, each.settled.reshape(-1), alpha.reshape(-1), TREMBLING, new)


def _opened(done: list[_Held[Item]]) -> Iterator[tuple[Item, Matte]]:
    """One after the other, as floats are four times as large."""
    done.reverse()
    while done:
        held = done.pop()
        alpha = np.empty(held.new.shape, np.float32)
        in_shares(held.new.reshape(-1), alpha.reshape(-1))
        yield held.item, alpha


def _turned(motion: Motion) -> Motion:
    """The motion from a frame back to the one before it."""
    across, down = motion.shift_px
    return replace(motion, shift_px=(-across, -down))


def _in_bytes(alpha: Matte) -> Image:
    result = np.empty(alpha.shape, np.uint8)
    in_bytes(alpha.reshape(-1), result.reshape(-1))
    return result


@kernel(FLOATS_IN, BYTES_OUT)
def in_bytes(alpha: Matte, result: Bytes) -> None:
    """float32 (n,) of 1 → uint8 (n,) of 255, rounded."""
    for x in range(alpha.size):
        result[x] = np.uint8(alpha[x] * MOST + HALF)


@kernel(BYTES_IN, FLOATS_OUT)
def in_shares(alpha: Bytes, result: Matte) -> None:
    """uint8 (n,) of 255 → float32 (n,) of 1."""
    for x in range(alpha.size):
        result[x] = np.float32(alpha[x]) * STEP


@kernel(BYTES_IN, BYTES_IN, FLOATS_IN, NUMBER, BYTES_OUT)
def between(new: Bytes, forward: Bytes, backward: Matte, trembling: float, result: Bytes) -> None:
    """uint8 (n,) of 255, but `backward` float32 of 1: the mean of the two ways, moved to `new` as far as they allow."""
    for x in range(new.size):
        one, other = np.float32(forward[x]), backward[x] * MOST
        mean, reach = (one + other) * HALF, max(abs(one - other) * HALF - trembling, NOTHING)
        result[x] = np.uint8(min(max(np.float32(new[x]), mean - reach), mean + reach) + HALF)
