from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from written_films import HEIGHT, WIDTH, about, ffmpeg, moving, part, probed

from livebg.core.types import Composite
from livebg.media.video.concat import join
from livebg.media.video.formats import form_for
from livebg.media.video.timecode import later, moved


@pytest.mark.parametrize(
    ("text", "frames", "fps", "right"),
    [
        ("01:00:00:00", 25, 25, "01:00:01:00"),
        ("23:59:59:24", 1, 25, "00:00:00:00"),
        ("00:00:00:00", 30 * 60, 29.97, "00:01:00:00"),
        ("00:00:59;29", 1, 29.97, "00:01:00;02"),
        ("00:00:00;00", 17982, 29.97, "00:10:00;00"),
        ("00:09:59;29", 1, 29.97, "00:10:00;00"),
        ("00:00:59;59", 1, 59.94, "00:01:00;04"),
        ("01:00:00;00", 107892, 29.97, "02:00:00;00"),
        ("23:59:59;29", 1, 29.97, "00:00:00;00"),
        ("10:00:00.00", 24, 23.976, "10:00:01.00"),
        ("noon", 1, 25, None),
        ("01:00:00:00", 1, 0, None),
    ],
)
def test_the_timecode_of_a_later_frame(text: str, frames: int, fps: float, right: str | None) -> None:
    assert later(text, frames, fps) == right


def test_every_frame_of_an_hour_has_a_number_of_its_own() -> None:
    said = [later("00:58:00;00", each, 30000 / 1001) for each in range(5000)]
    assert len(set(said)) == 5000
    assert said == sorted(str(each) for each in said)
    assert not {"00:59:00;00", "00:59:00;01"} & set(said)


def test_only_a_timecode_moves() -> None:
    tags = {"title": "01:00:00:00", "timecode": "01:00:00:00"}
    assert moved(tags, Fraction(0), 25.0) == tags
    assert moved(tags, Fraction(2), 25.0) == tags | {"timecode": "01:00:02:00"}
    assert moved({"timecode": "?"}, Fraction(2), 25.0) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "said", "first", "right"),
    [("25", "01:00:00:00", 25, "01:00:01:00"), ("30000/1001", "01:00:59;20", 30, "01:01:00;22")],
)
@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
def test_a_film_that_was_cut_begins_with_the_timecode_of_its_first_frame(
    tmp_path: Path, suffix: str, rate: str, said: str, first: int, right: str
) -> None:
    film, info = tmp_path / "film.mov", about(fps=float(Fraction(rate)), time_base=1 / Fraction(rate) / 512)
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r={rate}:d=2", "-timecode", said, "-g", "10", film)
    form = form_for(Path(f"a{suffix}"), "composite", "auto", encoder="software")
    made = part(tmp_path / "part", form, info, [Composite(each) for each in moving(5)])
    for begin, expected in ((0, said), (first, right)):
        out = tmp_path / f"out{begin}{suffix}"
        join([made], (np.arange(5) + begin) * 512, form, film, info, out)
        found = probed(out)
        tags = [found["format"].get("tags", {}), *(each.get("tags", {}) for each in found["streams"])]
        assert {each[key] for each in tags for key in each if key.lower() == "timecode"} == {expected}
