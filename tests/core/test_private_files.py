"""What of the room lies on a disk for a while is its owner's alone, and goes."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from livebg.core import file_lock, private_files
from livebg.core.private_files import make_runtime_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows' permissions are the folder's")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_files_and_folders(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "a").write_text("of before")
        private_files.new_file(tmp_path / "a").write_text("new")
        assert _mode(tmp_path / "a") == 0o600
        (tmp_path / "old").mkdir()
        for name in ("old", "new"):
            private_files.make_folder(tmp_path / name)
            assert _mode(tmp_path / name) == 0o700
        assert private_files.usual_mode(tmp_path) == 0o644
        os.umask(0o027)
        assert private_files.usual_mode(tmp_path) == 0o640
    finally:
        os.umask(before)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "new", "old"]


def test_what_somebody_laid_there_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("kept")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    private_files.new_file(tmp_path / "a").write_text("new")
    assert (tmp_path / "victim").read_text() == "kept"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="remove it"):
        private_files.make_folder(tmp_path / "folder")


def test_a_folder_goes_with_its_job(tmp_path: Path) -> None:
    with private_files.temporary_folder() as folder:
        private_files.new_file(folder / "room").write_bytes(b"room")
        assert _mode(folder) == 0o700
        private_files.sweep()
        assert (folder / "room").exists()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_job_left_goes_at_the_next_start(tmp_path: Path) -> None:
    code = f"""
import os, tempfile
tempfile.tempdir = {str(tmp_path)!r}
from livebg.core import private_files
with private_files.temporary_folder() as folder:
    private_files.new_file(folder / "room").write_bytes(b"room")
    os._exit(9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(list(tmp_path.glob("*/room"))) == 1
    with private_files.temporary_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_links_and_what_is_not_ours_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / f"{private_files.PREFIX}link").symlink_to(tmp_path / "precious")
    (tmp_path / "other-name").mkdir()
    private_files.sweep()
    assert len(list(tmp_path.iterdir())) == 3
    (tmp_path / f"{private_files.PREFIX}others").mkdir()
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    private_files.sweep()
    assert (tmp_path / f"{private_files.PREFIX}others").is_dir()


def test_between_two_uses_it_may_go() -> None:
    folder = private_files.Folder()
    folder.leave()
    assert folder.take()
    folder.leave()
    private_files.sweep()
    assert not folder.take()
    folder.remove()


def test_where_there_are_no_locks_nobody_s_folder_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(file_lock, "_take", no_locks)
    with private_files.temporary_folder() as folder:
        private_files.sweep()
        assert folder.is_dir()


def test_a_link_to_a_folder_is_not_this_users_own(tmp_path: Path) -> None:
    assert private_files.is_own(tmp_path)
    assert not private_files.is_own(tmp_path / "gone")
    (tmp_path / "link").symlink_to(tmp_path)
    assert not private_files.is_own(tmp_path / "link")


def test_the_runtime_folder_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for livebg ctl, the panel and the holder of PipeWire's camera, with XDG_RUNTIME_DIR and without."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    made = make_runtime_folder()
    made.chmod(0o755)
    assert make_runtime_folder() == made == tmp_path / "run" / "livebg"
    if sys.platform != "win32":
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        made.rmdir()
        made.symlink_to(tmp_path)
        with pytest.raises(PermissionError, match="remove it"):
            make_runtime_folder()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert make_runtime_folder().parent == tmp_path
