"""Builds the parts of the live loop, in order of travel, from the settings. Main thread.

Every part that it opens it hands to the ExitStack of app.py, which owns their lifetimes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from livebg.controls import Controls
from livebg.errors import BackgroundError, ModelError
from livebg.on_host import open_host_journey
from livebg.settings import Settings, change
from livebg.stages import Background, FrameSink, FrameSource, Reads
from livebg.stats import Stats
from livebg.tickets import Journey

if TYPE_CHECKING:
    from livebg.pipeline import Stages

log = logging.getLogger(__name__)


def open_stages(
    parts: ExitStack,
    controls: Controls,
    stats: Stats,
    on_action: Callable[[str], None],
    more_sinks: Sequence[FrameSink],
    source: FrameSource | None,
) -> Stages:
    """Everything a frame passes, opened in order of travel but for the engine: it takes longest, and while it loads
    those who watch already see the background. source: instead of the one that the settings name."""
    from livebg import capture, sinks
    from livebg.pipeline import Stages, show_standby

    settings = controls.settings
    source = source or capture.open_source(settings)
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
        on_action=on_action,
        statistics=lambda: stats.snapshot().line(),
        fps=info.fps,
    )
    for sink in opened:
        parts.callback(sink.close)
    everywhere = [*opened, *more_sinks]
    show_standby(everywhere, background, info)
    readers: set[Reads] = {sink.reads for sink in everywhere}
    if background.is_transparent:
        readers.add("image and alpha")
    journey, source = _open_journey(settings, source, stats, readers)
    parts.callback(journey.close)
    log.info("engine: %s", journey.description)
    log.info("background: %s; outputs: %s", settings.background, ", ".join(sink.name for sink in everywhere))
    return Stages(source, journey, backgrounds.of, everywhere)


def _open_journey(
    settings: Settings, source: FrameSource, stats: Stats, readers: set[Reads]
) -> tuple[Journey, FrameSource]:
    """The GPU's journey where there is one, else the host's; and the source as that wants it (late, for `matched`).

    readers: what of a composite is used by anybody.
    """
    from livebg import matting

    found = matting.gpu_network(settings)
    if found is None:
        return open_host_journey(settings, source, stats)
    from livebg.gpu.journey import GpuJourney
    from livebg.gpu.passage import Outputs
    from livebg.matting.rmbg_engine import USUAL_PX
    from livebg.on_gpu import GpuOrHost, open_host_part

    network, input_mean, device = found
    gpu = GpuJourney(
        network,
        open_host_part(settings, stats),
        device.kind,
        settings.matte_size or USUAL_PX,
        input_mean,
        settings.precision,
        is_plain=settings.runtime == "torch",
        reason=device.reason,
        outputs=Outputs("i420" if readers == {"i420"} else "bgr", "image and alpha" in readers),
    )
    try:
        gpu.warm_up(source.info.height, source.info.width, log.info)
    except ModelError as failure:
        log.debug("while warming up: %s", failure)  # it is spent, has said why, and the host goes on
    on_host = change(settings, {"device": "cpu", "precision": "auto", "engine": "auto", "latency": "lowest"})
    return GpuOrHost(gpu, lambda: open_host_journey(on_host, source, stats)[0], stats), source


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
