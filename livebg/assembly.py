"""Builds the parts of the live loop, in order of travel, from the settings. Main thread.

Every part that it opens it hands to the ExitStack of app.py, which owns their lifetimes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from livebg.controls import Controls
from livebg.errors import ModelError
from livebg.on_host import open_host_journey
from livebg.settings import Settings, change
from livebg.stages import FrameSink, FrameSource, Reads
from livebg.stats import Stats
from livebg.take import Take
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
    take: Take,
    is_over: Callable[[], bool] = lambda: False,
) -> Stages:
    """Everything a frame passes, opened in order of travel; the engine, which takes longest, by the pictures' thread,
    while those who watch see the card already. source: instead of the one that the settings name. is_over: asked while
    a network is waited for; KeyboardInterrupt is raised where it says so."""
    from livebg import capture, sinks
    from livebg.making import Making
    from livebg.pipeline import Stages
    from livebg.scene.card import Cards, load_own_card
    from livebg.scene.changing import Backgrounds
    from livebg.scene.shutter import Shutter
    from livebg.shift import Openers

    settings = controls.settings
    own_card = load_own_card(settings.standby)
    source = source or capture.open_source(settings, is_over)
    parts.callback(source.close)
    info = source.info
    rate = f"{info.fps:.4g} fps" if info.fps else "rate not told"
    log.info("source: %s, %dx%d, %s", info.name, info.width, info.height, rate)
    sound = None
    if settings.mic:
        from livebg.capture.listening import Listening

        sound = Listening(settings.mic)
        parts.callback(sound.close)
    first = Backgrounds(settings)  # a bad one is told before anything else is opened; closed by who uses it
    with ExitStack() as unused:
        unused.callback(first.close)
        background = first.of(settings)
        parts.enter_context(sinks.locked_outputs(settings))
        opened = sinks.open_sinks(
            settings,
            may_drop=settings.pace != "every-frame",
            is_transparent=background.is_transparent,
            on_action=on_action,
            statistics=lambda: stats.snapshot().line(),
            fps=info.fps,
            take=take,
            sound=sound,
        )
        for sink in opened:
            parts.callback(sink.close)
        everywhere = [*opened, *more_sinks]
        log.info("background: %s; outputs: %s", settings.background, ", ".join(sink.name for sink in everywhere))
        readers: set[Reads] = {sink.reads for sink in everywhere}
        if background.is_transparent:
            readers.add("image and alpha")
        shutter = Shutter(Cards(background.standby(info.height, info.width), own_card), info.is_live, _late_s(settings))
        waiting = [first]
        pictures = Making(
            Openers(
                lambda wanted: open_journey(wanted, source, stats, readers),
                lambda: waiting.pop() if waiting else Backgrounds(controls.settings),
            ),
            controls,
            stats,
        )
        unused.pop_all()
    parts.callback(pictures.close)
    return Stages(source, pictures, shutter, everywhere)


def _late_s(settings: Settings) -> float:
    """How far the picture is meant to lag behind the camera, s, at most."""
    from livebg.matting.carried import LONGEST_DELAY

    return LONGEST_DELAY / settings.fps if settings.latency == "matched" else 0.0


def open_journey(
    settings: Settings, source: FrameSource, stats: Stats, readers: set[Reads]
) -> tuple[Journey, FrameSource]:
    """The GPU's journey where there is one, else the host's; and the source as that wants it (late, for `matched`).

    readers: what of a composite is used by anybody.
    """
    if settings.show_camera:
        from livebg.show_camera import ShownCamera

        return ShownCamera(), source
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
        open_host_part(settings, stats, source.info.is_live),
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
