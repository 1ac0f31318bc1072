"""What a user may do to a running livebg: by a key, a signal, or `livebg ctl`; and what it says about itself.

Main thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

from livebg.core.errors import SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.option import did_you_mean, from_text, seen
from livebg.core.settings import OPTIONS, TYPES, Settings, option_name
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.requests import ACTIONS
from livebg.sinks.recording.session import RecordingSession

log = logging.getLogger(__name__)

State = Literal["live", "hidden", "resting", "standby"]


@dataclass(frozen=True, slots=True)
class Status:
    """A running livebg at one moment.

    why: of a standby image or a rest. fps, latency_ms (its median), age_p95_ms: of the last 30 s at most. watchers: the
    applications that read the virtual camera, as far as known. size: "WxH" of the source. recording: file, seconds,
    bytes and is_paused of the newest one. level_db: of the microphone over 0.2 s, dBFS. can_switch: where (an output)
    and is_on of each. preset: '' where none is on, or the settings have changed since. preset_waits: its options that
    apply at the next start.
    """

    state: State
    why: str
    fps: float
    latency_ms: float
    engine: str
    background: str
    outputs: tuple[str, ...]
    is_recording_paused: bool
    last_error: str
    watchers: tuple[str, ...] = ()
    age_p95_ms: float = 0.0
    camera: str = ""
    size: str = ""
    recording: dict[str, Any] | None = None
    level_db: float | None = None
    engine_reason: str = ""
    can_switch: tuple[dict[str, Any], ...] = ()
    hidden: bool = False
    preset: str = ""
    preset_waits: tuple[str, ...] = ()

    def short(self) -> str:
        """A few words, for a bar."""
        return f"{self.state} {self.fps:.0f} fps" if self.state == "live" else self.state

    def lines(self) -> list[str]:
        """For people."""
        why = f": {self.why}" if self.why else ""
        waits = f"; at the next start: {', '.join(self.preset_waits)}" if self.preset_waits else ""
        return [
            f"{self.state}{why}",
            f"{self.fps:.1f} frames a second, the picture is {self.latency_ms:.0f} ms old",
            f"engine: {self.engine}",
            f"background: {self.background}",
            *([f"preset: {self.preset}{waits}"] if self.preset else []),
            f"outputs: {', '.join(self.outputs)}{', recordings paused' if self.is_recording_paused else ''}",
            *([f"last error: {self.last_error}"] if self.last_error else []),
        ]


class Actions:
    """By name. status: the present one."""

    def __init__(
        self,
        controls: LiveSettings,
        stopping: threading.Event,
        session: RecordingSession,
        status: Callable[[], Status],
        presets: PresetSwitch | None = None,
    ) -> None:
        usual = controls.settings
        self._presets = presets or PresetSwitch(controls, lambda: usual)
        self._controls, self._stopping, self._session, self._status = controls, stopping, session, status
        self._named: Mapping[str, Callable[[float], None]] = {
            "quit": lambda _: stopping.set(),
            "pause": session.toggle_pause,
            "marker": session.mark,
            "hide-or-show": lambda _: self._hide(not controls.settings.hide),
            "hide": lambda _: self._hide(True),
            "show": lambda _: self._hide(False),
            "blur": lambda _: self._blur(),
            "next-background": lambda _: self._next_background(),
        }
        self._keys = {f"preset-{key}": partial(self._presets.press, key) for key in range(1, 10)}

    def do(self, action: str, at_s: float | None = None) -> None:
        """One without a value. at_s: its time, monotonic clock; None: now."""
        if action in self._keys:
            self._keys[action]()
        else:
            self._named[action](at_s or time.monotonic())

    def command(self, action: str, values: tuple[str, ...]) -> dict[str, Any]:
        """Does what another program asks for; the status afterwards. Raises SettingsError."""
        if not any(each.name == action and each.takes(values) for each in ACTIONS):
            raise SettingsError(f"{seen(' '.join((action, *values)))} is no action; there are {', '.join(self.words)}")
        if action == "background":
            self._controls.propose(background=values[0])
        elif action == "preset":
            self._presets.apply(values[0])
        elif action == "set":
            name = values[0].removeprefix("--").replace("-", "_")
            if name not in OPTIONS:
                raise SettingsError(f"there is no setting {seen(values[0])}{did_you_mean(name, OPTIONS)}")
            value = from_text(option_name(name), OPTIONS[name], TYPES[name], values[1])
            self._controls.propose(**{name: value})
        elif action in self._named:
            self.do(action)
        return asdict(self._status())

    @property
    def words(self) -> list[str]:
        """Every action, with its values."""
        return [each.words for each in ACTIONS]

    def _hide(self, is_hidden: bool) -> None:
        if is_hidden != self._controls.settings.hide:
            self._controls.propose(hide=is_hidden)
            log.info("you are hidden: every output shows the standby image" if is_hidden else "you are shown again")

    def _blur(self) -> None:
        is_blurred = self._controls.settings.background.startswith("blur")
        self._controls.propose(background=Settings().background if is_blurred else "blur")

    def _next_background(self) -> None:
        from livebg.scene.backgrounds.catalog import list_backgrounds

        settings = self._controls.settings
        names = [each.name for each in list_backgrounds(settings.background_folder)]
        position = names.index(settings.background) + 1 if settings.background in names else 0
        self._controls.propose(background=names[position % len(names)])
