"""One run from start to end: owns the lifetimes of the parts that build.py opens, and stops them. Main thread.

One ExitStack, opened in order of travel, closed in reverse.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from livebg.core.errors import LivebgError, SettingsError, SinkError, counted
from livebg.core.live_settings import LiveSettings
from livebg.core.opencv import load_opencv
from livebg.core.same_file import check_inputs_kept
from livebg.core.settings import Settings, change
from livebg.core.settings_file import SettingsFile
from livebg.core.stats import Snapshot, Stats
from livebg.core.types import FrameSink, FrameSource, SourceInfo
from livebg.pipeline.live.actions import Actions
from livebg.pipeline.live.answers import described, status_of
from livebg.pipeline.live.build import open_stages
from livebg.pipeline.live.feed import Feed
from livebg.pipeline.live.hidden_mark import HiddenMark, take_left_mark
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.remote import Look, Remote
from livebg.pipeline.live.requests import openapi
from livebg.pipeline.live.status import Status
from livebg.pipeline.signals import Signals
from livebg.sinks import is_file
from livebg.sinks.recording.session import RecordingSession
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
    from livebg.pipeline.live.previews import Previews

    settings = completed(settings, bool(more_sinks), [("the settings file", file.path)] if file is not None else [])
    if is_steered and take_left_mark():
        settings = change(settings, {"hide": True})
        log.warning("livebg ended while you were hidden, so you still are; livebg ctl show shows you")
    controls, stats, signals, session = LiveSettings(settings), stats or Stats(), Signals(), RecordingSession()
    mark, loops, feed, outputs = HiddenMark(), list[Pipeline](), Feed(controls), LiveOutputs(more_sinks)
    switch = presets(controls) if presets is not None else PresetSwitch(controls, lambda: settings)

    def is_stopped() -> bool:
        return signals.stopping.is_set() or (stop is not None and stop.is_set())

    def status() -> Status:
        if not loops:
            raise LivebgError("livebg is starting; ask again in a moment")
        seen = status_of(loops[0], controls.settings, stats, session, outputs, stages.level_db)
        return replace(seen, preset=switch.name, preset_waits=switch.waiting)

    actions = Actions(controls, signals.stopping, session, outputs, status, switch)
    looks: dict[str, Look] = {
        "/status": lambda: asdict(status()),
        "/settings": lambda: described(controls.settings),
        "/openapi.json": lambda: openapi(Status),
    }

    def command(action: str, values: tuple[str, ...]) -> dict[str, Any] | Future[None]:
        """As Actions.command. The mark is there before the answer: who was told that nobody sees them relies on it."""
        answer = actions.command(action, values)
        mark.follow(is_steered and controls.settings.hide)
        return answer

    remote = Remote(looks, Previews(feed, controls).picture, check=actions.check)
    with signals.heard(), all_ended(), ExitStack() as parts:
        for sink in more_sinks:
            parts.callback(sink.close)
        stages = open_stages(
            *(parts, controls, stats, actions.do, outputs, source, session, is_stopped),
            is_alpha_wanted=lambda: feed.needs_alpha,
        )
        if is_steered:
            parts.enter_context(remote.open())

        def is_over() -> bool:
            if file is not None:
                file.look(controls, signals.take_reload())
            for action, at_s in signals.take_actions():
                actions.do(action, at_s)
            if presets is not None:
                switch.follow()
            outputs.look()
            remote.serve(command)
            mark.follow(is_steered and controls.settings.hide)
            stats.unwritten = session.left_out
            ready_at_s = stages.pictures.ready_at_s
            is_late = bool(settings.seconds and ready_at_s and time.monotonic() >= ready_at_s + settings.seconds)
            return is_late or is_stopped()

        loops.append(Pipeline(stages, controls, stats, feed))
        loops[0].run(is_over)
        mark.follow(False)
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
