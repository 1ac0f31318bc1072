"""Which preset a run has, and how it gets another one: by hand, or by the times in the presets' files.

With a preset, a run has its usual settings (file and command line) and the preset's over them; a change is one
proposal, all or nothing. Who is hidden stays hidden. A choice by hand holds until the schedule's next change. Main
thread; name and waiting from any.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import OPTIONS, Settings, change, option_name
from livebg.pipeline.presets import (
    NEVER,
    OFF,
    SUFFIX,
    Preset,
    list_presets,
    load_preset,
    names,
    presets_folder,
)
from livebg.pipeline.schedule import Span, scheduled
from livebg.scene.backgrounds import find_background, is_none
from livebg.scene.backgrounds.selector import check_background

log = logging.getLogger(__name__)

LOOK_S = 1.0  # from one look at the clock and at the presets' files to the next


class PresetSwitch:
    """usual: the settings without a preset, read anew for each change. name: the preset of the start, '' for none.

    is_chosen: the user named that one, so that the schedule does not replace it at once. now, clock: the local time,
    and the seconds that pass.
    """

    def __init__(
        self,
        controls: LiveSettings,
        usual: Callable[[], Settings],
        name: str = "",
        is_chosen: bool = False,
        now: Callable[[], datetime] = datetime.now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._controls, self._usual, self._now, self._clock = controls, usual, now, clock
        self._name, self._given = name, _as_given(controls.settings)
        self._waiting: tuple[str, ...] = ()
        self._schedule = Schedule()
        self._scheduled = None if is_chosen else name
        self._looked_s = clock()

    @property
    def name(self) -> str:
        """The preset that is on; '' where there is none, the settings have changed since, or its file is gone."""
        if not self._name or _as_given(self._controls.settings) != self._given:
            return ""
        return self._name if (presets_folder() / f"{self._name}{SUFFIX}").exists() else ""

    @property
    def waiting(self) -> tuple[str, ...]:
        """Options of the preset that is on which apply at the next start."""
        return self._waiting if self.name else ()

    def apply(self, name: str) -> None:
        """Puts this preset on, or OFF. Raises LivebgError, and changes nothing then."""
        preset, wanted = self._with(name)
        present = self._controls.settings
        find_background(wanted)
        changed = {each: getattr(wanted, each) for each in OPTIONS if getattr(wanted, each) != getattr(present, each)}
        live = {each: value for each, value in changed.items() if OPTIONS[each].is_live and each not in NEVER}
        if is_none(wanted) != is_none(present):
            del live["background"]  # other outputs are necessary
        self._given = _as_given(self._controls.propose(**live))
        self._name = preset.name
        self._waiting = tuple(option_name(each) for each in preset.values if each in changed and each not in live)
        waits = f"; at the next start: {', '.join(self._waiting)}" if self._waiting else ""
        log.info("preset: %s%s", preset.name or OFF, waits)

    def check(self, name: str) -> None:
        """Opens its background, which apply() does not wait for. Any thread. Raises LivebgError."""
        wanted, present = self._with(name)[1], self._controls.settings
        if is_none(wanted) == is_none(present) and wanted.background != present.background:
            check_background(wanted, present)

    def _with(self, name: str) -> tuple[Preset, Settings]:
        """This preset, or OFF, and the usual settings with it. Raises LivebgError."""
        preset = Preset("") if name == OFF else load_preset(name)
        return preset, change(self._usual(), preset.values)

    def press(self, key: int) -> None:
        """The preset of the window's key, 1 to 9. Raises as apply()."""
        known = names()
        if key > len(known):
            raise SettingsError(f"key {key} has no preset; there are {len(known)}: livebg preset lists them")
        self.apply(known[key - 1])

    def follow(self) -> None:
        """Puts on what the schedule wants, where that has changed. Looks every LOOK_S at most."""
        if self._clock() - self._looked_s < LOOK_S:
            return
        self._looked_s = self._clock()
        wanted = self._schedule.wanted(self._now()) if self._controls.settings.schedule else ""
        if self._scheduled is None:
            self._scheduled = wanted
        if wanted == self._scheduled:
            return
        ended, self._scheduled = self._scheduled, wanted
        if not wanted and self._name != ended:  # by hand there is another one meanwhile
            return
        try:
            self.apply(wanted or OFF)
        except LivebgError as failure:
            log.warning("%s; the settings stay as they were", failure)


class Schedule:
    """The times in the presets' files, read again when a file has changed."""

    def __init__(self) -> None:
        self._stamps: list[tuple[str, int, int]] | None = None
        self._spans: list[tuple[str, tuple[Span, ...]]] = []
        self._said: list[str] = []

    def wanted(self, now: datetime) -> str:
        """The preset that is due at this local time, '' for none."""
        stamps = _stamps()
        if stamps != self._stamps:
            self._stamps = stamps
            try:
                presets = list_presets()
            except LivebgError as failure:
                presets = [Preset("", fault=str(failure))]
            self._spans = [(each.name, each.spans) for each in presets if each.spans]
            faults = [each.fault for each in presets if each.fault]
            for each in faults:
                if each not in self._said:
                    log.warning("%s; its times do not count", each)
            self._said = faults
        return scheduled(self._spans, now)


def _stamps() -> list[tuple[str, int, int]]:
    """What changes with the presets' files: name, time of the last change, size."""
    found = list[tuple[str, int, int]]()
    with suppress(OSError), os.scandir(presets_folder()) as entries:
        for each in entries:
            if each.name.endswith(SUFFIX):
                about = each.stat()
                found.append((each.name, about.st_mtime_ns, about.st_size))
    return sorted(found)


def _as_given(settings: Settings) -> Settings:
    """Without what no preset changes."""
    usual = Settings()
    return replace(settings, **{each: getattr(usual, each) for each in NEVER})
