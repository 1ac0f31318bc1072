"""A camera through OpenCV as live_source.py needs it: opened, and found again by its name.

Runs in live_source.py's thread; the first opening in the caller's.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import cv2

from livebg.capture.camera import v4l2
from livebg.capture.camera.devices import Camera, find_camera, list_cameras
from livebg.capture.camera.loopback_producer import lacks_producer, open_producer
from livebg.capture.camera.open import open_camera, read, report
from livebg.capture.live_source import LiveSource, Lost
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import Image

log = logging.getLogger(__name__)


def open_webcam(camera: Camera, settings: Settings) -> LiveSource:
    """The camera as the settings ask for it, as a live source. Raises SourceError."""
    device, first = open_camera(camera, settings)
    fps = device.get(cv2.CAP_PROP_FPS)
    source = LiveSource(Webcam(camera, settings), (OpenCamera(device, camera), first), fps if 0 < fps < 1000 else 0.0)
    report(device, source.info, settings)
    return source


class Webcam:
    """A live_source.Place: a camera by its name."""

    has_noise = True
    patience_s = 0.8
    longest_pause_s = 0.4

    def __init__(self, camera: Camera, settings: Settings) -> None:
        self._camera, self._settings = camera, settings

    def __str__(self) -> str:
        return str(self._camera)

    def find(self, is_over: Callable[[], bool]) -> tuple[OpenCamera, Image] | None:  # noqa: ARG002 - opening has an end
        """The camera, opened, and its first picture, BGR uint8 (H, W, 3); None while it cannot be opened."""
        try:
            camera = self._of_this_name()
            if camera is None:
                return None
            device, first = open_camera(camera, self._settings)
            opened = OpenCamera(device, camera)
        except (SourceError, cv2.error, OSError) as failure:  # OSError: its node went just now
            log.debug("not yet: %s", failure)
            return None
        self._camera = camera
        return opened, first

    def _of_this_name(self) -> Camera | None:
        """Where the camera is now: at its old place, else where a camera has its name.

        By its link, where the user gave one.
        """
        if self._settings.camera.startswith(("/", "~")):
            return find_camera(self._settings.camera)
        path, name = self._camera.path, self._camera.name
        if lacks_producer(path):
            return None
        if path:
            about = v4l2.describe(path) if os.path.exists(path) else None
            if about is not None and about[0] == name:
                return self._camera
        same = [each for each in list_cameras() if (each.name, each.is_virtual) == (name, self._camera.is_virtual)]
        same.sort(key=lambda each: each.index != self._camera.index)
        return same[0] if same else None


class OpenCamera:
    """A live_source.Device: OpenCV's camera, which it owns. Raises SourceError."""

    def __init__(self, device: cv2.VideoCapture, camera: Camera) -> None:
        self._device, self._camera = device, camera
        with ExitStack() as parts:
            parts.callback(device.release)
            try:
                self._feeder = parts.enter_context(open_producer(camera))
            except OSError as cause:
                raise SourceError(f"{camera} cannot be watched: {cause.strerror}; start livebg again") from cause
            self._parts = parts.pop_all()

    def read(self) -> Any:
        try:
            picture = read(self._device)
        except cv2.error as cause:
            raise Lost(f"its driver failed ({cause.err or cause})") from cause
        if self._feeder.has_gone():
            raise Lost("the program that fed it has gone")
        return picture

    def why_silent(self) -> str:
        is_gone = bool(self._camera.path) and not os.path.exists(self._camera.path)
        return "it was unplugged" if is_gone else "its driver stopped"

    def release(self) -> None:
        self._parts.close()
