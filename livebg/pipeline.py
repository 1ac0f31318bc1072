"""The loop around a frame's journey: source → journey → sinks, with the shutter between. Main thread.

Knows the vocabulary and the order; every part that needs a device, a library or a file is handed in by app.py.
Nothing is created here that must be closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from livebg.controls import Controls
from livebg.errors import ModelError, SinkError
from livebg.scene.shutter import Shutter
from livebg.settings import Settings
from livebg.stages import Background, Composite, EndOfSource, Frame, FrameSink, FrameSource, SourceInfo
from livebg.stats import Stats
from livebg.tickets import Journey, Ticket

log = logging.getLogger(__name__)

WAIT_S = 0.5  # without a new frame for this long, live sinks get the standby picture


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts in order of travel; app.py owns their lifetimes."""

    source: FrameSource
    journey: Journey
    background: Callable[[Settings], Background]
    sinks: Sequence[FrameSink]


class Begun(NamedTuple):
    """A frame on its journey, and when that began, performance counter."""

    ticket: Ticket
    began_s: float


class Pipeline:
    """Takes frames from the source to the sinks until the source ends or `should_stop()` says so."""

    def __init__(self, stages: Stages, controls: Controls, stats: Stats) -> None:
        self._stages, self._controls, self._stats = stages, controls, stats
        self._sinks = list(stages.sinks)
        self._shutter = Shutter()

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Raises SourceError, or SinkError when no sink is left; an engine's failure closes the shutter instead."""
        self._stats.restart_clock()
        under_way: Begun | None = None
        while not should_stop():
            try:
                # While a frame is under way on a GPU, the next is begun only if it is here already: nothing waits.
                frame = self._stages.source.read(0.0 if under_way else WAIT_S)
            except EndOfSource:
                break
            if frame is None and under_way is None:
                info, background = self._stages.source.info, self._stages.background(self._controls.settings)
                self._write(Composite(background.standby(info.height, info.width)), to_live_only=True)
            begun = self._begin(frame) if frame is not None else None
            if under_way is not None:
                self._finish(under_way)
            under_way = begun if self._stages.journey.is_asynchronous else None
            if begun is not None and under_way is None:
                self._finish(begun)
        if under_way is not None:
            self._finish(under_way)

    def _begin(self, frame: Frame) -> Begun:
        settings, began_s = self._controls.settings, time.perf_counter()
        return Begun(self._stages.journey.begin(frame, settings, self._stages.background(settings)), began_s)

    def _finish(self, begun: Begun) -> None:
        """The frame's composite, or the standby picture where it has no valid matte, to every sink."""
        ticket = begun.ticket
        settings, stats, stages, frame = self._controls.settings, self._stats, self._stages, ticket.frame
        composite = self._valid_composite(ticket)
        if composite is None:
            composite = Composite(stages.background(settings).standby(frame.height, frame.width), frame)
            stats.standby_frames += 1
        with stats.time("output"):
            self._write(composite)
        stats.dropped = stages.source.dropped
        stats.frame_done(frame.captured_at_s, time.perf_counter() - begun.began_s)
        stages.journey.govern(settings)

    def _valid_composite(self, ticket: Ticket) -> Composite | None:
        """The journey's composite of this frame, or None when the frame has no matte that may be used."""
        composite, fault = None, ""
        try:
            composite = ticket.finish()
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
