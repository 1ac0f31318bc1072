"""Pictures that carry a number and the time they were made, for whoever reads them at the other end of a camera.

Writer feeds such pictures, or others, to the virtual camera at their rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

BITS = 24


def draw(number: int, width: int, height: int) -> Any:
    """BGR uint8 (height, width, 3): number and time as black and white squares above grey."""
    picture = np.full((height, width, 3), 128, np.uint8)
    side = width // BITS
    for row, value in enumerate((number, _now_ms())):
        for bit in range(BITS):
            picture[row * side : (row + 1) * side, bit * side : (bit + 1) * side] = 255 * (value >> bit & 1)
    return picture


def read(picture: Any) -> tuple[int, int]:
    """Number, and age in ms, of a picture that draw() made and that kept its size."""
    side = picture.shape[1] // BITS
    centres = picture[side // 2 : 2 * side : side, side // 2 : BITS * side : side, 1] > 127
    number, made_ms = (sum(int(bit) << place for place, bit in enumerate(row)) for row in centres)
    return number, (_now_ms() - made_ms) % (1 << BITS)


def _now_ms() -> int:
    return int(time.monotonic() * 1000) % (1 << BITS)


class Writer:
    """The sink, fed with picture(number) fps times a second; `first` is the first number."""

    def __init__(self, path: str, fps: float, picture: Callable[[int], Any], first: int = 0) -> None:
        from livebg.sinks.virtual_camera import VirtualCamera

        self.camera = VirtualCamera(path, fps)
        self._fps, self._picture, self._numbers = fps, picture, count(first)

    def until(self, is_over: Callable[[], bool], longest_s: float = 20.0) -> None:
        from livebg.stages import Composite

        began_s = due_s = time.monotonic()
        while not is_over() and due_s - began_s < longest_s:
            self.camera.write(Composite(self._picture(next(self._numbers))))
            due_s = max(due_s + 1 / self._fps, time.monotonic())
            time.sleep(max(due_s - time.monotonic(), 0.0))

    def for_s(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def close(self) -> None:
        self.camera.close()
