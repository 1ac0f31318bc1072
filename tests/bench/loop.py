"""Question: what does one frame of the live loop cost at 720p, stage by stage, with each engine?

    python -m tests.bench.loop [--clip FILE] [--seconds 8] [--rounds 2] [--engines fixed selfie rmbg]

Two ways each: `flat out` (frames already decoded, one after the other: the cost of the stages) and `live` (the clip
plays at its own 30 fps in the capture thread, frames are dropped when the loop is late: latency and drops). Engines
take turns, each in a process of its own, so that memory and CPU time are its own. rmbg has deterministic weights,
which cost what the real ones cost. The output is a null sink: encoding and virtual camera are not covered, nor is
the engine's start, which is told apart. Memory is without the frames decoded for `flat out`. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil

from tests.bench.machine import ROOT, SHARED, print_card
from tests.loops import run_loop

WARM_FRAMES = 20
STAGES = ("matte", "smooth", "edges", "background", "compose", "output", "frame", "latency")


class Preloaded:
    """Gives the same decoded frames again and again, as fast as they are taken."""

    def __init__(self, path: str, count: int = 90) -> None:
        from livebg.capture.playback import play
        from livebg.core.types import EndOfSource
        from livebg.media.video.clip import VideoClip

        source = play(VideoClip(path), "every-frame")
        self.info, self.dropped, self._number = source.info, 0, 0
        frames = []
        while len(frames) < count:
            try:
                frame = source.read(1.0)
            except EndOfSource:
                break
            if frame is not None:
                frames.append(frame.image)
        source.close()
        self.size_mb = sum(each.nbytes for each in frames) / 2**20
        self._images: Iterator[Any] = cycle(frames)

    def rest(self, is_resting: bool) -> None: ...

    def read(self, timeout_s: float) -> Any:
        del timeout_s
        from livebg.core.types import Frame

        number, self._number = self._number, self._number + 1
        return Frame(next(self._images), number, time.monotonic(), number / 30)

    def close(self) -> None:
        """Nothing to give back."""


class Borrowed:
    """An engine that stays open when the processor is closed."""

    def __init__(self, matter: Any) -> None:
        self.description, self.matte, self.reset = matter.description, matter.matte, matter.reset

    def close(self) -> None:
        """Its owner's."""


def measure(engine: str, way: str, clip: str, seconds: float, weights: str) -> dict[str, Any]:
    """One engine one way, in this process: warm-up apart, then `seconds` of frames."""
    from livebg.core.opencv import load_opencv

    load_opencv()
    from livebg import models
    from livebg.capture import open_source
    from livebg.core.live_settings import LiveSettings
    from livebg.core.settings import Settings
    from livebg.core.stats import Stats
    from livebg.models.constant import ConstantEngine
    from livebg.pipeline.cpu_build import live_processor
    from livebg.scene.backgrounds import open_background
    from livebg.sinks.null import NullSink

    settings = Settings(source=clip, engine="auto" if engine == "fixed" else engine, weights=weights)
    started_s = time.perf_counter()
    flat_out = Preloaded(clip)
    matter = ConstantEngine(0.5) if engine == "fixed" else models.open_engine(settings, flat_out.info)
    start_s, description = time.perf_counter() - started_s, matter.description

    def run(source: Any, stats: Stats, should_stop: Any) -> None:
        def processor(settings: Settings) -> Any:
            return live_processor(Borrowed(matter), settings, stats)

        background = open_background(settings)
        run_loop(
            *(source, processor, [NullSink()], stats),
            background=background,
            controls=LiveSettings(settings),
            should_stop=should_stop,
        )

    warm = Stats()
    run(flat_out, warm, lambda: warm.frames >= WARM_FRAMES)
    source: Any = flat_out if way == "flat out" else open_source(settings)
    stats, cpu_s, ends_s = Stats(), time.process_time(), time.monotonic() + seconds
    run(source, stats, lambda: time.monotonic() >= ends_s)
    cpu_s, snapshot = time.process_time() - cpu_s, stats.snapshot()
    for part in (source, matter):
        part.close()
    return {
        "engine": engine,
        "way": way,
        "description": description,
        "start_s": round(start_s, 2),
        "frames": snapshot.frames,
        "fps": round(snapshot.frames / seconds, 1),
        "dropped": snapshot.dropped,
        "cpu_ms_per_frame": round(1000 * cpu_s / max(1, snapshot.frames), 1),
        "memory_mb": round(psutil.Process().memory_info().rss / 2**20 - flat_out.size_mb),
        "stages_ms": {
            name: [round(each, 1) for each in (timing.p50_ms, timing.p95_ms, timing.p99_ms)]
            for name, timing in snapshot.stages.items()
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default=str(SHARED / "cases" / "clips" / "d01_sway_longhair.mp4"))
    parser.add_argument("--seconds", type=float, default=4.5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--engines", nargs="*", default=["fixed", "selfie", "rmbg"])
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        engine, way, weights = arguments.child
        print(json.dumps(measure(engine, way, arguments.clip, arguments.seconds, weights)))
        return 0
    print_card()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        weights = _deterministic_weights(Path(folder)) if "rmbg" in arguments.engines else ""
        for _ in range(arguments.rounds):
            for way in ("flat out", "live"):
                for engine in arguments.engines:
                    command = [sys.executable, "-m", "tests.bench.loop", "--clip", arguments.clip]
                    command += ["--seconds", str(arguments.seconds), "--child", engine, way]
                    command.append(weights if engine == "rmbg" else "")
                    finished = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
                    results.append(json.loads(finished.stdout.splitlines()[-1]))
                    _print_row(results[-1], len(results) == 1)
    print(json.dumps(results))
    return 0


def _print_row(row: dict[str, Any], is_first: bool) -> None:
    if is_first:
        print("\n| engine | way | fps | dropped | CPU ms/frame | memory MB | start s | " + " | ".join(STAGES) + " |")
        print("|---|---|" + "---:|" * (5 + len(STAGES)) + "   (stages: p50 / p95 / p99 ms)")
    cells = [" / ".join(f"{each:g}" for each in row["stages_ms"].get(stage, [])) for stage in STAGES]
    head = [row[key] for key in ("engine", "way", "fps", "dropped", "cpu_ms_per_frame", "memory_mb", "start_s")]
    print("| " + " | ".join(map(str, [*head, *cells])) + " |", flush=True)


def _deterministic_weights(folder: Path) -> str:
    """RMBG-1.4's layout filled with numbers from a fixed seed: the cost of the real ones, not their answers."""
    import torch
    from safetensors.torch import save_file

    from livebg.models.rmbg.network import RmbgNetwork

    torch.manual_seed(0)
    save_file(RmbgNetwork().state_dict(), folder / "model.safetensors")
    return str(folder / "model.safetensors")


if __name__ == "__main__":
    sys.exit(main())
