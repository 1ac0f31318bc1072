"""One frame on its way through the steps of chain.py, with the results of the steps so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.jit import Places
from livebg.core.types import Alpha, Detail, Frame, Matte
from livebg.matting.refine.cells import CellGrid
from livebg.matting.temporal.motion import Motion

NO_ALPHA, NO_MATTE = Alpha(np.empty((0, 0), np.float32), -1), np.empty((0, 0), np.float32)
NOWHERE, NO_CELLS = np.empty(0, np.uintp), CellGrid.over(1, 1, 1, 1)
NO_MOTION = Motion(np.ones((1, 1), np.float32), True, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A step returns a new one with more fields filled in; fields that no step has filled yet are empty.

    alpha: the small one. detail: a finer one over a part of it. motion: up to this frame, where a later step needs it.
    is_cut: this frame begins another scene: a step forgets earlier frames first. full: the full-size alpha, float32
    (H, W) in 0..1. runs, cells: where `full` is unknown, and how the work pixels lie over the frame's. fault: why this
    frame has no valid matte; the other fields then mean nothing.
    """

    frame: Frame
    alpha: Alpha = NO_ALPHA
    motion: Motion = NO_MOTION
    is_cut: bool = False
    detail: Detail | None = None
    full: Matte = field(default_factory=lambda: NO_MATTE)
    runs: Places = field(default_factory=lambda: NOWHERE)
    cells: CellGrid = NO_CELLS
    fault: ModelError | None = None
