"""Question: what does the guide make of rmbg's mattes, and what becomes of them where the network is late?

    python -m tests.bench.guided --weights FILE [--size 288] [--only ID ...] [--frames 75] [--late 10] [--ways WAY ...]
        [--steps] [--answers FOLDER]

On the clips of LIVEBG_SHARED/cases, through every step of a live frame, without a clock: the light engine (`light`);
rmbg on whole pictures (`whole`); rmbg guided, each frame looked at (`guided`); and guided as on a CPU, where a key
frame's answer comes --late frames later and lies over the light engine's mattes (`late`). --steps: each way once more
without each step. Network and finder look at a frame at most once, for all ways; with --answers the network's answers
stay in that folder, and whoever measures the steps again does not wait for it (answers.py). Random weights tell
nothing: give trained ones. 75 frames of one clip take about a minute of CPU time. The real clips are judged by silver
truth. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from livebg import models
from livebg.core.guiding import Bound, Guided
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Background, Frame, Image, Matte, MattingEngine, SourceInfo
from livebg.matting.propagation.inference import Answer, look
from livebg.matting.propagation.overlay import DetailOverlay
from livebg.pipeline import cpu_build
from livebg.pipeline.loops import prepare_loops
from livebg.pipeline.processor import Unmatted
from livebg.scene.backgrounds import open_background
from tests.bench.answers import kept_in
from tests.bench.cases import Case, averages, find_cases, instrument, table
from tests.bench.variants import OFF, Judge, bytes_of

WAYS = ("light", "whole", "guided", "late")
STEPS = ("plate off", "smoothing 0", "presence off", "colours off", "edges plain", "settle off")
BASE = Settings(engine="rmbg", device="cpu", background="#808080")


class Recorded:
    """A guided engine that looks at a frame once: at a second question it has the answer of the network, guided or not.
    Its finder does so, too (open_once())."""

    description = "recorded"

    def __init__(self, engine: Guided) -> None:
        self._engine = engine
        self._detail: dict[int, Alpha] = {}
        self._made = _Answers(engine.matte)
        self._whole = _Answers(engine.unguided.matte)

    @property
    def unguided(self) -> MattingEngine:
        return self._whole

    @property
    def light(self) -> MattingEngine:
        """The finder alone."""
        return _Answers(self.find)

    def find(self, frame: Frame) -> Alpha:
        return self._engine.find(frame)

    def detail(self, frame: Frame, belief: Alpha) -> Alpha:
        if frame.sequence not in self._detail:
            self._detail[frame.sequence] = self._engine.detail(frame, belief)
        return self._detail[frame.sequence]

    def bound_by(self, bound: Bound) -> None:
        self._engine.bound_by(bound)

    def matte(self, frame: Frame) -> Alpha:
        return self._made.matte(frame)

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


class _Once(_Answers):
    """A finder, which it owns, that looks at each frame once."""

    def __init__(self, finder: MattingEngine) -> None:
        super().__init__(finder.matte)
        self.close = finder.close  # type: ignore[method-assign]


def open_once(settings: Settings, info: SourceInfo) -> Guided:
    """A guided engine whose finder looks at each frame once."""
    opened = models.open_finder

    def finder(*choices: Any) -> MattingEngine | None:
        found = opened(*choices)
        return None if found is None else _Once(found)

    with mock.patch.object(models, "open_finder", finder):
        engine = models.open_engine(settings, info)
    assert isinstance(engine, Guided)
    return engine


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


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A live frame's steps around an engine, and the judge of their mattes. before: called with each frame."""

    engine: MattingEngine
    settings: Settings
    has_presence: bool
    before: Callable[[Frame], None] = lambda _: None
    judge: Judge = field(default_factory=Judge)

    def opened(self) -> Callable[[Frame], Image]:
        """What makes a frame's full-size matte, uint8 (H, W); no matte counts as nobody."""
        processor = cpu_build.live_processor(self.engine, self.settings, Stats(), has_presence=self.has_presence)
        background: Background = open_background(self.settings)

        def matte(frame: Frame) -> Image:
            self.before(frame)
            (made,) = processor.feed(frame, self.settings, background)
            alpha: Matte | None = None if isinstance(made, Unmatted) else made.alpha
            return bytes_of(alpha, (frame.height, frame.width))

        return matte


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="trained weights of the rmbg engine")
    parser.add_argument("--size", type=int, default=288, help="matte size, px")
    parser.add_argument("--only", nargs="*", default=[], help="clips by name; else all")
    parser.add_argument("--frames", type=int, default=75, help="of each clip")
    parser.add_argument("--late", type=int, default=10, help="frames from a key frame to its answer")
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--steps", action="store_true", help="also without each step")
    parser.add_argument("--answers", type=Path, help="keep the network's answers in this folder")
    arguments = parser.parse_args()
    load_opencv()
    prepare_loops(Settings())
    clips, done = find_cases(arguments.only), {}
    settings = change(BASE, {"weights": str(arguments.weights), "matte_size": arguments.size})
    with kept_in(arguments.answers):
        for case in clips:
            done[case.name] = measure(
                case, settings, arguments.frames, arguments.late, arguments.ways, STEPS if arguments.steps else ()
            )
            print(table(done[case.name], case.name), flush=True)
    for part in ("clips", "real"):
        if of_part := [each for each in clips if each.part == part]:
            print(table(averages(done, of_part, parts=()), part))
    print(json.dumps(done))
    return 0


def measure(
    case: Case, settings: Settings, frames: int, late: int, names: Sequence[str], steps: Sequence[str] = ()
) -> dict[str, dict[str, float]]:
    """{way: measures} of one clip; steps: those of OFF without which each way runs once more."""
    shared = instrument().Shared()
    with ExitStack() as parts:
        running: dict[str, tuple[Judge, Callable[[Frame], Image]]] = {}
        for (frame, truth, valid), _ in zip(case.frames(), range(frames), strict=False):
            if not running:
                info = SourceInfo(case.name, frame.width, frame.height, 30.0, False)
                engine = open_once(settings, info)
                parts.callback(engine.close)
                found = ways(Recorded(engine), settings, late, names, steps)
                running = {name: (way.judge, way.opened()) for name, way in found.items()}
            shared.add(frame.image, truth, valid)
            for judge, matte in running.values():
                judge.look(shared, matte(frame), None, case.silver_of(frame.sequence))
    results = {name: judge.result() for name, (judge, _) in running.items()}
    return {way: {name.removeprefix("silver_"): each for name, each in row.items()} for way, row in results.items()}


def ways(engine: Recorded, settings: Settings, late: int, names: Sequence[str], steps: Sequence[str]) -> dict[str, Way]:
    """The ways of these names, each also without each of these steps."""
    cpu_build.bound_belief(engine, settings)
    made: dict[str, Callable[[Settings], Way]] = {
        "light": lambda chosen: Way(engine.light, chosen, has_presence=True),
        "whole": lambda chosen: Way(engine.unguided, change(chosen, {"subject": "anything"}), has_presence=False),
        "guided": lambda chosen: Way(engine, chosen, has_presence=False),
        "late": lambda chosen: _late(engine, chosen, late),
    }
    found = {}
    for name in names:
        found[name] = made[name](settings)
        found |= {f"{name}, {step}": made[name](change(settings, OFF[step])) for step in steps}
    return found


def _late(engine: Recorded, settings: Settings, late: int) -> Way:
    made: list[LateKeys] = []

    def keys(details: MattingEngine) -> LateKeys:
        made.append(LateKeys(details, late))
        return made[0]

    def before(frame: Frame) -> None:
        made[0].now = frame.sequence

    return Way(DetailOverlay(engine, is_live=False, keys=keys), settings, has_presence=True, before=before)


if __name__ == "__main__":
    raise SystemExit(main())
