"""Cuts a crop out of a picture and pastes its alpha back, on any device of torch's: twins of crop.cut and crop.pasted.

Both are two matrix products, as all resizing there (core/resize_torch.py). The matrices come from the crop's place,
which is a tensor: a CUDA graph of one shape serves every crop. Pure.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from livebg.core.types import Matte
from livebg.models.crop import FEATHER, Crop

Size = tuple[int, int]


def place_of(crop: Crop) -> Matte:
    """The `place` of the functions below, float32 (4,): top, bottom, left and right in px of the picture."""
    return np.array((crop.top, crop.bottom, crop.left, crop.right), np.float32)


def cut(planes: Tensor, place: Tensor, size: Size) -> Tensor:
    """The crop's part of (C, H, W), at size (h, w): means of what a pixel covers, bilinear where a side is larger."""
    top, bottom, left, right = place.unbind()
    is_smaller = (bottom - top >= size[0]) & (right - left >= size[1])
    rows = _taking(top, bottom, planes.shape[-2], size[0], is_smaller)
    columns = _taking(left, right, planes.shape[-1], size[1], is_smaller)
    return rows.to(planes.dtype) @ planes @ columns.to(planes.dtype).T


def pasted(alpha: Tensor, place: Tensor, picture: Size, size: Size) -> Tensor:
    """The crop's alpha, float32 (h, w) in 0..1, in its place in a picture of (H, W), at `size`; 0 outside the crop."""
    top, bottom, left, right = place.unbind()
    feather = max(1.0, FEATHER * max(size))
    rows = _giving(top, bottom, picture[0], alpha.shape[0], size[0], feather)
    columns = _giving(left, right, picture[1], alpha.shape[1], size[1], feather)
    return (rows @ alpha @ columns.T).clamp(0, 1)


def _taking(low: Tensor, high: Tensor, length: int, count: int, is_smaller: Tensor) -> Tensor:
    """Float32 (count, length), rows sum to 1: how `count` pixels are made of low..high of `length`."""
    scale = (high - low) / count
    inside = torch.arange(length, device=low.device) - low
    number = torch.arange(count, device=low.device)[:, None]
    begin = number * scale
    covered = torch.minimum(inside + 1, begin + scale) - torch.maximum(inside, begin)
    centre = torch.minimum(((number + 0.5) * scale - 0.5).clamp(min=0), high - low - 1)
    weights = torch.where(is_smaller, covered, 1 - (inside - centre).abs()).clamp(min=0)
    return weights / weights.sum(1, keepdim=True)


def _giving(low: Tensor, high: Tensor, length: int, count: int, wanted: int, feather: float) -> Tensor:
    """Float32 (wanted, count): how `wanted` pixels over `length` are made of `count` values at low..high."""
    scale = wanted / length
    centres = torch.arange(wanted, device=low.device) + 0.5
    at = ((centres - low * scale) * count / ((high - low) * scale) - 0.5).clamp(0, count - 1)
    weights = (1 - (torch.arange(count, device=low.device) - at[:, None]).abs()).clamp(min=0)
    after_begin = torch.where(low > 0, (centres - low * scale) / feather, 1.0)
    before_end = torch.where(high < length, (high * scale - centres) / feather, 1.0)
    return weights * torch.minimum(after_begin, before_end).clamp(0, 1)[:, None]
