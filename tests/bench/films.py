"""Question: what does each form of a film cost at 720p, against the ffmpeg command with the same encoder and settings?

    python -m tests.bench.films [--frames 60] [--against-ffmpeg]

The pictures are composites made once: a person's soft matte over a flat background, of a film with fine noise. CPU
time is the whole process's; ffmpeg's is its own less what decoding the same FFV1 file alone takes. Reading, matting and
joining are not covered. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from written_films import about, decoded, ffmpeg

from livebg.core.types import Composite
from livebg.media.video.formats import Form, form_for
from livebg.media.video.types import FilmFrame
from livebg.media.video.writer import Part
from tests.bench.machine import print_card

HEIGHT, WIDTH, FPS = 720, 1280, 25
FORMS = (
    ("composite", ".mp4", "h264"),
    ("composite", ".mp4", "h265"),
    ("composite", ".webm", "vp9"),
    ("composite", ".mp4", "av1"),
    ("composite", ".mov", "prores"),
    ("composite", ".mkv", "ffv1"),
    ("alpha", ".mov", "prores"),
    ("alpha", ".webm", "vp9"),
    ("alpha", ".mkv", "ffv1"),
    ("alpha", ".png", "png"),
    ("matte", ".mp4", "h264"),
    ("matte", ".mkv", "ffv1"),
)
AGAINST = ("h264", "h265", "vp9", "prores", "ffv1")  # Debian's SVT-AV1 knows other options

Pictures = list[tuple[Composite, Composite, FilmFrame]]


def pictures(folder: Path, count: int) -> Pictures:
    """Opaque, transparent, and the source's frame."""
    clip = folder / "clip.mkv"
    ffmpeg("-f", "lavfi", "-i", f"mandelbrot=s={WIDTH}x{HEIGHT}:r={FPS}:maxiter=300,noise=alls=6:allf=t", "-frames:v",
           str(count), "-pix_fmt", "yuv420p", "-c:v", "ffv1", clip)  # fmt: skip
    images = decoded(clip, height=HEIGHT, width=WIDTH)
    planes = decoded(clip, "yuv420p", height=HEIGHT, width=WIDTH)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(alpha, (WIDTH // 2, HEIGHT // 2), (WIDTH // 5, HEIGHT // 2), 0, 0, 360, 1.0, -1)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 6), np.float32)
    weights, background = alpha[..., None], np.full((HEIGHT, WIDTH, 3), (90, 60, 30), np.uint8)
    made: Pictures = []
    for index in range(count):
        shown = (images[index] * weights + background * (1 - weights)).astype(np.uint8)
        cut = np.where(weights > 0, images[index], 0).astype(np.uint8)
        frame = FilmFrame(index, images[index], planes[index])
        made.append((Composite(shown, None, alpha), Composite(cut, None, alpha, True), frame))
    return made


def write(path: Path, form: Form, made: Pictures) -> tuple[float, float]:
    """CPU and wall seconds."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    part = Part(path, form, about(height=HEIGHT, width=WIDTH, fps=FPS))
    for opaque, transparent, frame in made:
        part.add(opaque if form.content == "composite" else transparent, frame)
    part.close()
    return time.process_time() - cpu_s, time.perf_counter() - began_s


def theirs(clip: Path, form: Form, target: Path) -> float:
    """ffmpeg's CPU seconds for the same pictures."""
    options = [
        part for key, value in form.encoder.options.items() for part in ("-b:v" if key == "b" else f"-{key}", value)
    ]
    wanted = ["-c:v", form.encoder.name, *options, "-threads", str(form.profile.threads), "-g", str(5 * FPS)]
    spent = []
    for arguments in (["-f", "null", "-"], [*wanted, "-pix_fmt", form.pixel_format, str(target)]):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ffmpeg("-r", str(FPS), "-i", clip, *arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return spent[1] - spent[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--against-ffmpeg", action="store_true")
    arguments = parser.parse_args()
    print_card()
    print("\n| form | CPU ms/frame | fps | Mbit/s at 25 fps | CPU, times ffmpeg's |\n|---|---:|---:|---:|---:|")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = pictures(folder, arguments.frames)
        lossless = folder / "lossless.mkv"
        write(lossless, form_for(lossless, "composite", "ffv1"), made)
        for content, suffix, codec in FORMS:
            form, path = form_for(Path(f"a{suffix}"), content, codec, encoder="software"), folder / "part"  # type: ignore[arg-type]
            cpu_s, wall_s = write(path, form, made)
            row = {
                "form": f"{content} {codec} {suffix}",
                "cpu_ms_per_frame": round(1000 * cpu_s / len(made), 1),
                "fps": round(len(made) / wall_s, 1),
                "mbit_per_s": round(path.stat().st_size * 8 * FPS / len(made) / 1e6, 1),
                "times_ffmpeg": "",
            }
            if arguments.against_ffmpeg and content == "composite" and codec in AGAINST:
                row["times_ffmpeg"] = round(cpu_s / theirs(lossless, form, folder / "theirs.mkv"), 2)
            rows.append(row)
            print("|", " | ".join(str(each) for each in row.values()), "|", flush=True)
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
