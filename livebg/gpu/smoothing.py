"""A steady alpha over time, on a device: the filter of matting/smoothing.py, with the same numbers.

What the CPU decides by `if` is decided by the device's own numbers here, so that nothing has to be waited for and a
graph can hold it. Its state also keeps invalid mattes out. Main thread.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from livebg.gpu.planes import Box

REFERENCE_FPS = 30.0
MAX_GAP_S = 1.0
SCENE_CUT_LEVELS = 40.0
MOTION_LOW, MOTION_HIGH = 3.0, 8.0
MIN_NOISE_LEVELS = 0.8
DOUBT_LOW, DOUBT_HIGH = 0.1, 0.35
DOUBT_SHARE = 0.6

BINS, LARGEST_LEVELS = 4096, 64.0  # of the histogram that the median is read from: 1/64 level each


class SteadyAlpha:
    """The last valid alpha, its luma and its time, at one matte size. All state is in `alpha`, `luma`, `at_us`,
    `is_set`."""

    def __init__(self, height: int, width: int, device: str) -> None:
        self.alpha = torch.zeros((height, width), device=device)
        self.luma = torch.zeros((height, width), device=device)
        self.at_us = torch.zeros((), dtype=torch.int64, device=device)
        self.is_set = torch.zeros((), dtype=torch.bool, device=device)
        self._spread = Box(height, width, 2, device)

    def reset(self) -> None:
        """The next alpha is taken as it is."""
        self.is_set.zero_()

    def smooth(self, values: Tensor, small: Tensor, at_us: Tensor, strength: Tensor) -> tuple[Tensor, Tensor]:
        """The steady alpha float32 (h, w) and whether `values` may be used at all (bool scalar: finite, in 0..1).

        values: float32 (h, w). small: the frame at that size, BGR (3, h, w) in whole levels 0..255. at_us: its media
        time, int64 scalar. strength: float32 scalar 0..1. An invalid alpha leaves the state as it was.
        """
        luma = zero_mean_luma(small)
        change = (luma - self.luma).abs()
        elapsed_s = (at_us - self.at_us).to(torch.float32) * 1e-6
        is_valid = ((values >= 0) & (values <= 1)).all()  # false for NaN, too
        carries = (
            self.is_set
            & (strength > 0)
            & (elapsed_s > 0)
            & (elapsed_s < MAX_GAP_S)
            & (change.mean() < SCENE_CUT_LEVELS)
        )
        share = self._share_of_new(values, change, strength, elapsed_s.clamp(0, MAX_GAP_S))
        steady = torch.where(carries, self.alpha + share * (values - self.alpha), values)
        self.alpha.copy_(torch.where(is_valid, steady, self.alpha))
        self.luma.copy_(torch.where(is_valid, luma, self.luma))
        self.at_us.copy_(torch.where(is_valid, at_us, self.at_us))
        self.is_set.logical_or_(is_valid)
        return steady, is_valid

    def _share_of_new(self, values: Tensor, change: Tensor, strength: Tensor, elapsed_s: Tensor) -> Tensor:
        """How much of the new alpha enters each pixel, float32 (h, w) in 0..1; change in 8-bit levels."""
        noise = (1.5 * median(change)).clamp(min=MIN_NOISE_LEVELS)
        moving = ((self._spread(change[None, None])[0, 0] / noise - MOTION_LOW) / (MOTION_HIGH - MOTION_LOW)).clamp(
            0, 1
        )
        doubt = (((values - self.alpha).abs() - DOUBT_LOW) / (DOUBT_HIGH - DOUBT_LOW)).clamp(0, 1)
        still_share = 1 - 0.9 * strength
        calm_share = still_share + doubt * (DOUBT_SHARE - still_share).clamp(min=0)
        share = calm_share + (1 - calm_share) * moving
        return 1 - (1 - share) ** (elapsed_s * REFERENCE_FPS)


def zero_mean_luma(small: Tensor) -> Tensor:
    """BGR (3, h, w) in 0..255 → float32 (h, w), softened by the binomial 3x3, zero mean so that exposure is not motion.

    In whole levels before the mean goes, as on the CPU: the noise that is measured contains this rounding.
    """
    blue, green, red = small.to(torch.float32)
    grey = torch.floor(0.114 * blue + 0.587 * green + 0.299 * red + 0.5)
    padded = functional.pad(grey[None, None], (1, 1, 1, 1), mode="reflect")[0, 0]
    across = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    luma = torch.floor((across[:-2] + 2 * across[1:-1] + across[2:]) / 16 + 0.5)
    return luma - luma.mean()


def median(change: Tensor) -> Tensor:
    """The median of float32 values from 0 up, to 1/128: by histogram, since sorting half a million costs milliseconds.

    Values above LARGEST_LEVELS count as that.
    """
    counts = torch.histc(change.clamp(max=LARGEST_LEVELS), BINS, 0, LARGEST_LEVELS).cumsum(0)
    half = torch.full((1,), change.numel() / 2, device=change.device)
    return (torch.searchsorted(counts, half)[0] + 0.5) * (LARGEST_LEVELS / BINS)
