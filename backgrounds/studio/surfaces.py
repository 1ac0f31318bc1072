"""Walls and paper seen straight on: a relief of heights, lit from the side, by Lambert's law.

Brick, plaster and paper need no room around them; what makes them real is raking light and small irregularities.
"""

from __future__ import annotations

import cv2
import numpy as np

from studio import lens, noise
from studio.lens import HEIGHT, WIDTH, Array

Colour = tuple[float, float, float]


def lit(heights: Array, colour: Array, toward: tuple[float, float, float], rough: float = 1.0) -> Array:
    """Light given back by a relief: heights in px (H, W), colour (H, W, 3), direction to the light (x, y up, z out)."""
    slope_x, slope_y = (cv2.Sobel(heights, cv2.CV_32F, dx, 1 - dx, ksize=3) / 8 * rough for dx in (1, 0))
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    x, y, z = np.array(toward) / np.linalg.norm(toward)
    facing = (-slope_x * x + slope_y * y + z) / length
    hollow = (heights - cv2.GaussianBlur(heights, (0, 0), 9)).clip(-6, 6)  # hollows see less of the sky
    return np.asarray(colour * (facing.clip(0.03) * (1 + 0.05 * hollow))[..., None], np.float32)


def spot(centre: tuple[float, float], size: float, low: float) -> Array:
    """Falloff of a lamp: 1 at centre (shares of width and height), towards `low` at a distance of several sizes."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j].astype(np.float32)
    square = ((x - centre[0]) * 16 / 9) ** 2 + (y - centre[1]) ** 2
    return np.asarray((low + (1 - low) / (1 + square / size**2) ** 1.3)[..., None], np.float32)


def brick_wall() -> lens.Picture:
    """Old red brick in running bond, a little out of focus, a warm lamp from the upper left."""
    random = np.random.default_rng(71)
    high, wide, joint = 60, 180, 10
    heights = np.zeros((HEIGHT + 2 * high, WIDTH + 2 * wide), np.float32)
    colour = np.empty((*heights.shape, 3), np.float32)
    colour[:] = (0.40, 0.36, 0.31)
    for row in range(-1, heights.shape[0] // high + 1):
        shift = (row % 2) * wide // 2 + int(random.integers(-8, 9))
        for column in range(-1, heights.shape[1] // wide + 1):
            top, left = row * high + int(random.integers(-2, 3)), column * wide + shift
            inner = (slice(max(0, top + joint // 2), max(0, top + high - joint // 2)),)
            inner += (slice(max(0, left + joint // 2), max(0, left + wide - joint // 2 + int(random.integers(-4, 5)))),)
            heights[inner] = 7 + random.normal(0, 1.2)
            shade = np.exp(random.normal(0, 0.24))
            colour[inner] = np.array((0.27, 0.125, 0.080)) * shade + random.uniform(0, 0.07) * np.array((1.0, 0.8, 0.6))
    warp_x, warp_y = (noise.flat(*heights.shape, 90, seed, 4) * 2.2 for seed in (72, 73))
    y, x = np.indices(heights.shape, np.float32)
    heights = cv2.remap(cv2.GaussianBlur(heights, (0, 0), 2.2), x + warp_x, y + warp_y, cv2.INTER_LINEAR)
    colour = cv2.remap(cv2.GaussianBlur(colour, (0, 0), 1.2), x + warp_x, y + warp_y, cv2.INTER_LINEAR)
    heights += noise.flat(*heights.shape, 26, 74, 5) * 1.1
    colour *= np.exp(0.16 * noise.flat(*heights.shape, 70, 75, 6))[..., None]
    cut = (slice(high, high + HEIGHT), slice(wide, wide + WIDTH))
    light = lit(heights[cut], colour[cut], (-0.75, 0.55, 0.75), 1.3)
    light = light * spot((0.24, 0.08), 0.5, 0.07) * np.array((1.12, 0.98, 0.82), np.float32)
    return lens.developed(lens.blurred(light, 7.5), key=0.13, vignette=0.3, saturation=0.85, seed=71)


def plaster_wall() -> lens.Picture:
    """Limewash in a warm grey: clouds of pigment, trowel marks, window light from the right."""
    clouds = noise.flat(HEIGHT, WIDTH, 420, 81, 6, 1.3)
    patches = noise.flat(HEIGHT, WIDTH, 110, 82, 5, 1.8)
    colour = np.exp(0.10 * clouds + 0.045 * patches)[..., None] * np.array((0.60, 0.535, 0.46), np.float32)
    heights = noise.flat(HEIGHT, WIDTH, 240, 83, 4, 1.7) * 3.0 + noise.flat(HEIGHT, WIDTH, 18, 84, 3, 1.3) * 0.12
    light = lit(heights, colour, (0.8, 0.35, 0.8)) * spot((0.86, 0.22), 0.85, 0.16)
    return lens.developed(lens.blurred(light, 3.2), key=0.33, vignette=0.25, seed=81)


def paper_grey() -> lens.Picture:
    """A hanging sheet of thick grey paper, as photographers use it: fibre, a faint swell, light from above."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j].astype(np.float32)
    swell = 26 * np.sin(2.1 * np.pi * x + 0.6 + 0.5 * y) + 10 * np.sin(5.3 * np.pi * x + 1.9 + 0.8 * y)
    fibre = noise.flat(HEIGHT, WIDTH, 6, 91, 3, 1.3) * 0.12 + noise.flat(HEIGHT, WIDTH, 90, 92, 3) * 0.5
    colour = np.exp(0.02 * noise.flat(HEIGHT, WIDTH, 300, 93, 4))[..., None] * np.array((0.40, 0.415, 0.43), np.float32)
    light = lit((swell + fibre).astype(np.float32), colour, (-0.45, 0.75, 0.9)) * spot((0.44, 0.3), 0.7, 0.1)
    return lens.developed(lens.blurred(light, 1.2), key=0.26, vignette=0.3, seed=91)


SURFACES = {"brick-wall": brick_wall, "plaster-wall": plaster_wall, "paper-grey": paper_grey}
