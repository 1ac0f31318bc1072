from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from composites import LEFT, RIGHT, composite, noise, read_recording, room, standby
from recorders import record_and_kill

from livebg.core.errors import SinkError
from livebg.core.types import Composite
from livebg.media.video import layers
from livebg.media.video.formats import RECORDINGS, Content, recording_form
from livebg.media.video.layers import Layer
from livebg.media.video.writer import Recording

LAYERS: dict[Content, Layer] = {
    "composite": layers.colour,
    "alpha": layers.colour_and_alpha,
    "matte": layers.matte,
}
ALL = sorted(RECORDINGS)
NTSC_S = [sequence * 1001 / 30000 for sequence in range(40)]
UNEVEN_S = [0.5, 0.51, 0.6, 0.633, 1.9, 1.95, 4.0, 4.1]  # starts late, gaps, as a camera does


def record(path: Path, content: Content, composites: list[Composite], *, fps: float = 30.0) -> None:
    first = LAYERS[content](composites[0])
    file = Recording(path, recording_form(content, path.suffix), *first.shape[:2], fps, force=False)
    for each in composites:
        assert each.frame is not None
        file.add(LAYERS[content](each), each.frame.media_time_s)
    file.close()
    file.close()


def tick_s(suffix: str) -> float:
    return {".mkv": 1e-3, ".webm": 1e-3, ".mov": 1 / 90_000, ".mp4": 1e-9}[suffix]


@pytest.mark.slow
@pytest.mark.parametrize(("content", "suffix"), ALL)
@pytest.mark.parametrize("times_s", [NTSC_S, UNEVEN_S], ids=["ntsc", "uneven"])
def test_frame_count_and_times_are_the_sources(
    tmp_path: Path, content: Content, suffix: str, times_s: list[float]
) -> None:
    record(tmp_path / f"a{suffix}", content, [composite(at_s, is_transparent=True) for at_s in times_s], fps=29.97003)
    seen = read_recording(tmp_path / f"a{suffix}")
    assert len(seen.times_s) == len(times_s)
    exact_s = times_s if suffix != ".mp4" else [round(at_s * 360_000) / 360_000 for at_s in times_s]
    assert np.abs(np.subtract(seen.times_s, exact_s)).max() <= tick_s(suffix) / 2 + 1e-9
    if times_s is NTSC_S:
        assert seen.fps == pytest.approx(30000 / 1001, rel=1e-3)


@pytest.mark.parametrize(("content", "suffix"), ALL)
@pytest.mark.parametrize("size", [(1, 1), (23, 31), (24, 32)], ids=str)
def test_colours_survive_at_any_size(tmp_path: Path, content: Content, suffix: str, size: tuple[int, int]) -> None:
    height, width = size
    made = [composite(at_s, height=height, width=width, is_transparent=content != "composite") for at_s in (0.0, 0.1)]
    record(tmp_path / f"a{suffix}", content, made)
    picture = read_recording(tmp_path / f"a{suffix}").pictures[-1]
    padding = size[0] % 2 if recording_form(content, suffix).needs_even_size else 0
    assert picture.shape[:2] == (height + padding, width + padding)
    ends = picture[height // 2, [0, width - 1]].astype(int)
    right = LEFT if width == 1 else RIGHT  # one column is all person
    expected = {
        "matte": [255, 255 if width == 1 else 0],
        "composite": [(*LEFT, 255), (*right, 255)],
        "alpha": [(*LEFT, 255), (*LEFT, 255) if width == 1 else (0, 0, 0, 0)],
    }[content]
    tolerance = 0 if recording_form(content, suffix).codec == "ffv1" else 6
    assert np.abs(ends - expected).max() <= tolerance


def test_yuv_is_bt709_limited_and_matte_is_full_range(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", "composite", [composite()])
    record(tmp_path / "m.mkv", "matte", [composite()])
    video, matte = read_recording(tmp_path / "a.mp4"), read_recording(tmp_path / "m.mkv")
    assert (video.colour_space, video.colour_range, matte.colour_range) == (1, 1, 2)


def test_the_matte_is_lossless(tmp_path: Path) -> None:
    made = [noise(0.0, 1), noise(0.1, 2), standby(room(0.2), height=64, width=96)]
    record(tmp_path / "m.mkv", "matte", made)
    for each, picture in zip(made, read_recording(tmp_path / "m.mkv").pictures, strict=True):
        assert (picture == layers.matte(each)).all()


def test_another_size_is_fitted_to_the_first(tmp_path: Path) -> None:
    record(tmp_path / "a.mkv", "matte", [composite(0.0), composite(0.1, height=24, width=64)])
    picture = read_recording(tmp_path / "a.mkv").pictures[1]
    assert picture.shape == (24, 32)
    assert not picture[[0, 5, 18, 23]].any()
    assert picture[12, [0, -1]].tolist() == [255, 0]


def test_times_never_go_back(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", "composite", [composite(at_s) for at_s in (0.0, 0.2, 0.1, 0.2, 0.3)])
    times_s = read_recording(tmp_path / "a.mp4").times_s
    assert times_s == sorted(set(times_s))
    assert times_s == pytest.approx([0.0, 0.2, 0.2, 0.2, 0.3], abs=1e-4)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_odd_names_are_names(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"http:50% off, é{suffix}"
    record(path, "composite", [composite()])
    assert len(read_recording(path).times_s) == 1


def test_an_impossible_size_says_so(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="libx264 cannot encode 60000x2"):
        Recording(tmp_path / "a.mp4", recording_form("composite", ".mp4"), 2, 60_000, 30.0, force=False)
    assert list(tmp_path.iterdir()) == []


def fill(file: Recording, content: Content) -> None:
    for sequence in range(2000):
        file.add(LAYERS[content](noise(sequence / 10, sequence % 7)), sequence / 10)


@contextmanager
def small_disk(limit_bytes: int) -> Iterator[None]:
    """Files cannot grow beyond this, as on a disk that is full."""
    resource = pytest.importorskip("resource", reason="no file size limit on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.slow
@pytest.mark.parametrize(("content", "suffix"), ALL)
def test_a_full_disk_keeps_what_was_recorded(tmp_path: Path, content: Content, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    picture = LAYERS[content](noise(0.0, 0))
    with small_disk(350_000):
        file = Recording(path, recording_form(content, suffix), *picture.shape[:2], 30.0, force=False)
        with pytest.raises(
            SinkError, match=r"cannot be written: .*; its file system, or a limit .*, allows no file so large"
        ):
            fill(file, content)
        file.close()
    seen = read_recording(path)
    assert len(seen.times_s) >= 8
    assert path.stat().st_size > 70_000
    assert seen.times_s == sorted(seen.times_s)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_disk_that_is_full_at_the_very_end(tmp_path: Path, suffix: str) -> None:
    path, made = tmp_path / f"a{suffix}", [noise(sequence / 10, sequence % 7) for sequence in range(15)]
    record(tmp_path / f"whole{suffix}", "composite", made)
    limit_bytes = (tmp_path / f"whole{suffix}").stat().st_size - 100
    with small_disk(limit_bytes), pytest.raises(SinkError, match="cannot be written"):
        record(path, "composite", made)
    assert len(read_recording(path).times_s) >= 10


RECORD_FOR_EVER = """
import sys, time
from pathlib import Path
from composites import noise
from livebg.media.video.formats import RECORDINGS, recording_form
from media.video.test_writer import LAYERS
from livebg.media.video.writer import Recording
files = {}
for content, suffix in sorted(RECORDINGS):
    path = Path(sys.argv[1], content.replace(" ", "-") + suffix)
    files[content] = files.get(content, []) + [Recording(path, recording_form(content, suffix), 64, 96, 30.0, False)]
for sequence in range(31):
    for content, opened in files.items():
        for file in opened:
            file.add(LAYERS[content](noise(0, sequence % 7)), sequence / 10)
print("recorded", flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_every_file_plays_after_a_kill(tmp_path: Path) -> None:
    record_and_kill(RECORD_FOR_EVER, tmp_path)
    assert len(list(tmp_path.iterdir())) == len(ALL)
    for path in tmp_path.iterdir():
        times_s = read_recording(path).times_s
        assert len(times_s) >= 20, path.name  # of 31; at most the last second is lost
        assert np.abs(np.subtract(times_s, np.arange(len(times_s)) / 10)).max() < 1e-3
