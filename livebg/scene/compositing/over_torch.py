"""frame · alpha + background · (1 − alpha), and the composite in the bytes that a sink takes. This is the reference;
over_numba.py does the same in compiled loops, and copies pixels whose alpha is 0 or 1. Pure.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.types import LOWEST_ALPHA


def to_planes(image: Tensor, dtype: torch.dtype) -> Tensor:
    """uint8 (H, W, 3) → (3, H, W) of this dtype in 0..255."""
    return image.permute(2, 0, 1).to(dtype, memory_format=torch.contiguous_format)


def finite(alpha: Tensor, least: float = 0.0) -> Tensor:
    """Any float32 (H, W) → in 0..1; 0 below `least` and where it is not finite, since that must not spread."""
    return torch.where((alpha >= least) & (alpha < math.inf), alpha.clamp(max=1), 0.0)


def usable(alpha: Tensor) -> Tensor:
    """The same, and 0 where alpha is too small to change a pixel: float32 (H, W) in 0..1."""
    return finite(alpha, float(LOWEST_ALPHA))


def over(planes: Tensor, alpha: Tensor, behind: Tensor) -> Tensor:
    """The person in front of the background. planes, behind, result: BGR (3, H, W) in 0..255; alpha: from usable()."""
    return torch.lerp(behind, planes, alpha.to(planes.dtype))


def cut_out(planes: Tensor, alpha: Tensor) -> Tensor:
    """Straight foreground colour, black where alpha is 0. planes, result: (3, H, W); alpha: float32 (H, W) in 0..1."""
    return torch.where(alpha > 0, planes, 0.0)


def to_bgr(planes: Tensor) -> Tensor:
    """(3, H, W) in 0..255 → uint8 (H, W, 3)."""
    return planes.round().to(torch.uint8).permute(1, 2, 0).contiguous()


def to_i420(planes: Tensor) -> Tensor:
    """BGR (3, H, W) in 0..255 → uint8 (H * 3/2, W), BT.601 in 16..235, each side padded to an even number.

    Colour comes from the top left of four pixels, as in OpenCV's conversion, which the sinks use.
    """
    _, height, width = planes.shape
    if height % 2 or width % 2:
        planes = functional.pad(planes[None], (0, width % 2, 0, height % 2), mode="replicate")[0]
        _, height, width = planes.shape
    blue, green, red = planes.to(torch.float32).round()
    luma = 0.098 * blue + 0.504 * green + 0.257 * red + 16
    blue, green, red = blue[::2, ::2], green[::2, ::2], red[::2, ::2]
    u = 0.439 * blue - 0.291 * green - 0.148 * red + 128
    v = -0.071 * blue - 0.368 * green + 0.439 * red + 128
    parts = torch.cat([luma.flatten(), u.flatten(), v.flatten()])
    return (parts + 0.5).to(torch.uint8).view(height * 3 // 2, width)
