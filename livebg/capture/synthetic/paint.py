"""Paint for the synthetic scene: soft shapes, round shading and colour on a canvas, antialiased by supersampling.

Design coordinates are those of a picture 1080 high, at any scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from livebg.core.types import Image

Field = NDArray[np.float32]
Point = tuple[float, float]
Colour = tuple[float, float, float]  # BGR, 0..255

_SUBPIXEL_BITS = 4
_LIGHT = np.array([-0.55, -0.5, 0.67], np.float32)  # from the window: left, above, in front


class Canvas:
    """A transparent picture: premultiplied BGR float32 (h, w, 3) in 0..255 and its coverage float32 (h, w) in 0..1.

    left, top, right, bottom: the part of the design that it shows. scale: pixels per design unit.
    """

    def __init__(self, left: float, top: float, right: float, bottom: float, scale: float) -> None:
        self.left, self.top, self.scale = left, top, scale
        self.shape = (max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale)))
        self.colour: Field = np.zeros((*self.shape, 3), np.float32)
        self.coverage: Field = np.zeros(self.shape, np.float32)

    def paint(self, mask: Field, colour: Colour | Field) -> None:
        """Lays a colour, or float32 (h, w, 3) in 0..255, over what is there, as far as mask, float32 (h, w) in 0..1,
        says.
        """
        where = _extent(mask)
        inside = mask[where]
        if isinstance(colour, np.ndarray):
            colour = colour[where]
        kept = 1 - inside
        self.colour[where] = self.colour[where] * kept[..., None] + inside[..., None] * np.asarray(colour, np.float32)
        self.coverage[where] = self.coverage[where] * kept + inside

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """An upright rectangle, to whole pixels."""
        columns = slice(*(max(0, round((x - self.left) * self.scale)) for x in (left, right)))
        rows = slice(*(max(0, round((y - self.top) * self.scale)) for y in (top, bottom)))
        self.colour[rows, columns] = colour
        self.coverage[rows, columns] = 1

    def tint(self, mask: Field, colour: Colour) -> None:
        """As paint(), with a mask float32 (h, w) in 0..1, but only where something is painted already."""
        self.paint(mask * self.coverage, colour)

    def polygon(self, points: Sequence[Point]) -> Field:
        """The inside of a polygon: mask float32 (h, w) in 0..1."""
        return self._filled([points])

    def spline(self, points: Sequence[Point]) -> Field:
        """The inside of a closed smooth curve through these points (Catmull-Rom): mask float32 (h, w) in 0..1."""
        return self._filled([smooth(points, is_closed=True)])

    def ellipse(self, x: float, y: float, half_width: float, half_height: float, angle_deg: float = 0) -> Field:
        """The inside of an ellipse, turned clockwise by angle_deg: mask float32 (h, w) in 0..1."""
        turn = np.linspace(0, 2 * np.pi, 73)[:-1]
        along, across = half_width * np.cos(turn), half_height * np.sin(turn)
        cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
        return self._filled([np.stack([x + along * cosine - across * sine, y + along * sine + across * cosine], -1)])

    def strokes(self, lines: Sequence[ArrayLike], thickness: float) -> Field:
        """Lines through points, all of one thickness in design units: mask float32 (h, w) in 0..1."""
        mask = np.zeros(self.shape, np.uint8)
        paths = [self._pixels(line) for line in lines]
        width_px = max(1, round(thickness * self.scale))
        cv2.polylines(mask, paths, False, 255, width_px, cv2.LINE_AA, _SUBPIXEL_BITS)
        return mask.astype(np.float32) / np.float32(255)

    def strands(
        self,
        lines: Sequence[ArrayLike],
        colours: Sequence[Field],
        thickness: float,
        opacity: float,
        at_tip: float = 1.0,
    ) -> None:
        """Paints lines whose colour runs along them, one over the other.

        colours: for each line BGR float32 (points, 3) in 0..255. thickness: in design units; below a pixel, lines are
        as much fainter. opacity: 0..1, and what of it is left at a line's end; lines that fade must not cross others.
        """
        drawn = np.zeros((*self.shape, 4), np.uint8)
        width_px = max(1, round(thickness * self.scale))
        for line, colour in zip(lines, colours, strict=True):
            points = self._pixels(line).tolist()
            fading = np.linspace(1, at_tip, len(points))[:, None] * np.column_stack([colour, np.full(len(points), 255)])
            for start, end, each in zip(points, points[1:], fading.tolist(), strict=False):
                cv2.line(drawn, start, end, each, width_px, cv2.LINE_AA, _SUBPIXEL_BITS)
        share = np.float32(opacity * min(1.0, thickness * self.scale / width_px))
        own = drawn[..., 3:] * np.float32(share / 255)
        self.colour = self.colour * (1 - own) + drawn[..., :3] * share
        self.coverage = self.coverage * (1 - own[..., 0]) + own[..., 0]

    def grid(self) -> tuple[Field, Field]:
        """x and y of every pixel's centre, in design units: float32 (h, w) each."""
        rows, columns = (np.mgrid[0 : self.shape[0], 0 : self.shape[1]] + 0.5) / self.scale
        return (columns + self.left).astype(np.float32), (rows + self.top).astype(np.float32)

    def box_around(self, x: float, y: float, radius: float) -> tuple[slice, slice]:
        """The rows and columns that hold a disc."""
        rows, columns = (
            slice(*(max(0, round((each + reach) * self.scale)) for reach in (-radius - 2, radius + 2)))
            for each in (y - self.top, x - self.left)
        )
        return rows, columns

    def bumps(self, *bumps: tuple[float, float, float, float, float], is_mirrored: bool = True) -> Field:
        """The sum of soft hills (x, y, half width, half height, height): float32 (h, w). is_mirrored: each also at
        -x."""
        x, y = self.grid()
        height = np.zeros(self.shape, np.float32)
        for middle, level, wide, tall, high in bumps:
            across = [
                np.exp(-0.5 * ((x - each) / wide) ** 2) for each in ({middle, -middle} if is_mirrored else {middle})
            ]
            height += high * sum(across) * np.exp(-0.5 * ((y - level) / tall) ** 2)
        return height

    def soft(self, mask: Field, radius: float) -> Field:
        """The mask, float32 (h, w) in 0..1, blurred by this radius in design units."""
        return _blurred(mask, max(0.3, radius * self.scale))

    def rounded(self, mask: Field, colour: Colour, radius: float) -> Field:
        """This colour, shaded as if the mask's shape were a cushion with edges of this radius: float32 (h, w, 3) in
        0..255.

        mask: float32 (h, w) in 0..1. Height from the distance to the edge, normals from its slope, Lambert's cosine law
        from a large soft light.
        """
        shaded = np.zeros((*self.shape, 3), np.float32)
        where = _extent(mask)
        radius_px = max(1.0, radius * self.scale)
        distance = cv2.distanceTransform((mask[where] > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
        inward = np.clip(distance / radius_px, 0, 1)
        height = np.sqrt(np.clip(1 - (1 - inward) ** 2, 0, 1)).astype(np.float32) * radius_px
        softness_px = max(0.5, radius_px / 3)
        slope_x = _blurred(cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8).astype(np.float32), softness_px)
        slope_y = _blurred(cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8).astype(np.float32), softness_px)
        length = np.sqrt(slope_x**2 + slope_y**2 + 1)
        facing = (_LIGHT[2] - _LIGHT[0] * slope_x - _LIGHT[1] * slope_y) / length
        light = 0.58 + 0.62 * np.clip(facing, -0.2, 1)
        shaded[where] = np.clip(light[..., None] * np.asarray(colour, np.float32), 0, 255)
        return shaded

    def straight(self, width: int, height: int) -> tuple[Image, Image]:
        """Colour BGR uint8 (height, width, 3), continued past the edges for resampling.

        And coverage uint8 (height, width).
        """
        premultiplied = np.dstack([self.colour, self.coverage])
        small = cv2.resize(premultiplied, (width, height), interpolation=cv2.INTER_AREA)
        around = cv2.GaussianBlur(small, (0, 0), max(1.0, height / 150)) + 1e-6
        own, edge = small[..., 3:], around[..., 3:]
        colour = np.where(own > 1 / 255, small[..., :3] / np.maximum(own, 1e-6), around[..., :3] / edge)
        return np.clip(colour.round(), 0, 255).astype(np.uint8), (255 * own[..., 0]).round().astype(np.uint8)

    def _filled(self, shapes: Sequence[ArrayLike]) -> Field:
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(mask, [self._pixels(shape) for shape in shapes], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return mask.astype(np.float32) / np.float32(255)

    def _pixels(self, points: ArrayLike) -> NDArray[np.int32]:
        moved = (np.asarray(points, np.float64) - (self.left, self.top)) * self.scale
        return np.round(moved * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _extent(mask: Field) -> tuple[slice, slice]:
    """The rows and columns that hold all of the mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _blurred(field: Field, sigma_px: float) -> Field:
    """A Gaussian blur; a wide one works on a smaller picture, which looks the same and is many times quicker."""
    height, width = field.shape
    step = max(1, int(sigma_px / 3))
    small = cv2.resize(field, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / step)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def smooth(points: Sequence[Point], is_closed: bool = False, steps: int = 12) -> NDArray[np.float64]:
    """Points on the Catmull-Rom curve through these points: float64 (n, 2)."""
    through = np.asarray(points, np.float64)
    padded = np.vstack([through[-1:], through, through[:2]] if is_closed else [through[:1], through, through[-1:]])
    share = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        slope, bend = end - before, 2 * before - 5 * start + 4 * end - after
        twist = 3 * (start - end) + after - before
        pieces.append(start + 0.5 * share * (slope + share * (bend + share * twist)))
    return np.vstack(pieces if is_closed else [*pieces, through[-1:]])


def lighter(colour: Colour, factor: float) -> Colour:
    """The colour times this factor; below 1 it is darker."""
    blue, green, red = (min(255.0, factor * each) for each in colour)
    return blue, green, red


def mirrored(points: Sequence[Point]) -> list[Point]:
    """A shape's right half, from top to bottom, completed by its mirror image on the left (x → −x)."""
    return [*points, *((-x, y) for x, y in reversed(points) if x)]
