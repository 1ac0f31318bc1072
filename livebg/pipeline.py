"""The loop around a frame's journey: source → journey → sinks, with the shutter between. Main thread.

Knows the vocabulary and the order; every part that needs a device, a library or a file is handed in by app.py.
Nothing is created here that must be closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livebg.controls import Controls
from livebg.errors import ModelError, SinkError
from livebg.scene.shutter import Shutter
from livebg.settings import Settings
from livebg.stages import (
    Background,
    Composite,
    EndOfSource,
    Frame,
    FrameSink,
    FrameSource,
    Journey,
    SourceInfo,
)
from livebg.stats import Stats

log = logging.getLogger(__name__)

WAIT_S = 0.5  # without a new frame for this long, live sinks get the standby picture


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts in order of travel; app.py owns their lifetimes. govern: looks on after each frame (governor.py)."""

    source: FrameSource
    journey: Journey
    background: Callable[[Settings], Background]
    sinks: Sequence[FrameSink]
    govern: Callable[[Settings], None] = lambda _: None


class Pipeline:
    """Takes frames from the source to the sinks until the source ends or `should_stop()` says so."""

    def __init__(self, stages: Stages, controls: Controls, stats: Stats) -> None:
        self._stages, self._controls, self._stats = stages, controls, stats
        self._sinks = list(stages.sinks)
        self._shutter = Shutter()

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Raises SourceError, or SinkError when no sink is left; an engine's failure closes the shutter instead."""
        self._stats.restart_clock()
        while not should_stop():
            try:
                frame = self._stages.source.read(WAIT_S)
            except EndOfSource:
                return
            if frame is None:
                info, background = self._stages.source.info, self._stages.background(self._controls.settings)
                self._write(Composite(background.standby(info.height, info.width)), to_live_only=True)
            else:
                self.step(frame)

    def step(self, frame: Frame) -> None:
        """One frame: its composite, or the standby picture where it has no valid matte, to every sink."""
        settings, stats, stages = self._controls.settings, self._stats, self._stages
        began_s = time.perf_counter()
        background = stages.background(settings)
        composite = self._valid_composite(frame, settings, background)
        if composite is None:
            composite = Composite(background.standby(frame.height, frame.width), frame)
            stats.standby_frames += 1
        with stats.time("output"):
            self._write(composite)
        stats.dropped = stages.source.dropped
        stats.frame_done(frame.captured_at_s, time.perf_counter() - began_s)
        stages.govern(settings)

    def _valid_composite(self, frame: Frame, settings: Settings, background: Background) -> Composite | None:
        """The journey's composite of this frame, or None when the frame has no matte that may be used."""
        composite, fault = None, ""
        try:
            composite = self._stages.journey.composite(frame, settings, background)
        except ModelError as failure:
            fault = str(failure)
        return composite if self._shutter.lets_through(fault) else None

    def _write(self, composite: Composite, to_live_only: bool = False) -> None:
        """To every sink; one that fails is left behind and said once, the last one that fails ends the loop."""
        for sink in [each for each in self._sinks if each.is_live or not to_live_only]:
            try:
                sink.write(composite)
            except SinkError as failure:
                self._sinks.remove(sink)
                self._stats.failures.append(failure)
                if not self._sinks:
                    raise
                log.error("%s; going on without it", failure)


def show_standby(sinks: Sequence[FrameSink], background: Background, info: SourceInfo) -> None:
    """Before the first frame: those who watch see the background alone; nothing is recorded. Raises SinkError."""
    card = Composite(background.standby(info.height, info.width))
    for sink in sinks:
        if sink.is_live:
            sink.write(card)
