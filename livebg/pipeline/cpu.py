"""The processor of frames on the CPU: frame in → composites out. The same for the live loop, films and photos: only the
chain of steps differs (matting/chain.py). Its twin on a GPU is in cuda/. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Background, Composite, Frame
from livebg.matting.chain import Chain
from livebg.matting.item import Item
from livebg.matting.plate.correction import CleanPlate
from livebg.pipeline.processor import Unmatted
from livebg.scene.compositing.compositor import Compositor
from livebg.scene.framing.auto_frame import AutoFraming

if TYPE_CHECKING:
    from livebg.scene.compositing.planes import Planes


class Owned(Protocol):
    """The engine as its owner knows it."""

    @property
    def description(self) -> str: ...

    def close(self) -> None: ...


class SceneCompositor:
    """Crops a frame with its full-size alpha (AutoFraming), and composites it over the background. stats: their times.

    plate: knows the empty room at full size; None if there is no plate. planes: for who takes composites in I420. This
    object remembers frames until reset().
    """

    def __init__(self, plate: CleanPlate | None, stats: Stats, planes: Planes | None = None) -> None:
        self._plate, self._stats, self._planes = plate, stats, planes
        self.framing, self.compositor = AutoFraming(), Compositor()

    def composite(self, item: Item, settings: Settings, background: Background) -> Composite:
        """item: without a fault. Raises BackgroundError."""
        if item.is_cut:
            self.reset()
        stats, frame = self._stats, item.frame
        plate = None if self._plate is None else self._plate.picture
        with stats.time("framing"):
            shown, full = self.framing.follow(frame, item.full, settings)
        if shown is not frame:
            plate = None  # the plate shows the whole view, not this crop
        with stats.time("background"):
            picture = background.picture(shown, full)
        with stats.time("compose"):
            if background.is_transparent:
                image = self.compositor.cut_out(shown, full, settings, plate)
            elif self._planes is not None and self._planes.takes(shown):
                image = self.compositor.over_planes(shown, full, picture, settings, self._planes, plate)
            else:
                image = self.compositor.over(shown, full, picture, settings, plate)
        return Composite(image, shown, full, background.is_transparent, float(item.alpha.values.mean()))

    def reset(self) -> None:
        """The next frame is the first (another scene, source or size)."""
        self.framing.reset()
        self.compositor.reset()


class CpuProcessor:
    """A processor.Processor, and what films and photos are made with. Owns the engine.

    chain: one of its steps asks the engine. govern: called after each live frame; counts it, and adapts to the load.
    joined: what a live frame's settings become while some steps wait for their loops.
    """

    is_asynchronous = False

    def __init__(
        self,
        engine: Owned,
        chain: Chain,
        compositor: SceneCompositor,
        govern: Callable[[Settings], None] = lambda _: None,
        joined: Callable[[Settings], Settings] = lambda settings: settings,
    ) -> None:
        self._engine, self._chain, self._compositor = engine, chain, compositor
        self._govern, self._joined = govern, joined

    @property
    def description(self) -> str:
        return self._engine.description

    def feed(self, frame: Frame, settings: Settings, background: Background) -> Iterator[Composite | Unmatted]:
        """Takes one frame; yields the finished frames' results, in order. Read it to its end before the next call.
        Raises BackgroundError."""
        return self._made(self._chain.feed(Item(frame), settings), settings, background)

    def flush(self, settings: Settings, background: Background) -> Iterator[Composite | Unmatted]:
        """Yields the results of the waiting frames; call reset() before the next feed(). Raises BackgroundError."""
        return self._made(self._chain.flush(settings), settings, background)

    def begin(self, frame: Frame, settings: Settings, background: Background) -> CpuPendingFrame:
        """Only for a chain in which every step returns its frame at once."""
        return CpuPendingFrame(self, frame, self._joined(settings), background)

    def govern(self, settings: Settings) -> None:
        """Counts a live frame, and adapts to the load."""
        self._govern(self._joined(settings))

    def reset(self) -> None:
        """Drops waiting frames; the next frame is the first."""
        self._chain.reset()
        self._compositor.reset()

    def close(self) -> None:
        """Releases everything; may be called twice. Raises TimeoutError if the engine hangs."""
        self._engine.close()

    def _made(
        self, items: Iterable[Item], settings: Settings, background: Background
    ) -> Iterator[Composite | Unmatted]:
        for item in items:
            if item.fault is not None:
                yield Unmatted(item.frame, item.fault)
            else:
                yield self._compositor.composite(item, settings, background)


@dataclass(frozen=True, slots=True)
class CpuPendingFrame:
    """A processor.PendingFrame; finish() does all the work."""

    processor: CpuProcessor
    frame: Frame
    settings: Settings
    background: Background

    def finish(self) -> Composite:
        (made,) = self.processor.feed(self.frame, self.settings, self.background)
        if isinstance(made, Unmatted):
            raise made.failure
        return made
