"""The unknown region of a small alpha (the trimap's "unknown"): refining an edge works there and nowhere else.

Runs of cells, by compiled loops; the reference is unknown_region_torch.py. Any thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, PLACES_IN, SIZE, Place, Places, kernel, part
from livebg.core.types import Matte
from livebg.matting.refine.params import UNKNOWN, UNKNOWN_REGION

Marks = NDArray[np.uint8]

BLOCK, TALL = UNKNOWN_REGION.block, UNKNOWN_REGION.tall
FAR = 4  # added to the state of a sure run that has no unknown cell beside it
BACKGROUND_BELOW = np.float32(UNKNOWN_REGION.background_below)
FOREGROUND_ABOVE = np.float32(UNKNOWN_REGION.foreground_above)
ABOVE, BELOW, BOTH = np.uint8(1), np.uint8(2), np.uint8(3)
PLACES_OUT = PLACES_IN.copy(readonly=False)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U0, U1, U2, U3, U4, U5 = (np.uintp(each) for each in range(6))
ROWS, STEP = np.uintp(BLOCK), np.uintp(TALL)


def prepare() -> None:
    """Compile the loops now, so that the first frame does not wait for them."""
    mark.prepare()
    find.prepare()


class UnknownRegion:
    """The unknown region of an alpha of height x width px, as runs of cells; scratch memory without state."""

    def __init__(self, height: int, width: int) -> None:
        high, wide = -(-height // BLOCK), -(-width // BLOCK)
        self._size = np.array((height, width, high, wide), np.uintp)
        self._marks = np.empty(high * wide, np.uint8)
        self._states, self._found = np.empty((high + 1) * wide, np.uint8), np.empty(5 * high * wide, np.uintp)

    def mark(self, alpha: Matte) -> None:
        """Take an alpha: float32 (h, w) in 0..1, contiguous."""
        mark(alpha.reshape(-1), self._size, self._marks)

    def runs(self, cell: int, reach: int) -> Places:
        """Runs of cells side by side with the same state, uintp (5·n,): top, bottom, left, right in px, and state.

        Together they cover the whole alpha. A cell is TALL blocks high and `cell` blocks wide. Its state is 0 or 1
        where all of it, and all within `reach` blocks of it, is sure to be that; else UNKNOWN. FAR is added where no
        cell around it is unknown.
        """
        return self._found[: find(self._marks, self._size, cell, reach, self._states, self._found)].copy()


@kernel(FLOATS_IN, PLACES_IN, BYTES_OUT)
def mark(alpha: Matte, size: Places, marks: Marks) -> None:
    """marks: uint8 (blocks,): ABOVE where a pixel of the block is above BACKGROUND_BELOW, BELOW where
    one is below FOREGROUND_ABOVE.

    size: height and width in px, in blocks.
    """
    height, width, high, wide = size[U0], size[U1], size[U2], size[U3]
    low, top = np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(high):
        start = row * ROWS * width
        for x in range(width):
            low[x] = top[x] = alpha[start + x]
        for y in range(row * ROWS + U1, min(row * ROWS + ROWS, height)):
            for x in range(width):
                low[x], top[x] = min(low[x], alpha[y * width + x]), max(top[x], alpha[y * width + x])
        for column in range(wide):
            seen = np.uint8(0)
            for x in range(column * ROWS, min(column * ROWS + ROWS, width)):
                seen |= (ABOVE if top[x] > BACKGROUND_BELOW else np.uint8(0)) | (
                    BELOW if low[x] < FOREGROUND_ABOVE else np.uint8(0)
                )
            marks[row * wide + column] = seen


@kernel(BYTES_IN, PLACES_IN, SIZE, SIZE, BYTES_OUT, PLACES_OUT)
def find(marks: Marks, size: Places, cell: Place, reach: Place, states: Marks, found: Places) -> Place:
    """Writes the runs of UnknownRegion.runs into `found`; returns how many numbers that are.

    marks, size: as in mark(); states: scratch, a row more than marks.
    """
    height, width, high, wide = size[U0], size[U1], size[U2], size[U3]
    rows, columns = (high + STEP - U1) // STEP, (wide + cell - U1) // cell
    line = states[high * wide :]
    for row in range(rows):
        for x in range(wide):
            line[x] = np.uint8(0)
        for y in range(row * STEP - min(reach, row * STEP), min(row * STEP + STEP + reach, high)):
            for x in range(wide):
                line[x] |= marks[y * wide + x]
        for column in range(columns):
            seen = np.uint8(0)
            for x in range(column * cell - min(reach, column * cell), min(column * cell + cell + reach, wide)):
                seen |= line[x]
            states[row * columns + column] = np.uint8(UNKNOWN) if seen == BOTH else seen & ABOVE
    count = U0
    for row in range(rows):
        last = np.uint8(255)
        for column in range(columns):
            state = states[row * columns + column]
            if state != UNKNOWN and not _is_beside_unknown(states, row, column, rows, columns):
                state += np.uint8(FAR)
            if state != last:
                top, left = row * STEP * ROWS, column * cell * ROWS
                found[count], found[count + U1] = top, min(top + STEP * ROWS, height)
                found[count + U2], found[count + U4] = left, np.uintp(state)
                count, last = count + U5, state
            found[count - U2] = min((column + U1) * cell * ROWS, width)
    return count


@part
def _is_beside_unknown(states: Marks, row: Place, column: Place, rows: Place, columns: Place) -> bool:
    for y in range(row - U1 if row else U0, min(row + U2, rows)):
        for x in range(column - U1 if column else U0, min(column + U2, columns)):
            if states[y * columns + x] == UNKNOWN:
                return True
    return False
