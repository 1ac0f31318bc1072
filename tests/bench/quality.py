"""Question: is the matte that `livebg run` records better than what peers make of the same network, by how much?

    python -m tests.bench.quality [--parts photos clips real] [--only ID ...] [--peers raw_landscape lfbw obs_selfie]
                                  [--jobs 2] [--peers-from FOLDER]

Runs the installed `livebg` from outside, once per photo and clip of LIVEBG_SHARED/cases, and measures what it wrote
with that folder's own evaluate.py; the peers of its peers.py run in throw-away environments of their own (mediapipe's
wants Python 3.9 to 3.12), or come from --peers-from, where their results are kept: they do not change. Below the table
stands what is required and whether it is reached. Nothing is timed here. Everything takes 6 minutes of CPU time for
ours, 2 for a peer. Last line: JSON, one entry per row and group.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
SHARED = Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared"))
CASES = SHARED / "cases"
OURS = "livebg run --source {input} --pace every-frame --engine selfie --background #808080 --force --matte-to {output}"
PEERS = ("raw_landscape", "lfbw", "obs_selfie")
REFERENCE = "raw_landscape"
MEASURING = ("scipy", "av")
PEER_NEEDS = ("ai-edge-litert", "onnxruntime", "numpy", "opencv-python-headless", *MEASURING)
NEEDS_MEDIAPIPE = ("lfbw", "mp_selfie0", "mp_selfie1")
PUBLISHED = {  # all of peers.py that could be had, measured by evaluate.py on the photos: MAD, edgeMAD, BF
    "photos/exact": (
        (14.9, 176, 0.620),  # MediaPipe selfie landscape, soft, bilinear
        (17.1, 168, 0.630),  # MediaPipe selfie square, soft, bilinear
        (13.5, 199, 0.538),  # Linux-Fake-Background-Webcam
        (14.4, 204, 0.534),  # obs-backgroundremoval, MediaPipe
        (15.5, 170, 0.638),  # obs-backgroundremoval, selfie
        (22.7, 170, 0.648),  # backscrub
    ),
    "photos/silver": (
        (19.7, 152, 0.678),
        (19.0, 130, 0.724),
        (21.0, 197, 0.528),
        (25.9, 201, 0.547),
        (21.0, 144, 0.720),
        (20.2, 155, 0.662),
    ),
}
RELATIVE = (  # group, measure, its heading, times the reference's, plus
    ("clips/exact", "flicker_true", "flick", 0.4, 0.0),
    ("clips/exact", "dtssd", "dtSSD", 0.75, 0.0),
    ("clips/exact", "trail", "trail", 1.0, 0.02),
    ("clips/exact", "lag", "lag", 1.0, 0.02),
    ("clips/exact", "mad_edge", "edgeMAD", 0.75, 0.0),
    ("clips/exact", "bf", "BF", 1.0, 0.10),
    ("real/webcam", "flicker_static", "sflick", 0.4, 0.0),
    ("real/webcam", "flips", "flips", 0.5, 0.0),
)
EMPTY_LIMIT = 1.0

Groups = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one measure of one group of cases has to be: at most `limit`, or at least it."""

    group: str
    measure: str
    value: float
    limit: float
    is_minimum: bool = False

    @property
    def is_reached(self) -> bool:
        return self.value >= self.limit if self.is_minimum else self.value <= self.limit

    def line(self) -> str:
        sign = "at least" if self.is_minimum else "at most"
        verdict = "reached" if self.is_reached else "NOT reached"
        return f"| {self.group} | {self.measure} | {self.value:.4g} | {sign} {self.limit:.4g} | {verdict} |"


def requirements(ours: Groups, reference: Groups) -> list[Requirement]:
    """Of those groups that were measured; reference: the groups of REFERENCE, where they were measured."""
    found = []
    for group, rows in PUBLISHED.items():
        if group in ours:
            mad, edge, bf = (tuple(row[each] for row in rows) for each in range(3))
            found.append(Requirement(group, "MAD", ours[group]["mad"], min(mad)))
            found.append(Requirement(group, "edgeMAD", ours[group]["mad_edge"], 0.75 * min(edge)))
            found.append(Requirement(group, "BF", ours[group]["bf"], max(bf) + 0.10, is_minimum=True))
    for group, key, heading, factor, more in RELATIVE:
        if key in ours.get(group, {}) and key in reference.get(group, {}):
            limit = factor * reference[group][key] + more
            found.append(Requirement(group, heading, ours[group][key], limit, is_minimum=key == "bf"))
    if "empty_alpha" in ours.get("clips/exact", {}):
        found.append(Requirement("clips/exact", "empty", ours["clips/exact"]["empty_alpha"], EMPTY_LIMIT))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="*", default=["photos", "clips", "real"])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--peers-from", type=Path, help="keep the peers' results here, and take what is here already")
    parser.add_argument("--peer-python", help="an interpreter that has what the peers need; default: new environments")
    parser.add_argument("--jobs", type=int, default=1, help="so many programs side by side")
    parser.add_argument("--options", default="", help="more options for livebg run, e.g. '--smoothing 0'")
    arguments = parser.parse_args()
    wanted = case_names(arguments.parts, arguments.only)
    with tempfile.TemporaryDirectory() as folder:
        command = f"{sys.executable} -m {OURS} {arguments.options}"
        ours = ["--command", command, "--name", "livebg, selfie", "--verbose"]
        results = [_evaluate(sys.executable, ours, arguments.parts, wanted, arguments.jobs)]
        for peer in arguments.peers:
            results.append(_peer(peer, arguments, wanted, Path(folder)))
        files = []
        for number, each in enumerate(results):
            files.append(Path(folder) / f"{number}.json")
            files[-1].write_text(json.dumps(each))
        table = [sys.executable, str(CASES / "evaluate.py"), "--table", *map(str, files)]
        subprocess.run(table, check=True)
    reference = next((each["groups"] for each in results if each["name"] == REFERENCE), {})
    print(f"\nRequired; on clips in proportion to {REFERENCE}, on photos to the best peer in each column:\n")
    print("| cases | measure | ours | required | |\n|---|---|---:|---:|---|")
    for requirement in requirements(results[0]["groups"], reference):
        print(requirement.line())
    print(json.dumps({each["name"]: each["groups"] for each in results}))
    return 0


def case_names(parts: Sequence[str], only: Sequence[str]) -> list[str]:
    names = [each["id"] for part in parts for each in json.loads((CASES / f"{part}.json").read_text())]
    return [each for each in names if not only or each in only]


def _peer(peer: str, arguments: argparse.Namespace, wanted: Sequence[str], folder: Path) -> dict[str, Any]:
    """Its result on these cases, run only for those that --peers-from does not hold."""
    kept = arguments.peers_from / f"{peer}.json" if arguments.peers_from else None
    known: dict[str, Any] = json.loads(kept.read_text())["cases"] if kept is not None and kept.exists() else {}
    missing = [each for each in wanted if each not in known]
    if missing:
        python = arguments.peer_python or _environment(peer, arguments.peers_from or folder)
        what = ["--matter", f"peers:{peer}", "--name", peer]
        known |= _evaluate(python, what, arguments.parts, missing, arguments.jobs)["cases"]
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(merged(peer, known), indent=1))
    return merged(peer, {each: known[each] for each in wanted})


def _evaluate(
    python: str, what: Sequence[str], parts: Sequence[str], wanted: Sequence[str], jobs: int
) -> dict[str, Any]:
    """One evaluate.py for every job, each with its share of the cases: what one alone would have found."""
    environment = {**os.environ, "QUALITY_MODELS": str(SHARED / "models"), "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        running, files = [], []
        for number in range(min(jobs, len(wanted))):
            files.append(Path(folder) / f"{number}.json")
            chosen = ["--parts", *parts, "--only", *wanted[number::jobs], "--out", str(files[-1])]
            command = [python, str(CASES / "evaluate.py"), str(CASES), *what, *chosen]
            running.append(subprocess.Popen(command, env=environment, cwd=CASES, stdout=subprocess.DEVNULL))
        codes = [each.wait() for each in running]
        if any(codes):
            raise SystemExit(f"evaluate.py {' '.join(what)} failed")
        cases: dict[str, Any] = {}
        for file in files:
            cases |= json.loads(file.read_text())["cases"]
    return merged(what[what.index("--name") + 1], cases)


def merged(name: str, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A result of evaluate.py over these cases: the mean of each measure in each group."""
    groups: dict[str, dict[str, float]] = {}
    for group in sorted({each["group"] for each in cases.values()}):
        rows = [each for each in cases.values() if each["group"] == group]
        groups[group] = {"n": len(rows)}
        for key in dict.fromkeys(key for row in rows for key in row if key != "group"):
            seen = [row[key] for row in rows if math.isfinite(row.get(key, math.nan))]
            if seen:
                groups[group][key] = sum(seen) / len(seen)
    return {"name": name, "set": CASES.name, "cases": dict(cases), "groups": groups}


def _environment(peer: str, folder: Path) -> str:
    """Path of a python that has what this peer needs, made where it is not there yet."""
    from tests.bench.peers.mediapipe_environment import environment

    is_mediapipe = peer in NEEDS_MEDIAPIPE
    own = folder / ("env-mp" if is_mediapipe else "env-plain")
    python = own / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if is_mediapipe:
        environment(own)
    elif not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(own)], check=True)
    needs = MEASURING if is_mediapipe else PEER_NEEDS
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *needs], check=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
