"""The stand-in network of the peers' bench as livebg's engine; for tests.bench.files alone."""

from __future__ import annotations

import time

import cv2
import numpy as np
import torch
from stand_in_network import SIZE, in_torch

from livebg.core.types import Alpha, Frame

MEAN, SCALE = 0.485 * 255, 1 / (0.229 * 255)


class StandInEngine:
    """A MattingEngine: shrinks, normalises, computes in torch."""

    description = "stand-in network"

    def __init__(self) -> None:
        self._network = in_torch()

    def matte(self, frame: Frame) -> Alpha:
        pixels = cv2.dnn.blobFromImage(frame.image, SCALE, (SIZE, SIZE), (MEAN, MEAN, MEAN), swapRB=True)
        with torch.inference_mode():
            values = self._network(torch.from_numpy(pixels))[0][0, 0].numpy()
        return Alpha(np.clip(values, 0, 1), frame.sequence)

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing is kept open."""


def cost_ms(runs: int) -> list[float]:
    """Of the network alone."""
    network, pixels, durations = in_torch(), torch.rand(1, 3, SIZE, SIZE), []
    with torch.inference_mode():
        for _ in range(runs):
            began_s = time.perf_counter()
            network(pixels)
            durations.append(1000 * (time.perf_counter() - began_s))
    return durations
