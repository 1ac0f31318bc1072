"""Question: how soon after its start does livebg show the first composite, and what does it need of time and memory?

    python -m tests.bench.start [--clip FILE] [--rounds 3] [--drop-caches] [--tree FOLDER]

Three ways, in turns, each in processes of its own with an empty cache folder: `shipped` (the first start of an
installation whose wheel has compiled kernels), `warm` (a start after one without such a wheel) and `none` (the very
first start where no kernel fits, once: it compiles). The clock runs from the process's start through imports, the
clip's opening and the engine to the first composite with a valid matte, of the selfie engine; the CPU time is that of
all its threads. `silent` is the longest time without a line on the terminal. --drop-caches (root) lets the system
forget all files before each start; the whole machine is slower then. --tree: a checkout of another livebg, for its
`first` and `warm` start. Not covered: a camera's own time, encoding. Last line: JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared"))
NUMBERS = ("first_s", "cpu_s", "silent_s", "memory_mb", "kernels_mb")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default=str(SHARED / "cases" / "clips" / "d01_sway_longhair.mp4"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--drop-caches", action="store_true")
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(child(arguments.clip, arguments.child)))
        return 0
    sys.path.insert(0, str(ROOT))
    from tests.bench.machine import card

    for key, value in card().items():
        print(f"{key:10} {value}")
    with tempfile.TemporaryDirectory() as name:
        results = measured(arguments, Path(name))
    print("| way | first composite s | CPU s | longest silence s | memory MB | with kernels MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for way, rows in results.items():
        numbers = (statistics.median(row[each] for row in rows) for each in NUMBERS)
        print(f"| {way} | {' | '.join(f'{each:.2f}' if each < 100 else f'{each:.0f}' for each in numbers)} |")
    print(json.dumps(results))
    return 0


def measured(arguments: argparse.Namespace, folder: Path) -> dict[str, list[dict[str, float]]]:
    """Every way's starts."""
    if arguments.tree:
        first = start(arguments, arguments.tree, folder / "other")
        again = [start(arguments, arguments.tree, folder / "other") for _ in range(arguments.rounds)]
        return {"first": [first], "warm": again}
    from livebg.core.build_hook import kernels_in
    from livebg.core.compile_apart import compile_apart

    wheel = folder / "wheel"
    shutil.copytree(ROOT / "livebg", wheel / "livebg", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "backgrounds", wheel / "livebg" / "backgrounds")
    results = {"none": [start(arguments, ROOT, folder / "own")]}
    shipped = wheel / "livebg" / "core" / "kernels"
    if failure := compile_apart(kernels_in(ROOT), shipped, os.cpu_count() or 1):
        raise SystemExit(failure)
    shutil.copytree(shipped, folder / "own" / "livebg" / "kernels", dirs_exist_ok=True)
    start(arguments, wheel, folder / "first")  # as pip does: compiles the package's Python files
    results |= {"shipped": [], "warm": []}
    for turn in range(arguments.rounds):
        results["shipped"].append(start(arguments, wheel, folder / f"empty-{turn}"))
        results["warm"].append(start(arguments, ROOT, folder / "own"))
    return results


def start(arguments: argparse.Namespace, tree: Path, cache: Path) -> dict[str, float]:
    """One start of the livebg in this tree. cache: the user's cache folder."""
    if arguments.drop_caches:
        subprocess.run(["sync"], check=True)
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    path = os.pathsep.join([str(tree), str(ROOT / "tests" / "without_scipy")])
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": path}
    environment.pop("NUMBA_CACHE_DIR", None)
    command = [sys.executable, str(Path(__file__).resolve()), "--clip", arguments.clip]
    command += ["--child", str(time.monotonic())]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cache.parent)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    row: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    print(f"{tree.name:10} {row}", file=sys.stderr)
    return row


class Lines(logging.Handler):
    """When livebg said something."""

    def __init__(self, began_s: float) -> None:
        super().__init__()
        self.at_s = [began_s]

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - that it came is enough
        self.at_s.append(time.monotonic())


def child(clip: str, began_s: float) -> dict[str, float]:
    """This process is the start: began_s, monotonic clock."""
    sys.path.remove(str(Path(__file__).resolve().parent))
    lines = Lines(began_s)
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    import livebg

    seen: dict[str, float] = {}

    def on_composite(composite: Any) -> None:
        if composite.frame is None or not composite.coverage:
            return
        lines.at_s.append(time.monotonic())
        seen["first_s"] = lines.at_s[-1] - began_s
        seen["cpu_s"] = time.process_time()
        seen["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        livebg.run(on_composite, source=clip, engine="selfie")
    seen["silent_s"] = max(later - earlier for earlier, later in zip(lines.at_s, lines.at_s[1:], strict=False))
    return {name: round(value, 3) for name, value in {**seen, "kernels_mb": _kernels_mb()}.items()}


def _kernels_mb() -> float:
    """Resident memory of a process that has loaded OpenCV and all live kernels, and nothing else."""
    program = (
        "import cv2, importlib, psutil\n"
        "try:\n"
        "    from livebg.pipeline.loops import load_loops as load\n"
        "except ImportError:\n"
        "    from livebg.pipeline.cpu_build import compile_loops as load\n"
        "load()\n"
        "print(psutil.Process().memory_info().rss / 2**20)"
    )
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    sys.exit(main())
