"""Question: is the matte of a file, which looks ahead, better than the live one, and what does looking ahead cost?

    python -m tests.bench.ahead [--only ID ...] [--frames N] [--rows live film ...] [--warm 10] [--jobs 1]
                                [--options '--grow 1']

Rows: the live processor over every frame; the film's; the film's with nothing foreseen at its beginning, with half and
with twice its windows. Each has an engine of its own (selfie), by library calls; columns as in
LIVEBG_SHARED/cases/README.md, without a clip's first frames (--warm). cpu_ms: CPU time per frame of all
stages after the network. Clips with truth and the real ones. Below the table: the film's stages one by one, and whether
MAD and dtSSD are at least as good as live ones, as is required. Not covered: decoding, encoding. Last line: JSON.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from livebg import models
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Composite, Frame, SourceInfo
from livebg.matting.scheduling import ScheduledEngine
from livebg.pipeline import cpu_build
from livebg.pipeline.film import processor as film_processor
from livebg.pipeline.film.processor import FilmProcessor, Windows
from livebg.pipeline.film.worker import FORESEEN_S, LOOK_S
from livebg.pipeline.loops import prepare_loops
from livebg.scene.backgrounds import open_background
from tests.bench import cases, variants
from tests.bench.machine import print_card
from tests.bench.stages import BASE, parsed_options

ROWS = {  # how many times the film's windows, 0: live; how much the engine foresees, s
    "live": (0.0, 0.0),
    "film": (1.0, FORESEEN_S),
    "film, nothing foreseen": (1.0, 0.0),
    "film, half the window": (0.5, FORESEEN_S),
    "film, twice the window": (2.0, FORESEEN_S),
    "film, 1 s": (1.0, 1.0),
    "film, 4 s": (1.0, 4.0),
}
REQUIRED = (("mad", "MAD"), ("dtssd", "dtSSD"))


class Costs(Stats):
    """CPU time of each stage, s, summed."""

    def __init__(self) -> None:
        super().__init__()
        self.cpu_s: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        began_s = time.thread_time()
        with super().time(stage):
            yield
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + time.thread_time() - began_s


class Live:
    """The live loop's processor over a file, with the calls of a FilmProcessor."""

    def __init__(self, settings: Settings, frame: Frame, costs: Costs) -> None:
        engine = models.open_engine(settings, SourceInfo("clip", frame.width, frame.height, 30.0, False))
        scheduled = ScheduledEngine(engine, False, stride=settings.stride or 1, still_gate=settings.still_gate)
        prepare_loops(settings)
        self._settings, self._background = settings, open_background(settings)
        self._processor = cpu_build.live_processor(scheduled, settings, costs)

    def foresee(self, frames: Iterator[Frame]) -> None:
        """Nothing, as live."""

    def feed(self, frame: Frame) -> Iterable[Composite]:
        return [self._processor.begin(frame, self._settings, self._background).finish()]

    def flush(self) -> Iterable[Composite]:
        return []


def opened(settings: Settings, frame: Frame, windows: float, costs: Costs) -> Live | FilmProcessor:
    if not windows:
        return Live(settings, frame, costs)
    usual = Windows.of(frame.width, frame.height, 30.0)
    wanted = usual._replace(small=round(usual.small * windows), full=round(usual.full * windows))
    with mock.patch.object(Windows, "of", return_value=wanted):
        return film_processor.open_film_processor(settings, frame.width, frame.height, 30.0, costs)


def work(
    case: cases.Case, rows: Mapping[str, tuple[float, float]], settings: Settings, most_frames: int, warm: int
) -> dict[str, Any]:
    """{row: measures} of one clip."""
    metrics = cases.instrument()
    seen = [each for each, _ in zip(case.frames(), range(most_frames or 10**6), strict=False)]
    costs = {name: Costs() for name in rows}
    mattes = {
        name: list(_mattes(opened(settings, seen[0][0], windows, costs[name]), seen, foreseen_s))
        for name, (windows, foreseen_s) in rows.items()
    }
    shared, judges = metrics.Shared(), {name: metrics.ClipMetrics(slow_every=10**6, warm=warm) for name in rows}
    for number, (frame, truth, valid) in enumerate(seen):
        shared.add(frame.image, truth, valid)
        for name, judge in judges.items():
            judge.step(shared, mattes[name][number])
    result = {}
    for name, judge in judges.items():
        stages_ms = {stage: 1000 * cpu_s / len(seen) for stage, cpu_s in costs[name].cpu_s.items()}
        after_ms = sum(ms for stage, ms in stages_ms.items() if stage != "matte")
        result[name] = {**judge.result(), "cpu_ms": after_ms, "stages_ms": stages_ms}
    return result


def _mattes(processor: Live | FilmProcessor, seen: list[Any], foreseen_s: float) -> Iterator[Any]:
    processor.foresee(
        Frame(each.image, each.sequence, each.captured_at_s, each.media_time_s)
        for each, _, _ in seen[:: round(30 * LOOK_S)]
        if each.media_time_s <= foreseen_s
    )
    for frame, _, _ in seen:
        own = Frame(frame.image, frame.sequence, frame.captured_at_s, frame.media_time_s)  # none pays for another
        for each in processor.feed(own):
            yield variants.bytes_of(each.alpha, each.image.shape[:2])
    for each in processor.flush():
        yield variants.bytes_of(each.alpha, each.image.shape[:2])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=0, help="of each clip; 0: all")
    parser.add_argument("--rows", nargs="*", default=list(ROWS))
    parser.add_argument("--warm", type=int, default=variants.WARM_FRAMES, help="frames that are not judged")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--options", default="", help="settings of every row, e.g. '--smoothing 0.5'")
    arguments = parser.parse_args()
    print_card()
    clips = cases.find_cases(arguments.only)
    settings = change(Settings(), {**BASE, **parsed_options(arguments.options)})
    rows = {name: ROWS[name] for name in arguments.rows}
    do: Callable[[cases.Case], dict[str, Any]] = functools.partial(
        work, rows=rows, settings=settings, most_frames=arguments.frames, warm=arguments.warm
    )
    done = cases.measure_all(do, clips, arguments.jobs)
    means = cases.averages(done, clips)
    print(f"\n{cases.table(means)}\n")
    for name in rows:
        each = [clip[name]["stages_ms"] for clip in done.values()]
        stages = {stage: sum(clip.get(stage, 0.0) for clip in each) / len(each) for stage in each[0]}
        print(f"{name}, CPU ms per frame: " + ", ".join(f"{stage} {ms:.2f}" for stage, ms in stages.items()))
    for key, heading in REQUIRED if {"live", "film"} <= set(rows) else ():
        live, film = means["live"].get(key, 0.0), means["film"].get(key, 0.0)
        worse = [clip for clip, row in done.items() if row["film"].get(key, 0.0) > row["live"].get(key, 0.0)]
        verdict = "reached" if film <= live else "NOT reached"
        print(f"{heading}: film {film:.3f}, live {live:.3f}: {verdict}; worse on: {', '.join(worse) or 'none'}")
    print(json.dumps({"rows": means, "cases": done}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
