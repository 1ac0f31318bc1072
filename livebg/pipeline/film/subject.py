"""What is foreground in a film where the user left that to livebg: people, or, where it shows none, anything.

One look before the segments, which any machine may make, so that all of them agree. Main thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from livebg.core.settings import change
from livebg.core.types import Frame
from livebg.pipeline.film.segments import Segment
from livebg.pipeline.film.spec import FilmJob

if TYPE_CHECKING:
    from livebg.media.video.reader import Film

LOOKS = 12  # at most so many frames, evenly spread


def with_subject(job: FilmJob, film: Film, plan: Sequence[Segment]) -> tuple[FilmJob, tuple[str, ...]]:
    """The job with its subject decided, and notes for the user. Raises ModelError, SourceError."""
    from livebg import models

    if job.settings.subject != "auto" or job.job_options.is_live or not models.finds_anything(job.settings):
        return job, ()
    is_people = models.show_people(_looked_at(film, plan), job.settings)
    subject = "people" if is_people else "anything"
    return replace(job, settings=change(job.settings, {"subject": subject})), () if is_people else (
        models.NOBODY_FOUND,
    )


def _looked_at(film: Film, plan: Sequence[Segment]) -> Iterator[Frame]:
    """Frames spread over the part of the film that the plan covers."""
    ticks, first, last = film.index().ticks, plan[0].first, plan[-1].last
    for position in dict.fromkeys(first + (last - first) * each // (LOOKS - 1) for each in range(LOOKS)):
        tick = int(ticks[position])
        for one in film.frames(tick, tick):
            yield Frame(one.image, position, 0.0, 0.0)
