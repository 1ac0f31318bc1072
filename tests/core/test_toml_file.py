"""A settings file as text: what is no TOML, too long, too deep, or no file is refused in words."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from livebg.core.errors import SettingsError
from livebg.core.settings_file import LARGEST_BYTES, LONGEST_LINE_BYTES, read_toml


def test_values_are_read_whatever_ends_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'fps = 15\r\nbackground = "caf\xc3\xa9"\r\n')
    assert read_toml(path) == {"fps": 15, "background": "café"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = " + b"[" * 3000, "nested too deeply"),
        (b"\xff\xfe", "not valid TOML"),
        (b"a = " + b"9" * 3900 + b"\n" + b"a = 1", "not valid TOML"),
        (b"a." * (LONGEST_LINE_BYTES // 2) + b"a = 1", "a line of over 4 kB"),
        (b"# words\n" * (LARGEST_BYTES // 8 + 1), "over 64 kB"),
    ],
    ids=["deep", "bytes", "twice", "long line", "long file"],
)
def test_what_is_no_settings_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)  # some libraries allow more
    try:
        with pytest.raises(SettingsError, match=words):
            read_toml(path)
    finally:
        sys.setrecursionlimit(limit)


def test_a_pipe_does_not_hold_the_program_up(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "a.toml")
    with pytest.raises(SettingsError, match="not a plain file"):
        read_toml(tmp_path / "a.toml")
