"""The temporal edge filter for films, which can look ahead: it uses the frames before and after.

The filter of edge.py alone gives a calm edge that follows late. Run over the same frames backwards, it is as calm and
leads; the mean of both is calm and in its place (fixed-interval smoothing by a forward and a backward filter: Fraser
and Potter 1969; the backward one starts from the forward one's last state: Rauch, Tung and Striebel 1965). A later
window knows better what comes, but begins elsewhere: from frame to frame it replaces what the window before it said,
so that no edge jumps where a window begins. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, FLOATS_OUT, NUMBER, PLACES_IN, SIZE, Places, kernel
from livebg.core.settings import Settings
from livebg.core.types import Image, Matte
from livebg.matting.item import NO_MATTE, Item
from livebg.matting.refine.params import UNKNOWN
from livebg.matting.temporal.edge import EdgeFilter, params_for
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.shake import NO_SHIFT
from livebg.matting.temporal.window import Window

Bytes = NDArray[np.uint8]

# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
HALF, ZERO, MOST, STEP = np.float32(0.5), np.float32(0), np.float32(255), np.float32(1 / 255)
U0, U1, U2, U3, U4, U5 = (np.uintp(each) for each in range(6))


def prepare() -> None:
    """Compile the loops now, so that the first frame does not wait for them."""
    for each in (in_bytes, in_shares, gather, scatter, average):
        each.prepare()


@dataclass(slots=True, eq=False)
class _Held:
    """A frame that waits. new: uint8 (H, W), its alpha as it came. Of the unknown region, uint8 (n,), which alone the
    filters change: forward, after the forward filter; backward, after the backward one of the window before, None where
    that did not have this frame."""

    item: Item
    new: Image
    forward: Bytes
    backward: Bytes | None = None


class SettleLookahead:
    """A Step: holds a window of frames; when it is full, half of them come out, in order. Nothing passes a cut.

    The window keeps alphas in 8 bits, and filtered ones of the unknown region only.
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
        held = _Held(replace(item, full=NO_MATTE), new, _gathered(item.full, item))
        return _opened(self._window.add(held, item.motion.is_cut))

    def flush(self) -> Iterator[Item]:
        """All that are left; the next frame is the first."""
        self._forward.reset()
        return _opened(self._window.flush())


def _look_back(held: Sequence[_Held], count: int) -> None:
    """Filter backwards, from the newest frame's forward result.

    `new` of the oldest `count` frames becomes the result; the others keep the backward one for the next window.
    """
    filtering, motion = EdgeFilter(), held[-1].item.motion
    height, width = held[-1].new.shape
    spare = [np.empty((height, width), np.float32) for _ in range(2)]  # two, as the filter keeps the last alpha
    known, box = sum(each.backward is not None for each in held), _box([each.item for each in held])
    for index in range(len(held) - 1, -1, -1):
        each, alpha = held[index], spare[index % 2]
        item, new, flat = each.item, each.new.reshape(-1), alpha.reshape(-1)
        in_shares(new, width, *box, flat)
        if index == len(held) - 1:
            scatter(each.forward, *_region(item), flat)
        params = params_for(item.alpha.values, item.frame)
        filtering.settle(alpha, item.runs, item.cells, motion, -item.frame.media_time_s, params)
        motion = _turned(item.motion)
        if index >= count:
            each.backward = _gathered(alpha, item)
        elif each.backward is None:
            average(new, each.forward, each.forward, flat, *_region(item), ZERO)
        else:
            average(new, each.forward, each.backward, flat, *_region(item), (known - index) / (known + 1))


def _opened(done: list[_Held]) -> Iterator[Item]:
    """Yield them one after the other: as floats they take four times the memory."""
    done.reverse()
    while done:
        held = done.pop()
        height, width = held.new.shape
        alpha = np.empty((height, width), np.float32)
        in_shares(held.new.reshape(-1), width, 0, height, 0, width, alpha.reshape(-1))
        yield replace(held.item, full=alpha)


def _turned(motion: Motion) -> Motion:
    """The motion from a frame back to the one before it."""
    across, down = motion.shift_px
    pictures = None if motion.pictures is None else motion.pictures[::-1]
    return replace(motion, shift_px=(-across, -down), pictures=pictures)


def _box(items: Sequence[Item]) -> tuple[int, int, int, int]:
    """The rows and columns from and to which the filters read alphas: around all unknown regions, but all of them where
    an alpha moves along, with a shaking camera or with people."""
    tops, lefts = items[-1].cells.tops, items[-1].cells.lefts
    follows = any(params_for(each.alpha.values, each.frame).follows for each in items)
    if follows or any(each.motion.shift_px != NO_SHIFT for each in items):
        return 0, int(tops[-1]), 0, int(lefts[-1])
    runs = np.concatenate([each.runs for each in items]).reshape(-1, 5)
    top, bottom, left, right = runs[runs[:, 4] == UNKNOWN, :4].T
    if not top.size:
        return 0, 0, 0, 0
    return int(tops[top.min()]), int(tops[bottom.max()]), int(lefts[left.min()]), int(lefts[right.max()])


def _region(item: Item) -> tuple[Places, Places, Places]:
    """The unknown region, as the kernels take it: runs of cells, and the cells' first rows and columns of pixels."""
    return item.runs, item.cells.tops, item.cells.lefts


def _gathered(alpha: Matte, item: Item) -> Bytes:
    tops, bottoms, lefts, rights, states = item.runs.reshape(-1, 5).T
    (rows, columns), is_unknown = (item.cells.tops, item.cells.lefts), states == UNKNOWN
    px = (rows[bottoms] - rows[tops]) * (columns[rights] - columns[lefts])
    result = np.empty(int(px[is_unknown].sum()), np.uint8)
    gather(alpha.reshape(-1), *_region(item), result)
    return result


def _in_bytes(alpha: Matte) -> Image:
    result = np.empty(alpha.shape, np.uint8)
    in_bytes(alpha.reshape(-1), result.reshape(-1))
    return result


@kernel(FLOATS_IN, BYTES_OUT)
def in_bytes(alpha: Matte, result: Bytes) -> None:
    """float32 (n,) in 0..1 → uint8 (n,) in 0..255, rounded, into `result`."""
    for x in range(alpha.size):
        result[x] = np.uint8(alpha[x] * MOST + HALF)


@kernel(BYTES_IN, SIZE, SIZE, SIZE, SIZE, SIZE, FLOATS_OUT)
def in_shares(alpha: Bytes, width: int, top: int, bottom: int, left: int, right: int, result: Matte) -> None:
    """uint8 (H·W,) in 0..255 → float32 (H·W,) in 0..1, into `result`; only these rows and columns."""
    for start in range(top * width, bottom * width, width):
        for x in range(start + left, start + right):
            result[x] = np.float32(alpha[x]) * STEP


@kernel(FLOATS_IN, PLACES_IN, PLACES_IN, PLACES_IN, BYTES_OUT)
def gather(alpha: Matte, runs: Places, tops: Places, lefts: Places, result: Bytes) -> None:
    """The unknown region of alpha, float32 (H·W,) in 0..1, run after run, into `result`, uint8 (n,)."""
    full, place = lefts[lefts.size - 1], U0
    for each in range(U0, np.uintp(runs.size), U5):
        if runs[each + U4] == UNKNOWN:
            left, right = lefts[runs[each + U2]], lefts[runs[each + U3]]
            for y in range(tops[runs[each]], tops[runs[each + U1]]):
                for x in range(left, right):
                    result[place + x - left] = np.uint8(alpha[y * full + x] * MOST + HALF)
                place += right - left


@kernel(BYTES_IN, PLACES_IN, PLACES_IN, PLACES_IN, FLOATS_OUT)
def scatter(values: Bytes, runs: Places, tops: Places, lefts: Places, result: Matte) -> None:
    """What gather() made, uint8 (n,), back into the unknown region of `result`, float32 (H·W,)."""
    full, place = lefts[lefts.size - 1], U0
    for each in range(U0, np.uintp(runs.size), U5):
        if runs[each + U4] == UNKNOWN:
            left, right = lefts[runs[each + U2]], lefts[runs[each + U3]]
            for y in range(tops[runs[each]], tops[runs[each + U1]]):
                for x in range(left, right):
                    result[y * full + x] = np.float32(values[place + x - left]) * STEP
                place += right - left


@kernel(BYTES_OUT, BYTES_IN, BYTES_IN, FLOATS_IN, PLACES_IN, PLACES_IN, PLACES_IN, NUMBER)
def average(
    result: Bytes,
    forward: Bytes,
    before: Bytes,
    backward: Matte,
    runs: Places,
    tops: Places,
    lefts: Places,
    share: float,
) -> None:
    """Writes into the unknown region of result, uint8 (H·W,) in 0..255, the mean of both ways.

    forward, before: uint8 (n,), of gather(); backward: float32 (H·W,) in 0..1, of which `before` replaces this share.
    """
    full, place = lefts[lefts.size - 1], U0
    for each in range(U0, np.uintp(runs.size), U5):
        if runs[each + U4] == UNKNOWN:
            left, right = lefts[runs[each + U2]], lefts[runs[each + U3]]
            for y in range(tops[runs[each]], tops[runs[each + U1]]):
                for x in range(left, right):
                    here, later = place + x - left, backward[y * full + x] * MOST
                    later += share * (np.float32(before[here]) - later)
                    result[y * full + x] = np.uint8(np.int32((np.float32(forward[here]) + later) * HALF + HALF))
                place += right - left
