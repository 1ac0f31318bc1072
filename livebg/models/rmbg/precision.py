"""Chooses the network's precision: the fastest whose alpha stays that of float32; tested once and remembered.

The floating precisions are tested on drawn pictures of people in rooms, the same on every machine, at the size in use.
They show what matters for a matte: skin and cloth before a busy wall, soft and hard edges, dark and bright light, more
than one person, and nobody. int8 is proven on the user's own pictures (int8_form.py): here only its speed counts. Runs
in the thread that opens the engine.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from livebg.core.errors import ModelError
from livebg.core.types import Image, Matte

log = logging.getLogger(__name__)

CAPABILITIES = {"int8": "INT8", "bf16": "BF16", "f16": "FP16", "f32": "FP32"}  # fastest first; OpenVINO's words
# An alpha is shown in 8 bits: 0.004 is one step of them, on average over the picture. bfloat16 with random weights,
# whose mattes are noisier than any trained ones, is off by 0.0033 (rmbg_runtime).
MEAN_LIMIT = 0.004
SHARE_LIMIT = 0.005  # of all pixels may be off by more than OFF: an outline's worth, but no hole
OFF = 0.1
RUNS = 3  # per precision and picture; the quickest counts, so that another program does not decide the result

Run = Callable[[Matte], Matte]
SIZE = (288, 512)  # (height, width) of every picture as it is drawn


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two alphas in 8 bits, as shares of 1: mean absolute difference, and share of pixels off by > 0.1."""

    mean: float
    share: float

    @property
    def is_small(self) -> bool:
        return self.mean <= MEAN_LIMIT and self.share <= SHARE_LIMIT


@dataclass(frozen=True, slots=True)
class Verdict:
    """The precision chosen, among which, on which processor, with the differences from f32 and the times measured."""

    precision: str
    processor: str
    candidates: tuple[str, ...]
    differences: dict[str, Difference] = field(default_factory=dict)
    times_ms: dict[str, float] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """False where a precision was refused for its time alone: another program may have been busy."""
        return not any(each.is_small for name, each in self.differences.items() if name != self.precision)

    @property
    def text(self) -> str:
        """For messages, e.g. 'bf16, alpha within 0.0021 of f32 on average'."""
        if self.precision in self.differences:
            return f"{self.precision}, alpha within {self.differences[self.precision].mean:.4f} of f32 on average"
        refused = [
            f"{name} is {'no faster' if each.is_small else f'off by {each.mean:.4f}'}"
            for name, each in self.differences.items()
        ]
        return f"{self.precision} ({', '.join(refused)})" if refused else self.precision


def candidates(capabilities: Sequence[str], has_int8: bool) -> tuple[str, ...]:
    """The precisions to try on a device with these capabilities, fastest first, f32 last.

    has_int8: there is an int8 form proven on the user's own pictures.
    """
    able = [name for name, word in CAPABILITIES.items() if word in capabilities]
    return (*(name for name in able if name != "f32" and (name != "int8" or has_int8)), "f32")


def check_pinned(precision: str, capabilities: Sequence[str], device: str) -> None:
    """Raises ModelError where the device would only imitate this precision, slower than f32."""
    if CAPABILITIES[precision] not in capabilities:
        able = ", ".join(name for name, word in CAPABILITIES.items() if word in capabilities)
        raise ModelError(f"--precision {precision}: {device} computes in {able}; use one of these or --precision auto")


def difference(alpha: Matte, reference: Matte) -> Difference:
    """The difference of two alphas, float32 (H, W) in 0..1, after rounding to the 8 bits of the output."""
    off = np.abs(np.rint(alpha * 255) - np.rint(reference * 255)) / 255
    return Difference(round(float(off.mean()), 6), round(float((off > OFF).mean()), 6))


def worst(differences: Sequence[Difference]) -> Difference:
    """The larger of each number."""
    return Difference(max(each.mean for each in differences), max(each.share for each in differences))


def probe_pixels(height: int, width: int, mean: float) -> list[Matte]:
    """The test pictures (one person, two people, nobody), RGB float32 (1, 3, height, width) in 0..1 less the mean."""
    sized = [np.asarray(cv2.resize(picture, (width, height)), np.uint8) for picture in drawn_pictures(5)[2:]]
    return [as_pixels(picture, mean) for picture in sized]


def judge(
    open_run: Callable[[str], Run],
    wanted: Sequence[str],
    processor: str,
    pictures: Sequence[Matte],
    known: Mapping[str, Difference] = MappingProxyType({}),
) -> Verdict:
    """The first of `wanted` whose alpha stays within the limits of f32's on every picture, and that is faster.

    open_run: compiles the network in a precision. pictures: float32 (1, 3, H, W), to compare on, at the size in use.
    known: differences that better pictures have shown.
    """
    if tuple(wanted) == ("f32",):
        return Verdict("f32", processor, ("f32",))
    reference, reference_ms = _measured(open_run("f32"), pictures)
    differences: dict[str, Difference] = {}
    times_ms = {"f32": reference_ms}
    chosen = "f32"
    for name in wanted:
        if name == "f32":
            continue
        alphas, times_ms[name] = _measured(open_run(name), pictures)
        drawn = worst([difference(*pair) for pair in zip(alphas, reference, strict=True)])
        differences[name] = known.get(name, drawn)
        if differences[name].is_small and times_ms[name] < reference_ms:
            chosen = name
            break
    return Verdict(chosen, processor, tuple(wanted), differences, times_ms)


def _measured(run: Run, pictures: Sequence[Matte]) -> tuple[list[Matte], float]:
    alphas = [run(each) for each in pictures]
    durations_s = []
    for _ in range(RUNS):
        started_s = time.perf_counter()
        run(pictures[0])
        durations_s.append(time.perf_counter() - started_s)
    return alphas, round(1000 * min(durations_s), 2)


def read_verdict(file: Path, processor: str, wanted: Sequence[str]) -> Verdict | None:
    """The verdict stored for the same processor and candidates; None where none can be read."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        kept["differences"] = {name: Difference(**each) for name, each in kept["differences"].items()}
        verdict = Verdict(**{**kept, "candidates": tuple(kept["candidates"])})
        assert verdict.text  # raises where a number is none
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as cause:
        log.info("%s cannot be read (%s); comparing the precisions again", file, cause)
        return None
    is_same = (verdict.processor, verdict.candidates) == (processor, tuple(wanted))
    return verdict if is_same and verdict.precision in verdict.candidates else None


def write_verdict(file: Path, verdict: Verdict) -> None:
    """Store a verdict for read_verdict(); where that fails, the next start chooses again."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(verdict)), encoding="utf-8")


def drawn_pictures(count: int) -> list[Image]:
    """Drawn pictures, BGR uint8 (288, 512, 3). The n-th is always the same; every fifth is an empty room."""
    return [_picture(number) for number in range(count)]


def _picture(number: int) -> Image:
    draw = np.random.default_rng(1000 + number)
    picture = _room(draw)
    people = 0 if number % 5 == 4 else 2 if number % 5 == 3 else 1
    for index in range(people):
        _person(picture, draw, (index + 1) / (people + 1) + draw.uniform(-0.1, 0.1))
    light = draw.uniform(0.5, 1.2)
    grain = draw.normal(0, 4, picture.shape)  # a webcam's noise
    softened = cv2.GaussianBlur(picture, (3, 3), 0)
    return np.clip(softened * light + grain, 0, 255).astype(np.uint8)


def _room(draw: np.random.Generator) -> Image:
    """A wall in changing light, with furniture and pictures on it: float (288, 512, 3) levels."""
    height, width = SIZE
    coarse = draw.integers(40, 220, (3, 5, 3)).astype(np.uint8)
    room = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(12):
        left, top = int(draw.integers(0, width)), int(draw.integers(0, height))
        right, bottom = left + int(draw.integers(20, 140)), top + int(draw.integers(20, 120))
        cv2.rectangle(room, (left, top), (right, bottom), draw.integers(0, 256, 3).tolist(), -1)
    return room


def _person(picture: Image, draw: np.random.Generator, place: float) -> None:
    """Shoulders, neck, head, hair and face around `place`, a share of the width."""
    height, width = SIZE
    size, middle = draw.uniform(0.10, 0.22) * height, int(place * width)
    top = int(height - draw.uniform(3.2, 4.0) * size)
    skin = (np.array([120, 150, 200]) * draw.uniform(0.35, 1.15)).clip(0, 255).tolist()
    hair, cloth = draw.integers(5, 120, 3).tolist(), draw.integers(20, 235, 3).tolist()

    def blob(x: float, y: float, wide: float, high: float, colour: list[float]) -> None:
        centre = (int(middle + x * size), int(top + y * size))
        cv2.ellipse(picture, centre, (int(wide * size), int(high * size)), 0, 0, 360, colour, -1, cv2.LINE_AA)

    blob(0, 3.9, 2.1, 1.9, cloth)
    blob(0, 2.0, 0.45, 0.8, skin)
    blob(0, 0.85, 1.0, 1.15, hair)
    blob(0, 1.05, 0.78, 1.0, skin)
    for side in (-0.3, 0.3):
        blob(side, 0.9, 0.1, 0.07, [30, 30, 30])
    blob(0, 1.55, 0.25, 0.08, [60, 60, 150])
    for _ in range(25):  # loose hair
        angle, long = draw.uniform(-np.pi, 0), draw.uniform(1.0, 1.45)
        tip = (int(middle + long * size * np.cos(angle)), int(top + (0.85 + long * np.sin(angle)) * size))
        cv2.line(picture, (middle, int(top + 0.5 * size)), tip, hair, 1, cv2.LINE_AA)


def as_pixels(picture: Image, mean: float) -> Matte:
    """BGR uint8 (H, W, 3) → RGB float32 (1, 3, H, W) in 0..1 less the mean, as the network takes it."""
    means = (255 * mean,) * 3
    return np.asarray(cv2.dnn.blobFromImage(picture, 1 / 255, mean=means, swapRB=True), np.float32)
