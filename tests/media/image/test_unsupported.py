"""What is no picture is told by what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.media.image.read import is_raw, reason_against


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("a.jpg", b"hello, this is text\n", "but text"),
        ("a.svg", b'<?xml version="1.0"?>\n<svg xmlns="x">', "SVG"),
        ("a.png", b"\xef\xbb\xbf<SVG>", "SVG"),
        ("a.heic", b"\0\0\0\x18ftypheic", "pip install pillow-heif"),
        ("a.mp4", b"\0\0\0\x18ftypisom", "livebg video"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.NEF", b"II*\0", "raw file"),
        ("a.jpg", bytes(range(256)), "no picture that livebg knows"),
    ],
)
def test_reasons(name: str, head: bytes, words: str) -> None:
    assert words in reason_against(Path(name), head)


def test_raw_files_are_known_by_name() -> None:
    assert is_raw(Path("a.Cr2"))
    assert not is_raw(Path("a.tif"))
