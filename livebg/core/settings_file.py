"""The settings file: read at the start, and followed while livebg runs, when it is saved or on SIGHUP.

What the file changed since it was read last is proposed, so that what a key changed meanwhile stays. A file that is
not valid is kept out, said once, and the last good settings stay. Main thread, from the loop.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livebg.core.errors import SettingsError
from livebg.core.live_settings import Controls
from livebg.core.settings import OPTIONS, Settings, change, option_name
from livebg.core.toml_file import read_toml

log = logging.getLogger(__name__)

LOOK_S = 1.0


def load_file(path: Path) -> dict[str, Any]:
    """The values a TOML settings file gives, by setting name (dashes or underscores). Raises SettingsError."""
    known = {name.replace("-", "_"): value for name, value in read_toml(path).items()}
    try:
        change(Settings(), known)
    except SettingsError as cause:
        raise SettingsError(f"settings file {path}: {cause}") from cause
    return known


class SettingsFile:
    """path: of the settings file, which need not exist; read: the settings as the file and the command line give them
    now, raises SettingsError."""

    def __init__(self, path: Path, read: Callable[[], Settings], now: Settings) -> None:
        self.path, self._read = path, read
        self._newest = now
        self._seen, self._looked_s = self._stamp(), time.monotonic()

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            about = self.path.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino

    def look(self, controls: Controls, is_asked: bool) -> None:
        """Adopt what has changed; is_asked: now and in any case, else about once a second where the file was saved."""
        now_s = time.monotonic()
        if not is_asked and now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        stamp = self._stamp()
        if stamp == self._seen and not is_asked:
            return
        self._seen = stamp
        try:
            wanted = self._read()
        except SettingsError as failure:
            log.warning("%s; the settings stay as they were", failure)
            return
        self._adopt(wanted, controls)

    def _adopt(self, wanted: Settings, controls: Controls) -> None:
        changed = {
            name: getattr(wanted, name) for name in OPTIONS if getattr(wanted, name) != getattr(self._newest, name)
        }
        self._newest = wanted
        live = {name: value for name, value in changed.items() if OPTIONS[name].is_live}
        later = [option_name(name) for name in changed if name not in live]
        try:
            controls.propose(**live)
        except SettingsError as failure:  # with what a key has changed meanwhile
            log.warning("%s; the settings stay as they were", failure)
            return
        if live:
            log.info("settings read again: %s", ", ".join(f"{option_name(name)} {live[name]}" for name in live))
        if later:
            log.warning("%s: changed in the settings file, applies at the next start", ", ".join(later))
        if not changed:
            log.info("settings read again: nothing has changed")
