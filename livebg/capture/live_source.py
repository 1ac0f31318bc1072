"""A camera or a stream as a source: its newest picture; it is found again when lost, and rests while nobody watches.

One thread opens, reads and releases it, and keeps only the newest frame. The first opening runs in the caller's thread,
so that errors show before anything else starts. Size and rate stay those of the first opening, so that readers never
get another size.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import cv2
import numpy as np

from livebg.capture.frame import new_frame, next_frame
from livebg.core.threads import Latest, Worker
from livebg.core.types import Frame, Image, SourceInfo

log = logging.getLogger(__name__)

LONGEST_GAP_S = 5.0
FROZEN_S = 5.0  # of identical pictures: a working sensor has noise
POLL_S = 0.4  # the first pause before a lost device is looked for again
RETRY_S = 0.02  # pause after a read() without a picture: an unplugged camera returns at once, for ever
ROWS = 16  # every 16th row is compared first, to see whether two pictures are the same


class Lost(Exception):
    """A device will deliver no more pictures; the message says why, in half a sentence."""


class Device(Protocol):
    """An open camera or stream. One thread at a time."""

    def read(self) -> Any:
        """The next picture, BGR uint8 (H, W, 3) of any size; None where none came within a moment. Raises Lost."""
        ...

    def why_silent(self) -> str:
        """Why read() has returned None for so long, as far as that is known: half a sentence."""
        ...

    def release(self) -> None:
        """Closes it; never waits without an end. May be called twice."""
        ...


class Place(Protocol):
    """Where to find a device again; its str() is the name."""

    @property
    def has_noise(self) -> bool:
        """Whether two identical pictures mean that the device hangs."""
        ...

    @property
    def patience_s(self) -> float:
        """After this time without a picture it is lost; where pictures come slowly, after three of their gaps."""
        ...

    @property
    def longest_pause_s(self) -> float:
        """The longest pause between two attempts to find it; the pauses grow up to that."""
        ...

    def find(self, is_over: Callable[[], bool]) -> tuple[Device, Image] | None:
        """The opened device and its first picture, BGR uint8 (H, W, 3).

        None where the device is missing or not ready yet, or when is_over() is True.
        """
        ...


class LiveSource:
    """Frames of what was opened at a place; `info` has the size and rate of the first opening."""

    def __init__(self, place: Place, opened: tuple[Device, Image], fps: float) -> None:
        self._place = place
        height, width = opened[1].shape[:2]
        self.info = SourceInfo(str(place), width, height, fps, is_live=True, can_rest=True)
        self._slot: Latest[Frame] = Latest()
        self._is_resting, self._stir = False, threading.Event()
        self._sequence, self._begun_s, self._gap_s = 0, time.monotonic(), 0.0
        self._was_frozen = self._was_fitted = False
        self._opened: tuple[Device, Image] | None = opened
        self._worker = Worker("livebg-camera", self._capture, self._unblock, self._slot.close)

    @property
    def dropped(self) -> int:
        return self._slot.dropped

    def read(self, timeout_s: float) -> Frame | None:
        return next_frame(self._slot, timeout_s)

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
        is_lost, pause_s = False, POLL_S

        def is_over() -> bool:
            return stopping.is_set() or self._is_resting

        while self._opened is not None or not stopping.is_set():  # closed before it began, it still releases
            if self._is_resting and self._opened is None:
                is_lost = False  # whatever happened, it is opened again when somebody watches
                self._stir.wait(POLL_S)
                self._stir.clear()
                continue
            opened, self._opened = self._opened or self._place.find(is_over), None
            if opened is None:
                if not is_lost and not is_over():
                    log.warning("%s is missing: livebg looks for it until it is back", self._place)
                    is_lost = True
                stopping.wait(pause_s)
                pause_s = min(1.5 * pause_s, self._place.longest_pause_s)
                continue
            if is_lost:
                log.warning("%s is back", self._place)
            pause_s = POLL_S
            try:
                reason = self._read_on(*opened, is_over)
            finally:
                opened[0].release()
            is_lost = bool(reason)
            if reason:
                log.warning("%s was lost: %s; livebg looks for it", self._place, reason)

    def _read_on(self, device: Device, first: Image, is_over: Callable[[], bool]) -> str:
        """Reads on; returns why the device is lost, '' where it has to stop or rest."""
        picture: Any = first
        last, reason = first, ""
        seen_s = changed_s = time.monotonic()
        pause = threading.Event()
        while not is_over():
            now_s = time.monotonic()
            if _is_picture(picture):
                self._gap_s += 0.1 * (min(now_s - seen_s, LONGEST_GAP_S) - self._gap_s)
                seen_s = now_s
                if not self._place.has_noise or not _are_same(picture, last):
                    last, changed_s = picture, now_s
                elif now_s - changed_s >= FROZEN_S and not self._was_frozen:
                    self._was_frozen = True  # once: a virtual camera may show a still on purpose
                    return f"it has sent the very same picture for {FROZEN_S:g} s"
                self._hand_over(picture, now_s)
            elif now_s - seen_s >= max(self._place.patience_s, 3 * self._gap_s):
                return f"no picture for {now_s - seen_s:.1f} s, {reason or device.why_silent()}"
            else:
                reason = "" if picture is None else f"it delivers {_seen(picture)}"
                pause.wait(RETRY_S)
            try:
                picture = device.read()
            except Lost as cause:
                return "" if is_over() else str(cause)
        return ""

    def _hand_over(self, picture: Image, now_s: float) -> None:
        height, width = self.info.height, self.info.width
        if picture.shape != (height, width, 3):
            if not self._was_fitted:
                log.warning("%s sends %dx%d now; fitted to %dx%d", self._place, *picture.shape[1::-1], width, height)
            self._was_fitted, picture = True, covering(picture, height, width)
        self._slot.put(new_frame(picture, self._sequence, now_s - self._begun_s, self.info))
        self._sequence += 1


def covering(picture: Image, height: int, width: int) -> Image:
    """BGR uint8 (h, w, 3) → (height, width, 3): scaled to fill that size, with the sides cut off evenly."""
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
