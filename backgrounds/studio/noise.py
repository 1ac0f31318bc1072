"""Smooth random patterns, the same for the same seed: what makes a computed surface look grown or worked."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
LATTICE = 32


def solid(point: Array, scale_m: float, seed: int, octaves: int = 3) -> Array:
    """Value noise in space: float32 (3, N) points → (N,) about -1..1; each octave is half as large and strong."""
    lattice = np.random.default_rng(seed).uniform(-1, 1, (LATTICE,) * 3).astype(np.float32)
    total = np.zeros(point.shape[1], np.float32)
    for octave in range(octaves):
        place = point * np.float32(2**octave / scale_m) + np.float32(17.3 * octave)
        cell = np.floor(place)
        share = place - cell
        share = share * share * (3 - 2 * share)
        low = cell.astype(np.int64) % LATTICE
        high = (low + 1) % LATTICE
        value = np.zeros_like(total)
        for corner in range(8):
            pick = [(high, low)[not corner >> axis & 1][axis] for axis in range(3)]
            weight = np.ones_like(total)
            for axis in range(3):
                weight = weight * (share[axis] if corner >> axis & 1 else 1 - share[axis])
            value += weight * lattice[pick[0], pick[1], pick[2]]
        total += value * np.float32(0.5**octave)
    return total


def flat(height: int, width: int, size_px: float, seed: int, octaves: int = 4, stretch: float = 1.0) -> Array:
    """Cloud-like noise, float32 (height, width) of mean 0 and deviation 1; stretch > 1 draws it out sideways."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = max(1.0, size_px / 2**octave)
        rows, columns = int(height / size) + 4, int(width / size / stretch) + 4
        grid = random.normal(0, 1, (rows, columns)).astype(np.float32)
        whole = (max(width, round(columns * size * stretch)), max(height, round(rows * size)))
        total += cv2.resize(grid, whole, interpolation=cv2.INTER_CUBIC)[:height, :width] * np.float32(0.55**octave)
    return np.asarray((total - total.mean()) / total.std(), np.float32)
