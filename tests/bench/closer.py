"""Question: what does the light engine's closer look buy, what does it cost, and how far may its crop jump?

    python -m tests.bench.closer [--parts cost moves photos clips] [--only CLIP ...]

Rows: off (the whole picture by the landscape network, every frame) and close. cost: the matte of frames of a clip at
720p, the rows taking turns, frame by frame, on one thread, with the networks alone beside them; CPU time too. moves:
how much the alpha of one picture changes when its crop moves by so many px of the network's picture or grows by a
share, beside what one frame's time changes. photos, clips: error against the true mattes of LIVEBG_SHARED/cases
through guided edges alone, no other stage, by that folder's metrics.py. Last line: JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livebg.core.resize import shrink, work_size
from livebg.core.types import Frame
from livebg.matting.refine.guided_filter import Refiner
from livebg.models.crop import Crop, box_of, crop_around, cut, pasted
from livebg.models.selfie.engine import SIZES, SelfieEngine
from livebg.models.selfie.runtime import open_network
from tests.bench.machine import SHARED, percentiles, print_card

CASES = SHARED / "cases"
LANDSCAPE, SQUARE = (SHARED / "models" / f"selfie_segmenter{each}.tflite" for each in ("_landscape", ""))
ROWS = {"off": False, "close": True}
SIDE_PX = SIZES["square"][0]
COST_CLIP, COST_FRAMES, WARM = "clips/d01_sway_longhair.mp4", 100, 10
MOVES_PX = (1, 4, 8, 12, 16, 20, 24, 32)
GROWTHS = (1.04, 1.08, 1.16)


def main() -> int:
    parts: dict[str, Callable[[Sequence[str]], dict[str, Any]]] = {
        "cost": _cost,
        "moves": _moves,
        "photos": _photos,
        "clips": _clips,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="*", choices=parts, default=list(parts))
    parser.add_argument("--only", nargs="*", default=[], help="clips, by the beginning of their names")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print_card()
    results = {}
    for part in arguments.parts:
        results[part] = parts[part](arguments.only)
        print(f"\n{part}")
        for row, figures in results[part].items():
            print(f"{row:<24}" + " ".join(f"{name} {value:.4g}" for name, value in figures.items()), flush=True)
    print(json.dumps(results))
    return 0


def _matter(is_close: bool) -> SelfieEngine:
    return SelfieEngine(LANDSCAPE, "landscape", "bench", SQUARE, is_close)


def _frames(path: Path, count: int | None = None) -> list[Frame]:
    images = islice(_cases("evaluate").read_video(path), count)
    return [Frame(image, number, 0.0, number / 30) for number, image in enumerate(images)]


def _cost(_: Sequence[str]) -> dict[str, Any]:
    """Each row's own copy of a frame has the small picture already, which in the loop the capture thread makes."""
    calls: dict[str, Callable[[Frame], object]] = {name: _matter(is_close).matte for name, is_close in ROWS.items()}
    for name, path in (("landscape", LANDSCAPE), ("square", SQUARE)):
        network, size = open_network(path, *SIZES[name]), SIZES[name]
        calls[f"network {name}"] = lambda frame, network=network, size=size: network.confidence(shrink(frame, *size))
    wall_ms: dict[str, list[float]] = {name: [] for name in calls}
    cpu_ms: dict[str, list[float]] = {name: [] for name in calls}
    for frame in _frames(CASES / COST_CLIP, COST_FRAMES):
        for size in SIZES.values():
            shrink(frame, *size)
        for name, call in calls.items():
            copy = replace(frame, shrunk=dict(frame.shrunk))
            began_s, cpu_began_s = time.perf_counter(), time.thread_time()
            call(copy)
            cpu_ms[name].append(1000 * (time.thread_time() - cpu_began_s))
            wall_ms[name].append(1000 * (time.perf_counter() - began_s))
    return {
        name: {**percentiles(wall_ms[name][WARM:]), "mean CPU": round(float(np.mean(cpu_ms[name][WARM:])), 2)}
        for name in calls
    }


def _moves(_: Sequence[str]) -> dict[str, Any]:
    """Mean |change of alpha| · 1000 over the picture: median and 90th percentile over six frames of each real clip."""
    landscape, square = open_network(LANDSCAPE, *SIZES["landscape"]), open_network(SQUARE, *SIZES["square"])
    found: dict[str, list[float]] = {}

    def alpha(frame: Frame, crop: Crop) -> np.ndarray:
        return pasted(square.confidence(cut(frame, crop, SIDE_PX, SIDE_PX)), crop, work_size(frame.height, frame.width))

    for clip in json.loads((CASES / "real.json").read_text()):
        frames = _frames(CASES / clip["file"])
        for last, frame in list(pairwise(frames))[20 :: max(1, len(frames) // 6)]:
            everything = Crop(0, 0, frame.width, frame.height, frame.width, frame.height)
            box = box_of(landscape.confidence(shrink(frame, 256, 144)) > 0.5, everything)
            if box is None:
                continue
            crop = crop_around(box, frame.width, frame.height)
            before, side = alpha(frame, crop), crop.right - crop.left
            crops = {"one frame's time": crop}
            for move in MOVES_PX:
                left = crop.left + round(move * side / SIDE_PX)
                if left + side <= frame.width:
                    crops[f"moved by {move} px"] = replace(crop, left=left, right=left + side)
            for growth in GROWTHS:
                more = round((growth - 1) * side / 2)
                left, right = max(crop.left - more, 0), min(crop.right + more, frame.width)
                crops[f"grown by {growth}"] = replace(crop, left=left, right=right, top=max(crop.top - 2 * more, 0))
            for name, other in crops.items():
                change = np.abs(alpha(last if other is crop else frame, other) - before)
                found.setdefault(name, []).append(1000 * float(change.mean()))
    return {
        name: {"p50": float(np.median(each)), "p90": float(np.percentile(each, 90))} for name, each in found.items()
    }


def _photos(_: Sequence[str]) -> dict[str, Any]:
    metrics, found = _cases("metrics"), {}
    for name, is_close in ROWS.items():
        matter, refiner = _matter(is_close), Refiner()
        for photo in json.loads((CASES / "photos.json").read_text()):
            image = np.asarray(cv2.imread(str(CASES / photo["image"])), np.uint8)
            truth = metrics.as_alpha(cv2.imread(str(CASES / photo["truth"]), cv2.IMREAD_GRAYSCALE))
            truth = truth if truth.shape == image.shape[:2] else cv2.resize(truth, image.shape[1::-1])
            frame = Frame(image, 0, 0.0, 0.0)
            full = refiner.refine(matter.matte(frame).values, frame)
            errors = 1000 * metrics.mad(full, truth), 1000 * metrics.mad_edge(full, truth), metrics.bf(full, truth)
            found.setdefault(f"{photo['kind']} {name}", []).append(errors)
    rows = {name: np.mean(each, axis=0) for name, each in sorted(found.items())}
    return {
        name: dict(zip(("MAD", "edgeMAD", "BF"), map(float, figures), strict=True)) for name, figures in rows.items()
    }


def _clips(only: Sequence[str]) -> dict[str, Any]:
    metrics, found = _cases("metrics"), {}
    for clip in json.loads((CASES / "clips.json").read_text()):
        if only and not clip["id"].startswith(tuple(only)):
            continue
        folder, read = CASES / "clips", _cases("evaluate").read_video
        truths = read(folder / f"{clip['id']}_alpha.mkv", gray=True)
        path, ignored = folder / f"{clip['id']}_ignore.mkv", None
        if path.exists():
            ignored = read(path, gray=True)
        shared = metrics.Shared()
        rows = {name: (_matter(is_close), Refiner(), metrics.ClipMetrics()) for name, is_close in ROWS.items()}
        for frame, truth in zip(_frames(folder / f"{clip['id']}.mp4"), truths, strict=True):
            shared.add(frame.image, truth, None if ignored is None else next(ignored) < 128)
            for matter, refiner, measures in rows.values():
                measures.step(shared, refiner.refine(matter.matte(frame).values, frame))
        for name, (_, _, measures) in rows.items():
            found.setdefault(name, []).append(measures.result())
    columns = ("mad", "mad_edge", "bf", "dtssd", "flicker_true", "trail", "lag", "empty_alpha")
    return {
        name: {
            column: float(np.mean([each[column] for each in clips if column in each]))
            for column in columns
            if any(column in each for each in clips)
        }
        for name, clips in found.items()
    }


def _cases(name: str) -> Any:
    if str(CASES) not in sys.path:
        sys.path.insert(0, str(CASES))
    return importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main())
