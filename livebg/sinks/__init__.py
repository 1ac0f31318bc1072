"""Where composites go. `open_sinks` makes the outputs that the settings name, and loads only what they need."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core.errors import SinkError
from livebg.core.same_file import identity
from livebg.core.settings import Settings
from livebg.core.types import FrameSink, Image
from livebg.media.audio.types import SoundSource
from livebg.sinks.recording.session import RecordingSession
from livebg.sinks.streaming.address import is_stream, parse_address, shown

if TYPE_CHECKING:
    from livebg.media.video.formats import Content

VIRTUAL_CAMERA, WINDOW, NONE = "virtual-camera", "window", "none"


@dataclass(frozen=True, slots=True)
class SinkNeeds:
    """What sinks are opened with.

    may_drop: recordings that cannot keep up leave frames out (live sources) instead of waiting.
    is_transparent: the background is `none`, so files carry the alpha. fps: the source's nominal rate, 0 if unknown.
    on_action, statistics: see preview.window.Preview. session, sound: see recording.recorder.Recorder; a matte has no
    sound. standby: gives the standby image, BGR uint8 (H, W, 3), for a virtual camera that outlives livebg.
    """

    settings: Settings
    may_drop: bool
    is_transparent: bool
    on_action: Callable[[str], None]
    statistics: Callable[[], str]
    fps: float = 0.0
    session: RecordingSession = field(default_factory=RecordingSession)
    sound: SoundSource | None = None
    standby: Callable[[], Image] | None = None

    @property
    def rate_fps(self) -> float:
        return self.fps or self.settings.fps

    @property
    def content(self) -> Content:
        """Of the files."""
        return "alpha" if self.is_transparent else "composite"


def open_sinks(needs: SinkNeeds) -> list[FrameSink]:
    """Every output of settings.to, in order, then settings.matte_to's. If one raises SinkError, none stays open.

    Files, devices and windows appear with the first composite; this function checks that they can.
    """
    settings = needs.settings
    _check_once(settings)
    with contextlib.ExitStack() as opened:
        sinks: list[FrameSink] = []
        for where in settings.to:
            sinks.append(_open(where, needs))
            opened.callback(sinks[-1].close)
        if settings.matte_to:
            sinks.append(_open_file(shown(settings.matte_to), "matte", needs))
        opened.pop_all()
        return sinks


def _open(where: str, needs: SinkNeeds) -> FrameSink:
    settings = needs.settings
    if is_virtual_camera(where):
        from livebg.sinks.virtual_camera.every import open_virtual_camera

        return open_virtual_camera(where.partition(":")[2], needs.rate_fps, needs.standby)
    if where == WINDOW:
        from livebg.sinks.preview.window import Preview

        return Preview(needs.on_action, needs.statistics, settings.mirror_preview, needs.session.notice)
    if where == NONE:
        from livebg.sinks.null import NoOutput

        return NoOutput()
    if is_stream(where):
        from livebg.sinks.streaming.sink import Streamer

        return Streamer(
            parse_address(where), needs.rate_fps, bits_per_s=round(settings.stream_bitrate * 1000), sound=needs.sound,
            sound_delay_s=settings.mic_delay / 1000,
        )  # fmt: skip
    return _open_file(where, needs.content, needs)


@contextlib.contextmanager
def locked_outputs(settings: Settings) -> Iterator[None]:
    """Reserves the files among the outputs for this run. Raises SinkError."""
    from livebg.media.files import checked_path
    from livebg.media.output_lock import writing

    _check_once(settings)
    files = [each for each in (*settings.to, settings.matte_to) if is_file(each)]
    with writing(*(checked_path(each, settings.force) for each in files)):
        yield


def is_virtual_camera(where: str) -> bool:
    """Whether an output is one, of any kind."""
    return where.partition(":")[0] == VIRTUAL_CAMERA


def is_file(where: str) -> bool:
    """Whether an output is a file, no device, window or server."""
    return where not in ("", WINDOW, NONE) and not is_virtual_camera(where) and not is_stream(where)


def recordings(needs: SinkNeeds) -> list[str]:
    """The endings of files that hold a video, the usual one first."""
    from livebg.media.video.formats import RECORDINGS

    return [suffix for content, suffix in RECORDINGS if content == needs.content]


def is_recording(where: str, needs: SinkNeeds) -> bool:
    """Whether an output is a video file."""
    return is_file(where) and Path(where).suffix.lower() in recordings(needs)


def _open_file(where: str, content: Content, needs: SinkNeeds) -> FrameSink:
    """A recording or a still image of this content; the file's ending decides."""
    from livebg.media.files import checked_path
    from livebg.media.video import layers
    from livebg.media.video.formats import recording_form_for

    settings, layer = needs.settings, layers.LAYERS[content]
    form = recording_form_for(where, content)
    path = checked_path(where, settings.force)
    if form is None:
        from livebg.sinks.still_image import StillImageSink

        return StillImageSink(path, layer, settings.force)
    from livebg.media.free_space import check_free_space
    from livebg.sinks.recording.recorder import Recorder
    from livebg.sinks.recording.segments import check_parts, parse_split

    check_free_space(path)
    split = parse_split(settings.split)
    if split.is_any:
        check_parts(path, settings.force)
    return Recorder(
        *(path, layer, form),
        may_drop=needs.may_drop,
        fps=needs.rate_fps,
        force=settings.force,
        session=needs.session,
        sound=None if content == "matte" else needs.sound,
        sound_delay_s=settings.mic_delay / 1000,
        split=split,
    )


def _check_once(settings: Settings) -> None:
    """Raises SinkError if two outputs are the same: two writers of one file or device destroy each other's work."""
    seen = set[Hashable]()
    for where in (*settings.to, *filter(None, [settings.matte_to])):
        key = identity(Path(where)) if is_file(where) else where
        if key in seen:
            raise SinkError(f"output {shown(where)}: is named twice; name each output once")
        seen.add(key)
