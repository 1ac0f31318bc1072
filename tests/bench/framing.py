"""Question: what does `--auto-frame` cost per frame, beside OpenCV's ways to enlarge a part, and does it follow calmly?

    python -m tests.bench.framing [--rounds 60] [--sheet FILE.png] [--cases ../shared/cases] [--clips d03_fast ...]

Every way takes its turn in each round, on one thread; CPU is the thread's own time. `follow, crop`: everything, with a
crop of 1.6 times; `follow, whole`: on, but nothing to crop; cv2.resize stands for the price of a crop at whole pixels.
--sheet: for each clip, with its true matte, a strip (the crop drawn in, and what is then shown) and the crop's path:
centre across blue, down green, half its size red, thin lines what is wanted. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.scene.framing.auto_frame import AutoFraming
from livebg.scene.framing.composition import person_bounds, wanted_crop
from livebg.scene.framing.crop_numba import crop, prepare
from tests.bench.compositing import alternate
from tests.bench.machine import ROOT, print_card

SIZES = ((1280, 720), (1920, 1080))
CLIPS = ("d03_fast", "d04_enter_leave", "d11_lean_hat", "d05_two_people", "d02_still_glasses")
ON, OFF = Settings(auto_frame=True), Settings()
STRIP, TILE = 7, (256, 144)
COLOURS = ((200, 0, 0), (0, 140, 0), (0, 0, 200))


def _ways(width: int, height: int) -> dict[str, Callable[[], Any]]:
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8), (5, 5), 0)
    alpha = np.zeros((height, width), np.float32)
    alpha[height * 7 // 16 :, width * 3 // 8 : width * 5 // 8] = 1
    alpha, nobody = cv2.GaussianBlur(alpha, (9, 9), 0), np.zeros_like(alpha)
    following, waiting, idle, turn = AutoFraming(), AutoFraming(), AutoFraming(), iter(range(1 << 40))
    for number in range(150):
        following.follow(Frame(image, number, 0.0, number / 30), alpha, ON)
    across, down, half = (float(each) for each in following.crop)
    part, matrix = (across - half, down - half, 2 * half), np.array([[2 * half, 0, 0], [0, 2 * half, 0]])
    matrix[:, 2] = part[0] * width, part[1] * height
    rows = slice(int(part[1] * height), int((part[1] + part[2]) * height))
    columns = slice(int(part[0] * width), int((part[0] + part[2]) * width))

    def frame() -> Frame:
        number = 150 + next(turn)
        return Frame(image, number, 0.0, number / 30)

    def warp(plane: Any) -> Any:
        return cv2.warpAffine(plane, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    return {
        "off": lambda: idle.follow(frame(), alpha, OFF),
        "follow, whole": lambda: waiting.follow(frame(), nobody, ON),
        "follow, crop": lambda: following.follow(frame(), alpha, ON),
        "the person's box": lambda: person_bounds(alpha),
        "crop": lambda: crop(image, alpha, *part),
        "cv2.resize, both": lambda: [cv2.resize(each[rows, columns], (width, height)) for each in (image, alpha)],
        "cv2.warpAffine, both": lambda: [warp(each) for each in (image, alpha)],
    }


def _read(path: Path) -> Iterator[Any]:
    stream = cv2.VideoCapture(str(path))
    while True:
        is_read, image = stream.read()
        if not is_read:
            return
        yield image


def _clip_sheet(cases: Path, name: str) -> tuple[Any, dict[str, Any]]:
    framing, path, wanted, tiles = AutoFraming(), [], [], []
    truths = _read(cases / "clips" / f"{name}_alpha.mkv")
    count = int(cv2.VideoCapture(str(cases / "clips" / f"{name}.mp4")).get(cv2.CAP_PROP_FRAME_COUNT))
    shown = set(np.linspace(8, count - 1, STRIP).astype(int))
    for number, (image, truth) in enumerate(zip(_read(cases / "clips" / f"{name}.mp4"), truths, strict=False)):
        alpha = truth[..., 0].astype(np.float32) / 255
        framed, matte = framing.follow(Frame(image, number, 0.0, number / 30), alpha, ON)
        box = person_bounds(alpha)
        path.append(framing.crop)
        wanted.append(np.full(3, np.nan) if box is None else wanted_crop(box, ON.auto_frame_zoom))
        if number in shown:
            drawn, (height, width) = image.copy(), alpha.shape
            (left, top), (right, bottom) = (framing.crop[:2] + sign * framing.crop[2] for sign in (-1, 1))
            corners = (int(left * width), int(top * height)), (int(right * width) - 1, int(bottom * height) - 1)
            cv2.rectangle(drawn, *corners, (0, 255, 0), 6)
            result = (framed.image * matte[..., None] + np.array([90, 60, 30]) * (1 - matte[..., None])).astype(
                np.uint8
            )
            tiles.append(np.vstack([cv2.resize(each, TILE, interpolation=cv2.INTER_AREA) for each in (drawn, result)]))
    crops = np.array(path)
    speeds = np.diff(crops, axis=0) * 30
    figures = {
        "clip": name,
        "moving_%": round(100 * float((np.abs(speeds).max(axis=1) > 1e-3).mean())),
        "top_speed": round(float(np.linalg.norm(speeds, axis=1).max()), 3),
        "top_acceleration": round(float(np.linalg.norm(np.diff(speeds, axis=0) * 30, axis=1).max()), 3),
    }
    return np.vstack([np.hstack(tiles), _plot(crops, np.array(wanted), STRIP * TILE[0], name)]), figures


def _plot(path: Any, wanted: Any, width: int, name: str, height: int = 150) -> Any:
    plot = np.full((height, width, 3), 255, np.uint8)
    for plane, colour in enumerate(COLOURS):
        for line, thickness in ((wanted, 1), (path, 2)):
            across = np.arange(len(line)) * width / len(line)
            places = np.stack([across, height - 8 - line[:, plane] * (height - 16)], axis=1)
            places = places[np.isfinite(places).all(axis=1)]
            cv2.polylines(plot, [np.int32(16 * places)], False, colour, thickness, cv2.LINE_AA, 4)
    cv2.putText(plot, name, (8, 18), 0, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return plot


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument(
        "--cases", type=Path, default=Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared")) / "cases"
    )
    parser.add_argument("--clips", nargs="+", default=CLIPS)
    options = parser.parse_args()
    print_card()
    cv2.setNumThreads(1)
    prepare()
    rows: list[dict[str, Any]] = []
    print("\n| size | way | p50 ms | p95 ms | p99 ms | CPU ms |\n|---|---|---:|---:|---:|---:|")
    for width, height in SIZES if options.rounds else ():
        for way, figures in alternate(_ways(width, height), options.rounds).items():
            rows.append({"size": f"{width}x{height}", "way": way, **figures})
            print("| " + " | ".join(map(str, rows[-1].values())) + " |")
    if options.sheet:
        sheets = []
        for name in options.clips:
            sheet, figures = _clip_sheet(options.cases, name)
            sheets.append(sheet)
            rows.append(figures)
            print(figures)
        cv2.imwrite(str(options.sheet), np.vstack(sheets))
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
