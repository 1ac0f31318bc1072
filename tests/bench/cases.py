"""The clips of LIVEBG_SHARED/cases for benches in one process: their frames, and tables of what was measured.

The instrument is that folder's own metrics.py. Knows nothing about what makes the mattes. For benches only.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livebg.capture import open_source
from livebg.core.settings import Settings
from livebg.core.types import EndOfSource, Frame, Image
from tests.bench.machine import SHARED

CASES = SHARED / "cases"
COLUMNS = (  # key, heading, digits, from which part
    ("mad", "MAD", 1, "clips"),
    ("mad_edge", "edgeMAD", 0, "clips"),
    ("bf", "BF", 3, "clips"),
    ("dtssd", "dtSSD", 2, "clips"),
    ("flicker_true", "flick", 1, "clips"),
    ("trail", "trail", 3, "clips"),
    ("lag", "lag", 3, "clips"),
    ("empty_alpha", "empty", 1, "clips"),
    ("debris", "debris", 2, "clips"),
    ("debris_frames", "debris%", 0, "clips"),
    ("lost", "lost", 2, "clips"),
    ("teeth", "teeth", 2, "clips"),  # of teeth.py
    ("flicker_static", "sflick", 1, "real"),
    ("flips", "flips", 2, "real"),
    ("tremor", "tremor", 2, "real"),  # of tremor.py
    ("ms", "ms", 2, "all"),
    ("cpu_ms", "CPU ms", 2, "all"),
)

Row = dict[str, float]


def instrument(module: str = "metrics") -> Any:
    """A module of the cases' folder."""
    if str(CASES) not in sys.path:
        sys.path.insert(0, str(CASES))
    return importlib.import_module(module)


@dataclass(frozen=True, slots=True)
class Case:
    """One clip: paths of what is there; silver: frame number (as text) to the picture of its matte."""

    name: str
    part: str
    file: Path
    truth: Path | None = None
    ignored: Path | None = None
    silver: Mapping[str, str] = field(default_factory=dict)

    def silver_of(self, number: int) -> Image | None:
        """The checked matte of this frame, uint8 (H, W), where there is one."""
        if str(number) not in self.silver:
            return None
        return np.asarray(cv2.imread(str(CASES / self.silver[str(number)]), cv2.IMREAD_GRAYSCALE), np.uint8)

    def frames(self) -> Iterator[tuple[Frame, Image | None, Any]]:
        """(frame, true alpha uint8 (H, W), which pixels count bool (H, W)); None where there is none."""
        read_video = instrument("evaluate").read_video
        truths = read_video(self.truth, gray=True) if self.truth else iter(())
        ignored = read_video(self.ignored, gray=True) if self.ignored else iter(())
        source = open_source(Settings(source=str(self.file), pace="every-frame"))
        try:
            while True:
                frame = source.read(10.0)
                if frame is not None:
                    ignore = next(ignored, None)
                    yield frame, next(truths, None), None if ignore is None else ignore < 128
        except EndOfSource:
            return
        finally:
            source.close()


def find_cases(only: Sequence[str] = (), parts: Sequence[str] = ("clips", "real")) -> list[Case]:
    """The clips with truth and the real ones, all or those named."""
    found = []
    for each in json.loads((CASES / "clips.json").read_text()):
        file = CASES / "clips" / f"{each['id']}.mp4"
        ignored = file.with_name(f"{each['id']}_ignore.mkv")
        truth = file.with_name(f"{each['id']}_alpha.mkv")
        found.append(Case(each["id"], "clips", file, truth, ignored if ignored.exists() else None))
    for each in json.loads((CASES / "real.json").read_text()):
        found.append(Case(each["id"], "real", CASES / each["file"], silver=each.get("silver", {})))
    return [each for each in found if each.part in parts and (not only or each.name in only)]


def measure_all(work: Callable[[Case], dict[str, Any]], cases: Sequence[Case], jobs: int) -> dict[str, dict[str, Any]]:
    """{clip: {variant: measures}}; with several jobs each clip in one of as many processes, and times are not fair."""
    done = {}
    if jobs == 1:
        for case in cases:
            done[case.name] = work(case)
            print(f"{case.name} done", file=sys.stderr, flush=True)
        return done
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for case, result in zip(cases, pool.imap(work, cases), strict=True):
            done[case.name] = result
            print(f"{case.name} done", file=sys.stderr, flush=True)
    return done


def averages(
    done: Mapping[str, Mapping[str, Any]], cases: Sequence[Case], parts: Sequence[str] = ("clips", "real")
) -> dict[str, Row]:
    """{variant: mean of each column over the clips that have it}, from the part that COLUMNS says or else all there."""
    rows: dict[str, Row] = {}
    for name in next(iter(done.values())):
        rows[name] = {}
        for key, _, _, part in COLUMNS:
            seen = [done[each.name][name].get(key) for each in cases if part not in parts or part == each.part]
            seen = [each for each in seen if each is not None and np.isfinite(each)]
            if seen:
                rows[name][key] = float(np.mean(seen))
    return rows


def table(rows: Mapping[str, Row], what: str = "variant") -> str:
    """Markdown; left out is what no row has."""
    columns = [each for each in COLUMNS if any(each[0] in row for row in rows.values())]
    lines = [f"| {what} | " + " | ".join(each[1] for each in columns) + " |", "|---|" + "---:|" * len(columns)]
    for name, row in rows.items():
        cells = [f"{row[key]:.{digits}f}" if key in row else "" for key, _, digits, _ in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
