"""Question: is the matte better where a shaken camera is recognised (temporal/shake.py), and the same where none is?

    python -m tests.bench.shaken [--only ID ...] [--frames N]

Each clip with truth as it is and shaken: picture and truth, 4 % larger, moved along two sums of sines by up to 9 px at
up to 3.5 px a frame. Rows: what was settled left behind, and carried along; the columns are those of stages.py. The
room of d12 moves behind a person who does not: no shake of the whole picture. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import cv2
import numpy as np

from livebg.core.settings import Settings, change
from livebg.core.types import Frame, Image
from livebg.matting.temporal import shake
from tests.bench import cases, variants
from tests.bench.machine import print_card
from tests.bench.stages import BASE

ENLARGED = 1.04
FPS = 30.0


@dataclass(frozen=True, slots=True)
class Shaken:
    """A clip as a knocked camera would show it."""

    case: cases.Case

    @property
    def name(self) -> str:
        return self.case.name

    def silver_of(self, number: int) -> Image | None:
        del number
        return None

    def frames(self) -> Iterator[tuple[Frame, Image | None, Any]]:
        for number, (frame, truth, valid) in enumerate(self.case.frames()):
            image = moved(frame.image, number / FPS)
            there = None if truth is None else moved(truth, number / FPS)
            yield Frame(image, frame.sequence, frame.captured_at_s, frame.media_time_s), there, valid


def moved(picture: Image, at_s: float) -> Image:
    height, width = picture.shape[:2]
    turns = 2 * np.pi * at_s
    right = 6 * np.sin(1.3 * turns) + 3 * np.sin(3.1 * turns + 1)
    down = 4 * np.sin(1.7 * turns + 2) + 2 * np.sin(3.7 * turns)
    margin = (ENLARGED - 1) / 2
    there = np.array([[ENLARGED, 0, right - margin * width], [0, ENLARGED, down - margin * height]], np.float64)
    return np.asarray(cv2.warpAffine(picture, there, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def measure(case: Any, frames: int) -> dict[str, Any]:
    settings = change(Settings(), BASE)
    carried = variants.measure(case, {"carried along": settings}, frames)
    with mock.patch.object(shake, "shift_between", return_value=shake.NO_SHIFT):
        return {**variants.measure(case, {"left behind": settings}, frames), **carried}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=0, help="of each clip; 0: all")
    arguments = parser.parse_args()
    print_card()
    clips = cases.find_cases(arguments.only, ["clips"])
    done: dict[str, Any] = {}
    for clip in clips:
        for name, case in (("as it is", clip), ("shaken", Shaken(clip))):
            found = measure(case, arguments.frames)
            done[f"{clip.name}, {name}"] = found
            print(f"\n{clip.name}, {name}\n{cases.table({row: {**each} for row, each in found.items()})}", flush=True)
    print(json.dumps(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
