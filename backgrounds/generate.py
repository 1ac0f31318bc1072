"""Makes livebg's own backgrounds, from numbers alone: `python backgrounds/generate.py [NAME ...]`.

Needs what livebg needs (numpy, OpenCV, Pillow, PyAV), no picture from anywhere, and about 20 minutes on two
cores for all. The same version of these libraries gives the same files.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from multiprocessing import Pool
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import cv2  # noqa: E402 - `studio` beside this file is found only after the line above
from studio import lens, loops, rooms, skies, surfaces  # noqa: E402 - as above

PICTURES = {**rooms.ROOMS, **surfaces.SURFACES, **skies.SKIES}
NAMES = [*PICTURES, *loops.LOOPS]


def make(name: str, folder: Path) -> Path:
    """Writes one background and gives its path."""
    if name in loops.LOOPS:
        path = folder / f"{name}.mp4"
        loops.save(loops.LOOPS[name](), path)
        return path
    path = folder / f"{name}.jpg"
    lens.save(PICTURES[name](), path)
    return path


def _timed(job: tuple[str, Path]) -> str:
    cv2.setNumThreads(1)  # the processes share the cores already
    started_s = time.perf_counter()
    path = make(*job)
    return f"{path.name:22} {path.stat().st_size / 1000:6.0f} kB  {time.perf_counter() - started_s:5.0f} s"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Make livebg's own backgrounds.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(NAMES)}; all if none")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help="where to write (default: here)")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(NAMES))
    if unknown:
        parser.error(f"unknown {', '.join(unknown)}; known are {', '.join(NAMES)}")
    with Pool(os.cpu_count()) as pool:
        for line in pool.imap_unordered(_timed, [(name, chosen.to) for name in chosen.names or NAMES]):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
