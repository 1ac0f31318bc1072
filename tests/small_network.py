"""A network of rmbg's kinds of layers that costs next to nothing: tests of what runs, rounds and keeps networks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


class SmallNetwork(nn.Module):
    """Fourteen convolutions at half size, enlarged and squashed at the end; deterministic weights.

    harm: how far the 6th convolution's input reaches, in a channel that it does not look at: with a scale for all of
    them, 8 bits are too few for what it does look at.
    """

    def __init__(self, harm: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.middle = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(12))
        self.last = nn.Conv2d(8, 1, 3, padding=1)
        self.harm = harm
        for each in (self.first, *self.middle, self.last):
            nn.init.kaiming_normal_(each.weight)
        if harm:
            with torch.no_grad():
                self.middle[4].weight[:, 7] = 0

    def forward(self, pixel_values: Tensor) -> Tensor:
        features = self.first(pixel_values)
        for index, each in enumerate(self.middle):
            before = functional.relu(features)
            if self.harm and index == 4:
                before = torch.cat((before[:, :7], before[:, 7:] * 0 + self.harm), 1)
            features = before + 0.3 * each(before) if index % 2 else each(before)
        enlarged = functional.interpolate(self.last(features), size=pixel_values.shape[2:], mode="bilinear")
        return torch.sigmoid(enlarged)


class Brightness(nn.Module):
    """The mean of the three colours: a network that costs nothing, and has no tail."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        return pixel_values.mean(1, keepdim=True)


@dataclass
class CountingSource:
    """A runtime.NetworkSource that tells how often it was asked to load."""

    module: nn.Module
    identity: str = "some weights"
    input_mean: float = 0.5
    loads: int = 0

    def load(self) -> nn.Module:
        self.loads += 1
        return self.module
