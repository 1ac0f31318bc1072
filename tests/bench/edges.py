"""Question: what does bringing the small alpha to full size cost, beside the same filter in plain OpenCV calls?

    python -m tests.bench.edges [--rounds 60]

Plain (bilinear), guided, guided and coming to rest, and the same guided filter by OpenCV over the whole picture
(`whole_picture`, which is also what quality is compared with) take turns on one thread, on the synthetic scene with its
true alpha made small and soft; how much of the picture is worked on depends on how long the person's edge is. `small
picture` (shared with other stages) is in all guided ways, `stillness` in the settled one alone. Where OpenCV is
opencv-contrib-python (PYTHONPATH=FOLDER after `pip install --target FOLDER --no-deps opencv-contrib-python`), its own
fast guided filter takes its turn too. Last line: JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from tests.bench.compositing import SIZES, alternate
from tests.bench.machine import print_card
from tests.chains import FullSize

WIDTH, WINDOW, EPSILON, CONTRAST = 320, (9, 9), 1e-4, 1.4


def whole_picture(values: np.ndarray, image: np.ndarray) -> np.ndarray:
    """He, Sun and Tang 2013, eq. 14-19, at work size, applied at full size: float32 (H, W) in 0..1."""
    size = (WIDTH, round(image.shape[0] * WIDTH / image.shape[1]))
    colour = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    alpha = cv2.resize(values, size)
    blue, green, red = cv2.split(colour)
    pairs = cv2.merge([blue * blue, green * green, red * red, blue * green, blue * red, green * red])
    b, g, r = cv2.split(cv2.blur(colour, WINDOW))
    a = cv2.blur(alpha, WINDOW)
    bb, gg, rr, bg, br, gr = cv2.split(cv2.blur(pairs, WINDOW))
    bb, gg, rr = bb - b * b + EPSILON, gg - g * g + EPSILON, rr - r * r + EPSILON
    bg, br, gr = bg - b * g, br - b * r, gr - g * r
    tb, tg, tr = cv2.split(cv2.blur(colour * alpha[..., None], WINDOW))
    tb, tg, tr = tb - b * a, tg - g * a, tr - r * a
    ib, ig, ir = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    jg, jr, kr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = 1 / (bb * ib + bg * ig + br * ir)
    x, y, z = (ib * tb + ig * tg + ir * tr), (ig * tb + jg * tg + jr * tr), (ir * tb + jr * tg + kr * tr)
    slopes = cv2.merge([x * scale, y * scale, z * scale])
    offset = a - (slopes * cv2.merge([b, g, r])).sum(axis=-1)
    full = (image.shape[1], image.shape[0])
    weights = cv2.resize(cv2.blur(slopes, WINDOW) * np.float32(CONTRAST / 255), full)
    result = cv2.transform(cv2.multiply(weights, image, dtype=cv2.CV_32F), np.ones((1, 3), np.float32))
    result += cv2.resize((cv2.blur(offset, WINDOW) - np.float32(0.5)) * np.float32(CONTRAST) + np.float32(0.5), full)
    return np.clip(result, 0, 1, out=result)


def by_contrib(values: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The same by OpenCV's own fast guided filter, ximgproc.guidedFilter: float32 (H, W) in 0..1."""
    scale = WIDTH / image.shape[1]
    alpha = cv2.resize(values, (image.shape[1], image.shape[0]))
    radius = round((WINDOW[0] // 2) / scale)
    result = cv2.ximgproc.guidedFilter(image, alpha, radius, EPSILON * 255**2, scale=scale)
    return np.clip((result - np.float32(0.5)) * np.float32(CONTRAST) + np.float32(0.5), 0, 1)


def ways_of(width: int, height: int) -> dict[str, Callable[[], Any]]:
    """Each way with frames of its own, one after the other: nothing that a frame remembers is shared between them."""
    from livebg.capture.synthetic.scene import SyntheticScene
    from livebg.core.resize import shrink, work_size
    from livebg.core.settings import Settings
    from livebg.core.types import Alpha, Frame
    from livebg.matting.refine.guided_filter import Refiner, enlarge
    from livebg.matting.temporal.motion import MotionDetector

    scene, settings = SyntheticScene(width, height), Settings()
    images = [scene.image(each / 30) for each in range(4)]
    alphas = [cv2.resize(scene.true_alpha(each / 30), (256, 144), interpolation=cv2.INTER_AREA) for each in range(4)]
    alphas = [cv2.GaussianBlur(each.astype(np.float32), (5, 5), 0) for each in alphas]

    def each_frame(way: Callable[[np.ndarray, Frame], Any]) -> Callable[[], Any]:
        numbers = itertools.count()

        def turn() -> Any:
            number = next(numbers)
            frame = Frame(images[number % 4], number, number / 30, number / 30)
            return way(alphas[number % 4], frame)

        return turn

    refiner, edges, stillness = Refiner(), FullSize(MotionDetector()), MotionDetector()
    contrib = {"guided by opencv-contrib": each_frame(lambda a, f: by_contrib(a, f.image))}
    return {
        "plain": each_frame(enlarge),
        "guided": each_frame(refiner.refine),
        "guided and settled": each_frame(lambda a, f: edges.enlarge(Alpha(a, f.sequence), f, settings)),
        "of these: small picture": each_frame(lambda _, f: shrink(f, *work_size(height, width))),
        "of these: small picture, stillness": each_frame(lambda _, f: stillness.see(f)),
        "guided by OpenCV": each_frame(lambda a, f: whole_picture(a, f.image)),
        **(contrib if hasattr(cv2, "ximgproc") else {}),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    print_card()
    cv2.setNumThreads(1)
    print("\n| size | way | p50 ms | p95 ms | p99 ms | CPU ms |\n|---|---|---:|---:|---:|---:|")
    rows: list[dict[str, Any]] = []
    for width, height in SIZES:
        ways = ways_of(width, height)
        guided = ways["guided"]()
        differences = {way: np.abs(guided - ways[way]()) for way in ways if way.startswith("guided by")}
        for way, figures in alternate(ways, rounds).items():
            rows.append({"size": f"{width}x{height}", "way": way, **figures})
            print("| " + " | ".join(map(str, rows[-1].values())) + " |")
        for way, each in differences.items():
            print(f"guided differs from {way} by {each.mean():.5f}, at most {each.max():.4f}")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
