"""Bounds of a video: lists of other files are told apart from videos, monstrous sizes from large ones."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from livebg.media.video.bounds import LARGEST_PX, bound, is_list


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"#EXTM3U\n#EXTINF:1,\na.ts\n", True),
        (b"\xef\xbb\xbf#EXTM3U\n", True),
        (b"ffconcat version 1.0\nfile a.mp4\n", True),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", True),
        (b'<?xml version="1.0"?><MPD/>', True),
        (b"\0\0\0\x20ftypisom", False),
        (b"", False),
    ],
)
def test_a_list_of_files_is_known_by_its_beginning(tmp_path: Path, content: bytes, answer: bool) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert is_list(tmp_path / "a.mp4") is answer


def test_a_decoder_gets_the_bound_or_is_not_begun() -> None:
    context = SimpleNamespace(width=7680, height=4320, options={})
    bound(SimpleNamespace(codec_context=context))
    assert context.options == {"max_pixels": str(LARGEST_PX)}
    with pytest.raises(ValueError, match="is too large: 30000x30000, at most 8192x4320"):
        bound(SimpleNamespace(codec_context=SimpleNamespace(width=30_000, height=30_000)))
    with pytest.raises(ValueError, match="no decoder"):
        bound(SimpleNamespace(codec_context=None))
