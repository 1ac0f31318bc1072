"""The parameters that learning the empty room and weighing against it share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlateParams:
    """Of the background model."""

    background_below: float = 0.01  # mean alpha around a pixel: beyond, no edge is near
    trusted_s: float = 1.2  # a pixel that has looked the same for so long is background
    noise_floor: float = 1.2  # levels: rounding, twice (tests/bench/plate.py)
    unsteady_px: float = 0.35  # a "still" camera's picture wanders so far


PLATE = PlateParams()
