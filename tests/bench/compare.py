"""Question: which engines, sizes and strides suit this machine: how fast, how dear, how good?

    python -m tests.bench.compare [--picture FILE] [--cases DIR] [--seconds 10] [--engine E] [--weights PATH]

The passes of `livebg bench` for each engine and size side by side, with what to run; then the points of a picture:
quality on clips with true alphas (`clip_quality.py`) over processor time, for each stride or matte size. rmbg takes
part where its weights are here. The camera, decoding, drawing the scene and encoding are not covered. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from livebg import bench
from livebg.bench import advice, child, report
from livebg.bench.recording import Recording, record
from livebg.bench.report import Run
from livebg.core.errors import LivebgError, ModelError
from livebg.core.machine import card
from livebg.core.opencv import load_opencv
from livebg.core.private_files import temporary_folder
from livebg.core.settings import Settings, change
from tests.bench import clip_quality, curve

log = logging.getLogger(__name__)

SIZES = ("1280x720", "1920x1080")
MATTE_SIZES = (192, 256, 288, 384)
STRIDES = (1, 2, 3, 4)
RMBG_STRIDES = (1, 4)  # on a CPU every run of the network counts
POINT_S = 2.0  # flat out, for each point of the picture


def obstacle_to_rmbg(settings: Settings) -> str:
    """Why rmbg is not compared: its weights are never fetched for that; '' where they are here."""
    from livebg.models import hub

    if settings.weights or hub.find_cached(settings.model) is not None:
        return ""
    return (
        f"rmbg not compared: the weights of {settings.model} are not here; "
        "'livebg models fetch rmbg' gets them, --weights PATH names a file"
    )


def configurations(settings: Settings) -> tuple[list[Settings], list[str]]:
    """What to measure, cheapest first, and why the rest is left out.

    The light engine at the asked size, 720p and 1080p (a clip keeps its own), rmbg at several matte sizes.
    """
    left_out = []
    wanted: list[Settings] = []
    if settings.engine != "rmbg":
        sizes = {settings.size, *(SIZES if not settings.source else ())}
        wanted += [change(settings, {"engine": "selfie", "size": each}) for each in sorted(sizes, key=_pixels)]
    if settings.engine != "selfie":
        reason = obstacle_to_rmbg(settings)
        left_out += [reason] if reason else []
        sizes_px = () if reason else (settings.matte_size,) if settings.matte_size else MATTE_SIZES
        wanted += [change(settings, {"engine": "rmbg", "matte_size": each}) for each in sizes_px]
    return wanted, left_out


def point_settings(settings: Settings) -> list[tuple[str, str, Settings]]:
    """(engine, label, settings) of each point: the light engine's two networks, rmbg's sizes, at several strides."""
    points = []
    if settings.engine != "rmbg":
        for shape in ("landscape", "square"):
            for stride in STRIDES:
                values = {"engine": "selfie", "selfie_model": shape, "stride": stride}
                points.append((f"selfie {shape}", f"stride {stride}", change(settings, values)))
    if settings.engine != "selfie" and not obstacle_to_rmbg(settings):
        for stride in RMBG_STRIDES:
            for size in MATTE_SIZES:
                values = {"engine": "rmbg", "matte_size": size, "stride": stride}
                points.append((f"rmbg, stride {stride}", f"{size} px", change(settings, values)))
    return points


def points(
    settings: Settings, recording: Recording, clips: list[tuple[str, str]]
) -> Iterator[dict[str, Any] | LivebgError]:
    """Point after point: cost on the recording, quality on the clips (None without clips); or why there is none."""
    for engine, label, each in point_settings(settings):
        log.info("measuring %s, %s%s", engine, label, f", with its quality on {len(clips)} clips" if clips else "")
        try:
            cost = child.measure_speed(each, recording, "every-frame", POINT_S)
            quality = clip_quality.measure(each, clips) if clips else None
        except LivebgError as failure:
            yield type(failure)(f"{engine}, {label} not measured: {failure}")
            continue
        yield {
            "engine": engine,
            "label": label,
            "stride": each.stride,
            "matte_size": each.matte_size,
            **{name: cost[name] for name in ("description", "fps", "frame_ms", "cpu_ms_per_frame")},
            "quality": quality,
            "clips": [Path(clip).stem for clip, _ in clips],
        }


def comparison(runs: Sequence[Run]) -> list[str]:
    """Configurations side by side; the ratio is to the first row's CPU time per frame."""
    head = (
        *("engine", "size", "matte", "fps", "dropped", "frame p50", "p95", "latency p95"),
        *("CPU ms", "ratio", "cores", "MB", "start s"),
    )
    first = runs[0]["cpu_ms_per_frame"] if runs else 0.0
    rows = [
        (
            run["engine"],
            run["size"],
            _matte(run),
            f"{run['fps']:.1f}",
            str(run["dropped"]),
            f"{run['frame_ms']['p50']:.1f}",
            f"{run['frame_ms']['p95']:.1f}",
            f"{run['latency_ms']['p95']:.0f}",
            f"{run['cpu_ms_per_frame']:.1f}",
            f"{run['cpu_ms_per_frame'] / first:.2f}",
            f"{100 * run['cpu_share']:.0f} %",
            str(run["memory_mb"]),
            f"{run['start_s']:.1f}",
        )
        for run in runs
    ]
    return report.table(head, rows)


def curve_table(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """The points of the picture as text."""
    rows = []
    for point in points:
        quality = point["quality"] or {}
        digits = {"mad": 1, "edge_mad": 1, "dtssd": 2}
        errors = [f"{quality[name]:.{each}f}" if name in quality else "-" for name, each in digits.items()]
        cost = (f"{point['frame_ms']['p50']:.1f}", f"{point['cpu_ms_per_frame']:.1f}")
        rows.append((point["engine"], point["label"], *cost, *errors))
    return report.table(("engine", "at", "frame p50", "CPU ms", "MAD", "edgeMAD", "dtSSD"), rows)


def _matte(run: Run) -> str:
    size = run["settings"]["matte_size"]
    return f"{size} px" if size else "auto"


def _pixels(size: str) -> int:
    width, height = size.split("x")
    return int(width) * int(height)


def measured(settings: Sequence[Settings], folder: Path) -> tuple[list[Run], list[str]]:
    """One run for each, and what cannot be measured, with the reason. Raises ModelError where nothing can."""
    recordings: dict[str, Recording] = {}
    runs, left_out = list[Run](), list[str]()
    for each in settings:
        if each.size not in recordings:
            recordings[each.size] = record(each, folder)
        try:
            runs.append(bench.measure(each, recordings[each.size]))
        except LivebgError as failure:
            left_out.append(f"{each.engine} at {each.size} not compared: {failure}")
    if not runs:
        raise ModelError("; ".join(left_out))
    return runs, left_out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, default=Path("livebg-bench.png"), help="default: %(default)s")
    parser.add_argument("--cases", default="", help="clips/NAME.mp4 with true alphas clips/NAME_alpha.mkv")
    parser.add_argument("--seconds", type=float, default=bench.SECONDS, help="default: %(default)g")
    parser.add_argument("--engine", choices=("auto", "selfie", "rmbg"), default="auto")
    parser.add_argument("--weights", default="", help="of rmbg")
    asked = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    load_opencv()
    settings = Settings(engine=asked.engine, weights=asked.weights, seconds=asked.seconds)
    machine = card()
    print("\n".join((*report.pairs(machine), "", report.COVERED, *report.load_note(machine), "")))
    wanted, left_out = configurations(settings)
    cases = clip_quality.find_cases(asked.cases)
    with temporary_folder() as folder:
        runs, failed = measured(wanted, folder)
        recommended = advice.recommend(runs, settings.size)
        print("\n".join((*comparison(runs), *left_out, *failed, *advice.lines(recommended), "")), flush=True)
        found = list(points(settings, record(settings, folder), clip_quality.clips(cases) if cases else []))
    drawn = [each for each in found if isinstance(each, dict)]
    print("\n".join((*curve_table(drawn), *(str(each) for each in found if isinstance(each, LivebgError)))))
    curve.draw(asked.picture, runs, drawn, machine)
    print(f"written     {asked.picture}")
    print(json.dumps({"runs": runs, "curve": drawn, "recommended": recommended, "machine": machine}))
    return 0


if __name__ == "__main__":
    with bench.interruptible():
        sys.exit(main())
