"""A file that appears whole or not at all: written under a hidden name beside its own, and moved there.

Knows nothing about what is written. Caller's thread.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import secrets
import shutil
from pathlib import Path

from livebg.core.private_files import new_file
from livebg.media.files import taken, unwritable


def hidden_name(path: Path) -> str:
    """What the names of all that is kept beside `path` for a while begin with; short enough for any file system."""
    return f".{path.stem[:20]}.{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}"


def name_beside(path: Path) -> Path:
    """A new name to write under what becomes `path`: hidden, in the same folder, with the same ending."""
    return path.with_name(f"{hidden_name(path)}.{secrets.token_hex(4)}.part{path.suffix}")


def sweep_unfinished(path: Path) -> None:
    """What a run that was killed left beside `path`; only for who has the lock on it."""
    for each in path.parent.glob(f"{glob.escape(hidden_name(path))}.*.part{glob.escape(path.suffix)}"):
        discard(each)


def move_whole(beside: Path, path: Path, force: bool) -> None:
    """Gives what was written its name. Raises SinkError, also where a file appeared meanwhile and not `force`."""
    try:
        if force:
            beside.replace(path)
        else:
            _move_where_free(beside, path)
    except FileExistsError as cause:
        raise taken(path) from cause
    except OSError as cause:
        raise unwritable(path, cause) from cause


def put_whole(data: bytes, path: Path, force: bool, *, is_private: bool = False, is_synced: bool = False) -> None:
    """A small file's bytes. Raises SinkError, and leaves nothing then.

    is_private: only its owner may read it, at no moment anybody else. is_synced: it lies on the disk afterwards.
    """
    beside = name_beside(path)
    try:
        try:
            with (new_file(beside) if is_private else beside).open("wb") as stream:
                stream.write(data)
                if is_synced:
                    stream.flush()
                    os.fsync(stream.fileno())
        except OSError as cause:
            raise unwritable(path, cause) from cause
        move_whole(beside, path, force)
    except BaseException:
        discard(beside)
        raise


def remove(path: Path) -> None:
    """A file, or a folder with all that is in it; what is not there is removed already. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def discard(beside: Path) -> None:
    """What was begun goes, as far as it can: the failure that led here is what is told."""
    with contextlib.suppress(OSError):
        remove(beside)


def _move_where_free(beside: Path, path: Path) -> None:
    """A link is made whole and only where nothing is, whatever other programs do at this moment; a move would replace.

    Raises FileExistsError.
    """
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError from None
        beside.replace(path)
    else:
        beside.unlink()
