"""The journey of a film's frames: as the live one's, but with a look ahead, over every frame, and in segments.

Each frame fed comes out once, in order, some frames later. What comes out depends on the frames fed since the opening
or the last reset() alone, so that a segment gives the same wherever it is worked on. One thread at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from livebg import models
from livebg.core.errors import ModelError
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Background, Composite, Frame, Matte, MattingEngine, SourceInfo
from livebg.matting.refine.adjust import finish
from livebg.matting.refine.guided_filter import Edges
from livebg.matting.temporal import edge_lookahead, mending
from livebg.matting.temporal.cuts import Scenes
from livebg.matting.temporal.edge_lookahead import Resting
from livebg.matting.temporal.motion import Motion, Stillness
from livebg.matting.temporal.smoothing_lookahead import Ahead
from livebg.models.device import choose_device
from livebg.pipeline import cpu_build
from livebg.pipeline.film.batching import Batches, Looking, OneByOne, Together
from livebg.scene.backgrounds import open_background

log = logging.getLogger(__name__)

CPU_PX, ACCELERATOR_PX = 512, 720  # the network's short side where none is asked for (tests/bench/network_size.py)
SMALL_S, FULL_S = 0.27, 0.4  # that small and full-size alphas wait, at most (tests/bench/ahead.py)
FEWEST, MOST = 2, 16  # frames in each of the two windows
HELD_BYTES = 256 << 20  # of what waits in both together: at 4K two frames and three
BEFORE = "subject", "plate"  # corrections that look at a frame as it comes
SMALL_BYTES, FULL_BYTES = 4.5, 6.5  # that a pixel holds: BGR and the film's own samples, in the other its alphas too


class Windows(NamedTuple):
    """How many frames wait: for the small alpha, and for the full-size one."""

    small: int
    full: int
    frame_bytes: int

    @classmethod
    def of(cls, width: int, height: int, fps: float) -> Windows:
        rate = fps or cpu_build.USUAL_FPS
        wanted = [min(max(round(seconds * rate), FEWEST), MOST) for seconds in (SMALL_S, FULL_S)]
        held = width * height * (SMALL_BYTES * wanted[0] + FULL_BYTES * wanted[1])
        share = min(1.0, HELD_BYTES / held)
        small, full = (max(FEWEST, int(each * share)) for each in wanted)
        return cls(small, full, 3 * width * height)


def open_film_processor(
    settings: Settings, width: int, height: int, fps: float, stats: Stats | None = None
) -> FilmProcessor:
    """Engine and background that the settings name, for frames of this size, px; fps: 0 unknown.

    Where settings name no matte size, a larger one than live. Raises ModelError, BackgroundError, SettingsError.
    """
    cpu_build.compile_loops()
    edge_lookahead.prepare()
    mending.prepare()
    if not settings.matte_size:
        kind = choose_device(settings.device, settings.precision).kind
        settings = change(settings, {"matte_size": CPU_PX if kind == "cpu" else ACCELERATOR_PX})
    settings = change(settings, {"pace": "every-frame", "latency": "lowest"})
    background = open_background(settings)
    try:
        engine = models.open_engine(settings, SourceInfo("film", width, height, fps, False))
    except BaseException:
        background.close()
        raise
    if not background.needs_matte:  # a clip's time is the film's, wherever a segment begins
        background.picture(Frame(np.zeros((2, 2, 3), np.uint8), 0, 0.0, 0.0), np.zeros((2, 2), np.float32))
    return FilmProcessor(settings, engine, background, Windows.of(width, height, fps), stats or Stats())


class FilmProcessor:
    """Owns its engine and background. failed: frames so far that had no valid matte; stats: what each stage takes."""

    def __init__(
        self, settings: Settings, engine: MattingEngine, background: Background, windows: Windows, stats: Stats
    ) -> None:
        self._settings, self._engine, self._background, self._windows = settings, engine, background, windows
        self.failed, self.stats = 0, stats
        self.reset()

    @property
    def description(self) -> str:
        return self._looking.description

    def reset(self) -> None:
        """The next frame is the first; frames under way are dropped. Engine and background stay open."""
        settings, handed = self._settings, _Handed()
        self._engine.reset()
        journey = cpu_build.processor_over(handed, settings, self.stats)
        self._looking = self._opened_looking()
        self._before = {name: journey.corrections[name] for name in BEFORE}
        self._colours = journey.corrections["colours"]
        self._scenes, self._edges = Scenes(), Edges(Stillness())
        self._ahead = Ahead(self._windows.small, settings)
        self._resting: Resting[_Waiting] = Resting(self._windows.full)
        self._last = replace(journey, corrections={}, edges=handed)
        self._handed = handed

    def feed(self, frame: Frame) -> Iterator[Composite]:
        """Takes one frame; the composites that are ready, in order. To be read to its end before the next call."""
        with self.stats.time("matte"):
            looks = self._looking.add(frame)
        for each, answer in looks:
            yield from self._steadied(each, answer)

    def flush(self) -> Iterator[Composite]:
        """All that are left; then reset() before more is fed."""
        for each, answer in self._looking.flush():
            yield from self._steadied(each, answer)
        yield from self._emptied()

    def close(self) -> None:
        """Give everything back; may be called twice."""
        self._engine.close()
        self._background.close()

    def _opened_looking(self) -> Looking:
        stride = self._settings.stride or 1
        if stride == 1 and isinstance(self._engine, Batches) and self._engine.at_once > 1:
            return Together(self._engine, self._windows.frame_bytes)
        return OneByOne(self._engine, stride, self._settings.still_gate)

    def _steadied(self, frame: Frame, answer: Alpha | ModelError) -> Iterator[Composite]:
        if isinstance(answer, ModelError):
            yield from self._emptied()
            yield self._without(frame, answer)
            return
        alpha, motion = answer, self._scenes.see(frame)
        for name, correction in self._before.items():
            if motion.is_cut:
                correction.reset()
            with self.stats.time(name):
                alpha = correction.apply(alpha, frame, self._settings)
        with self.stats.time("ahead"):
            done = self._ahead.add(frame, alpha, motion)
        for each in done:
            yield from self._enlarged(*each)

    def _enlarged(self, frame: Frame, alpha: Alpha, motion: Motion) -> Iterator[Composite]:
        settings, waiting = self._settings, _Waiting(frame, alpha, motion.is_cut)
        if motion.is_cut:
            self._colours.reset()
        with self.stats.time("colours"):
            alpha = self._colours.apply(alpha, frame, settings)
        with self.stats.time("edges"):
            full, stretches, cells = self._edges.unsettled(alpha, frame, settings)
        if not settings.settle:
            yield self._composed(waiting, full)
            return
        with self.stats.time("rest"):
            done = self._resting.add(waiting, full, stretches, cells, motion, frame.media_time_s)
        for each, rested in done:
            yield self._composed(each, rested)

    def _emptied(self) -> Iterator[Composite]:
        """What waits, as if the film ended here."""
        for each in self._ahead.flush():
            yield from self._enlarged(*each)
        for waiting, full in self._resting.flush():
            yield self._composed(waiting, full)

    def _composed(self, waiting: _Waiting, full: Matte) -> Composite:
        if waiting.is_cut:
            self._last.framing.reset()
            self._last.compositor.reset()
        self._handed.small, self._handed.full = waiting.alpha, finish(full, self._settings)
        try:
            return self._last.composite(waiting.frame, self._settings, self._background)
        except ModelError as failure:
            return self._without(waiting.frame, failure)

    def _without(self, frame: Frame, failure: ModelError) -> Composite:
        """The bare background: a frame that nobody could be cut out of shows nothing of itself."""
        if not self.failed:
            log.warning(
                "no valid matte of %s (%s): it shows the background alone, as any other such frame", frame, failure
            )
        self.failed += 1
        nobody = np.zeros((frame.height, frame.width), np.float32)
        is_transparent = self._background.is_transparent
        image = np.zeros_like(frame.image) if is_transparent else self._background.standby(*nobody.shape)
        return Composite(image, frame, nobody, is_transparent, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A frame whose full-size alpha waits."""

    frame: Frame
    alpha: Alpha
    is_cut: bool


class _Handed:
    """Stands for engine and enlarger of a frame that has its alphas already."""

    description = "as looked ahead"
    small, full = Alpha(np.zeros((1, 1), np.float32), -1), np.zeros((1, 1), np.float32)

    def matte(self, frame: Frame) -> Alpha:  # noqa: ARG002 - the shape of a MattingEngine
        return self.small

    def enlarge(self, alpha: Alpha, frame: Frame, settings: Settings) -> Matte:  # noqa: ARG002 - of an Enlarger
        return self.full

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing to give back."""
