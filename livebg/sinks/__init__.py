"""Where composites go. `open_sinks` makes the outputs that the settings name, and loads only what they need."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
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

_VIRTUAL_CAMERA, _WINDOW, _NONE = "virtual-camera", "window", "none"


def open_sinks(
    settings: Settings,
    *,
    may_drop: bool,
    is_transparent: bool,
    on_action: Callable[[str], None],
    statistics: Callable[[], str],
    fps: float = 0.0,
    session: RecordingSession | None = None,
    sound: SoundSource | None = None,
    standby: Callable[[], Image] | None = None,
) -> list[FrameSink]:
    """Every output of settings.to, in order, then settings.matte_to's. If one raises SinkError, none stays open.

    may_drop: recordings that cannot keep up leave frames out (live sources) instead of waiting.
    is_transparent: the background is `none`, so files carry the alpha. fps: the source's nominal rate, 0 if unknown.
    on_action, statistics: see preview.window.Preview. session, sound: see recording.recorder.Recorder; a matte has no
    sound. standby: gives the standby image, BGR uint8 (H, W, 3), for a virtual camera that outlives livebg. Files,
    devices and windows appear with the first composite; this function checks that they can.
    """
    fps, session = fps or settings.fps, session or RecordingSession()
    colours: Content = "alpha" if is_transparent else "composite"
    _check_once(settings)
    with contextlib.ExitStack() as opened:
        sinks: list[FrameSink] = []
        for where in settings.to:
            kind, _, device = where.partition(":")
            if kind == _VIRTUAL_CAMERA:
                from livebg.sinks.virtual_camera.every import open_virtual_camera

                sink: FrameSink = open_virtual_camera(device, fps, standby)
            elif where == _WINDOW:
                from livebg.sinks.preview.window import Preview

                sink = Preview(on_action, statistics, settings.mirror_preview, session.notice)
            elif where == _NONE:
                from livebg.sinks.null import NoOutput

                sink = NoOutput()
            elif is_stream(where):
                from livebg.sinks.streaming.sink import Streamer

                sink = Streamer(
                    parse_address(where), fps, bits_per_s=round(settings.stream_bitrate * 1000), sound=sound,
                    sound_delay_s=settings.mic_delay / 1000,
                )  # fmt: skip
            else:
                sink = _open_file(where, colours, settings, may_drop, fps, session, sound)
            sinks.append(sink)
            opened.callback(sink.close)
        if settings.matte_to:
            sinks.append(_open_file(shown(settings.matte_to), "matte", settings, may_drop, fps, session, None))
        opened.pop_all()
        return sinks


@contextlib.contextmanager
def locked_outputs(settings: Settings) -> Iterator[None]:
    """Reserves the files among the outputs for this run. Raises SinkError."""
    from livebg.media.files import checked_path
    from livebg.media.output_lock import writing

    _check_once(settings)
    files = [each for each in (*settings.to, settings.matte_to) if each and _is_file(each)]
    with writing(*(checked_path(each, settings.force) for each in files)):
        yield


def _is_file(where: str) -> bool:
    return where not in (_WINDOW, _NONE) and where.partition(":")[0] != _VIRTUAL_CAMERA and not is_stream(where)


def _open_file(
    where: str,
    content: Content,
    settings: Settings,
    may_drop: bool,
    fps: float,
    session: RecordingSession,
    sound: SoundSource | None,
) -> FrameSink:
    """A recording or a still image of this content; the file's ending decides."""
    from livebg.media.files import checked_path
    from livebg.media.video import layers
    from livebg.media.video.formats import recording_form_for

    layer = layers.LAYERS[content]
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
        may_drop=may_drop,
        fps=fps,
        force=settings.force,
        session=session,
        sound=sound,
        sound_delay_s=settings.mic_delay / 1000,
        split=split,
    )


def _check_once(settings: Settings) -> None:
    """Raises SinkError if two outputs are the same: two writers of one file or device destroy each other's work."""
    seen = set[Hashable]()
    for where in (*settings.to, *filter(None, [settings.matte_to])):
        key = identity(Path(where)) if _is_file(where) else where
        if key in seen:
            raise SinkError(f"output {shown(where)}: is named twice; name each output once")
        seen.add(key)
