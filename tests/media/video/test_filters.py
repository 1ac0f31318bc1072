"""FFmpeg's filters: as many frames out as in, each with its tick; HDR through the table."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from written_films import written

from livebg.media import tone_map
from livebg.media.tone_map import DEEP_RGB, ToneMap, filter_graph
from livebg.media.video.filters import made_whole, whole_at_once
from livebg.media.video.reader import Film
from livebg.media.video.types import Colour


def combed(width: int = 64) -> av.VideoFrame:
    """Lines of two moments: a bright one and a dark one."""
    picture = np.full((72, width), 128, np.uint8)
    picture[:48] = np.where(np.arange(48) % 2, 200, 50)[:, None]
    return av.VideoFrame.from_ndarray(picture, format="yuv420p")


def test_as_many_frames_as_came_with_their_ticks() -> None:
    frames = [(7 * number, combed()) for number in range(5)]
    assert [tick for tick, _ in made_whole(iter(frames))] == [0, 7, 14, 21, 28]
    assert list(made_whole(iter([]))) == []
    assert [tick for tick, _ in made_whole(iter(frames[:1]))] == [0]


def test_a_change_of_size_loses_none() -> None:
    frames = [(number, combed(64 if number < 3 else 128)) for number in range(6)]
    sizes = [(tick, frame.width) for tick, frame in made_whole(iter(frames))]
    assert sizes == [(0, 64), (1, 64), (2, 64), (3, 128), (4, 128), (5, 128)]


def test_what_is_not_interlaced_passes_as_it_is() -> None:
    _, frame = next(made_whole(iter([(0, combed()), (1, combed())])))
    assert np.array_equal(frame.to_ndarray(), combed().to_ndarray())


def test_the_table_is_what_the_formula_says() -> None:
    codes = np.random.default_rng(1).uniform(0, 0.8, (48, 64, 3))
    planes = np.moveaxis((codes * 65535).astype(np.uint16)[..., [1, 2, 0]], -1, 0)
    frame = av.VideoFrame(64, 48, DEEP_RGB)
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.zeros((48, plane.line_size // 2), np.uint16)
        rows[:, :64] = values
        plane.update(rows.tobytes())
    mapped = ToneMap(tone_map.PQ).apply(frame).to_ndarray() / 65535  # RGB
    difference = np.abs(mapped - tone_map.to_sdr(codes.reshape(-1, 3), tone_map.PQ).reshape(48, 64, 3)) * 255
    assert difference.mean() < 0.7
    assert np.percentile(difference, 99) < 8


@pytest.mark.slow
@pytest.mark.parametrize(("name", "transfer", "white"), [("PQ", "smpte2084", 0.5807), ("HLG", "arib-std-b67", 0.75)])
def test_an_hdr_film_becomes_sdr(tmp_path: Path, name: str, transfer: str, white: float) -> None:
    luma = round(64 + 876 * white)
    ramp = f"geq=lum='if(lt(Y,48),{luma},64+876*X/127)':cb=512:cr=512,format=yuv420p10le"
    tags = f"log-level=none:lossless=1:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    source = ("-f", "lavfi", "-i", "color=s=128x96:r=25:d=0.2,format=yuv420p10le")
    film = Film(written(tmp_path / "hdr.mp4", "-vf", ramp, "-c:v", "libx265", "-x265-params", tags, from_=source))
    frame = next(film.frames(0, 0))
    assert film.info.notes[0] == f"HDR ({name}, BT.2020) tone-mapped to SDR (BT.709)"
    assert film.info.colour == Colour(1, 1, 1, is_full_range=False)
    assert frame.planes is None
    assert np.abs(frame.image[:44].astype(int) - 230).max() <= 2, "reference white"
    ramp_seen = frame.image[60].astype(int)
    assert np.ptp(ramp_seen, axis=1).max() <= 1, "grey"
    assert np.diff(ramp_seen[:, 1]).min() >= -1
    assert ramp_seen[0].max() <= 2
    assert ramp_seen[-1].min() >= 253


def test_a_frame_that_cannot_wait_is_made_whole_by_the_one_before() -> None:
    assert whole_at_once(None, plain := combed()) is plain, "it is not interlaced"
    fields, dark = filter_graph(combed(), "setfield", mode="tff"), np.full((72, 64), 50, np.uint8)
    for each in (av.VideoFrame.from_ndarray(dark, format="yuv420p"), combed()):
        fields.vpush(each)
    before, frame = fields.vpull(), fields.vpull()
    alone, after_dark = (whole_at_once(each, frame).to_ndarray()[:48] for each in (None, before))
    assert np.array_equal(alone, combed().to_ndarray()[:48]), "nothing shows that the lines are of two moments"
    assert np.ptp(after_dark) == 0, "the bright lines are new: those of the other moment are all that stays"
