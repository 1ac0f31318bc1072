"""One run from start to end: owns the lifetimes of the parts that assembly.py builds, and stops them. Main thread.

One ExitStack, opened in order of travel, closed in reverse.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livebg.core.errors import LivebgError, SettingsError, SinkError, counted
from livebg.core.live_settings import Controls
from livebg.core.opencv import load_opencv
from livebg.core.same_file import check_inputs_kept
from livebg.core.settings import Settings, change
from livebg.core.settings_file import SettingsFile
from livebg.core.stats import Snapshot, Stats
from livebg.core.types import FrameSink, FrameSource, SourceInfo
from livebg.pipeline.live.build import open_stages
from livebg.pipeline.signals import Signals
from livebg.sinks.recording.session import RecordingSession

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What ran, once it has ended."""

    source: SourceInfo
    engine: str
    snapshot: Snapshot


def run(
    settings: Settings,
    more_sinks: Sequence[FrameSink] = (),
    source: FrameSource | None = None,
    stats: Stats | None = None,
    file: SettingsFile | None = None,
) -> Report:
    """The live loop, until the source ends, the time is up, or somebody stops it.

    more_sinks, source (instead of the one that the settings name): opened by the caller, closed here. stats: where to
    count, for a caller that reads along. file: followed while it runs. Raises LivebgError; all is closed by then.
    """
    load_opencv()
    from livebg.pipeline.live.loop import Pipeline

    settings = completed(settings, bool(more_sinks), [("the settings file", file.path)] if file is not None else [])
    controls, stats, signals, take = Controls(settings), stats or Stats(), Signals(), RecordingSession()
    with signals.heard(), _all_ended(), ExitStack() as parts:
        for sink in more_sinks:
            parts.callback(sink.close)
        on_action = partial(act, controls=controls, stopping=signals.stopping, take=take)
        stages = open_stages(parts, controls, stats, on_action, more_sinks, source, take, signals.stopping.is_set)

        def is_over() -> bool:
            if file is not None:
                file.look(controls, signals.take_reload())
            for action, at_s in signals.take_actions():
                on_action(action, at_s=at_s)
            stats.unwritten = take.left_out
            ready_at_s = stages.pictures.ready_at_s
            is_late = bool(settings.seconds and ready_at_s and time.monotonic() >= ready_at_s + settings.seconds)
            return is_late or signals.stopping.is_set()

        Pipeline(stages, controls, stats).run(is_over)
        engine = stages.pictures.description
    stats.unwritten = take.left_out  # also what was found when the recordings were closed
    if stats.failures:
        lost = f"; {counted(stats.unwritten, 'frame')} could not be recorded" if stats.unwritten else ""
        raise SinkError(f"ended, but not all outputs did: {'; '.join(map(str, stats.failures))}{lost}")
    return Report(stages.source.info, engine, stats.snapshot())


@contextmanager
def _all_ended() -> Iterator[None]:
    """A thread that does not end when it should is told as a failure; it cannot keep the process from ending."""
    try:
        yield
    except TimeoutError as cause:
        raise LivebgError(f"{cause}; it is left behind. If it happens again, run livebg with --verbose") from cause


def completed(settings: Settings, has_more_sinks: bool, kept: Sequence[tuple[str, Path]] = ()) -> Settings:
    """What follows from the rest: where to, if nowhere was said; and one look at the source where only pictures go out.

    kept: files that are read besides those of the settings, with the words for them. Raises SettingsError for an output
    that is read itself, as the source: it would be destroyed before that.
    """
    from livebg.media.video.formats import STILLS

    outputs = [each for each in (*settings.to, settings.matte_to) if each]
    check_inputs_kept([Path(each) for each in outputs], settings, kept)
    if not outputs and not has_more_sinks:
        return change(settings, {"to": ("virtual-camera",)})
    are_live = all(each == "window" or each.partition(":")[0] == "virtual-camera" for each in outputs)
    if settings.show_camera and not are_live:
        raise SettingsError("--show-camera shows the room, which is not recorded; use --to window or virtual-camera")
    _check_microphone(settings)
    are_pictures = all(Path(each).suffix.lower() in STILLS["composite"] for each in outputs)
    if settings.source and outputs and are_pictures and not has_more_sinks:
        return change(settings, {"pace": "every-frame"})
    return settings


def _check_microphone(settings: Settings) -> None:
    """Raises SettingsError where there is nothing that its sound could go into, or be in step with."""
    from livebg.media.video.formats import RECORDINGS

    videos = [each for each in settings.to if ("composite", Path(each).suffix.lower()) in RECORDINGS]
    if settings.mic and not videos:
        raise SettingsError("--mic: nothing is recorded that could hold sound; give a video file, e.g. --to me.mp4")
    if settings.mic and settings.pace == "every-frame":
        raise SettingsError("--mic: --pace every-frame keeps no time that sound could follow; leave --pace out")


def act(
    action: str, controls: Controls, stopping: threading.Event, take: RecordingSession, at_s: float | None = None
) -> None:
    """What a key in the window, or a signal, asks for beyond the window itself. at_s: when, monotonic clock; now."""
    if action == "quit":
        stopping.set()
    elif action == "pause":
        take.toggle_pause(at_s or time.monotonic())
    elif action == "marker":
        take.mark(at_s or time.monotonic())
    elif action == "blur":
        is_blurred = controls.settings.background.startswith("blur")
        controls.propose(background=Settings().background if is_blurred else "blur")
    elif action == "next-background":
        from livebg.scene.backgrounds.catalog import list_backgrounds

        names = [each.name for each in list_backgrounds(controls.settings.background_folder)]
        current = controls.settings.background
        position = names.index(current) + 1 if current in names else 0
        controls.propose(background=names[position % len(names)])
    else:
        raise AssertionError(f"unknown action {action!r}")
