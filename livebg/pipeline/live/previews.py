"""Pictures of what the live loop shows, small and encoded, for the panel and other programs. Askers' threads.

It never shows the camera's picture unless somebody asks for that, and never while the user hides. With --show-camera
the composite is the camera's picture, so it shows none.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image as Pillow

from livebg.core.live_settings import LiveSettings
from livebg.core.types import Composite, Frame, Image, Matte, usable
from livebg.media.video.layers import as_bgr, eight_bits
from livebg.pipeline.live.client import Kind, Picture
from livebg.pipeline.live.feed import Feed, Shown
from livebg.scene.compositing.compositor import Compositor
from livebg.sinks.preview.overlay import over_checks

Plane = TypeVar("Plane", Image, Matte)

WAIT_S = 1.0
LEAST_PX, MOST_PX = 64, 1920  # of the width
JPEG_QUALITY, WEBP_QUALITY = 80, 80


class Previews:
    """Of each kind, one picture of each width at a time, however many ask for it."""

    def __init__(self, feed: Feed, controls: LiveSettings, wait_s: float = WAIT_S) -> None:
        self._feed, self._controls, self._wait_s = feed, controls, wait_s
        person = Person(controls)
        self._encoders = {
            "composite": _Encoder(lambda shown, width: jpeg(small_composite(shown.composite, width))),
            "matte": _Encoder(lambda shown, width: jpeg(small_matte(shown, width))),
            "camera": _Encoder(lambda shown, width: jpeg(_camera(shown, width))),
            "person": _Encoder(lambda shown, width: webp(person.cut_out(shown, width))),
        }

    def picture(self, of: Kind, width: int, after: int | None) -> Picture | None:
        """The newest picture other than number `after`; None if none came within a second. width: at most, px."""
        shown = self._feed.next(lambda each: self._suits(each, of), after, self._wait_s, of in ("matte", "person"))
        if shown is None:
            return None
        content = self._encoders[of].content(shown, max(LEAST_PX, min(MOST_PX, width)))
        if not self._feed.may_be_seen(shown):  # the user has hidden meanwhile
            return None
        frame = shown.composite.frame
        age_ms = 0.0 if frame is None else 1000 * (time.monotonic() - frame.captured_at_s)
        return Picture(content, shown.sequence, age_ms, shown.state)

    def _suits(self, shown: Shown, of: Kind) -> bool:
        settings, composite = self._controls.settings, shown.composite
        if of == "camera":
            return composite.frame is not None and shown.state != "hidden" and not settings.hide
        if settings.show_camera:
            return False
        if of == "composite":
            return True
        if shown.is_own:
            return composite.alpha is not None  # a GPU brings it down once somebody asks for it
        return of == "matte" or composite.alpha is None  # while a composite is held, its person stays, too


class _Encoder:
    """Keeps the newest picture of each width. encode: may take milliseconds."""

    def __init__(self, encode: Callable[[Shown, int], bytes]) -> None:
        self._encode = encode
        self._lock = threading.Lock()
        self._sequence, self._made = -1, dict[int, bytes]()

    def content(self, shown: Shown, width: int) -> bytes:
        with self._lock:
            if shown.sequence != self._sequence:
                self._sequence, self._made = shown.sequence, {}
            if width not in self._made:
                self._made[width] = self._encode(shown, width)
            return self._made[width]


def small_composite(composite: Composite, width: int) -> Image:
    """BGR uint8 (h, w, 3), at most `width` wide; a transparent one over a checkerboard."""
    composite = as_bgr(composite)
    image, alpha = composite.image, composite.alpha
    return over_checks(
        replace(composite, image=shrunk(image, width), alpha=None if alpha is None else shrunk(alpha, width))
    )


def small_matte(shown: Shown, width: int) -> Image:
    """uint8 (h, w): alpha * 255; zeros where there is no valid matte."""
    alpha = shown.composite.alpha
    if alpha is None or shown.state != "live":
        height, width = _size(shown.composite.image, width)
        return np.zeros((height, width), np.uint8)
    return eight_bits(shrunk(alpha, width))


def _camera(shown: Shown, width: int) -> Image:
    assert shown.composite.frame is not None
    return shrunk(shown.composite.frame.image, width)


class Person:
    """The person alone. It remembers nothing that shows: only where its memory lies."""

    def __init__(self, controls: LiveSettings) -> None:
        self._controls, self._compositor = controls, Compositor()

    def cut_out(self, shown: Shown, width: int) -> Image:
        """BGRA uint8 (h, w, 4), straight; all zeros where there is no valid matte of this very frame."""
        composite = shown.composite
        if composite.alpha is None or composite.frame is None or not shown.is_own or shown.state != "live":
            return np.zeros((*_size(composite.image, width), 4), np.uint8)
        alpha, image = usable(shrunk(composite.alpha, width)), shrunk(composite.frame.image, width)
        frame = Frame(image, composite.frame.sequence, composite.frame.captured_at_s, composite.frame.media_time_s)
        colours = self._compositor.cut_out(frame, alpha, self._controls.settings)
        picture = np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2BGRA), np.uint8)
        cv2.insertChannel(eight_bits(alpha), picture, 3)
        return picture


def shrunk(plane: Plane, width: int) -> Plane:
    """A picture, uint8 (h, w, 3), or an alpha, float32 (h, w), at most `width` wide, area-averaged; the same array if
    it is no wider."""
    if plane.shape[1] <= width:
        return plane
    height, width = _size(plane, width)
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), plane.dtype)


def _size(image: Image | Matte, width: int) -> tuple[int, int]:
    """(height, width) of a picture in BGR or I420, or of an alpha, at most `width` wide."""
    height, full = image.shape[:2]
    if image.dtype == np.uint8 and image.ndim == 2:
        height = height * 2 // 3
    width = min(width, full)
    return max(1, round(height * width / full)), width


def jpeg(picture: Image) -> bytes:
    """Of uint8 (H, W), or BGR (H, W, 3)."""
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return content.tobytes()


def webp(picture: Image) -> bytes:
    """Of BGRA uint8 (H, W, 4). Pillow, since OpenCV cannot choose the quick method: it takes six times as long."""
    content = io.BytesIO()
    rgba = Pillow.fromarray(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)))
    rgba.save(content, "WEBP", quality=WEBP_QUALITY, method=0)
    return content.getvalue()
