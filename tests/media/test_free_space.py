"""Free space: asked at the start, watched while it is used up, also on a small disk that is really full."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest
from composites import noise, read_recording
from patience import until
from recorders import opened

from livebg.core.errors import SinkError
from livebg.core.settings import Settings
from livebg.media import free_space
from livebg.media.free_space import LEAST_BYTES, LEAST_S, FreeSpace, check_free_space
from livebg.sinks import SinkNeeds, open_sinks
from livebg.sinks.recording.recorder import Recorder


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A disk that has `free` bytes of `total`."""
    usage = SimpleNamespace(free=10 * LEAST_BYTES, total=10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    return usage


def test_a_recording_does_not_begin_on_a_full_disk(tmp_path: Path, disk: SimpleNamespace) -> None:
    check_free_space(tmp_path / "a.mp4")
    disk.free = LEAST_BYTES - 1
    settings = Settings(to=(str(tmp_path / "a.mp4"),))
    with pytest.raises(SinkError, match=r"a\.mp4: only 67 MB are free in .*needs 67 MB; free space"):
        open_sinks(SinkNeeds(settings, True, False, lambda _: None, str))
    assert not list(tmp_path.iterdir())


def test_where_the_system_does_not_tell_nothing_is_refused(
    tmp_path: Path, disk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.free = disk.total = 0  # as a RAM file system without a limit says
    check_free_space(tmp_path / "a.mp4")
    monkeypatch.undo()
    check_free_space(tmp_path / "absent" / "a.mp4")


def test_a_fast_recording_needs_more_room(
    tmp_path: Path, disk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr(free_space.time, "monotonic", lambda: now_s)
    room = FreeSpace(tmp_path / "a.mkv")
    disk.free = 4 * LEAST_BYTES
    for written in (LEAST_BYTES // 2, LEAST_BYTES, LEAST_BYTES):
        now_s += 1.0
        room.check(written)
    disk.free = LEAST_S * LEAST_BYTES / 2 - 1  # its fastest second counts, also in a quiet one
    now_s += 1.0
    with pytest.raises(SinkError, match="is ended"):
        room.check(LEAST_BYTES)


def fill(sink: Recorder, sequences: Iterable[int]) -> None:
    for sequence in sequences:
        sink.write(noise(sequence / 10, sequence % 7, height=128, width=192))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".webm"])
def test_a_recording_ends_whole_before_the_disk_is_full(tmp_path: Path, disk: SimpleNamespace, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    sink = opened(path, look_every_s=0.0)
    fill(sink, range(15))
    until(lambda: sink.recorded >= 10, "ten frames recorded")
    disk.free = LEAST_BYTES - 1
    with pytest.raises(SinkError, match="plays to its end; free space"):
        fill(sink, range(15, 10_000))
    sink.close()  # told already
    seen = read_recording(path)
    assert len(seen.times_s) == sink.recorded >= 10
    if suffix == ".mp4":
        assert path.read_bytes()[40:44] == b"mdat", "all in one box: an ordinary file, not one that was cut off"


@pytest.mark.slow
def test_on_a_real_disk_that_fills_up(small_disk: Path) -> None:
    path = small_disk / "a.mp4"
    check_free_space(path)
    sink = opened(path, look_every_s=0.05)
    with pytest.raises(SinkError, match=f"only .* MB are free in {small_disk}"):
        fill(sink, range(10_000))
    sink.close()
    assert len(read_recording(path).times_s) == sink.recorded
    with pytest.raises(SinkError, match="needs 67 MB"):
        check_free_space(small_disk / "b.mp4")
