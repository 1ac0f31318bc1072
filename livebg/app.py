"""Builds the parts, owns their lifetimes, stops them: the only place that constructs things. Main thread.

One ExitStack, opened in order of travel, closed in reverse.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from livebg.controls import Controls
from livebg.errors import BackgroundError, SettingsError, SinkError
from livebg.opencv import load_opencv
from livebg.settings import Settings, change
from livebg.stages import Background, FrameSink, SourceInfo
from livebg.stats import Snapshot, Stats

if TYPE_CHECKING:
    from livebg.pipeline import Stages

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What ran, once it has ended."""

    source: SourceInfo
    engine: str
    snapshot: Snapshot


def run(settings: Settings, more_sinks: Sequence[FrameSink] = ()) -> Report:
    """The live loop, until the source ends, the time is up, or somebody stops it.

    more_sinks: opened by the caller, closed here. Raises LivebgError; everything is closed by then.
    """
    load_opencv()
    from livebg.pipeline import Pipeline

    settings = completed(settings, bool(more_sinks))
    controls, stats, stopping = Controls(settings), Stats(), threading.Event()
    with stop_on_signals(stopping), ExitStack() as parts:
        for sink in more_sinks:
            parts.callback(sink.close)
        stages = _open_stages(parts, controls, stats, stopping, more_sinks)
        ends_at_s = time.monotonic() + (settings.seconds or float("inf"))
        Pipeline(stages, controls, stats).run(lambda: stopping.is_set() or time.monotonic() >= ends_at_s)
    if stats.failures:
        raise SinkError(f"ended, but not all outputs did: {'; '.join(map(str, stats.failures))}")
    return Report(stages.source.info, stages.journey.description, stats.snapshot())


def completed(settings: Settings, has_more_sinks: bool) -> Settings:
    """What follows from the rest: where to, if nowhere was said; and one look at the source where only pictures go out.

    Raises SettingsError for an output that is the source itself: it would be destroyed before it is read.
    """
    from livebg.sinks.encodings import STILLS

    outputs = [each for each in (*settings.to, settings.matte_to) if each]
    source = Path(settings.source).expanduser().resolve()
    for each in outputs:
        if settings.source and Path(each).expanduser().resolve() == source:
            raise SettingsError(f"{each} is the source itself; give the output another name")
    if not outputs and not has_more_sinks:
        return change(settings, {"to": ("virtual-camera",)})
    are_pictures = all(Path(each).suffix.lower() in STILLS["colour"] for each in outputs)
    if settings.source and outputs and are_pictures and not has_more_sinks:
        return change(settings, {"pace": "every-frame"})
    return settings


def _open_stages(
    parts: ExitStack, controls: Controls, stats: Stats, stopping: threading.Event, more_sinks: Sequence[FrameSink]
) -> Stages:
    """Everything a frame passes, opened in order of travel but for the engine: it takes longest, and while it loads
    those who watch already see the background."""
    from livebg import capture, matting, sinks
    from livebg.journey import HostJourney
    from livebg.matting.edges import Refiner, enlarge
    from livebg.matting.smoothing import Smoother
    from livebg.pipeline import Stages, show_standby

    settings = controls.settings
    source = capture.open_source(settings)
    parts.callback(source.close)
    info = source.info
    log.info("source: %s, %dx%d, %.4g fps", info.name, info.width, info.height, info.fps)
    backgrounds = Backgrounds(settings)
    parts.callback(backgrounds.close)
    background = backgrounds.of(settings)
    opened = sinks.open_sinks(
        settings,
        may_drop=settings.pace == "own",
        is_transparent=background.is_transparent,
        on_action=lambda action: act(action, controls, stopping),
        statistics=lambda: stats.snapshot().line(),
        fps=info.fps,
    )
    for sink in opened:
        parts.callback(sink.close)
    everywhere = [*opened, *more_sinks]
    show_standby(everywhere, background, info)
    matter = matting.open_matter(settings, info)
    parts.callback(matter.close)
    log.info("engine: %s", matter.description)
    log.info("background: %s; outputs: %s", settings.background, ", ".join(sink.name for sink in everywhere))
    edges = {"guided": Refiner().refine, "plain": enlarge}
    journey = HostJourney(matter, Smoother().smooth, edges, stats)
    return Stages(source, journey, backgrounds.of, everywhere)


class Backgrounds:
    """The background that the settings name, opened anew when they name another; a bad one is refused, the old kept."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = self._key(settings)
        self._background = self._open(settings)

    @staticmethod
    def _key(settings: Settings) -> tuple[str, str]:
        return settings.background, settings.background_fit

    @staticmethod
    def _open(settings: Settings) -> Background:
        from livebg.scene import open_background

        return open_background(settings)

    def of(self, settings: Settings) -> Background:
        """What to show for these settings; never fails once the first one is open."""
        if self._key(settings) != self._wanted:
            self._wanted = self._key(settings)
            try:
                replacement = self._open(settings)
                if replacement.is_transparent != self._background.is_transparent:
                    raise BackgroundError(f"{settings.background!r} needs other outputs; it applies at the next start")
            except BackgroundError as failure:
                log.warning("%s; the background stays as it was", failure)
            else:
                self._background.close()
                self._background = replacement
                log.info("background: %s", settings.background)
        return self._background

    def close(self) -> None:
        self._background.close()


def act(action: str, controls: Controls, stopping: threading.Event) -> None:
    """What a key in the window asks for beyond the window itself."""
    if action == "quit":
        stopping.set()
    elif action == "blur":
        is_blurred = controls.settings.background.startswith("blur")
        controls.propose(background=Settings().background if is_blurred else "blur")
    elif action == "next-background":
        from livebg.scene.catalog import list_backgrounds

        names = [each.name for each in list_backgrounds(controls.settings.background_folder)]
        current = controls.settings.background
        position = names.index(current) + 1 if current in names else 0
        controls.propose(background=names[position % len(names)])
    else:
        raise AssertionError(f"unknown action {action!r}")


@contextmanager
def stop_on_signals(stopping: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM ask for a clean end; a second SIGINT interrupts at once. Only on the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stopping.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
