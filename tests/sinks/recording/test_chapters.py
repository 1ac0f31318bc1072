from __future__ import annotations

import logging
from pathlib import Path

import pytest

from livebg.sinks.recording.chapters import Chapters


def test_markers_lie_beside_the_file_until_it_is_finished(tmp_path: Path) -> None:
    chapters = Chapters(tmp_path / "a.b.mp4", force=False)
    beside = tmp_path / "a.b.chapters.vtt"
    assert not beside.exists()
    chapters.add(1.5, "marker 1")
    chapters.add(3661.25, "marker 2")
    assert beside.read_text().split("\n\n") == [
        "WEBVTT",
        "00:00:01.500 --> 01:01:01.250\nmarker 1",
        "01:01:01.250 --> 99:59:59.000\nmarker 2\n",
    ]
    assert list(tmp_path.iterdir()) == [beside]
    inside = [(each["id"], each["start"], each["end"], each["metadata"]["title"]) for each in chapters.inside(4000.0)]
    assert inside == [(1, 1500, 3_661_250, "marker 1"), (2, 3_661_250, 4_000_000, "marker 2")]
    chapters.done()
    assert list(tmp_path.iterdir()) == []


def test_without_markers_nothing_is_made(tmp_path: Path) -> None:
    chapters = Chapters(tmp_path / "a.mp4", force=False)
    assert chapters.inside(5.0) == []
    chapters.done()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone_unless_forced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    beside = tmp_path / "a.chapters.vtt"
    beside.write_text("somebody's")
    chapters = Chapters(tmp_path / "a.mp4", force=False)
    with caplog.at_level(logging.WARNING):
        chapters.add(1.0, "marker 1")
    assert "a.chapters.vtt: exists already" in caplog.text
    assert len(chapters.inside(2.0)) == 1
    chapters.done()
    assert beside.read_text() == "somebody's"
    Chapters(tmp_path / "a.mp4", force=True)
    assert not beside.exists()
