"""Engines for tests of what runs engines: their alpha is known from the picture, and they fail or hang when told."""

from __future__ import annotations

import threading

import numpy as np
from patience import HANGS_S

from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame

HEIGHT, WIDTH = 144, 256
RED = (30, 30, 220)
ROOM = np.random.default_rng(1).integers(60, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def scene(sequence: int, left: float | None = 40, room: np.ndarray = ROOM, fps: float = 30.0) -> Frame:
    """A room with a red figure 60 px wide at `left` (None: nobody)."""
    image = room.copy()
    if left is not None:
        start = round(left)
        image[40:, start : start + 60] = RED
        image[60:80, start + 10 : start + 50 : 4] = (200, 90, 90)
    return Frame(image, sequence, sequence / fps, sequence / fps)


def truth(frame: Frame) -> np.ndarray:
    """1 inside the figure's outline, from the picture."""
    red = np.nonzero(frame.image[50, :, 2] > 180)[0]
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    if red.size:
        values[40:, red[0] : red[-1] + 1] = 1
    return values


class Engine:
    """It gives the truth; `fails`, `breaks` (with what is no ModelError), or waits while `gate` is not set."""

    description = "engine of known answers"

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.threads: set[int] = set()
        self.resets, self.closes = 0, 0
        self.fails = self.breaks = False
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.values: np.ndarray | None = None

    def matte(self, frame: Frame) -> Alpha:
        self.threads.add(threading.get_ident())
        self.seen.append(frame.sequence)
        self.begun.set()
        self.gate.wait(HANGS_S)
        if self.breaks:
            raise ZeroDivisionError
        if self.fails:
            raise ModelError("the engine failed; do this")
        return Alpha(truth(frame) if self.values is None else self.values, frame.sequence)

    def reset(self) -> None:
        self.threads.add(threading.get_ident())
        self.resets += 1

    def close(self) -> None:
        self.closes += 1
