"""The synthetic person: layers, painted once; scene.py moves them in each frame.

A head and shoulders before a webcam, in design coordinates: 1080 high, x = 0 in the middle of the person.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import cv2
import numpy as np

from livebg.capture.synthetic import clothes, hair, hand, head
from livebg.capture.synthetic.paint import Canvas, Field, Point
from livebg.core.types import Image

NECK: Point = (0, 610)  # the points that the layers turn around
SHOULDER: Point = (268, 780)
ELBOW: Point = (268, 1120)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A painted part: straight BGR uint8 (h, w, 3), coverage uint8 (h, w), and where its upper left corner lies."""

    image: Image
    coverage: Image
    left: float
    top: float


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """The person's parts, back to front; `blinking` is the head with closed eyes.

    depth: how far each of the head's pixels lies before its outline, in pixels: float32 (h, w).
    """

    upper_arm: Layer
    body: Layer
    forearm: Layer
    head: Layer
    blinking: Layer
    depth: Field


def draw_figure(scale: float) -> Figure:
    """Paints every layer at `scale` pixels per design unit."""
    upper_arm, body = Canvas(190, 690, 350, 1210, scale), Canvas(-420, 540, 420, 1240, scale)
    forearm, whole = Canvas(170, 1030, 376, 1600, _fine(scale)), Canvas(-220, 150, 220, 730, _fine(scale))
    clothes.paint_upper_arm(upper_arm)
    clothes.paint_body(body)
    hand.paint_hand(forearm)
    clothes.paint_forearm_sleeve(forearm)
    hair.paint_back(whole)
    head.paint_neck(whole)
    head.paint_face(whole)
    hair.paint_front(whole)
    blinking = copy.deepcopy(whole)
    head.paint_eyes(whole, is_open=True)
    head.paint_eyes(blinking, is_open=False)
    return Figure(
        upper_arm=_layer(upper_arm, scale),
        body=_layer(body, scale),
        forearm=_layer(forearm, scale),
        head=_layer(whole, scale),
        blinking=_layer(blinking, scale),
        depth=_depth(whole, scale),
    )


def _fine(scale: float) -> float:
    """The scale to paint hands and hair at: finer than needed, so that edges come out smooth, but never a waste."""
    return scale * max(1.0, min(2.0, 1.4 / scale))


def _layer(canvas: Canvas, scale: float) -> Layer:
    return Layer(*canvas.straight(*_size(canvas, scale)), canvas.left, canvas.top)


def _size(canvas: Canvas, scale: float) -> tuple[int, int]:
    """Width and height of the canvas at this scale, px."""
    height, width = (max(1, round(each / canvas.scale * scale)) for each in canvas.shape)
    return width, height


def _depth(canvas: Canvas, scale: float) -> Field:
    """Face and hair as one smooth form, so that neither slides over the other when the head turns; the neck stays."""
    x, y = canvas.grid()
    form = np.clip(1 - (x / 172) ** 2 - ((y - 400) / 225) ** 2, 0, 1) ** np.float32(0.8)
    height = np.maximum(70 * form, canvas.soft(head.face_height(canvas), 6)) * np.clip((620 - y) / 60, 0, 1)
    small = cv2.resize(canvas.soft(height, 8), _size(canvas, scale), interpolation=cv2.INTER_AREA)
    return np.asarray(small * scale, np.float32)
