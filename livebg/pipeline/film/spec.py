"""One film's job: its source, target and options; and the files that it makes. Values and pure decisions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livebg.core.errors import SinkError
from livebg.core.settings import Settings, change
from livebg.core.version import VERSION
from livebg.media.video.formats import Content, Form, form_for
from livebg.pipeline.film.job_options import JobOptions

ABOUT_THE_RUN = ("resumes", "force")  # of job options and settings: they change no picture


@dataclass(frozen=True, slots=True)
class Output:
    """One output file of a film, or folder of pictures: its form, and its final name."""

    form: Form
    target: Path


@dataclass(frozen=True, slots=True)
class FilmJob:
    """target: final name; `pair` makes two from it. has_background: the user named one."""

    source: Path
    target: Path
    settings: Settings
    job_options: JobOptions
    has_background: bool

    def outputs(self) -> list[Output]:
        """Raises SinkError if the target's ending cannot hold the requested output."""
        if self.job_options.what == "pair":
            stem, suffix = self.target.stem, self.target.suffix
            return [
                self._output("foreground", self.target.with_name(f"{stem}-foreground{suffix}")),
                self._output("matte", self.target.with_name(f"{stem}-matte{suffix}")),
            ]
        if self.job_options.what != "auto":
            return [self._output(self.job_options.what, self.target)]
        if not self.has_background:
            try:
                return [self._output("alpha", self.target)]
            except SinkError:
                return [self._output("composite", self.target)]
        return [self._output("alpha" if self.settings.background == "none" else "composite", self.target)]

    def _output(self, content: Content, target: Path) -> Output:
        job_options = self.job_options
        form = form_for(target, content, job_options.codec, job_options.quality, job_options.encoder, job_options.alpha)
        return Output(form, _folder_of_pictures(target) if form.picture_name else target)

    def settings_for(self, outputs: Sequence[Output]) -> Settings:
        """The processor's settings: no background if the output shows none."""
        is_composite = any(each.form.content == "composite" for each in outputs)
        if is_composite and self.settings.background == "none":
            raise SinkError(f"output {self.target}: --what composite needs a background; give one by --background")
        background = self.settings.background if is_composite else "none"
        return change(self.settings, {"background": background, "pace": "every-frame"})

    def identity(self, segments: int) -> dict[str, Any]:
        """An earlier run's parts are usable only if these JSON values are the same."""
        about = self.source.stat()
        job_options, settings = (
            {name: value for name, value in dataclasses.asdict(each).items() if name not in ABOUT_THE_RUN}
            for each in (self.job_options, self.settings)
        )
        return {
            "livebg": VERSION,
            "source": [str(self.source.absolute()), about.st_size, about.st_mtime_ns],
            "job_options": job_options | {"end_s": str(self.job_options.end_s)},
            "settings": settings,
            "has_background": self.has_background,
            "segments": segments,
        }


def _folder_of_pictures(target: Path) -> Path:
    """NAME.png and NAME_%06d.png → NAME; new/%06d.png → new, if that folder does not exist yet."""
    if not target.parent.exists():
        return target.parent
    return target.with_name(re.sub(r"%\d*d", "", target.stem).strip("_-. ") or "pictures")
