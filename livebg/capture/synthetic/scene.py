"""The synthetic scene: a person who sways, breathes, blinks and waves in a room, with the exact true alpha.

Everything is a function of time alone, so that tests, benches and the demo know the true alpha of any frame. figure.py
and room.py paint once; each frame only moves the layers and blends them. Needs no camera.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import cos, pi, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.capture.synthetic.figure import ELBOW, NECK, SHOULDER, Layer, draw_figure
from livebg.capture.synthetic.paint import Point
from livebg.capture.synthetic.room import draw_room
from livebg.core.types import Image, Matte
from livebg.media.video.types import Picture

Move = NDArray[np.float64]  # (3, 3), affine, in design coordinates

_WAVE_EVERY_S, _WAVE_FROM_S, _WAVE_S, _RAISE_S = 12.0, 2.6, 6.0, 1.8
_LIFT_DEG, _BEND_DEG, _WAVE_DEG, _WAVE_PERIOD_S = 59, 136, 7, 1.2  # upper arm, forearm; the wave on top
_BELOW = 560  # design units that the raised hand lies below its place before it comes into the picture
_SHOWN = 940  # design units that the picture is high: the person fills it as at arm's length from a webcam
_BLINK_EVERY_S, _BLINK_S = 3.7, 0.13


class SyntheticScene:
    """A clip without end. Equal sizes and times give equal pictures, in any instance.

    room: BGR uint8 (height, width, 3), None for the drawn one.
    """

    name = "synthetic"

    def __init__(self, width: int, height: int, fps: float = 30.0, room: Image | None = None) -> None:
        self.width, self.height, self.fps = width, height, fps
        self.room = draw_room(width, height) if room is None else room
        self._scale = min(height, width * 1.1) / _SHOWN
        self._figure = draw_figure(self._scale)
        self._pixels = np.indices(self._figure.depth.shape).astype(np.float32)  # y and x of the head's pixels
        # The design's x = 0 stands in the middle, its lower edge on the picture's.
        self._to_picture = _scaling(self._scale) @ _shift(width / 2 / self._scale, height / self._scale - 1080)

    def pictures(self) -> Iterator[Picture]:
        for number in itertools.count():
            media_time_s = number / self.fps
            yield Picture(media_time_s, partial(self.image, media_time_s))

    def close(self) -> None:
        """Nothing to close."""

    def image(self, media_time_s: float) -> Image:
        """BGR uint8 (H, W, 3): alpha · figure + (1 − alpha) · room."""
        person = self._person(media_time_s)
        image = self.room.copy()
        alpha = person.alpha[person.box]
        image[person.box] = cv2.blendLinear(person.image[person.box], image[person.box], alpha, 1 - alpha)
        return image

    def true_alpha(self, media_time_s: float) -> Matte:
        """float32 (H, W) in 0..1, the alpha that image(media_time_s) was blended with."""
        return self._person(media_time_s).alpha

    def figure(self, media_time_s: float) -> Image:
        """The person alone: straight BGR uint8 (H, W, 3); meaningful only where alpha is above 0."""
        return self._person(media_time_s).image

    def _person(self, media_time_s: float) -> _Person:
        person = _Person(self.height, self.width)
        for layer, move, yaw, is_behind in self._posed(media_time_s):
            # A layer's pixel centres → design → picture, whose pixel centres lie at half coordinates too.
            to_design = _shift(layer.left, layer.top) @ _scaling(1 / self._scale) @ _shift(0.5, 0.5)
            place = _shift(-0.5, -0.5) @ self._to_picture @ move @ to_design
            person.add(self._turned(layer, yaw), place, is_behind)
        return person

    def _turned(self, layer: Layer, yaw: float) -> Layer:
        """The layer seen from a little aside: what lies nearer moves farther. Its outline stays.

        yaw: sine of the angle, above 0 to the right.
        """
        if not yaw:
            return layer
        moved = self._pixels[1] - np.float32(yaw) * self._figure.depth
        image = np.asarray(cv2.remap(layer.image, moved, self._pixels[0], cv2.INTER_LINEAR), np.uint8)
        return replace(layer, image=image)

    def _posed(self, time_s: float) -> Iterator[tuple[Layer, Move, float, bool]]:
        """The layers at this time: each with its move, its turn aside, and whether it goes behind the ones before."""
        parts = self._figure
        breath = 1 + 0.004 * sin(2 * pi * time_s / 4.1)
        body = _shift(22 * sin(2 * pi * time_s / 7.3), 0) @ _turn(1.3 * sin(2 * pi * time_s / 5.9), (0, 1400))
        body = body @ _stretch(breath, 1240)
        nod = _shift(5 * sin(2 * pi * time_s / 3.1), 22 + 5 * sin(2 * pi * time_s / 2.3))
        head = body @ nod @ _turn(4 * sin(2 * pi * time_s / 4.7) + 1.5 * sin(2 * pi * time_s / 1.9), NECK)
        raised = _raised(time_s)
        upper = body @ _turn(-3 - _LIFT_DEG * raised, SHOULDER)
        wave = _WAVE_DEG * raised * sin(2 * pi * time_s / _WAVE_PERIOD_S)
        # The arm comes up before the body: from below the picture, where it hangs and bends, hand first.
        forearm = _turn(wave - _BEND_DEG - _LIFT_DEG * (1 - raised), ELBOW) @ _shift(
            0, -_BELOW * max(0, 1 - 2 * raised)
        )
        yield parts.body, body, 0.0, False
        yield parts.upper_arm, upper, 0.0, True
        yield parts.forearm, upper @ forearm, 0.0, False
        is_blinking = (time_s + 1) % _BLINK_EVERY_S < _BLINK_S
        yaw = 0.17 * sin(2 * pi * time_s / 6.7) + 0.05 * sin(2 * pi * time_s / 2.9)
        yield (parts.blinking if is_blinking else parts.head), head, yaw, False


class _Person:
    """The layers laid together: straight BGR uint8 (H, W, 3), alpha float32 (H, W) in 0..1, and the box that holds
    them all.
    """

    def __init__(self, height: int, width: int) -> None:
        self.image: Image = np.zeros((height, width, 3), np.uint8)
        self.alpha: Matte = np.zeros((height, width), np.float32)
        self._box: tuple[int, int, int, int] | None = None

    @property
    def box(self) -> tuple[slice, slice]:
        left, top, right, bottom = self._box or (0, 0, 1, 1)
        return slice(top, bottom), slice(left, right)

    def add(self, layer: Layer, place: Move, is_behind: bool) -> None:
        """Lays a layer, moved by `place` (its pixels → the picture's), over or behind what is there."""
        rows, columns = layer.coverage.shape
        corners = (place @ np.array([[0, columns, 0, columns], [0, 0, rows, rows], [1, 1, 1, 1]], float))[:2]
        left, top = (max(0, int(each)) for each in np.floor(corners.min(axis=1)))
        right, bottom = (
            min(limit, int(each) + 1) for each, limit in zip(corners.max(axis=1), self.alpha.shape[::-1], strict=True)
        )
        if left >= right or top >= bottom:
            return
        box, size = (slice(top, bottom), slice(left, right)), (right - left, bottom - top)
        matrix = (_shift(-left, -top) @ place)[:2]
        own = cv2.warpAffine(layer.coverage, matrix, size) * np.float32(1 / 255)
        image = cv2.warpAffine(layer.image, matrix, size)
        if self._box is None:
            self.image[box], self.alpha[box], self._box = image, own, (left, top, right, bottom)
            return
        below = self.alpha[box]
        together = own + below * (1 - own)
        share = (own * (1 - below) if is_behind else own) / np.maximum(together, 1e-6)
        self.image[box] = cv2.blendLinear(image, self.image[box], share, 1 - share)
        self.alpha[box] = together
        before = self._box
        self._box = min(left, before[0]), min(top, before[1]), max(right, before[2]), max(bottom, before[3])


def _raised(time_s: float) -> float:
    """How far the arm is up: 0 hanging, 1 waving; smooth."""
    since_s = (time_s % _WAVE_EVERY_S) - _WAVE_FROM_S
    share = min(1.0, max(0.0, min(since_s, _WAVE_S - since_s) / _RAISE_S))
    return share * share * (3 - 2 * share)


def _shift(x: float, y: float) -> Move:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def _scaling(factor: float) -> Move:
    return np.diag([factor, factor, 1.0])


def _stretch(factor: float, y: float) -> Move:
    """Vertical stretch that leaves this y in its place."""
    return np.array([[1, 0, 0], [0, factor, y - factor * y], [0, 0, 1]], float)


def _turn(angle_deg: float, around: Point) -> Move:
    """Clockwise, as seen on the screen."""
    cosine, sine = cos(radians(angle_deg)), sin(radians(angle_deg))
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], float)
    there: Move = _shift(*around) @ turn @ _shift(-around[0], -around[1])
    return there
