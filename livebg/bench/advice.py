"""Recommends settings for this machine, and says how much headroom they leave. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from livebg.bench.report import Run, command, without_matte
from livebg.core.settings import Settings

HOLDS = 0.97  # of the requested rate, with at most LOST of the frames dropped or without a matte
LOST = 0.01
ENOUGH = 0.15  # headroom below which a call application beside livebg would cost frames


def headroom(run: Run) -> float:
    """The free share of the frame's time (by p95) or of the processor, the smaller one; below 0 the rate is lost."""
    time_left = 1 - run["frame_ms"]["p95"] * run["asked_fps"] / 1000
    return float(min(time_left, 1 - run["cpu_share"]))


def holds(run: Run) -> bool:
    """True if livebg reached the rate, and hardly a frame was lost or had no valid matte."""
    lost = (run["dropped"] + without_matte(run)) / max(1, run["frames"] + run["dropped"])
    return bool(run["fps"] >= HOLDS * run["asked_fps"] and lost <= LOST)


def allows_auto(run: Run) -> bool:
    """True if `--engine auto` may take this run's engine: it holds the rate with ENOUGH of a frame's time to spare.

    The processor's share does not count: rmbg's network takes what the pictures leave, and gives way to other programs.
    """
    return holds(run) and 1 - run["frame_ms"]["p95"] * run["asked_fps"] / 1000 >= ENOUGH


def _good_fps(run: Run) -> float:
    """The rate of frames with a valid matte."""
    return float(run["fps"] * (1 - without_matte(run) / max(1, run["frames"])))


def recommend(run: Run) -> dict[str, Any]:
    """{"command", "headroom", "holds", "reason"}: the measured settings, or what this machine could hold instead."""
    if not holds(run):
        return _rescue(run)
    room = headroom(run)
    reason = f"holds {run['asked_fps']:g} fps with {100 * max(0.0, room):.0f} % headroom"
    if room < ENOUGH:
        reason += ", which is little: a call application needs some too"
    return {"command": command(_values(run)), "headroom": round(room, 2), "holds": True, "reason": reason}


def lines(advice: Mapping[str, Any]) -> list[str]:
    return ["", "recommended on this machine:", f"  {advice['command']}", f"  {advice['reason']}"]


def auto_lines(is_allowed: bool | None, model: str) -> list[str]:
    """What `--engine auto` does from now on, where rmbg was measured on the CPU."""
    if is_allowed is None:
        return []
    if is_allowed:
        return [f"  --engine auto takes rmbg here from now on, with {model}; --engine selfie does not"]
    return ["  --engine auto stays with the light engine here"]


def _rescue(run: Run) -> dict[str, Any]:
    """Where the rate is lost: one that this machine does hold, a quarter of the pixels, or the light engine.

    Only the light engine helps where mattes come too late: fewer or smaller frames make rmbg's network no faster.
    """
    good_fps, is_late = _good_fps(run), without_matte(run) > LOST * run["frames"]
    rate = math.floor(good_fps * 0.9)
    values = _values(run)
    if run["engine"] == "rmbg" and (is_late or rate < 15):
        values = {"engine": "selfie", "size": run["size"]}
        cure = "the light engine costs least"
    elif rate >= 15:
        values["fps"] = float(rate)
        cure = f"{rate} fps should hold"
    else:
        width, height = (int(each) // 2 for each in run["size"].split("x"))
        values["size"] = f"{width}x{height}"
        cure = "a smaller picture costs less"
    came = f"{good_fps:.1f} came out{' with a valid matte' if is_late else ''}"
    reason = f"{run['asked_fps']:g} fps is not held here ({came}); {cure}"
    return {"command": command(values), "headroom": round(headroom(run), 2), "holds": False, "reason": reason}


def _values(run: Run) -> dict[str, Any]:
    """The options that make `livebg run` do the same: the engine, the size, and all that is not default."""
    default = Settings()
    first = {"engine": run["engine"], "size": run["size"]}
    others = {name: value for name, value in run["settings"].items() if value != getattr(default, name)}
    return {**first, **{name: value for name, value in others.items() if name not in first}}
