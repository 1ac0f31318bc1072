"""The synthetic person's open hand, palm to the viewer: fingers of three bones each, balls, creases.

In the design coordinates of figure.py; it points down, since the arm hangs.
"""

from __future__ import annotations

import numpy as np

from livebg.capture.synthetic import head, light
from livebg.capture.synthetic.paint import Canvas, Field, Point, smooth

# Each finger from its root to its tip, and the radii there.
_FINGERS: tuple[tuple[list[Point], tuple[float, ...]], ...] = (
    ([(243, 1440), (234, 1480), (229, 1508), (226, 1530)], (12.0, 10.5, 9.5, 7.5)),
    ([(258, 1450), (253, 1500), (251, 1534), (250, 1560)], (13.0, 11.5, 10.5, 8.0)),
    ([(276, 1452), (276, 1506), (276, 1542), (276, 1570)], (13.5, 12.0, 11.0, 8.5)),
    ([(295, 1446), (299, 1496), (301, 1530), (302, 1554)], (13.0, 11.5, 10.5, 8.0)),
    ([(292, 1384), (315, 1408), (330, 1438), (338, 1466)], (19.0, 15.0, 13.0, 9.0)),
)
_PALM: list[Point] = [
    (246, 1334), (238, 1372), (231, 1410), (233, 1446), (250, 1458), (268, 1461), (288, 1459), (306, 1446),
    (308, 1410), (304, 1376), (292, 1334),
]  # fmt: skip
_BALLS = ((292, 1388, 20, 32, 9), (246, 1398, 14, 36, 6), (270, 1442, 34, 9, 4), (270, 1404, 18, 22, -5))
_BLUSH = (*((*bones[-1], 12, 14, 0.4) for bones, _ in _FINGERS), (270, 1446, 40, 10, 0.22), (296, 1386, 16, 24, 0.2))
_CREASES: tuple[list[Point], ...] = (
    [(302, 1412), (282, 1418), (262, 1430), (240, 1436)], [(304, 1404), (280, 1404), (258, 1414), (244, 1422)],
    [(302, 1398), (280, 1392), (268, 1372), (266, 1346)],
)  # fmt: skip
_CREASE = (84, 104, 176)


def paint_hand(canvas: Canvas) -> None:
    palm = canvas.spline(_PALM)
    height = 0.7 * light.cushion(canvas, palm, 24)
    mask = palm
    for bones, radii in _FINGERS:
        finger = _finger(canvas, bones, radii)
        height = np.maximum(height, finger)
        mask = np.maximum(mask, np.clip(finger * canvas.scale, 0, 1))
    height += palm * canvas.bumps(*_BALLS, is_mirrored=False)
    skin = head.plain_skin(canvas)
    blush = np.clip(canvas.bumps(*_BLUSH, is_mirrored=False), 0, 0.5)
    skin = skin * (1 - blush[..., None]) + blush[..., None] * np.array((122, 134, 222), np.float32)
    canvas.paint(mask, light.skin(canvas, canvas.soft(height, 1.2), skin.astype(np.float32), 0.07))
    _lines(canvas)


def _finger(canvas: Canvas, bones: list[Point], radii: tuple[float, ...]) -> Field:
    """A tube that narrows: height, float32 (h, w), 0 outside."""
    x, y = canvas.grid()
    square = np.zeros(canvas.shape, np.float32)
    line = smooth(bones, steps=8)
    thick = np.interp(np.linspace(0, len(radii) - 1, len(line)), np.arange(len(radii)), radii)
    for (middle_x, middle_y), radius in zip(line, thick, strict=True):
        box = canvas.box_around(middle_x, middle_y, radius)
        left = radius**2 - (x[box] - middle_x) ** 2 - (y[box] - middle_y) ** 2
        square[box] = np.maximum(square[box], left)
    return np.sqrt(square)


def _lines(canvas: Canvas) -> None:
    """The palm's creases, and those at the fingers' joints."""
    canvas.tint(canvas.soft(canvas.strokes([smooth(each) for each in _CREASES], 2.4), 1.2) * 0.5, _CREASE)
    joints = []
    for bones, radii in _FINGERS:
        for (x, y), (before_x, before_y), radius in zip(bones[1:3], bones, radii[1:], strict=False):
            along = np.array([x - before_x, y - before_y]) / np.hypot(x - before_x, y - before_y)
            across = 0.7 * radius * np.array([-along[1], along[0]])
            joints += [[(x, y) + across + shift * along, (x, y) - across + shift * along] for shift in (-1.5, 1.5)]
    canvas.tint(canvas.soft(canvas.strokes(joints, 1.2), 0.8) * 0.45, _CREASE)
