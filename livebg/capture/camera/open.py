"""Opens a camera through OpenCV: asks for a format, checks what it delivers, reads the first picture, finds errors.

source.py does what comes later. Any thread.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

import cv2

from livebg.capture.camera import v4l2
from livebg.capture.camera.devices import Camera, Mode
from livebg.capture.live_source import RETRY_S
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import Image, SourceInfo

log = logging.getLogger(__name__)

FIRST_PICTURE_S = 5.0  # webcams take a moment to start, phones used as webcams longer
_AUTO_FORMATS = ("YUYV", "NV12", "MJPG")  # uncompressed first: no JPEG marks at hair, and less work


def open_camera(camera: Camera, settings: Settings) -> tuple[cv2.VideoCapture, Image]:
    """The camera as the settings ask for it, and its first picture, BGR uint8 (H, W, 3). Raises SourceError."""
    device = open_device(camera)
    try:
        ask(device, camera, settings)
        return device, first_picture(device, camera)
    except BaseException:
        device.release()
        raise


def open_device(camera: Camera) -> cv2.VideoCapture:
    """The camera, opened. Raises SourceError with the reason, as far as the system gives one."""
    # Seconds that a read() may block; with OpenCV's own 10 s, closing or reporting a silent camera would have to wait.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # livebg says the same in plain words
    if camera.path:
        device = cv2.VideoCapture(camera.path, cv2.CAP_V4L2)
    else:
        # DirectShow: Media Foundation can take half a minute to open, and lists no virtual cameras.
        device = cv2.VideoCapture(camera.index, cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_ANY)
    if not device.isOpened():
        device.release()
        raise SourceError(f"{camera} cannot be opened: {_reason(camera)}")
    return device


def ask(device: cv2.VideoCapture, camera: Camera, settings: Settings) -> None:
    """Asks the camera for the format, size and rate that the settings name."""
    width, height = settings.frame_size
    pixel_format = settings.pixel_format
    if pixel_format == "auto":
        pixel_format = best_format(camera, width, height, settings.fps)
    if pixel_format:
        # The format goes before the size: a driver picks the size, and with it the rate, among those of the format
        # that is set already. Most webcams have 1280x720 at 30 fps only as MJPG, and 10 fps in the default YUYV.
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*pixel_format))
    device.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    device.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    device.set(cv2.CAP_PROP_FPS, settings.fps)


def best_format(camera: Camera, width: int, height: int, fps: float) -> str:
    """The pixel format to ask for: nearest to the size, then to the rate, then uncompressed.

    '' if no format is known.
    """

    def preference(mode: Mode) -> tuple[float, float, int]:
        distance_px = abs(mode.width - width) + abs(mode.height - height)
        return distance_px, -min(mode.fps, fps - 0.5), _AUTO_FORMATS.index(mode.pixel_format)

    known = [mode for mode in camera.modes if mode.pixel_format in _AUTO_FORMATS]
    return min(known, key=preference).pixel_format if known else ""


def first_picture(device: cv2.VideoCapture, camera: Camera) -> Image:
    """The first picture, BGR uint8 (H, W, 3). Raises SourceError when none comes within FIRST_PICTURE_S."""
    deadline_s = time.monotonic() + FIRST_PICTURE_S
    pause = threading.Event()
    while (picture := read(device)) is None:
        if time.monotonic() > deadline_s:
            raise SourceError(
                f"{camera} was opened, but no picture came within {FIRST_PICTURE_S:g} s: "
                f"{_reason(camera)}; or try another --size or --pixel-format"
            )
        pause.wait(RETRY_S)
    if picture.ndim != 3 or 0 in picture.shape:
        raise SourceError(f"{camera} delivers empty pictures ({picture.shape}); try another --size or --pixel-format")
    return picture


def read(device: cv2.VideoCapture) -> Image | None:
    """The next picture, BGR uint8 (H, W, 3), or None when there is none. One thread at a time."""
    is_there, picture = device.read()
    return picture if is_there else None  # type: ignore[return-value]  # cv2's stub says any array; new_frame checks it


def _reason(camera: Camera) -> str:
    reason = v4l2.why_not(camera.path) if camera.path else ""
    return reason or (
        "the system does not say why; perhaps another program uses it: close other video programs; or livebg is not "
        "allowed to use cameras: see the system's privacy settings"
    )


def report(device: cv2.VideoCapture, info: SourceInfo, settings: Settings) -> None:
    """Logs what the camera delivers; a warning where that is not what the settings ask for."""
    code = int(device.get(cv2.CAP_PROP_FOURCC))
    pixel_format = code.to_bytes(4, "little").decode("ascii", "replace").strip("\0 ") if code > 0 else ""
    got = f"{info.width}x{info.height} {pixel_format or '?'} {info.fps:g}"
    is_as_asked = (
        (info.width, info.height) == settings.frame_size
        and settings.pixel_format in ("auto", pixel_format)
        and abs(info.fps - settings.fps) < 1
    )
    if is_as_asked:
        log.info("%s: %s", info.name, got)
    else:
        asked = f"{settings.size} {settings.pixel_format} {settings.fps:g}"
        log.warning("%s: asked for %s, got %s", info.name, asked, got)
