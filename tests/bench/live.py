"""Question: how good are the mattes that `livebg run` makes at a clip's own pace, with one engine and another in turns?

    python -m tests.bench.live [--weights FILE] [--size 288] [--only ID ...] [--engines selfie rmbg] [--rounds 1]

The clips of LIVEBG_SHARED/cases through the command itself, mattes recorded (FFV1), each clip frame judged by the matte
whose time stamp is the newest then: a frame that was dropped shows the matte before it. Encoding takes part of the
machine. A machine that is not free says little: look at fps and dropped first. Random weights tell nothing: give
trained ones for rmbg. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from livebg.core.types import Image
from tests.bench.cases import Case, averages, find_cases, instrument, table
from tests.bench.commands import run
from tests.bench.machine import card
from tests.bench.variants import Judge

CLIPS = (
    "d01_sway_longhair",
    "d02_still_glasses",
    "d05_two_people",
    "d06_lowlight_flicker",
    "d08_afro_busy",
    "d11_lean_hat",
)
SAID = re.compile(r"([\d.]+) fps, (\d+) dropped, latency p50 (\d+) ms p95 (\d+) ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="trained weights of the rmbg engine")
    parser.add_argument("--size", type=int, default=288, help="rmbg's matte size")
    parser.add_argument("--only", nargs="*", default=CLIPS, metavar="ID")
    parser.add_argument("--engines", nargs="+", default=("selfie", "rmbg"))
    parser.add_argument("--rounds", type=int, default=1, help="runs of each engine on each clip")
    arguments = parser.parse_args()
    if "rmbg" in arguments.engines and arguments.weights is None:
        parser.error("rmbg needs --weights FILE")
    print("\n".join(f"{name:<10} {value}" for name, value in card().items()))
    options = {
        "selfie": ("--engine", "selfie"),
        "rmbg": ("--engine", "rmbg", "--weights", str(arguments.weights), "--matte-size", str(arguments.size)),
    }
    cases, done = find_cases(arguments.only), dict[str, dict[str, Any]]()
    for case in cases:
        for turn in range(arguments.rounds):
            for engine in arguments.engines:
                name = engine if arguments.rounds == 1 else f"{engine} {turn + 1}"
                done.setdefault(case.name, {})[name] = measured = measure(case, options[engine])
                print(f"{case.name}, {name}: {measured['said']}", flush=True)
        print(table(done[case.name], case.name), flush=True)
    print(table(averages(done, cases), "mean"))
    print(json.dumps(done))
    return 0


def measure(case: Case, options: tuple[str, ...]) -> dict[str, Any]:
    """The Judge's measures; said: fps, dropped, latency as the command said them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matte.mkv"
        command = [sys.executable, "-m", "livebg", "run", "--source", str(case.file), "--pace", "own", *options]
        output = run([*command, "--matte-to", str(file)]).output
        judge, shared = Judge(), instrument().Shared()
        for (frame, truth, valid), matte in zip(case.frames(), shown(file, 30.0), strict=False):
            shared.add(frame.image, truth, valid)
            judge.look(shared, matte, None, case.silver_of(frame.sequence))
    return judge.result() | {"said": SAID.findall(output)[-1]}


def shown(file: Path, rate: float) -> Iterator[Image]:
    """The recorded matte that shows at each frame's time, without end: uint8 (H, W)."""
    number, matte = 0, None
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            while matte is not None and number < round(frame.time * rate):
                yield matte
                number += 1
            matte = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
    while matte is not None:
        yield matte


if __name__ == "__main__":
    raise SystemExit(main())
