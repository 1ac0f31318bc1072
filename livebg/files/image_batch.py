"""The pictures of one command, one after the other: what goes where, what is told, what failed in the end.

A picture that fails does not stop the rest; an engine or a background that cannot be had does. Main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from livebg.capture.photo_file import FOUND_BY, read_photo
from livebg.errors import LivebgError, SinkError, SomeFailedError, SourceError
from livebg.files.arrivals import Arrivals
from livebg.files.image_command import STREAM, Request, content_of
from livebg.files.inputs import Input, find, is_wanted
from livebg.files.outputs import check_plan, folder_of, make_ready, where
from livebg.files.photo_journey import PhotoJourney, Wish
from livebg.photo_vocabulary import Photo
from livebg.signals import Signals
from livebg.sinks.photo_encoding import encoded
from livebg.sinks.photo_forms import FORMS, form_of, natural_ending
from livebg.sinks.whole_file import put_whole

log = logging.getLogger(__name__)


class Work:
    """What is the same for all pictures of a request."""

    def __init__(self, request: Request, is_many: bool) -> None:
        """Raises SettingsError, BackgroundError."""
        self._request = request
        output = "" if request.output == STREAM else request.output
        self.folder = folder_of(output, FORMS, is_many) if output else None
        self._file = Path(output).expanduser() if output and self.folder is None else None
        self._ending = request.ending or (self._file.suffix if self._file else "")
        self._content = content_of(request, self._ending)
        if self._ending:
            form_of(self._ending, self._content)
        self._journey = PhotoJourney(request.settings, Wish(self._content, request.is_premultiplied))

    def output_of(self, each: Input) -> Path:
        if self._file:
            return self._file
        mark = f"-{self._content}" if self._content in ("matte", "foreground") else ""
        return where(each, self.folder, self._ending_for(each.path.suffix), mark)

    def do(self, each: Input, output: Path) -> tuple[str, ...]:
        """One file; what is to be told about it. Raises LivebgError, and leaves nothing half-written then."""
        output = make_ready(each, output, self._request.settings.force)
        data, notes = self.made(read_photo(each.path), output.suffix)
        put_whole(data, output, self._request.settings.force)
        return notes

    def made(self, photo: Photo, ending: str = "") -> tuple[bytes, tuple[str, ...]]:
        """A file's bytes, by default in the photo's own format, and what is to be told. Raises LivebgError."""
        form = form_of(ending or self._ending_for(photo.ending), self._content)
        notes = photo.notes
        if photo.is_deep and not form.is_deep:
            notes = (*notes, f"its 16 bits became 8, which is all that {form.name} holds")
        try:
            samples, about = self._journey.samples(photo, form.is_deep), photo.about
            del photo
            return encoded(samples, about, form, self._request.quality, self._request.is_premultiplied), notes
        except MemoryError as cause:
            raise SourceError("the picture needs more memory than there is; give a smaller one") from cause

    def _ending_for(self, ending: str) -> str:
        return self._ending or natural_ending(ending, self._content)

    def close(self) -> None:
        self._journey.close()


def run(request: Request) -> None:
    """Files to files. Raises LivebgError; SomeFailedError where several were to be done and some were not."""
    is_one = len(request.inputs) == 1 and Path(request.inputs[0]).expanduser().is_file()
    with closing(Work(request, is_many=not is_one)) as work:
        found = find(request.inputs, FOUND_BY, request.is_recursive, work.folder)
        plan = [(each, work.output_of(each)) for each in found]
        check_plan(plan)
        if is_one:
            _tell(plan[0][0], work.do(*plan[0]))
            return
        failures = [each for each in (_tried(work, *each) for each in plan) if each]
    report(failures, len(plan))


def report(failures: Sequence[LivebgError], count: int) -> None:
    """What failed and why, one line each. Raises SomeFailedError."""
    for each in failures:
        log.warning("%s", each)
    if failures:
        raise SomeFailedError(f"{len(failures)} of {count} files failed, as said above; the others are done")


def watch(request: Request, folder: Path) -> None:
    """Every picture that is in the folder and has no output yet, and every one that comes, until SIGINT or SIGTERM."""
    signals = Signals()
    with signals.heard(), closing(Work(request, is_many=True)) as work, Arrivals(folder) as arrivals:
        log.info("watching %s; Ctrl-C ends", folder)
        for path, is_new in arrivals.until(signals.stopping):
            each = Input(path)
            if is_wanted(path, FOUND_BY) and (is_new or not work.output_of(each).exists()):
                failure = _tried(work, each, work.output_of(each))
                if failure:
                    log.warning("%s", failure)


def through(request: Request, stdin: BinaryIO, stdout: BinaryIO) -> None:
    """One picture, from stdin to stdout or the file that is named. Raises LivebgError."""
    data = stdin.read()
    if not data:
        raise SourceError("nothing came through stdin; give a picture: livebg image - < FILE")
    with closing(Work(request, is_many=False)) as work:
        each = Input(Path("stdin"))
        is_file = request.output not in ("", STREAM)
        output = make_ready(each, work.output_of(each), request.settings.force) if is_file else None
        made, notes = work.made(read_photo(each.path, data), output.suffix if output else "")
        _tell(each, notes)
        if output:
            put_whole(made, output, request.settings.force)
            return
        try:
            stdout.write(made)
            stdout.flush()
        except OSError as cause:
            raise SinkError(f"stdout: cannot be written: {cause.strerror}; where does it lead?") from cause


def _tried(work: Work, each: Input, output: Path) -> LivebgError | None:
    """Done and said, or why not."""
    try:
        notes = work.do(each, output)
    except (SourceError, SinkError) as failure:
        log.info("%s failed", each.path.name)
        return failure
    log.info("%s → %s", each.path.name, output)
    _tell(each, notes)
    return None


def _tell(each: Input, notes: Sequence[str]) -> None:
    for note in notes:
        log.info("%s: %s", each.path.name, note)
