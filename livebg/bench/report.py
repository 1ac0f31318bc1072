"""Measurements as text for people and as objects for programs. Numbers and words only."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from livebg.core.errors import counted
from livebg.core.settings import OPTIONS, Settings, option_name

Run = dict[str, Any]  # one configuration, measured; see assemble()

COVERED = (
    "the clock covers the loop from a captured frame to a null output; not the camera, drawing the scene, or encoding"
)


def load_note(machine: Mapping[str, str]) -> list[str]:
    """A warning line if other programs keep the machine busy."""
    busy = float(machine["load"].split()[0]) / float(machine["cores"])
    return [f"other programs keep the cores {busy:.1f} times busy: close them and measure again"] if busy > 0.7 else []


def settings_told(settings: Settings) -> dict[str, Any]:
    """The settings that the cost depends on."""
    return {name: getattr(settings, name) for name in measured_settings()}


def measured_settings() -> list[str]:
    """Names of the settings that `livebg bench` takes."""
    return [
        "size",
        "fps",
        *(name for name, spec in OPTIONS.items() if spec.group in ("engine", "matte", "edge", "background")),
    ]


def assemble(settings: Settings, live: Mapping[str, Any], flat_out: Mapping[str, Any]) -> Run:
    """One configuration's two passes as one object: the live pass, with `flat_out` added."""
    kept = ("fps", "frames", "frame_ms", "cpu_ms_per_frame", "stages")
    return {
        "engine": str(live["description"]).split()[0],
        **live,
        "asked_fps": settings.fps,
        "first_start_s": flat_out["start_s"],
        "flat_out": {name: flat_out[name] for name in kept},
        "settings": settings_told(settings),
    }


def without_matte(run: Run) -> int:
    """How many of its frames came without a valid matte: the output gate showed something else."""
    return int(run["counts"].get("standby_frames", 0))


def lines(run: Run) -> list[str]:
    """One configuration for people."""
    rows = [(name, run["stages"][name]) for name in run["stages"]]
    rows += [("whole frame", run["frame_ms"]), ("capture to output", run["latency_ms"])]
    stages = table(
        ("ms", "p50", "p95", "p99"),
        [(name, *(f"{times[each]:.1f}" for each in ("p50", "p95", "p99"))) for name, times in rows],
    )
    start = f"{run['start_s']:.1f} s from the start of the process to the first composite"
    if run["first_start_s"] > 1.3 * run["start_s"]:
        start += f" ({run['first_start_s']:.1f} s the first time here)"
    others = {name: value for name, value in run["counts"].items() if name != "standby_frames"}
    counts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in others.items())
    rate = f"{run['fps']:.1f} fps, {counted(run['frames'], 'frame')}, {run['dropped']} dropped"
    if without_matte(run):
        rate += f", {without_matte(run)} without a valid matte (standby shown)"
    facts = {
        "engine": run["description"],
        "source": f"{run['source']}, {run['size']}, {run['asked_fps']:g} fps; {run['seconds']:g} s measured",
        "rate": rate,
        "flat out": f"{run['flat_out']['fps']:.0f} fps, whole frame p50 {run['flat_out']['frame_ms']['p50']:.1f} ms, "
        f"{run['flat_out']['cpu_ms_per_frame']:.1f} ms of CPU time",
        "cost": f"{run['cpu_ms_per_frame']:.1f} ms of CPU time per frame: {100 * run['cpu_share']:.0f} % of all cores "
        f"at {run['asked_fps']:g} fps",
        "memory": f"{run['memory_mb']} MB, {run['memory_peak_mb']} MB at most",
        "start": start,
        "counted": counts,
    }
    return [*pairs({name: text for name, text in facts.items() if text}), "", *stages]


def pairs(facts: Mapping[str, str]) -> list[str]:
    return [f"{name:<12}{text}" for name, text in facts.items()]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns in step: names to the left, numbers to the right."""
    rows = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [[f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join([f"{name:<{widths[0]}}", *cells[1:]]) for (name, *_), cells in zip(rows, aligned, strict=True)]


def command(values: Mapping[str, Any]) -> str:
    """`livebg run` with these settings, ready to be copied."""
    parts = [
        f"{option_name(name)} {shlex.quote(f'{each:g}' if isinstance(each, float) else str(each))}"
        for name, each in values.items()
    ]
    return " ".join(["livebg run", *parts])
