"""Which precision the network computes in: the fastest whose alpha stays that of float32, tried once and remembered.

Knows nothing about what runs the network: it is given one call for each precision. Whichever thread opens the engine.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.rmbg.probes import as_pixels, drawn_pictures

log = logging.getLogger(__name__)

CAPABILITIES = {"int8": "INT8", "bf16": "BF16", "f16": "FP16", "f32": "FP32"}  # fastest first; OpenVINO's words
# An alpha is shown in 8 bits: 0.004 is one step of them, on average over the picture. bfloat16 with random weights,
# whose mattes are noisier than any trained ones, is off by 0.0033 (rmbg_runtime).
MEAN_LIMIT = 0.004
SHARE_LIMIT = 0.005  # of all pixels may be off by more than OFF: an outline's worth, but no hole
OFF = 0.1
RUNS = 3  # per precision and picture; the quickest counts, so that another program's burst does not decide

Run = Callable[[Matte], Matte]


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
    """What was chosen among what, on which processor, with the differences from f32 and the times measured."""

    precision: str
    processor: str
    candidates: tuple[str, ...]
    differences: dict[str, Difference] = field(default_factory=dict)
    times_ms: dict[str, float] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """False where one was refused for its time alone: another program may have been at work."""
        return not any(each.is_small for name, each in self.differences.items() if name != self.precision)

    @property
    def text(self) -> str:
        """E.g. 'bf16, alpha within 0.0021 of f32 on average'."""
        if self.precision in self.differences:
            return f"{self.precision}, alpha within {self.differences[self.precision].mean:.4f} of f32 on average"
        refused = [
            f"{name} is {'no faster' if each.is_small else f'off by {each.mean:.4f}'}"
            for name, each in self.differences.items()
        ]
        return f"{self.precision} ({', '.join(refused)})" if refused else self.precision


def candidates(capabilities: Sequence[str], has_int8: bool) -> tuple[str, ...]:
    """What is worth trying on a device with these capabilities, fastest first, f32 last.

    has_int8: an int8 form fitted to the user's own pictures is there.
    """
    able = [name for name, word in CAPABILITIES.items() if word in capabilities]
    return (*(name for name in able if name != "f32" and (name != "int8" or has_int8)), "f32")


def check_pinned(precision: str, capabilities: Sequence[str], device: str) -> None:
    """Raises ModelError where the device would only imitate this precision, slower than f32."""
    if CAPABILITIES[precision] not in capabilities:
        able = ", ".join(name for name, word in CAPABILITIES.items() if word in capabilities)
        raise ModelError(f"--precision {precision}: {device} computes in {able}; use one of these or --precision auto")


def difference(alpha: Matte, reference: Matte) -> Difference:
    """Of two alphas float32 (H, W) in 0..1, after rounding to the 8 bits in which they are shown."""
    off = np.abs(np.rint(alpha * 255) - np.rint(reference * 255)) / 255
    return Difference(round(float(off.mean()), 6), round(float((off > OFF).mean()), 6))


def worst(differences: Sequence[Difference]) -> Difference:
    """The larger of each number."""
    return Difference(max(each.mean for each in differences), max(each.share for each in differences))


def probe_pixels() -> list[Matte]:
    """One person, two people, and nobody: what a verdict rests on."""
    return [as_pixels(picture) for picture in drawn_pictures(5)[2:]]


def judge(
    open_run: Callable[[str], Run], wanted: Sequence[str], processor: str, pixels: Sequence[Matte] | None = None
) -> Verdict:
    """The first of `wanted` whose alpha is that of f32 within the limits on every picture, and that is faster.

    open_run: compiles the network in a precision. pixels: what to compare on (default: drawn people).
    """
    if tuple(wanted) == ("f32",):
        return Verdict("f32", processor, ("f32",))
    pictures = probe_pixels() if pixels is None else pixels
    reference, reference_ms = _measured(open_run("f32"), pictures)
    differences: dict[str, Difference] = {}
    times_ms = {"f32": reference_ms}
    chosen = "f32"
    for name in wanted:
        if name == "f32":
            continue
        alphas, times_ms[name] = _measured(open_run(name), pictures)
        differences[name] = worst([difference(*pair) for pair in zip(alphas, reference, strict=True)])
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
    """What was decided earlier for the same processor and candidates; None where nothing (readable) was."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        kept["differences"] = {name: Difference(**each) for name, each in kept["differences"].items()}
        verdict = Verdict(**{**kept, "candidates": tuple(kept["candidates"])})
        assert verdict.text  # numbers where numbers should be
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as cause:
        log.info("%s cannot be read (%s): the precisions are compared anew", file, cause)
        return None
    is_same = (verdict.processor, verdict.candidates) == (processor, tuple(wanted))
    return verdict if is_same and verdict.precision in verdict.candidates else None


def write_verdict(file: Path, verdict: Verdict) -> None:
    """For read_verdict; where it cannot be kept, the next start decides anew."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(verdict)), encoding="utf-8")
