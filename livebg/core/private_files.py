"""Files and folders that may show the room: only their owner can read them, and they end with their job.

A killed job leaves its folder; the next job removes it. Any thread.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livebg.core.file_lock import FileLock
from livebg.core.user_folders import runtime_folder

PREFIX, LOCK = "livebg-private-", ".lock"


def new_file(path: Path) -> Path:
    """Makes an empty file with permissions 0600, in place of an old one; the caller opens it by its name to write.

    Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def make_folder(path: Path) -> None:
    """Makes a folder with permissions 0700; an existing one must belong to this user. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(0o700)
        return
    if not is_own(path):
        raise PermissionError(0, f"{path} is no folder of this user's; remove it")
    path.chmod(0o700)


def make_runtime_folder() -> Path:
    """user_folders.runtime_folder(), which is this user's alone then. Raises OSError."""
    folder = runtime_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    make_folder(folder)
    return folder


class Folder:
    """A new private folder of this process in the system's temporary folder. Raises OSError."""

    def __init__(self) -> None:
        sweep()
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            if self.take():  # else another process swept it away before the lock
                break

    def take(self) -> bool:
        """Locks it: no other process removes it from now on. False: it is already gone."""
        self._lock = FileLock(self.path / LOCK)
        return self._lock.is_held and self.path.is_dir()

    def leave(self) -> None:
        """Unlocks it: the next sweep() may remove it."""
        self._lock.release()

    def remove(self) -> None:
        self.leave()
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder that ends with the context. Raises OSError."""
    folder = Folder()
    try:
        yield folder.path
    finally:
        folder.remove()


def sweep() -> None:
    """Removes this user's folders whose jobs are dead. Follows no links and leaves other users' folders alone."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for each in [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]:
            lock = FileLock(each / LOCK) if is_own(each) else None
            if lock is not None and lock.is_sure:
                lock.release()
                shutil.rmtree(each, ignore_errors=True)


def is_own(path: Path) -> bool:
    """Whether this is this user's folder, and no link to one."""
    try:
        about = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == getattr(os, "geteuid", lambda: about.st_uid)()


def usual_mode(folder: Path) -> int:
    """The permissions that a new file gets in this folder (the umask's). Raises OSError."""
    name = folder / ".mode"
    with contextlib.suppress(FileNotFoundError):
        name.unlink()
    handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        return stat.S_IMODE(os.fstat(handle).st_mode)
    finally:
        os.close(handle)
        name.unlink()
