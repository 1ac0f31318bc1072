"""Question: what do finder, crop, gate and pool cost beside the network itself, on a CPU?

    python -m tests.bench.guided_cost --weights FILE [--clip d01] [--frames 10] [--sizes 288 512]

Frames of a clip of LIVEBG_SHARED/cases; each frame at every size in turn, so that all share the same minutes. CPU
milliseconds of the process, medians; the first frame does not count. Random weights cost as much as trained ones. Pool:
what the gate takes at this size with it, less what it takes without. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livebg import models
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.types import Frame, SourceInfo
from livebg.models.crop import cut, pasted
from livebg.models.guided.engine import GuidedEngine, grid_of
from livebg.models.guided.gate import FEW_PX, gated
from livebg.models.guided.guide import Guide
from livebg.models.rmbg.engine import RmbgEngine
from livebg.pipeline.loops import prepare_loops
from tests.bench.cases import find_cases
from tests.bench.machine import card

STEPS = ("finder", "crop", "network", "paste and gate", "pool")
Row = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="weights of the rmbg engine")
    parser.add_argument("--clip", default="d01_sway_longhair")
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="*", default=[288, 512])
    arguments = parser.parse_args()
    load_opencv()
    prepare_loops(Settings())
    (case,) = find_cases([arguments.clip])
    frames = [each for (each, _, _), _ in zip(case.frames(), range(arguments.frames + 1), strict=False)]
    settings = change(Settings(engine="rmbg", device="cpu"), {"weights": str(arguments.weights)})
    info = SourceInfo(case.name, frames[0].width, frames[0].height, 30.0, True)
    engine = models.open_engine(settings, info)
    assert isinstance(engine, GuidedEngine)
    network = engine.unguided
    assert isinstance(network, RmbgEngine)
    finder = models.open_finder(settings, info)
    assert finder is not None
    guides = {size: Guide(finder) for size in arguments.sizes}
    rows: dict[int, list[Row]] = {size: [] for size in arguments.sizes}
    for frame in frames:
        for size, guide in guides.items():
            rows[size].append(measure(frame, size, guide, network))
    engine.close()
    finder.close()
    medians = {
        size: {step: statistics.median(row[step] for row in each[1:]) for step in STEPS} for size, each in rows.items()
    }
    print(json.dumps(card()))
    print(f"| size, px | {' | '.join(STEPS)} | all but the network, of it |\n|---|" + "---:|" * (len(STEPS) + 1))
    for size, row in medians.items():
        share = sum(row[step] for step in STEPS if step != "network") / row["network"]
        print(f"| {size} | {' | '.join(f'{row[step]:.1f}' for step in STEPS)} | {share:.0%} |")
    print(json.dumps(medians))
    return 0


def measure(frame: Frame, size: int, guide: Guide, network: RmbgEngine) -> Row:
    """CPU ms of each step of GuidedEngine.matte() at this matte size."""
    row: Row = {}

    def timed(step: str, work: Callable[[], Any]) -> Any:
        began_s = time.process_time()
        result = work()
        row[step] = 1000 * (time.process_time() - began_s)
        return result

    frame = Frame(frame.image, frame.sequence, frame.captured_at_s, frame.media_time_s)  # shares no smaller pictures
    belief = timed("finder", lambda: guide.find(frame))
    region = guide.region(belief, frame, size)
    assert region is not None, "choose a clip with somebody in it"
    high, wide = region.size
    part = timed("crop", lambda: cut(frame, region.crop, wide, high))
    (seen,) = timed("network", lambda: network.looks([part], [frame]))
    grid = grid_of(frame.height, frame.width, size)
    area = math.prod(region.size)
    timed("paste and gate", lambda: gated(pasted(seen, region.crop, grid), belief.values, belief.values, FEW_PX))
    timed("pool", lambda: gated(pasted(seen, region.crop, grid), belief.values, belief.values, min(area, FEW_PX)))
    row["pool"] = max(0.0, row["pool"] - row["paste and gate"])
    return row


if __name__ == "__main__":
    raise SystemExit(main())
