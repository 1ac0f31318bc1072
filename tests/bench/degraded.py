"""Question: what are the stages worth on another engine's matte? On true mattes degraded the way a network degrades.

    python -m tests.bench.degraded [--alphas degraded light] [--height 288] [--only ID ...] [--frames N]
                                   [--rows NAME ...] [--seed 1] [--jobs 1]

`degraded`: the true matte of each clip made 288x512 (what the rmbg network looks at), its edge wandering by a pixel or
two from frame to frame, soft, noisy where it is soft, with limbs that are gone for one or two frames and specks of
false foreground; seeded, the same for every row. `light`: the light engine's own alpha, one look. Both run the same
steps, with the stages on, switched off alone, and all off, on the same frames in turn; what is specific to an engine
(the closer look) is out. Real weights of rmbg cannot be had everywhere: this is what can be shown without them.
Columns as in stages.py; sflick and flips are of the clips here, as nobody knows the true matte of the real ones.
Last line: JSON.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import zlib
from typing import Any

import cv2
import numpy as np

from livebg.core.settings import change
from livebg.core.types import Frame, Image, Matte
from tests.bench import cases, stages, variants
from tests.bench.machine import print_card

KEPT = 0.7  # how much of the edge's wandering stays until the next frame
WANDER_PX = 1.0  # standard deviation of the edge's place, small pixels
PATCH_PX = 9.0  # how far along the edge one wandering reaches, small pixels
SHAKE_PX = 0.15  # the whole matte, from frame to frame
SOFT_PX = 0.8
NOISE = 0.06  # of a confidence of one half, standard deviation
DROPS_PER_FRAME = 0.03
DROP_SHARE = 0.09  # radius of a lost limb, of the matte's height
SPECKS_PER_FRAME = 0.02
SPECK_SHARE = 0.03


class Degrader:
    """Makes the alphas of one clip; state: what wanders, and what is lost at the moment.

    height: of the small matte, px; the width follows the frame's shape.
    """

    def __init__(self, height: int, seed: int) -> None:
        self._height, self._random = height, np.random.default_rng(seed)
        self._wander: Matte | None = None
        self._blots: list[tuple[Matte, float, int]] = []  # where, the alpha there, frames left

    def degrade(self, truth: Image) -> Matte:
        """The next frame's alpha, float32 (h, w) in 0..1, from the true one, uint8 (H, W)."""
        size = (round(truth.shape[1] * self._height / truth.shape[0]), self._height)
        small = cv2.resize(truth, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        moved = cv2.remap(small, *self._places(size), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        soft = cv2.GaussianBlur(moved, (0, 0), SOFT_PX)
        noise = cv2.GaussianBlur(self._random.normal(0, 1, soft.shape).astype(np.float32), (0, 0), 1.0)
        noisy = soft + NOISE * noise / max(1e-6, float(noise.std())) * 4 * soft * (1 - soft)
        self._lose(moved)
        for where, level, _ in self._blots:
            noisy = noisy * (1 - where) + level * where
        self._blots = [(where, level, left - 1) for where, level, left in self._blots if left > 1]
        return np.clip(noisy, 0, 1).astype(np.float32)

    def _places(self, size: tuple[int, int]) -> tuple[Matte, Matte]:
        """From where each pixel comes, x and y."""
        width, height = size
        field = self._random.normal(0, 1, (height, width, 2)).astype(np.float32)
        field = cv2.GaussianBlur(field, (0, 0), PATCH_PX)
        field *= np.float32(WANDER_PX / max(1e-6, float(field.std())))
        fresh = np.float32(np.sqrt(1 - KEPT**2)) * field
        self._wander = field if self._wander is None else np.float32(KEPT) * self._wander + fresh
        shake = self._random.normal(0, SHAKE_PX, 2)
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        moved = self._wander + shake.astype(np.float32)
        return x + moved[..., 0], y + moved[..., 1]

    def _lose(self, alpha: Matte) -> None:
        """Now and then a limb: a blot that reaches over the edge; or a speck of foreground where nobody is."""
        person = (alpha > 0.5).astype(np.uint8)
        edge = np.argwhere(cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0)
        if len(edge) and self._random.random() < DROPS_PER_FRAME:
            self._blot(alpha.shape, edge[self._random.integers(len(edge))], DROP_SHARE, 0.05)
        outside = np.argwhere(alpha < 0.02)
        if len(outside) and self._random.random() < SPECKS_PER_FRAME:
            self._blot(alpha.shape, outside[self._random.integers(len(outside))], SPECK_SHARE, 0.7)

    def _blot(self, shape: tuple[int, ...], centre: Any, share: float, level: float) -> None:
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        radius = share * shape[0]
        where = np.clip((radius - np.hypot(y - centre[0], x - centre[1])) / 3 + 0.5, 0, 1).astype(np.float32)
        self._blots.append((where, level, int(self._random.integers(1, 3))))


def work(case: cases.Case, kind: str, height: int, seed: int, rows: list[str], frames: int) -> dict[str, Any]:
    settings = {
        name: change(each, {"closer_look": False})
        for name, each in stages.all_settings(rows, {}).items()
        if not name.startswith("closer_look")
    }
    if kind == "light":
        return variants.measure(case, settings, frames)
    given, degrader = variants.Given(), Degrader(height, seed + zlib.crc32(case.name.encode()))

    def lay(_frame: Frame, truth: Image | None) -> None:
        assert truth is not None
        given.values = degrader.degrade(truth)

    return variants.measure(case, settings, frames, engine=given, before=lay)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alphas", nargs="*", default=["degraded", "light"], choices=("degraded", "light"))
    parser.add_argument("--height", type=int, default=288, help="of the degraded matte, px")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=0, help="of each clip; 0: all")
    parser.add_argument("--rows", nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    print_card()
    clips = cases.find_cases(arguments.only, ["clips"])
    found = {}
    for kind in arguments.alphas:
        do = functools.partial(
            work,
            kind=kind,
            height=arguments.height,
            seed=arguments.seed,
            rows=arguments.rows,
            frames=arguments.frames,
        )
        done = cases.measure_all(do, clips, arguments.jobs)
        rows = cases.averages(done, clips, parts=["clips"])
        print(f"\n{cases.table(rows, f'{kind} alpha')}\n")
        stages.tell_time(next(iter(rows)), done, rows)
        stages.tell_worth(rows)
        found[kind] = {"rows": rows, "cases": done}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
