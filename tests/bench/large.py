"""Question: does the live loop hold larger pictures, 1080p at 30 fps with half the cores and 4K at 30 fps undropped?

    python -m tests.bench.large [--clip FILE] [--sizes 1280x720 1920x1080 3840x2160] [--seconds 4] [--rounds 1]

The clip (moving person) enlarged to each size, three ways: `raw` (decoded frames at 30 fps from a thread of their own,
as a camera's: the loop itself), `mjpeg` and `h264` (files that play at 30 fps). Light engine, picture background, null
sink; a process each. CPU ms a frame by thread: `loop` makes the composites, `aside` is the engine's second thread,
`capture` takes, converts and shrinks the pictures, `decoder` FFmpeg's own threads. `share`: CPU time of all cores'.
`late`: frames that came while the loop was busy; `skipped`: those that decoding or the clock missed. On a busy machine
both say more about the machine: then the loop's CPU time against the 33.3 ms of a frame counts. Load control is off.
Needs ffmpeg. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.machine import ROOT, SHARED

WAYS = {"mjpeg": ("avi", "-c:v mjpeg -q:v 5"), "h264": ("mp4", "-c:v libx264 -preset veryfast -crf 23")}
FPS, WARM_S, KEPT = 30.0, 2.0, 20
THREADS = {"livebg-pictures": "loop", "livebg-whole": "aside", "livebg-clip": "capture", "MainThread": "main"}


class Kept:
    """A Clip of some decoded frames, again and again."""

    def __init__(self, path: str) -> None:
        from itertools import islice

        from livebg.media.video.clip import VideoClip

        clip = VideoClip(path)
        self.name, self.height, self.width, self.fps = clip.name, clip.height, clip.width, FPS
        self._images = [picture.render() for picture in islice(clip.pictures(), KEPT)]
        clip.close()

    def pictures(self) -> Iterator[Any]:
        from itertools import count

        from livebg.media.video.types import Picture

        images = self._images
        return (Picture(number / FPS, lambda number=number: images[number % len(images)]) for number in count())

    def close(self) -> None:
        """Nothing to close."""


def measure(way: str, path: str, seconds: float) -> dict[str, Any]:
    from livebg.core.one_heap import use_one_heap
    from livebg.core.opencv import load_opencv

    use_one_heap()  # as the command does
    load_opencv()
    from livebg.capture.playback import OwnPace
    from livebg.core.settings import Settings
    from livebg.core.stats import Stats
    from livebg.media.video.clip import VideoClip
    from livebg.pipeline.live import run
    from livebg.pipeline.live.load_control import LoadControl
    from livebg.sinks.null import NullSink

    source: Any = OwnPace(Kept(path) if way == "raw" else VideoClip(path))  # type: ignore[arg-type]
    stats, began, times = Stats(), {}, {}

    def count() -> None:
        time.sleep(WARM_S)
        stats.restart_clock()
        began.update(_cpu_s(), late=source._slot.dropped, skipped=source._skipped, at=time.monotonic())
        time.sleep(seconds)
        times.update(_cpu_s(), late=source._slot.dropped, skipped=source._skipped, at=time.monotonic())
        times["snapshot"] = stats.snapshot()
        source.close()

    LoadControl._pressure = lambda *_: ""  # type: ignore[method-assign]
    settings = Settings(source=path, engine="selfie", stride=1, still_gate=False)
    counter = threading.Thread(target=count)
    counter.start()
    run.run(settings, [NullSink()], source, stats)
    counter.join()
    snapshot, frames = times["snapshot"], max(1, times["snapshot"].frames)
    cpu = {name: 1000 * (times[name] - began.get(name, 0.0)) / frames for name in ("all", *THREADS.values())}
    cpu["decoder"] = cpu["all"] - sum(cpu[name] for name in THREADS.values())
    span_s = times["at"] - began["at"]
    return {
        "fps": round(snapshot.frames / span_s, 1),
        "late": times["late"] - began["late"],
        "skipped": times["skipped"] - began["skipped"],
        "share": round((times["all"] - began["all"]) / span_s / (os.cpu_count() or 1), 3),
        "cpu_ms": {name: round(each, 1) for name, each in cpu.items()},
        "frame_ms": [round(each, 1) for each in (snapshot.stages["frame"].p50_ms, snapshot.stages["frame"].p99_ms)],
        "memory_mb": round(_peak_mb()),
    }


def _cpu_s() -> dict[str, float]:
    """CPU time of the process and of livebg's threads by THREADS."""
    found = {"all": time.process_time(), **dict.fromkeys(THREADS.values(), 0.0)}
    for thread in threading.enumerate():
        if name := THREADS.get(thread.name):
            schedule = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()
            found[name] += int(schedule[0]) / 1e9
    return found


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default=str(SHARED / "cases" / "clips" / "d01_sway_longhair.mp4"))
    parser.add_argument("--sizes", nargs="*", default=["1280x720", "1920x1080", "3840x2160"])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(*arguments.child, arguments.seconds)))
        return 0
    from tests.bench.machine import print_card

    print_card()
    print(
        "\n| size | way | fps | late | skipped | share | CPU ms: all | loop | aside | capture | decoder | p50, p99 ms |"
    )
    print("|---|---|" + "---:|" * 10)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        files = {
            (size, way): _file(arguments.clip, size, way, Path(folder)) for size in arguments.sizes for way in WAYS
        }
        for _ in range(arguments.rounds):
            for size in arguments.sizes:
                for way in ("raw", *WAYS):
                    path = files[size, "mjpeg" if way == "raw" else way]
                    command = [sys.executable, "-m", "tests.bench.large", "--seconds", str(arguments.seconds)]
                    done = subprocess.run([*command, "--child", way, path], cwd=ROOT, capture_output=True, text=True)
                    if done.returncode:
                        raise SystemExit(done.stderr[-2000:])
                    row = json.loads(done.stdout.splitlines()[-1])
                    results.append({"size": size, "way": way, **row})
                    cpu = [f"{row['cpu_ms'][each]:.1f}" for each in ("all", "loop", "aside", "capture", "decoder")]
                    frame = "{}, {}".format(*row["frame_ms"])
                    cells = [size, way, row["fps"], row["late"], row["skipped"], f"{row['share']:.0%}", *cpu, frame]
                    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    print(json.dumps(results))
    return 0


def _file(clip: str, size: str, way: str, folder: Path) -> str:
    """The clip, enlarged, in a file that lasts long enough."""
    ending, options = WAYS[way]
    path = folder / f"{size}.{way}.{ending}"
    command = ["ffmpeg", "-loglevel", "error", "-stream_loop", "4", "-i", clip, "-t", "8", "-an"]
    command += ["-vf", f"scale={size.replace('x', ':')}", "-r", f"{FPS:g}", *options.split(), str(path)]
    subprocess.run(command, check=True)
    return str(path)


if __name__ == "__main__":
    sys.exit(main())
