"""Drawn pictures of people in rooms, the same on every machine: what a precision is tried on, and int8 is fitted to.

Knows nothing about networks. They have what decides in a matte: skin and cloth before a busy wall, soft and hard
edges, dark and bright light, more than one person, and nobody. Any thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Image, Matte

SIZE = (288, 512)  # (height, width) of every one


def drawn_pictures(count: int) -> list[Image]:
    """BGR uint8 (288, 512, 3). The n-th is always the same; every fifth is an empty room."""
    return [_picture(number) for number in range(count)]


def _picture(number: int) -> Image:
    draw = np.random.default_rng(1000 + number)
    picture = _room(draw)
    people = 0 if number % 5 == 4 else 2 if number % 5 == 3 else 1
    for index in range(people):
        _person(picture, draw, (index + 1) / (people + 1) + draw.uniform(-0.1, 0.1))
    light = draw.uniform(0.5, 1.2)
    grain = draw.normal(0, 4, picture.shape)  # a webcam's noise
    softened = cv2.GaussianBlur(picture, (3, 3), 0)
    return np.clip(softened * light + grain, 0, 255).astype(np.uint8)


def _room(draw: np.random.Generator) -> Image:
    """A wall in changing light with furniture and pictures on it."""
    height, width = SIZE
    coarse = draw.integers(40, 220, (3, 5, 3)).astype(np.uint8)
    room = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(12):
        left, top = int(draw.integers(0, width)), int(draw.integers(0, height))
        right, bottom = left + int(draw.integers(20, 140)), top + int(draw.integers(20, 120))
        cv2.rectangle(room, (left, top), (right, bottom), draw.integers(0, 256, 3).tolist(), -1)
    return room


def _person(picture: Image, draw: np.random.Generator, place: float) -> None:
    """Shoulders, neck, head, hair and face around `place`, a share of the width."""
    height, width = SIZE
    size, middle = draw.uniform(0.10, 0.22) * height, int(place * width)
    top = int(height - draw.uniform(3.2, 4.0) * size)
    skin = (np.array([120, 150, 200]) * draw.uniform(0.35, 1.15)).clip(0, 255).tolist()
    hair, cloth = draw.integers(5, 120, 3).tolist(), draw.integers(20, 235, 3).tolist()

    def blob(x: float, y: float, wide: float, high: float, colour: list[float]) -> None:
        centre = (int(middle + x * size), int(top + y * size))
        cv2.ellipse(picture, centre, (int(wide * size), int(high * size)), 0, 0, 360, colour, -1, cv2.LINE_AA)

    blob(0, 3.9, 2.1, 1.9, cloth)
    blob(0, 2.0, 0.45, 0.8, skin)
    blob(0, 0.85, 1.0, 1.15, hair)
    blob(0, 1.05, 0.78, 1.0, skin)
    for side in (-0.3, 0.3):
        blob(side, 0.9, 0.1, 0.07, [30, 30, 30])
    blob(0, 1.55, 0.25, 0.08, [60, 60, 150])
    for _ in range(25):  # loose hair
        angle, long = draw.uniform(-np.pi, 0), draw.uniform(1.0, 1.45)
        tip = (int(middle + long * size * np.cos(angle)), int(top + (0.85 + long * np.sin(angle)) * size))
        cv2.line(picture, (middle, int(top + 0.5 * size)), tip, hair, 1, cv2.LINE_AA)


def as_pixels(picture: Image) -> Matte:
    """BGR uint8 (H, W, 3) → RGB float32 (1, 3, H, W) in -0.5..0.5, as the network takes it."""
    mean = (127.5, 127.5, 127.5)
    return np.asarray(cv2.dnn.blobFromImage(picture, 1 / 255, mean=mean, swapRB=True), np.float32)
