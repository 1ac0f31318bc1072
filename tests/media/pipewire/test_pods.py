from __future__ import annotations

import pytest

from livebg.media.pipewire import pods
from livebg.media.pipewire.pods import FORMATS, VideoFormat, parse_format


@pytest.mark.parametrize("pixels", FORMATS)
def test_a_format_comes_back_as_it_was_offered(pixels: str) -> None:
    offered = pods.offered(pixels, 1280, 720, 30)
    assert len(offered) % 8 == 0
    assert parse_format(offered) == VideoFormat(pixels, 1280, 720, 30.0)


def test_of_a_choice_the_preferred_one_is_seen() -> None:
    assert parse_format(pods.accepted(["NV12", "YUY2"], 640, 360, 25)) == VideoFormat("NV12", 640, 360, 25.0)


def test_what_is_no_raw_video_is_none() -> None:
    assert parse_format(pods.buffers(100, 10)) is None
    assert parse_format(pods.header()) is None
    assert parse_format(pods.readable_buffers()) is None
    audio = bytearray(pods.offered("I420", 2, 2, 1))
    audio[8 + 8 + 16] = 1  # the media type: audio
    assert parse_format(bytes(audio)) is None
    assert parse_format(bytes(8)) is None


def test_an_unknown_pixel_format_has_no_name() -> None:
    other = bytearray(pods.offered("I420", 4, 2, 1))
    other[other.index(b"\x01\x00\x02\x00") + 16] = 99
    assert parse_format(bytes(other)) == VideoFormat("", 4, 2, 1.0)


def test_one_block_holds_a_whole_picture() -> None:
    made = pods.buffers(1_382_400, 1280)
    assert made.count((1_382_400).to_bytes(4, "little")) == 1
    assert made[8:16] == (0x40004).to_bytes(4, "little") + (5).to_bytes(4, "little")
