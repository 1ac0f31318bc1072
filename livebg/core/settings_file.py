"""Reads the settings file at the start, and again during the run when the user saves it or on SIGHUP.

It proposes only what changed in the file since the last reading, so that changes by keys stay. The file is untrusted:
whatever its content, the result is values or a SettingsError. The loop logs an invalid file once and keeps the last
good settings. Main thread, from the loop.
"""

from __future__ import annotations

import logging
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livebg.core.errors import SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import OPTIONS, Settings, change, option_name

log = logging.getLogger(__name__)

LOOK_S = 1.0
NEXT_STEP = "correct that place, or name another file"
LARGEST_BYTES = 64_000  # a file with all settings and a comment for each has a tenth of that
LONGEST_LINE_BYTES = 4_000  # a key of a.a.a.... takes memory by the square of its length: 40 GB for 100 kB


def load_file(path: Path) -> dict[str, Any]:
    """The values in a TOML settings file, by setting name (dashes or underscores). Raises SettingsError."""
    known = {name.replace("-", "_"): value for name, value in read_toml(path).items()}
    try:
        change(Settings(), known)
    except SettingsError as cause:
        raise SettingsError(f"settings file {path}: {cause}") from cause
    return known


class SettingsFile:
    """path: of the settings file, which need not exist; read(): the current settings from the file and the command
    line, raises SettingsError; look_s: from one look at the file to the next."""

    def __init__(self, path: Path, read: Callable[[], Settings], now: Settings, look_s: float = LOOK_S) -> None:
        self.path, self._read, self._look_s = path, read, look_s
        self._newest = now
        self._seen, self._looked_s = self._stamp(), time.monotonic()

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            about = self.path.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino

    def look(self, controls: LiveSettings, is_asked: bool) -> None:
        """Adopts changes. is_asked: at once and always; else every look_s, if the file was saved."""
        now_s = time.monotonic()
        if not is_asked and now_s - self._looked_s < self._look_s:
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

    def _adopt(self, wanted: Settings, controls: LiveSettings) -> None:
        changed = {
            name: getattr(wanted, name) for name in OPTIONS if getattr(wanted, name) != getattr(self._newest, name)
        }
        self._newest = wanted
        live = {name: value for name, value in changed.items() if OPTIONS[name].is_live}
        later = [option_name(name) for name in changed if name not in live]
        try:
            controls.propose(**live)
        except SettingsError as failure:  # together with a key's change
            log.warning("%s; the settings stay as they were", failure)
            return
        if live:
            log.info("settings read again: %s", ", ".join(f"{option_name(name)} {live[name]}" for name in live))
        if later:
            log.warning("%s: changed in the settings file, applies at the next start", ", ".join(later))
        if not changed:
            log.info("settings read again: nothing has changed")


def read_toml(path: Path, what: str = "settings file") -> dict[str, Any]:
    """The content of a file of settings. what: the words for it. Raises SettingsError."""
    try:
        return tomllib.loads(_read(path, what))
    except RecursionError as cause:
        raise SettingsError(f"{what} {path} is not valid TOML: it is nested too deeply; {NEXT_STEP}") from cause
    except ValueError as cause:  # TOML's own, bytes that are no text, numbers of more than 4300 digits
        raise SettingsError(f"{what} {path} is not valid TOML: {cause}; {NEXT_STEP}") from cause
    except OSError as cause:
        raise SettingsError(f"{what} {path} cannot be read: {cause.strerror}") from cause


def _read(path: Path, what: str) -> str:
    """The file's text. Refuses a pipe, which would block the program. Raises SettingsError, OSError, ValueError."""
    if path.exists() and not path.is_file():
        raise SettingsError(f"{what} {path} is not a plain file; name a file with settings in it")
    with path.open("rb") as stream:
        content = stream.read(LARGEST_BYTES + 1)
    longest = max(map(len, content.split(b"\n")))
    if len(content) > LARGEST_BYTES or longest > LONGEST_LINE_BYTES:
        raise SettingsError(
            f"{what} {path} is no file of settings: over {LARGEST_BYTES // 1000} kB, or a line of over "
            f"{LONGEST_LINE_BYTES // 1000} kB; name another"
        )
    return content.decode().replace("\r\n", "\n")
