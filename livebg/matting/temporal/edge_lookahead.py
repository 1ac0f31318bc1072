"""The temporal edge filter for films, which can look ahead: it uses the frames before and after.

The filter of edge.py alone gives a calm edge that follows late. Run over the same frames backwards, it is as calm and
leads; the mean of both is calm and in its place (fixed-interval smoothing by a forward and a backward filter: Fraser
and Potter 1969; the backward one starts from the forward one's last state: Rauch, Tung and Striebel 1965). Where the
two differ by more than trembling, something moved, and the new alpha counts as far as it lies between them. One thread
at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, FLOATS_OUT, NUMBER, kernel
from livebg.core.settings import Settings
from livebg.core.types import Image, Matte
from livebg.matting.item import NO_MATTE, Item
from livebg.matting.temporal.edge import EdgeFilter, params_for
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.window import Window

Bytes = NDArray[np.uint8]

TREMBLING = np.float32(24)  # of 255: forward and backward differ by less where nothing moved; 8: MAD less, flicker more
# Typed: with plain numbers numba would compute in 64 bits.
HALF, ZERO, MOST, STEP = np.float32(0.5), np.float32(0), np.float32(255), np.float32(1 / 255)


def prepare() -> None:
    """Compile the loops now, so that the first frame does not wait for them."""
    for each in (in_bytes, in_shares, between):
        each.prepare()


@dataclass(slots=True, eq=False)
class _Held:
    """A frame that waits. new, settled: uint8 (H, W), its alpha as it came, and after the forward filter."""

    item: Item
    new: Image
    settled: Image


class SettleLookahead:
    """A Step: holds a window of frames; when it is full, half of them come out, in order. Nothing passes a cut.

    The window keeps alphas in 8 bits.
    """

    name = "rest"

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self.reset()

    def reset(self) -> None:
        """The next frame is the first; those that wait are dropped."""
        self._window, self._forward = Window(self._frames, _look_back), EdgeFilter()

    def feed(self, item: Item, settings: Settings) -> Iterator[Item]:
        """The frames that are done; settings.settle off keeps none. item.full: written to."""
        if not settings.settle:
            return chain(self.flush(), (item,))
        new = _in_bytes(item.full)
        params = params_for(item.alpha.values, item.frame)
        self._forward.settle(item.full, item.runs, item.cells, item.motion, item.frame.media_time_s, params)
        held = _Held(replace(item, full=NO_MATTE), new, _in_bytes(item.full))
        return _opened(self._window.add(held, item.motion.is_cut))

    def flush(self) -> Iterator[Item]:
        """All that are left; the next frame is the first."""
        self._forward.reset()
        return _opened(self._window.flush())


def _look_back(held: Sequence[_Held], count: int) -> None:
    """Filter backwards, from the newest frame's forward result.

    `new` of the oldest `count` frames becomes the result.
    """
    backward, motion = EdgeFilter(), held[-1].item.motion
    spare = [np.empty(held[-1].new.shape, np.float32) for _ in range(2)]  # two, as the filter keeps the last alpha
    for index in range(len(held) - 1, -1, -1):
        each, alpha = held[index], spare[index % 2]
        in_shares((each.settled if index == len(held) - 1 else each.new).reshape(-1), alpha.reshape(-1))
        item = each.item
        params = params_for(item.alpha.values, item.frame)
        backward.settle(alpha, item.runs, item.cells, motion, -item.frame.media_time_s, params)
        motion = _turned(item.motion)
        if index < count:
            new = each.new.reshape(-1)
            between(new, each.settled.reshape(-1), alpha.reshape(-1), TREMBLING, new)


def _opened(done: list[_Held]) -> Iterator[Item]:
    """Yield them one after the other: as floats they take four times the memory."""
    done.reverse()
    while done:
        held = done.pop()
        alpha = np.empty(held.new.shape, np.float32)
        in_shares(held.new.reshape(-1), alpha.reshape(-1))
        yield replace(held.item, full=alpha)


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
    """float32 (n,) in 0..1 → uint8 (n,) in 0..255, rounded, into `result`."""
    for x in range(alpha.size):
        result[x] = np.uint8(alpha[x] * MOST + HALF)


@kernel(BYTES_IN, FLOATS_OUT)
def in_shares(alpha: Bytes, result: Matte) -> None:
    """uint8 (n,) in 0..255 → float32 (n,) in 0..1, into `result`."""
    for x in range(alpha.size):
        result[x] = np.float32(alpha[x]) * STEP


@kernel(BYTES_IN, BYTES_IN, FLOATS_IN, NUMBER, BYTES_OUT)
def between(new: Bytes, forward: Bytes, backward: Matte, trembling: float, result: Bytes) -> None:
    """result: the mean of forward and backward, moved towards `new` as far as the two allow; uint8 (n,) in 0..255.

    new, forward: uint8 (n,) in 0..255; backward: float32 (n,) in 0..1; trembling: levels of 255.
    """
    for x in range(new.size):
        one, other = np.float32(forward[x]), backward[x] * MOST
        mean, reach = (one + other) * HALF, max(abs(one - other) * HALF - trembling, ZERO)
        result[x] = np.uint8(min(max(np.float32(new[x]), mean - reach), mean + reach) + HALF)
