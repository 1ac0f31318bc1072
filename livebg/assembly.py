"""Builds the parts of the live loop, in order of travel, from the settings. Main thread.

Every part that it opens it hands to the ExitStack of app.py, which owns their lifetimes.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from livebg.controls import Controls
from livebg.errors import BackgroundError, ModelError
from livebg.governor import Governor, Plan, Watch
from livebg.machine import cores
from livebg.settings import Settings, change
from livebg.stages import Background, Frame, FrameSink, FrameSource, Journey, Matter, Reads, SourceInfo
from livebg.stats import MatteTotals, Stats

if TYPE_CHECKING:
    from livebg.matting.carried import CarriedMatter
    from livebg.pipeline import Stages

log = logging.getLogger(__name__)

USUAL_FPS = 30.0  # of a source that does not tell its rate
LONG_COMPILE_S = 2.0
SLOW_SHARE = 0.5  # an engine that takes more of a frame's period than this runs beside the loop


def open_stages(
    parts: ExitStack,
    controls: Controls,
    stats: Stats,
    on_action: Callable[[str], None],
    more_sinks: Sequence[FrameSink],
    source: FrameSource | None,
) -> Stages:
    """Everything a frame passes, opened in order of travel but for the engine: it takes longest, and while it loads
    those who watch already see the background. source: instead of the one that the settings name."""
    from livebg import capture, sinks
    from livebg.pipeline import Stages, show_standby

    settings = controls.settings
    source = source or capture.open_source(settings)
    parts.callback(source.close)
    info = source.info
    log.info("source: %s, %dx%d, %.4g fps", info.name, info.width, info.height, info.fps)
    backgrounds = Backgrounds(settings)
    parts.callback(backgrounds.close)
    background = backgrounds.of(settings)
    opened = sinks.open_sinks(
        settings,
        may_drop=settings.pace == "own",
        is_transparent=background.is_transparent,
        on_action=on_action,
        statistics=lambda: stats.snapshot().line(),
        fps=info.fps,
    )
    for sink in opened:
        parts.callback(sink.close)
    everywhere = [*opened, *more_sinks]
    show_standby(everywhere, background, info)
    readers: set[Reads] = {sink.reads for sink in everywhere}
    if background.is_transparent:
        readers.add("image and alpha")
    journey, source = _open_journey(settings, source, stats, readers)
    parts.callback(journey.close)
    log.info("engine: %s", journey.description)
    log.info("background: %s; outputs: %s", settings.background, ", ".join(sink.name for sink in everywhere))
    return Stages(source, journey, backgrounds.of, everywhere)


def _open_journey(
    settings: Settings, source: FrameSource, stats: Stats, readers: set[Reads]
) -> tuple[Journey, FrameSource]:
    """The GPU's journey where there is one, else the host's; and the source as that wants it (late, for `matched`).

    readers: what of a composite is used by anybody.
    """
    from livebg import matting

    found = matting.gpu_network(settings)
    if found is None:
        return _open_host_journey(settings, source, stats)
    from livebg.gpu.journey import GpuJourney
    from livebg.gpu.passage import Outputs
    from livebg.matting.rmbg_engine import USUAL_PX
    from livebg.on_gpu import GpuOrHost

    network, input_mean, device = found
    gpu = GpuJourney(
        network,
        device.kind,
        settings.matte_size or USUAL_PX,
        input_mean,
        settings.precision,
        is_plain=settings.runtime == "torch",
        reason=device.reason,
        outputs=Outputs("i420" if readers == {"i420"} else "bgr", "image and alpha" in readers),
    )
    try:
        gpu.warm_up(source.info.height, source.info.width, log.info)
    except ModelError as failure:
        log.debug("while warming up: %s", failure)  # it is spent, has said why, and the host goes on
    on_host = change(settings, {"device": "cpu", "precision": "auto", "engine": "auto", "latency": "lowest"})
    return GpuOrHost(gpu, lambda: _open_host_journey(on_host, source, stats)[0], stats), source


def _open_host_journey(settings: Settings, source: FrameSource, stats: Stats) -> tuple[Journey, FrameSource]:
    """Engine, carrying, smoothing, edges; and what governs them."""
    from livebg import matting
    from livebg.journey import HostJourney
    from livebg.matting.carried import CarriedMatter
    from livebg.matting.edges import Refiner, enlarge
    from livebg.matting.smoothing import Smoother

    _compile_loops()
    info = source.info
    engine = matting.open_matter(settings, info)
    key_s = _time_of(engine, info) if info.is_live else 0.0
    in_worker = key_s * (info.fps or USUAL_FPS) > SLOW_SHARE
    matter = CarriedMatter(engine, in_worker, settings.stride or 1, settings.still_gate)
    if settings.latency == "matched":
        source, settings = _matched(source, matter, key_s if in_worker else 0.0, settings)
    key_frame_s: Callable[[], float] = (lambda: matter.counts.key_frame_s) if in_worker else (lambda: 0.0)
    govern = _governed(engine, matter, key_frame_s, source, settings, stats)
    ways = {"guided": Refiner().refine, "plain": enlarge}
    return HostJourney(matter, Smoother().smooth, ways, stats, govern), source


def _compile_loops() -> None:
    """Before the first frame needs them: 0.4 s from the disk, several where this machine never did (compositing)."""
    began_s = time.perf_counter()
    for module in ("matting.edges", "matting.smoothing", "scene.compose"):
        importlib.import_module(f"livebg.{module}").prepare()
    taken_s = time.perf_counter() - began_s
    if taken_s > LONG_COMPILE_S:
        log.info("the loops over pixels were compiled for this processor in %.1f s; the next start needs not", taken_s)


def _time_of(engine: Matter, info: SourceInfo) -> float:
    """Seconds that the engine takes for one frame, the quicker of two; the first may prepare something."""
    blank = Frame(np.zeros((info.height, info.width, 3), np.uint8), 0, 0.0, 0.0)
    marks_s = []
    for _ in range(3):
        engine.matte(blank)
        marks_s.append(time.perf_counter())
    engine.reset()
    return min(later - earlier for earlier, later in pairwise(marks_s))


def _matched(
    source: FrameSource, matter: CarriedMatter, key_s: float, settings: Settings
) -> tuple[FrameSource, Settings]:
    """The source some frames late, and the settings with the stride that this delay was made for."""
    from livebg.capture.delayed import Delayed
    from livebg.matting.carried import delay_frames

    fps, stride = source.info.fps or USUAL_FPS, settings.stride or 1
    frames = delay_frames(key_s, fps, stride)
    log.info("latency matched: the picture is %d frames late (%.0f ms)", frames, 1000 * frames / fps)
    return Delayed(source, frames, matter.foresee) if frames else source, change(settings, {"stride": stride})


def _governed(
    engine: Matter,
    matter: CarriedMatter,
    key_frame_s: Callable[[], float],
    source: FrameSource,
    pinned: Settings,
    stats: Stats,
) -> Callable[[Settings], None]:
    """What looks on after each frame: passes live settings to the matter, counts, and at a camera's pace governs.

    key_frame_s: what the newest key frame took beside the loop; pinned: the settings at the start, of which a stride
    set by `matched` stays.
    """
    resize: Callable[[int], None] | None = getattr(engine, "resize", None)

    def apply(plan: Plan) -> None:
        matter.set_stride(plan.stride)
        if resize is not None:
            resize(plan.matte_size)

    start = Plan(pinned.stride or 1, getattr(engine, "matte_size", 0))
    governor = Governor(1 / (source.info.fps or USUAL_FPS), start, resize is not None, apply)
    if source.info.is_live:
        governor.pin(pinned)
    watch = Watch(
        governor,
        busy_s=lambda count: stats.newest_s("frame", count),
        dropped=lambda: source.dropped,
        key_s=key_frame_s,
        cores=cores(),
    )

    def govern(settings: Settings) -> None:
        counts = matter.counts
        stats.count_mattes(MatteTotals(counts.key_frames, counts.carried, counts.still))
        matter.set_still_gate(settings.still_gate)
        if source.info.is_live:
            watch(change(settings, {"stride": pinned.stride}) if pinned.latency == "matched" else settings)
        else:
            matter.set_stride(settings.stride or 1)

    return govern


class Backgrounds:
    """The background that the settings name, opened anew when they name another; a bad one is refused, the old kept."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = self._key(settings)
        self._background = self._open(settings)

    @staticmethod
    def _key(settings: Settings) -> tuple[str, str]:
        return settings.background, settings.background_fit

    @staticmethod
    def _open(settings: Settings) -> Background:
        from livebg.scene import open_background

        return open_background(settings)

    def of(self, settings: Settings) -> Background:
        """What to show for these settings; never fails once the first one is open."""
        if self._key(settings) != self._wanted:
            self._wanted = self._key(settings)
            try:
                replacement = self._open(settings)
                if replacement.is_transparent != self._background.is_transparent:
                    raise BackgroundError(f"{settings.background!r} needs other outputs; it applies at the next start")
            except BackgroundError as failure:
                log.warning("%s; the background stays as it was", failure)
            else:
                self._background.close()
                self._background = replacement
                log.info("background: %s", settings.background)
        return self._background

    def close(self) -> None:
        self._background.close()
