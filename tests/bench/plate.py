"""Question: what does the clean plate bring, and does it harm where light or camera change?

    python -m tests.bench.plate [--only still_hair ...] [--size 1280x720] [--sheet FILE]

Clips with exact truth are rendered by LIVEBG_SHARED/cases/generate.py: the room is empty first, then somebody comes,
with a shadow on the room. Engine, subject, plate, smoothing, colours and guided edges, with `--plate auto` and `off`
on the same small alphas. Covered: 'auto' only; rigid people, drawn shadows. Last line: JSON, a row per clip and way.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from tests.bench.machine import SHARED, print_card

EMPTY_S, WALK_S, LEAVE_S = 2.0, 0.8, 0.7
SECONDS, FPS = 6.0, 30
COLUMNS = {
    "mad": ("MAD", 1),
    "mad_edge": ("edgeMAD", 1),
    "bf": ("BF", 3),
    "dtssd": ("dtSSD", 2),
    "flicker_true": ("flick", 1),
    "trail": ("trail", 3),
    "lag": ("lag", 3),
    "empty_alpha": ("empty", 2),
}
QUIET = {"noise": 0.012, "jpeg": 78}
CLIPS: list[dict[str, Any]] = [
    # exposure falls as the person comes in
    {"id": "sway_exposure", "room": "loft", "cut": "if034", "camera": {**QUIET, "steps": [[2.3, 99, 0.9]]}},
    {"id": "still_hair", "room": "office", "cut": "if080", "move": "still", "shadow": 0.25},
    {"id": "noisy", "room": "window", "light": 0.6, "cut": "pdB001270", "move": "nod"}
    | {"camera": {"noise": 0.03, "jpeg": 65, "gain": 0.9, "mains": 0.01, "gain_noise": 0.006}},
    {"id": "dark_on_dark", "room": "library", "light": 0.55, "cut": "if021", "shadow": 0.0},
    {"id": "lamp", "room": "sideboard", "cut": "if045", "lamp": (4.5, 0.35)},
    {"id": "bump", "room": "books", "cut": "if065", "bump": (4.5, 0.015, 0.012)},
    {"id": "wobble", "room": "shelf", "cut": "if083", "move": "nod", "wobble": 0.0015},
    {"id": "fast", "room": "fireplace", "cut": "pdS001192", "move": "fast", "drop": 0.09, "motion_samples": 4},
    {"id": "leaves", "room": "library", "cut": "if059", "leaves": True},
    {"id": "lean", "room": "office", "cut": "if099", "move": "lean", "top": 0.3, "drop": 0.08, "shadow": 0.25},
]


def rendered(clip: dict[str, Any], seed: int, width: int, height: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames BGR uint8 (H, W, 3) with their truth uint8 (H, W)."""
    import generate

    calm = generate.path
    person = {key: clip[key] for key in ("cut", "drop") if key in clip}
    person |= {"move": clip.get("move", "sway"), "top": clip.get("top", 0.2)}
    spec = {key: clip[key] for key in ("motion_samples", "wobble") if key in clip}
    spec |= {"seed": seed, "seconds": SECONDS, "people": [person], "camera": clip.get("camera", QUIET)}
    spec["room"] = {"name": clip["room"], "light": clip.get("light", 1.0)}

    def visit(kind: str, time_s: float, total_s: float, *rest: Any) -> dict[str, float]:
        state = calm(kind, time_s - EMPTY_S, total_s - EMPTY_S, *rest)
        come = _eased((time_s - EMPTY_S) / WALK_S)
        gone = _eased((time_s - (total_s - 2 * LEAVE_S)) / LEAVE_S) if clip.get("leaves") else 0.0
        return {**state, "x": state["x"] + 1.1 * (1 - come - gone)}

    generate.path = visit
    try:
        scene = generate.Scene(generate.Library(SHARED / "cases"), spec, width, height)
        plain = scene._plate
        scene._plate = lambda index: _lit(plain(index), scene, clip, index)
        for index in range(round(SECONDS * FPS)):
            image, truth, _ = scene.frame(index)
            yield tuple(_bumped(each, clip, index / FPS) for each in (image, truth))
    finally:
        generate.path = calm


def _eased(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _lit(room: np.ndarray, scene: Any, clip: dict[str, Any], index: int) -> np.ndarray:
    """The person's soft shadow beside and behind them, and another light that is not everywhere the same."""
    height, width = room.shape[:2]
    alpha = cv2.resize(scene._layers(index / FPS)[0][..., 3], (width // 8, height // 8), interpolation=cv2.INTER_AREA)
    move = np.array([[1.06, 0, 0.03 * alpha.shape[1]], [0, 1.06, 0.02 * alpha.shape[0]]], np.float32)
    shadow = cv2.GaussianBlur(cv2.warpAffine(alpha, move, alpha.shape[::-1]), (0, 0), width / 320)
    shadow = cv2.resize(shadow, (width, height))[..., None] * np.array([0.9, 1, 1], np.float32)
    room = room * (1 - clip.get("shadow", 0.18) * shadow)
    begin_s, strength = clip.get("lamp", (SECONDS, 0.0))
    if index / FPS >= begin_s:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        light = np.exp(-(((x / width - 0.15) / 0.5) ** 2) - ((y / height - 0.2) / 0.7) ** 2)
        room = np.clip(room * (1 + strength * light[..., None] * np.array([0.5, 0.9, 1.1], np.float32)), 0, 1)
    return room


def _bumped(picture: np.ndarray, clip: dict[str, Any], time_s: float) -> np.ndarray:
    begin_s, x, y = clip.get("bump", (SECONDS, 0.0, 0.0))
    share = min(max((time_s - begin_s) / 0.15, 0.0), 1.0)
    if share == 0:
        return picture
    height, width = picture.shape[:2]
    move = np.array([[1, 0, share * x * width], [0, 1, share * y * height]], np.float32)
    return cv2.warpAffine(picture, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


class _Chain:
    """Every stage after the engine up to the full-size alpha, with a state of its own."""

    def __init__(self, plate: str, without: list[str]) -> None:
        from livebg.core.settings import Settings, change
        from livebg.matting.plate.correction import CleanPlate
        from livebg.matting.refine.guided_filter import Refiner
        from livebg.matting.refine.local_colour import LocalColour
        from livebg.matting.subject.selection import Subject
        from tests.chains import Smoothing

        self.settings = change(Settings(), {"plate": plate})
        self.stages = {"subject": Subject(), "plate": CleanPlate(), "smooth": Smoothing()}
        self.stages["colours"] = LocalColour()
        self.stages = {name: stage for name, stage in self.stages.items() if name not in without}
        self.edges = Refiner()
        self.spent_ms: list[float] = []

    def full(self, alpha: Any, frame: Any) -> np.ndarray:
        for name, stage in self.stages.items():
            began_s = time.thread_time()
            alpha = stage.apply(alpha, frame, self.settings)
            if name == "plate":
                self.spent_ms.append(1000 * (time.thread_time() - began_s))
        return self.edges.refine(alpha.values, frame)


def measure(
    clip: dict[str, Any], seed: int, size: tuple[int, int], without: list[str]
) -> tuple[dict[str, dict[str, float]], np.ndarray]:
    """Per way the columns and the plate stage's time; and a strip: camera, truth, off, auto of one frame."""
    import metrics

    from livebg.core.types import Frame
    from livebg.models.selfie.engine import SelfieEngine

    models = [SHARED / "models" / f"selfie_segmenter{each}.tflite" for each in ("_landscape", "")]
    engine = SelfieEngine(models[0], "landscape", "bench", models[1])
    chains = {way: _Chain(way, without) for way in ("off", "auto")}
    measured = {way: metrics.ClipMetrics(warm=round((EMPTY_S + 0.1) * FPS)) for way in chains}
    strip = np.empty(0)
    for index, (image, truth) in enumerate(rendered(clip, seed, *size)):
        frame = Frame(np.ascontiguousarray(image), index, index / FPS, index / FPS)
        alpha = engine.matte(frame)
        mattes = {way: chain.full(alpha, frame) for way, chain in chains.items()}
        for way, matte in mattes.items():
            measured[way].add(image, matte, truth)
        if index == round(4.3 * FPS):
            grey = [truth, *(np.uint8(255 * matte) for matte in mattes.values())]
            strip = np.hstack([image, *(cv2.cvtColor(each, cv2.COLOR_GRAY2BGR) for each in grey)])
    rows = {way: {key: round(each.result().get(key, np.nan), 4) for key in COLUMNS} for way, each in measured.items()}
    for way, chain in chains.items():
        rows[way]["p50_ms"] = round(float(np.percentile(chain.spent_ms[round(3 * FPS) :], 50)), 3)
    return rows, strip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--without", nargs="*", default=[], help="stages left out: subject smooth colours")
    parser.add_argument("--sheet", help="a picture: camera, truth, off, auto; a row per clip")
    arguments = parser.parse_args()
    print_card()
    cv2.setNumThreads(1)
    sys.path.insert(0, str(SHARED / "cases"))
    width, height = map(int, arguments.size.split("x"))
    print("\n| clip | plate | " + " | ".join(name for name, _ in COLUMNS.values()) + " | stage ms |\n|" + "---|" * 11)
    results, strips = [], []
    for seed, clip in enumerate(CLIPS):
        if arguments.only and clip["id"] not in arguments.only:
            continue
        rows, strip = measure(clip, 200 + seed, (width, height), arguments.without)
        strips.append(cv2.resize(strip, (1600, 1600 * height // width // 4), interpolation=cv2.INTER_AREA))
        results += [{"clip": clip["id"], "plate": way, **row} for way, row in rows.items()]
        for way, row in rows.items():
            _print(clip["id"], way, row)
    means: dict[str, dict[str, float]] = {}
    for way in ("off", "auto"):
        of_way = [each for each in results if each["plate"] == way]
        means[way] = {key: float(np.nanmean([each[key] for each in of_way])) for key in COLUMNS}
        _print("mean", way, means[way])
    if arguments.sheet:
        cv2.imwrite(arguments.sheet, np.vstack(strips))
    print(json.dumps(results))
    return 0


def _print(clip: str, way: str, row: dict[str, float]) -> None:
    figures = [f"{row[key]:.{digits}f}" for key, (_, digits) in COLUMNS.items()]
    print("| " + " | ".join([clip, way, *figures, f"{row.get('p50_ms', 0):.2f}"]) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
