"""A picture of the room, hidden wherever a film has a place for it, is in no film that is made of it."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hostile.smuggled import DISGUISES, PICTURE, found_in
from PIL import Image as Pillow
from written_films import about, ffmpeg, moving, part, probed

from livebg.core.types import Composite
from livebg.media.video.concat import join
from livebg.media.video.formats import form_for

CODED = DISGUISES["base64"].decode()
COUNT = 25
TAGS = ("title", "artist", "comment", "description", "copyright", "date", "location", "timecode", "own",
        "language", "METADATA_BLOCK_PICTURE", "com.apple.quicktime.artwork", "com.android.version", "XMP")  # fmt: skip


def film(folder: Path, suffix: str, codec: str) -> Path:
    """With the picture as tags of film, tracks and chapters, in pieces too; as cover, attachment, subtitles, fonts."""
    words, lines, cover = (
        folder / "meta.txt",
        folder / f"s.{'ass' if suffix == '.mkv' else 'srt'}",
        folder / "cover.jpg",
    )
    text = CODED.replace("=", "\\=")
    chapters = "".join(
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={at}\nEND={at + 10}\ntitle={text[at : at + 30]}\nown={text}\n"
        for at in range(0, 900, 30)
    )
    words.write_text(";FFMETADATA1\n" + "".join(f"{tag}={text}\n" for tag in TAGS) + chapters)
    if suffix == ".mkv":
        dialogue = "Dialogue: 0,0:00:00.{0:02},0:00:00.{1:02},Default,,0,0,0,,{2}"
        events = [dialogue.format(at, at + 1, CODED[30 * at : 30 * at + 30]) for at in range(20)]
        kinds = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
        head = ["[Script Info]", f"; {CODED}", "[Fonts]", "fontname: a.ttf", CODED, "[Events]", kinds]
        lines.write_text("\n".join([*head, *events, ""]))
    else:
        lines.write_text(f"1\n00:00:00,100 --> 00:00:00,900\n{CODED}\n\n")
    cover.write_bytes(PICTURE)
    told = [
        f"-metadata:s:{track}:0 {tag}={CODED}".split(" ")
        for track in ("v", "a", "s")
        for tag in ("title", "comment", "handler_name", "own")
    ]
    subtitles = {".mkv": "ass", ".mp4": "mov_text", ".mov": "mov_text", ".webm": "webvtt"}[suffix]
    attached = ("-attach", cover, "-metadata:s:t", "mimetype=image/jpeg") if suffix == ".mkv" else ()
    flags = ("-movflags", "use_metadata_tags") if suffix in (".mp4", ".mov") else ()
    path = folder / f"clip{suffix}"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=1", "-f", "lavfi", "-i", "sine=440:d=1", "-i", lines,
           "-i", words, "-map", "0", "-map", "1", "-map", "2", "-map_metadata", "3", "-map_chapters", "3",
           "-c:v", "libvpx-vp9" if suffix == ".webm" else "libx264", "-c:a", codec, "-c:s", subtitles,
           *(each for pair in told for each in pair), *attached, *flags, path)  # fmt: skip
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "codec"),
    [(".mkv", "libvorbis"), (".mkv", "flac"), (".mp4", "aac"), (".mov", "aac"), (".webm", "libopus")],
)
def test_nothing_of_it_is_in_any_film(tmp_path: Path, before: str, codec: str) -> None:
    clip = film(tmp_path, before, codec)
    assert found_in(clip.read_bytes()), "it was there"
    with av.open(str(clip), metadata_errors="replace") as container:
        track = container.streams.video[0]
        at = np.array(sorted(each.pts for each in container.demux(track) if each.pts is not None))[:COUNT]
        info = about(time_base=track.time_base or Fraction(1, 1000))
    for suffix in (".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp"):
        form = form_for(Path(f"a{suffix}"), "composite", encoder="software")
        made = part(tmp_path / f"part{suffix}", form, info, [Composite(each) for each in moving(len(at))])
        target = tmp_path / f"film{suffix}"
        join([made], at, form, clip, info, target)
        assert found_in(target.read_bytes()) == []
        if suffix not in (".gif", ".webp"):
            assert {each["codec_type"] for each in probed(target)["streams"]} <= {"video", "audio", "subtitle", "data"}
            assert any(each["codec_type"] == "audio" for each in probed(target)["streams"])


@pytest.mark.slow
def test_the_cover_of_a_song_is_no_track(tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    Pillow.open(io.BytesIO(PICTURE)).save(cover)
    clip, with_cover = film(tmp_path, ".mp4", "aac"), tmp_path / "covered.mp4"
    ffmpeg("-i", clip, "-i", cover, "-map", "0:v", "-map", "0:a", "-map", "1", "-c", "copy", "-disposition:v:1",
           "attached_pic", with_cover)  # fmt: skip
    form, info = form_for(Path("a.mkv"), "composite", encoder="software"), about()
    at = np.arange(COUNT, dtype=np.int64) * 512
    made = part(tmp_path / "part", form, info, [Composite(each) for each in moving(COUNT)])
    join([made], at, form, with_cover, info, tmp_path / "film.mkv")
    assert [each["codec_type"] for each in probed(tmp_path / "film.mkv")["streams"]].count("video") == 1
    assert cover.read_bytes()[100:140] not in (tmp_path / "film.mkv").read_bytes()
