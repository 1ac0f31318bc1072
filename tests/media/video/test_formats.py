from __future__ import annotations

import av
import pytest

from livebg.core.errors import SinkError
from livebg.media.video.formats import ENCODINGS, STILLS, encoding_for, known_endings


@pytest.mark.parametrize(
    ("where", "content", "codec", "pixels"),
    [
        ("a.mp4", "colour", "libx264", "yuv420p"),
        ("a.MKV", "colour", "libx264", "yuv420p"),
        ("a.mov", "colour", "libx264", "yuv420p"),
        ("a.webm", "colour", "libvpx-vp9", "yuv420p"),
        ("a.mkv", "colour and alpha", "ffv1", "bgra"),
        ("a.mov", "colour and alpha", "prores_ks", "yuva444p10le"),
        ("a.webm", "colour and alpha", "libvpx-vp9", "yuva420p"),
        ("a.mkv", "matte", "ffv1", "gray"),
    ],
)
def test_the_ending_chooses_the_codec(where: str, content: str, codec: str, pixels: str) -> None:
    encoding = encoding_for(where, content)
    assert encoding is not None
    assert (encoding.codec, encoding.pixel_format) == (codec, pixels)
    assert pixels in [each.name for each in av.codec.Codec(codec, "w").video_formats]


def test_stills_need_no_encoding() -> None:
    for content, endings in STILLS.items():
        assert [encoding_for("a" + ending, content) for ending in endings] == [None] * len(endings)


@pytest.mark.parametrize(
    ("where", "content", "words"),
    [
        ("out.avi", "colour", ["out.avi", "virtual-camera", "window", *known_endings("colour")]),
        ("windw", "colour", ["windw", "window"]),
        ("out.mp4", "colour and alpha", ["transparency", "none", ".mkv", ".mov", ".webm", ".png"]),
        ("out.jpg", "colour and alpha", ["transparency", ".png"]),
        ("out.mp4", "matte", ["loss", ".mkv", ".png"]),
        ("out.avi", "matte", ["matte", ".mkv", ".png"]),
    ],
)
def test_what_cannot_be_names_what_can(where: str, content: str, words: list[str]) -> None:
    with pytest.raises(SinkError) as raised:
        encoding_for(where, content)
    assert [word for word in words if word not in str(raised.value)] == []
    assert "\n" not in str(raised.value)


def test_every_encoding_says_what_it_takes() -> None:
    for (content, _), encoding in ENCODINGS.items():
        expected = {"colour": "bgr24", "colour and alpha": "bgra", "matte": "gray"}[content]
        assert encoding.array_format == expected


def test_a_single_row_is_not_sliced() -> None:
    matte, video = ENCODINGS["matte", ".mkv"], ENCODINGS["colour", ".mp4"]
    assert matte.options_at(1, 100)["slices"] == "1"
    assert matte.options_at(100, 100)["slices"] == "4"
    assert "slices" not in video.options_at(1, 1)
