"""Question: what does the guide make of rmbg's mattes, and what becomes of them where the network is late?

    python -m tests.bench.guided --weights FILE [--size 288] [--only ID ...] [--frames 75] [--late 10] [--ways WAY ...]

On the clips of LIVEBG_SHARED/cases, through every step of a live frame, without a clock: the light engine (`light`);
rmbg on whole pictures (`whole`); rmbg guided, each frame looked at (`guided`); and guided as on a CPU, where a key
frame's answer comes --late frames later and lies over the light engine's mattes (`late`). Network and finder look at a
frame at most once, for all ways. Random weights tell nothing: give trained ones. 75 frames of one clip take about a
minute of CPU time; with the ways `light late` alone a fifth of that. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livebg import models
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, Guided, Matte, MattingEngine, SourceInfo
from livebg.matting.propagation.inference import Answer, look
from livebg.matting.propagation.overlay import DetailOverlay
from livebg.pipeline import cpu_build
from livebg.pipeline.processor import Unmatted
from livebg.scene.backgrounds import open_background
from tests.bench.cases import Case, averages, find_cases, instrument, table

WARM = 10  # first frames that do not count
COLUMNS = ("mad", "mad_edge", "bf", "dtssd", "flicker_true", "trail", "lag", "empty_alpha", "flicker_static", "flips")
MORE = ("debris", "lost")  # beside the columns of cases.py
WAYS = ("light", "whole", "guided", "late")
BASE = Settings(engine="rmbg", device="cpu", background="#808080")


class Recorded:
    """A guided engine that looks at a frame once: at a second question it has the answer of the finder, or of the
    network, guided or not."""

    description = "recorded"

    def __init__(self, engine: Guided) -> None:
        self._engine = engine
        self._found: dict[int, Alpha] = {}
        self._detail: dict[int, Alpha] = {}
        self._whole = _Answers(engine.unguided.matte)

    @property
    def unguided(self) -> MattingEngine:
        return self._whole

    @property
    def light(self) -> MattingEngine:
        return _Answers(self.find)

    def find(self, frame: Frame) -> Alpha:
        if frame.sequence not in self._found:
            self._found[frame.sequence] = self._engine.find(frame)
        return self._found[frame.sequence]

    def detail(self, frame: Frame, belief: Alpha) -> Alpha:
        if frame.sequence not in self._detail:
            self._detail[frame.sequence] = self._engine.detail(frame, belief)
        return self._detail[frame.sequence]

    def matte(self, frame: Frame) -> Alpha:
        return self.detail(frame, self.find(frame))

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to close."""


class _Answers:
    """A plain engine of these answers, of which each frame has one."""

    description = "recorded"

    def __init__(self, answer: Callable[[Frame], Alpha]) -> None:
        self._answer = answer
        self._given: dict[int, Alpha] = {}

    def matte(self, frame: Frame) -> Alpha:
        if frame.sequence not in self._given:
            self._given[frame.sequence] = self._answer(frame)
        return self._given[frame.sequence]

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to close."""


class LateKeys:
    """KeyFrames whose answer comes so many frames later, however long the machine takes."""

    is_inline = False

    def __init__(self, engine: MattingEngine, late: int) -> None:
        self._engine, self._late = engine, late
        self._asked: Frame | None = None
        self.now = 0

    @property
    def is_busy(self) -> bool:
        return self._asked is not None

    def ask(self, frame: Frame) -> None:
        self._asked = frame

    def answer(self, timeout_s: float) -> Answer | None:  # noqa: ARG002 - frames are its clock
        frame = self._asked
        if frame is None or self.now - frame.sequence < self._late:
            return None
        self._asked = None
        return look(self._engine, frame)

    def reset(self) -> None:
        self._asked = None

    def close(self) -> None:
        """Nothing to close."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="trained weights of the rmbg engine")
    parser.add_argument("--size", type=int, default=288, help="matte size, px")
    parser.add_argument("--only", nargs="*", default=[], help="clips by name; else all")
    parser.add_argument("--frames", type=int, default=75, help="of each clip")
    parser.add_argument("--late", type=int, default=10, help="frames from a key frame to its answer")
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    arguments = parser.parse_args()
    load_opencv()
    cpu_build.compile_loops()
    cases = find_cases(arguments.only)
    done = {}
    for case in cases:
        settings = change(BASE, {"weights": str(arguments.weights), "matte_size": arguments.size})
        done[case.name] = measure(case, settings, arguments.frames, arguments.late, arguments.ways)
        print(table(done[case.name], case.name), flush=True)
    rows = averages(done, cases)
    print(table(rows))
    for measure_name in MORE:
        known = [each for each in done.values() if measure_name in each[next(iter(each))]]  # real clips have no truth
        means = {way: np.mean([each[way][measure_name] for each in known]) for way in rows}
        print(measure_name, ", ".join(f"{way} {mean:.2f}" for way, mean in means.items()))
    print(json.dumps(done))
    return 0


def measure(case: Case, settings: Settings, frames: int, late: int, ways: Sequence[str]) -> dict[str, dict[str, float]]:
    """{way: measures} of one clip."""
    read = [each for each, _ in zip(case.frames(), range(frames), strict=False)]
    first = read[0][0]
    engine = models.open_engine(settings, SourceInfo(case.name, first.width, first.height, 30.0, False))
    assert isinstance(engine, Guided)
    recorded = Recorded(engine)
    late_keys: list[LateKeys] = []

    def keys(details: MattingEngine) -> LateKeys:
        late_keys.append(LateKeys(details, late))
        return late_keys[0]

    overlay = DetailOverlay(recorded, is_live=False, keys=keys)

    def of_overlay(frame: Frame) -> None:
        late_keys[0].now = frame.sequence

    anything = change(settings, {"subject": "anything"})
    run: dict[str, Callable[[], dict[str, float]]] = {
        "light": lambda: _measured(case, read, recorded.light, settings, has_presence=True),
        "whole": lambda: _measured(case, read, recorded.unguided, anything, has_presence=False),
        "guided": lambda: _measured(case, read, recorded, settings, has_presence=False),
        "late": lambda: _measured(case, read, overlay, settings, has_presence=True, before=of_overlay),
    }
    try:
        return {way: run[way]() for way in ways}
    finally:
        engine.close()


def _measured(
    case: Case,
    read: list[tuple[Frame, Any, Any]],
    engine: MattingEngine,
    settings: Settings,
    has_presence: bool,
    before: Callable[[Frame], None] = lambda _: None,
) -> dict[str, float]:
    """The measures of the full-size mattes that a live frame's steps make of the engine's."""
    metrics = instrument().ClipMetrics(warm=WARM)
    for (frame, truth, valid), alpha in zip(read, _alphas(read, engine, settings, has_presence, before), strict=True):
        known = case.silver_of(frame.sequence) if truth is None else truth
        metrics.add(frame.image, np.rint(alpha * 255).astype(np.uint8), known, valid)
    result: dict[str, float] = metrics.result()
    return {name: value for name, value in result.items() if name in (*COLUMNS, *MORE)}


def _alphas(
    read: list[tuple[Frame, Any, Any]],
    engine: MattingEngine,
    settings: Settings,
    has_presence: bool,
    before: Callable[[Frame], None],
) -> Iterator[Matte]:
    processor = cpu_build.live_processor(engine, settings, Stats(), has_presence=has_presence)
    background = open_background(settings)
    for frame, _, _ in read:
        before(frame)
        (made,) = processor.feed(frame, settings, background)
        is_there = not isinstance(made, Unmatted) and made.alpha is not None
        yield made.alpha if is_there else np.zeros((frame.height, frame.width), np.float32)  # type: ignore[union-attr,misc]


if __name__ == "__main__":
    raise SystemExit(main())
