"""One run from start to end: owns the lifetimes of the parts that build.py opens, and stops them. Main thread.

One ExitStack, opened in order of travel, closed in reverse.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import LivebgError, SettingsError, SinkError, counted
from livebg.core.live_settings import LiveSettings
from livebg.core.opencv import load_opencv
from livebg.core.same_file import check_inputs_kept
from livebg.core.settings import Settings, change
from livebg.core.settings_file import SettingsFile
from livebg.core.stats import Snapshot, Stats
from livebg.core.types import FrameSink, FrameSource, SourceInfo
from livebg.pipeline.live.build import open_stages
from livebg.pipeline.live.hidden_mark import take_left_mark
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.steering import Steering
from livebg.pipeline.signals import Signals
from livebg.sinks import is_file
from livebg.sinks.streaming.address import is_stream

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """The facts of a finished run."""

    source: SourceInfo
    engine: str
    snapshot: Snapshot


def run(
    settings: Settings,
    more_sinks: Sequence[FrameSink] = (),
    source: FrameSource | None = None,
    stats: Stats | None = None,
    file: SettingsFile | None = None,
    is_steered: bool = False,
    stop: threading.Event | None = None,
    presets: Callable[[LiveSettings], PresetSwitch] | None = None,
) -> Report:
    """Runs the live loop until the source ends, the time is up, or somebody stops it.

    more_sinks, source (replaces the one in the settings): the caller opens them, this function closes them. stats: for
    a caller that reads them during the run. file: livebg follows its changes. is_steered: `livebg ctl` can reach it.
    stop: ends the run once it is set, by any thread; signals end it only where the main thread runs it. presets: the
    run changes between them, by their times, too. Raises LivebgError after closing all.
    """
    load_opencv()
    from livebg.pipeline.live.loop import Pipeline

    stats, signals = stats or Stats(), Signals()
    with signals.heard(), all_ended(), ExitStack() as parts:
        for sink in more_sinks:
            parts.callback(sink.close)
        if source is not None:
            parts.callback(source.close)
        kept = [("the settings file", file.path)] if file is not None else []
        settings = completed(settings, bool(more_sinks), kept)
        if is_steered and take_left_mark():
            settings = change(settings, {"hide": True})
            log.warning("livebg ended while you were hidden, so you still are; livebg ctl show shows you")
        steering = Steering(settings, LiveOutputs(more_sinks), stats, signals, file, is_steered, stop, presets)
        session, controls, feed = steering.session, steering.controls, steering.feed
        stages = open_stages(
            *(parts, controls, stats, steering.actions.do, steering.outputs, source, session, steering.is_stopped),
            is_alpha_wanted=lambda: feed.needs_alpha,
        )
        if is_steered:
            parts.enter_context(steering.remote.open())
        loop = Pipeline(stages, controls, stats, feed)
        steering.begin(loop, stages)
        loop.run(steering.is_over)
        steering.end()
        engine = stages.pictures.description
    stats.unwritten = session.left_out  # with the frames lost at the end of the recordings
    if stats.failures:
        lost = f"; {counted(stats.unwritten, 'frame')} could not be recorded" if stats.unwritten else ""
        raise SinkError(f"ended, but not all outputs did: {'; '.join(map(str, stats.failures))}{lost}")
    return Report(stages.source.info, engine, stats.snapshot())


@contextmanager
def all_ended() -> Iterator[None]:
    """Reports a thread that does not end as a failure; it cannot keep the process from ending."""
    try:
        yield
    except TimeoutError as cause:
        raise LivebgError(
            f"{cause}; livebg goes on without it. If it happens again, run livebg with --verbose"
        ) from cause


def completed(settings: Settings, has_more_sinks: bool, kept: Sequence[tuple[str, Path]] = ()) -> Settings:
    """The settings with what follows from the rest: the default output; every frame if only pictures go out.

    kept: input files besides those of the settings, with the words for them. Raises SettingsError for an output that is
    an input: livebg would destroy it before reading it.
    """
    from livebg.media.video.formats import STILLS

    outputs = [each for each in (*settings.to, settings.matte_to) if each]
    check_inputs_kept([Path(each) for each in outputs], settings, kept)
    if not outputs and not has_more_sinks:
        return change(settings, {"to": ("virtual-camera",)})
    are_live = all(each in ("window", "none") or each.partition(":")[0] == "virtual-camera" for each in outputs)
    if settings.show_camera and not are_live:
        raise SettingsError(
            "--show-camera shows the room, which livebg never records or streams; use --to window or virtual-camera"
        )
    _check_microphone(settings)
    are_pictures = all(is_file(each) and Path(each).suffix.lower() in STILLS["composite"] for each in outputs)
    if settings.source and outputs and are_pictures and not has_more_sinks:
        return change(settings, {"pace": "every-frame"})
    return settings


def _check_microphone(settings: Settings) -> None:
    """Raises SettingsError if no output can hold the sound, now or later, or nothing keeps its pace."""
    from livebg.media.video.formats import RECORDINGS

    files = [("composite", Path(each).suffix.lower()) for each in settings.to if is_file(each)]
    sounding = [*filter(is_stream, settings.to), *(each for each in files if each in RECORDINGS)]
    if settings.mic and not sounding and not settings.control:
        raise SettingsError("--mic: no output can hold sound; give a video file, e.g. --to me.mp4, or a server")
    if settings.mic and settings.pace == "every-frame":
        raise SettingsError("--mic: --pace every-frame keeps no time that sound could follow; leave --pace out")
