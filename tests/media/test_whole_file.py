"""A file is there whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from livebg.core.errors import SinkError
from livebg.media.whole_file import discard, move_whole, name_beside, put_whole, remove


def test_what_is_put_is_there_alone(tmp_path: Path) -> None:
    path = tmp_path / ("🙂" * 60 + ".png")
    put_whole(b"new", path, force=False)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_names_beside_are_hidden_and_differ(tmp_path: Path) -> None:
    one, other = name_beside(tmp_path / "a.png"), name_beside(tmp_path / "a.png")
    assert one != other
    assert one.name.startswith(".")
    assert one.suffix == ".png"


def _refuse(*_: object) -> None:
    raise OSError(errno.EPERM, "no links here")


@pytest.mark.parametrize("has_links", [True, False])
def test_another_file_is_replaced_only_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", _refuse)
    path = tmp_path / "a.png"
    path.write_bytes(b"keep me")
    with pytest.raises(SinkError, match="--force"):
        put_whole(b"new", path, force=False)
    assert path.read_bytes() == b"keep me"
    put_whole(b"new", path, force=True)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_nothing(small_disk: Path) -> None:
    with pytest.raises(SinkError, match="No space left"):
        put_whole(bytes(80 << 20), small_disk / "a.png", force=False)
    assert list(small_disk.iterdir()) == []


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        move_whole(tmp_path / "no", tmp_path / "gone" / "a.png", force=True)


def test_remove_takes_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1.png").touch()
    (tmp_path / "file").touch()
    for name in ("folder", "file", "nothing"):
        remove(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another thing there")
def test_what_is_private_is_its_owners_alone_also_where_a_readable_file_was(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o644)
    put_whole(b"new", path, force=True, is_private=True)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_discarded_is_left_and_nothing_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    kept.touch()
    gone.touch()
    discard(gone)
    discard(tmp_path / "never there")
    monkeypatch.setattr(Path, "unlink", _refuse)
    discard(kept)
    assert list(tmp_path.iterdir()) == [kept]
