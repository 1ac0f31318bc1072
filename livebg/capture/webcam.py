"""A camera: the newest frame, and what happens when it is lost, comes back, or rests while nobody looks.

One thread opens, reads and releases it; only the newest frame is kept. The first opening happens in the caller's
thread, so that a camera that does not work is told before anything else starts. Size and rate stay those of the first
opening for ever: whoever reads on is not to see another size.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

import cv2
import numpy as np

from livebg.capture import v4l2
from livebg.capture.devices import Camera, find_camera, list_cameras
from livebg.capture.feeder import is_unfed, open_feeder
from livebg.capture.frames import new_frame
from livebg.capture.opening import RETRY_S, open_camera, read, report
from livebg.errors import SourceError
from livebg.mailbox import Closed, Latest, Worker
from livebg.settings import Settings
from livebg.stages import EndOfSource, Frame, Image, SourceInfo

log = logging.getLogger(__name__)

LOST_AFTER_S = 0.8  # without a picture; where pictures come slowly, three of their gaps
LONGEST_GAP_S = 5.0
FROZEN_S = 5.0  # of the very same picture: a sensor that works has noise
POLL_S = 0.4  # how often a lost camera is looked for
ROWS = 16  # every so many-th row is compared first, to see whether two pictures are the same


class WebcamSource:
    """Frames from a camera; `info` tells the size and rate that it delivered first."""

    def __init__(self, camera: Camera, settings: Settings) -> None:
        self._camera, self._settings = camera, settings
        opened = open_camera(camera, settings)
        device, first = opened
        height, width = first.shape[:2]
        fps = device.get(cv2.CAP_PROP_FPS)
        self.info = SourceInfo(str(camera), width, height, fps if 0 < fps < 1000 else 0.0, is_live=True, can_rest=True)
        report(device, self.info, settings)
        self._slot: Latest[Frame] = Latest()
        self._is_resting, self._stir = False, threading.Event()
        self._sequence, self._begun_s, self._gap_s = 0, time.monotonic(), 0.0
        self._was_frozen = self._was_fitted = False
        self._opened: tuple[cv2.VideoCapture, Image] | None = opened
        self._worker = Worker("livebg-camera", self._capture, self._unblock, self._slot.close)

    @property
    def dropped(self) -> int:
        return self._slot.dropped

    def read(self, timeout_s: float) -> Frame | None:
        try:
            return self._slot.get(timeout_s)
        except Closed:
            raise EndOfSource from None

    def rest(self, is_resting: bool) -> None:
        self._is_resting = is_resting
        self._stir.set()

    def close(self) -> None:
        self._worker.stop()

    def _unblock(self) -> None:
        self._slot.close()
        self._stir.set()

    def _capture(self, stopping: threading.Event) -> None:
        """Opens, reads until it is lost or rests, releases, and again; no other thread touches the device."""
        is_lost = False
        while not stopping.is_set():
            if self._is_resting and self._opened is None:
                is_lost = False  # whatever was, it is opened anew when somebody looks
                self._stir.wait(POLL_S)
                self._stir.clear()
                continue
            opened, self._opened = self._opened or self._found(), None
            if opened is None:
                if not is_lost:
                    log.warning("%s is not there: it is looked for until it is back", self._camera)
                    is_lost = True
                stopping.wait(POLL_S)
                continue
            if is_lost:
                log.warning("%s is back", self._camera)
            try:
                reason = self._read_on(*opened, stopping)
            finally:
                opened[0].release()
            is_lost = bool(reason)
            if reason:
                log.warning("%s was lost: %s; plug it in again, it is looked for till then", self._camera, reason)

    def _read_on(self, device: cv2.VideoCapture, first: Image, stopping: threading.Event) -> str:
        """Why the camera is lost; '' where it was asked to stop or to rest."""
        picture: Any = first
        last, reason = first, "its driver stopped"
        seen_s = changed_s = time.monotonic()
        with open_feeder(self._camera) as feeder:
            while not stopping.is_set() and not self._is_resting:
                now_s = time.monotonic()
                if feeder.has_gone():
                    return "the program that fed it has gone"
                if _is_picture(picture):
                    self._gap_s += 0.1 * (min(now_s - seen_s, LONGEST_GAP_S) - self._gap_s)
                    seen_s = now_s
                    if not _are_same(picture, last):
                        last, changed_s = picture, now_s
                    elif now_s - changed_s >= FROZEN_S and not self._was_frozen:
                        self._was_frozen = True  # once: a virtual camera may show a still on purpose
                        return f"it has sent the very same picture for {FROZEN_S:g} s"
                    self._hand_over(picture, now_s)
                elif now_s - seen_s >= max(LOST_AFTER_S, 3 * self._gap_s):
                    return f"no picture for {now_s - seen_s:.1f} s, {'it was unplugged' if self._is_gone() else reason}"
                else:
                    stopping.wait(RETRY_S)
                    reason = "its driver stopped" if picture is None else f"it delivers {_seen(picture)}"
                try:
                    picture = read(device)
                except cv2.error as cause:
                    return f"its driver failed ({cause.err or cause})"
        return ""

    def _hand_over(self, picture: Image, now_s: float) -> None:
        height, width = self.info.height, self.info.width
        if picture.shape != (height, width, 3):
            if not self._was_fitted:
                log.warning("%s sends %dx%d now; fitted to %dx%d", self._camera, *picture.shape[1::-1], width, height)
            self._was_fitted, picture = True, covering(picture, height, width)
        self._slot.put(new_frame(picture, self._sequence, now_s - self._begun_s, self.info))
        self._sequence += 1

    def _is_gone(self) -> bool:
        return bool(self._camera.path) and not os.path.exists(self._camera.path)

    def _found(self) -> tuple[cv2.VideoCapture, Image] | None:
        """The camera of this name, opened; None where it is not there, or not ready yet."""
        try:
            camera = self._of_this_name()
            if camera is None:
                return None
            opened = open_camera(camera, self._settings)
        except (SourceError, cv2.error) as failure:
            log.debug("not yet: %s", failure)
            return None
        self._camera = camera
        return opened

    def _of_this_name(self) -> Camera | None:
        """Where it is now: at its old place, else wherever a camera has its name; by its link, where one was given."""
        if self._settings.camera.startswith(("/", "~")):
            return find_camera(self._settings.camera)
        path, name = self._camera.path, self._camera.name
        if is_unfed(path):
            return None
        if path:
            about = v4l2.describe(path) if os.path.exists(path) else None
            if about is not None and about[0] == name:
                return self._camera
        same = [each for each in list_cameras() if each.name == name]
        same.sort(key=lambda each: each.index != self._camera.index)
        return same[0] if same else None


def covering(picture: Image, height: int, width: int) -> Image:
    """BGR uint8 (h, w, 3) → (height, width, 3): scaled until it fills that, its sides cut off evenly."""
    scale = max(height / picture.shape[0], width / picture.shape[1])
    high, wide = min(picture.shape[0], round(height / scale)), min(picture.shape[1], round(width / scale))
    top, left = (picture.shape[0] - high) // 2, (picture.shape[1] - wide) // 2
    part = picture[top : top + high, left : left + wide]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _is_picture(picture: Any) -> bool:
    return (
        isinstance(picture, np.ndarray)
        and picture.dtype == np.uint8
        and picture.ndim == 3
        and picture.shape[2] == 3
        and picture.size > 0
    )


def _are_same(picture: Image, other: Image) -> bool:
    if picture is other or picture.shape != other.shape:
        return False
    return np.array_equal(picture[::ROWS], other[::ROWS]) and np.array_equal(picture, other)


def _seen(picture: Any) -> str:
    about = f"{getattr(picture, 'dtype', type(picture).__name__)} {getattr(picture, 'shape', '')}"
    return f"something else than pictures of 8-bit colour ({about.strip()})"
