"""Checks that the disk has room for a recording: before it begins, and about once a second while it runs.

Runs in the thread that calls it.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from livebg.core.errors import SinkError

# Finishing an MP4 takes room for its index: about 13 bytes a frame, 34 MB after a day at 30 fps. The rest is for other
# programs that write to this disk between two checks.
LEAST_BYTES = 64 * 2**20
LEAST_S = 5.0  # a lossless recording writes 64 MiB within a second or two, and the encoder's queue holds another


def free_bytes(path: Path) -> int | None:
    """The bytes that this user may still write on this file's disk; None if the system does not say."""
    try:
        usage = shutil.disk_usage(os.path.dirname(os.path.realpath(path)))
    except (OSError, AttributeError):  # the disk is gone, or the system has no such function
        return None  # writing shows the fault better
    return usage.free if usage.total else None  # a RAM file system without a limit says 0 of 0


def check_free_space(path: Path, named: Path | None = None) -> None:
    """Before a recording or film begins, and while one grows. Raises SinkError where it would have to end at once.

    named: the user's file, which the sentence names, where path is one that they never see.
    """
    free = free_bytes(path)
    if free is not None and free < LEAST_BYTES:
        raise SinkError(
            f"output {named or path}: only {_megabytes(free)} are free in {path.absolute().parent}, livebg needs "
            f"{_megabytes(LEAST_BYTES)}; free space or choose another place"
        )


class FreeSpace:
    """Watches the free space under one recording; also considers the fastest growth of the recording so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked_at_s, self._written_bytes = time.monotonic(), 0
        self._fastest = 0.0  # bytes a second

    def check(self, written_bytes: int) -> None:
        """written_bytes: of the recording so far. Raises SinkError when it is time to stop and finish it."""
        now_s = time.monotonic()
        grown, taken_s = written_bytes - self._written_bytes, max(now_s - self._looked_at_s, 0.1)
        self._looked_at_s, self._written_bytes = now_s, written_bytes
        self._fastest = max(self._fastest, grown / taken_s)
        free = free_bytes(self._path)
        if free is not None and free < max(LEAST_BYTES, LEAST_S * self._fastest):
            raise SinkError(
                f"recording {self._path} is ended: only {_megabytes(free)} are free in {self._path.absolute().parent}; "
                "it plays to its end; free space and start again"
            )


def _megabytes(count: float) -> str:
    return f"{count / 1e6:.0f} MB"
