"""Output files: checks the path before anything runs, and never replaces another file without --force.

One thread at a time may use an OutputFile.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import BinaryIO

from livebg.core.errors import SinkError, reason_of


def checked_path(text: str, force: bool, or_else: str = "choose another name") -> Path:
    """The path with ~ expanded. Raises SinkError if no file can be made there, or if one exists and not `force`.

    or_else: the alternative to overwriting it.
    """
    try:
        path = Path(text).expanduser()
    except RuntimeError as cause:
        raise SinkError(f"output {text}: no such user's home folder; write the path out") from cause
    folder = path.parent
    try:
        _check(path, folder, force, or_else)
    except OSError as cause:  # a name too long, a folder that this user may not look into
        raise SinkError(f"output {path}: {cause.strerror}; choose another path") from cause
    return path


def _check(path: Path, folder: Path, force: bool, or_else: str) -> None:
    if path.is_dir():
        raise SinkError(f"output {path}: is a folder; name a file in it, e.g. {path / 'livebg.mp4'}")
    if path.exists() and not path.is_file():
        raise SinkError(f"output {path}: is no ordinary file; choose another path")
    if not folder.exists():
        raise SinkError(f"output {path}: folder {folder} does not exist; create it first: mkdir -p {folder}")
    if not folder.is_dir():
        raise SinkError(f"output {path}: {folder} is not a folder; choose another path")
    if os.path.lexists(path) and not force:
        raise taken(path, or_else)
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise SinkError(f"output {path}: may not be written by this user; choose another folder")


def taken(path: Path, or_else: str = "choose another name") -> SinkError:
    return SinkError(f"output {path}: exists already; overwrite it with --force, or {or_else}")


def unwritable(path: Path, cause: Exception) -> SinkError:
    """The message of a failing file system or encoder, with the file, and a remedy."""
    number = getattr(cause, "errno", None)
    if number in (errno.ENOSPC, _QUOTA):
        remedy = "free space or choose another place"
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "choose another place, or have its permissions changed"
    elif number == errno.EFBIG:
        remedy = "its file system, or a limit that was set (ulimit -f), allows no file so large; choose another place"
    elif number in (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT):
        remedy = "is its disk or folder still there? Choose another place"
    elif isinstance(cause, OSError) and not hasattr(cause, "log"):  # FFmpeg's failures have that
        remedy = "choose another place"
    else:
        remedy = "it is the encoder or the file's format that refuses, not the disk; try another codec or file ending"
    return SinkError(f"output {path}: cannot be written: {reason_of(cause)}; {remedy}")


_QUOTA = getattr(errno, "EDQUOT", errno.ENOSPC)  # Windows has none


def _leave_other_names(path: Path) -> None:
    """A file that has another name, too (a hard link), keeps its content under that. Raises OSError."""
    real = Path(os.path.realpath(path))
    if real.is_file() and real.stat().st_nlink > 1:
        real.unlink()


_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # the answers of file systems and devices without fsync


class OutputFile:
    """A new file that an encoder writes and seeks in; after a failed write it ignores others, so no broken end appears.

    Raises SinkError if it cannot make the file, or if the file exists and not `force`. Unbuffered: written data
    survives a kill; synced data survives a power cut, too.
    """

    def __init__(self, path: Path, force: bool) -> None:
        try:
            if force:
                _leave_other_names(path)
            self._stream: BinaryIO = open(path, "wb" if force else "xb", buffering=0)  # noqa: SIM115 - closed by close()
        except FileExistsError as cause:
            raise taken(path) from cause
        except OSError as cause:
            raise unwritable(path, cause) from cause
        self._path = path
        self._good_size = 0
        self._is_abandoned = False
        self._is_name_synced = False
        self.written_bytes = 0

    def keep(self) -> None:
        """All data written up to now is whole."""
        if not self._is_abandoned:
            self._good_size = max(self._good_size, self._stream.tell())

    def abandon(self) -> None:
        """Cuts off the unfinished end, or removes a file with nothing whole in it; ignores later writes."""
        if self._is_abandoned:
            return
        self._is_abandoned = True
        # The caller learns of the first failure; a lost device leaves nothing to tidy.
        with contextlib.suppress(OSError):
            self._stream.truncate(self._good_size)
            if not self._good_size:
                self._path.unlink()
        with contextlib.suppress(OSError):
            self._stream.close()

    def sync(self) -> None:
        """Waits until all written data, and the file's name, are on the disk. Raises OSError."""
        if self._is_abandoned:
            return
        try:
            os.fsync(self._stream.fileno())
        except OSError as cause:
            if cause.errno not in _CANNOT_SYNC:
                raise
        if not self._is_name_synced:
            self._is_name_synced = True
            with contextlib.suppress(OSError):  # not every system can open a folder
                folder = os.open(self._path.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)

    def close(self) -> None:
        """On the disk, whole. Raises OSError."""
        self.sync()
        self._stream.close()

    def write(self, data: bytes) -> int:
        if self._is_abandoned:
            return len(data)
        view, written = memoryview(data), 0
        try:
            while written < len(view):  # an unbuffered write may take a part, e.g. up to the end of the disk
                count = self._stream.write(view[written:])
                written, self.written_bytes = written + count, self.written_bytes + count
        except OSError:
            self.abandon()
            raise
        return written

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return 0 if self._is_abandoned else self._stream.seek(offset, whence)

    def tell(self) -> int:
        return 0 if self._is_abandoned else self._stream.tell()
