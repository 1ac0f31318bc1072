"""Full-size soft edges for tests of what brings them to rest, and how work pixels lie over them."""

from __future__ import annotations

import numpy as np

from livebg.matting.refine.cells import CellGrid

HEIGHT, WIDTH, FACTOR = 16, 24, 4
FULL = (HEIGHT * FACTOR, WIDTH * FACTOR)
ALL = np.array((0, 8, 0, WIDTH, 2, 8, 16, 0, WIDTH, 2), np.uintp)
CELLS = CellGrid.over(*FULL, HEIGHT, WIDTH)


def soft_edge(at_px: float, jitter: np.random.Generator | None = None) -> np.ndarray:
    """Alpha 1 left of at_px, 0 right of it, four px soft; every pixel trembling where jitter is given."""
    alpha = np.broadcast_to(np.clip((at_px - np.arange(FULL[1])) / 4 + 0.5, 0, 1), FULL).astype(np.float32)
    if jitter is not None:
        alpha = alpha + jitter.normal(0, 0.05, FULL).astype(np.float32)
    return np.ascontiguousarray(alpha.clip(0, 1), np.float32)
