"""Makes segments of one film: decode → processor → part files. The result depends only on the film and the job options,
not on earlier segments or the machine.

Decoding and matting each run in a thread of their own, ahead of the encoding in the caller's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from livebg.core.settings import Settings
from livebg.core.threads import prefetched
from livebg.core.types import USUAL_FPS, Composite, Frame
from livebg.media.video.types import FilmFrame, FilmInfo
from livebg.pipeline.film.segments import Segment
from livebg.pipeline.film.spec import FilmJob, Output

if TYPE_CHECKING:
    from livebg.media.video.reader import Film

AHEAD = 2  # pictures between two threads
FORESEEN_S, LOOK_S = 2.0, 0.2  # how far the engine looks ahead at a film's beginning, and how often
LARGE_PX = 2560 * 1440  # above it one, and none that is only decoded: 37 to 95 MB each in 4K, where matting is slowest


class Processor(Protocol):
    """Takes frames in order; gives a composite of each once, in order, some frames later."""

    @property
    def description(self) -> str: ...

    @property
    def failed(self) -> int:
        """Frames without a valid matte so far: they show the background alone."""
        ...

    def reset(self) -> None:
        """The next frames are independent of the earlier ones."""
        ...

    def foresee(self, frames: Iterator[Frame]) -> None:
        """Some of the frames that come after a reset(), in order, LOOK_S apart, so that the first ones gain by them."""
        ...

    def feed(self, frame: Frame) -> Iterator[Composite]:
        """Read it to its end."""
        ...

    def flush(self) -> Iterator[Composite]:
        """The remaining composites."""
        ...

    def close(self) -> None: ...


class SegmentWorker:
    """Owns the processor; the first segment opens it. outputs: of the job, the same for all parts."""

    def __init__(self, film: Film, job: FilmJob, outputs: Sequence[Output]) -> None:
        self._film, self._outputs = film, outputs
        self._settings, self._is_live = job.settings_for(outputs), job.job_options.is_live
        self._processor: Processor | None = None

    @property
    def info(self) -> FilmInfo:
        return self._film.info

    def open(self) -> str:
        """Opens the engine; returns its description. Raises ModelError, BackgroundError."""
        if self._processor is None:
            info = self._film.info
            self._processor = _open_processor(self._settings, info, self._is_live, self._outputs)
        return self._processor.description

    def make(self, segment: Segment, paths: Sequence[Path], ticks: list[int]) -> Generator[int, None, None]:
        """Writes the segment's pictures to these files, one for each output; yields the count after each frame. If
        closed, it ends early and the files hold all frames so far. ticks: receives those of the finished frames.

        Raises SourceError, SinkError.
        """
        from livebg.media.video.writer import Part

        self.open()
        self._begin(segment)
        with ExitStack() as opened:
            parts = [
                opened.enter_context(closing(Part(path, output.form, self.info, output.target)))
                for path, output in zip(paths, self._outputs, strict=True)
            ]
            is_large = self.info.width * self.info.height > LARGE_PX
            decoded: Iterator[tuple[Frame, FilmFrame]] = opened.enter_context(closing(self._decoded(segment)))
            if not is_large:
                decoded = opened.enter_context(prefetched(decoded, AHEAD, "livebg-decode"))
            made = opened.enter_context(prefetched(self._composited(decoded), 1, "livebg-film"))
            for composite, film_frame in made:
                assert composite.frame is not None
                if not segment.first <= composite.frame.sequence <= segment.last:
                    continue
                for part in parts:
                    part.add(composite, film_frame)
                ticks.append(film_frame.tick)
                del composite, film_frame  # here and below: frees it before the next one is made
                yield len(ticks)

    def _begin(self, segment: Segment) -> None:
        processor = self._processor
        assert processor is not None
        processor.reset()
        if segment.begin == 0:  # a later one learns from the frames before it
            with closing(self._foreseen()) as foreseen:
                processor.foresee(foreseen)

    def _decoded(self, segment: Segment) -> Generator[tuple[Frame, FilmFrame], None, None]:
        from livebg.core.resize import shrink_usual  # brings OpenCV, which the processor's opening loads

        ticks = self._film.index().ticks
        for film_frame in self._film.frames(int(ticks[segment.begin]), int(ticks[segment.end])):
            frame = self._frame(film_frame)
            shrink_usual(frame)  # both small pictures in one reading; step by step each would be read for itself
            yield frame, film_frame
            del frame, film_frame

    def _foreseen(self) -> Generator[Frame, None, None]:
        """Some frames of the film's beginning."""
        first, every = int(self._film.index().ticks[0]), round(LOOK_S * (self.info.fps or USUAL_FPS))
        last = first + int(FORESEEN_S / self.info.time_base)
        for film_frame in self._film.frames(first, last, max(1, every)):
            yield self._frame(film_frame)

    def _frame(self, film_frame: FilmFrame) -> Frame:
        ticks = self._film.index().ticks
        at_s = (film_frame.tick - int(ticks[0])) * float(self.info.time_base)
        number = int(np.searchsorted(ticks, film_frame.tick))
        return Frame(film_frame.image, number, at_s, at_s, planes=film_frame.planes)

    def _composited(self, decoded: Iterator[tuple[Frame, FilmFrame]]) -> Iterator[tuple[Composite, FilmFrame]]:
        processor = self._processor
        assert processor is not None
        pending: dict[int, FilmFrame] = {}

        def with_frames(composites: Iterator[Composite]) -> Iterator[tuple[Composite, FilmFrame]]:
            for composite in composites:
                assert composite.frame is not None
                yield composite, pending.pop(composite.frame.sequence)
                del composite

        for frame, film_frame in decoded:
            pending[frame.sequence] = film_frame
            fed = processor.feed(frame)
            del frame, film_frame
            yield from with_frames(fed)
        yield from with_frames(processor.flush())

    @property
    def unmatted(self) -> int:
        """Frames without a valid matte so far, including those around a segment."""
        return 0 if self._processor is None else self._processor.failed

    def close(self) -> None:
        if self._processor is not None:
            self._processor.close()
            self._processor = None


def _open_processor(settings: Settings, info: FilmInfo, is_live: bool, outputs: Sequence[Output]) -> Processor:
    from livebg.media.video.frames import takes_planes
    from livebg.pipeline.film.processor import open_film_processor, open_live_film_processor

    if is_live:
        return open_live_film_processor(settings, info.width, info.height, info.fps)
    colour = info.colour if all(takes_planes(each.form, info) for each in outputs) else None
    return open_film_processor(settings, info.width, info.height, info.fps, colour=colour)
