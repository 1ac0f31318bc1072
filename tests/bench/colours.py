"""Question: what does correcting an alpha by local colours cost, and is it nearer to the truth afterwards?

    python -m tests.bench.colours [--rounds 60]

At the sizes of the engines' alphas, on one thread: the stage, and the same idea pixel by pixel in OpenCV calls
(`pixel_by_pixel`, one window only), in turns. Synthetic scene; its true alpha is blurred and moved by a pixel and a
half, as a network errs. Error: mean |alpha − truth| where the truth is soft or the alpha is, ×1000. Not covered: the
shrinking of the frame, which stages share. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests.bench.compositing import alternate
from tests.bench.machine import card

SIZES = ((256, 144), (256, 256), (320, 180), (512, 288))
WINDOW_SHARE, NOISE, TRUST, BOUND, SURE_SHARE = 1 / 16, 1e-4, 0.8, 3.0, 0.01
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


def _gaussians(colour: np.ndarray, weight: np.ndarray, window: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Around each pixel, of weighted colours: weight, mean and regularised covariance."""
    share = cv2.blur(weight, window)
    scale = 1 / np.maximum(share, 1e-6)
    mean = cv2.blur(colour * weight[..., None], window) * scale[..., None]
    covariance = np.empty((*weight.shape, 3, 3), np.float32)
    for i, j in PAIRS:
        value = cv2.blur(colour[..., i] * colour[..., j] * weight, window) * scale - mean[..., i] * mean[..., j]
        covariance[..., i, j] = covariance[..., j, i] = value + (NOISE if i == j else 0)
    return share, mean, covariance


def pixel_by_pixel(values: np.ndarray, image: np.ndarray) -> np.ndarray:
    """float32 (h, w), BGR uint8 (h, w, 3) to float32 (h, w): every pixel has its own two Gaussians."""
    side = 2 * int(max(values.shape) * WINDOW_SHARE / 2) + 1
    colour, said, enough = (image.astype(np.float32) - 128) / 255, np.zeros(values.shape, np.float32), []
    for sign in (1, -1):
        share, mean, covariance = _gaussians(colour, np.maximum(sign * (2 * values - 1), 0), (side, side))
        apart = colour - mean
        solved = np.linalg.solve(covariance, apart[..., None])[..., 0]
        density = -0.5 * ((solved * apart).sum(axis=-1) + np.log(np.maximum(np.linalg.det(covariance), 1e-12)))
        said, enough = said + sign * density, [*enough, np.minimum(share / SURE_SHARE, 1)]
    power = np.exp(TRUST * np.minimum(*enough) * np.clip(said, -BOUND, BOUND))
    return (values * power / (values * power + 1 - values)).astype(np.float32)


def _scene(width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Picture, true alpha and a network's at this size."""
    from livebg.capture.synthetic.scene import SyntheticScene

    scene = SyntheticScene(1280, 1280 * height // width)
    image = cv2.resize(scene.image(0.0), (width, height), interpolation=cv2.INTER_AREA)
    truth = cv2.resize(scene.true_alpha(0.0), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    moved = cv2.warpAffine(
        truth, np.float32([[1, 0, 1.5], [0, 1, 0]]), (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return image, truth, np.clip(cv2.GaussianBlur(moved, (0, 0), width / 128), 0, 1)


def main() -> int:
    from livebg.core.settings import Settings
    from livebg.core.types import Alpha, Frame
    from livebg.matting.refine.local_colour import LocalColour

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    rounds, settings = parser.parse_args().rounds, Settings()
    for key, value in card().items():
        print(f"{key:<10} {value}")
    cv2.setNumThreads(1)
    print("\n| alpha | way | p50 ms | p95 ms | p99 ms | CPU ms | error before | after |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    rows: list[dict[str, Any]] = []
    for width, height in SIZES:
        image, truth, values = _scene(width, height)
        stage, alpha, frame = LocalColour(), Alpha(values, 0), Frame(image, 0, 0.0, 0.0)
        ways = {
            "stage": lambda stage=stage, alpha=alpha, frame=frame: stage.apply(alpha, frame, settings).values,
            "pixel by pixel": lambda values=values, image=image: pixel_by_pixel(values, image),
        }
        edge = (np.abs(truth - 0.5) < 0.48) | (np.abs(values - 0.5) < 0.48)
        before, *after = (
            round(1000 * float(np.abs(each - truth)[edge].mean()), 1)
            for each in (values, *(way() for way in ways.values()))
        )
        for (way, figures), error in zip(alternate(ways, rounds).items(), after, strict=True):
            rows.append({"alpha": f"{width}x{height}", "way": way, **figures, "before": before, "after": error})
            print("| " + " | ".join(map(str, rows[-1].values())) + " |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
