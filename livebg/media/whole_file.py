"""A file that appears whole or not at all: livebg writes it under a hidden name beside its own, and moves it there.

Caller's thread.
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
    """The beginning of all temporary names beside `path`; short enough for any file system."""
    return f".{path.stem[:20]}.{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}"


def name_beside(path: Path) -> Path:
    """A new temporary name for `path`: hidden, in the same folder, with the same ending."""
    return path.with_name(f"{hidden_name(path)}.{secrets.token_hex(4)}.part{path.suffix}")


def sweep_unfinished(path: Path) -> None:
    """Removes what a killed run left beside `path`; only the holder of its lock may call it."""
    for each in path.parent.glob(f"{glob.escape(hidden_name(path))}.*.part{glob.escape(path.suffix)}"):
        discard(each)


def move_whole(beside: Path, path: Path, force: bool, named: Path | None = None) -> None:
    """Gives the written file its name. Raises SinkError, also if a file appeared meanwhile and not `force`.

    named: see put_whole().
    """
    try:
        if force:
            beside.replace(path)
        else:
            _move_where_free(beside, path)
    except FileExistsError as cause:
        raise taken(path) from cause
    except OSError as cause:
        raise unwritable(named or path, cause) from cause


def put_whole(
    data: bytes, path: Path, force: bool, *, is_private: bool = False, is_synced: bool = False,
    named: Path | None = None,
) -> None:  # fmt: skip
    """Writes a small file. Raises SinkError, and leaves nothing then.

    is_private: only its owner may ever read it. is_synced: it is on the disk afterwards. named: the user's file, which
    the error names, where path is one that they never see.
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
            raise unwritable(named or path, cause) from cause
        move_whole(beside, path, force, named)
    except BaseException:
        discard(beside)
        raise


def remove(path: Path) -> None:
    """Removes a file, or a folder with all its contents; does nothing if it is gone. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def discard(beside: Path) -> None:
    """Removes unfinished files if possible: the caller learns of the first failure."""
    with contextlib.suppress(OSError):
        remove(beside)


def _move_where_free(beside: Path, path: Path) -> None:
    """Makes a link, only if nothing has that name, whatever other programs do at this moment; a move would replace it.

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
