"""A lock that belongs to a process, by a file: a process that dies loses it, however that happens.

It works between threads, too: each call has a handle of its own. Any thread.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from pathlib import Path

log = logging.getLogger(__name__)

_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK, getattr(errno, "EDEADLOCK", errno.EDEADLK))


class FileLock:
    """path: of the lock file; release() removes it. is_held: False where another process or thread has the lock; True
    also where the file system has no locks, or the file cannot be made: then nothing prevents the work."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1
        self.is_held = True
        try:
            while not self._is_taken():
                pass
        except OSError as cause:
            log.debug("%s: not locked: %s", path, cause)

    def _is_taken(self) -> bool:
        """False: the last holder removed its file just now. Raises OSError."""
        handle = _opened(self._path)
        try:
            _take(handle)
        except OSError as cause:
            os.close(handle)
            if cause.errno not in _HELD:
                raise
            self.is_held = False
            return True
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self._path), os.fstat(handle)):
                self._handle = handle
                return True
        os.close(handle)
        return False

    @property
    def is_sure(self) -> bool:
        """This object has the lock, and nobody else can have it: the file system has locks."""
        return self._handle >= 0

    def release(self) -> None:
        """May be called twice."""
        handle, self._handle = self._handle, -1
        if handle < 0:
            return
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            self._path.unlink()
            os.close(handle)
            return
        os.close(handle)
        with contextlib.suppress(OSError):
            self._path.unlink()


def _opened(path: Path) -> int:
    plain = getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | plain, 0o644)
    except PermissionError:  # another user's file, which can be locked nevertheless
        return os.open(path, os.O_RDONLY | plain)


def _take(handle: int) -> None:
    """Raises OSError where another has the lock. A system with neither module has no locks."""
    with contextlib.suppress(ImportError):
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
