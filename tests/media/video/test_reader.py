"""A film read exactly: every frame, its tick, the same from any key, and one warning for what is damaged."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from written_films import images_by, images_of, probed_ticks, written

from livebg.core.errors import SourceError
from livebg.media.video import reader as film_module
from livebg.media.video.reader import Film

X264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-g", "25")
OPEN = "keyint=20:open-gop=1:bframes=3:scenecut=0"
FILMS = {
    "open264.mp4": ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", OPEN),
    "open264.mkv": ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", OPEN),
    "open264.ts": ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", OPEN),
    "open264.avi": ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", OPEN),
    "open265.mp4": ("-pix_fmt", "yuv420p", "-c:v", "libx265", "-x265-params", OPEN + ":log-level=none"),
    "open265.ts": ("-pix_fmt", "yuv420p", "-c:v", "libx265", "-x265-params", OPEN + ":log-level=none"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "4"),
    "mpeg2.mkv": ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "4"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-bf", "2", "-q:v", "4"),
    "vp8.webm": (
        "-c:v",
        "libvpx",
        "-threads",
        "1",
        "-g",
        "15",
        "-auto-alt-ref",
        "1",
        "-lag-in-frames",
        "16",
        "-b:v",
        "100k",
    ),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-g", "25", "-lag-in-frames", "16", "-b:v", "100k", "-cpu-used", "8"),
    "refreshed.ts": ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", "intra-refresh=1:keyint=20"),
    "interlaced.mp4": ("-vf", "interlace", "-flags", "+ildct+ilme", *X264, "-g", "12"),
    "palette.gif": (),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_every_frame_and_the_same_from_any_key(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, *FILMS[name])
    film = Film(path)
    index = film.index()
    whole = images_of(film)
    assert list(whole) == index.ticks.tolist()
    assert len(whole) == len(probed_ticks(path))
    for key in index.keys.tolist():
        some = {each.tick: each.image for each in film.frames(key, int(index.ticks[-1]))}
        assert list(some) == [tick for tick in whole if tick >= key]
        assert all(np.array_equal(some[tick], whole[tick]) for tick in some), f"from key {key}"
    film.close()


@pytest.mark.slow
def test_what_one_reader_found_out_another_need_not_look_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "film.mp4", *X264)
    whole, known = images_of(Film(path)), Film(path).known()
    monkeypatch.setattr(film_module, "index_of", lambda *_: pytest.fail("gone through the whole file again"))
    told = Film(path, known)
    assert told.index() is known.index
    assert all(np.array_equal(image, whole[tick]) for tick, image in images_of(told).items())


@pytest.mark.slow
def test_a_part_in_the_middle(tmp_path: Path) -> None:
    film = Film(written(tmp_path / "film.mp4", *X264))
    whole, some = images_of(film), images_of(film, 30, 40)
    assert list(some) == film.index().ticks[30:41].tolist()
    assert all(np.array_equal(some[tick], whole[tick]) for tick in some)
    assert [each.tick for each in film.frames(min(some), max(some), every=4)] == list(some)[::4]
    assert list(film.frames(10**9, 2 * 10**9)) == []


@pytest.mark.slow
def test_pixels_are_those_of_another_decoder(tmp_path: Path) -> None:
    path = written(tmp_path / "film.mp4", *X264)
    theirs = images_by(path, (144, 128), "-pix_fmt", "yuv420p")
    film = Film(path)
    ticks = film.index().ticks
    ours = [each.planes for each in film.frames(int(ticks[0]), int(ticks[-1]))]
    assert len(ours) == len(theirs) == 75
    assert all(np.array_equal(each, other) for each, other in zip(ours, theirs, strict=True))


@pytest.mark.slow
def test_what_an_edit_list_hides_is_left_out(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.mp4", *X264)
    path = written(tmp_path / "cut.mp4", "-c", "copy", from_=("-ss", "0.7", "-i", str(whole)))
    film = Film(path)
    images = images_of(film)
    assert list(images) == probed_ticks(path)
    assert len(images) < 75
    theirs = images_by(path, (144, 128), "-pix_fmt", "yuv420p")
    assert len(theirs) == len(images)


def test_info(tmp_path: Path) -> None:
    film = Film(written(tmp_path / "my film 🎬.mkv", "-vf", "setsar=4/3", *X264, "-output_ts_offset", "5"))
    info = film.info
    assert (info.name, info.width, info.height, info.fps) == ("my film 🎬.mkv", 128, 96, 25.0)
    assert info.pixel_aspect * 3 == 4
    assert float(film.index().ticks[0] * info.time_base) == 5.0
    assert info.notes == ()


@pytest.mark.slow
def test_interlaced_frames_are_made_whole_and_told(tmp_path: Path) -> None:
    film = Film(written(tmp_path / "film.mp4", *FILMS["interlaced.mp4"]))
    assert film.info.notes == ("interlaced: each frame made whole from both its moments",)
    theirs = images_by(tmp_path / "film.mp4", (144, 128), "-vf", "bwdif=mode=send_frame", "-pix_fmt", "yuv420p")
    ticks = film.index().ticks
    ours = [each.planes for each in film.frames(int(ticks[0]), int(ticks[-1]))]
    assert len(ours) == len(theirs)
    assert np.mean([np.mean(each == other) for each, other in zip(ours, theirs, strict=True)]) > 0.99


@pytest.fixture(scope="module")
def late_interlaced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 frames progressive, 20 interlaced, 10 progressive."""
    folder = tmp_path_factory.mktemp("interlaced")
    common = ("-c:v", "libx264", "-g", "5", "-bf", "0")
    fields = ("-vf", "interlace", "-flags", "+ildct+ilme")
    pieces = [
        written(folder / "1.ts", *common, length_s=0.4),
        written(folder / "2.ts", *fields, *common, "-output_ts_offset", "0.4", length_s=1.6),
        written(folder / "3.ts", *common, "-output_ts_offset", "1.2", length_s=0.4),
    ]
    path = folder / "late.ts"
    path.write_bytes(b"".join(each.read_bytes() for each in pieces))
    return path


@pytest.mark.slow
def test_interlacing_that_begins_and_ends_within_a_film(
    late_interlaced: Path, caplog: pytest.LogCaptureFixture
) -> None:
    film = Film(late_interlaced)
    assert film.info.notes == ()
    way = ("-vf", "bwdif=mode=send_frame:deint=interlaced", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough")
    theirs = images_by(late_interlaced, (144, 128), *way)
    index = film.index()
    ticks = index.ticks.tolist()
    ours = [each.planes for each in film.frames(ticks[0], ticks[-1])]
    assert len(ours) == len(ticks) == 40
    assert np.mean([np.mean(each == other) for each, other in zip(ours, theirs, strict=True)]) > 0.99
    assert len([each for each in caplog.records if "interlaced in part" in each.getMessage()]) == 1
    for key in index.keys.tolist():  # wherever another segment begins
        begin = ticks.index(key)
        other = Film(late_interlaced, film.known())
        for planes, frame in zip(ours[begin:], other.frames(key, ticks[min(begin + 3, 39)]), strict=False):
            assert planes is not None
            assert np.array_equal(planes, frame.planes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cut.mkv", "cut.avi", "cut.mp4"])
def test_a_truncated_film_gives_what_it_has_and_one_warning(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    options = ("-c:v", "mpeg4", "-q:v", "4") if name.endswith("avi") else X264
    data = written(tmp_path / f"whole-{name}", *options, "-movflags", "+faststart").read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    film = Film(tmp_path / name)
    assert 5 < len(images_of(film)) < 75
    assert len(images_of(film, 3, 4)) == 2
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == 1
    assert f"{name} is damaged or cut off" in caplog.text


def test_a_hole_in_the_middle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = bytearray(written(tmp_path / "whole.mkv", "-c:v", "ffv1", "-slicecrc", "1", "-g", "1").read_bytes())
    at = len(data) // 2
    data[at : at + 3000] = bytes(3000)
    (tmp_path / "holed.mkv").write_bytes(data)
    film = Film(tmp_path / "holed.mkv")
    assert 40 < len(images_of(film)) <= 75
    assert caplog.text.count("holed.mkv") <= 1


def test_a_change_of_size_is_scaled_and_told_once(make_clip, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    small = make_clip("a.mjpeg", shades=(60, 60), codec="mjpeg").read_bytes()
    large = make_clip("b.mjpeg", shades=(180, 180), width=128, height=96, codec="mjpeg").read_bytes()
    (tmp_path / "both.mjpeg").write_bytes(small + large)
    images = images_of(Film(tmp_path / "both.mjpeg"))
    assert [each.shape for each in images.values()] == [(48, 64, 3)] * 4
    assert [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING] == [
        "both.mjpeg changes its size to 128x96; scaled to its first size, 64x48"
    ]


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as told:
        Film(path)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_wrong_input(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("just words\n" * 50)
    (tmp_path / "empty.mp4").touch()
    cover = ("-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "testsrc2=d=0.04")
    picture = ("-map", "0", "-map", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic")
    song = written(tmp_path / "song.mp3", *picture, from_=cover)
    assert refused(song) == "song.mp3 holds no video (only audio); try another file"
    assert refused(tmp_path / "notes.mp4").startswith("notes.mp4: not a video or picture that can be read")
    assert "is empty" in refused(tmp_path / "empty.mp4")
    assert "is a folder" in refused(tmp_path)
    assert refused(tmp_path / "none.mp4") == "none.mp4 does not exist; check the name"
