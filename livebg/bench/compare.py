"""Which engines and sizes stand side by side in `livebg bench --compare`, and the points of its picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from livebg.bench import child
from livebg.bench.recording import Recording
from livebg.core.errors import LivebgError
from livebg.core.settings import Settings, change

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


def curve_settings(settings: Settings) -> list[tuple[str, str, Settings]]:
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


def curve(
    settings: Settings, recording: Recording, clips: list[tuple[str, str]]
) -> Iterator[dict[str, Any] | LivebgError]:
    """Point after point: cost on the recording, quality on the clips (None without clips); or why there is none."""
    for engine, label, each in curve_settings(settings):
        log.info("measuring %s, %s%s", engine, label, f", with its quality on {len(clips)} clips" if clips else "")
        try:
            cost = child.measure_speed(each, recording, "every-frame", POINT_S)
            quality = child.measure_quality(each, clips) if clips else None
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


def _pixels(size: str) -> int:
    width, height = size.split("x")
    return int(width) * int(height)
