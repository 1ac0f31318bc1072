"""The part of tests.bench.files that sets livebg beside rembg and backgroundremover; see there."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from files_environments import environment

from tests.bench.commands import Cost, run
from tests.bench.film_facts import facts, film

PEERS = Path(__file__).resolve().parent / "peers"
COST_RUNS = 30
EVERY_FRAME = ("--stride", "1", "--no-still-gate")
PRORES = "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le"


def child(*words: str) -> list[str]:
    return [sys.executable, "-m", "tests.bench.files", "--child", *words]


def run_anew(command: list[str], made: Path, environs: dict[str, str]) -> Cost:
    shutil.rmtree(made, ignore_errors=True)
    return run(command, environs)


def peers(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    at = arguments.peers or folder
    rembg, remover = (environment(name, at / name) for name in ("rembg", "backgroundremover"))
    home = folder / "rembg-home"
    home.mkdir()
    subprocess.run([rembg, str(PEERS / "stand_in_network.py"), str(home / "stand-in.onnx")], check=True)
    driver = [remover, str(PEERS / "backgroundremover_stand_in.py")]
    costs = {
        "livebg": child("cost", str(COST_RUNS)),
        "rembg": [rembg, str(PEERS / "rembg_cost.py"), str(home / "stand-in.onnx"), str(COST_RUNS)],
        "backgroundremover": [*driver, "--cost", str(COST_RUNS)],
    }

    def ways(clip: Path) -> dict[str, tuple[list[str], Path]]:
        """By name: the command, and what it makes."""
        pictures, joined = folder / "rembg", folder / "rembg.mov"
        recipe = f"rm -rf {pictures}; ffmpeg -v error -i {clip} -an -f rawvideo -pix_fmt rgb24 pipe:1 | "
        options = json.dumps({"model_path": str(home / "stand-in.onnx")})
        recipe += f"{Path(rembg).with_name('rembg')} b 1280 720 -m u2net_custom -x '{options}' -o {pictures}/%06d.png"
        rate = "$(ffprobe -v error -select_streams v:0 -show_entries stream=avg_frame_rate -of csv=p=0 " + f"{clip})"
        join = f"ffmpeg -v error -y -framerate {rate} -i {pictures}/%06d.png {PRORES} {joined}"
        own = child("livebg", "stand-in", str(clip), *EVERY_FRAME, "--what", "alpha")
        return {
            "livebg → PNG": ([*own, "-o", str(folder / "pictures_%06d.png")], folder / "pictures"),
            "livebg → ProRes": ([*own, "-o", str(folder / "livebg.mov")], folder / "livebg.mov"),
            "rembg b → PNG": (["bash", "-o", "pipefail", "-ec", recipe], pictures),
            "ffmpeg: its PNG → ProRes": (["bash", "-ec", join], joined),
            "backgroundremover -tv → ProRes": (
                [*driver, "-i", str(clip), "-tv", "-o", str(folder / "remover.mov")],
                folder / "remover.mov",
            ),
        }

    # One thread for the network in all three: ONNX Runtime and torch share a busy machine differently.
    environs = {"REMBG_HOME": str(home), "MODEL_CHECKSUM_DISABLED": "1", "OMP_NUM_THREADS": "1"}
    uneven = film(folder / "uneven.mp4", "select='mod(n\\,5)'", seconds=1, encode="-preset veryfast -bf 2")
    kept = {}
    for name, (command, made) in ways(uneven).items():  # the first run of each is its warm-up, too
        run_anew(command, made, environs)
        kept[name] = facts(made).against(facts(uneven))
        print(f"uneven times, {name}: {kept[name]}", flush=True)
    clip = film(folder / "clip.mp4", seconds=arguments.seconds)
    spent: dict[str, list[Cost]] = {name: [] for name in kept}
    network: dict[str, list[float]] = {name: [] for name in costs}
    for _ in range(arguments.rounds):
        for name, command in costs.items():
            network[name] += json.loads(run(command, environs).output.splitlines()[-1])[5:]
        for name, (command, made) in ways(clip).items():
            spent[name].append(run_anew(command, made, environs))
            print(f"{name}: {spent[name][-1].wall_s:.1f} s, {spent[name][-1].cpu_s:.1f} s of processors", flush=True)
    told = {name: facts(made).against(facts(clip)) for name, (_, made) in ways(clip).items()}
    return report_peers(facts(clip).frames, spent, network, told, kept)


def report_peers(
    frames: int, spent: dict[str, list[Cost]], network: dict[str, list[float]], told: dict[str, Any],
    kept: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    network_ms = {name: round(statistics.median(each), 1) for name, each in network.items()}
    print(f"\nnetwork alone, ms a picture: {network_ms}\n{frames} frames of 1280x720:\n")
    print("| way | frames/s | ms CPU a frame | peak MB | out MB | frames | times | sound | alpha |")
    print("|---|" + "---:|" * 4 + "---|" * 4)
    rows = {}
    for name, costs in spent.items():
        wall_s, cpu_s, peak_mb = (
            statistics.median(getattr(each, key) for each in costs) for key in ("wall_s", "cpu_s", "peak_mb")
        )
        row = {"fps": round(frames / wall_s, 2), "cpu_ms": round(1000 * cpu_s / frames, 1), "peak_mb": round(peak_mb)}
        rows[name] = row | told[name] | {"wall_s": [round(each.wall_s, 1) for each in costs]}
        cells = [str(row[key]) for key in ("fps", "cpu_ms", "peak_mb")]
        cells += [str(told[name][key]) for key in ("mb", "frames", "times", "sound", "alpha")]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print("\nof a film of uneven times:\n\n| way | frames | times | sound |\n|---|---|---|---|")
    for name, each in kept.items():
        print(f"| {name} | {each['frames']} | {each['times']} | {each['sound']} |", flush=True)
    return {"network_ms": network_ms, "ways": rows, "uneven": kept}
