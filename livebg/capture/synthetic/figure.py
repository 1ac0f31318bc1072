"""The synthetic person: four layers, painted once; scene.py moves them in each frame.

A head and shoulders before a webcam, in design coordinates: 1080 high, x = 0 in the middle of the person.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from livebg.capture.synthetic.paint import Canvas, Colour, Point, lighter, mirrored, smooth
from livebg.core.types import Image

NECK: Point = (0, 610)  # the points that the layers turn around
SHOULDER: Point = (268, 780)
ELBOW: Point = (268, 1120)

_SKIN: Colour = (132, 166, 214)
_SHADE: Colour = (70, 92, 150)
_LIPS: Colour = (98, 104, 186)
_HAIR: Colour = (34, 46, 70)
_SHIRT: Colour = (128, 94, 52)
_DARK: Colour = (30, 34, 44)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A painted part: straight BGR uint8 (h, w, 3), coverage uint8 (h, w), and where its upper left corner lies."""

    image: Image
    coverage: Image
    left: float
    top: float


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """The person's parts, back to front; `blinking` is the head with closed eyes."""

    upper_arm: Layer
    body: Layer
    forearm: Layer
    head: Layer
    blinking: Layer


def draw_figure(scale: float) -> Figure:
    """Paint every layer at `scale` pixels per design unit."""
    upper_arm, body = Canvas(190, 690, 350, 1210, _fine(scale)), Canvas(-420, 540, 420, 1240, _fine(scale))
    forearm, head = Canvas(170, 1030, 366, 1580, _fine(scale)), Canvas(-190, 170, 190, 720, _fine(scale))
    _upper_arm(upper_arm)
    _body(body)
    _forearm(forearm)
    _head(head)
    blinking = copy.deepcopy(head)
    _open_eyes(head)
    _closed_eyes(blinking)
    return Figure(*(_layer(each, scale) for each in (upper_arm, body, forearm, head, blinking)))


def _fine(scale: float) -> float:
    """The scale to paint at: finer than needed, so that edges come out smooth, but never a waste."""
    return scale * max(1.0, min(2.0, 1.4 / scale))


def _layer(canvas: Canvas, scale: float) -> Layer:
    rows, columns = (max(1, round(each / canvas.scale * scale)) for each in canvas.shape)
    return Layer(*canvas.straight(columns, rows), canvas.left, canvas.top)


def _body(canvas: Canvas) -> None:
    far_arm = canvas.spline([(-230, 722), (-318, 780), (-346, 960), (-352, 1240), (-230, 1240), (-236, 960)])
    canvas.paint(far_arm, canvas.rounded(far_arm, _SHIRT, 62))
    torso = canvas.spline(
        mirrored([(70, 650), (150, 684), (246, 722), (312, 786), (304, 880), (272, 980), (262, 1300)])
    )
    canvas.paint(torso, canvas.rounded(torso, _SHIRT, 110, depth=0.8))
    _cloth(canvas)
    canvas.tint(canvas.soft(canvas.ellipse(0, 652, 98, 68), 3) * torso, lighter(_SHIRT, 0.66))
    opening = canvas.ellipse(0, 642, 86, 62)
    opening *= torso
    canvas.paint(opening, lighter(_SKIN, 0.9))
    canvas.tint(canvas.soft(canvas.ellipse(0, 630, 96, 50), 18) * opening * 0.3, _SHADE)


def _cloth(canvas: Canvas) -> None:
    """Soft folds at the armpits, a knit grain, and the seams of the sleeves."""
    folds = [[(side * 262, 880), (side * 225, 930), (side * 160, 946)] for side in (-1, 1)]
    folds += [[(side * 262, 960), (side * 230, 1010), (side * 150, 1040)] for side in (-1, 1)]
    canvas.tint(canvas.soft(canvas.strokes([smooth(each) for each in folds], 10), 9) * 0.5, lighter(_SHIRT, 0.45))
    seams = [smooth([(side * 212, 712), (side * 240, 790), (side * 252, 900)]) for side in (-1, 1)]
    canvas.tint(canvas.soft(canvas.strokes(seams, 3), 1.5) * 0.5, lighter(_SHIRT, 0.5))
    grain = np.random.default_rng(3).normal(0, 1, canvas.shape).astype(np.float32)
    canvas.tint(np.clip(canvas.soft(grain, 1.2) * 0.5, 0, 0.22).astype(np.float32), lighter(_SHIRT, 0.5))


def _upper_arm(canvas: Canvas) -> None:
    sleeve = canvas.spline(
        [(268, 720), (326, 760), (332, 900), (322, 1120), (268, 1186), (214, 1120), (206, 900), (212, 760)]
    )
    canvas.paint(sleeve, canvas.rounded(sleeve, _SHIRT, 62))


def _forearm(canvas: Canvas) -> None:
    fingers = [
        [(244, 1440), (226, 1500), (216, 1536)],
        [(258, 1446), (252, 1516), (249, 1552)],
        [(274, 1446), (280, 1516), (283, 1550)],
        [(290, 1438), (306, 1496), (314, 1524)],
        [(300, 1392), (334, 1424), (346, 1456)],
    ]
    hand = canvas.spline([(244, 1340), (236, 1400), (234, 1446), (268, 1462), (302, 1442), (304, 1400), (292, 1340)])
    hand = np.maximum(hand, canvas.strokes([smooth(each) for each in fingers], 25))
    canvas.paint(hand, canvas.rounded(hand, _SKIN, 22, depth=0.8))
    palm = canvas.soft(canvas.strokes([smooth([(246, 1400), (266, 1412), (294, 1398)])], 4), 3)
    canvas.tint(palm * 0.4, _SHADE)
    sleeve = canvas.spline(
        [(268, 1050), (324, 1090), (320, 1200), (304, 1352), (268, 1362), (232, 1352), (216, 1200), (212, 1090)]
    )
    canvas.paint(sleeve, canvas.rounded(sleeve, _SHIRT, 54))
    canvas.tint(canvas.strokes([smooth([(231, 1338), (268, 1346), (305, 1338)])], 4) * 0.5, _DARK)


def _head(canvas: Canvas) -> None:
    """All but the eyes."""
    back = canvas.spline(mirrored([(0, 196), (92, 214), (150, 290), (158, 400), (146, 490), (112, 548), (0, 556)]))
    canvas.paint(back, canvas.rounded(back, lighter(_HAIR, 0.7), 60))
    neck = canvas.spline(mirrored([(0, 470), (64, 480), (62, 570), (66, 622), (70, 650), (46, 676), (0, 684)]))
    shading = canvas.rounded(neck, _SKIN, 64)
    fading = np.linspace(canvas.top, canvas.top + canvas.shape[0] / canvas.scale, canvas.shape[0], dtype=np.float32)
    neck *= np.clip((664 - fading) / 40, 0, 1)[:, None]  # into the skin that the body layer shows in the collar
    canvas.paint(neck, shading)
    canvas.tint(canvas.soft(canvas.ellipse(8, 560, 96, 56), 18) * neck * 0.5, _SHADE)  # the chin's shadow
    for side in (-1, 1):
        ear = canvas.ellipse(side * 124, 412, 17, 36, side * 8)
        canvas.paint(ear, canvas.rounded(ear, _SKIN, 14))
        canvas.tint(canvas.soft(canvas.ellipse(side * 124, 412, 8, 20), 4) * 0.4, _SHADE)
    face = canvas.spline(
        mirrored([(0, 240), (76, 258), (116, 330), (120, 410), (106, 480), (70, 540), (34, 566), (0, 570)])
    )
    canvas.paint(face, canvas.rounded(face, _SKIN, 120))
    _features(canvas)
    _hair(canvas)


def _features(canvas: Canvas) -> None:
    """Cheeks, nose, mouth and brows."""
    for side in (-1, 1):
        canvas.tint(canvas.soft(canvas.ellipse(side * 66, 462, 26, 18), 14) * 0.28, _LIPS)
        canvas.tint(canvas.soft(canvas.ellipse(side * 50, 398, 34, 17), 9) * 0.25, _SHADE)
        brow = smooth([(side * 82, 372), (side * 56, 360), (side * 24, 368)])
        canvas.tint(canvas.soft(canvas.strokes([brow], 9), 1.5) * 0.85, _HAIR)
    canvas.tint(canvas.soft(canvas.spline([(6, 400), (15, 440), (24, 462), (12, 468), (4, 440)]), 5) * 0.4, _SHADE)
    canvas.tint(canvas.soft(canvas.ellipse(-4, 448, 7, 14), 4) * 0.35, (200, 222, 245))
    canvas.tint(canvas.soft(canvas.strokes([smooth([(-20, 466), (-8, 474), (8, 474), (20, 466)])], 4), 2) * 0.6, _SHADE)
    lips = canvas.spline([(-44, 500), (-14, 499), (0, 502), (14, 499), (44, 500), (18, 522), (0, 525), (-18, 522)])
    canvas.tint(canvas.soft(lips, 1.5) * 0.8, _LIPS)
    canvas.tint(
        canvas.soft(canvas.strokes([smooth([(-45, 499), (-24, 509), (0, 512), (24, 509), (45, 499)])], 3), 1) * 0.8,
        (52, 46, 92),
    )
    canvas.tint(canvas.soft(canvas.ellipse(0, 536, 22, 5), 5) * 0.3, _SHADE)


def _open_eyes(canvas: Canvas) -> None:
    for side in (-1, 1):
        x = side * 50
        eye = canvas.spline([(x - 23, 402), (x - 10, 392), (x + 10, 392), (x + 23, 402), (x + 8, 410), (x - 8, 410)])
        canvas.tint(eye, (226, 230, 234))
        canvas.tint(canvas.ellipse(x, 400, 10.5, 10.5) * eye, (58, 78, 92))
        canvas.tint(canvas.ellipse(x, 400, 5, 5) * eye, (14, 14, 16))
        canvas.tint(canvas.ellipse(x - 4, 396, 2.4, 2.4), (250, 250, 250))
        lid = smooth([(x - 24, 402), (x - 10, 391), (x + 10, 391), (x + 24, 402)])
        canvas.tint(canvas.soft(canvas.strokes([lid], 4), 0.8) * 0.9, _DARK)


def _closed_eyes(canvas: Canvas) -> None:
    lids = [smooth([(x - 23, 400), (x - 8, 408), (x + 8, 408), (x + 23, 400)]) for x in (-50, 50)]
    canvas.tint(canvas.soft(canvas.strokes(lids, 4), 1) * 0.9, _DARK)


def _hair(canvas: Canvas) -> None:
    """A parted fringe, strands within it, and loose ones at its outline, which a matte must follow."""
    fringe = canvas.spline(
        [(-30, 204), (60, 200), (128, 250), (152, 340), (142, 420), (122, 396), (112, 326), (70, 296), (-6, 288),
         (-66, 306), (-104, 340), (-120, 398), (-142, 424), (-152, 330), (-114, 244)]
    )  # fmt: skip
    canvas.paint(fringe, canvas.rounded(fringe, _HAIR, 46, depth=1.3))
    random = np.random.default_rng(11)
    for colour, shift in (((58, 78, 112), 0), ((18, 24, 38), 4)):
        strands = []
        for start in np.linspace(-120, 120, 40) + shift:
            x, y, side = start + random.normal(0, 5), 214 + abs(start) * 0.36, np.sign(start + 30)
            bend = random.uniform(24, 60)
            strands.append(
                smooth([(0.5 * x - 15, 206), (x, y + 14), (x + side * 16, y + bend), (x + side * 22, y + 2 * bend)])
            )
        canvas.tint(canvas.strokes(strands, 2.2) * fringe * 0.5, colour)
    loose = []
    for angle in random.uniform(np.radians(190), np.radians(350), 40):
        along, reach = angle + random.choice((-1.25, 1.25)), random.uniform(8, 22)
        x, y = 150 * np.cos(angle), 346 + 147 * np.sin(angle)
        bow = (x + 0.5 * reach * np.cos(along) + 3 * np.cos(angle), y + 0.5 * reach * np.sin(along) + 3 * np.sin(angle))
        loose.append(smooth([(x, y), bow, (x + reach * np.cos(along), y + reach * np.sin(along))]))
    canvas.paint(canvas.strokes(loose, 1.6) * 0.8, _HAIR)
