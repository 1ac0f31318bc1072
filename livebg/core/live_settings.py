"""The current settings as one immutable snapshot; each valid proposal replaces it as a whole.

Knows nothing about who proposes (keys, settings file). Any thread.
"""

from __future__ import annotations

import threading
from typing import Any

from livebg.core.errors import SettingsError
from livebg.core.settings import OPTIONS, Settings, change, option_name


class LiveSettings:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """The snapshot; take it once at the top of a frame."""
        return self._settings

    def propose(self, **values: Any) -> Settings:
        """Changes these values. Raises SettingsError and changes nothing if one is unknown, not allowed or not live."""
        for name in values:
            if name in OPTIONS and not OPTIONS[name].is_live:
                raise SettingsError(f"{option_name(name)} applies at the next start")
        with self._lock:
            self._settings = change(self._settings, values)
            return self._settings
