from __future__ import annotations

from pathlib import Path

import pytest

from livebg.core.errors import SettingsError, SinkError
from livebg.sinks.recording.segments import NO_SPLIT, Split, check_parts, parse_split, part_path


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("", NO_SPLIT),
        ("90s", Split(after_s=90)),
        ("10min", Split(after_s=600)),
        ("1.5 h", Split(after_s=5400)),
        ("500MB", Split(before_bytes=5e8)),
        ("2GB", Split(before_bytes=2e9)),
    ],
)
def test_times_and_sizes(text: str, split: Split) -> None:
    assert parse_split(text) == split


@pytest.mark.parametrize("text", ["10", "min", "-5min", "0s", "0.5s", "10kB", "0.1MB", "1e3s", "5 minutes", "١min"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--split: .*10min, 1h, 500MB"):
        parse_split(text)


def test_when_it_is_due() -> None:
    assert not NO_SPLIT.is_due(1e9, 10**15)
    assert [Split(after_s=60).is_due(each, 0) for each in (59.9, 59.9999999, 60.0)] == [False, True, True]
    by_size = Split(before_bytes=10e6)
    assert not by_size.is_due(0.5, 20_000_000)  # no file is shorter than a second
    assert not by_size.is_due(10.0, 8_000_000)  # with what the next two seconds bring: 9.6 MB
    assert by_size.is_due(10.0, 8_400_000)


def test_names() -> None:
    names = [part_path(Path("a b/c.d.mp4"), number).name for number in (1, 2, 10, 1000)]
    assert names == ["c.d.mp4", "c.d-002.mp4", "c.d-010.mp4", "c.d-1000.mp4"]


def test_parts_of_an_earlier_recording_are_not_mixed_in(tmp_path: Path) -> None:
    for name in ("a-02.mp4", "b-002.mp4", "a-002.mkv", "a-extra.mp4"):
        (tmp_path / name).touch()
    check_parts(tmp_path / "a.mp4", force=False)
    (tmp_path / "a-003.mp4").touch()
    with pytest.raises(SinkError, match=r"a-003\.mp4: exists already.*--force"):
        check_parts(tmp_path / "a.mp4", force=False)
    check_parts(tmp_path / "a.mp4", force=True)
