"""Question: is the matte that `livebg run` records no worse than what peers make of the same network?

    python -m tests.bench.quality [--parts photos clips real] [--only ID ...] [--peers raw_landscape ...]

Runs the installed `livebg` from outside, once per photo and clip of LIVEBG_SHARED/cases, and measures what it wrote
with that folder's own evaluate.py; the peers of its peers.py run in a throw-away environment of their own. Nothing is
timed here. Last line: JSON, one entry per row and group. Takes about half an hour for everything on 2 cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared"))
OURS = "livebg run --source {input} --pace every-frame --engine selfie --background #808080 --force --matte-to {output}"
PEER_NEEDS = ("ai-edge-litert", "numpy", "opencv-python", "scipy", "av")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="*", default=["photos", "clips", "real"])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--peers", nargs="*", default=["raw_landscape"])
    parser.add_argument("--peer-python", help="an interpreter that has what the peers need; default: a new environment")
    parser.add_argument("--options", default="", help="more options for livebg run, e.g. '--smoothing 0'")
    arguments = parser.parse_args()
    chosen = ["--parts", *arguments.parts, *(["--only", *arguments.only] if arguments.only else [])]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "ours.json", *(Path(folder) / f"{each}.json" for each in arguments.peers)]
        command = f"{sys.executable} -m {OURS} {arguments.options}"
        _evaluate(sys.executable, ["--command", command, "--name", "livebg, selfie", "--verbose"], chosen, files[0])
        python = arguments.peer_python or _environment(Path(folder) / "peers")
        for peer, file in zip(arguments.peers, files[1:], strict=True):
            _evaluate(python, ["--matter", f"peers:{peer}", "--name", peer], chosen, file)
        results = [json.loads(each.read_text()) for each in files]
        table = ["--table", *map(str, files)]
        subprocess.run([sys.executable, str(SHARED / "cases" / "evaluate.py"), *table], check=True)
    print(json.dumps({each["name"]: each["groups"] for each in results}))
    return 0


def _evaluate(python: str, what: list[str], chosen: list[str], out: Path) -> None:
    cases = SHARED / "cases"
    environment = {**os.environ, "QUALITY_MODELS": str(SHARED / "models")}
    command = [python, str(cases / "evaluate.py"), str(cases), *what, *chosen, "--out", str(out)]
    subprocess.run(command, check=True, env=environment, cwd=cases, stdout=subprocess.DEVNULL)


def _environment(folder: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEER_NEEDS], check=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
