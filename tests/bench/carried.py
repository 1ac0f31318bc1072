"""Question: what do mattes lose that are carried from key frames, against the same engine on every frame? And the cost?

    python -m tests.bench.carried [--engines selfie truth truth-large] [--only ID ...] [--strides 2 3 4] [--height 360]
                                  [--rows NAME ...] [--cost]

Every clip of LIVEBG_SHARED/cases goes through engine, smoothing and edges, as the live loop has them, at --height
(720 is the clips' own, and four times as slow), and is measured with that folder's metrics.py against its true mattes.
Engines: selfie; truth (the true matte at 256x144: what carrying alone does, nothing hidden by an engine's own errors);
truth-large (at 512x288, rmbg's size). Rows: every (each frame), hold (the key frame's matte as it is), carried, strict
(carried, with no key frame before its turn), matched (picture late by stride - 1), late (the answer comes 4 frames
late, the next key frame begins then, as rmbg's on 2 cores) and late-matched (the same, picture 7 frames late). The
still gate is off in all of them. keys: share of frames that the engine looked at. --cost: CPU time per carried frame
on one thread. Last line: JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from livebg.core.engines import MattingEngine
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.propagation.inference import Answer
from livebg.matting.propagation.propagator import PropagatingEngine
from livebg.matting.refine.guided_filter import Refiner
from livebg.models.selfie.engine import SelfieEngine
from tests.bench.machine import SHARED, percentiles, print_card
from tests.chains import Smoothing

ROWS = ("every", "hold", "carried", "strict", "matched", "late", "late-matched")
COLUMNS = ("mad", "dtssd", "mad_edge", "trail", "lag")
LATE, LATE_DELAY = 4, 7  # frames
SETTINGS, WARM = Settings(), 10


class Given:
    """MattingEngine that gives what was worked out before, by sequence."""

    description = "given"

    def __init__(self, alphas: list[np.ndarray]) -> None:
        self._alphas = alphas

    def matte(self, frame: Frame) -> Alpha:
        return Alpha(self._alphas[frame.sequence], frame.sequence)

    def reset(self) -> None: ...

    def close(self) -> None: ...


class Hold(Given):
    """The last key frame's alpha for every frame."""

    def __init__(self, alphas: list[np.ndarray], stride: int) -> None:
        super().__init__([alphas[index // stride * stride] for index in range(len(alphas))])


class LateKeys:
    """KeyFrames whose answer comes so many frames after it was asked for, counted by calls of tick()."""

    is_inline = False

    def __init__(self, engine: MattingEngine, frames: int) -> None:
        self._engine, self._frames = engine, frames
        self._under_way: Answer | None = None
        self._left = 0

    @property
    def is_busy(self) -> bool:
        return self._under_way is not None

    def ask(self, frame: Frame) -> None:
        is_first = frame.sequence == 0
        self._under_way = Answer(frame.sequence, self._engine.matte(frame), None, 0.0)
        self._left = 0 if is_first else self._frames

    def tick(self) -> None:
        self._left -= 1

    def answer(self, timeout_s: float) -> Answer | None:  # noqa: ARG002 - time is counted in frames
        if self._left > 0:
            return None
        answer, self._under_way = self._under_way, None
        return answer

    def reset(self) -> None: ...

    def close(self) -> None: ...


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="*", default=["selfie", "truth"])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--strides", nargs="*", type=int, default=[2, 3, 4])
    parser.add_argument("--rows", nargs="*", default=list(ROWS))
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--cost", action="store_true", help="only the cost")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print_card()
    if arguments.cost:
        print(json.dumps(_cost()))
        return 0
    results: dict[str, dict[str, list[dict[str, float]]]] = {each: {} for each in arguments.engines}
    for clip in json.loads((SHARED / "cases" / "clips.json").read_text()):
        if arguments.only and clip["id"] not in arguments.only:
            continue
        frames, truths, ignored = _load(clip["id"], arguments.height)
        for engine in arguments.engines:
            alphas = _alphas(engine, frames, truths)
            for name, row in _measure(arguments, frames, truths, ignored, alphas):
                results[engine].setdefault(name, []).append(row)
        print(f"{clip['id']} done", file=sys.stderr, flush=True)
    summary = {engine: {name: _mean(cases) for name, cases in rows.items()} for engine, rows in results.items()}
    _print(summary)
    print(json.dumps(summary))
    return 0


def _load(clip: str, height: int) -> tuple[list[Frame], list[np.ndarray], list[np.ndarray] | None]:
    evaluate, folder = _cases("evaluate"), SHARED / "cases" / "clips"
    frames, truths = [], []
    for index, image in enumerate(evaluate.read_video(folder / f"{clip}.mp4")):
        frames.append(Frame(_fit(image, height), index, index / 30, index / 30))
        frames[-1].shrunk[256, 144] = cv2.resize(image, (256, 144), interpolation=cv2.INTER_AREA)
    for truth in evaluate.read_video(folder / f"{clip}_alpha.mkv", gray=True):
        truths.append(_fit(truth, height))
    path = folder / f"{clip}_ignore.mkv"
    ignored = [_fit(each, height) for each in evaluate.read_video(path, gray=True)] if path.exists() else None
    return frames, truths, ignored


def _fit(image: np.ndarray, height: int) -> np.ndarray:
    if image.shape[0] == height:
        return image
    width = round(image.shape[1] * height / image.shape[0])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _alphas(engine: str, frames: list[Frame], truths: list[np.ndarray]) -> list[np.ndarray]:
    if engine == "selfie":
        matter = SelfieEngine(SHARED / "models" / "selfie_segmenter_landscape.tflite", "landscape", "bench")
        return [matter.matte(each).values for each in frames]
    size = (512, 288) if engine == "truth-large" else (256, 144)
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in truths]
    return [each.astype(np.float32) * np.float32(1 / 255) for each in small]


def _measure(
    arguments: argparse.Namespace,
    frames: list[Frame],
    truths: list[np.ndarray],
    ignored: list[np.ndarray] | None,
    alphas: list[np.ndarray],
) -> Iterator[tuple[str, dict[str, float]]]:
    metrics = _cases("metrics")
    names = [
        (row, stride)
        for row in arguments.rows
        for stride in ([1] if row == "every" else [LATE] if row.startswith("late") else arguments.strides)
    ]
    runs = [(f"{row} {stride}" if row != "every" else row, *_run(row, stride, frames, alphas)) for row, stride in names]
    loops = [
        (name, mattes, Smoothing(), Refiner(), metrics.ClipMetrics(warm=WARM, slow_every=10**9))
        for name, mattes, _ in runs
    ]
    shared = metrics.Shared()
    for index, frame in enumerate(frames):
        shared.add(frame.image, truths[index], None if ignored is None else ignored[index] < 128)
        for _, mattes, smoother, refiner, measures in loops:
            steady = smoother.apply(Alpha(mattes[index], index), frame, SETTINGS)
            measures.step(shared, refiner.refine(steady.values, frame))
    for (name, _, keys), (_, _, _, _, measures) in zip(runs, loops, strict=True):
        yield name, {**measures.result(), "keys": keys}


def _run(row: str, stride: int, frames: list[Frame], alphas: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """The alpha of every frame, and the share of frames that were key frames."""
    if row in ("every", "hold"):
        return [(Hold(alphas, stride)).matte(each).values for each in frames], 1 / stride
    engine = Given(alphas)
    late = LateKeys(engine, LATE) if row.startswith("late") else None
    matter = PropagatingEngine(
        engine, False, 1 if late else stride, still_gate=False, hurries=row != "strict", keys=late
    )
    delay = {"matched": stride - 1, "late-matched": LATE_DELAY}.get(row, 0)
    waiting: deque[Frame] = deque()
    mattes = []
    for frame in [*frames, *([None] * delay)]:
        if late:
            late.tick()
        if frame is not None:
            waiting.append(frame)
            matter.foresee(frame)
        if len(waiting) > delay or frame is None:
            mattes.append(matter.matte(waiting.popleft()).values)
    return mattes, matter.counts.key_frames / len(frames)


def _cases(name: str) -> Any:
    if str(SHARED / "cases") not in sys.path:
        sys.path.insert(0, str(SHARED / "cases"))
    return importlib.import_module(name)


def _mean(cases: list[dict[str, float]]) -> dict[str, float]:
    return {
        column: round(float(np.mean([each[column] for each in cases if column in each])), 4)
        for column in (*COLUMNS, "keys")
    }


def _print(summary: dict[str, dict[str, dict[str, float]]]) -> None:
    for engine, rows in summary.items():
        print(f"\n{engine:<16}" + "".join(f"{each:>10}" for each in (*COLUMNS, "keys", "MAD +%", "dtSSD +%")))
        for name, row in rows.items():
            line = "".join(f"{row[each]:>10.3f}" for each in (*COLUMNS, "keys"))
            if "every" in rows:
                line += "".join(f"{100 * (row[each] / rows['every'][each] - 1):>10.1f}" for each in ("mad", "dtssd"))
            print(f"{name:<16}{line}")
    print()


def _cost() -> dict[str, Any]:
    """CPU time of matte() on carried frames, ms, at 256x144 and with rmbg's 512x288 alpha; strides of 4."""
    found: dict[str, Any] = {}
    clips = ("d02_still_glasses", "d01_sway_longhair", "d03_fast")
    for clip in clips:
        frames, truths, _ = _load(clip, 360)
        for engine in ("truth", "truth-large"):
            alphas = _alphas(engine, frames, truths)
            for row in ("strict", "matched"):
                found[f"{clip} {engine} {row}"] = percentiles(_durations_ms(row, frames, alphas))
                print(f"{clip:<20}{engine:<14}{row:<10}{found[f'{clip} {engine} {row}']}")
    return found


def _durations_ms(row: str, frames: list[Frame], alphas: list[np.ndarray]) -> list[float]:
    matter = PropagatingEngine(Given(alphas), False, 4, still_gate=False, hurries=False)
    delay, durations = 3 if row == "matched" else 0, []
    for index, frame in enumerate(frames):
        begun_s = time.thread_time()
        matter.foresee(frame)
        if index >= delay:
            matter.matte(frames[index - delay])
        if index > WARM and (index - delay) % 4:
            durations.append(1000 * (time.thread_time() - begun_s))
    return durations


if __name__ == "__main__":
    sys.exit(main())
