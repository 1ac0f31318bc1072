"""How near is the edge of a 24-megapixel photo to the truth, and what does it cost?

Cut-outs with true alpha, enlarged in front of enlarged rooms, 6000x4000 px with noise. Compared: the edge as a video
frame gets it (cells of 20 px), the same of a 1080p copy enlarged, and pyramid.py's, with and without softening
before each step. Not covered: reading and writing. Run: python -m tests.bench.photo_edges [CUTOUT ...]
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.chain import Causal, Chain
from livebg.matting.item import Item
from livebg.matting.refine import pyramid
from livebg.matting.refine.guided_filter import Refiner
from livebg.matting.refine.local_colour import LocalColour
from livebg.matting.steps import Ask, Correct
from livebg.matting.subject.selection import Subject
from livebg.pipeline.photo import processor

WIDTH, HEIGHT = 6000, 4000
SHARE = 0.92  # of the height that the person fills
NAMES = ("if001", "if014", "pdB001270", "if061", "pdS001145")


def scene(cases: Path, number: int, name: str) -> tuple[Frame, Matte]:
    cut_out = cv2.imread(str(cases / "cutouts" / f"{name}.webp"), cv2.IMREAD_UNCHANGED)
    scale = HEIGHT * SHARE / cut_out.shape[0]
    person = cv2.resize(cut_out, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    rooms = sorted((cases / "rooms").iterdir())
    room = cv2.resize(cv2.imread(str(rooms[number % len(rooms)])), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    left, top = (WIDTH - person.shape[1]) // 2, HEIGHT - person.shape[0]
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[top:, left : left + person.shape[1]] = person[..., 3] / 255
    picture = room.astype(np.float32)
    place = (slice(top, None), slice(left, left + person.shape[1]))
    shares = alpha[place][..., None]
    picture[place] = person[..., :3] * shares + picture[place] * (1 - shares)
    picture += np.random.default_rng(number).normal(0, 4, (HEIGHT, WIDTH, 1))
    return Frame(picture.clip(0, 255).astype(np.uint8), 0, 0.0, 0.0), alpha


def errors(found: Matte, truth: Matte) -> tuple[float, float, float]:
    """Mean absolute error near the edge, everywhere, x1000; squared error of gradients near the edge, x1e6."""
    near = cv2.dilate(((truth > 0.02) & (truth < 0.98)).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    off = np.abs(found - truth)
    slopes = [_slope(found), _slope(truth)]
    return 1e3 * off[near].mean(), 1e3 * off.mean(), 1e6 * ((slopes[0] - slopes[1]) ** 2)[near].mean()


def _slope(alpha: Matte) -> Matte:
    across, down = (cv2.Sobel(alpha, cv2.CV_32F, *each) / 8 for each in ((1, 0), (0, 1)))
    return cv2.magnitude(across, down)


def enlarged_1080p(alpha: Alpha, frame: Frame) -> Matte:
    low = cv2.resize(frame.image, (1620, 1080), interpolation=cv2.INTER_AREA)
    found = Refiner().refine(alpha.values, Frame(low, 0, 0.0, 0.0))
    return cv2.resize(found, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def hard(alpha: Alpha, frame: Frame) -> Matte:
    softened, pyramid.SOFTENED = pyramid.SOFTENED, np.float32(1)
    try:
        return fine(alpha, frame)
    finally:
        pyramid.SOFTENED = softened


def corrected(frame: Frame) -> Alpha:
    """The small alpha as it comes to the edges of a photo."""
    engine = processor._engine(Settings(), frame.width > frame.height)
    steps = Causal("small", Ask(engine), Correct(Subject()), Correct(LocalColour()))
    (item,) = Chain([steps], Stats()).feed(Item(frame), Settings())
    return item.alpha


def fine(alpha: Alpha, frame: Frame) -> Matte:
    return pyramid.refine(alpha.values, frame)


WAYS = {
    "as a video frame": lambda alpha, frame: Refiner().refine(alpha.values, frame),
    "1080p, enlarged": enlarged_1080p,
    "fine, not softened": hard,
    "fine": fine,
}


def main(names: list[str]) -> None:
    cases = Path(os.environ.get("LIVEBG_SHARED", "../shared")) / "cases"
    rows: dict[str, list[tuple[float, ...]]] = {each: [] for each in WAYS}
    for number, name in enumerate(names or NAMES):
        frame, truth = scene(cases, number, name)
        alpha = corrected(frame)
        for way, make in WAYS.items():
            began_s = time.perf_counter()
            found = make(alpha, frame)
            taken_s = time.perf_counter() - began_s
            rows[way].append((*errors(found, truth), taken_s))
            print(f"{name:10} {way:20}", *(f"{each:8.2f}" for each in rows[way][-1]), flush=True)
    means = {way: [round(float(each), 2) for each in np.mean(found, axis=0)] for way, found in rows.items()}
    print(json.dumps({"columns": ["edge MAD x1000", "MAD x1000", "gradient", "s"], "means": means}))


if __name__ == "__main__":
    main(sys.argv[1:])
