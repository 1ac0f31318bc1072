"""Question: what does each kind of output cost for one composite at 720p, and how large are the files?

    python -m tests.bench.sinks [--frames 90]

The composites are made once from the synthetic scene; each kind then takes them in turn. CPU time is the whole
process's, so it holds the encoder's threads; `write` is what the loop waits for when nothing may be dropped. The
virtual camera and the window are not covered: they need a device and a screen. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.machine import percentiles, print_card

KINDS = (
    ("H.264 .mp4", "a.mp4", "", False),
    ("VP9 .webm", "a.webm", "", False),
    ("VP9 with alpha .webm", "b.webm", "", True),
    ("FFV1 with alpha .mkv", "b.mkv", "", True),
    ("ProRes 4444 .mov", "b.mov", "", True),
    ("matte, FFV1 .mkv", "", "m.mkv", False),
    ("picture .png", "a.png", "", False),
)


def composites(count: int) -> list[Any]:
    """The synthetic person before a flat background, with their exact alpha."""
    from livebg.capture.synthetic.scene import SyntheticScene
    from livebg.core.types import Composite, Frame
    from livebg.scene.compositing.compositor import cut_out, over

    scene, made = SyntheticScene(1280, 720), []
    background = np.full((720, 1280, 3), (120, 90, 60), np.uint8)
    for number in range(count):
        at_s = number / 30
        frame, alpha = Frame(scene.image(at_s), number, 0.0, at_s), scene.true_alpha(at_s)
        opaque = Composite(over(frame.image, alpha, background), frame, alpha)
        made.append((opaque, Composite(cut_out(frame.image, alpha), frame, alpha, True)))
    return made


def measure(kind: tuple[str, str, str, bool], pictures: list[Any], folder: Path) -> dict[str, Any]:
    from livebg.core.settings import Settings
    from livebg.sinks import SinkNeeds, open_sinks

    name, to, matte_to, is_transparent = kind
    paths = [str(folder / each) if each else "" for each in (to, matte_to)]
    settings = Settings(to=(paths[0],) if to else (), matte_to=paths[1], force=True)
    (sink,) = open_sinks(SinkNeeds(settings, False, is_transparent, lambda _: None, str, fps=30.0))
    cpu_s, wall_s, writes_ms = time.process_time(), time.perf_counter(), []
    for opaque, transparent in pictures:
        began_s = time.perf_counter()
        sink.write(transparent if is_transparent else opaque)
        writes_ms.append(1000 * (time.perf_counter() - began_s))
    sink.close()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    size = Path(paths[0] or paths[1]).stat().st_size
    return {
        "kind": name,
        "cpu_ms_per_frame": round(1000 * cpu_s / len(pictures), 1),
        "fps": round(len(pictures) / wall_s, 1),
        "write_ms": percentiles(writes_ms),
        "mbit_per_s": round(size * 8 * 30 / len(pictures) / 1e6, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=90)
    arguments = parser.parse_args()
    print_card()
    pictures = composites(arguments.frames)
    print("\n| output | CPU ms/frame | fps | write p50 / p95 / p99 ms | Mbit/s at 30 fps |\n|---|---:|---:|---:|---:|")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        measure(KINDS[0], pictures[:15], Path(folder))
        for kind in KINDS:
            row = measure(kind, pictures, Path(folder))
            rows.append(row)
            writes = " / ".join(f"{each:g}" for each in row["write_ms"].values())
            print(f"| {row['kind']} | {row['cpu_ms_per_frame']} | {row['fps']} | {writes} | {row['mbit_per_s']} |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
