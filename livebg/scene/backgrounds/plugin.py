"""A background of another package (core/plugins.py): livebg checks its pictures; its failures are BackgroundErrors."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any

import numpy as np

from livebg.core.errors import BackgroundError
from livebg.core.plugins import Plugin, find_plugin
from livebg.core.settings import Settings
from livebg.core.types import Background, Frame, Image, Matte, read_only

log = logging.getLogger(__name__)

DARK = 24  # of 255: the standby image where the plug-in has none


def open_plugin_background(settings: Settings) -> PluginBackground:
    """The background that the settings name, for one that find_plugin() finds. Raises BackgroundError."""
    found = find_plugin("background", settings.background.strip())
    assert found is not None
    plugin, rest = found
    return PluginBackground(plugin, plugin.make(BackgroundError, rest, settings))


class PluginBackground:
    """A Background over the plug-in's own, which it owns. It cannot be transparent, nor give the camera's picture.

    needs_matte: always, so that livebg asks for no picture before its frame exists.
    """

    is_transparent = False
    needs_matte = True

    def __init__(self, plugin: Plugin, background: Background) -> None:
        """Raises BackgroundError where it has no usable standby image."""
        self._plugin, self._background = plugin, background
        self._is_closed = self._is_logged = False
        with ExitStack() as unusable:
            unusable.callback(self.close)
            self._standby(36, 64)
            unusable.pop_all()

    def picture(self, frame: Frame, alpha: Matte) -> Image:
        """Raises BackgroundError for what is no picture of the frame's size, or the frame itself."""
        seen = alpha.view()
        seen.flags.writeable = False
        with self._plugin.guarded(BackgroundError, "fails"):
            made: Any = self._background.picture(read_only(frame), seen)
        picture = self._checked(made, frame.height, frame.width)
        if np.may_share_memory(picture, frame.image):
            raise BackgroundError(f"{self._plugin} gives the camera's own picture, which livebg never shows")
        return picture

    def standby(self, height: int, width: int) -> Image:
        """A plain dark picture where the plug-in fails: viewers wait for one."""
        try:
            return self._standby(height, width)
        except BackgroundError as failure:
            if not self._is_logged:
                log.warning("%s; the standby image is dark", failure)
            self._is_logged = True
            return np.full((height, width, 3), DARK, np.uint8)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            with self._plugin.guarded(BackgroundError, "cannot be closed"):
                self._background.close()

    def _standby(self, height: int, width: int) -> Image:
        with self._plugin.guarded(BackgroundError, "fails"):
            made: Any = self._background.standby(height, width)
        return self._checked(made, height, width)

    def _checked(self, made: Any, height: int, width: int) -> Image:
        if not isinstance(made, np.ndarray) or made.dtype != np.uint8 or made.shape != (height, width, 3):
            seen = f"{made.dtype} {made.shape}" if isinstance(made, np.ndarray) else type(made).__name__
            raise BackgroundError(
                f"{self._plugin} gives {seen}, not uint8 ({height}, {width}, 3); ask those who made it"
            )
        return made
