"""Question: how much faster are the compiled loops than the references beside them, which torch runs on this CPU?

    python -m tests.bench.twins [--rounds 40]

Each pair takes turns on one thread, on the synthetic scene with an edge about as soft as a real matte's. The references
work over the whole picture, as a GPU does; the compiled loops only where alpha is unknown (the blur, by OpenCV, over
all of it). CPU is the thread's own time. Not covered: bringing pictures into planes, which a GPU's frame does once.
Last line: JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import torch

from tests.bench.compositing import SIZES, alternate
from tests.bench.machine import print_card

PAIRS = ("guided filter", "edge over time", "composite with the person's colours", "blur")


def ways_of(width: int, height: int) -> dict[str, Callable[[], Any]]:
    """Two ways a pair: its name, and the same with "by torch"."""
    from livebg.capture.synthetic.scene import SyntheticScene
    from livebg.core.settings import Settings
    from livebg.core.types import Frame
    from livebg.matting.refine.guided_filter import Refiner
    from livebg.matting.refine.guided_filter_torch import GuidedFilter
    from livebg.matting.temporal.edge import EdgeFilter
    from livebg.matting.temporal.edge_torch import EdgeFilter as TorchSettler
    from livebg.matting.temporal.motion import MotionDetector
    from livebg.scene.backgrounds.blur import blurred
    from livebg.scene.backgrounds.blur_torch import Blur
    from livebg.scene.compositing.compositor import Compositor
    from livebg.scene.compositing.foreground_torch import Foreground
    from livebg.scene.compositing.over_torch import over, to_bgr

    scene, size = SyntheticScene(width, height), (height, width)
    frames = [Frame(scene.image(each / 30), each, each / 30, each / 30) for each in range(4)]
    alphas = [cv2.resize(scene.true_alpha(each / 30), (256, 144), interpolation=cv2.INTER_AREA) for each in range(4)]
    alphas = [cv2.GaussianBlur(each.astype(np.float32), (5, 5), 0) for each in alphas]
    planes = [torch.from_numpy(each.image).permute(2, 0, 1).float().contiguous() for each in frames]
    refiner, edges = Refiner(), GuidedFilter(*size, "cpu", torch.float32)
    fulls = [refiner.refine(*each) for each in zip(alphas, frames, strict=True)]
    stillness, motions = MotionDetector(), []
    for each in frames:
        motions.append(stillness.see(each))
    settler, reference = EdgeFilter(), TorchSettler(size, edges.work, edges.unknown, "cpu")
    states = edges.refine(torch.from_numpy(alphas[1]), planes[1])[1]
    runs, cells = refiner.look(alphas[1], frames[1])
    knobs = torch.from_numpy(np.array([1, 1, 0.02, 0.05, 0, 0], np.float32))
    motion = torch.from_numpy(motions[1].values)
    compositor, foreground = Compositor(), Foreground(*size, "cpu", torch.float32)
    blur, full = Blur(*size, 0.034 * height, "cpu", torch.float32), torch.from_numpy(fulls[1])
    behind, turn = np.ascontiguousarray(frames[0].image[::-1]), itertools.count()
    behind_planes = torch.from_numpy(behind).permute(2, 0, 1).float().contiguous()

    def anew() -> Frame:
        """Nothing that a step made smaller is left."""
        return Frame(frames[1].image, 1, 1 / 30, 1 / 30)

    def settle() -> None:
        settler.reset()
        settler.settle(fulls[0], runs, cells, motions[0], 0.0)  # the first: kept as it is
        settler.settle(fulls[1].copy(), runs, cells, motions[1], 1 / 30)

    def compose_by_torch() -> None:
        to_bgr(over(foreground(planes[1], full), full, behind_planes))

    return {
        "guided filter": lambda: refiner.refine(alphas[next(turn) % 4], anew()),
        "guided filter by torch": lambda: edges.refine(torch.from_numpy(alphas[next(turn) % 4]), planes[1]),
        "edge over time": settle,
        "edge over time by torch": lambda: reference.settle(full, full, states, motion, knobs),
        PAIRS[2]: lambda: compositor.over(anew(), fulls[1], behind, Settings()),
        f"{PAIRS[2]} by torch": compose_by_torch,
        "blur": lambda: blurred(frames[1].image, fulls[1], 0.034 * height),
        "blur by torch": lambda: blur(planes[1], full),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    print_card()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    print("\n| size | pair | compiled, CPU ms | torch, CPU ms | times as fast |\n|---|---|---:|---:|---:|")
    rows: list[dict[str, Any]] = []
    for width, height in SIZES:
        with torch.inference_mode():
            figures = alternate(ways_of(width, height), rounds)
        for pair in PAIRS:
            ours, torchs = figures[pair]["cpu"], figures[f"{pair} by torch"]["cpu"]
            rows.append({"size": f"{width}x{height}", "pair": pair, "compiled": ours, "torch": torchs})
            print("| " + " | ".join(map(str, rows[-1].values())) + f" | {torchs / ours:.1f} |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
