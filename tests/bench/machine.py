"""The machine card that every bench prints first, which is the program's own, and percentiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livebg.core.machine import card as card


def percentiles(durations_ms: Sequence[float]) -> dict[str, float]:
    return {f"p{each}": round(float(np.percentile(durations_ms, each)), 2) for each in (50, 95, 99)}
