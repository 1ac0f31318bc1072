from __future__ import annotations

import av
import pytest

from livebg.core.errors import SinkError
from livebg.media.video.formats import STILLS, known_endings, recording_form, recording_form_for


@pytest.mark.parametrize(
    ("where", "content", "codec", "pixels"),
    [
        ("a.mp4", "composite", "libx264", "yuv420p"),
        ("a.MKV", "composite", "libx264", "yuv420p"),
        ("a.mov", "composite", "libx264", "yuv420p"),
        ("a.webm", "composite", "libvpx-vp9", "yuv420p"),
        ("a.mkv", "alpha", "ffv1", "bgra"),
        ("a.mov", "alpha", "prores_ks", "yuva444p10le"),
        ("a.webm", "alpha", "libvpx-vp9", "yuva420p"),
        ("a.mkv", "matte", "ffv1", "gray"),
    ],
)
def test_the_ending_chooses_the_codec(where: str, content: str, codec: str, pixels: str) -> None:
    encoding = recording_form_for(where, content)
    assert encoding is not None
    assert (encoding.encoder.name, encoding.pixel_format) == (codec, pixels)
    assert pixels in [each.name for each in av.codec.Codec(codec, "w").video_formats]


def test_stills_need_no_encoding() -> None:
    for content, endings in STILLS.items():
        assert [recording_form_for("a" + ending, content) for ending in endings] == [None] * len(endings)


@pytest.mark.parametrize(
    ("where", "content", "words"),
    [
        ("out.avi", "composite", ["out.avi", "virtual-camera", "window", *known_endings("composite")]),
        ("windw", "composite", ["windw", "window"]),
        ("out.mp4", "alpha", ["transparency", "none", ".mkv", ".mov", ".webm", ".png"]),
        ("out.jpg", "alpha", ["transparency", ".png"]),
        ("out.mp4", "matte", ["loss", ".mkv", ".png"]),
        ("out.avi", "matte", ["matte", ".mkv", ".png"]),
    ],
)
def test_what_cannot_be_names_what_can(where: str, content: str, words: list[str]) -> None:
    with pytest.raises(SinkError) as raised:
        recording_form_for(where, content)
    assert [word for word in words if word not in str(raised.value)] == []
    assert "\n" not in str(raised.value)


def test_a_single_row_is_not_sliced() -> None:
    matte, video = recording_form("matte", ".mkv"), recording_form("composite", ".mp4")
    assert matte.encoder.for_size(100, 1).options["slices"] == "1"
    assert matte.encoder.for_size(100, 100).options["slices"] == "4"
    assert "slices" not in video.encoder.for_size(1, 1).options
