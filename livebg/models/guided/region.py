"""Where the network looks: a region around the people, in one of a few shapes with about the whole picture's cost.

Plain arithmetic; guide.py keeps the region from frame to frame. Any thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from livebg.models.crop import MARGIN, Crop, PersonBox, shifted
from livebg.models.rmbg.engine import GRAIN_PX, LONGEST, USUAL_PX, in_grains

SHAPES = (9 / 16, 3 / 4, 1.0, 4 / 3, 16 / 9)  # width to height: few, since graphs and compiled forms are made for each
LOOSE = 1.5  # times the area that is necessary: a larger region is replaced
LARGE_PX = 600  # from this matte size on, which photos have, the network looks a second time, at USUAL_PX
SQUEEZE = 1.35  # the shape of a region that the picture's rim cuts differs at most by this from the network's


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, and the (height, width) in px at which the network sees it."""

    crop: Crop
    size: tuple[int, int]


def second_size(size: tuple[int, int], short_px: int) -> tuple[int, int] | None:
    """The (height, width), px, at which the network sees a region of this size again; None: one look is enough.

    In a large picture it sees each hair, but too little of a large person at a time. short_px: as in sizes().
    """
    if short_px < LARGE_PX:
        return None
    scale = USUAL_PX / short_px
    return in_grains(scale * size[0]), in_grains(scale * size[1])


@lru_cache(maxsize=16)
def sizes(height: int, width: int, short_px: int) -> tuple[tuple[int, int], ...]:
    """The (height, width) of each shape, px, with the area that the whole picture of height x width has at short_px."""
    area = short_px**2 * min(max(height, width) / min(height, width), LONGEST)
    found = []
    for shape in SHAPES:
        sides = math.sqrt(area / shape), math.sqrt(area * shape)
        found.append((in_grains(sides[0]), in_grains(sides[1])))
    return tuple(found)


def region_around(box: PersonBox, width: int, height: int, short_px: int) -> Region:
    """The region with the box and a margin in it that shows it largest; never beyond the picture of width x height."""
    free = MARGIN * max(box.right - box.left, box.bottom - box.top)
    left, top = max(0.0, box.left - free), max(0.0, box.top - free)
    right, bottom = min(float(width), box.right + free), min(float(height), box.bottom + free)
    best: tuple[float, Region] | None = None
    for size in sizes(height, width, short_px):
        shape = size[1] / size[0]
        wide = min(max(right - left, (bottom - top) * shape), float(width))
        high = min(max(bottom - top, wide / shape), float(height))
        squeezed = wide / high / shape
        if max(squeezed, 1 / squeezed) <= SQUEEZE and (best is None or wide * high < best[0]):
            best = wide * high, Region(_placed(left + right, top + bottom, wide, high, width, height), size)
    if best is None:  # a very long picture with somebody all along it
        shapes = sizes(height, width, short_px)
        return Region(Crop.whole(width, height), shapes[-1] if width > height else shapes[0])
    return best[1]


def _placed(twice_x: float, twice_y: float, wide: float, high: float, width: int, height: int) -> Crop:
    """The crop of wide x high px about this middle, moved into the picture."""
    left = math.floor(min(max((twice_x - wide) / 2, 0.0), width - wide))
    top = math.floor(min(max((twice_y - high) / 2, 0.0), height - high))
    return Crop(left, top, min(width, math.ceil(left + wide)), min(height, math.ceil(top + high)), width, height)


def followed(region: Region, box: PersonBox, short_px: int) -> Region:
    """The region for a box that has moved: the same where it still fits, else moved by whole steps, else a new one.

    The network answers nearly the same for a picture that moved by its coarsest cells (GRAIN_PX of its pixels), and
    differently at another scale: steps do not show as a jump.
    """
    crop = region.crop
    wanted = region_around(box, crop.width, crop.height, short_px)
    if region.size not in sizes(crop.height, crop.width, short_px) or crop.area > LOOSE * wanted.crop.area:
        return wanted
    there = shifted(crop, box, (region.size[1] // GRAIN_PX, region.size[0] // GRAIN_PX))
    return wanted if there is None else Region(there, region.size)
