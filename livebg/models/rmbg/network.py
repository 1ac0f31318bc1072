"""The network of RMBG-1.4 and nothing else: IS-Net's body, made of U-shaped residual blocks (RSU).

IS-Net: Qin et al. 2022, "Highly Accurate Dichotomous Image Segmentation". RSU: Qin et al. 2020, "U2-Net: Going Deeper
with Nested U-Structure for Salient Object Detection". Module names are the published checkpoint's keys.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvBlock(nn.Module):
    """Convolution 3x3, batch norm, ReLU: (N, inner, H, W) → (N, outer, H, W)."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, inputs, H, W) → (N, outputs, H, W)."""
        return functional.relu(cast(Tensor, self.bn_s1(self.conv_s1(features))))


class ResidualUBlock(nn.Module):
    """RSU-`depth`: a small U-Net whose output is added to its own first convolution.

    (N, inputs, H, W) → (N, outputs, H, W). Level 1 is the finest. Between levels the map is halved, up to the last
    but one; the last level looks twice as wide instead (dilation 2).
    """

    def __init__(self, depth: int, inputs: int, middle: int, outputs: int) -> None:
        super().__init__()
        self.depth = depth
        self.rebnconvin = ConvBlock(inputs, outputs)
        for level in range(1, depth + 1):
            first = outputs if level == 1 else middle
            self.add_module(f"rebnconv{level}", ConvBlock(first, middle, self.dilation(level)))
        for level in range(depth - 1, 0, -1):
            last = outputs if level == 1 else middle
            self.add_module(f"rebnconv{level}d", ConvBlock(2 * middle, last, self.dilation(level)))

    def dilation(self, level: int) -> int:
        return 2 if level == self.depth else 1

    def shrink(self, features: Tensor, level: int) -> Tensor:
        """The map that level `level` passes down to the next, (N, C, H, W) → (N, C, H/2, W/2)."""
        return halve(features) if level < self.depth - 1 else features

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, inputs, H, W) → (N, outputs, H, W)."""
        entry = cast(Tensor, self.rebnconvin(features))
        skips: list[Tensor] = []
        down = entry
        for level in range(1, self.depth):
            skips.append(self.get_submodule(f"rebnconv{level}")(down))
            down = self.shrink(skips[-1], level)
        up = cast(Tensor, self.get_submodule(f"rebnconv{self.depth}")(down))
        for level in range(self.depth - 1, 0, -1):
            skip = skips[level - 1]
            up = self.get_submodule(f"rebnconv{level}d")(torch.cat((resize_like(up, skip), skip), 1))
        return up + entry


class DilatedUBlock(ResidualUBlock):
    """RSU-4F: the U is made of growing dilations (1, 2, 4, 8) instead of smaller maps, for the coarsest stages."""

    def __init__(self, inputs: int, middle: int, outputs: int) -> None:
        super().__init__(4, inputs, middle, outputs)

    def dilation(self, level: int) -> int:
        return 1 << (level - 1)

    def shrink(self, features: Tensor, level: int) -> Tensor:  # noqa: ARG002 - no level shrinks here
        """The same map, float32 (N, C, H, W): no level shrinks here."""
        return features


class RmbgNetwork(nn.Module):
    """Picture to alpha: six stages down, five up, and the first side output.

    The checkpoint's other side outputs (side2..side6) only serve training; they exist here so that the keys are the
    published ones, and never run.
    """

    def __init__(self, *settings: Any) -> None:
        """settings: for a class beside this one in a subclass (transformers' model); without one, none."""
        super().__init__(*settings)
        self.conv_in = nn.Conv2d(3, 64, 3, stride=2, padding=1)
        self.stage1 = ResidualUBlock(7, 64, 32, 64)
        self.stage2 = ResidualUBlock(6, 64, 32, 128)
        self.stage3 = ResidualUBlock(5, 128, 64, 256)
        self.stage4 = ResidualUBlock(4, 256, 128, 512)
        self.stage5 = DilatedUBlock(512, 256, 512)
        self.stage6 = DilatedUBlock(512, 256, 512)
        self.stage5d = DilatedUBlock(1024, 256, 512)
        self.stage4d = ResidualUBlock(4, 1024, 128, 256)
        self.stage3d = ResidualUBlock(5, 512, 64, 128)
        self.stage2d = ResidualUBlock(6, 256, 32, 64)
        self.stage1d = ResidualUBlock(7, 128, 16, 64)
        for number, channels in enumerate((64, 64, 128, 256, 512, 512), start=1):
            self.add_module(f"side{number}", nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Alpha (N, 1, H, W) in 0..1 of RGB pixel_values (N, 3, H, W) in -0.5..0.5, any H and W."""
        down1 = self.stage1(self.conv_in(pixel_values))
        down2 = self.stage2(halve(down1))
        down3 = self.stage3(halve(down2))
        down4 = self.stage4(halve(down3))
        down5 = self.stage5(halve(down4))
        down6 = self.stage6(halve(down5))

        up5 = self.stage5d(join(down6, down5))
        up4 = self.stage4d(join(up5, down4))
        up3 = self.stage3d(join(up4, down3))
        up2 = self.stage2d(join(up3, down2))
        up1 = self.stage1d(join(up2, down1))

        return torch.sigmoid(resize_like(self.get_submodule("side1")(up1), pixel_values))


def halve(features: Tensor) -> Tensor:
    """Half the size, rounded up, so that any height and width works: (N, C, H, W) → (N, C, ⌈H/2⌉, ⌈W/2⌉)."""
    return functional.max_pool2d(features, 2, stride=2, ceil_mode=True)


def resize_like(features: Tensor, target: Tensor) -> Tensor:
    """Bilinear, corners not aligned, to the target's height and width: (N, C, H, W)."""
    return functional.interpolate(features, size=target.shape[2:], mode="bilinear")


def join(coarse: Tensor, skip: Tensor) -> Tensor:
    """The coarser map at the skip's size, and the skip, stacked by channel: (N, C1 + C2, H, W)."""
    return torch.cat((resize_like(coarse, skip), skip), 1)
