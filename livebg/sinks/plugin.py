"""An output of another package (core/plugins.py): its failures are SinkErrors, and it never gets the camera's picture.

The loop calls it, so it must not wait: slow work belongs into a thread of its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any, get_args

from livebg.core.errors import SinkError
from livebg.core.plugins import Plugin, find_plugin
from livebg.core.settings import Settings
from livebg.core.types import Composite, FrameSink, Reads


def is_plugin(where: str) -> bool:
    """Whether this output is a plug-in's, so that it is no file."""
    return find_plugin("sink", where) is not None


def open_plugin_sink(where: str, settings: Settings) -> PluginSink | None:
    """The output of this name; None if no plug-in has it. Raises SinkError."""
    found = find_plugin("sink", where)
    if found is None:
        return None
    plugin, rest = found
    return PluginSink(plugin, plugin.make(SinkError, rest, settings))


class PluginSink:
    """A FrameSink over the plug-in's own, which it owns."""

    def __init__(self, plugin: Plugin, sink: FrameSink) -> None:
        """Raises SinkError where it does not say what it is and reads."""
        self._plugin, self._sink, self._is_closed = plugin, sink, False
        self._failure: SinkError | None = None
        with ExitStack() as unusable:
            unusable.callback(self.close)
            with plugin.guarded(SinkError, "cannot be opened"):
                self.name = " ".join(str(sink.name).split())
                reads: Any = sink.reads
                self.is_live = bool(sink.is_live)
            if reads not in get_args(Reads):
                able = ", ".join(get_args(Reads))
                raise SinkError(f"{plugin} reads {reads!r}, none of {able}; ask those who made it")
            self.reads: Reads = reads
            unusable.pop_all()

    @property
    def is_watched(self) -> bool:
        """Where the plug-in fails: True, so that write() is called, which raises the failure."""
        try:
            with self._plugin.guarded(SinkError, "fails"):
                return bool(self._sink.is_watched)
        except SinkError as failure:
            self._failure = failure
            return True

    def write(self, composite: Composite) -> None:
        """The frame that the plug-in gets has the times of the camera's, and the composite's picture."""
        if self._failure is not None:
            raise self._failure
        frame = composite.frame
        if frame is not None:
            frame = replace(frame, image=composite.image, shrunk={})
        alpha = None if composite.fault else composite.alpha
        with self._plugin.guarded(SinkError, "fails"):
            self._sink.write(replace(composite, frame=frame, alpha=alpha))

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            with self._plugin.guarded(SinkError, "cannot be closed"):
                self._sink.close()
