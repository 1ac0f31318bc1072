"""The processors of a film's frames: one that looks ahead, over every frame, in segments; and, for `--live`, the live
loop's.

Each frame comes out once, in order, some frames later. The result depends only on the frames since the opening or the
last reset(), so a segment gives the same result on any machine. One thread at a time.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from livebg import models
from livebg.core.engines import Batches, Foresees, Guided, MattingEngine
from livebg.core.errors import LivebgError, ModelError
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import USUAL_FPS, Background, Composite, Frame, Result, SourceInfo
from livebg.matting.chain import Causal, Step, lookahead
from livebg.matting.scheduling import ScheduledEngine
from livebg.matting.steps import Ask
from livebg.matting.temporal import edge_lookahead, mending
from livebg.media.video import yuv_numba
from livebg.media.video.types import Colour
from livebg.models.device import choose_device
from livebg.pipeline import cpu_build
from livebg.pipeline.cpu import CpuProcessor, Owned, SceneCompositor
from livebg.pipeline.film.batching import AskTogether
from livebg.pipeline.live.build import open_gpu_processor
from livebg.pipeline.loops import prepare_loops
from livebg.pipeline.processor import Processor, Unmatted
from livebg.scene.backgrounds import open_background
from livebg.scene.compositing import planes
from livebg.scene.compositing.planes import Planes
from livebg.scene.output_gate import OutputGate
from livebg.scene.standby import StandbyImages, load_standby_image

log = logging.getLogger(__name__)

FILM_PX, ANYTHING_PX = 512, 720  # the network's short side if the user sets none; the second one: on an accelerator,
# for anything, where it sees the whole picture. Around people more shows more of the room (tests/bench/guided.py)
SMALL_S, FULL_S = 0.27, 0.4  # the longest wait of small and full-size alphas (tests/bench/ahead.py)
FEWEST, MOST = 2, 16  # frames in each of the two windows
HELD_BYTES = 256 << 20  # of all waiting frames in both windows: at 4K two frames and three
SMALL_BYTES, FULL_BYTES = 4.5, 6.0  # per pixel: BGR and the film's own samples; in the other window also its alphas


class Windows(NamedTuple):
    """How many frames wait: for the small alpha, and for the full-size one."""

    small: int
    full: int
    frame_bytes: int

    @classmethod
    def of(cls, width: int, height: int, fps: float) -> Windows:
        rate = fps or USUAL_FPS
        wanted = [min(max(round(seconds * rate), FEWEST), MOST) for seconds in (SMALL_S, FULL_S)]
        needed_bytes = width * height * (SMALL_BYTES * wanted[0] + FULL_BYTES * wanted[1])
        share = min(1.0, HELD_BYTES / needed_bytes)
        small, full = (max(FEWEST, int(each * share)) for each in wanted)
        return cls(small, full, 3 * width * height)


def open_film_processor(
    settings: Settings, width: int, height: int, fps: float, stats: Stats | None = None, colour: Colour | None = None
) -> FilmProcessor:
    """Opens engine and background by the settings, for frames of this size, px; fps: 0 unknown. colour: for who takes
    composites in I420, the colour of that and of the frames' planes.

    If the settings name no matte size, uses a larger one than live. Raises ModelError, BackgroundError, SettingsError.
    """
    prepare_loops(settings)
    edge_lookahead.prepare()
    mending.prepare()
    yuv_numba.prepare()
    planes.prepare()
    size = settings.matte_size or _size_for(settings)
    settings = change(settings, {"matte_size": size, "pace": "every-frame", "latency": "lowest"})
    with ExitStack() as opened:
        background = open_background(settings)
        opened.callback(background.close)
        engine = models.open_engine(settings, SourceInfo("film", width, height, fps, False))
        opened.callback(engine.close)
        windows, stats = Windows.of(width, height, fps), stats or Stats()
        has_presence = not isinstance(engine, Guided)
        owned, step = _engine_step(engine, settings, windows.frame_bytes)
        plate = cpu_build.open_plate(settings)
        chain = lookahead(step, plate, stats, windows.small, windows.full, has_presence)
        compositor = SceneCompositor(plate, stats, None if colour is None else Planes(colour))
        processor = CpuProcessor(owned, chain, compositor)
        if not background.needs_matte:  # a clip's time is the film's, wherever a segment begins
            nothing = np.zeros((height, width, 3), np.uint8)
            background.picture(Frame(nothing, 0, 0.0, 0.0), np.zeros((height, width), np.float32))
        opened.pop_all()
    return FilmProcessor(processor, settings, background, engine if isinstance(engine, Foresees) else None)


def _size_for(settings: Settings) -> int:
    """The short side of the network's picture, px."""
    if settings.subject != "anything" or choose_device(settings.device, settings.precision).kind == "cpu":
        return FILM_PX
    return ANYTHING_PX


def _engine_step(engine: MattingEngine, settings: Settings, frame_bytes: int) -> tuple[Owned, Step]:
    """The Step that calls the engine: as its owner sees it, and as the chain does."""
    cpu_build.bound_belief(engine, settings)
    stride = settings.stride or 1
    if stride == 1 and isinstance(engine, Batches) and engine.at_once > 1:
        together = AskTogether(engine, frame_bytes)
        return together, together
    scheduled = ScheduledEngine(engine, is_live=False, stride=stride, still_gate=settings.still_gate)
    return scheduled, Causal("matte", Ask(scheduled))


def open_live_film_processor(settings: Settings, width: int, height: int, fps: float) -> LiveFilmProcessor:
    """The same for `--live`. Raises ModelError, BackgroundError, SettingsError."""
    settings = change(settings, {"latency": "lowest"})
    info, stats = SourceInfo("film", width, height, fps, is_live=False), Stats()
    with ExitStack() as opened:

        def open_host(settings: Settings) -> Processor:
            return cpu_build.open_as_live(settings, info, stats)

        processor = open_gpu_processor(settings, info, stats, {"image and alpha"}, open_host) or open_host(settings)
        opened.callback(processor.close)
        background = open_background(settings)
        opened.callback(background.close)
        cards = StandbyImages(background.standby(height, width), load_standby_image(settings.standby))
        opened.pop_all()
    return LiveFilmProcessor(processor, settings, background, OutputGate(cards, is_live=False))


class FilmProcessor:
    """A worker.Processor that looks ahead. Owns processor and background.

    engine: the processor's, if it can foresee. failed: frames so far without a valid matte.
    """

    def __init__(
        self, processor: CpuProcessor, settings: Settings, background: Background, engine: Foresees | None = None
    ) -> None:
        self._processor, self._settings, self._background = processor, settings, background
        self._engine = engine
        self.failed = 0

    @property
    def description(self) -> str:
        return self._processor.description

    def reset(self) -> None:
        """The next frame is the first; drops pending frames. Engine and background stay open."""
        self._processor.reset()

    def foresee(self, frames: Iterator[Frame]) -> None:
        """See worker.Processor. What the engine cannot look at, it does not foresee."""
        if self._engine is not None:
            with contextlib.suppress(ModelError):  # feed() tells
                self._engine.foresee(frames)

    def feed(self, frame: Frame) -> Iterator[Composite]:
        """Takes one frame; gives the finished composites, in order. Read them all before the next call."""
        return map(self._shown, self._processor.feed(frame, self._settings, self._background))

    def flush(self) -> Iterator[Composite]:
        """All remaining composites; call reset() before you feed more."""
        return map(self._shown, self._processor.flush(self._settings, self._background))

    def close(self) -> None:
        """Releases everything; may be called twice."""
        self._processor.close()
        self._background.close()

    def _shown(self, made: Composite | Unmatted) -> Composite:
        """The composite; or only the background: a frame without a valid matte shows nothing of itself."""
        if isinstance(made, Composite):
            return made
        frame = made.frame
        if not self.failed:
            log.warning(
                "no valid matte of %s (%s): it shows the background alone, as any other such frame", frame, made.failure
            )
        self.failed += 1
        nobody = np.zeros((frame.height, frame.width), np.float32)
        is_transparent = self._background.is_transparent
        image = np.zeros_like(frame.image) if is_transparent else self._background.standby(*nobody.shape)
        return Composite(image, frame, nobody, is_transparent, 0.0)


class LiveFilmProcessor:
    """A worker.Processor that makes a film's pictures as the live loop would, for comparison: without look-ahead, and
    with the output gate. Owns processor and background. failed: frames so far without a valid matte."""

    def __init__(self, processor: Processor, settings: Settings, background: Background, gate: OutputGate) -> None:
        self._processor, self._settings, self._background, self._gate = processor, settings, background, gate
        self.failed = 0

    @property
    def description(self) -> str:
        return f"{self._processor.description}; as live"

    def reset(self) -> None:
        """A film is one segment here: there is nothing to forget."""

    def foresee(self, frames: Iterator[Frame]) -> None:
        """Nothing, as live."""

    def feed(self, frame: Frame) -> Iterator[Composite]:
        """Exactly one, of this frame."""
        composite, fault = None, ""
        try:
            composite = self._processor.begin(frame, self._settings, self._background).finish()
        except LivebgError as failure:
            fault, self.failed = str(failure), self.failed + 1
        standby = self._background.standby(frame.height, frame.width)
        result = Result(frame, composite, fault, standby, 0.0)
        yield self._gate.for_frame(result, self._settings, frame.captured_at_s)

    def flush(self) -> Iterator[Composite]:
        """No frame waits."""
        return iter(())

    def close(self) -> None:
        self._background.close()
        self._processor.close()
