"""Question: what does a whole frame of the light engine cost at 720p, beside the common way to a virtual background?

    python -m tests.bench.common_way [--clip FILE] [--seconds 3] [--rounds 2] [--environment FOLDER]

The peer is Linux-Fake-Background-Webcam's way (peers/mediapipe_common_way.py) with mediapipe 0.10.21 in an environment
of its own, made in a temporary folder or kept in --environment; with either of its two networks. Ours is run.run with
the selfie engine on every frame: no propagated mattes, no still gate. Both lay the person over the same picture.

Three ways each: `flat out` (frames already decoded, one after the other), `paced` (the same at 30 fps) and `start`
(from the process's start, through imports, model and the clip's first decoded frame, to the first composite; memory is
the highest of that and some seconds more at 30 fps). They take turns, each in a process of its own; CPU time is that
of all its threads. Encoding, virtual camera and, but for `start`, decoding are not covered. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.machine import ROOT, SHARED

if TYPE_CHECKING:
    from livebg.core.settings import Settings
    from livebg.core.types import Composite, Frame

PEER = Path(__file__).resolve().parent / "peers" / "mediapipe_common_way.py"
VARIANTS = {"livebg": None, "common way, landscape": 1, "common way, square": 0}  # mediapipe's model_selection
WAYS = ("flat out", "paced", "start")
WARM_FRAMES, PRELOADED = 20, 60
TIMES = ("p50", "p95", "p99", "cpu_ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default=str(SHARED / "cases" / "clips" / "d01_sway_longhair.mp4"))
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--environment", type=Path)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(ours(arguments.child[0], arguments.clip, arguments.seconds, float(arguments.child[1]))))
        return 0
    results: dict[str, dict[str, list[dict[str, float]]]] = {name: {way: [] for way in WAYS} for name in VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        from tests.bench.machine import print_card
        from tests.bench.peers.mediapipe_environment import environment

        print_card()
        python = environment(arguments.environment or Path(folder) / "environment")
        background = picture(arguments.clip, Path(folder))
        for _ in range(arguments.rounds):
            for way in WAYS:
                for name, selection in VARIANTS.items():
                    if selection is None:
                        command = [sys.executable, "-m", "tests.bench.common_way", "--clip", arguments.clip]
                        command += ["--seconds", str(arguments.seconds), "--child", way]
                    else:
                        command = [python, str(PEER), way, str(selection), arguments.clip, background]
                        command += [str(arguments.seconds), str(WARM_FRAMES), str(PRELOADED)]
                    results[name][way].append(child(command))
    report(results)
    return 0


def child(command: list[str]) -> dict[str, float]:
    """Its last line. The time at which it was started is its last argument."""
    finished = subprocess.run([*command, str(time.time())], cwd=ROOT, capture_output=True, text=True)
    if finished.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{finished.stderr[-2000:]}")
    found: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return found


def picture(clip: str, folder: Path) -> str:
    """The background that livebg shows by default, at the clip's size, as a file for the peer."""
    import cv2

    from livebg.capture.playback import play
    from livebg.core.settings import Settings
    from livebg.media.video.clip import VideoClip
    from livebg.scene.backgrounds import open_background

    source, background = play(VideoClip(clip), "every-frame"), open_background(Settings())
    cv2.imwrite(str(folder / "background.png"), background.standby(source.info.height, source.info.width))
    source.close()
    background.close()
    return str(folder / "background.png")


def ours(way: str, clip: str, seconds: float, began_at_s: float) -> dict[str, float]:
    """livebg in this process, one way."""
    from livebg.core.one_heap import use_one_heap
    from livebg.core.settings import Settings, change

    use_one_heap()  # as the command does
    settings = Settings(source=clip, engine="selfie", stride=1, still_gate=False)
    if way == "start":
        return our_start(change(settings, {"seconds": seconds}), began_at_s)
    from livebg.core.stats import Stats
    from livebg.pipeline.live import run
    from livebg.sinks.null import NullSink

    stats = Stats()
    source = Played(clip, 30.0 if way == "paced" else 0.0, seconds, stats)
    snapshot = run.run(settings, [NullSink()], source, stats).snapshot
    assert snapshot.standby_frames == 0
    frame, cpu_ms = snapshot.stages["frame"], round(1000 * source.cpu_s / snapshot.frames, 2)
    times = {"p50": frame.p50_ms, "p95": frame.p95_ms, "p99": frame.p99_ms}
    stages = {f"stage {name}": round(each.p50_ms, 2) for name, each in snapshot.stages.items()}
    return {**{name: round(each, 2) for name, each in times.items()}, "cpu_ms": cpu_ms, **stages}


def our_start(settings: Settings, began_at_s: float) -> dict[str, float]:
    from livebg.pipeline.live import run
    from livebg.sinks.callback import CallbackSink

    firsts: list[tuple[float, float]] = []

    def note(composite: Composite) -> None:
        if composite.alpha is not None and not firsts:
            firsts.append((time.time() - began_at_s, time.process_time()))

    run.run(settings, [CallbackSink(note)])
    from tests.bench.peers.mediapipe_common_way import peak_mb  # brings cv2, which livebg is to load itself

    return {"start_s": round(firsts[0][0], 2), "start_cpu_s": round(firsts[0][1], 2), "memory_mb": peak_mb()}


class Played:
    """A FrameSource of decoded frames, there and back again, at this rate (0: as fast as they are taken).

    A jump back to the first one would be a cut, which no camera has, and the costliest frame of all.

    Starts the counting of `stats` and CPU time once warm, and ends `seconds` later.
    """

    def __init__(self, path: str, fps: float, seconds: float, stats: Any) -> None:
        from livebg.capture.playback import play
        from livebg.media.video.clip import VideoClip

        source = play(VideoClip(path), "every-frame")
        read = (source.read(1.0) for _ in range(PRELOADED))
        images = [frame.image for frame in read if frame is not None]
        self._images = cycle(images + images[-2:0:-1])
        source.close()
        self.info, self.dropped, self.cpu_s = source.info, 0, 0.0
        self._fps, self._seconds, self._stats = fps, seconds, stats
        self._number, self._warm_at_s = 0, float("inf")

    def rest(self, is_resting: bool) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        del timeout_s
        from livebg.core.types import EndOfSource, Frame

        if self._number == WARM_FRAMES:
            self._stats.restart_clock()
            self._warm_at_s, self.cpu_s = time.monotonic(), -time.process_time()
        if time.monotonic() - self._warm_at_s >= self._seconds:
            self.cpu_s += time.process_time()
            raise EndOfSource
        if self._fps and self._number > WARM_FRAMES:
            due_s = self._warm_at_s + (self._number - WARM_FRAMES) / self._fps
            time.sleep(max(0.0, due_s - time.monotonic()))
        number, self._number = self._number, self._number + 1
        return Frame(next(self._images), number, time.monotonic(), number / 30)

    def close(self) -> None:
        """Nothing to give back."""


def report(results: dict[str, dict[str, list[dict[str, float]]]]) -> None:
    """Medians over the rounds, the peer's over ours round by round, and what was wanted."""

    def median(name: str, way: str, key: str) -> float:
        return statistics.median(each[key] for each in results[name][way])

    def ratio(name: str, way: str, key: str) -> float:
        pairs = zip(results[name][way], results["livebg"][way], strict=True)
        return round(statistics.median(theirs[key] / ours[key] for theirs, ours in pairs), 2)

    peers = [name for name in VARIANTS if name != "livebg"]
    print("\n| | way | frame p50 ms | p95 | p99 | CPU ms/frame | start s | start CPU s | memory MB |")
    print("|---|---|" + "---:|" * 7)
    for name in VARIANTS:
        start, start_cpu, memory = (median(name, "start", key) for key in ("start_s", "start_cpu_s", "memory_mb"))
        for way in ("flat out", "paced"):
            cells = [f"{median(name, way, key):.2f}" for key in TIMES]
            print(f"| {name} | {way} | {' | '.join(cells)} | {start:.2f} | {start_cpu:.2f} | {memory:.0f} |")
    stages = {key.removeprefix("stage "): median("livebg", "flat out", key) for key in _stages(results)}
    print("\nour stages, flat out, p50 ms: " + ", ".join(f"{name} {each:.2f}" for name, each in stages.items()))
    ratios = {
        name: {f"{way} {key}": ratio(name, way, key) for way in ("flat out", "paced") for key in ("p50", "cpu_ms")}
        | {
            key: ratio(name, "start", key)
            for key in ("start_s", "start_cpu_s", "memory_mb")
            if median("livebg", "start", key)
        }
        for name in peers
    }
    for name, each in ratios.items():
        print(f"{name} over ours: " + ", ".join(f"{key} {value:.2f}x" for key, value in each.items()))
    wanted = {
        "whole frame p50 <= 8 ms": median("livebg", "flat out", "p50") <= 8,
        "at most half the CPU time": all(ratios[name][f"{way} cpu_ms"] >= 2 for name in peers for way in WAYS[:2]),
        "first composite <= 2.5 s": median("livebg", "start", "start_s") <= 2.5,
        "memory <= 600 MB": median("livebg", "start", "memory_mb") <= 600,
    }
    for name, is_so in wanted.items():
        print(f"{name}: {'yes' if is_so else 'NO'}")
    print(json.dumps({"results": results, "ratios": ratios, "wanted": wanted}))


def _stages(results: dict[str, dict[str, list[dict[str, float]]]]) -> list[str]:
    return [key for key in results["livebg"]["flat out"][0] if key.startswith("stage ")]


if __name__ == "__main__":
    sys.exit(main())
