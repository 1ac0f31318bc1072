"""Builds the CPU's processor from the settings: engine, the steps of a frame, and what governs them.

The caller owns what it opens. Processing thread.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from livebg.core.engines import Guided, LooksCloser, MattingEngine, Resizable
from livebg.core.errors import ModelError
from livebg.core.machine import cores
from livebg.core.settings import Settings, change
from livebg.core.stats import MatteTotals, Stats
from livebg.core.types import USUAL_FPS, Alpha, Frame, FrameSource, SourceInfo
from livebg.pipeline.live.load_control import LoadControl, Plan, Watch
from livebg.pipeline.loops import Preparation, live_loops, prepare_loops
from livebg.pipeline.processor import Processor

if TYPE_CHECKING:
    from livebg.matting.plate.correction import CleanPlate
    from livebg.matting.propagation.overlay import DetailOverlay
    from livebg.matting.scheduling import ScheduledEngine
    from livebg.pipeline.cpu import CpuProcessor

log = logging.getLogger(__name__)

SLOW_SHARE = 0.5  # an engine that takes more of a frame's period than this runs beside the loop


def open_cpu_processor(
    settings: Settings, source: FrameSource, stats: Stats, preparation: Preparation | None = None
) -> tuple[Processor, FrameSource]:
    """The engine that the settings name, its live steps and load control; and its source (delayed for latency
    `matched`). preparation: for who waits. Raises ModelError, SettingsError."""
    from livebg import models
    from livebg.matting.scheduling import ScheduledEngine
    from livebg.models.selfie.engine import SelfieEngine

    joined = live_loops(settings, preparation)
    with ExitStack() as unused:
        engine = models.open_engine(settings, source.info)
        unused.callback(engine.close)
        if not isinstance(engine, SelfieEngine):  # others are slow, and then the frames between need all loops
            prepare_loops(settings, preparation)
        is_early = joined(settings) is not settings
        scheduled, key_s = _scheduled(engine, joined(settings), source.info, is_quick=is_early)
        if isinstance(scheduled, ScheduledEngine) and settings.latency == "matched":
            source, settings = _matched(source, scheduled, key_s, settings)
        key_frame_s: Callable[[], float] = (lambda: scheduled.counts.key_frame_s) if key_s else (lambda: 0.0)
        govern = _governed(engine, scheduled, key_frame_s, source, settings, stats)
        has_presence = _needs_presence(engine, scheduled)
        processor = live_processor(scheduled, settings, stats, govern, has_presence, joined)
        unused.pop_all()
    return processor, source


def open_as_live(settings: Settings, info: SourceInfo, stats: Stats) -> CpuProcessor:
    """The same for every frame of a clip, without load control. Raises ModelError, SettingsError."""
    from livebg import models

    prepare_loops(settings)
    with ExitStack() as unused:
        engine = models.open_engine(settings, info)
        unused.callback(engine.close)
        scheduled, _ = _scheduled(engine, settings, info)
        processor = live_processor(scheduled, settings, stats, has_presence=_needs_presence(engine, scheduled))
        unused.pop_all()
    return processor


def _needs_presence(engine: MattingEngine, scheduled: ScheduledEngine | DetailOverlay) -> bool:
    """Whether a later step must tell people from chairs: a guided engine has done so, but where its detail is late, the
    finder's own alpha shows."""
    from livebg.matting.scheduling import ScheduledEngine

    return not (isinstance(engine, Guided) and isinstance(scheduled, ScheduledEngine))


def live_processor(
    engine: MattingEngine,
    settings: Settings,
    stats: Stats,
    govern: Callable[[Settings], None] = lambda _: None,
    has_presence: bool = True,
    joined: Callable[[Settings], Settings] = lambda settings: settings,
) -> CpuProcessor:
    """A live frame's steps around this engine, which it owns; all memory between frames begins here.

    settings: those of the start, for the plate's file. has_presence: see chain.causal(). joined: see
    loops.live_loops(). Raises SettingsError.
    """
    from livebg.matting.chain import Causal, causal
    from livebg.matting.steps import Ask
    from livebg.pipeline.cpu import CpuProcessor, SceneCompositor

    plate = open_plate(settings)
    chain = causal(Causal("matte", Ask(engine)), plate, stats, has_presence)
    return CpuProcessor(engine, chain, SceneCompositor(plate, stats), govern, joined)


def open_plate(settings: Settings) -> CleanPlate:
    """The empty room: from the file that the settings name, else to learn. Raises SettingsError."""
    from livebg.matting.plate.correction import CleanPlate
    from livebg.pipeline.plate_file import load_plate

    given = None if settings.plate in ("auto", "off") else load_plate(settings.plate)
    return CleanPlate(given, keeps_picture=settings.foreground == "estimated")


def _scheduled(
    engine: MattingEngine, settings: Settings, info: SourceInfo, is_quick: bool = False
) -> tuple[ScheduledEngine | DetailOverlay, float]:
    """The frames that the engine gets, and its time for one in a worker, s; 0 if it keeps up, or if its mattes cannot
    become too old: a guided engine lays them over the finder's. is_quick: it keeps up, though not at this busy moment.
    """
    from livebg.matting.propagation.overlay import DetailOverlay
    from livebg.matting.scheduling import ScheduledEngine

    key_s = _time_of(engine, info) if info.is_live and not is_quick else 0.0
    in_worker = key_s * (info.fps or USUAL_FPS) > SLOW_SHARE
    if in_worker and isinstance(engine, Guided) and settings.latency == "lowest":
        return DetailOverlay(engine, info.is_live, settings.stride or 1, settings.still_gate), 0.0
    bound_belief(engine, settings)
    scheduled = ScheduledEngine(engine, info.is_live, in_worker, settings.stride or 1, settings.still_gate)
    return scheduled, key_s if in_worker else 0.0


def bound_belief(engine: MattingEngine, settings: Settings) -> None:
    """What guides a guided engine whose alpha is the matte is bounded, as the light engine's alpha is."""
    from livebg.matting.subject.bounding import BoundBelief

    if isinstance(engine, Guided):
        engine.bound_by(BoundBelief(settings))


def _time_of(engine: MattingEngine, info: SourceInfo) -> float:
    """The engine's time for one frame, s: the better of two, after a first one that may include preparations."""
    blank = Frame(np.zeros((info.height, info.width, 3), np.uint8), 0, 0.0, 0.0)
    marks_s = []
    for _ in range(3):
        _look_at(blank, engine)
        marks_s.append(time.perf_counter())
    engine.reset()
    return min(later - earlier for earlier, later in pairwise(marks_s))


def _look_at(frame: Frame, engine: MattingEngine) -> None:
    """All that the engine does for a frame with people in it."""
    if isinstance(engine, Guided):
        belief = engine.find(frame)
        with contextlib.suppress(ModelError):  # a network may answer the same everywhere to a blank picture
            engine.detail(frame, Alpha(np.ones_like(belief.values), frame.sequence))
    else:
        engine.matte(frame)


def _matched(
    source: FrameSource, scheduled: ScheduledEngine, key_s: float, settings: Settings
) -> tuple[FrameSource, Settings]:
    """The delayed source, and the settings with the stride that matches this delay."""
    from livebg.capture.delay import Delayed
    from livebg.matting.propagation.propagator import delay_frames

    fps, stride = source.info.fps or USUAL_FPS, settings.stride or 1
    frames = delay_frames(key_s, fps, stride)
    log.info("latency matched: the picture is %d frames late (%.0f ms)", frames, 1000 * frames / fps)
    return Delayed(source, frames, scheduled.foresee) if frames else source, change(settings, {"stride": stride})


def _governed(
    engine: MattingEngine,
    scheduled: ScheduledEngine | DetailOverlay,
    key_frame_s: Callable[[], float],
    source: FrameSource,
    pinned: Settings,
    stats: Stats,
) -> Callable[[Settings], None]:
    """A function to call after each frame: passes live settings to the engine, counts, and controls a camera's load.

    key_frame_s: time of the newest key frame in its worker; pinned: the settings at the start, whose stride stays if
    latency is `matched`.
    """
    from livebg.matting.propagation.overlay import DetailOverlay

    is_detail = isinstance(scheduled, DetailOverlay)
    resizable = engine if isinstance(engine, Resizable) else None
    closer = engine if isinstance(engine, LooksCloser) and engine.has_closer_look else None

    def apply(plan: Plan) -> None:
        scheduled.set_stride(plan.stride)
        if resizable is not None:
            resizable.resize(plan.matte_size)
        if closer is not None and plan.closer_look is not None:
            closer.set_closer_look(plan.closer_look)

    matte_size = 0 if resizable is None else resizable.matte_size
    start = Plan(pinned.stride or 1, matte_size, None if closer is None else pinned.closer_look)
    fixed = _fixed(pinned, matte_size if is_detail else 0)
    period_s = 1 / (source.info.fps or USUAL_FPS)
    control = LoadControl(period_s, start, resizable is not None, apply, closer is not None, fixed, is_detail)
    if source.info.is_live:
        control.pin(pinned)
    watch = Watch(
        control,
        busy_s=lambda count: stats.newest_s("frame", count),
        dropped=lambda: source.dropped,
        key_s=key_frame_s,
        cores=cores(),
    )

    def govern(settings: Settings) -> None:
        counts = scheduled.counts
        stats.count_mattes(MatteTotals(counts.key_frames, counts.propagated, counts.still))
        scheduled.set_still_gate(settings.still_gate)
        if source.info.is_live:
            watch(settings)
        else:
            scheduled.set_stride(settings.stride or 1)
            if closer is not None:
                closer.set_closer_look(settings.closer_look)

    return govern


def _fixed(pinned: Settings, matte_size: int) -> dict[str, int]:
    """Settings that stay as they are. matte_size: of detail, px: a larger network is late, a smaller one loses people;
    0: load control chooses it."""
    stride = pinned.stride if pinned.latency == "matched" else 0
    return {name: value for name, value in (("matte_size", matte_size), ("stride", stride)) if value}
