"""Question: how near to the person's true colours are those of soft edges, and what does finding them cost?

    python -m tests.bench.foreground [--stills 12] [--rounds 60] [--sheet FILE.png]

People of LIVEBG_SHARED/cases/cutouts in its rooms, through its camera (generate.py), at 1280x720: their colours are
known. Three alphas: the true one, it shrunk to 256x144 and enlarged as livebg does, and the light engine's own. `own`:
alpha · |F − true F|, levels, where alpha is 0.02 to 0.98: what is seen of the error before any background. bright,
dark, green: the composite's against the true one's, so the alpha's own error is in it. Ways: the camera's colours; blur
fusion as published (one pass, two) in full size; livebg's; livebg's with the empty room known. Then the time of a
whole composite on one thread, plain and estimated taking turns; the small picture is there already. Last line: JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from livebg.core.opencv import load_opencv
from livebg.core.resize import shrink, small_size
from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.scene.compositing.compositor import Compositor
from tests.bench.machine import SHARED, percentiles, print_card

WIDTH, HEIGHT = 1280, 720
BEHIND = {"bright": (245, 245, 245), "dark": (15, 15, 15), "green": (30, 220, 40)}
PUBLISHED_PX = (90, 6)  # the paper's radii
Case = dict[str, Any]


def cases(count: int) -> Iterator[Case]:
    """image, room uint8; true colours float32 (H, W, 3); alphas by name."""
    from livebg.core.types import SourceInfo
    from livebg.matting.refine.guided_filter import Refiner
    from livebg.models import open_engine

    sys.path.insert(0, str(SHARED / "cases"))
    generate = importlib.import_module("generate")
    library = generate.Library(SHARED / "cases")
    specs = [each for each in json.loads((SHARED / "cases" / "stills.json").read_text()) if len(each["people"]) == 1]
    engine = open_engine(Settings(engine="selfie"), SourceInfo("bench", WIDTH, HEIGHT, 0.0, False))
    for spec in specs[:: max(1, len(specs) // count)][:count]:
        scene = generate.Scene(library, {**spec, "seconds": 5.0}, WIDTH, HEIGHT)
        scene._chair_rgb, at = None, spec.get("at", 0)
        layers, room = scene._layers(at / generate.FPS)[0], scene._plate(at)
        if scene.lens > 0:
            layers, room = (cv2.GaussianBlur(each, (0, 0), scene.lens) for each in (layers, room))
        gain, alpha = scene.cam.exposure(at, scene.T), layers[..., 3].clip(0, 1)
        image = scene.cam.finish(layers[..., :3] + (1 - alpha[..., None]) * room, gain)
        frame, light = Frame(image, 0, 0.0, 0.0), 255 * gain * layers[..., :3]
        shrunk = cv2.resize(alpha, (256, 144), interpolation=cv2.INTER_AREA)
        alphas = {"true": alpha, "shrunk": Refiner().refine(shrunk, frame)}
        alphas["engine"] = Refiner().refine(engine.matte(frame).values, frame)
        room = (255 * gain * room).clip(0, 255).astype(np.uint8)
        yield {"frame": frame, "room": room, "true": _true_colours(light, alpha), "alphas": alphas}


def _true_colours(light: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The person's; beyond them, where an alpha may be wrong, those nearby."""
    near, far = (cv2.GaussianBlur(np.dstack([light, alpha]), (0, 0), sigma) for sigma in (3, 25))
    around = near + 1e-3 * far
    known = ((alpha - 0.02) / 0.05).clip(0, 1)[..., None]
    beyond = around[..., :3] / (around[..., 3:] + 1e-9)
    return (known * light / np.maximum(alpha, 1e-4)[..., None] + (1 - known) * beyond).clip(0, 255)


def published(image: np.ndarray, alpha: np.ndarray, radii: tuple[int, ...]) -> np.ndarray:
    """Blur fusion (Forte, ICIP 2021) as its paper gives it: a pass for each radius, px, all in full size."""
    seen, share = image.astype(np.float32), alpha[..., None]
    own = room = seen
    for radius in radii:
        own, weight = (cv2.blur(each, (radius, radius)) for each in (own * share, alpha))
        room, rest = (cv2.blur(each, (radius, radius)) for each in (room * (1 - share), 1 - alpha))
        own, room = own / (weight + 1e-5)[..., None], room / (rest + 1e-5)[..., None]
        own = (own + share * (seen - share * own - (1 - share) * room)).clip(0, 255)
    return own


def ways(case: Case) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    frame, ours = case["frame"], Compositor()
    return {
        "the camera's": lambda _: frame.image,
        "published, one pass": lambda alpha: published(frame.image, alpha, PUBLISHED_PX[:1]),
        "published, two passes": lambda alpha: published(frame.image, alpha, PUBLISHED_PX),
        "livebg": lambda alpha: ours.cut_out(frame, alpha, Settings()),
        "livebg, room known": lambda alpha: ours.cut_out(frame, alpha, Settings(), case["room"]),
    }


def errors(case: Case, alpha: np.ndarray, colours: np.ndarray) -> dict[str, float]:
    where = (alpha > 0.02) & (alpha < 0.98)
    share, true_share = alpha[where][:, None], case["alphas"]["true"][where][:, None]
    own, true = colours[where].astype(np.float64), case["true"][where]
    found = {"own": float((share * np.abs(own - true)).mean())}
    for name, colour in BEHIND.items():
        exact = true_share * true + (1 - true_share) * np.array(colour)
        found[name] = float(np.abs(share * own + (1 - share) * np.array(colour) - exact).mean())
    return found


def times(case: Case, rounds: int) -> dict[str, dict[str, float]]:
    frame, alpha, ours = case["frame"], case["alphas"]["engine"], Compositor()
    background = np.random.default_rng(0).integers(0, 256, frame.image.shape, dtype=np.uint8)
    shrink(frame, *small_size(HEIGHT, WIDTH))
    chosen = {each: Settings(foreground=each) for each in ("plain", "estimated")}
    taken_ms: dict[str, list[float]] = {each: [] for each in chosen}
    for number in range(rounds + 5):
        for way, settings in chosen.items():
            began_s = time.perf_counter()
            ours.over(frame, alpha, background, settings)
            if number >= 5:
                taken_ms[way].append(1000 * (time.perf_counter() - began_s))
    more_ms = np.subtract(taken_ms["estimated"], taken_ms["plain"])
    return {**{way: percentiles(each) for way, each in taken_ms.items()}, "more": percentiles(more_ms.tolist())}


def sheet(case: Case) -> np.ndarray:
    """Where estimating changes most, five times enlarged: camera, then plain beside estimated on each background."""
    frame, alpha, ours = case["frame"], case["alphas"]["engine"], Compositor()
    plain, own = (ours.cut_out(frame, alpha, Settings(foreground=each)) for each in ("plain", "estimated"))
    changed = cv2.boxFilter(cv2.absdiff(plain, own).sum(axis=2) * alpha, -1, (64, 64))[32:-32, 32:-32]
    top, left = np.unravel_index(int(changed.argmax()), changed.shape)
    part = (slice(top, top + 64), slice(left, left + 64))
    share, cells = alpha[part][..., None], [frame.image[part]]
    for colour in BEHIND.values():
        cells += [share * each[part] + (1 - share) * np.array(colour) for each in (plain, own)]
    large = (0, 0, 5, 5, cv2.INTER_NEAREST)
    return np.hstack([cv2.resize(each.astype(np.uint8), large[:2], None, *large[2:]) for each in cells])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stills", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--sheet", help="a picture to be written: enlarged edges, plain beside estimated")
    options = parser.parse_args()
    print_card()
    load_opencv()
    cv2.setNumThreads(1)
    found, seen = {}, list(cases(options.stills))
    print("\n| alpha | colours | own | " + " | ".join(BEHIND) + " |\n|---|---|---:|---:|---:|---:|")
    for name in seen[0]["alphas"]:
        for way in ways(seen[0]):
            each = [errors(case, case["alphas"][name], ways(case)[way](case["alphas"][name])) for case in seen]
            mean = {key: round(float(np.mean([one[key] for one in each])), 2) for key in each[0]}
            found[f"{name}, {way}"] = mean
            print(f"| {name} | {way} | " + " | ".join(map(str, mean.values())) + " |")
    found["ms"] = {str(number): times(case, options.rounds) for number, case in enumerate(seen[:3])}
    print("\n| case | way | p50 ms | p95 ms | p99 ms |\n|---|---|---:|---:|---:|")
    for number, taken in found["ms"].items():
        for way, figures in taken.items():
            print(f"| {number} | {way} | " + " | ".join(map(str, figures.values())) + " |")
    if options.sheet:
        cv2.imwrite(options.sheet, np.vstack([sheet(case) for case in seen[:6]]))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
