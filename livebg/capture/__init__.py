"""Opens the source of frames: a camera, a video file or stream, a picture, or the synthetic scene.

Importing this loads neither OpenCV nor PyAV; opening a source loads what that source needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from livebg.core.errors import SettingsError, SourceError
from livebg.core.settings import Settings
from livebg.core.types import FrameSource


def open_source(settings: Settings, is_over: Callable[[], bool] = lambda: False) -> FrameSource:
    """The source that the settings name, ready to read. Raises SourceError.

    is_over: called while waiting for a network; when it returns True, this raises KeyboardInterrupt.
    """
    source = settings.source.strip()
    if not source:
        return _open_camera(settings)
    if "://" in source:
        return _open_address(source, settings.pace, is_over)
    if settings.pace == "live":
        raise SettingsError(f"--pace live is for streams, and {source} is none; leave --pace out")
    from livebg.capture.playback import play

    if source == "synthetic":
        from livebg.capture.synthetic.scene import SyntheticScene

        return play(SyntheticScene(*settings.frame_size, settings.fps), settings.pace)

    path = _checked_path(source)

    from livebg.capture.playback import Still, load_picture

    image = load_picture(path)
    if image is not None:
        return play(Still(path, image, settings.fps, settings.pace), settings.pace)
    from livebg.media.video.clip import VideoClip

    return play(VideoClip(str(path), is_exact=settings.pace == "every-frame"), settings.pace)


def _open_camera(settings: Settings) -> FrameSource:
    from livebg.capture.camera.devices import find_camera, has_real_camera

    if sys.platform == "linux":
        from livebg.capture.camera.pipewire import has_nodes, is_named, open_pipewire_camera

        if is_named(settings.camera) or (settings.camera == "auto" and not has_real_camera() and has_nodes()):
            return open_pipewire_camera(settings)
    from livebg.capture.camera.source import open_webcam

    return open_webcam(find_camera(settings.camera), settings)


def _open_address(source: str, pace: str, is_over: Callable[[], bool]) -> FrameSource:
    from livebg.capture.playback import play
    from livebg.capture.stream import is_live, open_aside, open_stream
    from livebg.media.video.clip import VideoClip

    container = open_aside(source, is_over)
    if pace == "live" or (pace == "auto" and is_live(source, container)):
        return open_stream(source, container, is_over)
    return play(VideoClip(source, container=container), pace)


def _checked_path(source: str) -> Path:
    """The absolute path of a file that is not empty. Raises SourceError."""
    try:
        path = Path(source).expanduser().absolute()
        if not path.exists():
            raise SourceError(f"source {source} does not exist (looked for {path}); check the path")
        if path.is_dir():
            raise SourceError(f"source {source} is a folder; name a video or picture in it")
        if not path.is_file():
            raise SourceError(
                f"source {source} is no plain file; give a video or picture file, or a camera by --camera"
            )
        if path.stat().st_size == 0:
            raise SourceError(f"source {source} is empty (0 bytes); copy or record it again")
        with path.open("rb"):
            return path
    except (OSError, RuntimeError) as cause:  # expanduser() answers an unknown ~user with RuntimeError
        raise SourceError(f"source {source} cannot be read: {cause}; check its permissions") from cause
