"""backgroundremover's own command line with the stand-in network in place of U-2-Net, all else as it comes.

Runs in an environment of its own (files_environments.py). Its workers are processes that run this file's top once more,
so the network is replaced there, too. With `--cost N` it times the network alone instead.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch

if torch.version.cuda is None:  # its torchvision is made for CUDA's torch and lacks operations then; films use none
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from backgroundremover import bg, utilities

sys.path.insert(0, str(Path(__file__).resolve().parent))
from stand_in_network import SIZE, in_torch


class StandIn(bg.Net):
    """Its way of feeding a network and of stretching the answer is kept."""

    def __init__(self, model_name: str) -> None:  # noqa: ARG002 - as in Net
        torch.nn.Module.__init__(self)
        self.net = in_torch()


bg.Net = utilities.Net = StandIn


def cost_ms(runs: int) -> list[float]:
    """As its worker runs it: traced, two pictures at a time; per picture."""
    pixels, durations = torch.rand(2, 3, SIZE, SIZE), []
    with torch.no_grad():
        network = torch.jit.trace(in_torch(), pixels)
        for _ in range(runs):
            began_s = time.perf_counter()
            network(pixels)
            durations.append(500 * (time.perf_counter() - began_s))
    return durations


if __name__ == "__main__":
    if sys.argv[1] == "--cost":
        print(json.dumps(cost_ms(int(sys.argv[2]))))
    else:
        from backgroundremover.cmd.cli import main

        main()
