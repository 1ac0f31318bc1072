"""Makes the user's files from a film's parts; they appear whole under their names, or not at all.

After an interruption, the finished beginning appears as NAME-partial.ENDING.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livebg.core.errors import SinkError, counted
from livebg.core.private_files import new_file, usual_mode
from livebg.media.files import taken, unwritable
from livebg.media.video.concat import join
from livebg.media.video.types import FilmInfo, Ticks
from livebg.media.whole_file import remove
from livebg.pipeline.film.spec import Output
from livebg.pipeline.film.task import Made, Task


@dataclass(frozen=True, slots=True)
class Finished:
    """paths: of the finished files; frames in each; seconds of film; notes for the user."""

    paths: tuple[Path, ...]
    frames: int
    seconds: float
    notes: tuple[str, ...]
    is_whole: bool


def finish(task: Task, made: Made) -> Finished:
    """Joins the parts and gives the results their names. Raises SinkError; the parts stay then."""
    finished = list(_finished_beginning(task, made))
    is_whole = not task.left()
    numbers = [number for number, _ in finished]
    ticks = np.concatenate([np.empty(0, np.int64), *(each for _, each in finished)])
    notes = list(made.notes)
    paths: list[Path] = []
    for position, output in enumerate(task.outputs if ticks.size else ()):
        half = task.folder.path / f"joined-{position}{output.target.suffix}"
        try:
            remove(half)
            if not output.form.picture_name:
                new_file(half)
        except OSError as cause:
            raise unwritable(output.target, cause) from cause
        parts = [task.folder.parts(number)[position] for number in numbers]
        notes += join(parts, ticks, output.form, task.job.source, task.info, half, output.target)
        paths.append(_named(half, output, is_whole, task))
    if is_whole:
        missing = sum(each.count for each in task.segments) - ticks.size
        notes += [f"{counted(missing, 'frame')} of the film could not be decoded"] if missing else []
        for each in task.outputs:
            if task.folder.owns(partial_name(each.target)):
                remove(partial_name(each.target))
        task.folder.remove()
    return Finished(tuple(paths), int(ticks.size), _length_s(ticks, task.info), tuple(dict.fromkeys(notes)), is_whole)


def _finished_beginning(task: Task, made: Made) -> Iterator[tuple[int, Ticks]]:
    """The finished segments without a gap from the beginning on, with their ticks."""
    for segment in task.segments:
        ticks = task.folder.finished(segment.number)
        if ticks is not None:
            yield segment.number, ticks
            continue
        if made.cut_off is not None and made.cut_off[0] == segment.number and made.cut_off[1].size:
            yield made.cut_off
        return


def _named(half: Path, output: Output, is_whole: bool, task: Task) -> Path:
    target = output.target if is_whole else partial_name(output.target)
    if is_whole and target.exists() and not task.job.settings.force:
        raise taken(target)
    if not is_whole and target.exists() and not task.folder.owns(target):
        raise SinkError(
            f"cut off; {target} is there already and not this film, so it is kept, and what was made is not shown; "
            "finished segments stay for --resume"
        )
    try:
        remove(target)
        if half.is_file():  # from here on it is the user's, like any other file of theirs
            half.chmod(usual_mode(half.parent))
        half.rename(target)
        if not is_whole:
            task.folder.own(target)
    except OSError as cause:
        raise unwritable(target, cause) from cause
    return target


def partial_name(target: Path) -> Path:
    return target.with_name(f"{target.stem}-partial{target.suffix}")


def _length_s(ticks: Ticks, info: FilmInfo) -> float:
    """Up to the end of the last frame."""
    if not ticks.size:
        return 0.0
    return float((int(ticks[-1]) - int(ticks[0])) * info.time_base) + (1 / info.fps if info.fps else 0.0)
