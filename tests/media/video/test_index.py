"""When frames are shown, told by packets alone, agrees with what another decoder gives."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from written_films import probed_ticks, written

from livebg.media.video.index import PacketIndex, index_of, mended, packets_from

# Its threads wait for each other by turning round and round: on a busy machine 4.6 s, alone 0.6 s.
VP8 = ("-c:v", "libvpx", "-threads", "1")
X264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-g", "25")


def indexed(path: Path) -> PacketIndex:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return index_of(stream, container.demux(stream))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("film.mp4", X264),
        ("film.mkv", X264),
        ("film.ts", X264),
        ("late.mp4", (*X264, "-output_ts_offset", "5")),
        ("variable.mp4", ("-vf", "select='not(mod(n,3))+gt(n,40)'", "-fps_mode", "vfr", *X264)),
        ("mpeg2.mpg", ("-c:v", "mpeg2video", "-bf", "2")),
        ("hidden.webm", (*VP8, "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "100k")),
        ("moving.gif", ()),
    ],
)
def test_packets_tell_what_decoding_gives(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = written(tmp_path / name, *options)
    found = indexed(path)
    assert found.is_reliable
    ticks, probed = found.index.ticks.tolist(), probed_ticks(path)
    assert len(ticks) == len(probed)
    assert all(other in (each, None) for each, other in zip(ticks, probed, strict=True)), (
        "None: it cannot tell the last"
    )
    assert set(found.index.keys) <= set(found.index.ticks)
    assert len(found.keys) >= 1


def test_a_gif_has_one_key(tmp_path: Path) -> None:
    assert len(indexed(written(tmp_path / "moving.gif")).index.keys) == 1


@pytest.mark.slow
def test_they_do_not_tell_without_times_nor_from_a_cut_beginning(tmp_path: Path) -> None:
    assert not indexed(written(tmp_path / "raw.h264", *X264)).is_reliable
    assert not indexed(written(tmp_path / "guessed.avi", *X264)).is_reliable
    whole = written(tmp_path / "whole.ts", *X264).read_bytes()
    (tmp_path / "cut.ts").write_bytes(whole[188 * 30 :])
    assert not indexed(tmp_path / "cut.ts").is_reliable
    (tmp_path / "twice.ts").write_bytes(whole * 2)
    assert not indexed(tmp_path / "twice.ts").is_reliable


@pytest.mark.slow
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
def test_packets_from_a_key(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, *X264)
    for key in indexed(path).keys:
        with av.open(str(path)) as container:
            packets = packets_from(container, container.streams.video[0], key)
            assert packets is not None
            first = next(packets)
            assert (first.pts, first.is_keyframe) == (key.tick, True)


@pytest.mark.parametrize(
    ("stamps", "ticks"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([2, 8, 6, 10, 4], [2, 4, 6, 8, 10]),  # AVI's guesses
        ([None, None, None], [0, 4, 8]),
        ([10, None, 20], [10, 14, 20]),
        ([10, 10, 20], [10, 11, 20]),
        ([10, 20, 15, 30, None], [10, 20, 21, 30, 34]),
        ([5000, 5004, 100, 104], [5000, 5004, 5008, 5012]),  # a clock that began anew
    ],
)
def test_mended(stamps: list[int | None], ticks: list[int]) -> None:
    assert mended(stamps, step=4, ticks_in_s=100) == ticks
