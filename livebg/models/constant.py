"""An engine that does not look at the picture: the same alpha everywhere, for tests and to measure the loop alone."""

from __future__ import annotations

import numpy as np

from livebg.core.types import Alpha, Frame


class ConstantEngine:
    """MattingEngine whose alpha is `value` (0..1) everywhere, float32 (144, 256)."""

    def __init__(self, value: float) -> None:
        self._values = np.full((144, 256), value, dtype=np.float32)

    @property
    def description(self) -> str:
        return f"fixed alpha {self._values[0, 0]:g}"

    def matte(self, frame: Frame) -> Alpha:
        """`value` everywhere, float32 (144, 256)."""
        return Alpha(self._values, frame.sequence)

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to close."""
