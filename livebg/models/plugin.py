"""A matting engine of another package (core/plugins.py): its answers are checked, its failures are ModelErrors."""

from __future__ import annotations

from contextlib import ExitStack

import cv2
import numpy as np

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.plugins import Plugin, find_plugin
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Matte, SourceInfo, fault_of, read_only


def open_plugin_engine(settings: Settings, info: SourceInfo) -> PluginEngine | None:
    """The engine of this name; None if no plug-in has it. Raises ModelError."""
    found = find_plugin("engine", settings.engine)
    if found is None:
        return None
    return PluginEngine(found[0], found[0].make(ModelError, settings, info))


class PluginEngine:
    """A MattingEngine over the plug-in's own, which it owns. The frames that it gives cannot be written to.

    Alphas of one scene have the size of its first: the steps compare each with those before, pixel by pixel.
    """

    def __init__(self, plugin: Plugin, engine: MattingEngine) -> None:
        """Raises ModelError where it has no description."""
        self._plugin, self._engine, self._is_closed = plugin, engine, False
        self._shape: tuple[int, ...] | None = None  # (h, w) of the scene's alphas
        with ExitStack() as unusable:
            unusable.callback(self.close)
            with plugin.guarded(ModelError, "cannot be opened"):
                self.description = f"{plugin.name} of {plugin.package}: {' '.join(str(engine.description).split())}"
            unusable.pop_all()

    def matte(self, frame: Frame) -> Alpha:
        """Raises ModelError, also for what is no valid alpha of this frame."""
        with self._plugin.guarded(ModelError, "fails"):
            alpha = self._engine.matte(read_only(frame))
        if not isinstance(alpha, Alpha) or not isinstance(alpha.values, np.ndarray) or alpha.detail is not None:
            raise ModelError(f"{self._plugin} gives a {type(alpha).__name__}, not a plain Alpha; ask those who made it")
        fault = fault_of(alpha, frame)
        if fault:
            raise ModelError(f"{self._plugin}: {fault}; ask those who made it")
        self._shape = self._shape or alpha.values.shape
        if alpha.values.shape == self._shape:
            return alpha
        height, width = self._shape
        values: Matte = cv2.resize(alpha.values, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        return Alpha(values, alpha.sequence)

    def reset(self) -> None:
        self._shape = None
        with self._plugin.guarded(ModelError, "fails"):
            self._engine.reset()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            with self._plugin.guarded(ModelError, "cannot be closed"):
                self._engine.close()
