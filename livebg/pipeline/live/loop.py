"""The loop: the next result → output gate → sinks; viewers always get a picture, whatever happens.

Main thread. The processing thread (worker.py, supervisor.py) makes the results. run.py passes in every part that needs
a device, a library or a file; this file creates nothing that must be closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from livebg.core.errors import SinkError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.threads import Closed
from livebg.core.types import Composite, FrameSink, FrameSource, Result, SourceInfo
from livebg.media.video.layers import as_bgr
from livebg.pipeline.live.feed import Feed
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.status import State
from livebg.pipeline.live.supervisor import Supervisor
from livebg.scene.output_gate import OutputGate

log = logging.getLogger(__name__)

GAP_S = 0.25  # without a new frame for this long, viewers get the last composite again, then the standby image
SLOWEST_FPS, FASTEST_FPS = 10.0, 60.0  # of the standby image
LOOK_S = 0.05  # while nobody watches: how often it checks whether somebody does
RESTING_S = 0.5  # and how often it writes the standby image, so that programs keep the camera in their lists


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts in order of travel; run.py owns their lifetimes. level_db: the microphone's, if there is one."""

    source: FrameSource
    pictures: Supervisor
    gate: OutputGate
    outputs: LiveOutputs
    level_db: Callable[[], float] | None = None


class Pipeline:
    """Brings the results of the source's frames to the sinks, until the source ends or `should_stop()` returns True."""

    def __init__(self, stages: Stages, controls: LiveSettings, stats: Stats, feed: Feed | None = None) -> None:
        """feed: for who asks to see what the outputs get; the camera is on for it, too."""
        self._stages, self._controls, self._stats = stages, controls, stats
        self._feed = feed or Feed(controls)
        fps = stages.source.info.fps or 30.0
        self._period_s = 1 / min(FASTEST_FPS, max(SLOWEST_FPS, fps))
        self._is_resting = self._is_waiting = False
        self._standby_at_s = float("-inf")

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Raises SourceError, the failure to open the first engine, and SinkError when no sink is left and the user has
        switched none.

        An engine that fails later raises nothing: the gate closes.
        """
        self._show_meanwhile()
        while not should_stop():
            try:
                if self._rests():
                    self._stages.pictures.next(LOOK_S)  # drops a result made before the rest began: nobody may see it
                    continue
                result = self._stages.pictures.next(self._period_s if self._is_waiting else GAP_S)
            except Closed:
                break
            self._is_waiting = result is None
            if result is None:
                self._show_meanwhile()
            else:
                self._show(result)

    @property
    def state(self) -> tuple[State, str]:
        """What viewers see now, and why it is not the user."""
        return self._state(self._controls.settings)

    def _state(self, settings: Settings) -> tuple[State, str]:
        if settings.hide:
            return "hidden", ""
        if self._is_resting:
            return "resting", "nobody watches"
        if self._stages.gate.fault or not self._stats.frames:
            return "standby", self._stages.gate.fault or "livebg is preparing"
        if self._is_waiting:
            return "standby", "no frame comes from the source"
        return "live", "--show-camera: every output shows the room" if settings.show_camera else ""

    @property
    def engine(self) -> str:
        """The matting engine, once it is open."""
        return self._stages.pictures.description

    @property
    def source(self) -> SourceInfo:
        """Of the frames."""
        return self._stages.source.info

    @property
    def sinks(self) -> tuple[FrameSink, ...]:
        """Those that take frames now."""
        return self._stages.outputs.sinks

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the sinks."""
        return tuple(each.name for each in self.sinks)

    def _show(self, result: Result) -> None:
        """Writes the frame's composite, or its replacement, to every sink."""
        stats, frame, began_s = self._stats, result.frame, time.perf_counter()
        settings, gate = self._controls.settings, self._stages.gate
        shown = gate.for_frame(result, settings, time.monotonic())
        stats.standby_frames += not gate.is_open
        with stats.time("output"):
            self._write(shown)
            self._feed.give(shown, self._state(settings)[0], is_own=gate.is_open and not settings.hide)
        stats.dropped = self._stages.pictures.dropped
        stats.frame_done(frame.captured_at_s, result.busy_s + time.perf_counter() - began_s)

    def _show_meanwhile(self) -> None:
        settings = self._controls.settings
        shown = self._stages.gate.meanwhile(settings, time.monotonic())
        self._write(shown, to_live_only=True)
        self._feed.give(shown, self._state(settings)[0], is_own=False)

    def _rests(self) -> bool:
        """Whether nobody watches: then it releases the camera and only writes the standby image now and then."""
        is_watched = any(sink.is_watched for sink in self.sinks) or self._feed.is_asked
        rests = self._stages.source.info.can_rest and not is_watched and not self._controls.settings.always_on
        if rests != self._is_resting:
            self._is_resting = rests
            self._stages.source.rest(rests)
            log.info("nobody watches: the camera is off" if rests else "somebody watches: the camera is on")
        if rests and time.monotonic() - self._standby_at_s >= RESTING_S:
            self._standby_at_s = time.monotonic()
            self._show_meanwhile()
        return rests

    def _write(self, composite: Composite, to_live_only: bool = False) -> None:
        """Writes to every sink; one that fails is logged and removed. Raises as LiveOutputs.drop()."""
        in_bgr: Composite | None = None
        for sink in [each for each in self.sinks if each.is_live or not to_live_only]:
            shown = composite
            if composite.image.ndim == 2 and sink.reads != "i420":  # switched on after a GPU began to make I420
                shown = in_bgr = in_bgr or as_bgr(composite)
            try:
                sink.write(shown)
            except SinkError as failure:
                self._stats.failures.append(failure)
                self._stages.outputs.drop(sink, failure)
