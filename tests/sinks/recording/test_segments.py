"""Files one after another: what is where, without a clock or a thread. Whole recordings: test_tracks.py."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from composites import composite, noise, read_recording

from livebg.core.errors import SinkError
from livebg.media.audio.encode import RATE_HZ
from livebg.media.video import layers
from livebg.media.video.formats import recording_form
from livebg.media.video.writer import Recording
from livebg.sinks.recording.segments import NO_SPLIT, SegmentedFile, Split


def opened(
    path: Path, split: Split, *, channels: int = 0, force: bool = False, height: int = 24, width: int = 32
) -> SegmentedFile:
    def open_file(part: Path) -> Recording:
        return Recording(part, recording_form("composite", part.suffix), height, width, 10.0, force, channels)

    return SegmentedFile(path, open_file, split, channels=channels, force=force)


def add(segments: SegmentedFile, first: int, last: int) -> None:
    for number in range(first, last):
        segments.add(layers.colour(composite()), number / 10)


def sound(seconds: float) -> np.ndarray:
    return np.full((round(seconds * RATE_HZ), 1), 0.2, np.float32)


def sound_s(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(each.samples for each in container.decode(audio=0)) / RATE_HZ


def test_every_part_begins_at_0_with_a_key_frame_and_no_frame_is_lost(tmp_path: Path) -> None:
    segments = opened(tmp_path / "a.mkv", Split(after_s=1.0))
    add(segments, 0, 25)
    segments.close(2.5)
    assert [each.name for each in segments.paths] == ["a.mkv", "a-002.mkv", "a-003.mkv"]
    assert [len(read_recording(each).times_s) for each in segments.paths] == [10, 10, 5]
    for each in segments.paths:
        assert read_recording(each).times_s[0] == 0.0
        with av.open(str(each)) as container:
            assert next(container.decode(video=0)).key_frame
    assert segments.written_bytes >= sum(each.stat().st_size for each in segments.paths[:2])


@pytest.mark.slow
def test_by_size_no_part_is_larger(tmp_path: Path) -> None:
    segments = opened(tmp_path / "a.mp4", Split(before_bytes=1e6), height=64, width=96)
    for number in range(600):
        segments.add(layers.colour(noise(0.0, number)), number / 10)
    segments.close(60.0)
    sizes = [each.stat().st_size for each in segments.paths]
    assert len(sizes) >= 3
    assert max(sizes) <= 1e6
    assert min(sizes[:-1]) > 0.5e6
    assert sum(len(read_recording(each).times_s) for each in segments.paths) == 600


def test_sound_that_comes_later_goes_where_it_belongs(tmp_path: Path) -> None:
    segments = opened(tmp_path / "a.mkv", Split(after_s=1.0), channels=1)
    add(segments, 0, 15)
    segments.add_sound(sound(0.7))
    add(segments, 15, 24)  # the next cut waits for the first part's sound
    assert len(segments.paths) == 2
    segments.add_sound(sound(1.7))
    add(segments, 24, 26)
    segments.add_sound(sound(0.2))
    segments.close(2.6)
    assert len(segments.paths) == 3
    assert [len(read_recording(each).times_s) for each in segments.paths] == [10, 14, 2]
    assert [sound_s(each) for each in segments.paths] == pytest.approx([1.0, 1.4, 0.2], abs=0.03)


def test_sound_that_is_ahead_of_a_cut_stays_in_step(tmp_path: Path) -> None:
    segments = opened(tmp_path / "a.mkv", Split(after_s=1.0), channels=1)
    add(segments, 0, 10)
    segments.add_sound(sound(1.2))
    add(segments, 10, 15)
    segments.add_sound(sound(0.3))
    segments.close(1.5)
    assert [sound_s(each) for each in segments.paths] == pytest.approx([1.2, 0.5], abs=0.03)


def test_a_name_that_was_taken_meanwhile_is_left_to_its_owner(tmp_path: Path) -> None:
    segments = opened(tmp_path / "a.mp4", Split(after_s=1.0))
    (tmp_path / "a-002.mp4").write_text("somebody's")
    add(segments, 0, 15)
    segments.close(1.5)
    assert [each.name for each in segments.paths] == ["a.mp4", "a-003.mp4"]
    assert (tmp_path / "a-002.mp4").read_text() == "somebody's"


def test_with_force_it_is_replaced(tmp_path: Path) -> None:
    segments = opened(tmp_path / "a.mp4", Split(after_s=1.0), force=True)
    (tmp_path / "a-002.mp4").write_text("old")
    add(segments, 0, 15)
    segments.close(1.5)
    assert len(read_recording(tmp_path / "a-002.mp4").times_s) == 5


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_markers_are_inside_the_finished_file_and_beside_one_that_was_cut_off(tmp_path: Path, suffix: str) -> None:
    segments = opened(tmp_path / f"a{suffix}", NO_SPLIT)
    add(segments, 0, 20)
    segments.mark(0.5, "marker 1")
    segments.mark(1.25, "marker 2")
    assert "00:00:01.250 -->" in (tmp_path / "a.chapters.vtt").read_text()
    segments.close(2.0)
    with av.open(str(tmp_path / f"a{suffix}")) as container:
        chapters = container.chapters()
    assert [float(each["start"] * each["time_base"]) for each in chapters] == [0.5, 1.25]
    assert [each["metadata"]["title"] for each in chapters] == ["marker 1", "marker 2"]
    assert not (tmp_path / "a.chapters.vtt").exists()


def test_a_part_that_cannot_be_made_leaves_the_one_before_whole(tmp_path: Path) -> None:
    made: list[Path] = []

    def open_file(part: Path) -> Recording:
        if made:
            raise SinkError("no second one")
        made.append(part)
        return Recording(part, recording_form("composite", ".mp4"), 24, 32, 10.0, False)

    segments = SegmentedFile(tmp_path / "a.mp4", open_file, Split(after_s=1.0), channels=0, force=False)
    with pytest.raises(SinkError, match="no second one"):
        add(segments, 0, 15)
    segments.close(1.0)
    assert len(read_recording(tmp_path / "a.mp4").times_s) == 10
