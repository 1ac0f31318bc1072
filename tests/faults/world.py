"""The world around a livebg process under test: a camera whose room carries a marker, an engine of known answers, and
somebody who watches and counts the room's pixels. Each can be told to fail while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np

from livebg.core.errors import SinkError
from livebg.core.types import Alpha, Composite, Frame, Image, Reads

WIDTH, HEIGHT, FPS = 320, 180, 30.0
MARKER = (255, 0, 255)  # BGR of every pixel of the room; nothing else in the world has a colour like it
FIGURE = (200, 235, 215)  # far from the marker in brightness too, by which motion is seen
NEAR = 60  # levels: nearer to the marker in every channel is the room
CLOCK = time.perf_counter  # by which the test measures; livebg's own clock, time.monotonic, is made to jump
PATCH = np.ones((3, 3), np.uint8)  # what leaks is more than the single row that a matte errs by at the figure's edge


def leaked_pixels(image: Image) -> int:
    """How many pixels of BGR uint8 (H, W, 3) show the room, each with all its neighbours."""
    distance = np.abs(image.astype(np.int16) - np.array(MARKER, np.int16)).max(axis=2)
    return int(np.count_nonzero(cv2.erode((distance < NEAR).astype(np.uint8), PATCH)))


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """The marked room, with a little sensor noise, and a figure that sways before it."""
    rng = np.random.default_rng(number)
    image = np.full((height, width, 3), MARKER, np.uint8)
    image[..., 1] += rng.integers(0, 6, (height, width), dtype=np.uint8)
    centre = (round(width * (0.5 + 0.1 * np.sin(number / 20))), round(height * 0.75))
    cv2.ellipse(image, centre, (round(width * 0.16), round(height * 0.5)), 0, 0, 360, FIGURE, -1)
    return image


class Camera:
    """What cv2.VideoCapture opens; `mode` says what it does. One state for all handles, as a real device has."""

    mode = "ok"
    size = (WIDTH, HEIGHT)
    number = 0

    def __init__(self, *_: Any) -> None:
        self._is_open = self.mode != "gone"
        self._due_s = time.monotonic()

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._is_open

    def set(self, *_: Any) -> bool:
        return True

    def get(self, what: int) -> float:
        return {cv2.CAP_PROP_FPS: FPS, cv2.CAP_PROP_FRAME_WIDTH: self.size[0]}.get(what, 0.0)

    def release(self) -> None:
        self._is_open = False

    def read(self) -> tuple[bool, Any]:
        mode, wait = self.mode, threading.Event().wait
        if not self._is_open or mode == "gone":
            return False, None
        if mode == "silent":
            wait(1.0)
            return False, None
        if mode == "raising":
            raise cv2.error("driver stopped")
        self._due_s = max(self._due_s + (0.5 if mode == "slow" else 1 / FPS), time.monotonic() - 1)
        wait(max(0.0, self._due_s - time.monotonic()))
        if mode != "frozen":
            type(self).number += 1
        image = picture(self.number, *self.size)
        if mode == "garbage":
            return True, image[: self.size[1] // 2].astype(np.float32)
        return True, np.zeros_like(image) if mode == "black" else image


class Engine:
    """An engine that knows the truth: whatever is not the marker. `fault` replaces its answer, may raise or wait."""

    description = "engine of known answers"

    def __init__(self) -> None:
        self.fault: Callable[[Alpha], Alpha] | None = None

    def matte(self, frame: Frame) -> Alpha:
        small = cv2.resize(frame.image, (256, 144), interpolation=cv2.INTER_AREA).astype(np.int16)
        # Sure inside: a pixel that is in part the room's counts as the room's.
        values = (np.abs(small - np.array(MARKER, np.int16)).max(axis=2) > 130).astype(np.float32)
        if frame.image.max() == 0:
            values[:] = 0
        alpha, fault = Alpha(values, frame.sequence), self.fault
        return fault(alpha) if fault else alpha

    def reset(self) -> None: ...

    def close(self) -> None: ...


class Seen(NamedTuple):
    """One composite as somebody who watches saw it. captured_s: of its frame by livebg's clock, 0 for none."""

    at_s: float
    leaked: int
    is_card: bool
    captured_s: float


class Probe:
    """A live FrameSink that looks at every pixel; `fails` makes it raise."""

    name, is_live, is_watched = "probe", True, True
    reads: Reads = "image and alpha"

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.fails = False

    def write(self, composite: Composite) -> None:
        if self.fails:
            raise SinkError("probe: cannot be written: told to fail")
        captured_s = composite.frame.captured_at_s if composite.frame is not None else 0.0
        self.seen.append(Seen(CLOCK(), leaked_pixels(composite.image), composite.alpha is None, captured_s))

    def close(self) -> None: ...

    def shows(self, since_s: float) -> bool:
        """Whether the newest composite is one of a frame that was captured after since_s."""
        return bool(self.seen) and not self.seen[-1].is_card and self.seen[-1].captured_s > since_s
