from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import av.error
import pytest

from livebg.core.errors import SinkError
from livebg.media.files import OutputFile, checked_path, unwritable


def test_a_new_file_may_be_made_and_is_not_made_yet(tmp_path: Path) -> None:
    assert checked_path(str(tmp_path / "a.mp4"), force=False) == tmp_path / "a.mp4"
    assert list(tmp_path.iterdir()) == []


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert checked_path("~/a.mp4", force=False) == tmp_path / "a.mp4"


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"keep me")
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nowhere")
    for path, words in {
        there: ["exists", "--force"],
        tmp_path / "dangling.mp4": ["exists", "--force"],
        tmp_path: ["is a folder", "livebg.mp4"],
        tmp_path / "no" / "a.mp4": ["does not exist", "mkdir"],
        Path(os.devnull): ["no ordinary file"],
        there / "a.mp4": ["not a folder"],
        tmp_path / ("x" * 300 + ".mp4"): ["too long"],
        Path("~nosuchuser/a.mp4"): ["home"],
    }.items():
        with pytest.raises(SinkError) as raised:
            checked_path(str(path), force=False)
        assert [word for word in (*words, path.name) if word not in str(raised.value)] == []
    assert checked_path(str(there), force=True) == there
    assert there.read_bytes() == b"keep me"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_place_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    path = tmp_path / "a.mp4"
    if is_there:
        path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # a folder's own permissions do not stop a test run by root
    with pytest.raises(SinkError, match="may not be written"):
        checked_path(str(path), force=True)


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"keep me")
    with pytest.raises(SinkError, match="--force"):
        OutputFile(path, force=False)
    assert path.read_bytes() == b"keep me"
    with pytest.raises(SinkError, match="No such file"):
        OutputFile(tmp_path / "gone" / "a.mp4", force=False)


def test_abandoned_files_end_at_the_last_whole_piece(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    output = OutputFile(path, force=False)
    assert output.write(b"whole") == 5
    output.keep()
    output.write(b"broken")
    output.abandon()
    assert (output.write(b"late"), output.seek(0), output.tell()) == (4, 0, 0)
    output.keep()
    output.abandon()
    output.close()
    assert path.read_bytes() == b"whole"


def test_nothing_is_left_of_a_file_without_a_whole_piece(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "a.bin", force=False)
    output.write(b"broken")
    output.abandon()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux'")
def test_a_failed_write_is_raised_and_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    output = OutputFile(Path("/dev/full"), force=True)
    with pytest.raises(OSError, match="No space"):
        output.write(b"x")
    assert output.write(b"later") == 5


def test_synced_is_the_file_and_once_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(stat.S_ISDIR(os.fstat(number).st_mode)))
    output = OutputFile(tmp_path / "a.bin", force=False)
    output.write(b"whole")
    output.sync()
    output.sync()
    output.close()
    assert synced == [False, True, False, False]
    assert output.written_bytes == 5


@pytest.mark.parametrize(("number", "is_failure"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_only_a_disk_that_fails_to_sync_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_failure: bool
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, "no")

    output = OutputFile(tmp_path / "a.bin", force=False)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no") if is_failure else nullcontext():
        output.sync()
    output.abandon()
    output.sync()


def test_of_two_that_make_the_same_file_at_once_one_gets_it(tmp_path: Path) -> None:
    def make(_: int) -> bool:
        try:
            OutputFile(tmp_path / "a.bin", force=False).close()
        except SinkError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(make, range(32))) == 1


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "free space or choose another place"),
        (av.error.OSError(errno.ENOSPC, "No space left on device"), "free space or choose another place"),
        (OSError(errno.EROFS, "Read-only file system"), "have its permissions changed"),
        (PermissionError(errno.EACCES, "Permission denied"), "have its permissions changed"),
        (OSError(errno.EIO, "Input/output error"), "is its disk or folder still there?"),
        (OSError(errno.EFBIG, "File too large"), "allows no file so large"),
        (OSError(errno.ENOTDIR, "Not a directory"), "; choose another place"),
        (
            av.error.ArgumentError(errno.EINVAL, "Invalid argument"),
            "it is the encoder or the file's format that refuses",
        ),
        (
            av.error.InvalidDataError(1094995529, "Invalid data found"),
            "it is the encoder or the file's format that refuses",
        ),
        (ValueError("no such layout"), "it is the encoder or the file's format that refuses"),
    ],
)
def test_the_remedy_is_for_what_was_seen(cause: Exception, remedy: str) -> None:
    told = str(unwritable(Path("a.mp4"), cause))
    assert told.startswith(f"output a.mp4: cannot be written: {getattr(cause, 'strerror', None) or cause}; ")
    assert remedy in told
    assert ("free space" in told) == (getattr(cause, "errno", None) == errno.ENOSPC)
