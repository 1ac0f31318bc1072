"""The synthetic person's head without its hair: a face out of soft hills, lit; neck, eyes, mouth.

In the design coordinates of figure.py.
"""

from __future__ import annotations

import numpy as np

from livebg.capture.synthetic import light
from livebg.capture.synthetic.paint import Canvas, Colour, Field, Point, mirrored, smooth

SKIN: Colour = (136, 170, 222)
LIPS: Colour = (100, 98, 182)
SHADOW: Colour = (40, 56, 104)
BROWS: Colour = (36, 48, 70)
_LASHES: Colour = (22, 24, 32)
_EYE_X, _EYE_Y = 49, 402

_OUTLINE: list[Point] = [(0, 236), (74, 252), (111, 320), (115, 402), (102, 472), (72, 528), (36, 564), (0, 572)]
_HILLS = (  # x, y, half width, half height, height; mirrored
    (0, 300, 70, 40, 5.0), (44, 368, 34, 12, 4.0), (0, 376, 18, 16, 5.0), (50, 394, 27, 14, -9.0),
    (20, 399, 10, 11, -4.0), (49, 403, 18, 11, 6.5), (74, 440, 28, 20, 6.0), (62, 462, 22, 18, 7.0),
    (0, 398, 9, 26, 9.0), (0, 430, 10, 24, 12.0), (0, 456, 13, 11, 13.0), (17, 462, 8, 7, 7.0),
    (0, 487, 4, 8, -1.5), (11, 500, 16, 5, 3.5), (0, 518, 20, 6, 5.0), (0, 510, 18, 2.4, -2.5),
    (0, 532, 20, 6, -4.0), (0, 553, 26, 15, 8.0), (108, 360, 16, 40, -5.0), (86, 496, 20, 26, -4.0),
)  # fmt: skip


def face_height(canvas: Canvas) -> Field:
    """How far the head comes towards the viewer, in design units: float32 (h, w), 0 outside the face."""
    x, y = canvas.grid()
    inside = np.clip(1 - (x / 124) ** 2 - ((y - 400) / 180) ** 2, 0, 1)
    return (92 * inside**0.45 + canvas.bumps(*_HILLS) * np.minimum(1, 4 * inside)).astype(np.float32)


def paint_neck(canvas: Canvas) -> None:
    neck = canvas.spline(mirrored([(0, 470), (62, 480), (58, 570), (62, 622), (70, 650), (46, 676), (0, 684)]))
    height = light.cushion(canvas, neck, 60)
    for side in (-1, 1):  # the muscles that turn the head
        muscle = smooth([(side * 58, 540), (side * 40, 610), (side * 12, 672)])
        height += 9 * canvas.soft(canvas.strokes([muscle], 18), 10)
    lit = light.skin(canvas, height, plain_skin(canvas), shine=0.06)
    _, y = canvas.grid()
    neck *= np.clip((664 - y) / 40, 0, 1)  # into the skin that the body's layer shows in the collar
    canvas.paint(neck, lit)
    jaw = canvas.spline([(-112, 440), (112, 440), (104, 540), (66, 594), (10, 616), (-50, 600), (-100, 540)])
    canvas.tint(canvas.soft(jaw, 14) * neck * 0.62, (44, 62, 116))


def paint_face(canvas: Canvas) -> None:
    """All but the eyes."""
    face = canvas.spline(mirrored(_OUTLINE))
    albedo = plain_skin(canvas)
    for (x, y, wide, tall), share, colour in (
        ((70, 452, 30, 24), 0.34, (112, 122, 214)), ((0, 456, 16, 14), 0.26, (112, 124, 212)),
        ((0, 300, 90, 44), 0.12, (150, 196, 232)), ((50, 420, 24, 8), 0.16, (118, 124, 180)),
        ((50, 390, 30, 14), 0.20, (104, 122, 186)), ((0, 552, 26, 14), 0.12, (112, 128, 214)),
    ):  # fmt: skip
        spot = np.minimum(1, canvas.bumps((x, y, wide, tall, share)))[..., None]
        albedo = albedo * (1 - spot) + spot * np.array(colour, np.float32)
    lips = _lips(canvas)[..., None]
    albedo = albedo * (1 - lips) + lips * np.array(LIPS, np.float32)
    canvas.paint(face, light.skin(canvas, face_height(canvas), albedo.astype(np.float32)))
    _lines(canvas)


def plain_skin(canvas: Canvas) -> Field:
    """Skin with its mottling and pores: float32 (h, w, 3)."""
    random = np.random.default_rng(7)
    noise = [random.normal(0, 1, canvas.shape).astype(np.float32) for _ in range(2)]
    texture = 1 + 0.16 * canvas.soft(noise[0], 5) + 0.03 * canvas.soft(noise[1], 1)
    return (texture[..., None] * np.array(SKIN, np.float32)).astype(np.float32)


def _lips(canvas: Canvas) -> Field:
    lips = canvas.spline(
        [(-47, 496), (-18, 495), (-5, 493), (0, 495), (5, 493), (18, 495), (47, 496), (24, 520), (0, 526), (-24, 520)]
    )
    return canvas.soft(lips, 1.6) * np.float32(0.78)


def _lines(canvas: Canvas) -> None:
    """What is dark by its depth or its hair: the mouth's line, nostrils, folds, brows."""
    mouth = smooth([(-50, 494), (-28, 505), (-8, 509), (0, 510), (8, 509), (28, 505), (50, 494)])
    canvas.tint(canvas.soft(canvas.strokes([mouth], 3), 1) * 0.85, (40, 34, 82))
    for side in (-1, 1):
        canvas.tint(canvas.soft(canvas.ellipse(side * 50, 494, 4, 4), 2.5) * 0.5, SHADOW)
        canvas.tint(canvas.soft(canvas.ellipse(side * 9.5, 470, 6, 2.6, side * -12), 1.2) * 0.75, (34, 40, 88))
        wing = smooth([(side * 22, 454), (side * 26, 463), (side * 20, 470)])
        canvas.tint(canvas.soft(canvas.strokes([wing], 2.4), 1.6) * 0.4, SHADOW)
        fold = smooth([(side * 28, 464), (side * 47, 478), (side * 58, 500)])
        canvas.tint(canvas.soft(canvas.strokes([fold], 5), 4) * 0.28, SHADOW)
    canvas.tint(canvas.soft(canvas.ellipse(0, 474, 20, 4), 3) * 0.4, SHADOW)
    canvas.tint(canvas.soft(canvas.ellipse(4, 517, 14, 3), 2.4) * 0.3, (196, 200, 240))
    _brows(canvas)


def _brows(canvas: Canvas) -> None:
    random = np.random.default_rng(13)
    hairs = []
    for side in (-1, 1):
        arch = smooth([(side * 23, 371), (side * 46, 363), (side * 68, 363), (side * 90, 377)], steps=30)
        canvas.tint(canvas.soft(canvas.strokes([arch[:70]], 5), 3) * 0.5, BROWS)
        for x, y in arch:
            thick = 4.5 * (1 - 0.75 * (abs(x) - 22) / 66)
            start = y + random.uniform(-thick, thick)
            hairs.append([(x, start), (x + side * random.uniform(6, 10), start - 3 + 0.05 * (abs(x) - 22))])
    canvas.tint(canvas.strokes(hairs, 0.7) * 0.5, BROWS)


def paint_eyes(canvas: Canvas, is_open: bool) -> None:
    for side in (-1, 1):
        (_open_eye if is_open else _closed_eye)(canvas, side)


def _open_eye(canvas: Canvas, side: int) -> None:
    def at(x: float, y: float) -> Point:  # x outwards from the eye's middle
        return side * (_EYE_X + x), _EYE_Y + y

    upper = smooth([at(-24, 4), at(-14, -6), at(0, -10.5), at(14, -8), at(25, 0)])
    lower = smooth([at(25, 0), at(14, 7), at(0, 9), at(-14, 7), at(-24, 4)])
    eye = canvas.soft(canvas.polygon([*map(tuple, upper), *map(tuple, lower)]), 0.5)
    canvas.tint(eye, (206, 212, 222))
    canvas.tint(canvas.soft(canvas.ellipse(*at(-23, 3), 4, 3), 1.5) * eye * 0.7, (130, 140, 200))
    middle = at(0 - side * 0.5, -1)
    canvas.tint(canvas.soft(canvas.ellipse(*middle, 11.5, 11.5), 0.8) * eye, (34, 46, 58))
    canvas.tint(canvas.soft(canvas.ellipse(*middle, 9.2, 9.2), 1.5) * eye * 0.8, (52, 86, 112))
    canvas.tint(canvas.soft(canvas.ellipse(middle[0] + 2, middle[1] + 4, 6, 4), 2) * eye * 0.5, (84, 130, 160))
    canvas.tint(canvas.ellipse(*middle, 4.8, 4.8) * eye, (12, 12, 14))
    lid_shadow = canvas.soft(canvas.strokes([upper + np.array((0, 3))], 6), 2.5)
    canvas.tint(lid_shadow * eye * 0.55, (60, 60, 74))
    canvas.tint(canvas.soft(canvas.ellipse(middle[0] - 4, middle[1] - 4.5, 2.8, 3.2), 0.5), (250, 250, 250))
    canvas.tint(canvas.soft(canvas.strokes([upper], 2.6), 0.8) * 0.9, _LASHES)
    canvas.tint(canvas.soft(canvas.strokes([smooth([at(10, -9.5), at(20, -5), at(27, -2)])], 2.4), 0.8) * 0.6, _LASHES)
    canvas.tint(canvas.soft(canvas.strokes([lower], 1.6), 0.8) * 0.4, SHADOW)
    crease = smooth([at(-18, -10), at(0, -17), at(16, -15), at(27, -7)])
    canvas.tint(canvas.soft(canvas.strokes([crease], 2.4), 1.4) * 0.5, SHADOW)


def _closed_eye(canvas: Canvas, side: int) -> None:
    def at(x: float, y: float) -> Point:
        return side * (_EYE_X + x), _EYE_Y + y

    lid = smooth([at(-24, 3), at(-8, 8), at(8, 8), at(25, 1)])
    canvas.tint(canvas.soft(canvas.strokes([lid], 3.4), 0.8) * 0.9, _LASHES)
    crease = smooth([at(-18, -8), at(0, -12), at(16, -11), at(27, -5)])
    canvas.tint(canvas.soft(canvas.strokes([crease], 2.2), 1.4) * 0.35, SHADOW)
