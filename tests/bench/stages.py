"""Question: what is each stage of the matte worth, and what does it cost?

    python -m tests.bench.stages [--only ID ...] [--frames N] [--rows NAME ...] [--jobs 1] [--options '--grow 1']

Rows: everything on (the defaults), each stage switched off alone, all off (the bare landscape network enlarged plainly:
what `raw_landscape` is in quality.py). All variants of a clip take turns on the same decoded frames, the light engine's
network run by each; clips with truth give the columns up to `teeth`, the real ones sflick, flips and tremor (what they
mean: LIVEBG_SHARED/cases/README.md; teeth.py; tremor.py). ms: p50 of all stages after the network together, wall and
the CPU time of the loop's thread, which is what to compare on a machine in use; with --jobs 2 the clips run in two
processes. Below the table: the stages one by one, and what is required of these clips. Not covered: capture, network,
outputs. Last line: JSON.
"""

from __future__ import annotations

import argparse
import functools
import json
import shlex
import sys
from typing import Any

from livebg.core.settings import Settings, change
from tests.bench import cases, variants
from tests.bench.machine import print_card
from tests.bench.quality import requirements

ON, NONE = "everything on", "all off"
LIMIT_MS = 6.0  # of all stages after the network together, at 720p on 2 cores
BASE: dict[str, Any] = {"engine": "selfie", "background": "#808080", "pace": "every-frame"}


def all_settings(rows: list[str], options: dict[str, Any]) -> dict[str, Settings]:
    """Each row's settings; rows: some of them only."""
    base = change(Settings(), {**BASE, **options})
    changes = {ON: {}, **variants.OFF, NONE: variants.ALL_OFF}
    return {name: change(base, each) for name, each in changes.items() if not rows or name in rows}


def work(case: cases.Case, rows: list[str], options: dict[str, Any], frames: int) -> dict[str, Any]:
    return variants.measure(case, all_settings(rows, options), frames)


def parsed_options(text: str) -> dict[str, Any]:
    """'--grow 1 --colours off' → {"grow": 1.0, "colours": False}, read as the setting's own kind."""
    words = shlex.split(text)
    pairs = zip(words[::2], words[1::2], strict=True)
    defaults = Settings()
    found: dict[str, Any] = {}
    for name, value in pairs:
        key = name.removeprefix("--").replace("-", "_")
        kind = type(getattr(defaults, key))
        found[key] = value in ("on", "true", "1", "yes") if kind is bool else kind(value)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=0, help="of each clip; 0: all")
    parser.add_argument("--rows", nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--options", default="", help="settings of every row, e.g. '--smoothing 0.5'")
    arguments = parser.parse_args()
    print_card()
    clips = cases.find_cases(arguments.only)
    options = parsed_options(arguments.options)
    do = functools.partial(work, rows=arguments.rows, options=options, frames=arguments.frames)
    done = cases.measure_all(do, clips, arguments.jobs)
    rows = cases.averages(done, clips)
    print(f"\n{cases.table(rows)}\n")
    tell_time(next(iter(rows)), done, rows)
    tell_worth(rows)
    tell_required(rows)
    print(json.dumps({"rows": rows, "cases": done}))
    return 0


def tell_time(name: str, done: dict[str, dict[str, Any]], rows: dict[str, cases.Row]) -> None:
    """The first row's stages one by one, and whether they hold the limit."""
    each = [clip[name]["stages_ms"] for clip in done.values()]
    stages = {stage: sum(clip.get(stage, 0.0) for clip in each) / len(each) for stage in each[0]}
    print(f"{name}, p50 CPU ms: " + ", ".join(f"{stage} {ms:.2f}" for stage, ms in stages.items()))
    wall_ms, cpu_ms = rows[name]["ms"], rows[name]["cpu_ms"]
    verdict = "yes" if wall_ms <= LIMIT_MS else "NO"
    print(f"all stages after the network <= {LIMIT_MS:g} ms: {wall_ms:.2f} (CPU {cpu_ms:.2f}), {verdict}")


def tell_worth(rows: dict[str, cases.Row]) -> None:
    """All stages against none, measure by measure."""
    if {ON, NONE} <= set(rows):
        on, off = rows[ON], rows[NONE]
        ratios = [f"{heading} {on[key] / off[key]:.2f}x" for key, heading, *_ in cases.COLUMNS if off.get(key)]
        print(f"{ON} over {NONE}: {', '.join(ratios)}")


def tell_required(rows: dict[str, cases.Row]) -> None:
    """The required figures that depend on clips, on those measured; the bare network is the reference."""
    if {ON, NONE} <= set(rows):
        ours, reference = (dict.fromkeys(("clips/exact", "real/webcam"), rows[name]) for name in (ON, NONE))
        for requirement in requirements(ours, reference):
            print(requirement.line())


if __name__ == "__main__":
    sys.exit(main())
