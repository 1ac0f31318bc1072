"""Recommends one of the measured settings for this machine, and says how much headroom it leaves. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from livebg.bench.report import Run, command
from livebg.core.settings import Settings

HOLDS = 0.97  # of the requested rate, with at most LOST of the frames dropped
LOST = 0.01
ENOUGH = 0.15  # headroom below which a call application beside livebg would cost frames
PREFERRED = ("rmbg", "selfie")  # the better matte first


def headroom(run: Run) -> float:
    """The free share of the frame's time (by p95) or of the processor, the smaller one; below 0 the rate is lost."""
    time_left = 1 - run["frame_ms"]["p95"] * run["asked_fps"] / 1000
    return float(min(time_left, 1 - run["cpu_share"]))


def holds(run: Run) -> bool:
    """True if livebg reached the rate and lost hardly a frame."""
    lost = run["dropped"] / max(1, run["frames"] + run["dropped"])
    return bool(run["fps"] >= HOLDS * run["asked_fps"] and lost <= LOST)


def recommend(runs: Sequence[Run], size: str) -> dict[str, Any]:
    """{"command", "headroom", "holds", "reason"}; size: the user's picture size.

    The better engine that holds the rate with ENOUGH headroom; else any that holds it; else the closest one, at a rate
    or size that it could hold.
    """
    holding = [each for each in runs if holds(each)]
    roomy = [each for each in holding if headroom(each) >= ENOUGH]
    best = max(roomy or holding, key=lambda run: _merit(run, size), default=None)
    if best is None:
        return _rescue(max(runs, key=lambda run: run["fps"] / run["asked_fps"]))
    room = headroom(best)
    reason = f"holds {best['asked_fps']:g} fps with {_percent(room)} headroom"
    if room < ENOUGH:
        reason += ", which is little: a call application needs some too"
    larger = [each for each in roomy if each["engine"] == best["engine"] and _pixels(each) > _pixels(best)]
    if larger:
        most = max(larger, key=_pixels)
        reason += f"; {most['size']} holds it too ({_percent(headroom(most))})"
    return {"command": command(_values(best)), "headroom": round(room, 2), "holds": True, "reason": reason}


def lines(advice: Mapping[str, Any]) -> list[str]:
    return ["", "recommended on this machine:", f"  {advice['command']}", f"  {advice['reason']}"]


def _merit(run: Run, size: str) -> tuple[bool, bool, int, float]:
    """The user's size, then the better engine, then the finer matte, then the cheaper."""
    engine = run["engine"] == PREFERRED[0]
    return run["size"] == size, engine, run["settings"]["matte_size"], -run["cpu_ms_per_frame"]


def _rescue(run: Run) -> dict[str, Any]:
    """If nothing holds the rate: a rate that this machine does hold, or a quarter of the pixels."""
    rate = math.floor(run["fps"] * 0.9)
    values = _values(run)
    if rate >= 15:
        values["fps"] = float(rate)
        cure = f"{rate} fps should hold"
    else:
        width, height = (int(each) // 2 for each in run["size"].split("x"))
        values["size"] = f"{width}x{height}"
        cure = "a smaller picture costs less"
        if run["engine"] == "rmbg":
            values = {"engine": "selfie", "size": run["size"]}
            cure = "the light engine costs least"
    reason = f"{run['asked_fps']:g} fps is not held here ({run['fps']:.1f} came out); {cure}"
    return {"command": command(values), "headroom": round(headroom(run), 2), "holds": False, "reason": reason}


def _values(run: Run) -> dict[str, Any]:
    """The options that make `livebg run` do the same: the engine, the size, and all that is not default."""
    default = Settings()
    first = {"engine": run["engine"], "size": run["size"]}
    others = {name: value for name, value in run["settings"].items() if value != getattr(default, name)}
    return {**first, **{name: value for name, value in others.items() if name not in first}}


def _percent(share: float) -> str:
    return f"{100 * max(0.0, share):.0f} %"


def _pixels(run: Run) -> int:
    width, height = run["size"].split("x")
    return int(width) * int(height)
