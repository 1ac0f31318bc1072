from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from livebg.core.errors import SinkError
from livebg.media.video.formats import HOLDS, form_for


@pytest.mark.parametrize(
    ("name", "content", "codec"),
    [
        ("a.mp4", "composite", "h264"),
        ("A.MKV", "composite", "h264"),
        ("a.webm", "composite", "vp9"),
        ("a.mov", "alpha", "prores"),
        ("a.webm", "alpha", "vp9"),
        ("a.mkv", "alpha", "ffv1"),
        ("a.png", "alpha", "png"),
        ("a.gif", "composite", "gif"),
        ("a.mp4", "matte", "h264"),
        ("a.mkv", "matte", "ffv1"),
        ("a.mp4", "foreground", "h264"),
    ],
)
def test_the_ending_chooses_the_codec(name: str, content: str, codec: str) -> None:
    assert form_for(Path(name), content).codec == codec  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "content", "codec", "told"),
    [
        ("a.mp4", "alpha", "auto", r"\.mp4 cannot hold transparency; use \.mov, \.webm, \.mkv"),
        ("a.avi", "composite", "auto", r"\.avi cannot hold a film; use \.mp4"),
        ("a", "matte", "auto", "no ending cannot hold a matte; use"),
        ("a.gif", "matte", "auto", r"\.gif cannot hold a matte"),
        ("a.webm", "composite", "h264", r"does not hold composite as h264; use vp9, av1, or an ending .*\.mp4"),
        ("a.mp4", "composite", "divx", "codec 'divx' is unknown; use auto, h264"),
        ("a.mp4", "alpha", "h264", "cannot hold transparency"),
        ("a.mov", "alpha", "av1", "does not hold alpha as av1; use prores"),
    ],
)
def test_what_cannot_be_is_told_with_what_can(name: str, content: str, codec: str, told: str) -> None:
    with pytest.raises(SinkError, match=told):
        form_for(Path(name), content, codec)  # type: ignore[arg-type]


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_a_quality_out_of_range_is_told(quality: int) -> None:
    with pytest.raises(SinkError, match="between 1 and 100; 75 is usual"):
        form_for(Path("a.mp4"), "composite", quality=quality)


def test_an_unknown_alpha_is_told() -> None:
    with pytest.raises(SinkError, match="use straight or premultiplied"):
        form_for(Path("a.mov"), "alpha", alpha="other")


@pytest.mark.parametrize(
    ("name", "pattern"), [("clip.png", "clip_%06d.png"), ("c_%04d.png", "c_%04d.png"), ("50%.png", "50%%_%06d.png")]
)
def test_the_name_of_each_picture(name: str, pattern: str) -> None:
    assert form_for(Path("folder") / name, "alpha").picture_name == pattern


def test_premultiplied_is_said_and_only_where_there_is_alpha() -> None:
    assert form_for(Path("a.mov"), "alpha", alpha="premultiplied").notes == ("alpha: premultiplied",)
    assert form_for(Path("a.mp4"), "foreground").notes == ("foreground: straight",)
    assert not form_for(Path("a.mp4"), "composite", alpha="premultiplied").is_premultiplied
    assert "256 colours" in form_for(Path("a.gif"), "alpha").notes[0]


def test_vp9_keeps_odd_sizes_and_others_grow() -> None:
    assert not form_for(Path("a.webm"), "alpha").needs_even_size
    assert form_for(Path("a.mp4"), "composite").needs_even_size
    assert not form_for(Path("a.mkv"), "alpha").needs_even_size


def test_a_form_travels() -> None:
    for content, endings in HOLDS.items():
        for suffix, codecs in endings.items():
            form = form_for(Path(f"a{suffix}"), content, codecs[-1])  # type: ignore[arg-type]
            assert pickle.loads(pickle.dumps(form)) == form
