"""The picture of tests/bench/compare.py: how good over how dear, and how fast. Knows results, draws by chart.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livebg.bench.report import Run
from livebg.core.errors import SinkError
from tests.bench.chart import PALE, Bar, Box, Canvas, Series, bars, scatter

PANEL, HEIGHT, MARGIN = 500, 520, 36  # px
COST = "CPU time per frame, ms (log scale); numbers: stride, or matte size in px"


def draw(path: Path, runs: Sequence[Run], points: Sequence[Mapping[str, Any]], machine: Mapping[str, str]) -> None:
    """Writes a PNG: two panels of quality over cost where quality was measured, one of cost otherwise, and one of
    speed. Raises SinkError."""
    judged = [each for each in points if each["quality"]]
    panels = 1 + (2 if judged else 1 if points else 0)
    canvas = Canvas(panels * (PANEL + MARGIN) + MARGIN, HEIGHT)
    places = iter(_places(panels))
    if judged:
        edge = _series(judged, lambda each: each["quality"]["edge_mad"])
        scatter(
            canvas,
            next(places),
            "Edge of the matte",
            (COST, "edgeMAD x1000, lower is better"),
            edge,
        )
        unsteady = _series(judged, lambda each: each["quality"]["dtssd"])
        scatter(canvas, next(places), "Steadiness of the matte", (COST, "dtSSD x100, lower is better"), unsteady)
    elif points:
        times = _series(points, lambda each: each["frame_ms"]["p50"])
        scatter(canvas, next(places), "Time and cost", (COST, "whole frame p50, ms"), times)
    rows = [Bar(_name(each), each["frame_ms"]["p50"], each["frame_ms"]["p95"]) for each in runs]
    rate = runs[0]["asked_fps"]
    unit = "whole frame live, ms: bar p50, whisker p95"
    bars(canvas, next(places), "Speed", unit, rows, 1000 / rate, f"{rate:g} fps")
    note = f"{machine['processor']}, {machine['cores']} cores, load {machine['load']}; {machine['versions']}"
    canvas.text(MARGIN, HEIGHT - 12, _fitted(canvas, note), 11, PALE)
    try:
        canvas.save(path)
    except OSError as cause:
        raise SinkError(f"{path} cannot be written: {cause.strerror or cause}") from cause


def _places(count: int) -> list[Box]:
    lefts = [MARGIN + each * (PANEL + MARGIN) for each in range(count)]
    return [(left, 20, left + PANEL, HEIGHT - 40) for left in lefts]


def _series(points: Sequence[Mapping[str, Any]], value: Any) -> list[Series]:
    """One for each engine, in order; a point's number is what varies: its stride or matte size."""
    names = dict.fromkeys(each["engine"] for each in points)
    return [
        Series(
            name,
            [
                (each["cpu_ms_per_frame"], value(each), "".join(filter(str.isdigit, each["label"])))
                for each in points
                if each["engine"] == name
            ],
        )
        for name in names
    ]


def _name(run: Run) -> str:
    size = run["settings"]["matte_size"]
    return f"{run['engine']}{f' {size} px' if size else ''}, {run['size']}"


def _fitted(canvas: Canvas, text: str) -> str:
    while canvas.text_width(text, 11) > canvas.width - 2 * MARGIN:
        text = text.rpartition(",")[0] or text[:-10]
    return text
