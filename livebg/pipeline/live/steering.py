"""What steers a run beside its frames: settings file, signals, presets, other programs; and when the run is over.

Main thread, but for what other programs ask.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from livebg.core.errors import LivebgError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.settings_file import SettingsFile
from livebg.core.stats import Stats
from livebg.pipeline.live.actions import Actions
from livebg.pipeline.live.answers import described, status_of
from livebg.pipeline.live.feed import Feed
from livebg.pipeline.live.hidden_mark import HiddenMark
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.remote import Look, Remote
from livebg.pipeline.live.requests import openapi
from livebg.pipeline.live.status import Status
from livebg.pipeline.signals import Signals
from livebg.sinks.recording.session import RecordingSession

if TYPE_CHECKING:
    from livebg.pipeline.live.loop import Pipeline, Stages


class Steering:
    """Of one run; its arguments are those of run.run(). It answers other programs from begin() on."""

    def __init__(
        self,
        settings: Settings,
        outputs: LiveOutputs,
        stats: Stats,
        signals: Signals,
        file: SettingsFile | None,
        is_steered: bool,
        stop: threading.Event | None,
        presets: Callable[[LiveSettings], PresetSwitch] | None,
    ) -> None:
        from livebg.pipeline.live.previews import Previews

        self._settings, self._stats, self._signals, self._file = settings, stats, signals, file
        self._is_steered, self._stop, self._has_presets = is_steered, stop, presets is not None
        self.controls, self.session, self.outputs = LiveSettings(settings), RecordingSession(), outputs
        self.feed, self._mark = Feed(self.controls), HiddenMark()
        self._presets = PresetSwitch(self.controls, lambda: settings) if presets is None else presets(self.controls)
        self.actions = Actions(self.controls, signals.stopping, self.session, outputs, self._status, self._presets)
        looks: dict[str, Look] = {
            "/status": lambda: asdict(self._status()),
            "/settings": lambda: described(self.controls.settings),
            "/openapi.json": lambda: openapi(Status),
        }
        self.remote = Remote(looks, Previews(self.feed, self.controls).picture, check=self.actions.check)
        self._running: tuple[Pipeline, Stages] | None = None

    def begin(self, loop: Pipeline, stages: Stages) -> None:
        """All is open, and the loop begins."""
        self._running = loop, stages

    def is_stopped(self) -> bool:
        """Whether somebody has stopped the run."""
        return self._signals.stopping.is_set() or (self._stop is not None and self._stop.is_set())

    def is_over(self) -> bool:
        """Does what waits, then says whether the run ends; after begin(), between two frames."""
        if self._file is not None:
            self._file.look(self.controls, self._signals.take_reload())
        for action, at_s in self._signals.take_actions():
            self.actions.do(action, at_s)
        if self._has_presets:
            self._presets.follow()
        self.outputs.look()
        self.remote.serve(self._command)
        self._follow_mark()
        self._stats.unwritten = self.session.left_out
        return self._is_late() or self.is_stopped()

    def end(self) -> None:
        """A regular end: who hid does not stay hidden."""
        self._mark.follow(False)

    def _is_late(self) -> bool:
        assert self._running is not None
        ready_at_s = self._running[1].pictures.ready_at_s
        seconds = self._settings.seconds
        return bool(seconds and ready_at_s and time.monotonic() >= ready_at_s + seconds)

    def _status(self) -> Status:
        """Any thread. Raises LivebgError before begin()."""
        if self._running is None:
            raise LivebgError("livebg is starting; ask again in a moment")
        loop, stages = self._running
        settings = self.controls.settings
        seen = status_of(loop, settings, self._stats, self.session, self.outputs, stages.level_db)
        return replace(seen, preset=self._presets.name, preset_waits=self._presets.waiting)

    def _command(self, action: str, values: tuple[str, ...]) -> dict[str, Any] | Future[None]:
        """As Actions.command. The mark is there before the answer: whoever reads that nobody sees them relies on it."""
        answer = self.actions.command(action, values)
        self._follow_mark()
        return answer

    def _follow_mark(self) -> None:
        self._mark.follow(self._is_steered and self.controls.settings.hide)
