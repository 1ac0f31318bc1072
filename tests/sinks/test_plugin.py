"""Outputs of other packages: they get no camera's picture, and their failures are SinkErrors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from composites import LEFT, ROOM, composite
from plugin_package import installed

from livebg.core.errors import SettingsError, SinkError
from livebg.core.plugins import find_plugin
from livebg.core.settings import Settings
from livebg.pipeline.live.run import completed
from livebg.sinks import is_file
from livebg.sinks.null import NullSink
from livebg.sinks.plugin import PluginSink, is_plugin, open_plugin_sink


def test_it_gets_composites_without_the_room(tmp_path: Path) -> None:
    with installed(tmp_path / "package"):
        assert is_plugin("notebook:x")
        assert not is_plugin("x.mp4")
        sink = open_plugin_sink(f"notebook:{tmp_path / 'notes'}", Settings())
        assert isinstance(sink, PluginSink)
        given = composite(0.5)
        sink.write(given)
        sink.write(replace(given, fault="late"))
        sink.close()
        sink.close()
    first, second = map(json.loads, (tmp_path / "notes").read_text().splitlines())
    assert first == {"corner": [*LEFT], "of frame": [*LEFT], "alpha": 0.5, "standby": False, "fault": ""}
    assert second["alpha"] is None, "an alpha of another frame"
    assert given.frame is not None
    assert tuple(given.frame.image[0, 0]) == ROOM


def test_its_failures_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with installed(tmp_path / "package"):
        with pytest.raises(SinkError, match="reads 'tea leaves', none of i420"):
            open_plugin_sink("illegible", Settings())
        sink = open_plugin_sink("full", Settings())
        assert sink is not None
        with pytest.raises(SinkError, match=r"sink full \(plug-in of livebg-extra 1.2\) fails: OSError: no room left"):
            sink.write(composite())
        sink.close()
        with pytest.raises(SinkError, match="cannot be opened: FileNotFoundError"):
            open_plugin_sink("notebook:no/such/folder", Settings())


class Blind(NullSink):
    @property
    def is_watched(self) -> bool:
        raise OSError("no eyes")


def test_one_that_cannot_say_who_watches_fails_as_a_sink_does(tmp_path: Path) -> None:
    """The loop asks in between its writes, where a failure would end the run with all its other outputs."""
    with installed(tmp_path / "package"):
        found = find_plugin("sink", "full")
    assert found is not None
    sink = PluginSink(found[0], Blind())
    assert sink.is_watched
    with pytest.raises(SinkError, match="fails: OSError: no eyes"):
        sink.write(composite())
    sink.close()


def test_its_ending_says_nothing(tmp_path: Path) -> None:
    """Else a source would be read frame by frame for `NAME:a.png`, as for a picture."""
    with installed(tmp_path):
        assert not is_file("notebook:a.png")
        assert completed(Settings(to=("notebook:a.png",), source="clip.mp4"), has_more_sinks=False).pace == "auto"
        with pytest.raises(SettingsError, match="no output can hold sound"):
            completed(Settings(control=False, to=("notebook:a.mp4",), mic="default"), has_more_sinks=False)
    assert is_file("notebook:a.png")
