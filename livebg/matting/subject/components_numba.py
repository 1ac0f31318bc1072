"""The compiled loop over the connected components of a small alpha. components.py calls it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, INTEGERS_IN, SIZE, kernel
from livebg.core.types import Matte
from livebg.matting.subject.params import CONFIDENT_ALPHA

Labels = NDArray[np.int32]
Bytes = NDArray[np.uint8]

SLOTS = 8  # people followed at once, strangers included
CONFIDENT = np.float32(CONFIDENT_ALPHA)
AREA, SURE_AREA, PEAK, SHOWN, LEFT, TOP, RIGHT, BOTTOM, CLAIMS = range(9)  # columns; CLAIMS begins one per slot
COLUMNS = CLAIMS + SLOTS
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U1 = np.uintp(1)


def _describe(
    labels: Labels, alpha: Matte, last: Labels, owners: Bytes, levels: Bytes, width: int, table: Matte
) -> None:
    rows = table.reshape(-1, COLUMNS)
    places = np.flatnonzero(labels)
    places = places[np.argsort(labels[places], kind="stable")]
    found, before = labels[places], last[places]
    present, firsts = np.unique(found, return_index=True)
    if not present.size:
        return
    y, x = np.divmod(places, width)
    rows[:, AREA] = np.bincount(found, minlength=len(rows))
    rows[:, SURE_AREA] = np.bincount(found[alpha[places] > CONFIDENT], minlength=len(rows))
    rows[:, SHOWN] = np.bincount(found, levels[before], minlength=len(rows))
    for column, values in ((PEAK, alpha[places]), (RIGHT, x + 1), (BOTTOM, y + 1)):
        rows[present, column] = np.maximum.reduceat(values, firsts)
    for column, values in ((LEFT, x), (TOP, y)):
        rows[present, column] = np.minimum.reduceat(values, firsts)
    for slot in range(SLOTS):
        rows[:, CLAIMS + slot] = np.bincount(found[owners[before] == slot + 1], minlength=len(rows))


@kernel(INTEGERS_IN, FLOATS_IN, INTEGERS_IN, BYTES_IN, BYTES_IN, SIZE, FLOATS_OUT, plain=_describe)
def describe(
    labels: Labels, alpha: Matte, last: Labels, owners: Bytes, levels: Bytes, width: int, table: Matte
) -> None:
    """Fills `table`, float32 (labels·COLUMNS,), zeros before, with what is measured of each label of this frame.

    labels, last: int32 (h·w,) of this frame and the one before, 0: none; alpha: float32 (h·w,) in 0..1; owners, levels:
    uint8 by label of `last`: slot + 1 (0: nobody), and how visible it was, 0..255. RIGHT and BOTTOM are one px beyond
    the region; SHOWN is the sum of levels.
    """
    size = np.uintp(labels.size)
    start = np.uintp(0)
    while start < size:
        label, end, row = labels[start], start + U1, start // width
        x, row_end = start - row * width, row * width + width
        while end < row_end and labels[end] == label:  # a run of one label: few, and the loops over them are short
            end += U1
        if label == 0:
            start = end
            continue
        base = np.uintp(label) * np.uintp(COLUMNS)
        if table[base] == 0:
            table[base + np.uintp(LEFT)], table[base + np.uintp(TOP)] = np.float32(x), np.float32(row)
        sure, peak = np.float32(0), table[base + np.uintp(PEAK)]
        for place in range(start, end):
            sure += np.float32(1) if alpha[place] > CONFIDENT else np.float32(0)
            peak = max(peak, alpha[place])
        table[base] += np.float32(end - start)
        table[base + np.uintp(SURE_AREA)] += sure
        table[base + np.uintp(PEAK)] = peak
        table[base + np.uintp(LEFT)] = min(table[base + np.uintp(LEFT)], np.float32(x))
        table[base + np.uintp(RIGHT)] = max(table[base + np.uintp(RIGHT)], np.float32(x + end - start))
        table[base + np.uintp(BOTTOM)] = np.float32(row + U1)
        while start < end:
            before, stop = last[start], start + U1
            while stop < end and last[stop] == before:
                stop += U1
            count, owner = np.float32(stop - start), np.uintp(owners[before])
            table[base + np.uintp(SHOWN)] += count * np.float32(levels[before])
            if owner > 0:
                table[base + np.uintp(CLAIMS) + owner - U1] += count
            start = stop
