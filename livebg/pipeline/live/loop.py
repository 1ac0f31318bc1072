"""The loop: the next outcome → shutter → sinks; those who watch get a picture at every moment, whatever happens.

Main thread. The processor runs in a thread of its own (supervisor.py). Every part that needs a device, a library or
a file is handed in by app.py; nothing is created here that must be closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livebg.core.errors import SinkError
from livebg.core.live_settings import Controls
from livebg.core.stats import Stats
from livebg.core.threads import Closed
from livebg.core.types import Composite, FrameSink, FrameSource, Result
from livebg.pipeline.live.supervisor import Supervisor
from livebg.scene.output_gate import OutputGate

log = logging.getLogger(__name__)

GAP_S = 0.25  # without a new frame for this long, those who watch get the last composite again, then the card
SLOWEST_FPS, FASTEST_FPS = 10.0, 60.0  # of the card
LOOK_S = 0.05  # while nobody watches: how often it is asked whether somebody does
RESTING_S = 0.5  # and how often the card is written, so that programs keep the camera in their lists


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts in order of travel; app.py owns their lifetimes."""

    source: FrameSource
    pictures: Supervisor
    shutter: OutputGate
    sinks: Sequence[FrameSink]


class Pipeline:
    """Takes what was made of the source's frames to the sinks, until the source ends or `should_stop()` says so."""

    def __init__(self, stages: Stages, controls: Controls, stats: Stats) -> None:
        self._stages, self._controls, self._stats = stages, controls, stats
        self._sinks = list(stages.sinks)
        fps = stages.source.info.fps or 30.0
        self._period_s = 1 / min(FASTEST_FPS, max(SLOWEST_FPS, fps))
        self._is_resting = self._is_waiting = False
        self._carded_s = float("-inf")

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Raises SourceError, or SinkError when no sink is left; an engine's failure closes the shutter instead."""
        self._show_meanwhile()
        while not should_stop():
            try:
                if self._rests():
                    self._stages.pictures.next(LOOK_S)  # made of a frame from before the rest: nobody is to see it
                    continue
                outcome = self._stages.pictures.next(self._period_s if self._is_waiting else GAP_S)
            except Closed:
                break
            self._is_waiting = outcome is None
            if outcome is None:
                self._show_meanwhile()
            else:
                self._show(outcome)

    def _show(self, outcome: Result) -> None:
        """The frame's composite, or what stands for it, to every sink."""
        stats, frame, began_s = self._stats, outcome.frame, time.perf_counter()
        shown = self._stages.shutter.for_frame(outcome, self._controls.settings, time.monotonic())
        stats.standby_frames += not self._stages.shutter.is_open
        with stats.time("output"):
            self._write(shown)
        stats.dropped = self._stages.pictures.dropped
        stats.frame_done(frame.captured_at_s, outcome.busy_s + time.perf_counter() - began_s)

    def _show_meanwhile(self) -> None:
        self._write(self._stages.shutter.meanwhile(time.monotonic()), to_live_only=True)

    def _rests(self) -> bool:
        """Whether nobody watches: then the camera is given back and only the card is written, now and then."""
        is_watched = any(sink.is_watched for sink in self._sinks)
        rests = self._stages.source.info.can_rest and not is_watched and not self._controls.settings.always_on
        if rests != self._is_resting:
            self._is_resting = rests
            self._stages.source.rest(rests)
            log.info("nobody watches: the camera is off" if rests else "somebody watches: the camera is on")
        if rests and time.monotonic() - self._carded_s >= RESTING_S:
            self._carded_s = time.monotonic()
            self._show_meanwhile()
        return rests

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
