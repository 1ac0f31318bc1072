"""Video files: how fast, how much memory, and what is kept of the film, beside rembg, backgroundremover and the seed?

    python -m tests.bench.files [--peers FOLDER] [--part ffmpeg|peers|seed|memory] [--seconds 20] [--rounds 2]

ffmpeg: `livebg video` and ffmpeg's own transcoding in turns, one and two people, 720p to 4K, sound copied.
peers: three tools' own command lines from a 720p clip with sound to a file with alpha, with one stand-in network of
equal cost in all of them (peers/stand_in_network.py; its time alone in each runtime is shown), so that only what is
around it differs; then the same from a film of uneven times, for what is kept. rembg 2.0.86 by the recipe of its
manual (ffmpeg's raw frames into `rembg b`, PNGs out; joined by ffmpeg to the same ProRes); backgroundremover 0.4.5
by -tv; each in an environment of its own, kept in --peers or made in a temporary folder. livebg looks at every frame
(stride 1, no still gate).
seed: RMBG-1.4's network in float32 torch on one thread at 720x1280, PIL's paste, OpenCV's DIVX, no sound, re-made
from its description; beside `livebg video` with the same stand-in weights at its default size for films and at 720,
and with the selfie engine. From the open engine to the finished file.
memory: highest memory of the whole process for a long 4K film, less that for 2 s of 320x180.
Ways take turns. Start-up counts in `ffmpeg` and `peers` and is left out in `seed`. Not covered: GPUs. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from tests.bench.commands import run
from tests.bench.files_ffmpeg import against_ffmpeg
from tests.bench.files_peers import EVERY_FRAME, child, peers
from tests.bench.film_facts import SHARED, film, long_film

SEED_FRAMES, RMBG_FRAMES, SELFIE_FRAMES = 2, 8, 60
LONG_S, LIMIT_MB = 60, 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="keeps the peers' environments")
    parser.add_argument("--part", action="append", choices=tuple(PARTS))
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--long-seconds", type=int, default=LONG_S)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return CHILDREN[arguments.child[0]](arguments.child[1:])
    from tests.bench.machine import card

    machine = card()
    print("\n".join(f"{name:<10} {value}" for name, value in machine.items()), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        results = {part: PARTS[part](arguments, Path(folder)) for part in arguments.part or PARTS}
    print(json.dumps({"machine": machine} | results))
    return 0


# what runs in a process of its own


def livebg_video(words: list[str]) -> int:
    """Network, 'stand-in' or 'own', then livebg's arguments; the last line says the highest memory of the process."""
    from livebg import cli, models
    from livebg.core.machine import memory_bytes
    from livebg.pipeline import progress

    as_values = progress.as_values
    progress.as_values = lambda event: as_values(event) | {"at_s": time.perf_counter()}
    if words[0] == "stand-in":
        from tests.bench.stand_in_matter import StandInEngine

        models.open_engine = lambda *_: StandInEngine()
    code = cli.main(["video", *words[1:], "--progress", "json", "--force"])
    print(json.dumps({"event": "memory", "peak_mb": round(memory_bytes()[1] / 2**20)}))
    return code


def livebg_cost(words: list[str]) -> int:
    from tests.bench.stand_in_matter import cost_ms

    print(json.dumps(cost_ms(int(words[0]))))
    return 0


def seed_video(words: list[str]) -> int:
    """The seed's way: clip, output, frames. Its last line is as livebg's."""
    import cv2
    import numpy as np
    from stand_in_hub import network_with, stand_in_weights

    from tests.bench.plain_network import PlainNetwork
    from tests.bench.seed_way import seeds_way

    network = PlainNetwork(network_with(stand_in_weights(SHARED)))
    began_s, clip = time.perf_counter(), cv2.VideoCapture(words[0])
    background = np.full((720, 1280, 3), 128, np.uint8)
    writer = cv2.VideoWriter(words[1], cv2.VideoWriter_fourcc(*"DIVX"), 30, (1280, 720))
    for _ in range(int(words[2])):
        writer.write(np.ascontiguousarray(seeds_way(network, clip.read()[1], background)()))
    writer.release()
    print(json.dumps({"event": "began", "at_s": began_s}))
    print(json.dumps({"event": "ended", "frames": int(words[2]), "at_s": time.perf_counter()}))
    return 0


CHILDREN: dict[str, Callable[[list[str]], int]] = {"livebg": livebg_video, "cost": livebg_cost, "seed": seed_video}


# parts, beside files_peers.py


def seed(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from safetensors.torch import save_file
    from stand_in_hub import stand_in_weights

    weights = folder / "model.safetensors"
    save_file(stand_in_weights(SHARED), weights, metadata={"format": "pt"})
    short, longer = (film(folder / f"{n}.mp4", seconds=n / 30) for n in (RMBG_FRAMES, SELFIE_FRAMES))
    rmbg = ["--engine", "rmbg", "--weights", str(weights), "-o", str(folder / "out.mp4"), *EVERY_FRAME]
    ways = {
        "seed": child("seed", str(short), str(folder / "seed.avi"), str(SEED_FRAMES)),
        "livebg, rmbg, its size for films": child("livebg", "own", str(short), *rmbg),
        "livebg, rmbg at 720": child("livebg", "own", str(short), *rmbg, "--matte-size", "720"),
        "livebg, selfie": child(
            "livebg", "own", str(longer), "--engine", "selfie", *EVERY_FRAME, "-o", str(folder / "out.mp4")
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, command in ways.items():
            output = run(command).output
            began, ended = last(output, "began"), last(output, "ended")
            took_s = ended["at_s"] - began["at_s"]
            rates[name].append(ended["frames"] / took_s)
            print(f"{name}: {ended['frames']} frames in {took_s:.1f} s", flush=True)
    found = {name: round(statistics.median(each), 3) for name, each in rates.items()}
    print("\n| way | frames/s | times the seed's |\n|---|---:|---:|")
    for name, rate in found.items():
        print(f"| {name} | {rate} | {rate / found['seed']:.1f} |", flush=True)
    return {"fps": found, "rounds": rates}


def memory(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Not in turns: memory does not depend on what else runs."""
    small = film(folder / "small.mp4", "scale=320:180", seconds=2)
    large = long_film(folder / "large.mp4", arguments.long_seconds)
    wishes = {
        "composite, H.264": ("mp4", "--what", "composite"),
        "alpha, ProRes": ("mov", "--what", "alpha"),
        "alpha, FFV1": ("mkv", "--what", "alpha", "--codec", "ffv1"),
    }
    found: dict[str, Any] = {}
    for name, (ending, *job_options) in wishes.items():
        peaks = {}
        for size, source in (("small", small), ("large", large)):
            told = run(
                child("livebg", "own", str(source), "--engine", "selfie", "-o", f"{folder}/out.{ending}", *job_options)
            )
            peaks[size] = last(told.output, "memory")["peak_mb"]
        found[name] = peaks | {"frames_mb": peaks["large"] - peaks["small"], "fps": last(told.output, "ended")}
        is_so = "yes" if found[name]["frames_mb"] <= LIMIT_MB else "NO"
        print(
            f"{name}: {peaks['large']} MB, {peaks['small']} of them without 4K; at most 1 GB more: {is_so}", flush=True
        )
    return found


def last(output: str, event: str) -> dict[str, Any]:
    """The last of livebg's (or the seed's) JSON lines of this kind."""
    lines = [json.loads(each) for each in output.splitlines() if each.startswith('{"event"')]
    found: dict[str, Any] = [each for each in lines if each["event"] == event][-1]
    return found


PARTS: dict[str, Callable[[argparse.Namespace, Path], dict[str, Any]]] = {
    "ffmpeg": against_ffmpeg,
    "peers": peers,
    "seed": seed,
    "memory": memory,
}

if __name__ == "__main__":
    sys.exit(main())
