"""Keeps a film's finished segments until livebg joins them: in a hidden folder beside the output, `.NAME.livebg`.

It outlives an interrupted run, so that another can continue. A segment counts as finished once its ticks are there;
livebg writes them last. Only this user can read the folder.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livebg.core.errors import SinkError
from livebg.core.private_files import make_folder, new_file
from livebg.media.files import unwritable
from livebg.media.video.types import Ticks
from livebg.media.whole_file import put_whole, remove
from livebg.pipeline.film.spec import FilmJob, Output

JOB = "job.json"
PARTIALS = "partials.json"  # the partial files beside the output that belong to this film, so livebg may replace them


class WorkFolder:
    """segments: how many there are; each has a part for each of the outputs, and the folder is beside the first.

    Raises SinkError if an earlier run's folder exists without --resume or --force, or with --resume for another job.
    """

    def __init__(self, job: FilmJob, segments: int, outputs: Sequence[Output]) -> None:
        self.path = folder_of(outputs[0].target)
        self._targets = [each.target for each in outputs]
        identity = job.identity(segments)
        try:
            if self.path.exists():
                self._look(job, identity, segments)
            make_folder(self.path)
            new_file(self.path / JOB).write_text(json.dumps(identity))
        except OSError as cause:
            raise unwritable(job.target, cause) from cause

    def _look(self, job: FilmJob, identity: dict[str, Any], segments: int) -> None:
        """Keeps the earlier run's parts, or removes them."""
        target, resumes, force = job.target, job.job_options.resumes, job.settings.force
        if not self._count():  # nothing to continue, and nothing to lose
            self._clear()
            return
        if not resumes and not force:
            raise SinkError(
                f"output {target}: an earlier run was cut off, with {self._count()} of {segments} segments done; go on "
                "with --resume, or begin anew with --force"
            )
        if resumes and _read(self.path / JOB) == json.loads(json.dumps(identity)):
            return
        if not force:
            raise SinkError(
                f"output {target}: the run that was cut off had other options, another livebg or another source; give "
                "the same ones, or begin anew with --force"
            )
        self._clear()

    def _count(self) -> int:
        return len(list(self.path.glob("[0-9]*.npy")))

    def parts(self, number: int) -> list[Path]:
        """This segment's parts, one for each output."""
        return [self.path / f"{number:05d}-{each}.part" for each in range(len(self._targets))]

    def finished(self, number: int) -> Ticks | None:
        """The ticks of the frames in this segment's parts; None if it is not finished."""
        try:
            ticks = np.load(self._ticks(number), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        is_whole = ticks.dtype == np.int64 and ticks.ndim == 1 and all(each.is_file() for each in self.parts(number))
        return ticks if is_whole else None

    def finish(self, number: int, ticks: Ticks) -> None:
        """Marks this segment as finished: all its parts are complete. Raises SinkError."""
        content = io.BytesIO()
        np.save(content, ticks)
        try:
            for each in self.parts(number):
                with each.open("rb+") as stream:
                    os.fsync(stream.fileno())
        except OSError as cause:
            raise unwritable(self._targets[0], cause) from cause
        put_whole(
            content.getvalue(), self._ticks(number), force=True, is_private=True, is_synced=True, named=self._targets[0]
        )

    def _ticks(self, number: int) -> Path:
        return self.path / f"{number:05d}.npy"

    def owns(self, partial: Path) -> bool:
        """Whether an interrupted run left this file there; else it is the user's own, by the same name."""
        known = _read(self.path / PARTIALS)
        return isinstance(known, dict) and partial.exists() and known.get(partial.name) == _identity(partial)

    def own(self, partial: Path) -> None:
        """From here on livebg may replace this file. Raises OSError, SinkError."""
        known = _read(self.path / PARTIALS)
        owned = (known if isinstance(known, dict) else {}) | {partial.name: _identity(partial)}
        put_whole(
            json.dumps(owned).encode(), self.path / PARTIALS, force=True, is_private=True, is_synced=True, named=partial
        )

    def tidy(self) -> None:
        """If the run has finished no segment, removes all but the list of its partial files."""
        if self._count():
            return
        self._clear()
        if self.path.exists() and not (self.path / PARTIALS).exists():
            self.remove()

    def _clear(self) -> None:
        """Removes all but the list of partial files."""
        for each in self.path.glob("*"):
            if each.name != PARTIALS:
                remove(each)

    def remove(self) -> None:
        remove(self.path)


def folder_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.livebg")


def _identity(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns]


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None
