"""The colour guided filter: it brings a small alpha to the picture's full size and its edge onto the picture's own.
This is the reference; guided_filter_numba.py does the same only where alpha is unknown.

He, Sun and Tang 2013 ("Guided Image Filtering", eq. 14-19) in its fast form (He and Sun 2015, "Fast Guided Filter"):
inside each small window alpha is a linear function of colour; the filter finds these functions at work size and
applies them to the full-size picture, averaged over 3x3 pixels. All in float32: a window's function can be steep, and
half precision would show in flat places. The filter runs over the whole picture, on any device of torch's, but only
the unknown region takes its result, and no more of it than the small alpha has within a pixel.
Pure.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.resize import work_size
from livebg.core.resize_torch import Box, enlarged, resizer
from livebg.matting.refine.params import AGREEMENT, GUIDED_FILTER, UNKNOWN
from livebg.matting.refine.unknown_region_torch import UnknownRegion

RADIUS, EPSILON, CONTRAST = GUIDED_FILTER.radius, GUIDED_FILTER.epsilon, GUIDED_FILTER.contrast


class GuidedFilter:
    """The ways to full size, for frames of one size. Keeps nothing of a frame.

    Each returns alpha, float32 (H, W) in 0..1, and its UnknownRegion.states at work size, uint8 (h, w).
    """

    def __init__(self, height: int, width: int, device: str, dtype: torch.dtype) -> None:
        """dtype: of the frame's planes in refine()."""
        self._size = (height, width)
        self.work = work_size(height, width)[::-1]
        self.unknown = UnknownRegion(self._size, self.work, device)
        self._shrink = resizer(self._size, self.work, device, dtype)
        self._box = Box(*self.work, RADIUS, device)
        self._reach = round(AGREEMENT.reach * max(self._size))

    def enlarge(self, values: Tensor, planes: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the same call as refine
        """Plain bilinear. values: float32 (h, w) in 0..1."""
        states = self.unknown.states(enlarged(values[None], self.work)[0])
        return enlarged(values[None], self._size)[0].clamp(0, 1), states

    def refine(self, values: Tensor, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Guided by the frame; exactly 0 or 1 outside the unknown region. values: float32 (h, w) in 0..1; planes: BGR
        (3, H, W) in 0..255.
        """
        picture = self._shrink(planes).to(torch.float32).round() * (1 / 255)
        small = enlarged(values[None], self.work)[0]
        states = self.unknown.states(small)
        functions = self._linear_functions(picture, small)
        functions[:3] *= CONTRAST / 255
        functions[3] = (functions[3] - 0.5) * CONTRAST + 0.5
        slopes_and_offset = enlarged(functions, self._size)
        alpha = slopes_and_offset[3]
        around = functional.pad(planes[None].to(torch.float32), (1, 1, 1, 1), mode="reflect")
        calmed = functional.avg_pool2d(around, 3, stride=1)[0].round()  # as cv2.blur
        for slope, plane in zip(slopes_and_offset[:3], calmed, strict=True):
            alpha = alpha.addcmul_(slope, plane)
        near = functional.max_pool2d(small[None], 3, stride=1, padding=1)
        most = enlarged(((near - 1) / (1 - GUIDED_FILTER.doubtful) + 1).clamp(min=0), self._size)[0]
        alpha = torch.minimum(alpha, most).clamp_(0, 1)
        everywhere = self.unknown.over_picture(states)
        return torch.where(everywhere == UNKNOWN, alpha, everywhere.to(torch.float32)), states

    def agreed(self, values: Tensor, planes: Tensor) -> tuple[Tensor, Tensor]:
        """What guided_filter.agreed() makes of both."""
        fine, states = self.enlarge(values, planes)
        change = self.refine(values, planes)[0] - fine
        around = functional.pad(change[None, None], (self._reach,) * 4, mode="replicate")
        apart = functional.avg_pool2d(around, 2 * self._reach + 1, stride=1)[0, 0].abs()
        share = ((AGREEMENT.apart - apart) / (AGREEMENT.apart - AGREEMENT.close)).clamp(0, 1)
        return fine + AGREEMENT.share * share * change, states

    def _linear_functions(self, picture: Tensor, alpha: Tensor) -> Tensor:
        """Slopes and offset, float32 (4, h, w), with alpha ≈ slopes · colour + offset around each pixel.

        picture: colours float32 (3, h, w) in 0..1; alpha: float32 (h, w).
        """
        blue, green, red = picture
        pairs = [blue * blue, green * green, red * red, blue * green, blue * red, green * red]
        products = [blue * alpha, green * alpha, red * alpha]
        b, g, r, mean_alpha, *rest = self._box(torch.stack([blue, green, red, alpha, *pairs, *products])[None])[0]
        bb, gg, rr, bg, br, gr = rest[:6]
        covariance = [bb - b * b + EPSILON, gg - g * g + EPSILON, rr - r * r + EPSILON]
        covariance += [bg - b * g, br - b * r, gr - g * r]
        target = [product - mean * mean_alpha for product, mean in zip(rest[6:], (b, g, r), strict=True)]
        slopes = _solve(covariance, target)
        offset = mean_alpha - (slopes[0] * b + slopes[1] * g + slopes[2] * r)
        averaged: Tensor = self._box(torch.stack([*slopes, offset])[None])[0]
        return averaged


def _solve(covariance: list[Tensor], target: list[Tensor]) -> list[Tensor]:
    """Per pixel, x with C x = t for the symmetric 3x3 C = [bb, gg, rr, bg, br, gr], by its adjugate."""
    bb, gg, rr, bg, br, gr = covariance
    tb, tg, tr = target
    ib, ig, ir = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    jg, jr, kr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = 1 / (bb * ib + bg * ig + br * ir)
    return [
        (ib * tb + ig * tg + ir * tr) * scale,
        (ig * tb + jg * tg + jr * tr) * scale,
        (ir * tb + jr * tg + kr * tr) * scale,
    ]
