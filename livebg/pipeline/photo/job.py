"""Makes the pictures of one command, one after the other, with their notes, and reports failures at the end.

If a picture fails, the rest go on; if an engine or a background fails, the command ends. Main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from livebg.core.errors import LivebgError, SinkError, SomeFailedError, SourceError
from livebg.core.same_file import check_inputs_kept
from livebg.media.image.formats import FORMS, form_of, natural_ending
from livebg.media.image.photo import FOUND_BY, read_photo
from livebg.media.image.read import bounded
from livebg.media.image.types import Photo
from livebg.media.image.write import encoded
from livebg.media.output_lock import writing
from livebg.media.whole_file import put_whole
from livebg.pipeline.existing_outputs import are_done, fault_of_picture
from livebg.pipeline.input_files import Input, find, is_wanted
from livebg.pipeline.output_files import check_plan, folder_of, make_ready, where
from livebg.pipeline.photo.processor import PhotoProcessor
from livebg.pipeline.photo.request import STREAM, Request, contents_of, mark
from livebg.pipeline.signals import Signals
from livebg.pipeline.watch_folder import FolderWatcher

log = logging.getLogger(__name__)


class Work:
    """The parts that all pictures of a request share."""

    def __init__(self, request: Request, is_many: bool) -> None:
        """Raises SettingsError, BackgroundError."""
        self._request = request
        output = "" if request.output == STREAM else request.output
        self.folder = folder_of(output, FORMS, is_many) if output else None
        self._file = Path(output).expanduser() if output and self.folder is None else None
        self._ending = request.ending or (self._file.suffix if self._file else "")
        self._contents = contents_of(request, self._ending)
        for content in self._contents if self._ending else ():
            form_of(self._ending, content)
        self._processor = PhotoProcessor(request.settings, "composite" in self._contents, request.is_premultiplied)

    def outputs_of(self, each: Input) -> list[Path]:
        """The outputs, one for each content."""
        if self._file is None:
            return [where(each, self.folder, self._ending_for(each.path.suffix), mark(one)) for one in self._contents]
        if len(self._contents) == 1:
            return [self._file]
        return [self._file.with_name(f"{self._file.stem}{mark(one)}{self._file.suffix}") for one in self._contents]

    def do(self, each: Input, outputs: Sequence[Path]) -> list[str]:
        """Makes one file; returns notes for the user. Raises LivebgError, and leaves nothing half-written then."""
        force = self._request.settings.force
        outputs = [make_ready(each, output, force) for output in outputs]
        check_inputs_kept(outputs, self._request.settings, self._request.kept)
        notes: list[str] = []
        with writing(*outputs):
            for output, data in zip(outputs, self.made(read_photo(each.path), outputs, notes), strict=True):
                put_whole(data, output, force)
        return notes

    def made(self, photo: Photo, outputs: Sequence[Path], notes: list[str]) -> Iterator[bytes]:
        """Files' bytes, one for each content; adds the user's notes to notes. Raises LivebgError.

        The outputs' names give the formats; without outputs, as through a pipe, it is the photo's own if possible.
        """
        notes += photo.notes
        endings = [each.suffix for each in outputs] or [self._ending_for(photo.ending)]
        try:
            alpha = self._processor.alpha(photo)
            if self._processor.note:
                notes.append(self._processor.note)
            for content, ending in zip(self._contents, endings, strict=True):
                form = form_of(ending, content)
                if photo.is_deep and not form.is_deep:
                    notes.append(f"its 16 bits became 8, which is all that {form.name} holds")
                samples = self._processor.samples(photo, alpha, content, form.is_deep)
                yield encoded(samples, photo.about, form, self._request.quality, self._request.is_premultiplied)
        except MemoryError as cause:
            raise SourceError("the picture needs more memory than there is; give a smaller one") from cause

    def _ending_for(self, ending: str) -> str:
        return self._ending or natural_ending(ending, self._contents[0])

    def close(self) -> None:
        self._processor.close()


def run(request: Request) -> None:
    """Files to files. Raises LivebgError; SomeFailedError if some of several failed."""
    is_one = len(request.inputs) == 1 and Path(request.inputs[0]).expanduser().is_file()
    with closing(Work(request, is_many=not is_one)) as work:
        found = find(request.inputs, FOUND_BY, request.is_recursive, work.folder)
        plan = [(each, work.outputs_of(each)) for each in found]
        check_plan([(each, output) for each, outputs in plan for output in outputs], request.settings, request.kept)
        left = [each for each in plan if not (request.skips_existing and are_done(each[1], fault_of_picture))]
        if len(left) < len(plan):
            log.info("%d of %d already done", len(plan) - len(left), len(plan))
        if is_one and left:
            _log_notes(left[0][0], work.do(*left[0]))
            return
        failures = [each for each in (_tried(work, *each) for each in left) if each]
    report(failures, len(plan))


def report(failures: Sequence[LivebgError], count: int) -> None:
    """Reports failures and their reasons, one line each. Raises SomeFailedError."""
    for each in failures:
        log.warning("%s", each)
    if failures:
        rest = "the others are done" if len(failures) < count else "none is done"
        raise SomeFailedError(f"{len(failures)} of {count} files failed, as said above; {rest}")


def watch(request: Request, folder: Path) -> None:
    """Every picture in the folder without an output, and every new one, until SIGINT or SIGTERM."""
    signals = Signals(reloads=False)
    with signals.heard(), closing(Work(request, is_many=True)) as work, FolderWatcher(folder) as arrivals:
        log.info("watching %s; Ctrl-C ends", folder)
        for path, is_new in arrivals.until(signals.stopping):
            each = Input(path)
            outputs = work.outputs_of(each)
            if is_new and request.skips_existing:
                is_new = not are_done(outputs, fault_of_picture)
            if is_wanted(path, FOUND_BY) and (is_new or not all(output.exists() for output in outputs)):
                failure = _tried(work, each, outputs)
                if failure:
                    log.warning("%s", failure)


def through(request: Request, stdin: BinaryIO, stdout: BinaryIO) -> None:
    """One picture, from stdin to stdout or the named file. Raises LivebgError."""
    data = bounded(stdin)
    if not data:
        raise SourceError("nothing came through stdin; give a picture: livebg image - < FILE")
    with closing(Work(request, is_many=False)) as work:
        each, notes, force = Input(Path("stdin")), list[str](), request.settings.force
        is_stream = request.output in ("", STREAM)
        outputs = [] if is_stream else [make_ready(each, output, force) for output in work.outputs_of(each)]
        files = list(work.made(read_photo(each.path, data), outputs, notes))
        _log_notes(each, notes)
        check_inputs_kept(outputs, request.settings, request.kept)
        with writing(*outputs):
            for output, made in zip(outputs, files, strict=False):
                put_whole(made, output, force)
        if outputs:
            return
        try:
            stdout.write(files[0])
            stdout.flush()
        except OSError as cause:
            raise SinkError(f"stdout: cannot be written: {cause.strerror}; where does it lead?") from cause


def _tried(work: Work, each: Input, outputs: Sequence[Path]) -> LivebgError | None:
    """Makes one picture and logs the result, or the failure."""
    try:
        notes = work.do(each, outputs)
    except (SourceError, SinkError) as failure:
        log.info("%s failed", each.path.name)
        return failure
    log.info("%s → %s", each.path.name, ", ".join(str(output) for output in outputs))
    _log_notes(each, notes)
    return None


def _log_notes(each: Input, notes: Sequence[str]) -> None:
    for note in notes:
        log.info("%s: %s", each.path.name, note)
