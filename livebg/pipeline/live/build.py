"""Builds the parts of the live loop, in order of travel, from the settings. Main thread.

It gives every open part to the ExitStack of run.py, which owns their lifetimes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from livebg.core.errors import ModelError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import USUAL_FPS, FrameSource, Reads, SourceInfo
from livebg.pipeline.cpu_build import open_cpu_processor
from livebg.pipeline.loops import Preparation, begin_loops
from livebg.pipeline.processor import Processor
from livebg.sinks.recording.session import RecordingSession

if TYPE_CHECKING:
    from livebg.capture.microphone import MicrophoneSource
    from livebg.pipeline.live.loop import Stages
    from livebg.pipeline.live.outputs import LiveOutputs
    from livebg.pipeline.live.supervisor import Supervisor
    from livebg.scene.backgrounds.selector import BackgroundSelector

log = logging.getLogger(__name__)


def open_stages(
    parts: ExitStack,
    controls: LiveSettings,
    stats: Stats,
    on_action: Callable[[str], None],
    outputs: LiveOutputs,
    source: FrameSource | None,
    session: RecordingSession,
    is_over: Callable[[], bool] = lambda: False,
    is_alpha_wanted: Callable[[], bool] = bool,
) -> Stages:
    """Opens all parts on a frame's way, in its order. The processing thread opens the engine, the slowest part; viewers
    already see the standby image then. source: replaces the one in the settings. is_over: called while livebg waits
    for a network; if it returns True, this raises KeyboardInterrupt. is_alpha_wanted: see open_processor()."""
    from livebg import capture, sinks
    from livebg.pipeline.live.loop import Stages
    from livebg.scene.backgrounds import find_background
    from livebg.scene.backgrounds.selector import BackgroundSelector
    from livebg.scene.output_gate import OutputGate
    from livebg.scene.standby import WAIT, StandbyImages, load_standby_image

    settings, is_closing = controls.settings, threading.Event()
    find_background(settings)  # a wrong name fails before a camera's light goes on
    preparation = Preparation(lambda: is_closing.is_set() or is_over())
    if not settings.show_camera:
        early = begin_loops(settings, preparation)  # a camera takes as long to open
        parts.callback(early)
        parts.callback(is_closing.set)
    own_standby = load_standby_image(settings.standby)
    source = source or capture.open_source(settings, is_over)
    parts.callback(source.close)
    info = source.info
    rate = f"{info.fps:.4g} fps" if info.fps else "rate unknown"
    log.info("source: %s, %dx%d, %s", info.name, info.width, info.height, rate)
    sound = _open_sound(parts, controls)
    first = BackgroundSelector(settings)  # fails for a damaged one before an output opens; its user closes it
    with ExitStack() as unused:
        unused.callback(first.close)
        background = first.of(settings)
        standby = StandbyImages(background.standby(info.height, info.width), own_standby)
        parts.enter_context(sinks.locked_outputs(settings))
        parts.callback(outputs.close)
        outputs.open(
            sinks.SinkNeeds(
                settings,
                may_drop=settings.pace != "every-frame",
                is_transparent=background.is_transparent,
                on_action=on_action,
                statistics=lambda: stats.snapshot().line(),
                fps=info.fps,
                session=session,
                sound=sound,
                standby=partial(standby.image, WAIT),
            )
        )
        names = ", ".join(sink.name for sink in outputs.sinks)
        log.info("background: %s; outputs: %s", settings.background, names)
        gate = OutputGate(standby, info.is_live, _late_s(settings), lambda: preparation.caption or WAIT)

        def open_wanted(wanted: Settings) -> tuple[Processor, FrameSource]:
            readers: set[Reads] = {"image and alpha"} if background.is_transparent else set()
            return open_processor(
                *(wanted, source, stats, outputs.readers | readers, preparation),
                lambda: is_alpha_wanted() or "image and alpha" in outputs.readers,
            )

        pictures = _begin_processing(open_wanted, first, controls, stats)
        unused.pop_all()
    parts.callback(pictures.close)
    parts.callback(is_closing.set)
    return Stages(source, pictures, gate, outputs, None if sound is None else sound.level_db)


def _open_sound(parts: ExitStack, controls: LiveSettings) -> MicrophoneSource | None:
    """The microphone, if the settings name one; silent while the user hides. Raises SourceError."""
    if not controls.settings.mic:
        return None
    from livebg.capture.microphone import MicrophoneSource

    sound = MicrophoneSource(controls.settings.mic, is_muted=lambda: controls.settings.hide)
    parts.callback(sound.close)
    return sound


def _begin_processing(
    open_wanted: Callable[[Settings], tuple[Processor, FrameSource]],
    first: BackgroundSelector,
    controls: LiveSettings,
    stats: Stats,
) -> Supervisor:
    """first: the backgrounds of the first processing thread, which closes them; later ones open their own."""
    from livebg.pipeline.live.supervisor import Supervisor
    from livebg.pipeline.live.worker import Openers
    from livebg.scene.backgrounds.selector import BackgroundSelector

    waiting = [first]

    def backgrounds() -> BackgroundSelector:
        return waiting.pop() if waiting else BackgroundSelector(controls.settings)

    return Supervisor(Openers(open_wanted, backgrounds), controls, stats)


def _late_s(settings: Settings) -> float:
    """The longest intended delay of the picture behind the camera, s."""
    from livebg.matting.propagation.propagator import LONGEST_DELAY

    return LONGEST_DELAY / settings.fps if settings.latency == "matched" else 0.0


def open_processor(
    settings: Settings,
    source: FrameSource,
    stats: Stats,
    readers: set[Reads],
    preparation: Preparation | None = None,
    is_alpha_wanted: Callable[[], bool] = bool,
) -> tuple[Processor, FrameSource]:
    """The GPU's processor if there is one, else the host's; and the source in its form (late, for `matched`).

    readers: the parts of a composite that the sinks use. preparation: for who waits. is_alpha_wanted: whether somebody
    needs this frame's alpha although no sink does. Raises LivebgError.
    """
    if settings.show_camera:
        from livebg.pipeline.raw_camera import ShownCamera

        return ShownCamera(), source
    gpu = open_gpu_processor(
        settings,
        source.info,
        stats,
        readers,
        lambda on_host: open_cpu_processor(on_host, source, stats)[0],
        lambda: source.dropped,
        preparation,
        is_alpha_wanted,
    )
    return (gpu, source) if gpu is not None else open_cpu_processor(settings, source, stats, preparation)


def open_gpu_processor(
    settings: Settings,
    info: SourceInfo,
    stats: Stats,
    readers: set[Reads],
    open_host: Callable[[Settings], Processor],
    dropped: Callable[[], int] = lambda: 0,
    preparation: Preparation | None = None,
    is_alpha_wanted: Callable[[], bool] = bool,
) -> Processor | None:
    """The GPU's processor, if there is a GPU and the settings allow it. Raises ModelError.

    readers: the parts of a composite that the sinks use. open_host: opens the CPU's processor if the GPU fails.
    dropped: how many frames a camera has lost so far. preparation, is_alpha_wanted: see open_processor().
    """
    from livebg import models

    found = models.gpu_network(settings)
    if found is None:
        return None
    from livebg.matting.subject.bounding import BoundBelief
    from livebg.models.guided.guide import Guide
    from livebg.models.rmbg.engine import USUAL_PX
    from livebg.pipeline.cuda.build import GpuOrHost, open_host_steps
    from livebg.pipeline.cuda.in_flight import Outputs
    from livebg.pipeline.cuda.load_control import GpuLoadControl, fitting_px
    from livebg.pipeline.cuda.processor import GpuProcessor

    network, input_mean, device = found
    with ExitStack() as unused:
        finder = models.open_finder(settings, info)
        if finder is not None:
            unused.callback(finder.close)
        open_steps = partial(
            open_host_steps, settings, is_live=info.is_live, has_presence=finder is None, preparation=preparation
        )
        gpu = GpuProcessor(
            network,
            open_steps(stats),
            device.kind,
            settings.matte_size or USUAL_PX,
            input_mean,
            settings.precision,
            is_plain=settings.runtime == "torch",
            reason=device.reason,
            outputs=Outputs("i420" if readers == {"i420"} else "bgr", "image and alpha" in readers, is_alpha_wanted),
            guide=None if finder is None else Guide(finder, BoundBelief(settings)),
        )
        unused.pop_all()
    period_s = 1 / (info.fps or USUAL_FPS)
    try:
        if info.is_live and not settings.matte_size:
            gpu.resize(fitting_px(gpu, open_steps, info.height, info.width, period_s))
        gpu.warm_up(info.height, info.width, log.info)
    except ModelError as failure:
        log.debug("while warming up: %s", failure)  # livebg gives the GPU up, and the log says why; the CPU takes over
    on_host = change(settings, {"device": "cpu", "precision": "auto", "engine": "auto", "latency": "lowest"})
    control = GpuLoadControl(gpu, settings, period_s, dropped) if info.is_live else None
    return GpuOrHost(gpu, lambda: open_host(on_host), stats, control)
