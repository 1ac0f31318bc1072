from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from written_films import about, ffmpeg, moving, packets, part, probed, source, stream, ticks, times_s

from livebg.core.types import Composite
from livebg.media.video import passthrough as sound
from livebg.media.video.concat import join
from livebg.media.video.formats import form_for
from livebg.media.video.open import open_file
from livebg.media.video.passthrough import can_copy


def joined(folder: Path, clip: Path, suffix: str, at: np.ndarray | None = None) -> tuple[Path, list[str]]:
    """All pictures of the clip, or those at some ticks of its own time base."""
    info = about(time_base=Fraction(stream(clip, "video")["time_base"]))
    at = np.array(sorted(ticks(clip))) if at is None else at
    form = form_for(Path(f"a{suffix}"), "composite", encoder="software")
    only = part(folder / "p", form, info, [Composite(each) for each in moving(len(at))])
    return folder / f"film{suffix}", join([only], at, form, clip, info, folder / f"film{suffix}")


def sound_of(path: Path) -> np.ndarray:
    raw = ffmpeg("-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-")
    return np.frombuffer(raw, np.int16).astype(int)


def payloads(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]


COPIED = [
    (".mp4", "aac"),
    (".mp4", "libmp3lame"),
    (".mp4", "ac3"),
    (".mp4", "libopus"),
    (".mp4", "flac"),
    (".mp4", "alac"),
    (".mov", "aac"),
    (".mov", "pcm_s16le"),
    (".webm", "libopus"),
    (".webm", "libvorbis"),
    (".mkv", "aac"),
    (".mkv", "pcm_s16le"),
    (".mkv", "flac"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "codec"), COPIED)
def test_what_the_container_takes_is_copied(tmp_path: Path, suffix: str, codec: str) -> None:
    clip = source(tmp_path / "clip.mkv", "-c:v", "libx264", "-c:a", codec)
    path, notes = joined(tmp_path, clip, suffix)
    assert notes == []
    ours, theirs = payloads(path), payloads(clip)
    if codec == "pcm_s16le":  # MOV cuts it in other pieces
        assert b"".join(ours) == b"".join(theirs)
    else:
        assert ours == theirs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "codec", "becomes"),
    [(".mp4", "pcm_s16le", "aac"), (".webm", "aac", "opus"), (".mov", "libopus", "aac"), (".mkv", "pcm_s8", "opus")],
)
def test_what_it_does_not_take_is_encoded_in_time_and_said(
    tmp_path: Path, suffix: str, codec: str, becomes: str
) -> None:
    clip = tmp_path / "clip.nut"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-f", "lavfi", "-i",
           "aevalsrc='if(between(t,1,1.1),sin(2500*t),0)|0':s=44100:d=2",
           "-c:v", "mpeg4", "-c:a", codec, "-strict", "-2",
           clip)  # fmt: skip
    path, notes = joined(tmp_path, clip, suffix)
    assert stream(path, "audio")["codec_name"] == becomes
    assert stream(path, "audio")["channels"] == 2
    assert len(notes) == 1
    assert f"encoded as {becomes}, " in notes[0]
    loud = np.flatnonzero(np.abs(sound_of(path)) > 3000) / 8000
    assert loud[0] == pytest.approx(1.0, abs=0.01)
    assert loud[-1] == pytest.approx(1.1, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("codec", "rate", "channels", "suffix", "becomes", "said"),
    [
        ("pcm_s16le", 11024, 1, ".mp4", 11025, "11024 Hz resampled to 11025 Hz"),
        ("pcm_s16le", 37800, 2, ".mp4", 44100, "37800 Hz resampled to 44100 Hz"),
        ("pcm_s16le", 37800, 2, ".webm", 48000, "37800 Hz resampled to 48000 Hz"),
        ("pcm_s16le", 192000, 2, ".mp4", 48000, "192000 Hz resampled to 48000 Hz"),
        ("flac", 96000, 2, ".webm", 48000, "96000 Hz resampled to 48000 Hz"),
        ("pcm_s16le", 3000, 1, ".mp4", 7350, "3000 Hz resampled to 7350 Hz"),
        *(("pcm_s16le", 48000, each, ".webm", 48000, "encoded as opus") for each in (3, 4, 5, 6, 7, 8)),
        *(("pcm_s16le", 44100, each, ".mp4", 44100, "encoded as aac") for each in (3, 4, 5, 6, 7, 8)),
        ("pcm_s16le", 48000, 16, ".webm", 48000, "16 channels mixed to 2"),
    ],
)
def test_sound_that_the_encoder_does_not_know_is_made_one_that_it_does(
    tmp_path: Path, codec: str, rate: int, channels: int, suffix: str, becomes: int, said: str
) -> None:
    clip = source(tmp_path / "clip.mkv", "-c:v", "libx264", "-c:a", codec, "-ar", str(rate), "-ac", str(channels),
                  seconds=1)  # fmt: skip
    path, notes = joined(tmp_path, clip, suffix)
    assert said in notes[0]
    track = stream(path, "audio")
    assert (int(track["sample_rate"]), track["channels"]) == (becomes, channels if channels < 9 else 2)
    heard = sound_of(path)
    assert len(heard) / 8000 == pytest.approx(1, abs=0.3)
    assert np.abs(heard).max() > 100


@pytest.mark.slow
def test_sound_that_no_encoder_takes_is_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "_LAYOUTS", {1: "7.1(top)"})
    clip = source(tmp_path / "clip.mkv", "-c:v", "libx264", "-c:a", "pcm_s16le", "-ac", "1", seconds=1)
    path, notes = joined(tmp_path, clip, ".webm")
    assert "is left out: " in notes[0]
    assert [each["codec_type"] for each in probed(path)["streams"]] == ["video"]


@pytest.mark.slow
def test_a_transport_streams_sound_goes_into_mp4(tmp_path: Path) -> None:
    clip = source(tmp_path / "clip.ts")
    _, notes = joined(tmp_path, clip, ".mp4")
    assert notes == []
    assert stream(tmp_path / "film.mp4", "audio")["codec_name"] == "aac"
    assert np.abs(sound_of(tmp_path / "film.mp4")).max() > 1000


def test_webm_takes_no_aac_and_mov_no_opus(tmp_path: Path) -> None:
    clip = source(tmp_path / "clip.mkv", "-c:v", "libx264", "-c:a", "libopus")
    with open_file(clip) as container:
        sound = container.streams.audio[0]
        assert can_copy(sound, "opus", "webm")
        assert can_copy(sound, "opus", "matroska")
        assert not can_copy(sound, "opus", "mov")


@pytest.mark.slow
def test_a_film_without_sound(tmp_path: Path) -> None:
    clip = source(tmp_path / "clip.mp4", "-c:v", "libx264", "-an")
    path, notes = joined(tmp_path, clip, ".mp4")
    assert notes == []
    assert [each["codec_type"] for each in probed(path)["streams"]] == ["video"]


@pytest.mark.slow
def test_subtitles_are_cut_with_the_film(tmp_path: Path) -> None:
    words, clip = tmp_path / "s.srt", tmp_path / "clip.mkv"
    words.write_text("".join(f"{n + 1}\n00:00:0{n},000 --> 00:00:0{n},900\nLine {n}\n\n" for n in range(4)))
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=4", "-i", words, "-c:v", "libx264", "-c:s", "srt", clip)
    at = np.arange(38, 63, dtype=np.int64) * 40  # 1.52 to 2.52 s
    path, notes = joined(tmp_path, clip, ".mkv", at)
    assert notes == []
    seen = packets(path, "subtitle")
    assert [(float(each["pts_time"]), float(each["duration_time"])) for each in seen] == [(0.0, 0.38), (0.48, 0.9)]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_words_become_mp4s_own_subtitles(tmp_path: Path, suffix: str) -> None:
    words, clip = tmp_path / "s.srt", tmp_path / "clip.mkv"
    words.write_text("1\n00:00:00,200 --> 00:00:00,900\n<b>Hola</b>\n\n2\n00:00:01,000 --> 00:00:01,500\nmundo\n")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-i", words, "-c:v", "libx264", "-c:s", "srt",
           "-metadata:s:s", "language=spa", clip)  # fmt: skip
    path, notes = joined(tmp_path, clip, suffix)
    assert notes == []
    assert stream(path, "subtitle")["tags"]["language"] == "spa"
    seen = ffmpeg("-i", path, "-map", "0:s:0", "-f", "srt", "-").decode()
    assert seen == words.read_text().replace("<b>", "").replace("</b>", "").rstrip() + "\n\n"


@pytest.mark.slow
def test_a_picture_in_pieces_in_the_tracks_names_stays_behind(tmp_path: Path) -> None:
    hidden, clip = np.random.default_rng(0).bytes(600).hex(), tmp_path / "clip.mkv"
    names = [hidden[at : at + 40] for at in range(0, 480, 40)]
    maps = [word for _ in names for word in ("-map", "1")]
    titles = [word for at, name in enumerate(names) for word in (f"-metadata:s:a:{at}", f"title={name}")]
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1", "-map", "0", *maps,
           *titles, "-metadata:s:a:0", "title=Voice", "-c:v", "libx264", "-c:a", "aac", clip)  # fmt: skip
    told = [each.get("tags", {}).get("title", "") for each in probed(joined(tmp_path, clip, ".mkv")[0])["streams"]]
    assert "Voice" in told
    assert sum(map(bool, told)) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mp4"])
@pytest.mark.parametrize("codec", ["aac", "pcm_s8"])
def test_a_cut_moves_no_picture(tmp_path: Path, suffix: str, codec: str) -> None:
    clip = source(tmp_path / "clip.nut", "-c:v", "mpeg4", "-c:a", codec)
    every = sorted(ticks(clip))
    path, _ = joined(tmp_path, clip, suffix, np.array(every[7:30]))
    assert np.abs(np.subtract(times_s(path), np.arange(23) / 25)).max() < 0.001
    assert stream(path, "audio")
    assert -0.06 <= times_s(path, "audio")[0] <= 0.03
    assert 0.85 <= times_s(path, "audio")[-1] <= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mp4"])
@pytest.mark.parametrize("before", [".mkv", ".mp4"])
@pytest.mark.parametrize("codec", ["aac", "libopus"])
def test_what_a_codec_begins_with_moves_no_picture(tmp_path: Path, suffix: str, before: str, codec: str) -> None:
    clip = source(tmp_path / f"clip{before}", "-c:v", "mpeg4", "-c:a", codec)
    seen = packets(clip, "video")
    path, _ = joined(tmp_path, clip, suffix)
    expected = sorted(float(each["pts_time"]) for each in seen)
    assert np.abs(np.subtract(times_s(path), expected)).max() < 0.001
