"""From linear light to a photograph: lens blur by distance, bloom, exposure, film curve, grain, and the file.

Knows nothing about what is in the picture.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

Array = NDArray[np.float32]
Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 1920, 1080


def disc(radius_px: float) -> Array:
    """The blur of a round aperture: float32 kernel of sum 1, its edge smooth and a little brighter than its middle."""
    reach = int(np.ceil(radius_px)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    away = np.sqrt(x * x + y * y)
    kernel = np.clip(radius_px + 0.5 - away, 0, 1) * (0.85 + 0.15 * (away / max(radius_px, 1)) ** 4)
    return np.asarray(kernel / kernel.sum(), np.float32)


def blurred(light: Array, radius_px: float) -> Array:
    if radius_px < 0.4:
        return light
    return np.asarray(cv2.filter2D(light, -1, disc(radius_px), borderType=cv2.BORDER_REFLECT), np.float32)


def focused(light: Array, distance: Array, focus_m: float, strength_px: float, layers: int = 5) -> Array:
    """Depth of field: the blur's radius is strength_px * |1 - focus / distance|; layers are laid far to near."""
    radius = strength_px * np.abs(1 - focus_m / np.maximum(distance, 0.1))
    order = 1 / np.maximum(distance, 0.1)
    limits = np.quantile(order, np.linspace(0, 1, layers + 1))
    total, covered = np.zeros_like(light), np.full((*order.shape, 1), 1e-6, np.float32)
    for low, high in pairwise(limits):
        is_here = ((order >= low) & ((order < high) | (high == limits[-1]))).astype(np.float32)
        if not is_here.any():
            continue
        size = float(np.median(radius[is_here > 0]))
        colour = blurred(light * is_here[..., None], size)
        share = blurred(is_here, size)[..., None].clip(0, 1)
        total, covered = total * (1 - share) + colour, covered * (1 - share) + share
    return np.asarray(total / covered, np.float32)


def developed(
    light: Array,
    key: float = 0.3,
    bloom: float = 0.06,
    vignette: float = 0.25,
    grain: float = 1.1,
    saturation: float = 1.0,
    seed: int = 1,
) -> Picture:
    """Linear light RGB (H, W, 3) of any size → RGB uint8 (1080, 1920, 3).

    key: what the picture's geometric mean is exposed to, as a photographer would choose it. grain: deviation, levels.
    """
    exposure = key / np.exp(np.log(light.mean(2) + 1e-3).mean())
    light = cv2.resize(light.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0) * exposure
    small = cv2.resize(light, (WIDTH // 8, HEIGHT // 8), interpolation=cv2.INTER_AREA)
    haze = cv2.resize(cv2.GaussianBlur(small, (0, 0), 9), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    light = light * (1 - bloom) + haze * bloom
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    light = light * (1 - vignette * ((x * x * 0.8 + y * y * 0.6) / 1.4) ** 1.2)[..., None]
    grey = (light @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
    light = np.maximum(grey + (light - grey) * saturation, 0)
    return dithered(film(light), grain, seed)


def film(light: Array) -> Array:
    """Linear light → 0..1 for the screen: Narkowicz's fit of the ACES curve (2015), eased, then sRGB's gamma."""
    x = light * 0.8
    curved = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    curved = np.clip(0.75 * curved + 0.25 * (1 - np.exp(-1.1 * light)), 0, 1)
    return np.asarray(np.where(curved <= 0.0031308, 12.92 * curved, 1.055 * curved ** (1 / 2.4) - 0.055), np.float32)


def dithered(shown: Array, grain: float, seed: int) -> Picture:
    """0..1 → uint8 with fine grain, against the bands that a video call's coding makes of clean gradients."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 1, shown.shape[:2]).astype(np.float32)
    noise = 0.6 * noise + 0.9 * cv2.GaussianBlur(noise, (0, 0), 0.9) * 2
    rest = random.random(shown.shape, np.float32)
    return (shown * 255 + grain * noise[..., None] + rest).clip(0, 255).astype(np.uint8)


def save(picture: Picture, path: Path, most_bytes: int = 150_000) -> int:
    """RGB uint8 → the best JPEG of at most most_bytes; returns its quality."""
    for quality in range(93, 40, -3):
        Pillow.fromarray(picture).save(path, "JPEG", quality=quality, optimize=True, progressive=True, subsampling=2)
        if path.stat().st_size <= most_bytes:
            return quality
    raise ValueError(f"{path.name} does not fit {most_bytes} bytes")
