"""Where frames come from: a camera, a video file or stream, a picture, or the synthetic scene.

Importing this loads neither OpenCV nor PyAV; opening a source loads what that source needs.
"""

from __future__ import annotations

from pathlib import Path

from livebg.errors import SourceError
from livebg.settings import Settings
from livebg.stages import FrameSource


def open_source(settings: Settings) -> FrameSource:
    """The source that the settings name, ready to be read. Raises SourceError."""
    from livebg import area

    area.prepare()  # each frame is averaged down where it is made; compiling that is not to delay the first
    source = settings.source.strip()
    if not source:
        from livebg.capture.devices import find_camera
        from livebg.capture.webcam import WebcamSource

        return WebcamSource(find_camera(settings.camera), settings)

    from livebg.capture.playback import play

    if source == "synthetic":
        from livebg.capture.synthetic import SyntheticScene

        return play(SyntheticScene(*settings.frame_size, settings.fps), settings.pace)

    from livebg.capture.media_file import MediaFile

    if "://" in source:
        return play(MediaFile(source), settings.pace)
    path = _checked_path(source)

    from livebg.capture.picture import Still, load_picture

    image = load_picture(path)
    if image is not None:
        return play(Still(path, image, settings.fps, settings.pace), settings.pace)
    return play(MediaFile(str(path), is_exact=settings.pace == "every-frame"), settings.pace)


def _checked_path(source: str) -> Path:
    """An absolute path to a file with something in it."""
    try:
        path = Path(source).expanduser().absolute()
        if not path.exists():
            raise SourceError(f"source {source} does not exist (looked for {path}); check the path, or use --camera")
        if path.is_dir():
            raise SourceError(f"source {source} is a folder; name a video or picture in it")
        if not path.is_file():
            raise SourceError(f"source {source} is a device, not a file; use --camera {source}")
        if path.stat().st_size == 0:
            raise SourceError(f"source {source} is empty (0 bytes); copy or record it again")
        with path.open("rb"):
            return path
    except (OSError, RuntimeError) as cause:  # expanduser() answers an unknown ~user with RuntimeError
        raise SourceError(f"source {source} cannot be read: {cause}; check its permissions") from cause
