"""What the configuration record says, in MP4 and in Matroska; test_same_pixels.py has who tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_films import ffmpeg

from livebg.media.video.dolby_vision import note_on
from livebg.media.video.open import open_file


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_record_is_found(shared: Path, tmp_path: Path, suffix: str) -> None:
    field = shared / "field" / "dolby-vision-5.mp4"
    if not field.exists():
        pytest.skip("not among the test material")
    path = tmp_path / f"copy{suffix}"
    ffmpeg("-i", field, "-c", "copy", "-strict", "unofficial", path)
    with open_file(path) as container:
        assert note_on(container.streams.video[0]).startswith("Dolby Vision profile 5: ")


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "libvpx-vp9"])
def test_all_else_says_nothing(tmp_path: Path, codec: str) -> None:
    quiet = ("-x265-params", "log-level=none") if codec == "libx265" else ()
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=5:d=0.4", "-c:v", codec, *quiet, tmp_path / "a.mkv")
    with open_file(tmp_path / "a.mkv") as container:
        assert note_on(container.streams.video[0]) == ""
