"""What a user may do to a running livebg: by a key, a signal, or `livebg ctl`. Main thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from functools import partial
from typing import Any

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.option import did_you_mean, seen
from livebg.core.settings import Settings, change, setting_from
from livebg.pipeline.live.outputs import LiveOutputs, say_failure
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.requests import ACTIONS
from livebg.pipeline.live.status import Status
from livebg.scene.backgrounds.selector import check_background
from livebg.sinks.recording.session import RecordingSession

log = logging.getLogger(__name__)


class Actions:
    """By name. status: the present one."""

    def __init__(
        self,
        controls: LiveSettings,
        stopping: threading.Event,
        session: RecordingSession,
        outputs: LiveOutputs,
        status: Callable[[], Status],
        presets: PresetSwitch,
    ) -> None:
        self._controls, self._status, self._presets = controls, status, presets
        self._before_blur = ""
        self._named: Mapping[str, Callable[[float], Future[None] | None]] = {
            **{f"preset-{key}": partial(self._press, key) for key in range(1, 10)},
            "quit": lambda _: stopping.set(),
            "pause": session.toggle_pause,
            "marker": session.mark,
            "hide-or-show": lambda _: self._hide(not controls.settings.hide),
            "hide": lambda _: self._hide(True),
            "show": lambda _: self._hide(False),
            "blur": lambda _: self._blur(),
            "next-background": lambda _: self._next_background(),
            "record-stop": lambda _: outputs.stop_recording(),
            "record-or-stop": lambda _: outputs.record() if outputs.recording is None else outputs.stop_recording(),
        }
        self._valued: Mapping[str, Callable[..., Future[None] | None]] = {
            "background": lambda what: self._change(background=what),
            "set": lambda name, value: self._change(**setting_from(name, value)),
            "preset": presets.apply,
            "record": outputs.record,
            "output-on": outputs.switch_on,
            "output-off": outputs.switch_off,
        }

    def do(self, action: str, at_s: float | None = None) -> None:
        """One without a value, for who sees only the log. at_s: its time, monotonic clock; None: now."""
        try:
            done = self._named[action](at_s or time.monotonic())
        except LivebgError as failure:
            log.warning("%s", failure)
            return
        if done is not None:
            done.add_done_callback(say_failure)

    def command(self, action: str, values: tuple[str, ...]) -> dict[str, Any] | Future[None]:
        """Does what another program asks for; the status afterwards, or what will be done then. Raises LivebgError."""
        known = next((each for each in ACTIONS if each.name == action), None)
        if known is None:
            names = ", ".join(each.words for each in ACTIONS)
            near = did_you_mean(action, [each.name for each in ACTIONS]) or f"; there are {names}"
            raise SettingsError(f"{seen(action)} is no action{near}")
        if not known.takes(values):
            raise SettingsError(f"{seen(' '.join((action, *values)))} does not fit; say it so: {known.words}")
        done = None
        if action in self._valued:
            done = self._valued[action](*values)
        elif action in self._named:
            done = self._named[action](time.monotonic())
        return asdict(self._status()) if done is None else done

    def check(self, action: str, values: tuple[str, ...]) -> None:
        """Looks at a value that only its use would show to be wrong: a background, or a preset's. Any thread; may take
        as long as opening it. Raises LivebgError."""
        if action == "preset" and len(values) == 1:
            self._presets.check(values[0])
        is_named = action == "background" or (action == "set" and values[:1] in (("background",), ("--background",)))
        if is_named and values:
            check_background(change(self._controls.settings, {"background": values[-1]}), self._controls.settings)

    def _change(self, **values: Any) -> None:
        self._controls.propose(**values)

    def _press(self, key: int, _: float) -> None:
        self._presets.press(key)

    def _hide(self, is_hidden: bool) -> None:
        if is_hidden != self._controls.settings.hide:
            self._controls.propose(hide=is_hidden)
            log.info("you are hidden: every output shows the standby image" if is_hidden else "you are shown again")

    def _blur(self) -> None:
        background = self._controls.settings.background
        if background.startswith("blur"):
            self._controls.propose(background=self._before_blur or Settings().background)
        else:
            self._before_blur = background
            self._controls.propose(background="blur")

    def _next_background(self) -> None:
        from livebg.scene.backgrounds.catalog import list_backgrounds

        settings = self._controls.settings
        names = [each.name for each in list_backgrounds(settings.background_folder)]
        position = names.index(settings.background) + 1 if settings.background in names else 0
        self._controls.propose(background=names[position % len(names)])
