"""One file, whatever it is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livebg.core.same_file import identity, is_same


def test_names_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"a")
    os.link(file, tmp_path / "hard.mp4")
    (tmp_path / "soft.mp4").symlink_to(file)
    (tmp_path / "folder").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "./a.mp4", f"../{tmp_path.name}/a.mp4", "hard.mp4", "soft.mp4", "folder/a.mp4"):
        assert is_same(Path(name), file), name
    assert not is_same(Path("b.mp4"), file)


def test_names_of_what_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "to-be.mp4").symlink_to(tmp_path / "a.mp4")
    assert is_same(tmp_path / "a.mp4", tmp_path / "folder" / "a.mp4")
    assert is_same(tmp_path / "a.mp4", tmp_path / "to-be.mp4")
    assert not is_same(tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert identity(Path("/nowhere/a")) == identity(Path("/nowhere/../nowhere/a"))


def test_a_name_that_no_file_can_have() -> None:
    for name in ("a\0b", "~\0/b", "\ud800"):
        assert not is_same(Path(name), Path("c"))
        assert is_same(Path(name), Path(name))
