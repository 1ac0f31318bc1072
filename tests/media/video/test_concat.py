from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from written_films import about, decoded, ffmpeg, form_of, moving, part, person, probed, source, stream, ticks, times_s

from livebg.core.errors import SinkError
from livebg.core.types import Composite, Image
from livebg.media.video import concat
from livebg.media.video.concat import clock_of, join
from livebg.media.video.formats import CONTAINERS, HOLDS, Form
from livebg.media.video.types import Colour, FilmInfo, Ticks

FILMS = sorted(
    (content, suffix, codec)
    for content in HOLDS
    for suffix, codecs in HOLDS[content].items()
    if suffix in CONTAINERS
    for codec in codecs
)
UNEVEN = np.array([0, 512, 1024, 1100, 3000, 3001, 5000, 40_000, 40_512, 41_024], np.int64)


def film(
    folder: Path, made: Form, at: Ticks, clip: Path, info: FilmInfo | None = None, images: list[Image] | None = None
) -> tuple[Path, list[str]]:
    """Two parts, joined."""
    info = info or about()
    images = images or moving(len(at), height=info.height, width=info.width)
    shown = [person(each) if made.content != "composite" else Composite(each) for each in images]
    half = len(shown) // 2
    parts = [part(folder / f"{half_of}.part", made, info, pieces)
             for half_of, pieces in enumerate((shown[:half], shown[half:]))]  # fmt: skip
    target = folder / f"film{made.suffix}"
    return target, join(parts, at, made, clip, info, target)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.mark.slow
@pytest.mark.parametrize(("content", "suffix", "codec"), FILMS)
def test_another_decoder_sees_every_frame_at_its_own_tick(
    tmp_path: Path, clip: Path, content: str, suffix: str, codec: str
) -> None:
    path, _ = film(tmp_path, form_of(suffix, content, codec), UNEVEN, clip)
    exact_s = UNEVEN / 12_800
    if suffix in (".mp4", ".mov"):
        assert stream(path, "video")["time_base"] == "1/12800"
        assert ticks(path) == UNEVEN.tolist()
    assert np.abs(np.subtract(times_s(path), exact_s)).max() <= (0.0005 if suffix in (".mkv", ".webm") else 1e-6)
    assert len(decoded(path)) == len(UNEVEN)
    seen = stream(path, "video")
    assert seen["codec_name"] == {"h265": "hevc"}.get(codec, codec)
    if suffix in (".mp4", ".mov"):
        tags = {"h264": "avc1", "h265": "hvc1", "av1": "av01", "vp9": "vp09",
                "prores": "ap4h" if content == "alpha" else "apch"}  # fmt: skip
        assert seen["codec_tag_string"] == tags[codec]
    assert stream(path, "audio")


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "codec"), [(".mov", "prores"), (".mkv", "ffv1"), (".webm", "vp9"), (".mkv", "vp9")])
@pytest.mark.parametrize("alpha", ["straight", "premultiplied"])
def test_alpha_survives(tmp_path: Path, clip: Path, suffix: str, codec: str, alpha: str) -> None:
    path, notes = film(tmp_path, form_of(suffix, "alpha", codec, alpha), UNEVEN, clip)
    assert f"alpha: {alpha}" in notes
    assert probed(path)["format"]["tags"].get("comment", probed(path)["format"]["tags"].get("COMMENT"))
    shown = decoded(path, "bgra", decoder="libvpx-vp9" if codec == "vp9" else "")
    assert len(shown) == len(UNEVEN)
    whole, half, nothing = shown[-1][48, [20, 100, 150]].astype(int)
    assert np.abs(whole - (40, 90, 200, 255)).max() <= 6
    assert np.abs(half - ((40, 90, 200, 128) if alpha == "straight" else (20, 45, 100, 128))).max() <= 6
    assert nothing[3] <= 2
    if codec == "ffv1":
        assert tuple(whole) == (40, 90, 200, 255)
        assert tuple(nothing) == (0, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".mkv", "ffv1"), (".webm", "vp9"), (".mov", "h265")])
def test_a_matte_is_its_own_numbers_in_gray(tmp_path: Path, clip: Path, suffix: str, codec: str) -> None:
    path, _ = film(tmp_path, form_of(suffix, "matte", codec), UNEVEN, clip)
    assert stream(path, "video")["color_range"] == "pc"
    seen = decoded(path, "gray")[-1][48, [20, 100, 150]].astype(int)
    assert np.abs(seen - (255, 128, 0)).max() <= (0 if codec == "ffv1" else 3)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_shape_and_colour_are_said(tmp_path: Path, clip: Path, suffix: str) -> None:
    info = about(pixel_aspect=Fraction(16, 11), colour=Colour(6, 6, 6, False))
    path, _ = film(tmp_path, form_of(suffix), UNEVEN, clip, info)
    seen = stream(path, "video")
    assert seen["sample_aspect_ratio"] == "16:11"
    assert (seen["color_space"], seen["color_primaries"], seen["color_transfer"], seen["color_range"]) == (
        "smpte170m", "smpte170m", "smpte170m", "tv",
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "suffix", "scale"),
    [
        (Fraction(1001, 30_000), ".mp4", 30_000),
        (Fraction(1, 90_000), ".mov", 90_000),
        (Fraction(1, 1000), ".mp4", 1000),
        (Fraction(1, 25), ".mp4", 25),
    ],
)
def test_the_films_time_base_is_the_tracks(tmp_path: Path, clip: Path, base: Fraction, suffix: str, scale: int) -> None:
    at = np.arange(10, dtype=np.int64) * max(1, round(Fraction(1, 25) / base))
    path, notes = film(tmp_path, form_of(suffix), at, clip, about(time_base=base))
    assert notes == []
    assert stream(path, "video")["time_base"] == f"1/{scale}"
    assert ticks(path) == [int(each) * base.numerator for each in at]


def test_what_quicktime_cannot_count_is_brought_to_less_or_rounded_and_said() -> None:
    notes: list[str] = []
    clock = clock_of(
        np.array([0, 15_000, 30_000]),
        about(time_base=Fraction(1, 360_000), fps=24),
        Fraction(),
        CONTAINERS[".mov"],
        notes,
    )
    assert (clock.scale, clock.times.tolist(), notes) == (24, [0, 1, 2], [])
    clock = clock_of(
        np.array([0, 15_001]), about(time_base=Fraction(1, 360_000), fps=24), Fraction(), CONTAINERS[".mov"], notes
    )
    assert (clock.scale, clock.times.tolist()) == (90_000, [0, 3750])
    assert len(notes) == 1
    assert "rounded" in notes[0]
    assert clock_of(np.array([5]), about(), Fraction(5, 12_800), CONTAINERS[".webm"], notes).times.tolist() == [0]


def test_a_film_of_one_picture(tmp_path: Path, clip: Path) -> None:
    made, target = form_of(".mp4"), tmp_path / "one.mp4"
    only = part(tmp_path / "p", made, about(), [Composite(moving(1)[0])])
    join([only], np.array([0]), made, clip, about(), target)
    assert len(decoded(target)) == 1


@pytest.mark.slow
def test_the_first_frames_offset_against_the_sound_stays(tmp_path: Path) -> None:
    late = tmp_path / "late.mkv"
    ffmpeg("-itsoffset", "0.48", "-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-f", "lavfi", "-i",
           "sine=440:d=3", "-c:v", "libx264", "-c:a", "aac", late)  # fmt: skip
    at = np.array(sorted(ticks(late)))
    assert len(at) == 50
    info = about(time_base=Fraction(1, 1000))
    for suffix in (".mp4", ".mkv"):
        folder = tmp_path / suffix[1:]
        folder.mkdir()
        path, _ = film(folder, form_of(suffix), at, late, info)
        assert times_s(path)[0] == pytest.approx(at[0] / 1000, abs=1e-6)
        assert at[0] >= 480
        assert abs(times_s(path, "audio")[0]) < 0.03
        assert times_s(path, "audio")[-1] > 2.9  # the sound's end is kept as well


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_stretch_of_a_film_takes_its_sound_along(tmp_path: Path, suffix: str) -> None:
    """A click in the sound and a flash in the picture, both at 2.0 s, stay together."""
    clip, length = tmp_path / "click.mp4", 4
    click = f"aevalsrc='if(between(t,2,2.04),sin(2000*t),0)':s=48000:d={length}"
    ffmpeg("-f", "lavfi", "-i", f"color=black:s=160x96:r=25:d={length}", "-f", "lavfi", "-i",
           click, "-c:v", "libx264", "-c:a", "aac", clip)  # fmt: skip
    at = np.arange(38, 63, dtype=np.int64) * 512
    images = [np.full((96, 160, 3), 255 if 2.0 <= tick / 12_800 < 2.04 else 0, np.uint8) for tick in at]
    path, notes = film(tmp_path, form_of(suffix), at, clip, images=images)
    assert notes == []
    raw = ffmpeg("-i", path, "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
    loud = np.flatnonzero(np.abs(np.frombuffer(raw, np.int16).astype(int)) > 8000)
    flash_s = times_s(path)[int(np.argmax(decoded(path).mean(axis=(1, 2, 3))))]
    assert flash_s - times_s(path)[0] == pytest.approx(0.48, abs=1e-3)
    assert loud[0] / 48_000 == pytest.approx(flash_s, abs=0.004)
    assert len(raw) / 2 / 48_000 == pytest.approx(1.0, abs=0.06)


@pytest.mark.slow
def test_titles_chapters_tracks_and_languages_are_kept(tmp_path: Path) -> None:
    words, clip = tmp_path / "meta.txt", tmp_path / "clip.mkv"
    words.write_text(
        ";FFMETADATA1\ntitle=Grüße 🎬\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n"
    )
    (tmp_path / "s.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2", "-f", "lavfi", "-i",
           "sine=880:d=2", "-i", tmp_path / "s.srt", "-i", words, "-map", "0", "-map", "1", "-map", "2", "-map", "3",
           "-map_metadata", "4", "-metadata", "creation_time=2020-01-02T03:04:05Z", "-metadata:s:a:0", "language=deu",
           "-metadata:s:a:1", "language=eng", "-metadata:s:a:1", "title=Commentary", "-disposition:a:1", "comment",
           "-c:v", "libx264", "-c:a:0", "aac", "-c:a:1", "libopus", "-c:s", "srt", clip)  # fmt: skip
    at = np.arange(50, dtype=np.int64) * 40
    for suffix in (".mkv", ".mp4", ".mov"):
        folder = tmp_path / suffix[1:]
        folder.mkdir()
        path, notes = film(folder, form_of(suffix), at, clip, about(time_base=Fraction(1, 1000)))
        whole = probed(path)
        tags = {key.lower(): value for key, value in whole["format"]["tags"].items()}
        assert tags["title"] == "Grüße 🎬"
        assert tags["creation_time"].startswith("2020-01-02T03:04:05")
        assert [(each["tags"]["title"], float(each["start_time"])) for each in whole["chapters"]] == [
            ("One", 0.0),
            ("Two", 1.0),
        ]
        first, second = stream(path, "audio"), stream(path, "audio", 1)
        assert first["tags"]["language"] in ("deu", "ger")
        assert second["tags"]["language"] == "eng"
        assert first["codec_name"] == "aac"
        assert second["codec_name"] == ("aac" if suffix == ".mov" else "opus")
        if suffix == ".mkv":
            assert second["disposition"]["comment"] == 1
            assert second["tags"]["title"] == "Commentary"
            assert notes == []
        assert stream(path, "subtitle")["codec_name"] == ("subrip" if suffix == ".mkv" else "mov_text")


@pytest.mark.slow
def test_a_damaged_sound_does_not_cost_the_picture(tmp_path: Path) -> None:
    clip = source(tmp_path / "clip.mkv", "-c:v", "libx264", "-c:a", "flac")
    data = bytearray(clip.read_bytes())
    generator = np.random.default_rng(3)
    for at in generator.integers(len(data) // 3, len(data), 400):
        data[at] = 255 - data[at]
    clip.write_bytes(data)
    for suffix in (".mkv", ".webm", ".mp4"):
        folder = tmp_path / suffix[1:]
        folder.mkdir()
        path, _ = film(folder, form_of(suffix), np.arange(50, dtype=np.int64) * 512, clip)
        assert len(decoded(path)) == 50


@pytest.mark.slow
def test_a_source_cut_in_the_middle_gives_what_it_has(tmp_path: Path) -> None:
    clip = source(tmp_path / "clip.mkv")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    path, _ = film(tmp_path, form_of(".mp4"), np.arange(20, dtype=np.int64) * 512, clip)
    assert len(decoded(path)) == 20


def test_what_fails_leaves_nothing(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, target, named = form_of(".mp4"), tmp_path / "film.mp4", Path("my film.mp4")
    only = part(tmp_path / "p", made, about(), [Composite(each) for each in moving(3)])
    with pytest.raises(SinkError, match=r"^output my film\.mp4: its parts hold 3 pictures of 4"):
        join([only], np.arange(4), made, clip, about(), target, named)
    assert not target.exists()
    with pytest.raises(SinkError, match=r"^output my film\.mp4: cannot be written: No such file"):
        join([only], np.arange(3), made, clip, about(), tmp_path / "missing" / "film.mp4", named)

    def interrupt(_packet: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(concat, "_time_s", interrupt)
    with pytest.raises(KeyboardInterrupt):
        join([only], np.arange(3), made, clip, about(), target)
    assert not target.exists()


@pytest.mark.parametrize("suffix", [".mp4", ".png", ".gif", ".webp"])
def test_a_disk_that_fills_up_meanwhile(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    made, target, named = form_of(suffix), tmp_path / f"film{suffix}", Path(f"my film{suffix}")
    only = part(tmp_path / "p", made, about(), [Composite(each) for each in moving(5)])
    looks = []

    def look(*paths: Path) -> None:
        looks.append(paths)
        if len(looks) == 3:
            raise SinkError("it is full")

    monkeypatch.setattr(concat, "check_free_space", look)
    monkeypatch.setattr(concat, "_LOOK_EVERY_PICTURES", 2)
    with pytest.raises(SinkError, match="it is full"):
        join([only], np.arange(5) * 512, made, clip, about(), target, named)
    assert looks == [(target, named)] * 3
    assert not target.exists()


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".webm"])
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path, clip: Path, suffix: str) -> None:
    made, target = form_of(suffix), tmp_path / "full"
    target.symlink_to("/dev/full")
    only = part(tmp_path / "p", made, about(), [Composite(each) for each in moving(30)])
    with pytest.raises(SinkError, match=r"cannot be written: .*[Nn]o space"):
        join([only], np.arange(30), made, clip, about(), target)
    assert not target.is_symlink()


def test_a_name_with_spaces_colons_and_signs(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "a b: %d 🎬"
    folder.mkdir()
    path, _ = film(folder, form_of(".mp4"), UNEVEN, clip)
    assert len(ticks(path)) == len(UNEVEN)
