"""How much one frame differs from another in luma, compiled: the measure for scene cuts and static pictures.

Any thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, kernel

Luma = NDArray[np.uint8]
LEVELS = 256  # a luma difference is -255..255
SCENE_CUT_LEVELS = 40.0  # mean change of a picture, 8-bit levels, above which another scene has begun


def _measure_change(luma: Luma, last: Luma) -> tuple[float, float, float]:
    change = luma.astype(np.int16) - last
    shift = float(change.mean())
    distances = np.abs(change - np.float32(shift))
    half = luma.size // 2
    return shift, float(distances.mean()), float(np.partition(distances, half)[half])


@kernel(BYTES_IN, BYTES_IN, plain=_measure_change)
def measure_change(luma: Luma, last: Luma) -> tuple[float, float, float]:
    """Of two lumas, uint8 (n,): their mean difference, and mean and median of |difference − that mean|, in levels.

    Walks the bins of a histogram of the differences from the mean outwards. The median is the upper one.
    """
    counts = np.zeros(2 * LEVELS + 2, np.int64)
    for pixel in range(luma.size):
        counts[np.intp(luma[pixel]) - np.intp(last[pixel]) + LEVELS] += 1
    total = 0.0
    for each in range(1, 2 * LEVELS):
        total += counts[each] * (each - LEVELS)
    shift = total / luma.size
    spread = 0.0
    for each in range(1, 2 * LEVELS):
        spread += counts[each] * abs(each - LEVELS - shift)
    below = int(np.floor(shift)) + LEVELS
    above, passed, median = below + 1, 0, 0.0
    while passed <= luma.size // 2:
        if shift - (below - LEVELS) <= above - LEVELS - shift:
            passed, median, below = passed + counts[below], shift - (below - LEVELS), below - 1
        else:
            passed, median, above = passed + counts[above], above - LEVELS - shift, above + 1
    return shift, spread / luma.size, median
