"""A lock is one's alone, between threads and processes, and dies with its process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from livebg.core.file_lock import FileLock


def test_one_has_it(tmp_path: Path) -> None:
    first = FileLock(tmp_path / "lock")
    assert first.is_held
    assert not FileLock(tmp_path / "lock").is_held
    first.release()
    first.release()
    assert list(tmp_path.iterdir()) == []
    again = FileLock(tmp_path / "lock")
    assert again.is_held
    again.release()


def test_the_lock_of_a_process_that_was_killed_counts_nothing(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from livebg.core.file_lock import FileLock
lock = FileLock(Path({str(tmp_path)!r}) / "lock")
print(lock.is_held, flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not FileLock(tmp_path / "lock").is_held
        other.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    lock = FileLock(tmp_path / "lock")
    assert lock.is_held
    lock.release()


def test_where_no_lock_can_be_made_nothing_stands_in_the_way(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "absent" / "lock")
    assert lock.is_held
    lock.release()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    FileLock(tmp_path / "lock").release()
    assert not (tmp_path / "elsewhere").exists()
