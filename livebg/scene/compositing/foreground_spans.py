"""The person's own colours in those spans of a picture where alpha is soft: foreground.py's last fusion, compiled.

A part of over_numba.compose. No slices and no tuples of arrays here: numba counts references to each with a locked
instruction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import Place, Places, part
from livebg.core.types import Image, Matte
from livebg.scene.compositing.foreground_numba import TRUST

Spans = NDArray[np.int32]

SPAN = 16  # px
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
SPAN_PX, SPAN_BYTES = np.uintp(SPAN), np.uintp(3 * SPAN)
LEVELS, HALF, ZERO, ONE = np.float32(255), np.float32(0.5), np.float32(0), np.float32(1)
U0, U1, U2, U3, U6 = (np.uintp(each) for each in (0, 1, 2, 3, 6))


def lines_for(width: int) -> tuple[Matte, Spans]:
    """Scratch for one picture: F̂ and B̂ of two small rows at each of its `width` columns, float32 (12·width,), and which
    rows these are in each span, int32 (2·spans,), -1 for none yet."""
    return np.empty(12 * width, np.float32), np.full(2 * -(-width // SPAN), -1, np.int32)


@part
def estimate(
    image: Image,
    shares: Matte,
    spans: Spans,
    used: Place,
    columns: Places,
    column_shares: Matte,
    rows: Places,
    row_shares: Matte,
    colours: Matte,
    plate: Image,
    lines: Matte,
    made: Spans,
    person: Image,
) -> None:
    """Writes the person's own colours of the spans into `person`, uint8 (48 a span,); where alpha is 1, the image's.

    shares: float32 in 0..1, the alpha of the spans' pixels, three times each. The rest: see over_numba.compose.
    """
    full, size = np.uintp(columns.size) - U1, np.uintp(image.size) // U3
    groups = np.uintp(made.size) // U2
    for span in range(used):
        at, place = np.uintp(spans[span]), SPAN_BYTES * span
        stop = min(at + SPAN_PX, size)
        while at < stop:
            x, y = at % full, at // full
            count, row = min(stop - at, full - x), rows[y]
            for group in range(x // SPAN_PX, (x + count - U1) // SPAN_PX + U1):
                for each in range(row, row + U2):
                    slot = each % U2 * groups + group
                    if made[slot] != np.int32(each):
                        made[slot] = np.int32(each)
                        _widen(colours, columns, column_shares, each, group, lines)
            upper, lower = (row % U2 * U6 * full + U3 * x, (row + U1) % U2 * U6 * full + U3 * x)
            if plate.size == 0 and count == SPAN_PX:
                _fuse(image, U3 * at, shares, lines, upper, lower, U3 * full, row_shares[y], person, place)
            else:
                below, size_px = row_shares[y], U3 * count
                _fuse_any(image, U3 * at, plate, shares, lines, upper, lower, U3 * full, below, person, place, size_px)
            at, place = at + count, place + U3 * count


@part
def _widen(colours: Matte, columns: Places, column_shares: Matte, row: Place, group: Place, lines: Matte) -> None:
    """F̂ and B̂ of a small row at SPAN of the picture's columns, bilinear between small pixels: without that their grid
    shows in large soft areas. Along the rows first: that is the slow part, and all the picture's rows between two small
    ones share it.
    """
    full = np.uintp(columns.size) - U1
    width, target = columns[full], row % U2 * U6 * full + SPAN_BYTES * group
    for x in range(SPAN_PX * group, min(SPAN_PX * group + SPAN_PX, full)):
        near, right = U6 * row * width + columns[x], column_shares[x]
        for _ in range(U3):
            lines[target] = colours[near] + right * (colours[near + U1] - colours[near])
            room = near + U3 * width
            lines[target + U3 * full] = colours[room] + right * (colours[room + U1] - colours[room])
            near, target = near + width, target + U1


@part
def _fuse(
    image: Image,
    start: Place,
    shares: Matte,
    lines: Matte,
    upper: Place,
    lower: Place,
    room: Place,
    below: Any,
    person: Image,
    place: Place,
) -> None:
    """F = F̂ + α · (I − α·F̂ − (1 − α)·B̂), of a whole span: the compiler knows its length and makes vector code of it."""
    for byte in range(SPAN_BYTES):
        mean = _between(lines[upper + byte], lines[lower + byte], below)
        under = _between(lines[upper + room + byte], lines[lower + room + byte], below)
        share = shares[place + byte]
        person[place + byte] = _fused(mean, under, image[start + byte], share, share)


@part
def _fuse_any(
    image: Image,
    start: Place,
    plate: Image,
    shares: Matte,
    lines: Matte,
    upper: Place,
    lower: Place,
    room: Place,
    below: Any,
    person: Image,
    place: Place,
    count: Place,
) -> None:
    """The same for a part of a span; with a plate, the gain of least squares replaces alpha."""
    for byte in range(count):
        mean = _between(lines[upper + byte], lines[lower + byte], below)
        under = _between(lines[upper + room + byte], lines[lower + room + byte], below)
        share = gain = shares[place + byte]
        if plate.size > 0:
            gain, under = share / (share * share + TRUST * (ONE - share)), np.float32(plate[start + byte])
        person[place + byte] = _fused(mean, under, image[start + byte], share, gain)


@part
def _between(first: Any, second: Any, way: Any) -> Any:
    return first + way * (second - first)


@part
def _fused(mean: Any, under: Any, seen: Any, share: Any, gain: Any) -> Any:
    own = mean + gain * (np.float32(seen) - share * mean - (ONE - share) * under)
    return np.uint8(np.int32(min(max(own, ZERO), LEVELS) + HALF))
