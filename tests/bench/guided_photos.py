"""Question: what does the guide make of rmbg's mattes of photos, at which size, beside the light engine?

    python -m tests.bench.guided_photos --weights FILE [--sizes 720 ...] [--every 1]

On the photos of LIVEBG_SHARED/cases, every n-th of them, through all steps of `livebg image`; exact truths and silver
ones apart. IoU < .9 counts photos; below the table, by name, those of them that the light engine has (IoU .9 and more).
Random weights tell nothing: give trained ones. A photo at 720 px takes about 5 s of CPU time. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.media.image.photo import read_photo
from livebg.pipeline.loops import prepare_loops
from livebg.pipeline.photo.processor import PhotoProcessor
from tests.bench.cases import CASES, instrument

COLUMNS = ("mad", "mad_edge", "bf", "iou", "debris", "lost", "cpu_s")
DIGITS = (1, 0, 3, 3, 2, 2, 1)
LOST = 0.9  # IoU below it: somebody is lost
BASE = Settings(device="cpu", background="none", subject="people")

Measures = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="trained weights of the rmbg engine")
    parser.add_argument("--sizes", type=int, nargs="*", default=[720], help="matte sizes of rmbg, px")
    parser.add_argument("--every", type=int, default=1, help="every n-th photo")
    arguments = parser.parse_args()
    load_opencv()
    prepare_loops(Settings())
    rmbg = change(BASE, {"engine": "rmbg", "weights": str(arguments.weights)})
    ways = {"light": change(BASE, {"engine": "selfie"})}
    ways |= {f"rmbg {size}": change(rmbg, {"matte_size": size}) for size in arguments.sizes}
    cases = json.loads((CASES / "photos.json").read_text())[:: arguments.every]
    done: dict[str, dict[str, Measures]] = {}
    for way, settings in ways.items():  # one way after the other: each keeps its engine open
        for case in cases:
            measured = measure(CASES / case["image"], CASES / case["truth"], settings)
            done.setdefault(case["id"], {})[way] = measured
        print(f"{way} done", flush=True)
    for kind in ("exact", "silver"):
        names = [each["id"] for each in cases if each["kind"] == kind]
        print(f"\n{table([done[each] for each in names], f'{kind}, {len(names)}')}")
    for way in ways:
        lost = [name for name, each in done.items() if each[way]["iou"] < LOST <= each["light"]["iou"]]
        print(f"{way}: lost, but not by the light engine: {', '.join(lost) or 'nobody'}")
    print(json.dumps(done))
    return 0


def measure(image: Path, truth: Path, settings: Settings) -> Measures:
    """The measures of one photo's full-size matte, and the CPU time that it took, s."""
    photo = read_photo(image)
    processor = PhotoProcessor(settings, has_background=False, is_premultiplied=False)
    begun_s = time.process_time()
    alpha = np.rint(processor.alpha(photo) * 255).astype(np.uint8)
    taken_s = time.process_time() - begun_s
    processor.close()
    known = cv2.imread(str(truth), cv2.IMREAD_GRAYSCALE)
    found = instrument().frame_metrics(alpha, known, slow=False, frame=photo.image)
    return {**{name: float(found[name]) for name in COLUMNS if name in found}, "cpu_s": taken_s}


def table(photos: Sequence[dict[str, Measures]], what: str) -> str:
    """Markdown: {way: means over these photos}."""
    lines = [f"| {what} | {' | '.join(COLUMNS)} | IoU < .9 |", "|---|" + "---:|" * (len(COLUMNS) + 1)]
    for way in photos[0]:
        rows = [each[way] for each in photos]
        cells = [
            f"{np.nanmean([row[name] for row in rows]):.{digits}f}"
            for name, digits in zip(COLUMNS, DIGITS, strict=True)
        ]
        lines.append(f"| {way} | {' | '.join(cells)} | {sum(row['iou'] < LOST for row in rows)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
