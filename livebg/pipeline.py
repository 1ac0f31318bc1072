"""The journey of one frame, and the loop around it. Main thread.

Knows the vocabulary and the order of the stages; every stage that needs a device, a library or a file is handed in
by app.py. Nothing is created here that must be closed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from livebg.controls import Controls
from livebg.errors import ModelError, SinkError
from livebg.scene.compose import cut_out, over
from livebg.scene.shutter import Shutter, fault_of
from livebg.settings import Settings
from livebg.stages import (
    Alpha,
    Background,
    Composite,
    EndOfSource,
    Frame,
    FrameSink,
    FrameSource,
    Matte,
    Matter,
    SourceInfo,
)
from livebg.stats import Stats

log = logging.getLogger(__name__)

WAIT_S = 0.5  # without a new frame for this long, live sinks get the standby picture


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts of the journey in order of travel; app.py owns their lifetimes."""

    source: FrameSource
    matter: Matter
    smooth: Callable[[Alpha, Frame, float], Alpha]
    enlarge: Mapping[str, Callable[[Matte, Frame], Matte]]  # by settings.edges
    background: Callable[[Settings], Background]
    sinks: Sequence[FrameSink]


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
        """One frame's journey."""
        settings, stats, stages = self._controls.settings, self._stats, self._stages
        background = stages.background(settings)
        with stats.time("matte"):
            alpha = self._valid_matte(frame)
        if alpha is None:
            composite = Composite(background.standby(frame.height, frame.width), frame)
            stats.standby_frames += 1
        else:
            with stats.time("smooth"):
                steady = stages.smooth(alpha, frame, settings.smoothing)
            with stats.time("edges"):
                full = stages.enlarge[settings.edges](steady.values, frame)
            with stats.time("background"):
                picture = background.picture(frame, full)
            with stats.time("compose"):
                image = cut_out(frame.image, full) if background.is_transparent else over(frame.image, full, picture)
            composite = Composite(image, frame, full, background.is_transparent)
        with stats.time("output"):
            self._write(composite)
        stats.dropped = stages.source.dropped
        stats.frame_done(frame.captured_at_s)

    def _valid_matte(self, frame: Frame) -> Alpha | None:
        """The engine's matte of this frame, or None when there is none that may be used."""
        try:
            alpha = self._stages.matter.matte(frame)
            fault = fault_of(alpha, frame)
        except ModelError as failure:
            fault = str(failure)
        return alpha if self._shutter.lets_through(fault) else None

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
