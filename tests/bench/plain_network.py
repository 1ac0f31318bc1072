"""RMBG-1.4's network as it is published: with all six side outputs, each enlarged and squashed. For benches only."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from livebg.models.rmbg.network import RmbgNetwork, halve, join, resize_like


class PlainNetwork(nn.Module):
    """livebg's modules, and nothing left out: (N, 3, H, W) → six alphas (N, 1, H, W)."""

    def __init__(self, network: RmbgNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        net = self.network
        down1 = net.stage1(net.conv_in(pixel_values))
        down2 = net.stage2(halve(down1))
        down3 = net.stage3(halve(down2))
        down4 = net.stage4(halve(down3))
        down5 = net.stage5(halve(down4))
        down6 = net.stage6(halve(down5))
        up5 = net.stage5d(join(down6, down5))
        up4 = net.stage4d(join(up5, down4))
        up3 = net.stage3d(join(up4, down3))
        up2 = net.stage2d(join(up3, down2))
        up1 = net.stage1d(join(up2, down1))
        sides = [
            net.get_submodule(f"side{number}")(features)
            for number, features in enumerate((up1, up2, up3, up4, up5, down6), start=1)
        ]
        return tuple(torch.sigmoid(resize_like(each, pixel_values)) for each in sides)
