"""Question: does livebg's light engine answer what MediaPipe's own package answers for the same picture?

    python -m tests.bench.selfie_parity [--photos 20]

Installs mediapipe 0.10.21 into a throw-away environment (it needs an older numpy than livebg), lets its
solutions.selfie_segmentation answer photos of LIVEBG_SHARED/cases with both networks, and compares livebg's alpha,
enlarged the way the package enlarges its own (bilinear). MediaPipe scales the picture down with its own resampling,
so small differences at edges are expected. Nothing is timed (tests/bench/common_way.py does). Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from tests.bench.machine import SHARED
from tests.bench.peers.mediapipe_environment import environment

NETWORKS = (("square", 0), ("landscape", 1))
THEIRS = """
import sys, cv2, mediapipe, numpy
folder, *photos = sys.argv[1:]
for name, number in (("square", 0), ("landscape", 1)):
    network = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=number)
    for photo in photos:
        picture = cv2.cvtColor(cv2.imread(photo), cv2.COLOR_BGR2RGB)
        for _ in range(2):
            network.reset()
            mask = network.process(picture).segmentation_mask
        numpy.save(f"{folder}/{name}-{photo.rpartition('/')[2]}.npy", mask)
"""


def main() -> int:
    from livebg.core.types import Frame
    from livebg.matting.refine.guided_filter import enlarge
    from livebg.models.selfie import model_file
    from livebg.models.selfie.engine import SelfieEngine

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=20)
    arguments = parser.parse_args()
    photos = sorted((SHARED / "cases" / "photos").glob("*.jpg"))[:: max(1, 113 // arguments.photos)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "environment")
        subprocess.run([python, "-c", THEIRS, folder, *map(str, photos)], check=True, stderr=subprocess.DEVNULL)
        print("| network | photos | mean difference x1000 | worst photo x1000 | pixels over 0.1 | disagree at 0.5 |")
        print("|---|---:|---:|---:|---:|---:|")
        for name, _ in NETWORKS:
            matter, means, over, flips = SelfieEngine(model_file.model_file(name), name, "parity"), [], [], []
            for photo in photos:
                frame = Frame(np.asarray(cv2.imread(str(photo)), np.uint8), 0, 0.0, 0.0)
                ours, theirs = enlarge(matter.matte(frame).values, frame), np.load(f"{folder}/{name}-{photo.name}.npy")
                difference = np.abs(ours - theirs)
                means.append(1000 * float(difference.mean()))
                over.append(float((difference > 0.1).mean()))
                flips.append(float(((ours > 0.5) != (theirs > 0.5)).mean()))
            row = {
                "network": name,
                "photos": len(photos),
                "mean": round(float(np.mean(means)), 2),
                "worst": round(max(means), 2),
                "over": round(float(np.mean(over)), 4),
                "flips": round(float(np.mean(flips)), 4),
            }
            rows.append(row)
            print("| " + " | ".join(map(str, row.values())) + " |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
