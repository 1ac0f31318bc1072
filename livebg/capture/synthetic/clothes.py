"""The synthetic person's sweater: torso and sleeves, with the folds that a body makes in cloth.

In the design coordinates of figure.py.
"""

from __future__ import annotations

import numpy as np

from livebg.capture.synthetic import head, light
from livebg.capture.synthetic.paint import Canvas, Colour, Field, Point, lighter, mirrored, smooth

_WOOL: Colour = (128, 104, 62)
_TORSO: list[Point] = [
    (70, 648), (140, 674), (216, 708), (284, 768), (292, 860), (262, 980), (244, 1110), (250, 1300),
]  # fmt: skip
_FAR_ARM: list[Point] = [(-226, 722), (-306, 776), (-340, 950), (-350, 1240), (-230, 1240), (-236, 960)]
_UPPER_ARM: list[Point] = [
    (268, 722), (316, 760), (330, 900), (322, 1120), (268, 1186), (214, 1120), (206, 900), (216, 760),
]  # fmt: skip
_FOREARM: list[Point] = [
    (268, 1050), (324, 1090), (322, 1200), (302, 1352), (268, 1360), (234, 1352), (214, 1200), (212, 1090),
]  # fmt: skip


def paint_body(canvas: Canvas) -> None:
    far_arm = canvas.spline(_FAR_ARM)
    _wool(canvas, far_arm, light.cushion(canvas, far_arm, 58) + _creases(canvas, _hanging(-286)))
    torso = canvas.spline(mirrored(_TORSO))
    chest = canvas.bumps((100, 905, 70, 62, 20), (0, 900, 34, 120, -5), (150, 724, 60, 18, 5))
    height = light.cushion(canvas, torso, 130) + chest + _creases(canvas, _torso_folds())
    _wool(canvas, torso, height)
    _collar(canvas, torso)


def paint_upper_arm(canvas: Canvas) -> None:
    sleeve = canvas.spline(_UPPER_ARM)
    _wool(canvas, sleeve, light.cushion(canvas, sleeve, 60) + _creases(canvas, _hanging(268)))


def paint_forearm_sleeve(canvas: Canvas) -> None:
    sleeve = canvas.spline(_FOREARM)
    folds: list[Fold] = [
        ([(214, 1090 + step), (256, 1108 + 1.5 * step), (318, 1086 + step)], 10, 6) for step in (0, 38, 84)
    ]
    folds += [([(226, 1250 + step), (268, 1262 + step), (306, 1246 + step)], 7, 3) for step in (0, 34)]
    _wool(canvas, sleeve, light.cushion(canvas, sleeve, 54) + _creases(canvas, folds))
    cuff = canvas.polygon([(230, 1316), (306, 1316), (304, 1364), (232, 1364)]) * sleeve
    canvas.tint(cuff * _ribs(canvas, 5.5), lighter(_WOOL, 0.5))
    canvas.tint(
        canvas.soft(canvas.strokes([smooth([(230, 1316), (268, 1324), (306, 1316)])], 3), 1.5) * 0.5, (40, 32, 24)
    )


def _wool(canvas: Canvas, mask: Field, height: Field) -> None:
    """A piece of cloth with its grain."""
    random = np.random.default_rng(3)
    fine, coarse = (random.normal(0, 1, canvas.shape).astype(np.float32) for _ in range(2))
    grain = 1 + 0.10 * canvas.soft(fine, 0.9) + 0.25 * canvas.soft(coarse, 6)
    canvas.paint(mask, np.clip(light.cloth(canvas, height, _WOOL) * grain[..., None], 0, 255).astype(np.float32))


Fold = tuple[list[Point], float, float]  # its line, half its width, its height


def _creases(canvas: Canvas, folds: list[Fold]) -> Field:
    """Ridges along lines, thick in the middle: height, float32 (h, w)."""
    height = np.zeros(canvas.shape, np.float32)
    for line, wide, high in folds:
        ridge = canvas.soft(canvas.strokes([smooth(line)], 1.4 * wide), 0.8 * wide)
        height += high * 1.4 * ridge
    return height


def _torso_folds() -> list[Fold]:
    """From the armpits inwards, from the neck to the shoulders, and down from the chest."""
    random = np.random.default_rng(5)
    folds: list[Fold] = []
    for side in (-1, 1):
        for number in range(5):
            y, reach = 840 + 34 * number + random.uniform(-8, 8), random.uniform(60, 130)
            middle = (side * (264 - 0.5 * reach), y + random.uniform(10, 30))
            folds.append(([(side * 268, y), middle, (side * (264 - reach), y + random.uniform(0, 50))], 11, 6))
        for number in range(3):
            x = 104 + 34 * number
            folds.append(([(side * x, 700 + 8 * number), (side * (x + 30), 770), (side * (x + 24), 840)], 16, 4))
    for x in (-190, -128, -70, -10, 58, 120, 186):
        start, sway = random.uniform(950, 1040), random.uniform(-30, 30)
        folds.append(([(0.8 * x, start), (x + 0.4 * sway, start + 90), (1.05 * x + sway, 1250)], 24, 8))
    return folds


def _hanging(x: float) -> list[Fold]:
    """Across a sleeve that hangs around this x."""
    random = np.random.default_rng(9)
    starts = random.uniform(800, 1120, 5)
    return [
        ([(x - 56, y), (x, y + random.uniform(14, 40)), (x + 50, y + random.uniform(-20, 20))], 13, 5) for y in starts
    ]


def _ribs(canvas: Canvas, spacing: float, around: Point | None = None) -> Field:
    """The knit of a hem: stripes, or rays around a point: float32 (h, w) in 0..0.5."""
    x, y = canvas.grid()
    along = x if around is None else 98 * np.arctan2(x - around[0], y - around[1])
    return np.asarray(0.25 + 0.25 * np.cos(2 * np.pi * along / spacing), np.float32)


def _collar(canvas: Canvas, torso: Field) -> None:
    """The hem around the neck, and the skin within it."""
    hem: Field = canvas.ellipse(0, 650, 100, 70) * torso
    opening: Field = canvas.ellipse(0, 640, 85, 60) * torso
    canvas.tint(canvas.soft(canvas.ellipse(0, 656, 106, 74), 4) * torso * 0.4, (40, 32, 24))
    ring = light.cushion(canvas, hem - opening, 10)
    canvas.paint(hem, light.cloth(canvas, 1.6 * ring, lighter(_WOOL, 0.92)))
    canvas.tint(hem * _ribs(canvas, 7, (0, 640)), lighter(_WOOL, 0.4))
    bones = canvas.bumps((38, 690, 26, 5, 5), (0, 694, 9, 8, -5), (0, 640, 60, 40, 20))
    canvas.paint(opening, light.skin(canvas, bones, head.plain_skin(canvas), 0.05))
    canvas.tint(canvas.soft(canvas.ellipse(6, 622, 84, 40), 18) * opening * np.float32(0.55), (44, 62, 116))
    canvas.tint(canvas.soft(hem - opening, 6) * opening * np.float32(0.5), (44, 62, 116))
