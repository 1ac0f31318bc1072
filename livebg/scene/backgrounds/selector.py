"""The background that the settings name now: opens another one when they change, and refuses a bad one.

The processing thread; of() may take as long as opening a file does.
"""

from __future__ import annotations

import logging

from livebg.core.errors import BackgroundError
from livebg.core.settings import Settings
from livebg.core.types import Background
from livebg.scene.backgrounds import is_none, open_background

log = logging.getLogger(__name__)


class BackgroundSelector:
    """Holds the background that the settings name; where a new one cannot be opened, it keeps the old one."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = self._key(settings)
        self._background = open_background(settings)

    @staticmethod
    def _key(settings: Settings) -> tuple[str, str]:
        return settings.background, settings.background_fit

    def of(self, settings: Settings) -> Background:
        """The background for these settings; never fails once the first one is open."""
        if self._key(settings) != self._wanted:
            self._wanted = self._key(settings)
            try:
                _check_outputs(settings, self._background.is_transparent)
                replacement = open_background(settings)
            except BackgroundError as failure:
                log.warning("%s; the background stays as it was", failure)
            else:
                before, self._background = self._background, replacement
                log.info("background: %s", settings.background)
                _close(before)
        return self._background

    def close(self) -> None:
        self._background.close()


def check_background(wanted: Settings, present: Settings) -> None:
    """Any thread; takes as long as opening it. Raises BackgroundError if a run with the present settings cannot change
    to the wanted background."""
    _check_outputs(wanted, is_none(present))
    open_background(wanted).close()


def _close(background: Background) -> None:
    try:
        background.close()
    except BackgroundError as failure:  # a plug-in's; another one stands in its place already
        log.warning("%s", failure)


def _check_outputs(wanted: Settings, is_transparent: bool) -> None:
    """is_transparent: what the outputs were opened for. Raises BackgroundError."""
    if is_none(wanted) != is_transparent:
        raise BackgroundError(f"{wanted.background!r} needs other outputs; it applies at the next start")
