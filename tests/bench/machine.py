"""What most benches need: the machine card, which every bench prints first and is the program's own, percentiles, and
where the repository and the test material lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from livebg.core.machine import card as card

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared"))


def print_card() -> None:
    for key, value in card().items():
        print(f"{key:<10} {value}", flush=True)


def percentiles(durations_ms: Sequence[float]) -> dict[str, float]:
    return {f"p{each}": round(float(np.percentile(durations_ms, each)), 2) for each in (50, 95, 99)}
