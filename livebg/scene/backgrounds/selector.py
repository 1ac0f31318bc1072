"""The background that the settings name now: opened anew when they name another, and a bad one refused.

Knows nothing about who changes the settings. The thread that makes the pictures; of() may take as long as opening does.
"""

from __future__ import annotations

import logging

from livebg.core.errors import BackgroundError
from livebg.core.settings import Settings
from livebg.core.types import Background
from livebg.scene.backgrounds import open_background

log = logging.getLogger(__name__)


class Backgrounds:
    """The background that the settings name, opened anew when they name another; a bad one is refused, the old kept."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = self._key(settings)
        self._background = open_background(settings)

    @staticmethod
    def _key(settings: Settings) -> tuple[str, str]:
        return settings.background, settings.background_fit

    def of(self, settings: Settings) -> Background:
        """What to show for these settings; never fails once the first one is open."""
        if self._key(settings) != self._wanted:
            self._wanted = self._key(settings)
            try:
                replacement = open_background(settings)
                if replacement.is_transparent != self._background.is_transparent:
                    raise BackgroundError(f"{settings.background!r} needs other outputs; it applies at the next start")
            except BackgroundError as failure:
                log.warning("%s; the background stays as it was", failure)
            else:
                self._background.close()
                self._background = replacement
                log.info("background: %s", settings.background)
        return self._background

    def close(self) -> None:
        self._background.close()
