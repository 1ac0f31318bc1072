"""How parts of a picture move: similarities (shift, turn, scale) between two small pictures. Any thread.

Points on a grid, followed by pyramids (Lucas and Kanade 1981, Bouguet 2000), and the similarity on which most of them
agree (RANSAC, Fischler and Bolles 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.masks import Mask
from livebg.core.types import Image

Points = NDArray[np.float32]  # (n, 2): x and y, px
Places = NDArray[np.float32]  # (2, n): the same
Similarity = NDArray[np.float64]  # (2, 3): takes places (x, y, 1) of one picture to those of another

STILL: Similarity = np.eye(2, 3)
GRID_PX, FEWEST, MOST = 5, 10, 60  # from point to point; how many make a motion, and how many are enough
WINDOW, LEVELS, OFF_PX, TRIES = (13, 13), 3, 1.0, 200  # of the search for the points, and of the fit
ROW, CORNER = 1024, 3e-4  # places in one row at most; the least eigenvalue of the gradients around what can be followed
WIDE_PX, NEAR = 8, (5, 5)  # from point to point, and points: what moves goes on beyond itself as these do
NARROW = 1000.0  # px²: points that are spread less than that hardly turn, and hardly come nearer
NOISE, DIFFERENT, CHANGED = 2.0, 40.0, 12.0  # levels: of equal pixels; of one pixel at most; a mean of another thing


def luma_of(picture: Image) -> Image:
    """What the points are followed in, uint8 (h, w), of BGR uint8 (h, w, 3)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def differences(some: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """How unlike are two colours each, uint8 (n, 3), in levels, at most DIFFERENT: (n,)."""
    return np.asarray(np.minimum(cv2.absdiff(some, others).max(axis=1), DIFFERENT))


def similarities(here: Image, there: Image, masks: Sequence[Mask]) -> list[Similarity | None]:
    """For each mask, bool (h, w), how what lies under it goes from one luma, uint8 (h, w), to another.

    None where too few points can be followed, or agree.
    """
    points = [_points(mask) for mask in masks]
    together = np.concatenate(points)
    if len(together) == 0:
        return [None] * len(masks)
    found, is_found = _followed(here, there, together)
    ends = np.cumsum([len(each) for each in points])[:-1]
    each_found, each_is_found = np.split(found, ends), np.split(is_found, ends)
    return [
        _similarity(one[good], other[good]) for one, other, good in zip(points, each_found, each_is_found, strict=True)
    ]


def carried(here: Image, there: Image, mask: Mask, places: Places) -> Places | None:
    """Where places (2, n) of one luma lie in another, both uint8 (h, w), if they move as what is near under the mask.

    Beyond it that goes on as the similarity which fits best there: a mere mean would stay behind the outline of whoever
    leans towards the camera. Where nothing is near, they stay. None where no point can be followed.
    """
    points = _grid(mask, WIDE_PX)
    if len(points) == 0:
        return None
    found, is_found = _followed(here, there, points)
    steps = _steps(points[is_found], found[is_found], mask.shape)
    right, down, share = sampled(steps, (places - WIDE_PX // 2) / np.float32(WIDE_PX)).T
    return np.asarray(places + np.stack([right, down]) / np.maximum(share, np.float32(1e-6)), np.float32)


def sampled(
    picture: NDArray[Any], places: Places, kind: int = cv2.INTER_LINEAR, border: int = cv2.BORDER_REPLICATE
) -> NDArray[Any]:
    """A picture (h, w) or (h, w, c) at places (2, n): (n,) or (n, c) of its kind."""
    count = places.shape[1]
    rows = max(1, -(-count // ROW))  # OpenCV takes no row of 32767 or more
    columns = -(-count // rows)
    if rows * columns > count:
        full = np.zeros((2, rows * columns), np.float32)
        full[:, :count] = places  # np.pad takes ten times as long
        places = full
    x, y = places.reshape(2, rows, columns)
    there = cv2.remap(picture, x, y, kind, borderMode=border)
    return there.reshape(-1, *picture.shape[2:])[:count]


def textured(luma: Image) -> Mask:
    """Where a luma, uint8 (h, w), has something to follow, bool (h, w): not on a plain wall (Shi and Tomasi 1994)."""
    return np.asarray(cv2.cornerMinEigenVal(luma, WINDOW[0]) > CORNER, np.bool_)


def inverse(similarity: Similarity) -> Similarity:
    """The similarity that goes back."""
    return np.asarray(cv2.invertAffineTransform(similarity), np.float64)


def _points(mask: Mask) -> Points:
    """Some places under a mask, on a grid."""
    points = _grid(mask, GRID_PX)
    return points[:: max(1, -(-len(points) // MOST))]


def _grid(mask: Mask, step_px: int) -> Points:
    """The places of a grid under a mask, (n, 2)."""
    rows, columns = np.nonzero(mask[step_px // 2 :: step_px, step_px // 2 :: step_px])
    return (np.stack([columns, rows], axis=1) * step_px + step_px // 2).astype(np.float32)


def _followed(here: Image, there: Image, points: Points) -> tuple[Points, Mask]:
    """Where points (n, 2) of one luma are in another; of each whether it was found, (n,)."""
    found, is_found, _ = cv2.calcOpticalFlowPyrLK(
        here, there, points, np.zeros_like(points), winSize=WINDOW, maxLevel=LEVELS
    )
    return np.asarray(found, np.float32), np.asarray(is_found[:, 0] > 0)


def _steps(points: Points, found: Points, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """How each place of a grid, WIDE_PX apart in a picture of this shape, moves with the points near it: float32
    (rows, columns, 3), right, down, 1, or zeros where none is near.

    points, found: before and after. The similarity of least squares around each place, from sums in a window:
    normalised convolution (Knutsson and Westin 1993).
    """
    (x, y), (u, v) = points.T, (found - points).T
    sums = np.zeros((-(-shape[0] // WIDE_PX), -(-shape[1] // WIDE_PX), 8), np.float32)
    columns, rows = points.astype(np.intp).T // WIDE_PX
    sums[rows, columns] = np.stack([np.ones_like(x), x, y, x * x + y * y, u, v, x * u + y * v, x * v - y * u], axis=1)
    sums = np.asarray(cv2.boxFilter(sums, -1, NEAR, normalize=False, borderType=cv2.BORDER_CONSTANT), np.float32)
    count = np.maximum(sums[..., 0], np.float32(1))
    x, y, squares, u, v, radial, tangential = np.moveaxis(sums[..., 1:] / count[..., None], 2, 0)
    spread = squares - (x * x + y * y) + np.float32(NARROW) / count
    scale, turn = (radial - (x * u + y * v)) / spread, (tangential - (x * v - y * u)) / spread
    down, across = np.indices(count.shape) * WIDE_PX + WIDE_PX // 2
    x, y = across - x, down - y
    steps = np.stack([u + scale * x - turn * y, v + turn * x + scale * y, np.ones_like(count)], axis=2)
    return np.where(sums[..., :1] > 0, steps, 0).astype(np.float32)


def _similarity(places: Points, found: Points) -> Similarity | None:
    if len(places) < FEWEST:
        return None
    motion, agreed = cv2.estimateAffinePartial2D(places, found, ransacReprojThreshold=OFF_PX, maxIters=TRIES)
    return np.asarray(motion, np.float64) if motion is not None and np.count_nonzero(agreed) >= FEWEST else None
