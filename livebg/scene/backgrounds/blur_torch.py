"""The camera's own picture, blurred without the person, on any device of torch's. blur.py, the reference, does the same
with OpenCV. Pure.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.resize_torch import Separable, enlarged, gaussian, resizer
from livebg.scene.backgrounds.params import BLUR
from livebg.scene.compositing.over_torch import finite


class Blur:
    """For frames of one size and one strength. Keeps nothing of a frame."""

    def __init__(self, height: int, width: int, sigma_px: float, device: str, dtype: torch.dtype) -> None:
        """dtype: of the frame's planes."""
        factor = BLUR.factor(sigma_px)
        self._size, small = (height, width), (max(2, height // factor), max(2, width // factor))
        self._shrink = resizer(self._size, small, device, dtype)
        self._shrink_alpha = resizer(self._size, small, device)
        sigma = max(0.5, sigma_px / factor)
        taps = 2 * round(3 * sigma) + 1
        self._soften = Separable(
            gaussian(small[0], taps, sigma), gaussian(small[1], taps, sigma), device, torch.float32
        )

    def __call__(self, planes: Tensor, alpha: Tensor) -> Tensor:
        """BGR (3, H, W) in 0..255, alpha float32 (H, W) in 0..1 → (3, H, W) without the foreground's colours."""
        alpha = finite(alpha)
        small = self._shrink(planes).to(torch.float32).round()
        person = functional.max_pool2d(self._shrink_alpha(alpha[None])[None], 3, stride=1, padding=1)[0]
        weights = torch.maximum(1 - BLUR.steepness * person, BLUR.faint * (1 - 2 * person)).clamp(0, 1)
        weighted = small * weights
        total = weights.sum()
        mean = torch.where(total > 0, weighted.sum((1, 2)) / total.clamp(min=1e-12), BLUR.unknown)
        above = self._soften(weighted) + BLUR.faintest * mean[:, None, None]
        below = self._soften(weights) + BLUR.faintest
        return enlarged((above / below).round().clamp(0, 255), self._size).to(planes.dtype).round()
