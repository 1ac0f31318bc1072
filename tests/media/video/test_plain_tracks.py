"""Headers, packets and lines: what is sound or words stays to the last byte, what lies beside it does not."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.packet import Packet
from hostile.smuggled import DISGUISES, PICTURE
from written_films import ffmpeg

from livebg.media.video.plain_tracks import ASS_HEADER, TX3G, Lines, plain_header, plain_packet

BASE64 = DISGUISES["base64"]


def header_of(folder: Path, codec: str) -> bytes:
    path = folder / "a.mka"
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", "-c:a", codec, path)
    with av.open(str(path)) as container:
        return bytes(container.streams.audio[0].codec_context.extradata or b"")


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["aac", "flac", "alac", "libopus", "libvorbis"])
def test_a_codecs_own_header_stays_and_what_is_appended_does_not(tmp_path: Path, codec: str) -> None:
    own, name = header_of(tmp_path, codec), codec.removeprefix("lib")
    plain = plain_header(name, own)
    assert plain == own or name == "vorbis"
    if name in ("flac", "opus"):
        assert plain_header(name, own + PICTURE) == own
    elif name != "vorbis":
        assert plain_header(name, own + PICTURE) is None


def test_vorbis_comments_are_written_anew(tmp_path: Path) -> None:
    own = header_of(tmp_path, "libvorbis")
    first, last = own[own.index(b"\1vorbis") :][:30], own[own.index(b"\5vorbis") :]
    picture = b"METADATA_BLOCK_PICTURE=" + BASE64
    comment = b"\3vorbis" + struct.pack("<I4sII", 4, b"Xiph", 1, len(picture)) + picture + b"\1"
    lacing = b"\xff" * (len(comment) // 255) + bytes([len(comment) % 255])
    plain = plain_header("vorbis", b"\2" + bytes([30]) + lacing + first + comment + last)
    assert plain is not None
    assert BASE64[40:60] not in plain
    assert first in plain
    assert plain.endswith(last)
    decoder = av.CodecContext.create("vorbis", "r")
    decoder.extradata = plain
    decoder.open()
    assert plain_header("vorbis", PICTURE) is None
    assert plain_header("vorbis", b"\2" + bytes([30]) + lacing + first + comment + last + bytes(4096)) is None
    assert plain_header("vorbis", b"\2" + bytes([32]) + lacing + first + b"12" + comment + last) is None
    assert plain_header("vorbis", b"") is None


def test_subtitles_headers_are_livebgs_own() -> None:
    assert plain_header("ass", b"[Fonts]\n" + BASE64) == ASS_HEADER
    assert plain_header("mov_text", TX3G + PICTURE) == TX3G
    assert plain_header("subrip", PICTURE) == b""
    assert plain_header("mp3", None) == b""


def packet(data: bytes) -> Packet:
    made = Packet(data)
    made.pts, made.dts, made.duration, made.time_base, made.is_keyframe = 7, 6, 5, Fraction(1, 100), True
    return made


def test_a_packet_is_its_samples_and_times() -> None:
    plain = plain_packet(packet(PICTURE))
    assert bytes(plain) == PICTURE, "samples are not judged"
    assert (plain.pts, plain.dts, plain.duration, plain.time_base, plain.is_keyframe) == (
        7,
        6,
        5,
        Fraction(1, 100),
        True,
    )
    assert not list(plain.iter_sidedata())


@pytest.mark.parametrize(
    ("codec", "before"), [("subrip", b""), ("webvtt", b""), ("ass", b"0,0,Default,,0,0,0,,"), ("mov_text", None)]
)
def test_lines_are_words(codec: str, before: bytes | None) -> None:
    def line(text: bytes) -> Packet:
        return packet((struct.pack(">H", len(text)) if before is None else before) + text)

    lines, told = Lines(codec), [b"Hello, how are you?", "Größe & Café".encode(), b"", b"And so we went to the river."]
    kept = [each for text in told for each in lines.judged(line(text))] + lines.judged(None)
    assert [bytes(each) for each in kept] == [bytes(line(each)) for each in told]
    assert {each.pts for each in kept} == {7}
    assert lines.refused == 0
    for size in (10, 30, 100):
        lines = Lines(codec)
        pieces = [BASE64[at : at + size] for at in range(0, 600, size)]
        assert [each for text in pieces for each in lines.judged(line(text))] == []
        assert lines.judged(None) == []
        assert lines.refused == len(pieces)


@pytest.mark.parametrize(
    ("codec", "text", "words"),
    [
        ("subrip", "<i>Größe</i>\r\nand so on", "Größe\nand so on"),
        ("webvtt", "5 < 6 > 4", "5 < 6 > 4"),
        ("ass", r"0,0,Default,,0,0,0,,{\an8}Up\Nthere", "Up\nthere"),
    ],
)
def test_lines_become_mp4s_own_without_styles(codec: str, text: str, words: str) -> None:
    lines = Lines(codec, becomes_mov_text=True)
    (made,) = lines.judged(packet(text.encode())) + lines.judged(None)
    assert bytes(made) == struct.pack(">H", len(words.encode())) + words.encode()


def test_boxes_behind_words_stay_behind() -> None:
    lines = Lines("mov_text")
    lines.judged(packet(struct.pack(">H", 5) + b"Hello" + PICTURE))
    assert [bytes(each) for each in lines.judged(None)] == [b"\0\5Hello"]
